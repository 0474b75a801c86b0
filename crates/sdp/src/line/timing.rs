//! `t=`, `r=`, `z=`: when the session is on, RFC 8866 §5.9 to §5.11.

use alloc::vec::Vec;

use grammar::ParseError;
use grammar::rule::{self, IResult, decimal};
use nom::Parser;
use nom::character::complete::{char, one_of};
use nom::combinator::opt;
use nom::error::context;
use nom::multi::many1;
use nom::sequence::{preceded, separated_pair};

/// The `t=` line: seconds since 1900, `0` for unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timing {
    /// When the session starts.
    pub start: u64,
    /// When it ends.
    pub stop: u64,
}

impl Timing {
    /// Reads the value of a `t=` line.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where the value leaves the rule.
    pub fn parse(value: &str) -> Result<Self, ParseError> {
        rule::parse_all("time-field", value, time_field)
    }
}

/// `time-field = start-time SP stop-time`
fn time_field(i: &str) -> IResult<'_, Timing> {
    (context("start-time", decimal), context("SP", char(' ')), context("stop-time", decimal))
        .map(|(start, _, stop)| Timing { start, stop })
        .parse(i)
}

/// A span of time: a number and, if one was written, its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TypedTime {
    /// How many of the unit.
    pub number: u64,
    /// `d`, `h`, `m` or `s`; `None` means seconds.
    pub unit: Option<char>,
}

impl TypedTime {
    /// The span in seconds; a span beyond 64 bits is the longest one.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.number.saturating_mul(match self.unit {
            Some('d') => 86_400,
            Some('h') => 3_600,
            Some('m') => 60,
            _ => 1,
        })
    }
}

/// `typed-time = 1*DIGIT [fixed-len-time-unit]`
fn typed_time(i: &str) -> IResult<'_, TypedTime> {
    (decimal, opt(one_of("dhms"))).map(|(number, unit)| TypedTime { number, unit }).parse(i)
}

/// The `r=` line: how the time of the `t=` line in front of it repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repeat {
    /// From one time to the next.
    pub interval: TypedTime,
    /// How long the session is on each time.
    pub duration: TypedTime,
    /// Where the repeated times start, counted from the start time.
    pub offsets: Vec<TypedTime>,
}

impl Repeat {
    /// Reads the value of an `r=` line.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where the value leaves the rule.
    pub fn parse(value: &str) -> Result<Self, ParseError> {
        rule::parse_all("repeat-field", value, repeat_field)
    }
}

/// `repeat-field = repeat-interval SP active-duration 1*(SP offset)`
fn repeat_field(i: &str) -> IResult<'_, Repeat> {
    (
        context("repeat-interval", typed_time),
        context("SP", char(' ')),
        context("active-duration", typed_time),
        many1(preceded(context("SP", char(' ')), context("offset", typed_time))),
    )
        .map(|(interval, _, duration, offsets)| Repeat { interval, duration, offsets })
        .parse(i)
}

/// The `z=` line: when the clocks change, and by how much against the start time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Zone {
    /// Moment (seconds since 1900), whether the offset is negative, and the offset.
    pub adjustments: Vec<Adjustment>,
}

/// One change of the clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Adjustment {
    /// Seconds since 1900.
    pub at: u64,
    /// Offset in seconds; one beyond 63 bits is the largest one.
    pub offset: i64,
}

impl Zone {
    /// Reads the value of a `z=` line.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where the value leaves the rule.
    pub fn parse(value: &str) -> Result<Self, ParseError> {
        rule::parse_all("zone-field", value, zone_field)
    }
}

/// `zone-field = time SP ["-"] typed-time *( SP time SP ["-"] typed-time )`
fn zone_field(i: &str) -> IResult<'_, Zone> {
    nom::multi::separated_list1(char(' '), adjustment).map(|adjustments| Zone { adjustments }).parse(i)
}

/// `time SP ["-"] typed-time`
fn adjustment(i: &str) -> IResult<'_, Adjustment> {
    let offset = (opt(char('-')), context("typed-time", typed_time)).map(|(minus, time)| {
        let seconds = i64::try_from(time.seconds()).unwrap_or(i64::MAX);
        if minus.is_some() { -seconds } else { seconds }
    });
    separated_pair(context("time", decimal), context("SP", char(' ')), offset)
        .map(|(at, offset)| Adjustment { at, offset })
        .parse(i)
}
