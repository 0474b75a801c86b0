//! `Head`: all of a CPIM message but the content (RFC 3862 §2 and §4).

use alloc::borrow::Cow;
use alloc::vec::Vec;

use bytes::Bytes;
use grammar::{ByteStr, Forgiven, Leniency, ParseError, ParseErrorKind, Reading};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::header::HeaderLine;
use super::{Address, Header};
use crate::header::{BrokenLine, End, parse_block};
use crate::{Headers, Limits};

/// The namespace of the headers of RFC 3862 itself, which are written without prefix.
const CORE: &str = "urn:ietf:params:cpim-headers:";

/// The message headers and the MIME headers of the content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    headers: Vec<Header>,
    content_headers: Headers,
    len: usize,
}

impl Head {
    /// Reads the heads at the start of `bytes`; what follows is content, from [`Self::len`] on.
    ///
    /// Lenient: LF alone ends a line; the blank after the colon may be missing or more than one; the MIME headers may
    /// follow without a blank line, as the examples of RFC 5438 have it (erratum 3013); a `DateTime` may be none, and of
    /// two `From` or `DateTime` the first counts.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where a header is broken or a limit is passed. Of kind `Incomplete` where
    /// `bytes` end within the heads: more of the message may help.
    pub fn parse(
        bytes: &Bytes,
        reading: Reading,
        limits: &Limits,
    ) -> Result<(Self, Vec<Forgiven>), ParseError> {
        let mut leniency = Leniency::new(reading);
        let mut head = Self { headers: Vec::new(), content_headers: Headers::default(), len: 0 };
        let mut at = 0;
        loop {
            let (line, next) = cut_line(bytes, at, &mut leniency, limits)?;
            if line.is_empty() {
                at = next;
                break;
            }
            if leniency.reading() == Reading::Lenient && is_mime_header(&line) {
                leniency.forgive(ParseErrorKind::Missing, "blank line", at)?;
                break;
            }
            if head.headers.len() == limits.max_headers {
                return Err(ParseError::new(ParseErrorKind::Limit, "max_headers", at));
            }
            head.push(&line, at, &mut leniency)?;
            at = next;
        }
        // The content starts after a blank line; without one the rest has not come yet.
        let (content_headers, end) =
            match parse_block(bytes, at, 0, BrokenLine::Refused, &mut leniency, limits) {
                Ok((headers, End::BlankLine(end))) => (headers, end),
                Ok((_, End::Text)) => {
                    return Err(ParseError::new(ParseErrorKind::Incomplete, "message", bytes.len()));
                }
                // A broken last line may only be half a line, as long as there may be more of it.
                Err(error) if error.rule() != "max_head" && !has_line_end(bytes, error.offset()) => {
                    return Err(ParseError::new(ParseErrorKind::Incomplete, "message", bytes.len()));
                }
                Err(error) => return Err(error),
            };
        head.content_headers = content_headers;
        head.len = end;
        Ok((head, leniency.into_forgiven()))
    }

    /// Adds the header of `line`, which starts at byte `at`.
    fn push(&mut self, line: &ByteStr, at: usize, leniency: &mut Leniency) -> Result<(), ParseError> {
        let parsed = HeaderLine::parse(line).map_err(|error| error.shifted(at))?;
        if parsed.space != " " {
            leniency.forgive(ParseErrorKind::Syntax, "SP", at + line.len() - parsed.value.len())?;
        }
        let value = parsed.value.trim_end_matches([' ', '\t']);
        if value.len() < parsed.value.len() {
            leniency.forgive(ParseErrorKind::Syntax, "CRLF", at + line.len())?;
        }
        if let Some(nul) = line.find('\0') {
            return Err(ParseError::new(ParseErrorKind::Syntax, "Header-value", at + nul));
        }
        let name_end = parsed.prefix.map_or(0, |prefix| prefix.len() + 1) + parsed.name.len();
        let params_end = line.len() - parsed.value.len() - parsed.space.len();
        let header = Header {
            namespace: match declared(&self.headers, parsed.prefix) {
                Some((value, urn)) => Some(value.share(urn)),
                None => parsed.prefix.is_none().then(|| ByteStr::from_static(CORE)),
            },
            prefix: parsed.prefix.map(|prefix| line.share(prefix)),
            name: line.share(parsed.name),
            language: parsed.language.map(|language| line.share(language)),
            raw_params: line.share(line.get(name_end + 1..params_end).unwrap_or_default()),
            raw_value: line.share(value),
        };
        if header.namespace.as_deref() == Some(CORE) {
            let value_at = at + line.len() - parsed.value.len();
            if header.name == "DateTime" && !is_date_time(&header.raw_value) {
                leniency.forgive(ParseErrorKind::Syntax, "datetime", value_at)?;
            }
            // Lenient: the first one counts.
            let single = ["From", "DateTime"].into_iter().find(|single| header.name == *single);
            if let Some(single) = single.filter(|single| self.core(single).is_some()) {
                leniency.forgive(ParseErrorKind::Repeated, single, at)?;
            }
        }
        if is_declaration(&header) && declaration(&header.raw_value).is_none() {
            return Err(ParseError::new(ParseErrorKind::Syntax, "NS", at + line.len() - parsed.value.len()));
        }
        self.headers.push(header);
        Ok(())
    }

