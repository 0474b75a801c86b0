//! `StartLine`: what a frame is, RFC 4975 §9 (`msrp-req-or-resp`).

use core::fmt;

use grammar::rule::{self, IResult};
use grammar::{ByteStr, CharClass, ParseError};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n};
use nom::character::complete::char;
use nom::combinator::{map, map_opt, opt, rest};
use nom::error::context;
use nom::sequence::preceded;

use crate::tid::{IDENT, Tid};

/// `method = 1*UPALPHA`, and the `_` of sipsimple's `FILE_OFFSET`, which has to be answered 501.
const METHOD: CharClass = CharClass::NONE.with_range(b'A', b'Z').with(b"_");

/// A request method.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// Carries content, or nothing to bind a session or to keep it alive (RFC 4975 §7.1).
    Send,
    /// Tells what became of a message (RFC 4975 §7.1.2); never answered.
    Report,
    /// Asks a relay for a path (RFC 4976 §5.1).
    Auth,
    /// Asks a chat room for a nickname (RFC 7701 §7).
    Nickname,
    /// Another method, as written; answered 501.
    Other(ByteStr),
}

impl Method {
    /// The method as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Send => "SEND",
            Self::Report => "REPORT",
            Self::Auth => "AUTH",
            Self::Nickname => "NICKNAME",
            Self::Other(name) => name,
        }
    }

    /// The method of this name; `line` is the text `name` was cut from.
    fn of(name: &str, line: &ByteStr) -> Self {
        match name {
            "SEND" => Self::Send,
            "REPORT" => Self::Report,
            "AUTH" => Self::Auth,
            "NICKNAME" => Self::Nickname,
            other => Self::Other(line.share(other)),
        }
    }
}

/// A status code of three digits, `000` to `999`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusCode(u16);

impl StatusCode {
    /// 200: the chunk was taken.
    pub const OK: Self = Self(200);
    /// 400: the request was not understood.
    pub const BAD_REQUEST: Self = Self(400);
    /// 401: credentials are wanted (RFC 4976 §5.1).
    pub const UNAUTHORIZED: Self = Self(401);
    /// 403: not allowed.
    pub const FORBIDDEN: Self = Self(403);
    /// 408: nothing came in time.
    pub const TIMEOUT: Self = Self(408);
    /// 413: send no more of this message.
    pub const STOP: Self = Self(413);
    /// 415: the media type is not understood.
    pub const UNSUPPORTED_MEDIA: Self = Self(415);
    /// 423: the interval is out of the bounds of the relay (RFC 4976 §4.6).
    pub const OUT_OF_BOUNDS: Self = Self(423);
    /// 481: no such session.
    pub const NO_SESSION: Self = Self(481);
    /// 501: the method is unknown.
    pub const UNKNOWN_METHOD: Self = Self(501);
    /// 506: the session is bound to another connection.
    pub const BOUND_ELSEWHERE: Self = Self(506);

    /// The code with this number; `None` above 999.
    #[must_use]
    pub const fn new(code: u16) -> Option<Self> {
        if code <= 999 { Some(Self(code)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// Whether it is 2xx.
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 / 100 == 2
    }

    /// The comment we write behind the code; peers are known that miss a response without one.
    #[must_use]
    pub const fn comment(self) -> &'static str {
        match self.0 {
            200..=299 => "OK",
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            408 => "Timeout",
            413 => "Stop Sending",
            415 => "Unsupported Media Type",
            423 => "Interval Out of Bounds",
            481 => "No Such Session",
            501 => "Unknown Method",
            506 => "Session Bound Elsewhere",
            _ => "Failed",
        }
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.0)
    }
}

/// The first line of a frame without its transaction id.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the grammar has these two")]
pub enum StartLine {
    /// `MSRP tid method`
    Request(Method),
    /// `MSRP tid status [comment]`
    Response {
        /// The status code.
        status: StatusCode,
        /// The text behind it; empty if there is none.
        comment: ByteStr,
    },
}

impl StartLine {
    /// Reads a start line without its CRLF.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where the line leaves the rule `msrp-req-or-resp`.
    pub fn parse(line: &ByteStr) -> Result<(Tid, Self), ParseError> {
        let (tid, found) = Found::parse(line)?;
        Ok((tid, found.share(line)))
    }
}

