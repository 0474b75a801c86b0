//! Scenarios of the change request, from the first INVITE to the last BYE, in virtual time.
#![expect(clippy::unwrap_used, reason = "tests")]

mod direct;
mod list;
mod many;
mod secure;
mod served;
