//! `RawAttributes`: the attributes of a start tag as they are written (XML 1.0 §3.1).

use grammar::CharClass;

/// What a name is read to consist of: everything that ends none.
const NAME: CharClass = CharClass::NONE.with_range(0x21, 0xff).without(b"='\"<>/");

/// Hands out the attributes of a tag, one after the other. Fused: after an error there is nothing more.
#[derive(Debug, Clone)]
pub(crate) struct RawAttributes<'a> {
    /// What follows the name of the tag.
    rest: &'a str,
}

/// One attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RawAttribute<'a> {
    pub(crate) name: &'a str,
    /// What stands between the quotes.
    pub(crate) value: &'a str,
}

/// What is no attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

impl<'a> RawAttributes<'a> {
    pub(crate) const fn new(rest: &'a str) -> Self {
        Self { rest }
    }

    /// `S Name Eq AttValue` at the start of `text`, and what follows it; `None` if there is only white space.
    fn one(text: &'a str) -> Result<Option<(RawAttribute<'a>, &'a str)>, Malformed> {
        let start = without_space(text);
        if start.is_empty() {
            return Ok(None);
        }
        if start.len() == text.len() {
            return Err(Malformed);
        }
        let (name, after) = start.split_at_checked(NAME.span(start.as_bytes())).ok_or(Malformed)?;
        let value = without_space(after).strip_prefix('=').map(without_space).ok_or(Malformed)?;
        let (quote, value) = match value.as_bytes() {
            [quote @ (b'"' | b'\''), ..] => (*quote, value.get(1..).unwrap_or_default()),
            _ => return Err(Malformed),
        };
        let close = memchr::memchr(quote, value.as_bytes()).ok_or(Malformed)?;
        let (value, after) = value.split_at_checked(close).ok_or(Malformed)?;
        if name.is_empty() {
            return Err(Malformed);
        }
        Ok(Some((RawAttribute { name, value }, after.get(1..).unwrap_or_default())))
    }
}

impl<'a> Iterator for RawAttributes<'a> {
    type Item = Result<RawAttribute<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        match Self::one(core::mem::take(&mut self.rest)) {
            Ok(None) => None,
            Ok(Some((attribute, rest))) => {
                self.rest = rest;
                Some(Ok(attribute))
            }
            Err(malformed) => Some(Err(malformed)),
        }
    }
}

fn without_space(text: &str) -> &str {
    let space = text.bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
    text.get(space..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut got = String::new();
        for attribute in RawAttributes::new(text) {
            match attribute {
                Ok(RawAttribute { name, value }) => got += &alloc::format!("{name}={value};"),
                Err(Malformed) => got += "malformed",
            }
        }
        assert_eq!(got, expected, "{text:?}");
    }

    #[test]
    fn xml_3_1_names_and_values_in_either_quote() {
        check("", "");
        check(" \t", "");
        check(" a='1' b=\"2'\"\n\tc = '\"' ", "a=1;b=2';c=\";");
        check(" é=''", "é=;");
    }

    #[test]
    fn xml_3_1_anything_else_is_malformed() {
        check("a='1'", "malformed");
        check(" a='1'b='2'", "a=1;malformed");
        for text in [" a", " a=", " a=1", " a='1", " ='1'", " 'a'='1'", " a b='1'", " a<b='1'"] {
            check(text, "malformed");
        }
    }
}
