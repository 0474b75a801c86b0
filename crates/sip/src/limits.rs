//! `Limits`: how much of a message a reader takes before it refuses.

/// What a reader takes at most. Passing one is an error of kind [`grammar::ParseErrorKind::Limit`] that
/// names the limit; nothing is allocated for what is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Header fields of one message. Default 512: a path of 100 proxies writes 200.
    pub max_headers: usize,
    /// Bytes of one header field with its continuation lines, or of the start line. Default 32 KiB; at most
    /// 65,535 of them may come before the value.
    pub max_line: usize,
    /// Bytes from the start line to the empty line, both included. Default 64 KiB, what a datagram can hold.
    pub max_head: usize,
    /// Bytes of the body. Default 1 MiB: resource lists and icons, not files.
    pub max_body: usize,
    /// Bytes of the Request-URI; a longer one is refused with 414. Default 4 KiB.
    pub max_uri: usize,
}

impl Limits {
    /// The defaults written at each field.
    #[must_use]
    pub const fn new() -> Self {
        Self { max_headers: 512, max_line: 32 << 10, max_head: 64 << 10, max_body: 1 << 20, max_uri: 4 << 10 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}
