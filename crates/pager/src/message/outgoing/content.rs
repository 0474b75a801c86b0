//! The content of a message under way: what is sent when its line is bound, and where its octets come from.

use bytes::{BufMut as _, Bytes, BytesMut};
use grammar::ByteStr;
use msrp::{FailureReport, OutgoingMessage};

use super::OutgoingMachine;
use super::item::{Content, ItemPhase, part_of};
use crate::agent::Context;
use crate::body;
use crate::message::{ContentId, FileToSend, ItemId};
use crate::{Event, ItemOutcome, Output};

impl OutgoingMachine {
    pub(super) fn content_type(&self, at: ItemId) -> Option<ByteStr> {
        match self.items.get(at)?.content {
            Content::Text(_) => Some(ByteStr::from_static("text/plain;charset=UTF-8")),
            Content::File => Some(self.file(at)?.media_type.clone()),
        }
    }

    pub(super) fn file(&self, at: ItemId) -> Option<&FileToSend> {
        self.message.files.get(at.checked_sub(usize::from(self.message.text.is_some()))?)
    }

    pub(super) fn bound(&mut self, at: ItemId, context: &mut Context<'_>) {
        let line = self.line(at);
        let Some(content_type) = self.content_type(at) else { return };
        let disposition = self.file(at).map(body::content_disposition);
        let reports = self.reports;
        let Some(item) = self.items.get_mut(at) else { return };
        if item.phase != ItemPhase::Connecting {
            return;
        }
        item.phase = ItemPhase::Sending;
        let wrapped = !item.prefix.is_empty();
        let message = OutgoingMessage {
            content_type: if wrapped { ByteStr::from_static("message/cpim") } else { content_type },
            disposition,
            size: Some(item.total()),
            success_report: reports,
            failure_report: FailureReport::Yes,
        };
        context.media.send(line, message, context.now);
    }

    /// Content is wanted: from memory for a text and for the wrapper, else from the driver.
    pub(super) fn read(&mut self, at: ItemId, offset: u64, len: usize, context: &mut Context<'_>) {
        let line = self.line(at);
        let transfer = self.id;
        let Some(item) = self.items.get_mut(at) else { return };
        let prefix_len = u64::try_from(item.prefix.len()).unwrap_or(u64::MAX);
        match &item.content {
            Content::Text(text) => {
                let whole = [item.prefix.clone(), text.clone()];
                let part = part_of(&whole, offset, len);
                context.media.read(line, Some(part), context.now);
            }
            Content::File if offset >= prefix_len => {
                let content = ContentId::Outgoing { transfer, item: at };
                context.outputs.push_back(Output::Read {
                    content,
                    offset: item.skip + offset - prefix_len,
                    len,
                });
            }
            // The first read spans the wrapper and the start of the file: the driver reads only the file.
            Content::File => {
                let skip = usize::try_from(offset).unwrap_or(usize::MAX);
                let of_file = len.saturating_sub(item.prefix.len().saturating_sub(skip));
                let content = ContentId::Outgoing { transfer, item: at };
                context.outputs.push_back(Output::Read { content, offset: item.skip, len: of_file });
            }
        }
    }

    /// The driver read what was asked for, or could not.
    pub(crate) fn handle_read(&mut self, at: ItemId, octets: Option<Bytes>, context: &mut Context<'_>) {
        let line = self.line(at);
        let Some(item) = self.items.get_mut(at) else { return };
        let octets = octets.map(|octets| {
            if item.prefix.is_empty() || item.prefix_out {
                return octets;
            }
            // The wrapper goes out once, in front of the first octets of the file.
            item.prefix_out = true;
            let mut whole = BytesMut::with_capacity(item.prefix.len() + octets.len());
            whole.put(item.prefix.clone());
            whole.put(octets);
            whole.freeze()
        });
        context.media.read(line, octets, context.now);
    }

    pub(super) fn progress(&mut self, at: ItemId, sent: u64, acknowledged: u64, context: &mut Context<'_>) {
        let Some(item) = self.items.get_mut(at) else { return };
        item.sent = sent;
        let event = Event::Progress {
            transfer: self.id,
            item: at,
            sent: item.skip + sent.min(item.size),
            acknowledged: item.skip + acknowledged.min(item.size),
            size: item.skip + item.size,
        };
        context.outputs.push_back(Output::Event(event));
    }

    /// Every octet of an item is at the next hop.
    pub(super) fn sent(&mut self, at: ItemId, context: &mut Context<'_>) {
        let reports = self.reports;
        let Some(item) = self.items.get_mut(at) else { return };
        if item.phase != ItemPhase::Sending {
            return;
        }
        if reports {
            item.phase = ItemPhase::AwaitingReport;
            let event = Event::Item { transfer: self.id, item: at, outcome: ItemOutcome::Sent };
            context.outputs.push_back(Output::Event(event));
            self.settle(context);
        } else {
            self.end_item(at, ItemOutcome::Sent, context);
        }
    }
}
