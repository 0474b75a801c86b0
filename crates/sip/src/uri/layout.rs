//! Where the parts of a URI are: the one scan that both `Uri` and `UriRef` come from.

use core::ops::Range;

use grammar::{CharClass, HostPort, ParseError, ParseErrorKind};
use memchr::memchr;

use super::Scheme;
use crate::index::offset;

/// Offsets of the parts. For schemes other than sip and sips only `rest`, `params` and `headers` have a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) scheme: Scheme,
    /// After the colon of the scheme.
    rest: u32,
    /// End of the user part; as `rest` where there is none.
    user_end: u32,
    /// Start of the host.
    host: u32,
    /// Start of the parameters, their `;` included.
    params: u32,
    /// End of the parameters: at the `?`, or the end of the text.
    headers: u32,
    end: u32,
}

/// Visible bytes that cannot be mistaken for the end of something: what a lenient reading lets stand unescaped.
const LENIENT: CharClass = CharClass::NONE.with_range(0x21, 0x7e).with_range(0x80, 0xff).without(b"<>\"\\@");
/// Parameters and headers end no earlier than at these.
const PARAM: CharClass = LENIENT.without(b";?");
/// `unreserved / escaped` of RFC 3261 §25.1; `%` is looked at by [`escapes_are_whole`].
const UNRESERVED: CharClass = CharClass::ALPHANUM.with(b"-_.!~*'()%");
const USER: CharClass = UNRESERVED.with(b"&=+$,;?/");
const PASSWORD: CharClass = UNRESERVED.with(b"&=+$,");
const PARAM_STRICT: CharClass = UNRESERVED.with(b"[]/:&+$=;");
const HEADERS_STRICT: CharClass = UNRESERVED.with(b"[]/?:+$=&");
const SCHEME: CharClass = CharClass::ALPHANUM.with(b"+-.");
/// `phonedigit-hex / "+"` and the visual separators of RFC 3966 §3.
const PHONE: CharClass = CharClass::HEX.with(b"*#-.()+");
/// `reserved / unreserved / escaped` of RFC 3986.
const ABSOLUTE: CharClass = UNRESERVED.with(b";/?:@&=+$,[]#");

impl Layout {
    pub(super) fn read(text: &str) -> Result<Self, ParseError> {
        let bytes = text.as_bytes();
        let syntax = |rule, at| ParseError::new(ParseErrorKind::Syntax, rule, at);
        let Ok(end) = u32::try_from(bytes.len()) else {
            return Err(ParseError::new(ParseErrorKind::Limit, "URI", 0));
        };
        let (scheme, rest) = match bytes {
            [b's', b'i', b'p', b':', ..] => (Scheme::Sip, 4),
            _ => read_scheme(text)?,
        };
        let after = bytes.get(rest..).unwrap_or_default();
        let at = |i: usize| u32::try_from(i).unwrap_or(end);
        let whole = Self {
            scheme,
            rest: at(rest),
            user_end: at(rest),
            host: at(rest),
            params: end,
            headers: end,
            end,
        };
        match scheme {
            Scheme::Sip | Scheme::Sips => {
                let layout = read_userinfo(after, rest, whole)?;
                read_host(text, offset(layout.host), layout)
            }
            Scheme::Tel => {
                let number = PHONE.span(after);
                if number == 0 || !matches!(after.get(number), None | Some(b';')) {
                    return Err(syntax("telephone-subscriber", rest + number));
                }
                read_params(text, rest + number, Self { params: at(rest + number), ..whole })
            }
            Scheme::Urn | Scheme::Other => {
                let span = LENIENT.with(b"@").span(after);
                if span == 0 || span < after.len() {
                    return Err(syntax("absoluteURI", rest + span));
                }
                Ok(whole)
            }
        }
    }

    pub(super) fn scheme_text(&self) -> Range<usize> {
        0..offset(self.rest).saturating_sub(1)
    }

    pub(super) fn user(&self) -> Option<Range<usize>> {
        (self.host > self.rest).then(|| offset(self.rest)..offset(self.user_end))
    }

    pub(super) fn password(&self) -> Option<Range<usize>> {
        (self.host > self.user_end + 1).then(|| offset(self.user_end) + 1..offset(self.host) - 1)
    }

    pub(super) fn host_port(&self) -> Option<Range<usize>> {
        matches!(self.scheme, Scheme::Sip | Scheme::Sips).then(|| offset(self.host)..offset(self.params))
    }

    pub(super) fn opaque(&self) -> Range<usize> {
        offset(self.rest)..offset(self.params)
    }

    pub(super) fn params(&self) -> Range<usize> {
        offset(self.params)..offset(self.headers)
    }

    pub(super) fn headers(&self) -> Range<usize> {
        offset(self.end.min(self.headers + 1))..offset(self.end)
    }