    /// Writes all lines and both blank ones.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        for header in &self.headers {
            header.write(out);
        }
        out.extend_from_slice(b"\r\n");
        self.content_headers.write(out);
    }

    /// Bytes before the content.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a head is never empty")]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// The message headers, in order.
    #[must_use]
    pub fn headers(&self) -> &[Header] {
        &self.headers
    }

    /// The MIME headers of the content.
    #[must_use]
    pub const fn content_headers(&self) -> &Headers {
        &self.content_headers
    }

    /// The sender.
    ///
    /// # Errors
    ///
    /// The place in the value that is no address.
    pub fn from(&self) -> Result<Option<Address>, ParseError> {
        self.core("From").map(|header| Address::parse(&header.raw_value)).transpose()
    }

    /// The recipients of `To`.
    pub fn to(&self) -> impl Iterator<Item = Result<Address, ParseError>> {
        self.addresses("To")
    }

    /// The recipients of `cc`.
    pub fn cc(&self) -> impl Iterator<Item = Result<Address, ParseError>> {
        self.addresses("cc")
    }

    fn addresses(&self, name: &'static str) -> impl Iterator<Item = Result<Address, ParseError>> {
        self.all(CORE, name).map(|header| Address::parse(&header.raw_value))
    }

    /// `DateTime`, as written: a date and time of RFC 3339, unless a lenient reading forgave that it is none.
    #[must_use]
    pub fn date_time(&self) -> Option<Cow<'_, str>> {
        self.core("DateTime").map(Header::value)
    }

    /// The first `Subject`, in whatever language.
    #[must_use]
    pub fn subject(&self) -> Option<Cow<'_, str>> {
        self.core("Subject").map(Header::value)
    }

    /// All of `Subject`: one for each language, and each says which (RFC 3862 §4.5).
    pub fn subjects(&self) -> impl Iterator<Item = &Header> {
        self.all(CORE, "Subject")
    }

    /// The `Subject` in this language: that with the very tag, case ignored, else one of the same primary language.
    #[must_use]
    pub fn subject_in(&self, language: &str) -> Option<&Header> {
        let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let is =
            |header: &&Header, same: &dyn Fn(&str) -> bool| header.language().is_some_and(|tag| same(tag));
        self.subjects()
            .find(|header| is(header, &|tag| tag.eq_ignore_ascii_case(language)))
            .or_else(|| self.subjects().find(|header| is(header, &|tag| primary(tag) == primary(language))))
    }

    /// The first header `name` of the namespace `urn`; for the headers of RFC 3862 itself see [`Self::core`].
    #[must_use]
    pub fn get(&self, urn: &str, name: &str) -> Option<&Header> {
        self.all(urn, name).next()
    }

    /// The first header `name` of RFC 3862, case-sensitive as that RFC has it.
    #[must_use]
    pub fn core(&self, name: &str) -> Option<&Header> {
        self.all(CORE, name).next()
    }

    pub(crate) fn all<'a>(&'a self, urn: &str, name: &str) -> impl Iterator<Item = &'a Header> {
        self.headers
            .iter()
            .filter(move |header| header.name == *name && header.namespace.as_deref() == Some(urn))
    }

    /// The header names that the sender requires to be understood (`Require`), each with the URN of the namespace that is
    /// declared for it where it is required; `None` where its prefix is not.
    /// One that is not understood means: treat the message as not understood (RFC 3862 §4.7).
    pub fn required(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        let is_require =
            |header: &Header| header.name == "Require" && header.namespace.as_deref() == Some(CORE);
        let values = self.headers.iter().enumerate().filter(move |(_, header)| is_require(header));
        values.flat_map(|(at, header)| {
            let before = self.headers.get(..at).unwrap_or_default();
            let names = header.raw_value.as_str().split(',').map(str::trim).filter(|name| !name.is_empty());
            names.map(move |name| {
                let (prefix, name) =
                    name.split_once('.').map_or((None, name), |(prefix, name)| (Some(prefix), name));
                match (declared(before, prefix), prefix) {
                    (Some((_, urn)), _) => (Some(urn), name),
                    (None, None) => (Some(CORE), name),
                    (None, Some(_)) => (None, name),
                }
            })
        })
    }

    /// Whether all that is [required](Self::required) is a header of RFC 3862 or, with the feature `imdn`, of
    /// RFC 5438.
    #[must_use]
    pub fn is_understood(&self) -> bool {
        const KNOWN: [&str; 7] = ["From", "To", "cc", "DateTime", "Subject", "NS", "Require"];
        self.required().all(|(namespace, name)| match namespace {
            Some(CORE) => KNOWN.contains(&name),
            #[cfg(feature = "imdn")]
            Some(crate::imdn::NAMESPACE) => crate::imdn::HEADERS.contains(&name),
            _ => false,
        })
    }
}

