//! `Event`: what the server did, for a log. Nothing has to be done about one.

use std::net::SocketAddr;

use grammar::ByteStr;
use sip::{Method, StatusCode};
use sip_ua::FlowError;

/// A conference: one message on its way from one sender to a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConferenceId(pub(crate) u64);

/// What the server did.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A user bound a contact.
    Registered {
        /// The user's name.
        user: ByteStr,
        /// The contact URI.
        contact: ByteStr,
        /// For how many seconds.
        expires: u64,
    },
    /// A binding was removed, or ran out.
    Unregistered {
        /// The user's name.
        user: ByteStr,
        /// The contact URI.
        contact: ByteStr,
    },
    /// A request was refused by the registrar or the proxy; challenges are not listed.
    Refused {
        /// The request's method.
        method: Method,
        /// With what.
        status: StatusCode,
    },
    /// A request was sent on to a user.
    Forwarded {
        /// The request's method.
        method: Method,
        /// Its Request-URI as it arrived.
        request_uri: ByteStr,
    },
    /// A list was taken apart, and its recipients are being invited.
    Exploded {
        /// The conference.
        conference: ConferenceId,
        /// Who sends.
        sender: ByteStr,
        /// How many recipients.
        recipients: usize,
    },
    /// A recipient answered, or failed.
    Answered {
        /// The conference.
        conference: ConferenceId,
        /// Who.
        recipient: ByteStr,
        /// What became of it.
        outcome: RecipientOutcome,
    },
    /// A message of the conference came to its end, and the sender was told.
    Reported {
        /// The conference.
        conference: ConferenceId,
        /// The m-line, counted from 0.
        line: usize,
        /// How many recipients have it.
        delivered: usize,
        /// How many should have it; who refused it is not counted.
        of: usize,
    },
    /// The conference is over, and nothing is left of it.
    Ended {
        /// The conference.
        conference: ConferenceId,
    },
    /// A peer connected, and its TLS handshake failed.
    HandshakeFailed {
        /// The peer.
        peer: SocketAddr,
        /// Why.
        error: FlowError,
    },
    /// The MSRP relay gave a client a URI, or prolonged the one it had. The URI is as secret as a password.
    RelayGranted {
        /// The account; empty where none is asked for.
        user: ByteStr,
        /// For how many seconds.
        expires: u64,
    },
    /// A URI of the MSRP relay ran out, or its connection is gone.
    RelayEnded {
        /// The account; empty where none is asked for.
        user: ByteStr,
    },
    /// The MSRP relay refused a request; challenges are not listed.
    RelayRefused {
        /// With what.
        status: u16,
    },
    /// The MSRP relay told the sender of a chunk that it did not get through.
    RelayReported {
        /// Why.
        status: u16,
    },
}

/// What became of a recipient of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "taken, refused or neither")]
pub enum RecipientOutcome {
    /// It takes at least one of the m-lines.
    Accepted,
    /// It was asked and wants none of it.
    Declined,
    /// It could not be asked, or did not answer in time.
    Failed,
}
