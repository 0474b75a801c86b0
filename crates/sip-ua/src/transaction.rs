//! Transactions: the four machines of RFC 3261 §17 and the layer that matches messages to them.
//!
//! Drive each machine as every machine of this workspace: call one `handle_*`, then `poll_output` until it
//! returns `None`, then sleep until `next_timeout`.

mod ack;
mod invite_client;
mod invite_server;
mod key;
mod layer;
mod non_invite_client;
mod non_invite_server;
mod timer;

use bytes::Bytes;
use sip::Response;

pub(crate) use ack::cancel;
pub(crate) use layer::{ClientId, Layer, LayerOutput, ReplyTo, Route, ServerId};
pub(crate) use timer::{Backoff, earlier};

/// What a client transaction wants done.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "moved once from queue to queue; a box would cost an allocation each"
)]
pub(crate) enum ClientOutput {
    /// Write these bytes to the transaction's flow.
    Transmit(Bytes),
    /// Hand a response to the transaction user.
    Response(Response),
    /// No final response came in time; `Terminated` follows.
    TimedOut,
    /// Forget the transaction. Nothing follows.
    Terminated,
}

/// What a server transaction wants done.
#[derive(Debug)]
pub(crate) enum ServerOutput {
    /// Send these bytes back to where the request came from.
    Transmit(Bytes),
    /// Forget the transaction. Nothing follows.
    Terminated,
}

#[cfg(test)]
mod tests;
