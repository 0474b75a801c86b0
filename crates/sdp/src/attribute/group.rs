//! `a=group`: media descriptions that belong together, RFC 5888 §5.

use core::fmt;

use grammar::ParseError;
use grammar::rule::{self, IResult};
use nom::Parser;
use nom::character::complete::char;
use nom::combinator::{cut, recognize};
use nom::error::context;
use nom::multi::many0_count;
use nom::sequence::preceded;

use crate::attribute::Attribute;

/// A group of media descriptions, at session level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Group<'a> {
    /// What the group means: `LS`, `FID`, `BUNDLE`, ...
    pub semantics: &'a str,
    /// The names, one blank in front of each.
    tags: &'a str,
}

impl<'a> Group<'a> {
    /// The names ([`Mid`](super::Mid)) of the members; there may be none.
    pub fn tags(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.tags.split(' ').skip(1)
    }
}

impl<'a> Attribute<'a> for Group<'a> {
    const NAME: &'static str = "group";

    /// `group-attribute = semantics *(SP identification-tag)`
    fn parse(value: &'a str) -> Result<Self, ParseError> {
        rule::parse_all("group-attribute", value, group)
    }
}

/// `semantics *(SP identification-tag)`
fn group(i: &str) -> IResult<'_, Group<'_>> {
    let tag = cut(context("identification-tag", rule::token));
    (context("semantics", rule::token), recognize(many0_count(preceded(char(' '), tag))))
        .map(|(semantics, tags)| Group { semantics, tags })
        .parse(i)
}

impl fmt::Display for Group<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.semantics, self.tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec::Vec;

    #[track_caller]
    fn check(value: &str, expected: &str) {
        let got = match Group::parse(value) {
            Ok(group) => {
                assert_eq!(group.to_string(), value, "prints as read");
                let tags: Vec<_> = group.tags().collect();
                [group.semantics, &tags.join("|")].join(": ")
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{value:?}");
    }

    #[test]
    fn rfc5888_5_semantics_and_tags() {
        check("LS 1 2", "LS: 1|2");
        check("BUNDLE audio", "BUNDLE: audio");
        check("BUNDLE", "BUNDLE: ");
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("", "expected semantics at byte 0");
        check("LS ", "expected identification-tag at byte 3");
        check("LS 1  2", "expected identification-tag at byte 5");
        check("LS;1", "unexpected data after group-attribute at byte 2");
    }
}
