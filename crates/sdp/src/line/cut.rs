//! `Cut`: the parts of one value, cut off from left to right.
//!
//! The rules of RFC 8866 §9 never go back, so one index is all the state there is. Each step names the rule whose
//! error it would be.

use grammar::{CharClass, ParseError, ParseErrorKind};

/// A value, and how far it was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cut<'a> {
    /// Starts at the first byte.
    #[inline]
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// How many bytes were read.
    #[inline]
    pub(crate) const fn offset(&self) -> usize {
        self.at
    }

    /// What was not read so far.
    #[inline]
    pub(crate) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// `1*class`; a class has all of the bytes from 0x80 to 0xff or none of them.
    #[inline]
    pub(crate) fn take(&mut self, rule: &'static str, class: &CharClass) -> Result<&'a str, ParseError> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let end = self.at + class.span(rest);
        match self.text.get(self.at..end) {
            Some(found) if !found.is_empty() => {
                self.at = end;
                Ok(found)
            }
            _ => Err(self.expected(rule)),
        }
    }

    /// What stands in front of the next `byte`, which is ASCII; reads over it too. `None` if there is none.
    #[inline]
    pub(crate) fn until(&mut self, byte: u8) -> Option<&'a str> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let end = self.at + rest.iter().position(|&other| other == byte)?;
        let found = self.text.get(self.at..end);
        self.at = end + 1;
        found
    }

    /// `SP`
    #[inline]
    pub(crate) fn blank(&mut self) -> Result<(), ParseError> {
        self.byte("SP", b' ')
    }

    /// `nettype SP addrtype SP`; both types are mostly of the Internet, and then told by one comparison.
    #[inline]
    pub(crate) fn network(&mut self) -> Result<(&'a str, &'a str), ParseError> {
        let known = match self.text.as_bytes().get(self.at..).and_then(|rest| rest.first_chunk()) {
            Some(b"IN IP4 ") => Some(("IN", "IP4")),
            Some(b"IN IP6 ") => Some(("IN", "IP6")),
            _ => None,
        };
        if let Some(known) = known {
            self.at += "IN IP4 ".len();
            return Ok(known);
        }
        self.other_network()
    }

    /// As [`Self::network`], of whatever types.
    #[cold]
    fn other_network(&mut self) -> Result<(&'a str, &'a str), ParseError> {
        let nettype = self.take("nettype", &CharClass::TOKEN)?;
        self.blank()?;
        let addrtype = self.take("addrtype", &CharClass::TOKEN)?;
        self.blank()?;
        Ok((nettype, addrtype))
    }

    /// The byte `byte`, which is ASCII.
    #[inline]
    pub(crate) fn byte(&mut self, rule: &'static str, byte: u8) -> Result<(), ParseError> {
        if self.skip(byte) { Ok(()) } else { Err(self.expected(rule)) }
    }

    /// Reads over `byte`, which is ASCII, if it is next.
    #[inline]
    pub(crate) fn skip(&mut self, byte: u8) -> bool {
        let found = self.text.as_bytes().get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    /// `1*DIGIT` that fits into the type.
    #[inline]
    pub(crate) fn number<T: TryFrom<u64>>(&mut self, rule: &'static str) -> Result<T, ParseError> {
        let start = self.at;
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        // No number of 19 digits is beyond 64 bits.
        let mut sum = 0_u64;
        let mut length = 0;
        for digit in rest.iter().map(|byte| byte.wrapping_sub(b'0')).take_while(|&digit| digit <= 9) {
            sum = sum.wrapping_mul(10).wrapping_add(u64::from(digit));
            length += 1;
        }
        self.at += length;
        let sum = match length {
            0 => return Err(self.expected(rule)),
            1..=19 => Some(sum),
            _ => self.long_number(start),
        };
        sum.and_then(|sum| T::try_from(sum).ok()).ok_or_else(|| out_of_range(rule, start))
    }

    /// The number whose digits were read from `start` on, if it fits into 64 bits.
    #[cold]
    fn long_number(&self, start: usize) -> Option<u64> {
        self.text.get(start..self.at)?.parse().ok()
    }

    /// Nothing may follow; `rule` is the one of the whole value.
    #[inline]
    pub(crate) fn end(&self, rule: &'static str) -> Result<(), ParseError> {
        if self.at == self.text.len() { Ok(()) } else { Err(trailing(rule, self.at)) }
    }

    /// That `rule` was expected here.
    #[cold]
    pub(crate) const fn expected(&self, rule: &'static str) -> ParseError {
        ParseError::new(ParseErrorKind::Syntax, rule, self.at)
    }
}

#[cold]
pub(crate) const fn out_of_range(rule: &'static str, at: usize) -> ParseError {
    ParseError::new(ParseErrorKind::OutOfRange, rule, at)
}

#[cold]
const fn trailing(rule: &'static str, at: usize) -> ParseError {
    ParseError::new(ParseErrorKind::TrailingData, rule, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_up_to_what_the_type_holds() {
        let number = |text| Cut::new(text).number::<u64>("n").map_err(|error| error.kind());
        assert_eq!(number("18446744073709551615"), Ok(u64::MAX));
        assert_eq!(number("18446744073709551616"), Err(ParseErrorKind::OutOfRange));
        assert_eq!(number("99999999999999999999999"), Err(ParseErrorKind::OutOfRange));
        assert_eq!(number("000000000000000000000000007x"), Ok(7));
        assert_eq!(number("-1"), Err(ParseErrorKind::Syntax));
        assert_eq!(Cut::new("65536").number::<u16>("n").map_err(|error| error.offset()), Err(0));
    }

    #[test]
    fn each_step_names_its_rule_and_byte() {
        let mut cut = Cut::new("ab 7;\u{e4}");
        assert_eq!(cut.take("word", &CharClass::ALPHA), Ok("ab"));
        assert_eq!(cut.byte(":", b':').map_err(|error| error.offset()), Err(2));
        assert_eq!(cut.blank(), Ok(()));
        assert_eq!(cut.number::<u8>("digits"), Ok(7));
        assert!(!cut.skip(b','));
        assert!(cut.skip(b';'));
        assert_eq!(cut.rest(), "\u{e4}");
        let error = cut.end("whole").unwrap_err();
        assert_eq!((error.kind(), error.rule(), error.offset()), (ParseErrorKind::TrailingData, "whole", 5));
        assert_eq!(cut.take("word", &CharClass::ALPHA).map_err(|error| error.rule()), Err("word"));
    }
}
