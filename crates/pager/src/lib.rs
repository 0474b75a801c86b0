//! Sans-IO OMA SIMPLE IM client: pager-mode messages and files over SIP and MSRP.
//!
//! One [`Agent`] is one user's IM Client. It sends a text and files in a pager-mode session (INVITE with
//! `multipart/mixed`, content over MSRP, release), receives them file by file, and registers the account.
//! It has no socket, no file, no clock and no thread: inputs are methods, outputs are pulled, time is an
//! argument.
//!
//! # Driving it
//!
//! After each command or input, take [`Agent::poll_output`] until it returns `None`, do what each
//! [`Output`] says, then wait for the next input or until [`Agent::next_timeout`]. Read from a flow only
//! while [`Agent::wants_received`] says so: that is what keeps memory at one window.
//!
//! The requirements `SEED-n` named in this crate are those of the OMA change request on file transfer in
//! pager mode; `docs/architecture.md` lists them.

mod account;
mod agent;
mod body;
mod clock;
mod error;
mod event;
mod file;
mod limits;
mod media;
mod message;
mod profile;
mod recipients;

pub use account::{Account, MsrpRelays, PlainRelay};
pub use agent::{Agent, Config, Output};
pub use clock::Clock;
pub use error::{Error, ErrorKind, Phase};
pub use event::{Event, ItemOutcome, OfferedItem, Recipient, Registration};
pub use file::{FileHash, FileHasher, HashAlgorithm, SafeName, Sha1Hash, Sha256Hash};
pub use limits::{Limits, Timers};
pub use message::{ContentId, FileToSend, Icon, Intent, ItemId, OfferId, Outgoing, Pick, TransferId};
pub use msrp::Uri as MsrpUri;
pub use profile::{MediaSecurity, MediaTls, Profile, SessionType};
pub use recipients::{Copy, RecipientError, To};
pub use sdp::{Dialect, FileOffer};
pub use sip_ua::{
    Answer, CertificateFault, FlowId, FlowState, Protocol, QueryId, Question, Security, Sha1Policy, Target,
    TlsFault, Transport,
};
