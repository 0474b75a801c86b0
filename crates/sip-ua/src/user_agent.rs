//! `UserAgent`: the root machine.
//!
//! The signatures of its public API; the bodies are being written.
//!
//! ```text
//! impl UserAgent {
//!   pub fn new(config: Config, seed: [u8; 32]) -> Self;
//!   // inputs
//!   pub fn handle_received(&mut self, flow: FlowId, bytes: Bytes, now: Instant);
//!   pub fn handle_message(&mut self, flow: FlowId, message: sip::Message, now: Instant);
//!   pub fn handle_flow(&mut self, flow: FlowId, state: FlowState, now: Instant);
//!   pub fn handle_answer(&mut self, query: QueryId, answer: Answer, now: Instant);
//!   pub fn handle_timeout(&mut self, now: Instant);
//!   // commands
//!   pub fn register(&mut self, registration: Registration, now: Instant) -> Result<RegistrationId, Error>;
//!   pub fn unregister(&mut self, id: RegistrationId, now: Instant);
//!   pub fn invite(&mut self, invite: Invite, now: Instant) -> Result<SessionId, Error>;
//!   pub fn provide_body(&mut self, session: SessionId, content_type: ByteStr, body: Bytes, now: Instant) -> Result<(), Error>;
//!   pub fn respond(&mut self, id: IncomingId, reply: Reply, now: Instant) -> Result<Option<SessionId>, Error>; // Some after a 2xx to an INVITE
//!   pub fn cancel(&mut self, session: SessionId, now: Instant);
//!   pub fn bye(&mut self, session: SessionId, now: Instant);
//!   pub fn shutdown(&mut self, now: Instant);
//!   // outputs, getters
//!   pub fn poll_output(&mut self) -> Option<Output>;
//!   pub fn next_timeout(&self) -> Option<Instant>;
//!   pub fn live(&self) -> Live; // counts of transactions, sessions, registrations, incoming requests, flows
//! }
//! ```
