//! Scenarios of the change request, from the first INVITE to the last BYE, in virtual time.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod chaos;
mod direct;
mod list;
mod many;
mod secure;
mod served;
