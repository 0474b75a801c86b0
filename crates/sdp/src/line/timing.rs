//! `t=`, `r=`, `z=`: when the session is on, RFC 8866 §5.9 to §5.11.

use core::fmt;

use grammar::ParseError;

use super::cut::{Cut, out_of_range};

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
        let mut cut = Cut::new(value);
        let start = cut.number("start-time")?;
        cut.blank()?;
        let stop = cut.number("stop-time")?;
        cut.end("time-field")?;
        Ok(Self { start, stop })
    }

    /// Whether the session has neither start nor end: `0 0`, as every document of SIP says (RFC 3264 §5).
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        self.start == 0 && self.stop == 0
    }
}

/// The value of the line.
impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.start, self.stop)
    }
}

/// A span of time: a number and, if one was written, its unit. In seconds it fits into 63 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TypedTime {
    /// How many of the unit.
    pub number: u64,
    /// `d`, `h`, `m` or `s`; `None` means seconds.
    pub unit: Option<char>,
}

impl TypedTime {
    /// The span in seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.number.saturating_mul(factor(self.unit))
    }
}

/// As in the line.
impl fmt::Display for TypedTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number)?;
        self.unit.map_or(Ok(()), |unit| write!(f, "{unit}"))
    }
}

/// Seconds of a `fixed-len-time-unit`.
const fn factor(unit: Option<char>) -> u64 {
    match unit {
        Some('d') => 86_400,
        Some('h') => 3_600,
        Some('m') => 60,
        _ => 1,
    }
}

/// `typed-time = 1*DIGIT [fixed-len-time-unit]`
fn typed_time(cut: &mut Cut<'_>, rule: &'static str) -> Result<TypedTime, ParseError> {
    let at = cut.offset();
    let number: u64 = cut.number(rule)?;
    let unit =
        ['d', 'h', 'm', 's'].into_iter().find(|&unit| u8::try_from(unit).is_ok_and(|unit| cut.skip(unit)));
    match number.checked_mul(factor(unit)) {
        Some(seconds) if i64::try_from(seconds).is_ok() => Ok(TypedTime { number, unit }),
        _ => Err(out_of_range(rule, at)),
    }
}

/// The `r=` line: how the time of the `t=` line in front of it repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repeat<'a> {
    /// From one time to the next.
    pub interval: TypedTime,
    /// How long the session is on each time.
    pub duration: TypedTime,
    /// ` offset` at least once, read already.
    offsets: &'a str,
}

impl<'a> Repeat<'a> {
    /// Reads the value of an `r=` line.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where the value leaves the rule; a time beyond 63 bits of seconds is out of range.
    pub fn parse(value: &'a str) -> Result<Self, ParseError> {
        // repeat-field = repeat-interval SP active-duration 1*(SP offset)
        let mut cut = Cut::new(value);
        let interval = typed_time(&mut cut, "repeat-interval")?;
        cut.blank()?;
        let duration = typed_time(&mut cut, "active-duration")?;
        let offsets = cut.rest();
        cut.blank()?;
        typed_time(&mut cut, "offset")?;
        while cut.skip(b' ') {
            typed_time(&mut cut, "offset")?;
        }
        cut.end("repeat-field")?;
        Ok(Self { interval, duration, offsets })
    }

    /// Where the repeated times start, counted from the start time; at least one.
    pub fn offsets(&self) -> impl Iterator<Item = TypedTime> + use<'a> {
        let mut cut = Cut::new(self.offsets);
        core::iter::from_fn(move || cut.skip(b' ').then(|| typed_time(&mut cut, "offset").ok())?)
    }
}

/// The value of the line.
impl fmt::Display for Repeat<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.interval, self.duration, self.offsets)
    }
}

/// The `z=` line: when the clocks change, and by how much against the start time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone<'a>(&'a str);

/// One change of the clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Adjustment {
    /// Seconds since 1900.
    pub at: u64,
    /// Offset in seconds.
    pub offset: i64,
}

