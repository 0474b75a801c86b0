//! Sans-IO SIP user agent: transactions, dialogs, registration, digest retry, server location.
//!
//! [`UserAgent`] has no socket, no clock, no resolver and no randomness of its own: bytes, times and DNS answers
//! are arguments, and what has to be done is pulled with [`UserAgent::poll_output`]. After each command or input
//! drain the outputs until `None`, then wait for an input or for [`UserAgent::next_timeout`].
//!
//! ```
//! use std::time::Instant;
//!
//! use simple_im_sip_ua::{Config, Event, Invite, Output, UserAgent};
//! use sip::Uri;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # #[expect(clippy::disallowed_methods, reason = "a driver reads the clock")]
//! let now = Instant::now();
//! let mut ua = UserAgent::new(Config::default(), [0; 32]); // a real seed is random
//! let invite = Invite::new(Uri::parse("sip:bob@192.0.2.2")?, Uri::parse("sip:alice@example.com")?);
//! let session = ua.invite(invite, now)?;
//! while let Some(output) = ua.poll_output() {
//!     match output {
//!         Output::Open { flow, target } => println!("open {flow} to {}", target.address),
//!         Output::Transmit { flow, bytes } => println!("write {} bytes to {flow}", bytes.len()),
//!         Output::Close { flow } => println!("close {flow}"),
//!         Output::Resolve { question, .. } => println!("ask the DNS: {question:?}"),
//!         Output::Event(Event::Ended { session: ended, .. }) if ended == session => println!("over"),
//!         Output::Event(event) => println!("{event:?}"),
//!     }
//! }
//! // Now wait for bytes, or for `ua.next_timeout()`.
//! # Ok(()) }
//! ```
//!
//! | part | what it follows |
//! |---|---|
//! | transactions | RFC 3261 §17, RFC 6026, RFC 4320 |
//! | flows | RFC 3261 §18, RFC 3581, RFC 5626 §3.5.1 and §4.4.1 |
//! | dialogs, sessions | RFC 3261 §12 to §15, RFC 3311, RFC 3262 (caller), RFC 4028 (caller; callee inside of a session) |
//! | registration | RFC 3261 §10, RFC 3608, RFC 5626 §4.5 |
//! | authentication | RFC 3261 §22, RFC 8760 |
//! | location of servers | RFC 3263 |

mod auth;
mod config;
mod dialog;
mod error;
mod event;
mod exchange;
mod flow;
mod flows;
mod ids;
mod invite;
mod locate;
mod registration;
mod reply;
mod schedule;
mod security;
mod session;
mod transaction;
mod user_agent;

pub use config::{Config, Limits, Options, Timers};
pub use error::{Error, Misbehaviour};
pub use event::{EndReason, Event, HeaderField, IncomingId, Output, RegistrationId, SessionId};
pub use flow::{FlowError, FlowId, FlowState, Protocol, Target, TlsFault, Transport};
pub use ids::IdSource;
pub use invite::{Body, Invite};
pub use locate::{Answer, NaptrRecord, QueryId, Question, Search, ServiceLocator, SrvRecord};
pub use registration::Registration;
pub use reply::Reply;
pub use security::{CertificateFault, Security, Sha1Policy, sha256_of};
pub use user_agent::{Live, UserAgent};

pub use digest::Credentials;
