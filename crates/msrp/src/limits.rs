//! `Limits`: what a peer can make us keep, at most.

/// Bounds on everything the peer can grow. [`Default`] gives the values named in the fields' docs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Octets of one start or header line, CRLF included: 8 KiB.
    pub max_line: usize,
    /// Octets of a start line and all header lines, CRLFs included: 64 KiB.
    pub max_head: usize,
    /// URIs in To-Path or From-Path: 32.
    pub max_path_uris: usize,
    /// Incoming messages of one session that are open at the same time: 16. The next one is answered 413.
    pub max_incoming: usize,
    /// Separate ranges (holes plus one) of one incoming message: 1024. More are answered 413.
    pub max_ranges: usize,
    /// Outgoing messages of one connection that are queued or under way: 1024. [`Error::TooManyMessages`] above.
    ///
    /// [`Error::TooManyMessages`]: crate::Error::TooManyMessages
    pub max_outgoing: usize,
    /// Chunks on the way whose 200 has not come yet: 128. Further chunks wait.
    pub max_transactions: usize,
    /// Messages that are over but still known, for late reports and repeated chunks, for each direction and
    /// session: 64.
    pub max_remembered: usize,
    /// Paths through relays of one connection: 1024. [`Error::TooManyPaths`] above.
    ///
    /// [`Error::TooManyPaths`]: crate::Error::TooManyPaths
    pub max_paths: usize,
    /// Challenges and other refusals of one relay that are answered in a row: 3. One more ends the path.
    pub max_setbacks: usize,
    /// First frames for unknown sessions before the connection is closed, as long as no session is bound: 8.
    pub max_refused_binds: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_line: 8 << 10,
            max_head: 64 << 10,
            max_path_uris: 32,
            max_incoming: 16,
            max_ranges: 1024,
            max_outgoing: 1024,
            max_transactions: 128,
            max_remembered: 64,
            max_paths: 1024,
            max_setbacks: 3,
            max_refused_binds: 8,
        }
    }
}
