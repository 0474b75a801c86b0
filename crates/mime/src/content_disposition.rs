//! `ContentDisposition`: what a part is for (RFC 2183, RFC 3261 §20.11, RFC 5621 §8).

use alloc::string::String;
use core::fmt;

use grammar::{ByteStr, CharClass, Params, ParseError, ParseErrorKind, quoted};

use crate::extended_value;

/// Above this many bytes a file name is written by RFC 2231 (RFC 2183 §2.3).
const PLAIN_FILENAME: usize = 78;

/// The value of `Content-Disposition`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContentDisposition {
    /// What the part is for.
    pub kind: DispositionKind,
    /// `filename`, with the encodings of RFC 2231 undone. As the peer sent it: not safe to make a file of.
    pub filename: Option<ByteStr>,
    /// What to do if the kind or the type is not understood; `required` if nothing is said.
    pub handling: Option<Handling>,
    /// Approximate size of the part in bytes.
    pub size: Option<u64>,
    /// `creation-date`, an RFC 5322 date-time, as written.
    pub creation_date: Option<ByteStr>,
    /// `modification-date`, an RFC 5322 date-time, as written.
    pub modification_date: Option<ByteStr>,
    /// `read-date`, an RFC 5322 date-time, as written.
    pub read_date: Option<ByteStr>,
}

/// What a part is for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DispositionKind {
    /// `inline`: shown with the message (RFC 2183 §2.1).
    Inline,
    /// `attachment`: kept apart, shown on demand (RFC 2183 §2.2).
    Attachment,
    /// `render`: shown; the default of SIP but for SDP (RFC 3261 §20.11).
    Render,
    /// `session`: describes the session; the default of SDP (RFC 3261 §20.11).
    Session,
    /// `icon`: a picture for the caller or the call (RFC 3261 §20.11), and the preview of a file (RFC 5547 §7).
    Icon,
    /// `alert`: a ring tone (RFC 3261 §20.11).
    Alert,
    /// `early-session` (RFC 3959).
    EarlySession,
    /// `recipient-list` (RFC 5363).
    RecipientList,
    /// `recipient-list-history` (RFC 5364, RFC 5366).
    RecipientListHistory,
    /// `notification`: an IMDN (RFC 5438 §12).
    Notification,
    /// `by-reference`: used only where another part refers to it (RFC 5621 §8.3).
    ByReference,
    /// Another token, as written.
    Other(ByteStr),
}

/// What to do with a part that is not understood (RFC 3204 §4.2, RFC 5621 §8.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::exhaustive_enums, reason = "the grammar's extension token is read as `Required`")]
pub enum Handling {
    /// Refuse the request with 415. The default.
    #[default]
    Required,
    /// Go on without it.
    Optional,
}

impl ContentDisposition {
    /// A disposition of this kind, without parameters.
    #[must_use]
    pub const fn new(kind: DispositionKind) -> Self {
        Self {
            kind,
            filename: None,
            handling: None,
            size: None,
            creation_date: None,
            modification_date: None,
            read_date: None,
        }
    }

    /// Reads a header value. File names by RFC 2231 are preferred to plain ones; unknown parameters are passed over,
    /// and so is a size that is no number.
    ///
    /// Lenient: a `;` at the end is passed over.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `disposition-type`, of a parameter, or `filename` if the name holds a CR, LF or
    /// NUL.
    pub fn parse(value: &str) -> Result<Self, ParseError> {
        let text = value.trim_end_matches([';', ' ', '\t']);
        let start = text.len() - text.trim_start().len();
        let token = text.get(start..).unwrap_or_default();
        let span = CharClass::TOKEN.span(token.as_bytes());
        let Some((kind, params)) = token.split_at_checked(span).filter(|_| span > 0) else {
            return Err(ParseError::new(ParseErrorKind::Syntax, "disposition-type", start));
        };
        let params = Params::parse(params).map_err(|error| error.shifted(start + span))?;
        let text_of = |name| params.get(name).map(|param| ByteStr::from(param.value().as_ref()));
        let disposition = Self {
            kind: DispositionKind::parse(kind),
            filename: None,
            handling: params.get("handling").map(|param| {
                if param.value().eq_ignore_ascii_case("optional") {
                    Handling::Optional
                } else {
                    Handling::Required
                }
            }),
            size: params.get("size").and_then(|param| param.value().parse().ok()),
            creation_date: text_of("creation-date"),
            modification_date: text_of("modification-date"),
            read_date: text_of("read-date"),
        };
        match extended_value::get(params, "filename") {
            Some(filename) => disposition.with_filename(filename),
            None => Ok(disposition),
        }
    }

