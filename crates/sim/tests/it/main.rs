//! Scenarios of the change request, from the first INVITE to the last BYE, in virtual time.

mod direct;
