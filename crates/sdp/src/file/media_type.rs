//! The media type of a file, as Content-Type writes it and as RFC 5547 §6 does: `t/s;p="v"`, percent-encoded.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use grammar::{CharClass, MediaType, Param, quoted};

use super::name::{percent_decoded, percent_encoded};

/// Reads the value of a `type:` selector into the form of Content-Type. Unquoted parameter values are let pass.
///
/// `None` if it is no media type, or if a parameter holds what no header could carry.
pub(crate) fn from_selector(value: &str) -> Option<Cow<'_, str>> {
    if is_plain(value) {
        return Some(Cow::Borrowed(value));
    }
    let semicolon = memchr::memchr(b';', value.as_bytes());
    let (essence, mut rest) = value.split_at_checked(semicolon.unwrap_or(value.len()))?;
    MediaType::parse(essence).ok()?;
    if rest.is_empty() {
        return Some(Cow::Borrowed(essence));
    }
    let mut out = String::from(essence);
    while let Some(param) = rest.strip_prefix(';') {
        let (name, after) = param.split_once('=')?;
        if !CharClass::TOKEN.matches(name.as_bytes()) {
            return None;
        }
        let (encoded, after) = match after.strip_prefix('"') {
            Some(inner) => inner.split_once('"')?,
            None => after.split_at_checked(after.find(';').unwrap_or(after.len()))?,
        };
        push_param(&mut out, name, &percent_decoded(encoded.as_bytes()))?;
        rest = after;
    }
    rest.is_empty().then_some(Cow::Owned(out))
}

/// Whether a media type in the form of Content-Type can be carried.
pub(crate) fn is_valid(value: &str) -> bool {
    is_plain(value)
        || (memchr::memchr3(b'\r', b'\n', 0, value.as_bytes()).is_none() && MediaType::parse(value).is_ok())
}

/// Whether it is `type "/" subtype` and nothing else, as nearly all are.
pub(crate) fn is_plain(value: &str) -> bool {
    let bytes = value.as_bytes();
    let slash = CharClass::TOKEN.span(bytes);
    matches!(bytes.get(slash..), Some([b'/', subtype @ ..]) if slash > 0 && CharClass::TOKEN.matches(subtype))
}

/// `;name=value`, quoted where the value is no token.
fn push_param(out: &mut String, name: &str, value: &str) -> Option<()> {
    out.push(';');
    out.push_str(name);
    out.push('=');
    if CharClass::TOKEN.matches(value.as_bytes()) {
        out.push_str(value);
        return Some(());
    }
    quoted::quote(value, out).ok()
}

/// The media type as the value of `a=filetype`: no white space, quotes where they are needed.
pub(crate) struct Legacy<'a>(pub(crate) &'a str);

/// The media type as the value of a `type:` selector: no white space, every parameter value quoted.
pub(crate) struct Selector<'a>(pub(crate) &'a str);

impl fmt::Display for Legacy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let media_type = essence(self.0, f)?;
        media_type.params.iter().try_for_each(|param| {
            let mut out = String::new();
            push_param(&mut out, param.name, &param.value()).ok_or(fmt::Error)?;
            f.write_str(&out)
        })
    }
}

impl fmt::Display for Selector<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let media_type = essence(self.0, f)?;
        // The rule has no empty value.
        let mut params = media_type.params.iter().filter(|param| !param.value().is_empty());
        params.try_for_each(|param| write!(f, ";{}=\"{}\"", param.name, percent_encoded(&param.value())))
    }
}

/// Writes type and subtype in lower case.
fn essence<'a>(text: &'a str, f: &mut fmt::Formatter<'_>) -> Result<MediaType<'a>, fmt::Error> {
    use fmt::Write as _;
    let media_type = MediaType::parse(text).map_err(|_| fmt::Error)?;
    let mut lower = |text: &str| match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => text.chars().try_for_each(|c| f.write_char(c.to_ascii_lowercase())),
        false => f.write_str(text),
    };
    lower(media_type.ty)?;
    lower("/")?;
    lower(media_type.subtype)?;
    Ok(media_type)
}

/// Whether two media types mean the same: letter case of names, the way of quoting, the order of parameters (RFC 2045 §5)
/// and those without value, which RFC 5547 cannot write, play no part.
pub(crate) fn same(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let (Ok(a), Ok(b)) = (MediaType::parse(a), MediaType::parse(b)) else {
        return false;
    };
    fn params<'a>(of: &MediaType<'a>) -> impl Iterator<Item = Param<'a>> + use<'a> {
        of.params.iter().filter(|param| !param.value().is_empty())
    }
    let same = |(a, b): (Param<'_>, Param<'_>)| a.name.eq_ignore_ascii_case(b.name) && a.value() == b.value();
    let sorted = |of: &MediaType<'_>| {
        let mut params: Vec<_> =
            params(of).map(|param| (param.name.to_ascii_lowercase(), param.value().into_owned())).collect();
        params.sort_unstable();
        params
    };
    a.is(b.ty, b.subtype)
        && params(&a).count() == params(&b).count()
        && (params(&a).zip(params(&b)).all(same) || sorted(&a) == sorted(&b))
}
