//! Sans-IO SIP user agent: transactions, dialogs, registration, digest retry, server location.
//!
//! [`UserAgent`] has no socket, no clock, no resolver and no randomness of its own: bytes, times and DNS answers
//! are arguments, and what has to be done is pulled with [`UserAgent::poll_output`]. After each command or input
//! drain the outputs until `None`, then wait for an input or for [`UserAgent::next_timeout`].
//!
//! | part | what it follows |
//! |---|---|
//! | transactions | RFC 3261 §17, RFC 6026, RFC 4320 |
//! | flows | RFC 3261 §18, RFC 3581, RFC 5626 §3.5.1 |
//! | dialogs, sessions | RFC 3261 §12 to §15, RFC 3311, RFC 3262 (caller), RFC 4028 (caller) |
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
mod session;
mod transaction;
mod user_agent;

pub use config::{Config, Limits, Options, Timers};
pub use error::{Error, Misbehaviour};
pub use event::{EndReason, Event, HeaderField, IncomingId, Output, RegistrationId, SessionId};
pub use flow::{FlowError, FlowId, FlowState, Protocol, Target, Transport};
pub use ids::IdSource;
pub use invite::{Body, Invite};
pub use locate::{Answer, NaptrRecord, QueryId, Question, SrvRecord};
pub use registration::Registration;
pub use reply::Reply;
pub use user_agent::{Live, UserAgent};

pub use digest::Credentials;
