//! The content of a conference: one message on each line, from the sender's connection to those of the recipients.

use super::*;

impl Line {
    /// Whether all octets of the message are here or were.
    pub(super) fn is_complete(&self) -> bool {
        self.message.as_ref().is_some_and(|message| message.size == Some(self.window.end()))
    }
}

impl Conference {
    /// Takes what happened on one end of one line.
    pub(crate) fn handle(&mut self, party: Party, line: usize, happening: Happening, tools: &mut Tools<'_>) {
        match party {
            Party::Sender => self.sender_did(line, happening, tools),
            Party::Recipient(leg) => self.recipient_did(leg, line, happening, tools),
        }
        self.flow(line, tools);
        self.release(tools);
    }

    fn sender_did(&mut self, at: usize, happening: Happening, tools: &mut Tools<'_>) {
        if self.silent_at.is_some() {
            self.silent_at = Some(tools.now + tools.timers.silent);
        }
        let slot = self.slot(Party::Sender, at);
        let Some(line) = self.lines.get_mut(at) else { return };
        match happening {
            Happening::Incoming { content_type, disposition, size } => {
                line.message = Some(Message { content_type, disposition, size });
            }
            Happening::Content { offset, content } => {
                let known_size = line.message.as_ref().is_some_and(|message| message.size.is_some());
                let octets = u64::try_from(content.len()).unwrap_or(u64::MAX);
                match line.window.push(offset, content) {
                    Ok(repeated) if known_size => tools.links.credit(slot, repeated, tools.now),
                    // It cannot be sent on before its size is known, so it has to be short.
                    Ok(_) if line.window.end() <= tools.window => tools.links.credit(slot, octets, tools.now),
                    Ok(_) => self.refuse_line(at, 413, tools),
                    Err(_) => self.refuse_line(at, 400, tools),
                }
            }
            Happening::Received { size } => {
                line.whole = true;
                if let Some(message) = &mut line.message {
                    message.size = Some(size);
                }
            }
            Happening::Aborted => self.refuse_line(at, 480, tools),
            Happening::Lost => {
                if !line.done && !line.is_complete() {
                    self.refuse_line(at, 480, tools);
                }
            }
            Happening::Bound
            | Happening::Wanted { .. }
            | Happening::Progress
            | Happening::Sent
            | Happening::Reported { .. }
            | Happening::Failed(_) => {}
        }
    }

    /// The message of a line will not be delivered to anybody who does not have it.
    fn refuse_line(&mut self, at: usize, status: u16, tools: &mut Tools<'_>) {
        for leg in 0..self.legs.len() {
            self.drop_share(leg, at, status, tools);
        }
    }

    fn recipient_did(&mut self, at: usize, line: usize, happening: Happening, tools: &mut Tools<'_>) {
        let Some(share) = self.legs.get_mut(at).and_then(|leg| leg.shares.get_mut(line)) else { return };
        if let Share::Sending { stalled_at: Some(stalled_at), .. } = share {
            *stalled_at = tools.now + tools.timers.stalled;
        }
        match (happening, share) {
            (Happening::Bound, Share::Accepted { bound, .. }) => *bound = true,
            (Happening::Wanted { offset, len }, Share::Sending { wanted, .. }) => {
                wanted.push_back((offset, len))
            }
            // 200 to every chunk is what counts, where it is the recipient's own.
            (Happening::Sent, share @ Share::Sending { relayed: false, .. }) => *share = Share::Delivered,
            (Happening::Sent, share @ Share::Sending { .. }) => {
                *share = Share::Awaiting { stalled_at: tools.now + tools.timers.stalled };
            }
            (
                Happening::Reported { status: 200, complete: true },
                share @ (Share::Sending { .. } | Share::Awaiting { .. }),
            ) => *share = Share::Delivered,
            (Happening::Reported { status: 200, .. }, _) => {}
            (Happening::Reported { status, .. }, share) => {
                share.fail(status);
            }
            (Happening::Failed(error), share) => {
                share.fail(match error {
                    msrp::SendError::Status(status) => status,
                    msrp::SendError::TimedOut => 408,
                    _ => 480,
                });
            }
            (Happening::Lost, share) => {
                share.fail(480);
            }
            _ => {}
        }
    }

