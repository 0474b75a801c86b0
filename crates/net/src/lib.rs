//! tokio sockets for sans-IO SIP and MSRP machines: flows over UDP, TCP and TLS.
//!
//! A [`Network`] belongs to the one task that drives a machine. The machine's outputs go in by
//! [`Network::open`], [`Network::transmit`] and [`Network::close`], none of which waits; what happens on
//! the sockets comes out of [`Network::next`]:
//!
//! ```
//! use simple_im_net::{Bind, NetEvent, Network};
//!
//! # async fn drive() -> std::io::Result<()> {
//! let mut network = Network::bind(Bind::sip("127.0.0.1:0".parse().unwrap())).await?;
//! println!("SIP over UDP and TCP at {:?}", network.sip_address());
//! match network.next().await {
//!     // A flow came up: let one read happen.
//!     NetEvent::Flow { flow, .. } => network.grant(flow),
//!     // Hand the octets to the machine, then grant the next read if it wants more.
//!     NetEvent::Received { flow, bytes, .. } => println!("{flow}: {} octets", bytes.len()),
//!     // For the log.
//!     NetEvent::HandshakeFailed { peer, error, .. } => println!("{peer}: {error}"),
//!     NetEvent::Transmitted { .. } => {}
//! }
//! network.shutdown().await;
//! # Ok(()) }
//! ```
//!
//! # TLS
//!
//! With the feature `tls` and `Bind::tls` flows run inside TLS 1.2 or later, by rustls. Crypto provider, roots and
//! certificates come from the caller; nothing global is installed. A [`Target`] with a `server_name` has to prove
//! that name to the roots of the caller, for SIP without wildcards (RFC 5922 §7.2); one without hands its
//! certificate up in [`FlowState::Up`], for a machine that knows its fingerprint.
//!
//! # What is bounded, and how
//!
//! A connection is read only when the driver granted a read, so at most one read of each connection waits
//! in memory. What waits to be written is counted and bounded; a flow whose machine writes more than that
//! is closed. Connections are counted in all and for each source, UDP peers are kept in a table from which
//! the least recently used goes. Every bound is a field of [`Limits`].

mod bind;
mod buffers;
mod connection;
mod datagram;
mod limits;
mod listener;
mod network;
mod place;
mod stream;
mod tap;
#[cfg(feature = "tls")]
mod tls;
mod unreachable;

pub use bind::Bind;
pub use limits::Limits;
pub use network::{NetEvent, Network};
pub use sip_ua::{FlowError, FlowId, FlowState, Protocol, Security, Target, TlsFault, Transport};
pub use tap::{Tap, Wire};
#[cfg(feature = "tls")]
pub use tls::Tls;
