//! What is inside `message/cpim`, as far as `a=accept-wrapped-types` needs it (RFC 4975 §8.6, RFC 3862 §2.2).

use std::vec::Vec;

/// Octets of the two header blocks that are looked at; a type that comes later is not found.
const MOST: usize = 8 << 10;

/// The start of a `message/cpim` entity, collected until the type of what it wraps is known.
#[derive(Debug, Default)]
pub(crate) struct WrappedHead(Vec<u8>);

/// What is known of the wrapped entity.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wrapped<'a> {
    /// More octets are needed.
    Unknown,
    /// The value of its Content-Type; `text/plain` if it has none (RFC 2045 §5.2).
    Type(&'a str),
    /// It cannot be told: no end of the header blocks, or no text.
    Unreadable,
}

impl WrappedHead {
    /// Takes content at `offset` of the entity; only what follows on what is there is of use.
    pub(crate) fn push(&mut self, offset: u64, content: &[u8]) -> Wrapped<'_> {
        if u64::try_from(self.0.len()) == Ok(offset) {
            let room = MOST.saturating_sub(self.0.len()).min(content.len());
            self.0.extend_from_slice(content.get(..room).unwrap_or_default());
        }
        self.read()
    }

    fn read(&self) -> Wrapped<'_> {
        let full = self.0.len() >= MOST;
        let unknown = || if full { Wrapped::Unreadable } else { Wrapped::Unknown };
        let Some((_, inner)) = split_at_blank_line(&self.0) else { return unknown() };
        let Some((head, _)) = split_at_blank_line(inner) else { return unknown() };
        let Ok(head) = std::str::from_utf8(head) else { return Wrapped::Unreadable };
        let mut values = head.split("\r\n").filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim_end().eq_ignore_ascii_case("Content-Type").then(|| value.trim())
        });
        Wrapped::Type(values.next().unwrap_or("text/plain"))
    }
}

/// A header block, without the CRLF of its last line, and what comes behind the blank line.
fn split_at_blank_line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    // No header at all: the blank line comes first.
    if let Some(rest) = text.strip_prefix(b"\r\n") {
        return Some((&[], rest));
    }
    let at = memchr::memmem::find(text, b"\r\n\r\n")?;
    Some((text.get(..at)?, text.get(at + 4..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(entity: &str, expected: &Wrapped<'_>) {
        let mut whole = WrappedHead::default();
        assert_eq!(whole.push(0, entity.as_bytes()), *expected, "{entity:?}");
        let mut bytewise = WrappedHead::default();
        for (at, byte) in entity.bytes().enumerate() {
            bytewise.push(at.try_into().unwrap(), &[byte]);
        }
        assert_eq!(bytewise.read(), *expected, "{entity:?} byte by byte");
    }

    #[test]
    fn rfc3862_2_2_the_type_stands_in_the_second_header_block() {
        let envelope = "From: <sip:a@x.example>\r\nContent-Type: not/this\r\n\r\n";
        let check = |inner: &str, expected| check(&std::format!("{envelope}{inner}"), &expected);
        check("Content-Type: text/html;charset=utf-8\r\n\r\n<p>", Wrapped::Type("text/html;charset=utf-8"));
        check("Content-ID: <1@x>\r\ncontent-type :image/png\r\n\r\n", Wrapped::Type("image/png"));
        check("\r\nhello", Wrapped::Type("text/plain"));
        check("Content-Type: text/html", Wrapped::Unknown);
        check("", Wrapped::Unknown);
        check("Content-ID: \u{fffd}\r\n\r\n", Wrapped::Type("text/plain"));
        check(&"x".repeat(9000), Wrapped::Unreadable);
    }

    #[test]
    fn what_does_not_follow_is_passed_over() {
        let mut head = WrappedHead::default();
        assert_eq!(head.push(10, b"\r\n\r\nContent-Type: a/b\r\n\r\n"), Wrapped::Unknown);
        assert_eq!(head.push(0, b"\r\n\r\n"), Wrapped::Type("text/plain"));
        assert_eq!(WrappedHead::default().push(0, b"\r\nX: \xff\r\n\r\n"), Wrapped::Unreadable);
    }
}