    pub(super) fn is_strict(&self, text: &str) -> bool {
        let fits = |range: Range<usize>, class: &CharClass| {
            let part = text.get(range).unwrap_or_default();
            class.span(part.as_bytes()) == part.len() && escapes_are_whole(part)
        };
        match self.scheme {
            Scheme::Sip | Scheme::Sips => {
                self.user().is_none_or(|range| fits(range, &USER))
                    && self.password().is_none_or(|range| fits(range, &PASSWORD))
                    && fits(self.params(), &PARAM_STRICT)
                    && fits(self.headers(), &HEADERS_STRICT)
            }
            Scheme::Tel => {
                let local = !text.get(self.opaque()).unwrap_or_default().starts_with('+');
                let context =
                    super::UriParams(text.get(self.params()).unwrap_or_default()).get("phone-context");
                fits(self.params(), &PARAM_STRICT) && (!local || context.is_some())
            }
            Scheme::Urn | Scheme::Other => fits(self.opaque(), &ABSOLUTE),
        }
    }
}

/// `scheme ":"`: which one, and where it ends.
fn read_scheme(text: &str) -> Result<(Scheme, usize), ParseError> {
    let bytes = text.as_bytes();
    let len = SCHEME.span(bytes);
    let starts_well = bytes.first().is_some_and(u8::is_ascii_alphabetic);
    let (Some(name), Some(b':')) = (text.get(..len).filter(|_| starts_well), bytes.get(len)) else {
        let at = if starts_well { len } else { 0 };
        return Err(ParseError::new(ParseErrorKind::Syntax, "scheme", at));
    };
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    let scheme = match len {
        3 if is("sip") => Scheme::Sip,
        4 if is("sips") => Scheme::Sips,
        3 if is("tel") => Scheme::Tel,
        3 if is("urn") => Scheme::Urn,
        _ => Scheme::Other,
    };
    Ok((scheme, len + 1))
}

/// `userinfo = ( user / telephone-subscriber ) [ ":" password ] "@"`
///
/// The user part may hold `;`, `?` and `/`, so the `@` is what decides; it stands nowhere else unescaped.
fn read_userinfo(after: &[u8], rest: usize, whole: Layout) -> Result<Layout, ParseError> {
    let span = LENIENT.span(after);
    let at_sign = match after.get(span) {
        None => return Ok(whole),
        Some(b'@') => span,
        Some(_) => match memchr(b'@', after) {
            Some(at_sign) => at_sign,
            None => return Ok(whole),
        },
    };
    let userinfo = after.get(..at_sign).unwrap_or_default();
    let user = userinfo.iter().position(|&byte| byte == b':').unwrap_or(at_sign);
    if user == 0 || span < user {
        return Err(ParseError::new(ParseErrorKind::Syntax, "user", rest + span));
    }
    if span < at_sign {
        return Err(ParseError::new(ParseErrorKind::Syntax, "password", rest + span));
    }
    let place = |i: usize| u32::try_from(rest + i).unwrap_or(whole.end);
    Ok(Layout { user_end: place(user), host: place(at_sign + 1), ..whole })
}

/// `hostport uri-parameters [ headers ]`
fn read_host(text: &str, host: usize, layout: Layout) -> Result<Layout, ParseError> {
    let after = text.as_bytes().get(host..).unwrap_or_default();
    let end = after.iter().position(|byte| matches!(byte, b';' | b'?')).unwrap_or(after.len());
    let host_port = text.get(host..host + end).unwrap_or_default();
    HostPort::parse(host_port).map_err(|error| error.shifted(host))?;
    let params = u32::try_from(host + end).unwrap_or(layout.end);
    read_params(text, host + end, Layout { params, ..layout })
}

/// `*( ";" uri-parameter ) [ headers ]`
fn read_params(text: &str, start: usize, layout: Layout) -> Result<Layout, ParseError> {
    let bytes = text.as_bytes();
    let mut at = start;
    while bytes.get(at) == Some(&b';') {
        let span = PARAM.span(bytes.get(at + 1..).unwrap_or_default());
        if span == 0 || bytes.get(at + 1) == Some(&b'=') {
            return Err(ParseError::new(ParseErrorKind::Syntax, "uri-parameter", at + 1));
        }
        at += 1 + span;
    }
    let headers = u32::try_from(at).unwrap_or(layout.end);
    if bytes.get(at) == Some(&b'?') && layout.scheme != Scheme::Tel {
        let span = LENIENT.span(bytes.get(at + 1..).unwrap_or_default());
        if span == 0 {
            return Err(ParseError::new(ParseErrorKind::Syntax, "headers", at + 1));
        }
        at += 1 + span;
    }
    if at < bytes.len() {
        return Err(ParseError::new(ParseErrorKind::Syntax, "uri-parameter", at));
    }
    Ok(Layout { headers, ..layout })
}

/// Whether each `%` is followed by two hexadecimal digits.
fn escapes_are_whole(text: &str) -> bool {
    text.split('%')
        .skip(1)
        .all(|after| after.as_bytes().get(..2).is_some_and(|pair| CharClass::HEX.matches(pair)))
}
