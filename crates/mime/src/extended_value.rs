//! Parameter values in other character sets, split and percent-encoded (RFC 2231 §3 and §4).

use alloc::string::String;
use alloc::vec::Vec;

use grammar::{CharClass, Params};

/// `attribute-char` of RFC 2231 §7.
const ATTRIBUTE_CHAR: CharClass = CharClass::TOKEN.without(b"*'%");

/// Pieces of one value that are put together; more are left away.
const MOST: usize = 64;

/// The value of the parameter `name`: extended, else in pieces, else plain. `None` if there is none.
///
/// A value whose character set or encoding is not known is passed over for the next form.
pub(crate) fn get(params: Params<'_>, name: &str) -> Option<String> {
    extended(params, name)
        .or_else(|| pieces(params, name))
        .or_else(|| params.get(name).map(|param| param.value().into_owned()))
}

/// `name*=charset'language'percent-encoded`
fn extended(params: Params<'_>, name: &str) -> Option<String> {
    let param = params.iter().find(|param| strip(param.name, name) == Some("*"))?;
    let (charset, _, octets) = split(&param.value())?;
    decode(&charset, octets)
}

/// `name*0=..;name*1=..`, each piece with a `*` at the end of its name if it is percent-encoded
fn pieces(params: Params<'_>, name: &str) -> Option<String> {
    let mut charset = String::new();
    let mut octets = Vec::new();
    for section in 0..MOST {
        let found = params.iter().find_map(|param| {
            let number = strip(param.name, name)?.strip_prefix('*')?;
            let (number, encoded) = number.strip_suffix('*').map_or((number, false), |number| (number, true));
            // "with no leading zeroes", so that each piece has one name.
            let canonical = number == "0" || !number.starts_with('0');
            (canonical && number.parse() == Ok(section)).then(|| (param.value(), encoded))
        });
        let Some((value, encoded)) = found else { break };
        match (encoded, section) {
            (true, 0) => {
                let (first, _, decoded) = split(&value)?;
                charset = first;
                octets.extend(decoded);
            }
            (true, _) => octets.extend(percent_decode(&value)?),
            (false, _) => octets.extend_from_slice(value.as_bytes()),
        }
        if section + 1 == MOST {
            return None;
        }
    }
    if octets.is_empty() { None } else { decode(&charset, octets) }
}

/// What follows `prefix` in `name`, case ignored.
fn strip<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, tail) = name.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(tail)
}

/// Character set, language and octets of `charset'language'percent-encoded`.
fn split(value: &str) -> Option<(String, String, Vec<u8>)> {
    let (charset, rest) = value.split_once('\'')?;
    let (language, encoded) = rest.split_once('\'')?;
    Some((charset.into(), language.into(), percent_decode(encoded)?))
}

/// Octets of a text with `%` escapes; `None` at a broken one.
pub(crate) fn percent_decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            out.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
        } else {
            out.push(byte);
        }
    }
    Some(out)
}

/// Text in one of the character sets that file names come in.
fn decode(charset: &str, octets: Vec<u8>) -> Option<String> {
    if charset.is_empty() || charset.eq_ignore_ascii_case("UTF-8") || charset.eq_ignore_ascii_case("US-ASCII")
    {
        return String::from_utf8(octets).ok();
    }
    let latin1 = charset.eq_ignore_ascii_case("ISO-8859-1") || charset.eq_ignore_ascii_case("latin1");
    latin1.then(|| octets.into_iter().map(char::from).collect())
}

/// Writes `UTF-8''` and `text` percent-encoded.
pub(crate) fn encode(text: &str, out: &mut String) {
    out.push_str("UTF-8''");
    percent_encode(text, &ATTRIBUTE_CHAR, out);
}

/// Writes `text`, each byte outside `plain` as a `%` escape.
pub(crate) fn percent_encode(text: &str, plain: &CharClass, out: &mut String) {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase();
    for byte in text.bytes() {
        if plain.contains(byte) {
            out.push(char::from(byte));
        } else {
            out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(params: &str, expected: Option<&str>) {
        assert_eq!(get(Params::parse(params).unwrap(), "filename").as_deref(), expected, "{params}");
    }

    #[test]
    fn rfc2231_4_extended_values() {
        check(";filename*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A", Some("This is ***fun***"));
        check(";filename=\"e.jpg\";FileName*=utf-8''%C3%A9.jpg", Some("é.jpg"));
        check(";filename*=iso-8859-1''%E9.jpg", Some("é.jpg"));
        check(";filename*=UTF-8''", Some(""));
    }

    #[test]
    fn rfc2231_3_pieces_in_any_order() {
        check(";filename*1=\"b.tx\";filename*0=\"a \";filename*2=t", Some("a b.txt"));
        check(
            ";filename*0*=us-ascii'en'This%20is%20even%20more%20;filename*1*=%2A%2A%2Afun%2A%2A%2A%20;filename*2=\"isn't it!\"",
            Some("This is even more ***fun*** isn't it!"),
        );
        check(";filename*0=a;filename*2=c", Some("a"));
        check(";filename*1=b;filename=plain", Some("plain"));
        check(";filename*00=b", None);
    }

    #[test]
    fn what_cannot_be_decoded_is_passed_over() {
        check(";filename*=koi8-r''%C1;filename=plain", Some("plain"));
        check(";filename*=UTF-8''%C3;filename=plain", Some("plain"));
        check(";filename*=UTF-8''%zz;filename=plain", Some("plain"));
        check(";filename*=nonsense;filename=plain", Some("plain"));
        check(";x=y", None);
    }

    #[test]
    fn what_is_encoded_decodes() {
        for text in ["", "plain", "é \"'%*\\\u{1f600}", "a=b;c"] {
            let mut params = String::from(";filename*=");
            encode(text, &mut params);
            check(&params, Some(text));
        }
    }
}
