//! `Call-ID`, RFC 3261 §20.8: the name of a dialog, of a series of registrations.

use grammar::{CharClass, ParseError, ParseErrorKind};

/// `callid = word [ "@" word ]`, compared byte by byte. Lenient: any visible bytes, for nothing is cut from it.
pub(crate) fn call_id(text: &str) -> Result<&str, ParseError> {
    const VISIBLE: CharClass = CharClass::NONE.with_range(0x21, 0x7e).with_range(0x80, 0xff);
    let span = VISIBLE.span(text.as_bytes());
    if span == 0 || span < text.len() {
        return Err(ParseError::new(ParseErrorKind::Syntax, "Call-ID", span));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc4475_3_1_1_2_a_call_id_holds_nearly_everything() {
        let odd = "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{";
        assert_eq!(call_id(odd), Ok(odd));
        assert_eq!(call_id("").unwrap_err().rule(), "Call-ID");
        assert_eq!(call_id("a b").unwrap_err().offset(), 1);
        assert!(call_id("a\0").is_err());
    }
}
