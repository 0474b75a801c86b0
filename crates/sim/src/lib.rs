//! The lab: IM clients and IM servers in one process, on a virtual clock and a virtual network.
//!
//! A [`Lab`] owns parties, carries their octets with the delay, loss and cuts its [`Link`] says, keeps their
//! files in memory, and draws what was said as a ladder. The same seed gives the same run, and a run of two
//! minutes of virtual time takes milliseconds.

mod disk;
mod lab;
mod link;
mod machine;
mod network;
mod party;
mod trace;

pub use lab::{Lab, MSRPS_PORT, PartyId};
pub use link::Link;
pub use party::Decision;