    /// Moves content on a line as far as it goes: starts messages, gives what is wanted, gives credit back,
    /// and tells the sender when everybody is through.
    pub(super) fn flow(&mut self, at: usize, tools: &mut Tools<'_>) {
        let Some(line) = self.lines.get(at).filter(|line| !line.done) else { return };
        let Some(message) = &line.message else { return };
        let Some(size) = message.size else {
            self.conclude(at, tools);
            return;
        };
        let outgoing = OutgoingMessage {
            content_type: message.content_type.clone(),
            disposition: message.disposition.clone(),
            size: Some(size),
            success_report: false,
            failure_report: FailureReport::Yes,
        };
        for (number, leg) in self.legs.iter_mut().enumerate() {
            let slot = Slot { conference: self.id, party: Party::Recipient(number), line: at };
            let Some(share) = leg.shares.get_mut(at) else { continue };
            if let Share::Accepted { terms, bound: true } = share {
                let fits = check_terms(terms, &outgoing.content_type, size);
                let relayed = terms.path.len() > 1;
                let outgoing = OutgoingMessage { success_report: relayed, ..outgoing.clone() };
                *share = match fits {
                    Ok(()) if tools.links.send(slot, outgoing, tools.now) => {
                        Share::Sending { relayed, position: 0, wanted: VecDeque::new(), stalled_at: None }
                    }
                    Ok(()) => Share::Failed(480),
                    Err(status) => Share::Failed(status),
                };
            }
            if let Share::Sending { position, wanted, stalled_at, .. } = share {
                while let Some((offset, len)) = wanted.front().copied() {
                    let Some(content) = line.window.read(offset, len) else { break };
                    wanted.pop_front();
                    *position = offset.saturating_add(u64::try_from(len).unwrap_or(u64::MAX));
                    tools.links.give(slot, content, tools.now);
                }
                // It owes something unless it waits for the sender.
                *stalled_at = match stalled_at.take() {
                    _ if !wanted.is_empty() => None,
                    None => Some(tools.now + tools.timers.stalled),
                    running => running,
                };
            }
        }
        self.give_credit(at, tools);
        self.conclude(at, tools);
    }

    /// Gives the sender credit for what every recipient that is left has taken.
    fn give_credit(&mut self, at: usize, tools: &mut Tools<'_>) {
        let taken = self.legs.iter().filter_map(|leg| leg.shares.get(at)?.position()).min();
        let slot = self.slot(Party::Sender, at);
        let Some(line) = self.lines.get_mut(at) else { return };
        let freed = line.window.release(taken.unwrap_or(u64::MAX));
        tools.links.credit(slot, freed, tools.now);
    }

    /// Tells the sender how a line came out, once it is out for every recipient.
    fn conclude(&mut self, at: usize, tools: &mut Tools<'_>) {
        let shares = || self.legs.iter().filter_map(|leg| leg.shares.get(at));
        if !shares().all(Share::is_over) {
            return;
        }
        let outcome = Outcome::of(shares());
        let slot = self.slot(Party::Sender, at);
        let Some(line) = self.lines.get_mut(at) else { return };
        if outcome.status == 200 && !line.whole && !self.gone {
            // Everybody has it, and the sender's connection is about to say that it was all.
            return;
        }
        line.done = true;
        let Outcome { delivered, of, status } = outcome;
        match (tools.reporting, status) {
            // The chunks are answered; of the rest nobody speaks.
            (Reporting::Withheld, _) => {}
            (Reporting::Sent, 200) => tools.links.accept(slot, tools.now),
            (Reporting::Sent, _) => {
                tools.links.report(slot, status, &format!("{delivered} of {of} delivered"), tools.now);
            }
        }
        tools.events.push_back(Event::Reported { conference: self.id, line: at, delivered, of });
    }

    /// Ends what one recipient gets of one line, wherever that is.
    pub(super) fn drop_share(&mut self, leg: usize, at: usize, status: u16, tools: &mut Tools<'_>) {
        let slot = self.slot(Party::Recipient(leg), at);
        let Some(share) = self.legs.get_mut(leg).and_then(|leg| leg.shares.get_mut(at)) else { return };
        if matches!(share, Share::Sending { .. }) {
            tools.links.abort(slot, tools.now);
        }
        share.fail(status);
    }
}
