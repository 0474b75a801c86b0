//! `DialogRef`: a dialog somebody names from outside of it, in Replaces (RFC 3891 §6.1), Join (RFC 3911 §7.1) and
//! Target-Dialog (RFC 4538 §7).

use core::fmt;

use grammar::{Params, ParseError};

use super::call_id;

/// Call-ID and tags of a dialog.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct DialogRef<'a> {
    /// The Call-ID of the dialog.
    pub call_id: &'a str,
    /// The parameters, the tags among them.
    pub params: Params<'a>,
}

impl<'a> DialogRef<'a> {
    /// Reads a value: `98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `Call-ID` or of a parameter.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let end = text.find([';', ' ', '\t', '\r', '\n']).unwrap_or(text.len());
        let (id, params) = text.split_at_checked(end).unwrap_or((text, ""));
        let params = Params::parse(params).map_err(|error| error.shifted(end))?;
        Ok(Self { call_id: call_id(id)?, params })
    }

    /// The tag of the one who reads this, in Replaces and Join.
    #[must_use]
    pub fn to_tag(&self) -> Option<&'a str> {
        self.params.get("to-tag")?.raw
    }

    /// The tag of the other one, in Replaces and Join.
    #[must_use]
    pub fn from_tag(&self) -> Option<&'a str> {
        self.params.get("from-tag")?.raw
    }

    /// The tag of the one who wrote this, in Target-Dialog.
    #[must_use]
    pub fn local_tag(&self) -> Option<&'a str> {
        self.params.get("local-tag")?.raw
    }

    /// The tag of the one who reads this, in Target-Dialog.
    #[must_use]
    pub fn remote_tag(&self) -> Option<&'a str> {
        self.params.get("remote-tag")?.raw
    }

    /// Whether only a dialog that is not confirmed yet may be replaced.
    #[must_use]
    pub fn is_early_only(&self) -> bool {
        self.params.contains("early-only")
    }
}

impl fmt::Display for DialogRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.call_id, self.params.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn rfc3891_6_1_replaces() {
        let value = DialogRef::parse("12adf2f34456gs5;to-tag=12345 ;from-tag=54321;early-only").unwrap();
        assert_eq!(value.call_id, "12adf2f34456gs5");
        assert_eq!((value.to_tag(), value.from_tag()), (Some("12345"), Some("54321")));
        assert!(value.is_early_only());
        assert_eq!(value.to_string(), "12adf2f34456gs5;to-tag=12345 ;from-tag=54321;early-only");
    }

    #[test]
    fn rfc4538_7_target_dialog() {
        let value = DialogRef::parse("fa77as7dad8-sd98ajzz@host.example.com;local-tag=kkaz-;remote-tag=6544")
            .unwrap();
        assert_eq!(
            (value.local_tag(), value.remote_tag(), value.to_tag()),
            (Some("kkaz-"), Some("6544"), None)
        );
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        assert_eq!(DialogRef::parse(";to-tag=1").unwrap_err().to_string(), "expected Call-ID at byte 0");
        assert_eq!(DialogRef::parse("a;;b").unwrap_err().to_string(), "expected parameter-name at byte 2");
    }
}
