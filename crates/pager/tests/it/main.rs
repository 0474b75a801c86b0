//! The IM client against a peer made of raw octets: what no well-behaved peer would send, or not in this order.

mod peer;
mod receiving;
mod sending;