    /// The same with a file name. Only what is after the last `/` or `\` should be given.
    ///
    /// # Errors
    ///
    /// `filename` where it holds a CR, LF or NUL.
    pub fn with_filename(mut self, filename: impl Into<ByteStr>) -> Result<Self, ParseError> {
        let filename = filename.into();
        if let Some(at) = filename.bytes().position(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(ParseError::new(ParseErrorKind::Syntax, "filename", at));
        }
        self.filename = Some(filename);
        Ok(self)
    }

    /// The same with what to do if the part is not understood.
    #[must_use]
    pub const fn with_handling(mut self, handling: Handling) -> Self {
        self.handling = Some(handling);
        self
    }

    /// The same with a size in bytes.
    #[must_use]
    pub const fn with_size(mut self, size: u64) -> Self {
        self.size = Some(size);
        self
    }

    /// What to do if the part is not understood.
    #[must_use]
    pub fn handling(&self) -> Handling {
        self.handling.unwrap_or_default()
    }
}

impl DispositionKind {
    /// The kinds with a registered name, in the order of the enum.
    const NAMED: [Self; 11] = [
        Self::Inline,
        Self::Attachment,
        Self::Render,
        Self::Session,
        Self::Icon,
        Self::Alert,
        Self::EarlySession,
        Self::RecipientList,
        Self::RecipientListHistory,
        Self::Notification,
        Self::ByReference,
    ];

    /// The kind called `token`, case ignored.
    #[must_use]
    pub fn parse(token: &str) -> Self {
        let named = Self::NAMED.into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(token));
        named.unwrap_or_else(|| Self::Other(token.into()))
    }

    /// The token.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Inline => "inline",
            Self::Attachment => "attachment",
            Self::Render => "render",
            Self::Session => "session",
            Self::Icon => "icon",
            Self::Alert => "alert",
            Self::EarlySession => "early-session",
            Self::RecipientList => "recipient-list",
            Self::RecipientListHistory => "recipient-list-history",
            Self::Notification => "notification",
            Self::ByReference => "by-reference",
            Self::Other(token) => token,
        }
    }
}

/// The header value. A file name beyond plain ASCII is written twice, an ASCII likeness first and then by RFC 2231.
///
/// The fields are public: what was put there and cannot be carried is written as `_`.
impl fmt::Display for ContentDisposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = |c: char| u8::try_from(c).is_ok_and(|byte| CharClass::TOKEN.contains(byte));
        f.write_str(&self.kind.as_str().replace(|c| !token(c), "_"))?;
        if let Some(filename) = &self.filename {
            write_filename(f, filename)?;
        }
        if let Some(size) = self.size {
            write!(f, ";size={size}")?;
        }
        let dates = [
            ("creation-date", &self.creation_date),
            ("modification-date", &self.modification_date),
            ("read-date", &self.read_date),
        ];
        for (name, date) in dates {
            if let Some(date) = date {
                write!(f, ";{name}=")?;
                write_quoted(f, date)?;
            }
        }
        match self.handling {
            Some(Handling::Optional) => f.write_str(";handling=optional"),
            Some(Handling::Required) => f.write_str(";handling=required"),
            None => Ok(()),
        }
    }
}

