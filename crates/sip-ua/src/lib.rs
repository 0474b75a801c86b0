//! Sans-IO SIP user agent: transactions, dialogs, registration, digest retry, server location.
//!
//! Only the parts that need no `sip` yet are compiled; the other files of this folder show the API to come, and
//! `user_agent.rs` the signatures of the root machine.

mod flow;
mod ids;

pub use flow::{FlowError, FlowId, FlowState, Protocol, Target, Transport};
pub use ids::IdSource;
