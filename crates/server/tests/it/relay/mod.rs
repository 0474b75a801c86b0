//! The MSRP relay in virtual time, driven with raw octets (RFC 4976).

mod auth;
mod bounds;
mod client;
mod forward;
mod hostile;
mod lab;
mod permission;
mod trace;

#[cfg(feature = "tls")]
pub(crate) use lab::{Frame, auth, authorization, frames, send};
