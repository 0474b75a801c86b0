//! When two URIs are the same: RFC 3261 §19.1.4, RFC 3966 §4, RFC 8141 §3, RFC 3986 §6.2.2.

use grammar::{CharClass, HostPort};

use super::escape::next_byte;
use super::{Scheme, UriParams, UriRef};

/// Parameters that make two URIs differ if only one of them has it.
const DECISIVE: [&str; 5] = ["transport", "user", "ttl", "method", "maddr"];
/// `reserved` of RFC 3261 §25.1: escaping one of these changes what it means.
const RESERVED: CharClass = CharClass::NONE.with(b";/?:@&=+$,");

pub(super) fn equivalent(a: &UriRef<'_>, b: &UriRef<'_>) -> bool {
    if a.scheme() != b.scheme() {
        return false;
    }
    // Also where a parameter stands twice, which the grammar forbids and no rule compares.
    if a.as_str() == b.as_str() {
        return true;
    }
    match a.scheme() {
        Scheme::Sip | Scheme::Sips => sip(a, b),
        Scheme::Tel => tel(a, b),
        Scheme::Urn => urn(a.opaque(), b.opaque()),
        Scheme::Other => {
            let scheme = a.scheme_text();
            scheme.eq_ignore_ascii_case(b.scheme_text())
                && match ["im", "pres"].iter().any(|mailbox| mailbox.eq_ignore_ascii_case(scheme)) {
                    true => mailbox(a.opaque(), b.opaque()),
                    false => a.opaque() == b.opaque(),
                }
        }
    }
}

fn sip(a: &UriRef<'_>, b: &UriRef<'_>) -> bool {
    let same_part = |x: Option<&str>, y: Option<&str>| match (x, y) {
        (Some(x), Some(y)) => same_text(x, y, Case::Kept),
        (None, None) => true,
        _ => false,
    };
    same_part(a.user(), b.user())
        && same_part(a.password(), b.password())
        && host_ports(a.host_port(), b.host_port())
        && sip_params(a.params(), b.params())
        && sip_params(b.params(), a.params())
        && headers(a.headers(), b.headers())
}

fn host_ports(a: Option<HostPort<'_>>, b: Option<HostPort<'_>>) -> bool {
    // "A URI omitting any component with a default value will not match a URI explicitly containing that
    // component with its default value": the port is compared as written.
    a.is_some() && a == b
}

/// Every parameter of `a` that `b` has too is the same there, and the decisive ones are there.
fn sip_params(a: UriParams<'_>, b: UriParams<'_>) -> bool {
    a.iter().all(|(name, value)| {
        let other = b.iter().find(|(other, _)| same_text(name, other, Case::Ignored));
        match other {
            Some((_, other)) => {
                same_text(value.unwrap_or_default(), other.unwrap_or_default(), Case::Ignored)
            }
            None => !DECISIVE.iter().any(|decisive| same_text(name, decisive, Case::Ignored)),
        }
    })
}

/// The same header components, in any order.
fn headers(a: &str, b: &str) -> bool {
    let all_in =
        |a: &str, b: &str| a.split('&').all(|header| b.split('&').any(|other| header_eq(header, other)));
    let count = |text: &str| text.split('&').count();
    count(a) == count(b) && all_in(a, b) && all_in(b, a)
}

fn header_eq(a: &str, b: &str) -> bool {
    match (a.split_once('='), b.split_once('=')) {
        (Some((a, x)), Some((b, y))) => same_text(a, b, Case::Ignored) && same_text(x, y, Case::Kept),
        _ => a == b,
    }
}

/// RFC 3966 §4: separators do not count, all parameters do, in any order.
fn tel(a: &UriRef<'_>, b: &UriRef<'_>) -> bool {
    let count = |params: UriParams<'_>| params.iter().count();
    let all_in = |a: UriParams<'_>, b: UriParams<'_>| {
        a.iter().all(|(name, value)| {
            let other = b.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
            other.is_some_and(|(_, other)| {
                let (value, other) = (value.unwrap_or_default(), other.unwrap_or_default());
                // A number as phone-context and the digits of `ext` compare as numbers do.
                let is_number = name.eq_ignore_ascii_case("ext")
                    || (name.eq_ignore_ascii_case("phone-context") && value.starts_with('+'));
                if is_number { same_number(value, other) } else { same_text(value, other, Case::Ignored) }
            })
        })
    };
    same_number(a.opaque(), b.opaque())
        && count(a.params()) == count(b.params())
        && all_in(a.params(), b.params())
        && all_in(b.params(), a.params())
}

fn same_number(a: &str, b: &str) -> bool {
    fn digits(text: &str) -> impl Iterator<Item = u8> {
        text.bytes()
            .filter(|byte| !matches!(byte, b'-' | b'.' | b'(' | b')'))
            .map(|byte| byte.to_ascii_lowercase())
    }
    digits(a).eq(digits(b))
}

/// The namespace compares without case, the rest with it; UUIDs are hexadecimal, so without (RFC 9562 §4).
fn urn(a: &str, b: &str) -> bool {
    let (Some((a_space, a_name)), Some((b_space, b_name))) = (a.split_once(':'), b.split_once(':')) else {
        return a == b;
    };
    let case = if a_space.eq_ignore_ascii_case("uuid") { Case::Ignored } else { Case::Kept };
    a_space.eq_ignore_ascii_case(b_space) && same_text(a_name, b_name, case)
}

/// RFC 3859 §3 and RFC 3860 §3: a mailbox, and headers behind it. Its domain compares without case (RFC 3986
/// §6.2.2.1), the rest with it.
fn mailbox(a: &str, b: &str) -> bool {
    fn parts(text: &str) -> (&str, &str, &str) {
        let (address, headers) =
            text.split_at_checked(text.find('?').unwrap_or(text.len())).unwrap_or((text, ""));
        let (user, domain) = address.rsplit_once('@').unwrap_or((address, ""));
        (user, domain, headers)
    }
    let ((a, a_domain, a_headers), (b, b_domain, b_headers)) = (parts(a), parts(b));
    same_text(a, b, Case::Kept)
        && same_text(a_domain, b_domain, Case::Ignored)
        && same_text(a_headers, b_headers, Case::Kept)
}

/// Whether upper and lower case letters differ.
#[derive(Clone, Copy)]
enum Case {
    Kept,
    Ignored,
}

/// Compares byte by byte, an escaped unreserved byte equal to the byte itself.
fn same_text(a: &str, b: &str, case: Case) -> bool {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        match (next_byte(a), next_byte(b)) {
            (None, None) => return true,
            (Some((x, x_escaped, a_rest)), Some((y, y_escaped, b_rest))) => {
                let same = match case {
                    Case::Kept => x == y,
                    Case::Ignored => x.eq_ignore_ascii_case(&y),
                };
                if !same || (x_escaped != y_escaped && RESERVED.contains(x)) {
                    return false;
                }
                (a, b) = (a_rest, b_rest);
            }
            _ => return false,
        }
    }
}
