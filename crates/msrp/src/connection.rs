//! `Connection`: the sessions of one stream, RFC 4975 §5.4 and §7.

mod config;
mod event;

use std::boxed::Box;
use std::time::Instant;
use std::vec::Vec;

use bytes::Bytes;

pub use config::{Config, FromPathCheck, OutgoingMessage, ReceivePolicy, Role, SessionConfig, Timers};
pub use event::{AbortReason, Counters, Error, Event, MessageKey, Output, SendError, SessionKey};

use crate::IdSource;

/// All MSRP sessions of one TCP connection.
pub struct Connection {
    config: Config,
    ids: Box<dyn IdSource + Send>,
    outputs: Vec<Output>,
}

impl Connection {
    /// A connection that was just opened or accepted.
    pub fn new(config: Config, ids: Box<dyn IdSource + Send>) -> Self {
        Self { config, ids, outputs: Vec::new() }
    }

    /// Adds a session. An active one sends its first SEND at once; a passive one waits for it, and if
    /// [`Output::Bind`] asked for its URI, that SEND is processed now.
    pub fn attach(&mut self, session: SessionConfig, now: Instant) -> SessionKey {
        let _ = (session, now);
        SessionKey(0)
    }

    /// Removes a session with its messages, without an event; later frames for it are answered 481.
    pub fn detach(&mut self, session: SessionKey) {
        let _ = session;
    }

    /// Answers the SEND of [`Output::Bind`] with an error, such as 481 or 506.
    pub fn refuse_bind(&mut self, status: u16, now: Instant) {
        let _ = (status, now);
    }

    /// Queues a message; its content is asked for by [`Output::Read`] once the session is bound.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn send(
        &mut self,
        session: SessionKey,
        message: OutgoingMessage,
        now: Instant,
    ) -> Result<MessageKey, Error> {
        let _ = (session, message, now);
        Err(Error::UnknownSession)
    }

    /// Gives a message up: an outgoing one ends with `#`, an incoming one is answered 413.
    pub fn abort(&mut self, message: MessageKey, now: Instant) {
        let _ = (message, now);
    }

    /// Takes what the stream brought.
    pub fn handle_received(&mut self, bytes: Bytes, now: Instant) {
        let _ = (bytes, now);
    }

    /// Takes the octets an [`Output::Read`] asked for, all of them and in order; fewer mean that the source
    /// has no more, and the message fails.
    pub fn handle_read(&mut self, message: MessageKey, content: Bytes, now: Instant) {
        let _ = (message, content, now);
    }

    /// The source of an outgoing message cannot be read.
    pub fn read_failed(&mut self, message: MessageKey, now: Instant) {
        let _ = (message, now);
    }

    /// `octets` more of what [`Output::Write`] handed out are stored.
    pub fn handle_written(&mut self, message: MessageKey, octets: u64, now: Instant) {
        let _ = (message, octets, now);
    }

    /// The message of [`Event::Received`] is stored: answers its last chunk 200, and REPORTs if asked to.
    pub fn accept(&mut self, message: MessageKey, now: Instant) {
        let _ = (message, now);
    }

    /// The message is not wanted, or could not be stored: answers `status` to its last chunk, or to the next
    /// one if it is not whole yet.
    pub fn reject(&mut self, message: MessageKey, status: u16, now: Instant) {
        let _ = (message, status, now);
    }

    /// The driver has written `octets` more of what [`Output::Transmit`] gave it.
    pub fn handle_transmitted(&mut self, octets: u64, now: Instant) {
        let _ = (octets, now);
    }

    /// The stream is closed, whoever did it. Everything unfinished fails; nothing is output after the events.
    pub fn handle_closed(&mut self, now: Instant) {
        let _ = now;
    }

    /// The time of [`Connection::next_timeout`] has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        let _ = now;
    }

    /// When to call [`Connection::handle_timeout`].
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        None
    }

    /// Whether to go on reading the stream; `false` until credit is back.
    #[must_use]
    pub fn wants_received(&self) -> bool {
        true
    }

    /// How many sessions are attached.
    #[must_use]
    pub fn session_count(&self) -> usize {
        0
    }

    /// What was let pass or ignored so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters::default()
    }

    /// The next thing to do, or `None` until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop()
    }
}
