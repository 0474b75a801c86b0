//! Offer and answer of MSRP lines as pure functions: RFC 3264, RFC 4975 §8, RFC 5547 §8, RFC 6135.
//!
//! ```text
//! offerer   offer(lines) ------------ INVITE ----------->  offered(offer)   what may be accepted
//!           pair(offer, answer) <---- 200 ---------------  answer(offer, accept or refuse each)
//! ```
//!
//! Both sides then know of each line whether it lives, how to reach the peer, and by [`role()`] who connects.

mod answer;
mod cema;
mod line;
mod line_ref;
mod offer;
mod pair;
mod reoffer;
mod role;

pub use answer::{LineAnswer, answer};
pub use cema::{AddressMatch, CemaAnswer, CemaOutcome, cema_answer, cema_outcome, match_addresses};
pub use line::{Breach, Content, MessageLine, Proto, Wrapping};
pub use line_ref::MessageLineRef;
pub use offer::{BuildError, LineFault, close, offer};
pub use pair::{LineOutcome, OfferedLine, PairError, Peer, offered, pair};
pub use reoffer::{Reoffered, reanswer, reoffer, reoffered};
pub use role::{ActiveSide, SetupConflict, answer_setup, role};