impl<'a> Zone<'a> {
    /// Reads the value of a `z=` line.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where the value leaves the rule; an offset beyond 63 bits of seconds is out of
    /// range.
    pub fn parse(value: &'a str) -> Result<Self, ParseError> {
        // zone-adjustments = time SP ["-"] typed-time *( SP time SP ["-"] typed-time )
        let mut cut = Cut::new(value);
        adjustment(&mut cut)?;
        while cut.skip(b' ') {
            adjustment(&mut cut)?;
        }
        cut.end("zone-field")?;
        Ok(Self(value))
    }

    /// The changes, in the order they are written; at least one.
    pub fn adjustments(&self) -> impl Iterator<Item = Adjustment> + use<'a> {
        let mut cut = Cut::new(self.0);
        core::iter::from_fn(move || {
            let found = adjustment(&mut cut).ok();
            cut.skip(b' ');
            found
        })
    }
}

/// The value of the line.
impl fmt::Display for Zone<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// `time SP ["-"] typed-time`
fn adjustment(cut: &mut Cut<'_>) -> Result<Adjustment, ParseError> {
    let at = cut.number("time")?;
    cut.blank()?;
    let minus = cut.skip(b'-');
    let start = cut.offset();
    let seconds = typed_time(cut, "typed-time")?.seconds();
    let seconds = i64::try_from(seconds).map_err(|_| out_of_range("typed-time", start))?;
    Ok(Adjustment { at, offset: if minus { -seconds } else { seconds } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    #[track_caller]
    fn check<'a, T: fmt::Display>(
        value: &'a str,
        parse: impl FnOnce(&'a str) -> Result<T, ParseError>,
        show: impl FnOnce(&T) -> String,
        expected: &str,
    ) {
        let got = match parse(value) {
            Ok(read) => {
                assert_eq!(read.to_string(), value, "prints as read");
                show(&read)
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{value:?}");
    }

    #[test]
    fn rfc8866_5_9_seconds_since_1900() {
        let check = |value, expected| check(value, Timing::parse, |t| t.is_permanent().to_string(), expected);
        check("0 0", "true");
        check("3724394400 0", "false");
        check("0", "expected SP at byte 1");
        check("0 18446744073709551616", "stop-time out of range at byte 2");
        check("0 0 0", "unexpected data after time-field at byte 3");
    }

    #[test]
    fn rfc8866_5_10_both_forms_mean_the_same() {
        let show = |repeat: &Repeat<'_>| {
            let offsets: Vec<_> = repeat.offsets().map(|time| time.seconds().to_string()).collect();
            alloc::format!(
                "{} {} {}",
                repeat.interval.seconds(),
                repeat.duration.seconds(),
                offsets.join(" ")
            )
        };
        let check = |value, expected| check(value, Repeat::parse, show, expected);
        check("604800 3600 0 90000", "604800 3600 0 90000");
        check("7d 1h 0 25h", "604800 3600 0 90000");
        check("1m 1s 2s", "60 1 2");
        check("7d 1h", "expected SP at byte 5");
        check("7d 1h ", "expected offset at byte 6");
        check("7d 1h 0x", "unexpected data after repeat-field at byte 7");
        check("106751991167301d 1h 0", "repeat-interval out of range at byte 0");
        check("7d 1h 9223372036854775808", "offset out of range at byte 6");
    }

    #[test]
    fn rfc8866_5_11_offsets_in_both_directions() {
        let show = |zone: &Zone<'_>| {
            let all: Vec<_> = zone.adjustments().map(|a| alloc::format!("{} {}", a.at, a.offset)).collect();
            all.join(", ")
        };
        let check = |value, expected| check(value, Zone::parse, show, expected);
        check("3730928400 -1h 3749680800 0", "3730928400 -3600, 3749680800 0");
        check("", "expected time at byte 0");
        check("1 2 3", "expected SP at byte 5");
        check("1 --2", "expected typed-time at byte 3");
        check("1 -9223372036854775808", "typed-time out of range at byte 3");
    }
}
