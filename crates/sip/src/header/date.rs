//! `Date`, RFC 3261 §20.17: a moment in the one form of RFC 1123 that SIP allows, always GMT.

use core::fmt;

use grammar::rule::{self, IResult};
use grammar::{CharClass, ParseError, ParseErrorKind};
use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case};
use nom::combinator::{map_res, value};
use nom::error::context;

/// A moment, to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    unix_seconds: u64,
}

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY: u64 = 86_400;
/// 9999-12-31 23:59:59, after which the form has no room for the year.
const LAST: u64 = 253_402_300_799;

impl Date {
    /// A moment as seconds since 1970; those after the year 9999 become its last second.
    #[must_use]
    pub const fn from_unix(seconds: u64) -> Self {
        Self { unix_seconds: if seconds > LAST { LAST } else { seconds } }
    }

    /// Seconds since 1970.
    #[must_use]
    pub const fn unix_seconds(self) -> u64 {
        self.unix_seconds
    }

    /// Reads a value such as `Sat, 13 Nov 2010 23:29:00 GMT`; years from 1970.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `wkday`, `date1`, `time` or `GMT`; `SIP-date` out of range for a day that
    /// does not exist.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let (year, month, day, time) = rule::parse_all("SIP-date", text, sip_date)?;
        let out_of_range = ParseError::new(ParseErrorKind::OutOfRange, "SIP-date", 0);
        if year < 1970 || day == 0 || day > days_in(year, month) {
            return Err(out_of_range);
        }
        Ok(Self {
            unix_seconds: (days_before_year(year) + days_before_month(year, month) + day - 1) * DAY + time,
        })
    }
}

/// `wkday "," SP date1 SP time SP "GMT"`: year, month from 1, day from 1, seconds of the day.
fn sip_date(i: &str) -> IResult<'_, (u64, u64, u64, u64)> {
    (
        context("wkday", alt(WEEKDAYS.map(tag_no_case))),
        context("wkday", tag(", ")),
        context("date1", fixed::<2>),
        context("date1", tag(" ")),
        context("date1", month),
        context("date1", tag(" ")),
        context("date1", fixed::<4>),
        context("time", tag(" ")),
        context("time", time),
        context("GMT", tag(" GMT")),
    )
        .map(|(_, _, day, _, month, _, year, _, time, _)| (year, month, day, time))
        .parse(i)
}

fn month(i: &str) -> IResult<'_, u64> {
    let [a, b, c, d, e, f, g, h, j, k, l, m] = MONTHS.map(tag_no_case);
    alt((
        value(1, a),
        value(2, b),
        value(3, c),
        value(4, d),
        value(5, e),
        value(6, f),
        value(7, g),
        value(8, h),
        value(9, j),
        value(10, k),
        value(11, l),
        value(12, m),
    ))
    .parse(i)
}

/// `2DIGIT ":" 2DIGIT ":" 2DIGIT`, a leap second included
fn time(i: &str) -> IResult<'_, u64> {
    map_res((fixed::<2>, tag(":"), fixed::<2>, tag(":"), fixed::<2>), |(hour, _, minute, _, second)| {
        (hour < 24 && minute < 60 && second <= 60).then_some(hour * 3600 + minute * 60 + second).ok_or(())
    })
    .parse(i)
}

/// `n DIGIT`
fn fixed<const N: usize>(i: &str) -> IResult<'_, u64> {
    map_res(nom::bytes::complete::take(N), |digits: &str| {
        if CharClass::DIGIT.matches(digits.as_bytes()) { digits.parse().map_err(|_| ()) } else { Err(()) }
    })
    .parse(i)
}

const fn is_leap(year: u64) -> bool {
    (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
}

const fn days_in(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970 to the first of `year`.
const fn days_before_year(year: u64) -> u64 {
    let past = year - 1;
    let leaps = past / 4 - past / 100 + past / 400;
    (year - 1970) * 365 + leaps - 477
}

fn days_before_month(year: u64, month: u64) -> u64 {
    (1..month).map(|month| days_in(year, month)).sum()
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.unix_seconds / DAY;
        let mut year = 1970 + days / 366;
        while days_before_year(year + 1) <= days {
            year += 1;
        }
        let mut day = days - days_before_year(year);
        let mut month = 1;
        while day >= days_in(year, month) {
            day -= days_in(year, month);
            month += 1;
        }
        let at = |list: &[&'static str], i: u64| {
            usize::try_from(i).ok().and_then(|i| list.get(i).copied()).unwrap_or_default()
        };
        let time = self.unix_seconds % DAY;
        write!(
            f,
            "{}, {:02} {} {year:04} {:02}:{:02}:{:02} GMT",
            at(&WEEKDAYS, days % 7),
            day + 1,
            at(&MONTHS, month - 1),
            time / 3600,
            time / 60 % 60,
            time % 60
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn rfc3261_20_17_example() {
        let date = Date::parse("Sat, 13 Nov 2010 23:29:00 GMT").unwrap();
        assert_eq!(date.unix_seconds(), 1_289_690_940);
        assert_eq!(date.to_string(), "Sat, 13 Nov 2010 23:29:00 GMT");
    }

    #[test]
    fn every_day_round_trips() {
        for days in (0..60_000).chain([2_932_896]) {
            let date = Date::from_unix(days * DAY + 3661);
            assert_eq!(Date::parse(&date.to_string()), Ok(date), "{days}");
        }
        assert_eq!(Date::from_unix(0).to_string(), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(Date::from_unix(951_782_400).to_string(), "Tue, 29 Feb 2000 00:00:00 GMT");
        assert_eq!(Date::from_unix(u64::MAX).to_string(), "Fri, 31 Dec 9999 23:59:59 GMT");
    }

    #[test]
    fn rfc4475_3_1_2_12_only_gmt() {
        assert_eq!(
            Date::parse("Fri, 01 Jan 2010 16:00:00 EST").unwrap_err().to_string(),
            "expected GMT at byte 25"
        );
        assert_eq!(Date::parse("Fri, 30 Feb 2010 16:00:00 GMT").unwrap_err().rule(), "SIP-date");
        assert_eq!(Date::parse("Fri, 01 Jan 2010 24:00:00 GMT").unwrap_err().rule(), "time");
        assert!(Date::parse("123 GMT 789").is_err());
    }
}
