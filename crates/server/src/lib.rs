//! Sans-IO IM server for tests and demos: SIP registrar, proxy, conference focus (message exploder), MSRP relay.
//!
//! One [`Server`] serves one domain: its users register with digest authentication, reach each other through a
//! stateless proxy, and send messages and files to lists and stored groups through the focus. **Not for
//! production**: one process, one domain, no names looked up, passwords in memory.
//!
//! | part | what it follows |
//! |---|---|
//! | registrar | RFC 3261 §10.3, RFC 3608 |
//! | proxy | RFC 3261 §16.11 (stateless), RFC 3581, RFC 3325 |
//! | authentication | RFC 3261 §22, RFC 7616, RFC 8760 |
//! | focus | RFC 5366, RFC 5364, RFC 4579, RFC 4975, RFC 5547; SEED-3 to 5 and 14 to 16 seen from the other side |
//! | MSRP relay, a machine of its own ([`relay::MsrpRelay`]) | RFC 4976, for the same users |
//!
//! It has no socket, no clock and no thread: inputs are methods, outputs are pulled, time is an argument. With the
//! feature `tokio`, `tokio::Running` binds it to sockets.

mod config;
mod event;
mod flows;
mod focus;
mod forward;
mod guard;
mod proxy;
mod registrar;
pub mod relay;
mod secret;
mod server;
#[cfg(feature = "tokio")]
pub mod tokio;

pub use config::{Addresses, Config, ConfigError, Group, Limits, Relay, Reporting, Timers, User};
pub use event::{ConferenceId, Event, RecipientOutcome};
pub use server::{Live, Output, Server};
pub use sip_ua::{FlowError, FlowId, FlowState, Protocol, Target, Transport};

#[cfg(all(doctest, feature = "tokio"))]
#[doc = include_str!("../README.md")]
struct Readme;
