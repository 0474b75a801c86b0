//! `HeaderName`: the header fields this crate knows, RFC 4975 §9, RFC 4976 §5 and RFC 7701 §7.

/// A header field this crate knows. Others are kept and reached by their text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
#[expect(missing_docs, reason = "the variants are the names of the fields")]
pub enum HeaderName {
    ToPath,
    FromPath,
    MessageId,
    ByteRange,
    SuccessReport,
    FailureReport,
    Status,
    ContentType,
    ContentDisposition,
    Expires,
    MinExpires,
    MaxExpires,
    UsePath,
    WwwAuthenticate,
    Authorization,
    AuthenticationInfo,
    UseNickname,
}

/// Every known name; the place of one is its discriminant.
const TABLE: [(HeaderName, &str); HeaderName::COUNT] = [
    (HeaderName::ToPath, "To-Path"),
    (HeaderName::FromPath, "From-Path"),
    (HeaderName::MessageId, "Message-ID"),
    (HeaderName::ByteRange, "Byte-Range"),
    (HeaderName::SuccessReport, "Success-Report"),
    (HeaderName::FailureReport, "Failure-Report"),
    (HeaderName::Status, "Status"),
    (HeaderName::ContentType, "Content-Type"),
    (HeaderName::ContentDisposition, "Content-Disposition"),
    (HeaderName::Expires, "Expires"),
    (HeaderName::MinExpires, "Min-Expires"),
    (HeaderName::MaxExpires, "Max-Expires"),
    (HeaderName::UsePath, "Use-Path"),
    (HeaderName::WwwAuthenticate, "WWW-Authenticate"),
    (HeaderName::Authorization, "Authorization"),
    (HeaderName::AuthenticationInfo, "Authentication-Info"),
    (HeaderName::UseNickname, "Use-Nickname"),
];

impl HeaderName {
    /// How many there are.
    pub(crate) const COUNT: usize = 17;

    /// Those that may stand once in a frame. `Use-Path`, `Content-Disposition` and the challenges of relays
    /// are repeated in the field.
    pub(crate) const SINGLE: [Self; 11] = [
        Self::ToPath,
        Self::FromPath,
        Self::MessageId,
        Self::ByteRange,
        Self::SuccessReport,
        Self::FailureReport,
        Self::Status,
        Self::ContentType,
        Self::Expires,
        Self::MinExpires,
        Self::MaxExpires,
    ];

    /// The known name a text stands for, case ignored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::of(text.as_bytes())
    }

    /// The same for bytes. Length and two letters leave one name to compare with.
    pub(crate) fn of(text: &[u8]) -> Option<Self> {
        let letter = |at: usize| text.get(at).map_or(0, u8::to_ascii_lowercase);
        let name = match (text.len(), letter(0)) {
            (6, _) => Self::Status,
            (7, b't') => Self::ToPath,
            (7, _) => Self::Expires,
            (8, _) => Self::UsePath,
            (9, _) => Self::FromPath,
            (10, b'm') => Self::MessageId,
            (10, _) => Self::ByteRange,
            (11, _) if letter(1) == b'i' => Self::MinExpires,
            (11, _) => Self::MaxExpires,
            (12, b'c') => Self::ContentType,
            (12, _) => Self::UseNickname,
            (13, _) => Self::Authorization,
            (14, b's') => Self::SuccessReport,
            (14, _) => Self::FailureReport,
            (16, _) => Self::WwwAuthenticate,
            (19, b'c') => Self::ContentDisposition,
            (19, _) => Self::AuthenticationInfo,
            _ => return None,
        };
        let exact = name.as_str().as_bytes();
        // Nearly everyone writes names in the case of the RFC.
        (exact == text || exact.eq_ignore_ascii_case(text)).then_some(name)
    }

    /// The name in the case of the RFC.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        TABLE.get(self.index()).map_or("", |&(_, name)| name)
    }

    /// The place in tables by name.
    #[expect(clippy::as_conversions, reason = "a fieldless enum of 17 variants")]
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_variants() {
        for (place, &(name, text)) in TABLE.iter().enumerate() {
            assert_eq!(name.index(), place);
            assert_eq!(name.as_str(), text);
            assert_eq!(HeaderName::parse(&text.to_ascii_uppercase()), Some(name));
        }
        assert_eq!(HeaderName::parse("X-Unknown"), None);
        for len in 0..24 {
            assert_eq!(HeaderName::parse(&"c".repeat(len)), None);
        }
    }
}