/// What follows the transaction id, in the text it was read from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found<'a> {
    Method(&'a str),
    Status(StatusCode, &'a str),
}

impl<'a> Found<'a> {
    pub(crate) fn parse(line: &'a str) -> Result<(Tid, Self), ParseError> {
        if let Some(usual) = Self::usual(line) {
            return Ok(usual);
        }
        let (tid, found) = rule::parse_all("msrp-req-or-resp", line, start_line)?;
        let tid = Tid::parse(tid).map_err(|error| error.shifted("MSRP ".len()))?;
        Ok((tid, found))
    }

    /// The start lines of RFC 4975 and 4976. The grammar reads the others, and says what is wrong with them.
    fn usual(line: &'a str) -> Option<(Tid, Self)> {
        let rest = line.strip_prefix("MSRP ")?;
        let (tid, rest) = rest.split_once(' ')?;
        let found = match rest {
            "SEND" | "REPORT" | "AUTH" | "NICKNAME" => Self::Method(rest),
            "200 OK" => Self::Status(StatusCode::OK, rest.get(4..)?),
            _ => return None,
        };
        Some((Tid::parse(tid).ok()?, found))
    }

    /// The same with parts of its own, shared from `text` where they lie in it.
    pub(crate) fn share(self, text: &ByteStr) -> StartLine {
        match self {
            Self::Method(name) => StartLine::Request(Method::of(name, text)),
            Self::Status(status, comment) => StartLine::Response { status, comment: text.share(comment) },
        }
    }
}

/// `msrp-req-or-resp = "MSRP" SP transact-id SP ( method / status-code [ SP comment ] )`
fn start_line(i: &str) -> IResult<'_, (&str, Found<'_>)> {
    (
        context("MSRP", tag("MSRP")),
        context("SP", char(' ')),
        context("transact-id", rule::many1(&IDENT)),
        context("SP", char(' ')),
        context("method", alt((status, map(rule::many1(&METHOD), Found::Method)))),
    )
        .map(|(_, _, tid, _, found)| (tid, found))
        .parse(i)
}

/// `status-code [ SP comment ]`; the comment is `utf8text`.
fn status(i: &str) -> IResult<'_, Found<'_>> {
    (status_code, opt(preceded(char(' '), rest)))
        .map(|(status, comment)| Found::Status(status, comment.unwrap_or_default()))
        .parse(i)
}

/// `status-code = 3DIGIT`
pub(crate) fn status_code(i: &str) -> IResult<'_, StatusCode> {
    map_opt(take_while_m_n(3, 3, |c: char| c.is_ascii_digit()), |digits: &str| {
        digits.parse().ok().and_then(StatusCode::new)
    })
    .parse(i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;

    #[track_caller]
    fn check(line: &str, expected: &str) {
        let got = match StartLine::parse(&ByteStr::from(line)) {
            Ok((tid, StartLine::Request(method))) => format!("{tid} {}", method.as_str()),
            Ok((tid, StartLine::Response { status, comment })) => format!("{tid} {status} {comment:?}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{line:?}");
    }

    #[test]
    fn rfc4975_9_req_start_and_resp_start() {
        check("MSRP a786hjs2 SEND", "a786hjs2 SEND");
        check("MSRP a786hjs2 200 OK", "a786hjs2 200 \"OK\"");
        check("MSRP a786hjs2 403", "a786hjs2 403 \"\"");
        check("MSRP a786hjs2 481 Keine Sitzung für Sie", "a786hjs2 481 \"Keine Sitzung für Sie\"");
        check("MSRP a786hjs2 FILE_OFFSET", "a786hjs2 FILE_OFFSET");
        check("MSRP a786hjs2 NICKNAME", "a786hjs2 NICKNAME");
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("MSRP  SEND", "expected transact-id at byte 5");
        check("MSRP abc SEND", "expected transact-id at byte 8");
        check("MSRP 12345678", "expected SP at byte 13");
        check("MSRP 12345678 ", "expected method at byte 14");
        check("MSRP 12345678 send", "expected method at byte 14");
        check("MSRP 12345678 ABCD TEST", "unexpected data after msrp-req-or-resp at byte 18");
        check("MSRP 12345678 2000", "unexpected data after msrp-req-or-resp at byte 17");
        check("GET / HTTP/1.1", "expected MSRP at byte 0");
    }
}
