//! OMA SIMPLE IM client on tokio: send and receive messages and files over SIP and MSRP.
//!
//! A [`Client`] is one user. It sends a [`Message`] to one person, to several, or to a group, and the handle
//! it returns tells how it goes:
//!
//! ```no_run
//! use simple_im_client::{Account, Client, Message, Outgoing, To};
//!
//! # async fn example() -> Result<(), simple_im_client::Error> {
//! let account = Account::new("sip:alice@example.com".parse()?);
//! let alice = Client::builder(account).password("secret").start().await?;
//! alice.register().await?;
//! let plan = Message::new().text("the plan").file(Outgoing::path("plan.pdf"));
//! let mut transfer = alice.send(To::one("sip:bob@example.com".parse()?), plan).await?;
//! println!("{:?}", transfer.outcome().await?.delivery);
//! alice.shutdown().await;
//! # Ok(()) }
//! ```
//!
//! Receiving is a decision: an [`Offer`] says who sends what before an octet of it flows, and dropping it
//! refuses it.
//!
//! ```no_run
//! # async fn example(bob: simple_im_client::Client) -> Result<(), simple_im_client::Error> {
//! use simple_im_client::{OfferedItem, Sink};
//!
//! let mut incoming = bob.incoming();
//! while let Some(offer) = incoming.next().await {
//!     println!("from {}", offer.from().uri);
//!     let picks = offer.pick(|item| match item {
//!         OfferedItem::File { offer, .. } => offer.size.is_some_and(|size| size < 10 << 20),
//!         _ => true,
//!     });
//!     for received in offer.accept(picks, Sink::dir("downloads")).await?.outcome().await? {
//!         println!("{received:?}");
//!     }
//! }
//! # Ok(()) }
//! ```
//!
//! # What runs
//!
//! One task owns the protocol machine ([`pager::Agent`]) and the sockets ([`net::Network`]); handles send it
//! commands and get events back over bounded queues that never make it wait. Files are read and written
//! outside of it, a window at a time: memory does not grow with the file. There is no global state: the
//! runtime is the caller's, and two clients in one process share nothing.
//!
//! # A file that broke off
//!
//! goes on where it stopped when it is sent again ([`Message::journal`]) to a receiver that kept what was there
//! ([`Sink::resumable`]): by the `file-range` of RFC 5547 §6, between two processes that need not be the same as before. The
//! whole is held against its hash in the end.
//!
//! ```no_run
//! # use simple_im_client::{Client, Error, Journal, Message, Outgoing, Sink, To, Uri};
//! # async fn of(me: Client, to: To) -> Result<(), Error> {
//! let film = Message::from(Outgoing::path("film.mkv")).journal(Journal::at("journal"));
//! for _ in 0..3 {
//!     match me.send(to.clone(), film.clone()).await?.outcome().await {
//!         Ok(_) => break,
//!         Err(error) => eprintln!("{error}"),
//!     }
//! }
//! # Ok(()) }
//! ```
//!
//! # Features
//!
//! `dns` (default): NAPTR, SRV and address records by hickory. Without it the operating system is asked for
//! addresses only, and a domain that needs SRV is not found.
//!
//! `tls` (default): SIP and MSRP over TLS by rustls, with the crypto provider, the roots and the certificates that
//! [`Builder::tls`] is given; without them `sips:` and `transport=tls` are refused with
//! [`ErrorKind::Unsupported`]. Content travels inside TLS as [`Profile::media_security`] says, between
//! certificates whose fingerprints the SDP announces (RFC 8122) or that an authority vouches for.

mod builder;
mod client;
mod clock;
mod driver;
mod error;
mod file_io;
mod incoming;
mod journal;
mod mailbox;
mod message;
mod resolver;
mod transfer;

pub use builder::Builder;
pub use client::{Client, Registrations};
pub use digest::Credentials;
pub use error::{Error, ErrorKind};
pub use file_io::{Hashing, Sink};
pub use incoming::{Incoming, Offer, Received, Reception, ReceptionEvent};
pub use journal::Journal;
pub use message::{Message, Outgoing};
#[cfg(feature = "tls")]
pub use net::Tls;
pub use net::{Tap, Wire};
pub use pager::{
    Account, CertificateFault, Copy, Dialect, FileHash, Icon, Intent, ItemId, Limits, MediaSecurity,
    MsrpRelays, MsrpUri, OfferedItem, Pick, PlainRelay, Profile, Recipient, Registration, SafeName,
    SessionType, Sha1Hash, Sha1Policy, Sha256Hash, Timers, TlsFault, To,
};

pub use sip::Uri;
pub use transfer::{Delivery, Item, ItemState, Outcome, Transfer, TransferEvent};
