//! HTTP digest authentication for SIP and MSRP: challenges and answers of RFC 2617, 7616 and 8760.
//!
//! Client side: [`strongest`] chooses among the challenges of a 401 or 407, [`answer()`] makes the value of
//! `Authorization` or `Proxy-Authorization`. Server side: [`Challenge::new`] is written with `to_string`,
//! [`Authorization::parse`] reads what came back and [`Authorization::verify`] judges it.
//!
//! The crate has no randomness and no clock: nonces and cnonces are the caller's. Passwords and hashes of
//! passwords are never shown by `Debug`.
//!
//! ```
//! use simple_im_digest::{Authorization, Credentials, answer, strongest};
//!
//! let challenges = [
//!     r#"Digest realm="home1.example", nonce="aa11", algorithm=SHA-256, qop="auth""#,
//!     r#"Digest realm="home1.example", nonce="bb22", algorithm=MD5, qop="auth""#,
//! ];
//! let challenge = strongest(challenges).expect("one that is supported");
//! let alice = Credentials::new("alice", "wonderland");
//! let value = answer(&challenge, &alice, "REGISTER", "sip:home1.example", "c1d2", 1, b"")?;
//! assert!(value.starts_with(r#"Digest username="alice", realm="home1.example", nonce="aa11""#));
//!
//! let authorization = Authorization::parse(&value)?;
//! assert!(authorization.answers(&challenge));
//! assert!(authorization.verify("REGISTER", &alice, b""));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]

extern crate alloc;

mod algorithm;
mod answer;
mod auth_param;
mod authorization;
mod challenge;
mod credentials;

pub use algorithm::Algorithm;
pub use answer::{Error, answer};
pub use authorization::Authorization;
pub use challenge::{Challenge, Qop, by_realm, strongest};
pub use credentials::Credentials;
