//! Fields that are text for people: Subject (RFC 3261 §20.36), Organization (§20.25), Server (§20.35), User-Agent
//! (§20.41).
//!
//! Any text is right. What a builder takes for them is any text without control bytes.

use alloc::borrow::Cow;
use alloc::string::String;

/// `text` with each line end and the white space around it as one space.
pub(crate) fn unfold(text: &str) -> Cow<'_, str> {
    if !text.contains('\n') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            out.push(' ');
        }
        out.push_str(line.trim_matches([' ', '\t', '\r']));
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3261_7_3_1_a_fold_reads_as_one_space() {
        assert_eq!(unfold("I know you're there, \r\n\t pick up"), "I know you're there, pick up");
        assert_eq!(unfold("plain"), "plain");
    }
}
