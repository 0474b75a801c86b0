//! One m-line of a message under way.

use bytes::{BufMut as _, Bytes, BytesMut};
use grammar::MediaType;
use sdp::Dialect;

use crate::message::Outgoing;
use crate::{Error, ErrorKind, ItemOutcome, Limits, Phase};

/// One m-line.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) phase: ItemPhase,
    /// What goes in front of the content: CPIM headers where the peer wants a wrapper.
    pub(super) prefix: Bytes,
    /// Whether that is on its way already.
    pub(super) prefix_out: bool,
    pub(super) content: Content,
    /// Octets of the content itself, as far as it is sent.
    pub(super) size: u64,
    /// Octets of the file in front of that, which the peer has.
    pub(super) skip: u64,
    /// Octets of the message, wrapper and content, that were handed to the connection.
    pub(super) sent: u64,
    /// The user wants it no more, and the peer has not answered yet.
    pub(super) is_called_off: bool,
}

#[derive(Debug)]
pub(super) enum Content {
    Text(Bytes),
    /// Read by the driver.
    File,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum ItemPhase {
    Offered,
    Connecting,
    Sending,
    AwaitingReport,
    Ended(ItemOutcome),
}

impl Item {
    /// Whether every octet is on its way, or none ever will be.
    pub(super) fn is_out(&self) -> bool {
        match self.phase {
            ItemPhase::AwaitingReport | ItemPhase::Ended(_) => true,
            ItemPhase::Sending => self.sent >= self.total(),
            ItemPhase::Offered | ItemPhase::Connecting => false,
        }
    }

    /// Whether the next hop has not confirmed it.
    pub(super) const fn is_unfinished(&self) -> bool {
        matches!(self.phase, ItemPhase::Offered | ItemPhase::Connecting | ItemPhase::Sending)
    }

    /// Octets of the MSRP message: wrapper and content.
    pub(super) fn total(&self) -> u64 {
        self.size.saturating_add(u64::try_from(self.prefix.len()).unwrap_or(u64::MAX))
    }
}

/// The items of a message, in the order of its m-lines.
pub(super) fn items(message: &Outgoing) -> Vec<Item> {
    let item = |content, size, skip| Item {
        phase: ItemPhase::Offered,
        prefix: Bytes::new(),
        prefix_out: false,
        content,
        size,
        skip,
        sent: 0,
        is_called_off: false,
    };
    let text = message.text.iter().map(|text| {
        let octets = text.as_bytes().clone();
        let size = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        item(Content::Text(octets), size, 0)
    });
    let files =
        message.files.iter().map(|file| item(Content::File, file.size.saturating_sub(file.skip), file.skip));
    text.chain(files).collect()
}

/// `len` octets from `offset` of two pieces seen as one.
pub(super) fn part_of(pieces: &[Bytes; 2], offset: u64, len: usize) -> Bytes {
    let skip = usize::try_from(offset).unwrap_or(usize::MAX);
    let [first, second] = pieces;
    if skip >= first.len() {
        let start = (skip - first.len()).min(second.len());
        return second.slice(start..start.saturating_add(len).min(second.len()));
    }
    let mut whole = BytesMut::with_capacity(len.min(first.len() + second.len()));
    let head = first.slice(skip..skip.saturating_add(len).min(first.len()));
    let rest = len.saturating_sub(head.len()).min(second.len());
    whole.put(head);
    whole.put(second.slice(..rest));
    whole.freeze()
}

/// What can be known of a message before the first byte.
pub(super) fn check(message: &Outgoing, limits: &Limits, dialect: Dialect) -> Result<(), Error> {
    let prepare = |kind: ErrorKind| Error::new(kind, Phase::Preparing, "");
    if message.items() == 0 {
        return Err(prepare(ErrorKind::Empty));
    }
    if message.files.len() > limits.max_files {
        return Err(prepare(ErrorKind::Limit("max_files")));
    }
    if message.text.as_ref().is_some_and(|text| text.len() > limits.max_text) {
        return Err(prepare(ErrorKind::Limit("max_text")));
    }
    for file in &message.files {
        if file.icon.as_ref().is_some_and(|icon| icon.octets.len() > limits.max_icon) {
            return Err(prepare(ErrorKind::Limit("max_icon")));
        }
        let writable = |text: &str| !text.is_empty() && !text.contains(['\r', '\n', '\0']);
        if !writable(&file.name) {
            return Err(prepare(ErrorKind::Unwritable("file name")));
        }
        if MediaType::parse(&file.media_type).is_err() {
            return Err(prepare(ErrorKind::Unwritable("media type")));
        }
        if file.description.as_ref().is_some_and(|text| !writable(text)) {
            return Err(prepare(ErrorKind::Unwritable("description")));
        }
        // The draft has no word for a part of a file.
        if file.skip > 0 && (file.skip >= file.size || !dialect.has_rfc5547()) {
            return Err(Error::new(ErrorKind::Unwritable("part of a file"), Phase::Preparing, "RFC 5547 §6"));
        }
    }
    Ok(())
}
