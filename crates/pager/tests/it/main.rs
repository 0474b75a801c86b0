//! The IM client against a peer made of raw octets: what no well-behaved peer would send, or not in this order.

// So that clippy takes helpers for what they are: tests.
#[cfg(test)]
mod cema;
#[cfg(test)]
mod peer;
#[cfg(test)]
mod receiving;
#[cfg(test)]
mod registering;
#[cfg(test)]
mod relay;
#[cfg(test)]
mod sending;
