//! The server in virtual time, driven with raw messages: what peers see on the wire.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod explosion;
mod hostile;
mod lists;
mod proxy;
mod registration;
mod relay;
#[cfg(feature = "tokio")]
mod running;
#[cfg(feature = "tls")]
mod running_tls;
mod wire;
