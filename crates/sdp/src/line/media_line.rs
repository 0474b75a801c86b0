//! `m=`: the head of a media description, RFC 8866 §5.14.

use core::fmt;

use grammar::{CharClass, ParseError, ParseErrorKind};

use super::cut::Cut;

/// `proto = token *("/" token)`
const PROTO: CharClass = CharClass::TOKEN.with(b"/");

/// The `m=` line in someone else's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MediaLine<'a> {
    /// `audio`, `message`, ...
    pub media: &'a str,
    /// The port; 0 refuses or closes the stream.
    pub port: u16,
    /// How many ports are meant, where that is written.
    pub port_count: Option<u32>,
    /// The protocol, such as `TCP/MSRP`.
    pub proto: &'a str,
    /// The formats, separated by one blank each.
    pub(crate) fmts: &'a str,
}

impl<'a> MediaLine<'a> {
    /// Stands for a line that is none; no document is read with one.
    pub(crate) const NONE: Self = Self { media: "", port: 0, port_count: None, proto: "", fmts: "" };

    /// Reads the value of an `m=` line.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where the value leaves the rule.
    pub fn parse(value: &'a str) -> Result<Self, ParseError> {
        let mut cut = Cut::new(value);
        let media = cut.take("media", &CharClass::TOKEN)?;
        cut.blank()?;
        let port = cut.number("port")?;
        let port_count = if cut.skip(b'/') { Some(cut.number("integer")?) } else { None };
        cut.blank()?;
        let proto = cut.take("proto", &PROTO)?;
        cut.blank()?;
        let fmts = cut.rest();
        cut.take("fmt", &CharClass::TOKEN)?;
        while cut.offset() < value.len() {
            let before = cut.offset();
            if !cut.skip(b' ') || cut.take("fmt", &CharClass::TOKEN).is_err() {
                return Err(ParseError::new(ParseErrorKind::TrailingData, "media-field", before));
            }
        }
        Ok(Self { media, port, port_count, proto, fmts })
    }

    /// Takes a value apart that was read before.
    pub(crate) fn read_before(value: &'a str) -> Option<Self> {
        let mut cut = Cut::new(value);
        let media = cut.until(b' ')?;
        let port = cut.number("port").ok()?;
        let port_count = if cut.skip(b'/') { Some(cut.number("integer").ok()?) } else { None };
        cut.blank().ok()?;
        let proto = cut.until(b' ')?;
        Some(Self { media, port, port_count, proto, fmts: cut.rest() })
    }

    /// The formats, at least one.
    pub fn fmts(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.fmts.split(' ')
    }
}

/// The value of the line.
impl fmt::Display for MediaLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.media, self.port)?;
        if let Some(count) = self.port_count {
            write!(f, "/{count}")?;
        }
        write!(f, " {} {}", self.proto, self.fmts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[track_caller]
    fn check(value: &str, expected: &str) {
        let got = match MediaLine::parse(value) {
            Ok(line) => {
                assert_eq!(line.to_string(), value, "prints as read");
                assert_eq!(MediaLine::read_before(value), Some(line));
                let MediaLine { media, port, port_count, proto, .. } = line;
                alloc::format!("{media} {port} {port_count:?} {proto} {}", line.fmts().count())
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{value:?}");
    }

    #[test]
    fn rfc8866_5_14_ports_protos_and_formats() {
        check("message 2855 TCP/MSRP *", "message 2855 None TCP/MSRP 1");
        check("video 49170/2 RTP/AVP 31 32", "video 49170 Some(2) RTP/AVP 2");
        check("application 9 UDP/DTLS/SCTP webrtc-datachannel", "application 9 None UDP/DTLS/SCTP 1");
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("audio", "expected SP at byte 5");
        check("audio x RTP/AVP 0", "expected port at byte 6");
        check("audio 65536 RTP/AVP 0", "port out of range at byte 6");
        check("audio 1/4294967296 RTP/AVP 0", "integer out of range at byte 8");
        check("audio 1/ RTP/AVP 0", "expected integer at byte 8");
        check("audio 1 RTP/AVP ", "expected fmt at byte 16");
        check("audio 1 RTP/AVP 0  1", "unexpected data after media-field at byte 17");
    }
}