/// `date-time` of RFC 3339 §5.6 (RFC 3862 §4.4).
pub(super) fn is_date_time(value: &str) -> bool {
    OffsetDateTime::parse(value, &Rfc3339).is_ok()
}

/// What the last `NS` among `headers` says of this prefix, `None` being the default namespace: its value, and the URN in it
/// (RFC 3862 §3.4 and §4.6).
fn declared<'a>(headers: &'a [Header], prefix: Option<&str>) -> Option<(&'a ByteStr, &'a str)> {
    let declarations = headers.iter().rev().filter(|header| is_declaration(header));
    declarations.map(|header| &header.raw_value).find_map(|value| {
        let (known, urn) = declaration(value)?;
        (known == prefix.unwrap_or_default()).then_some((value, urn))
    })
}

/// `NS` is known whatever the default namespace has become: it is what changes it.
fn is_declaration(header: &Header) -> bool {
    header.prefix.is_none() && header.name == "NS"
}

/// `[ prefix SP ] "<" URN ">"`: the prefix, empty where there is none, and the URN
fn declaration(value: &str) -> Option<(&str, &str)> {
    let (prefix, rest) = value.split_once('<')?;
    Some((prefix.trim(), rest.trim_end().strip_suffix('>')?))
}

/// The line that starts at `at`, without its line end, and where the next one starts.
fn cut_line(
    bytes: &Bytes,
    at: usize,
    leniency: &mut Leniency,
    limits: &Limits,
) -> Result<(ByteStr, usize), ParseError> {
    let rest = bytes.get(at..).unwrap_or_default();
    let feed = memchr::memchr(b'\n', rest);
    if at.saturating_add(feed.unwrap_or(rest.len())) > limits.max_head {
        return Err(ParseError::new(ParseErrorKind::Limit, "max_head", limits.max_head));
    }
    let Some(feed) = feed else {
        return Err(ParseError::new(ParseErrorKind::Incomplete, "message", bytes.len()));
    };
    let end = at + feed;
    let content = match bytes.get(at..end) {
        Some([.., b'\r']) => end - 1,
        _ => {
            leniency.forgive(ParseErrorKind::Syntax, "CRLF", end)?;
            end
        }
    };
    let line = ByteStr::from_utf8(bytes.slice(at..content)).map_err(|error| error.shifted(at))?;
    if let Some(stray) = line.find('\r') {
        return Err(ParseError::new(ParseErrorKind::Syntax, "Header-value", at + stray));
    }
    Ok((line, end + 1))
}

/// Whether a line among the message headers is the first of the MIME headers. Names in CPIM have case, in MIME not.
fn is_mime_header(line: &str) -> bool {
    line.get(..13).is_some_and(|start| start.eq_ignore_ascii_case("Content-Type:"))
}

fn has_line_end(bytes: &[u8], from: usize) -> bool {
    bytes.get(from..).is_some_and(|rest| memchr::memchr(b'\n', rest).is_some())
}
