//! `Plain`: header fields written the way nearly all are, found without a look at each byte (RFC 3261 §7.3.1).
//!
//! The field that is written otherwise is left to [`crate::scan::Scanner`], which reads every field.

use crate::control::{STEP, control_at, controls, equal};
use crate::header::{HeaderName, NAME, id_of_short};
use crate::index::offset;

/// A field on one line that ends in CRLF: a name, its colon right behind it, at most one space, a value without
/// white space around it and without control bytes. Offsets count from the start of the line.
pub(crate) struct Plain {
    /// Number of the name.
    pub(crate) id: u8,
    /// First byte of the value; at most 65,535.
    pub(crate) value_from: usize,
    /// One past the value, where CRLF stands.
    pub(crate) value_end: usize,
}

impl Plain {
    /// The field that `text` starts with, if it is plain and the byte after its line is there.
    #[inline]
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        let start = text.first_chunk::<STEP>()?;
        let value_end = match controls(*start) {
            0 => control_at(text, STEP)?,
            // The empty line.
            found if found & 1 == 1 => return None,
            found => offset(found.trailing_zeros()),
        };
        let (id, name_len) = match equal(*start, b':') {
            0 => other_name(text)?,
            found => match id_of_short(start, found.trailing_zeros()) {
                HeaderName::UNKNOWN_ID => other_name(text)?,
                id => (id, offset(found.trailing_zeros())),
            },
        };
        let colon = name_len + 1;
        let value_from = colon + usize::from(text.get(colon) == Some(&b' '));
        let [b'\r', b'\n', next] = text.get(value_end..)?.first_chunk()? else { return None };
        let has_space = |at: usize| text.get(at).is_none_or(|&byte| byte == b' ');
        if value_from > value_end
            || has_space(value_from)
            || has_space(value_end - 1)
            || matches!(next, b' ' | b'\t')
        {
            return None;
        }
        Some(Self { id, value_from, value_end })
    }
}

/// A name that is long or outside the table: its number and length.
#[cold]
#[inline(never)]
fn other_name(text: &[u8]) -> Option<(u8, usize)> {
    const LONGEST: usize = 65_000;
    let (name, rest) = text.split_at_checked(NAME.span(text)).filter(|(name, _)| name.len() < LONGEST)?;
    let id = HeaderName::from_bytes(name).map_or(HeaderName::UNKNOWN_ID, HeaderName::id);
    (!name.is_empty() && rest.first() == Some(&b':')).then_some((id, name.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a line with the one after it; the name and the value, `None` if it is not plain.
    #[track_caller]
    fn check(line: &str, expected: Option<(Option<HeaderName>, &str)>) {
        // Whatever comes behind must not matter.
        for after in ["\r\n", "To: <sip:a@b>\r\n\r\n", "\r\nbody: with colons"] {
            let text = [line, after].concat();
            if text.len() < STEP {
                continue;
            }
            let got = Plain::read(text.as_bytes()).map(|plain| {
                (HeaderName::from_id(plain.id), text.get(plain.value_from..plain.value_end).unwrap())
            });
            assert_eq!(got, expected, "{text:?}");
        }
    }

    #[test]
    fn rfc3261_7_3_1_plain_fields() {
        check("To: <sip:a@b>\r\n", Some((Some(HeaderName::TO), "<sip:a@b>")));
        check("l:0\r\n", Some((Some(HeaderName::CONTENT_LENGTH), "0")));
        check("SUBJECT:\r\n", Some((Some(HeaderName::SUBJECT), "")));
        check("content-length: 5\r\n", Some((Some(HeaderName::CONTENT_LENGTH), "5")));
        check("P-Access-Network-Info: x\r\n", Some((Some(HeaderName::P_ACCESS_NETWORK_INFO), "x")));
        check("X-Other: a: b\r\n", Some((None, "a: b")));
        check("an.unknown.name.that.is.long: a\r\n", Some((None, "a")));
    }

    #[test]
    fn rfc3261_7_3_1_other_fields_are_left_to_the_scanner() {
        for line in [
            "To : a\r\n",
            "To:  a\r\n",
            "To: a \r\n",
            "To: \r\n",
            "To: a\tb\r\n",
            "To: a\n",
            "To: a\rb\r\n",
            "To: a\r\n b\r\n",
            "Call\rID: a\r\n",
            "no colon\r\n",
            ": a\r\n",
            "T\u{e9}: a\r\n",
            "\r\n",
            "To\r\n",
        ] {
            check(line, None);
        }
    }

    #[test]
    fn a_field_is_whole_when_the_byte_after_it_is_there() {
        let text = b"Max-Forwards: 70\r\nT";
        for end in 0..text.len() {
            assert!(Plain::read(&text[..end]).is_none());
        }
        assert!(Plain::read(text).is_some());
    }
}
