//! `k=`: an encryption key, RFC 4566 §5.12; obsolete since RFC 8866 §5.12.

use core::fmt;

use grammar::{CharClass, ParseError};

use super::cut::Cut;

/// The `k=` line in someone else's buffer. It is read for completeness: RFC 8866 forbids to send it, and a key inside
/// a description is safe only if the description is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct EncryptionKey<'a> {
    /// `clear`, `base64`, `uri`, `prompt`, or another method.
    pub method: &'a str,
    /// The key, or where to get it; `None` where nothing follows the method, as with `prompt`.
    pub key: Option<&'a str>,
}

impl<'a> EncryptionKey<'a> {
    /// Reads the value of a `k=` line.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where the value leaves the rule.
    pub fn parse(value: &'a str) -> Result<Self, ParseError> {
        // key-type = "prompt" / method ":" text
        let mut cut = Cut::new(value);
        let method = cut.take("key-type", &CharClass::TOKEN)?;
        if cut.offset() == value.len() {
            return Ok(Self { method, key: None });
        }
        cut.byte(":", b':')?;
        match cut.rest() {
            "" => Err(cut.expected("text")),
            key => Ok(Self { method, key: Some(key) }),
        }
    }
}

/// The value of the line.
impl fmt::Display for EncryptionKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.method)?;
        self.key.map_or(Ok(()), |key| write!(f, ":{key}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[track_caller]
    fn check(value: &str, expected: &str) {
        let got = match EncryptionKey::parse(value) {
            Ok(key) => {
                assert_eq!(key.to_string(), value, "prints as read");
                alloc::format!("{} {:?}", key.method, key.key)
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{value:?}");
    }

    #[test]
    fn rfc4566_5_12_methods_with_and_without_key() {
        check("prompt", "prompt None");
        check("clear:a b", "clear Some(\"a b\")");
        check("uri:https://key.example/1", "uri Some(\"https://key.example/1\")");
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check(":x", "expected key-type at byte 0");
        check("base64:", "expected text at byte 7");
        check("a b", "expected : at byte 1");
    }
}