fn write_filename(f: &mut fmt::Formatter<'_>, filename: &str) -> fmt::Result {
    f.write_str(";filename=")?;
    write_quoted(f, &filename.replace(|c: char| !matches!(c, ' '..='~'), "_"))?;
    let plain = filename.len() <= PLAIN_FILENAME && filename.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if plain {
        return Ok(());
    }
    let mut extended = String::from(";filename*=");
    extended_value::encode(filename, &mut extended);
    f.write_str(&extended)
}

fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let mut out = String::with_capacity(text.len() + 2);
    quoted::quote(&text.replace(['\r', '\n', '\0'], "_"), &mut out).map_err(|_| fmt::Error)?;
    f.write_str(&out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    /// Reads `value` and shows how it is written; what is written reads the same.
    #[track_caller]
    fn check(value: &str, expected: &str) {
        let got = match ContentDisposition::parse(value) {
            Ok(disposition) => {
                let written = disposition.to_string();
                assert_eq!(ContentDisposition::parse(&written), Ok(disposition), "round trip");
                written
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{value:?}");
    }

    #[test]
    fn rfc2183_2_values() {
        check("inline", "inline");
        check("ATTACHMENT ; filename=genome.jpeg", "attachment;filename=\"genome.jpeg\"");
        check(
            "attachment; filename=genome.jpeg; modification-date=\"Wed, 12 Feb 1997 16:29:51 -0500\";",
            "attachment;filename=\"genome.jpeg\";modification-date=\"Wed, 12 Feb 1997 16:29:51 -0500\"",
        );
        check("inline;filename=\"lake view.jpg\";size=5000", "inline;filename=\"lake view.jpg\";size=5000");
        check("inline;size=many;x=\"y\"", "inline");
        check("X-New;handling=OPTIONAL", "X-New;handling=optional");
    }

    #[test]
    fn rfc3204_4_2_any_other_handling_is_required() {
        check("icon;handling=whatever", "icon;handling=required");
        let plain = ContentDisposition::parse("icon").unwrap();
        assert_eq!((plain.handling, plain.handling()), (None, Handling::Required));
    }

    #[test]
    fn rfc2231_4_file_names_both_ways() {
        check(
            "inline;filename*=utf-8''%e2%82%ac%20rates",
            "inline;filename=\"_ rates\";filename*=UTF-8''%E2%82%AC%20rates",
        );
        check("inline;filename=\"a\\\"b\\\\c\"", "inline;filename=\"a\\\"b\\\\c\"");
        let long = ContentDisposition::new(DispositionKind::Inline).with_filename("x".repeat(79)).unwrap();
        assert!(long.to_string().contains(";filename*=UTF-8''xxx"));
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("", "expected disposition-type at byte 0");
        check(" ;a=b", "expected disposition-type at byte 1");
        check("inline;filename=\"x", "quoted-string incomplete at byte 18");
        check("inline;filename*=UTF-8''a%0d%0ab", "expected filename at byte 1");
        check("inline x", "expected parameter at byte 7");
    }

    #[test]
    fn every_kind_is_read_by_its_name() {
        for kind in DispositionKind::NAMED {
            assert_eq!(DispositionKind::parse(&kind.as_str().to_ascii_uppercase()), kind);
        }
    }

    #[test]
    fn nothing_put_into_a_field_ends_the_line() {
        let mut disposition = ContentDisposition::new(DispositionKind::Other("a\r\nb;c".into()));
        disposition.filename = Some("x\r\ny".into());
        disposition.read_date = Some("\0\n".into());
        assert_eq!(
            disposition.to_string(),
            "a__b_c;filename=\"x__y\";filename*=UTF-8''x%0D%0Ay;read-date=\"__\""
        );
    }

    proptest! {
        #[test]
        fn a_file_name_is_read_as_it_was_written(name in "[^\r\n\0]{0,90}", size in any::<u64>()) {
            let written = ContentDisposition::new(DispositionKind::Attachment).with_filename(name).unwrap().with_size(size);
            prop_assert!(!written.to_string().contains(['\r', '\n', '\0']));
            prop_assert_eq!(ContentDisposition::parse(&written.to_string()), Ok(written));
        }
    }
}
