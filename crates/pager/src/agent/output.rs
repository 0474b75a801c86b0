//! `Output`: what the driver has to do.

use bytes::Bytes;
use sip_ua::{FlowId, QueryId, Question, Target};

use crate::{ContentId, Event, HashAlgorithm};

/// What the driver has to do next.
///
/// Exhaustive on purpose: a driver that does not know an output must not compile.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "see above")]
pub enum Output {
    /// Open a flow; answer with [`Agent::handle_flow`](crate::Agent::handle_flow).
    Open {
        /// Its name.
        flow: FlowId,
        /// Where it leads.
        target: Target,
    },
    /// Write to a flow: one datagram, or octets of a stream in this order. Once written, say so with
    /// [`Agent::handle_transmitted`](crate::Agent::handle_transmitted).
    Transmit {
        /// The flow.
        flow: FlowId,
        /// What to write.
        bytes: Bytes,
    },
    /// Close a flow after what was written to it. Nothing more is heard of it.
    Close {
        /// The flow.
        flow: FlowId,
    },
    /// Ask the DNS; answer with [`Agent::handle_answer`](crate::Agent::handle_answer).
    Resolve {
        /// Names the question.
        query: QueryId,
        /// The question.
        question: Question,
    },
    /// Read octets of a file to send; answer with [`Agent::handle_read`](crate::Agent::handle_read), in the order
    /// asked.
    Read {
        /// The file.
        content: ContentId,
        /// Its first octet, counted from 0.
        offset: u64,
        /// How many octets, exactly.
        len: usize,
    },
    /// Store octets of a file being received; answer with [`Agent::handle_written`](crate::Agent::handle_written).
    Write {
        /// The file.
        content: ContentId,
        /// Place of the first octet, counted from 0.
        offset: u64,
        /// The octets.
        octets: Bytes,
    },
    /// Every octet of the file is stored: answer with [`Agent::handle_hashed`](crate::Agent::handle_hashed) what the hash
    /// of it is, or with [`Agent::handle_write_failed`](crate::Agent::handle_write_failed) if it cannot be read back.
    ///
    /// The algorithm is known since the offer ([`FileHash::promised`](crate::FileHash::promised)), so that a driver can
    /// hash while it stores, on a thread of its own. Octets may have come out of order, or more than once
    /// (RFC 4975 §7.3.1): the hash is that of the last ones at each place.
    Hash {
        /// The file.
        content: ContentId,
        /// How many octets the file has.
        octets: u64,
        /// How to hash it.
        algorithm: HashAlgorithm,
    },
    /// The file is whole and is what was promised: give it its final name, then call
    /// [`Agent::handle_committed`](crate::Agent::handle_committed).
    Commit {
        /// The file.
        content: ContentId,
    },
    /// The file will not be whole, not in this transfer: remove what was stored, or keep it where nobody takes it for the
    /// file. No answer.
    Discard {
        /// The file.
        content: ContentId,
        /// Whether a later offer of the same hash may bring the rest, if what is stored so far is kept. Else it is worth
        /// nothing: it is not what was promised, or nothing was.
        resumable: bool,
    },
    /// Tell the user.
    Event(Event),
}
