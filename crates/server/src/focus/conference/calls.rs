//! The signalling of a conference: who is asked, what the sender is answered, who hangs up.

use super::*;
use sip_ua::{Body, Error, Invite};

impl Conference {
    /// Asks every recipient (RFC 5366 §5), and keeps the sender ringing meanwhile.
    pub(crate) fn invite(&mut self, sender: &Uri, route: &Uri, tools: &mut Tools<'_>) {
        tools.events.push_back(Event::Exploded {
            conference: self.id,
            sender: sender.text().clone(),
            recipients: self.legs.len(),
        });
        if let Some(id) = self.incoming {
            let ringing = Reply { contact: Some(self.contact.clone()), ..Reply::new(StatusCode::RINGING) };
            let _ = tools.ua.respond(id, ringing.contact_params(";isfocus"), tools.now);
        }
        for at in 0..self.legs.len() {
            let asked = self.invitation_for(at, sender, route, tools);
            let session = asked.and_then(|invite| tools.ua.invite(invite, tools.now).ok());
            let Some(leg) = self.legs.get_mut(at) else { continue };
            leg.session = session;
            match session {
                Some(session) => drop(tools.calls.insert(session, (self.id, Party::Recipient(at)))),
                None => self.leg_failed(at, 480, RecipientOutcome::Failed, tools),
            }
        }
        self.settle_at = Some(tools.now + tools.timers.settle);
        self.settle(tools);
    }

    /// The INVITE to one recipient; `None` if its URI cannot be asked.
    fn invitation_for(
        &mut self,
        at: usize,
        sender: &Uri,
        route: &Uri,
        tools: &mut Tools<'_>,
    ) -> Option<Invite> {
        let leg = self.legs.get_mut(at)?;
        let to = Uri::parse(leg.uri.clone()).ok().filter(Uri::is_sip)?;
        let mut offered = Vec::new();
        for (line, share) in leg.shares.iter().enumerate() {
            let own = if share.is_over() { None } else { Some(tools.own_uri(self.invitation.proto(line))?) };
            if let Some(own) = &own {
                offered.push(self.invitation.offer_line(line, own, tools.ids)?);
            }
            leg.own.push(own);
        }
        let offer = self.invitation.offer(&tools.origin(), &offered)?;
        let (content_type, bytes) = self.invitation.body(&offer, tools.ids)?;
        leg.offer = Some(offer);
        let mut invite = Invite::new(to, sender.clone());
        invite.route = vec![route.clone()];
        invite.contact_user = self.contact.user().map(ByteStr::from);
        invite.contact_params = ByteStr::from_static(";isfocus");
        // The request is the focus's, and the sender of the message is whom the recipient wants to know.
        invite.headers = vec![("P-Asserted-Identity".into(), format!("<{sender}>").into())];
        invite.body = Body::Ready { content_type: content_type.into(), bytes };
        Some(invite)
    }

    /// A recipient accepted.
    pub(crate) fn leg_accepted(&mut self, at: usize, response: &Response, tools: &mut Tools<'_>) {
        let outcomes = self.outcomes(at, response);
        let Some(leg) = self.legs.get_mut(at) else { return };
        if leg.state != State::Asked {
            // It accepted while it was being cancelled.
            leg.session.into_iter().for_each(|session| tools.ua.bye(session, tools.now));
            return;
        }
        leg.state = State::Accepted;
        leg.connect_at = Some(tools.now + tools.timers.connect);
        let mut outcomes = outcomes.into_iter();
        for line in 0..leg.shares.len() {
            let Some((Some(own), share)) = leg.own.get(line).zip(leg.shares.get_mut(line)) else { continue };
            let slot = Slot { conference: self.id, party: Party::Recipient(at), line };
            *share = match outcomes.next() {
                Some(LineOutcome::Accepted(peer)) => join(slot, own, peer, tools),
                Some(LineOutcome::Refused) => Share::Refused,
                Some(LineOutcome::Broken(_)) | None => Share::Failed(488),
            };
        }
        let declined = leg.shares.iter().all(|share| matches!(share, Share::Refused));
        let outcome = if declined { RecipientOutcome::Declined } else { RecipientOutcome::Accepted };
        let recipient = leg.uri.clone();
        tools.events.push_back(Event::Answered { conference: self.id, recipient, outcome });
        self.settle(tools);
        self.progress(tools);
    }

    /// What a recipient said to each line it was offered; nothing if it cannot be read.
    fn outcomes(&self, at: usize, response: &Response) -> Vec<LineOutcome> {
        let Some(offer) = self.legs.get(at).and_then(|leg| leg.offer.as_ref()) else { return Vec::new() };
        let answer = super::super::session_description(&response.headers(), response.body());
        answer.and_then(|answer| pair(offer, &answer).ok()).unwrap_or_default()
    }

    /// A recipient refused, or could not be asked.
    pub(crate) fn leg_rejected(&mut self, at: usize, error: &Error, tools: &mut Tools<'_>) {
        let (status, outcome) = match error {
            // RFC 3261 §21: these say "I will not", the others "I cannot", or "not here and now".
            Error::Rejected(response) => match response.status().as_u16() {
                488 | 603 | 606 | 607 | 608 => (403, RecipientOutcome::Declined),
                408 => (408, RecipientOutcome::Failed),
                _ => (480, RecipientOutcome::Failed),
            },
            Error::TimedOut | Error::NoAnswer => (408, RecipientOutcome::Failed),
            _ => (480, RecipientOutcome::Failed),
        };
        self.leg_failed(at, status, outcome, tools);
        self.settle(tools);
        self.progress(tools);
    }

    fn leg_failed(&mut self, at: usize, status: u16, outcome: RecipientOutcome, tools: &mut Tools<'_>) {
        let Some(leg) = self.legs.get_mut(at) else { return };
        leg.state = State::Over;
        for share in leg.shares.iter_mut().filter(|share| !share.is_over()) {
            *share = match outcome {
                RecipientOutcome::Declined => Share::Refused,
                RecipientOutcome::Accepted | RecipientOutcome::Failed => Share::Failed(status),
            };
        }
        let recipient = leg.uri.clone();
        tools.events.push_back(Event::Answered { conference: self.id, recipient, outcome });
    }

    /// A recipient's session is over: it hung up, or the BYE of ours is answered.
    pub(crate) fn leg_ended(&mut self, at: usize, tools: &mut Tools<'_>) {
        let Some(leg) = self.legs.get_mut(at) else { return };
        leg.session = None;
        let complete = |(share, line): (&Share, &Line)| match share {
            Share::Sending { position, .. } => Some(*position) == line.message.as_ref().and_then(|m| m.size),
            Share::Awaiting { .. } => true,
            _ => false,
        };
        if leg.shares.iter().zip(&self.lines).any(complete) {
            // It has everything, and its last responses, or its REPORT, come on another connection than its BYE.
            leg.grace_at = Some(tools.now + GRACE);
            return;
        }
        for share in &mut leg.shares {
            share.fail(480);
        }
        self.settle(tools);
        self.progress(tools);
    }

    /// Answers the sender once no recipient is left who has not answered.
    fn settle(&mut self, tools: &mut Tools<'_>) {
        let settled = self.legs.iter().all(|leg| leg.state != State::Asked);
        if settled || tools.timers.settle.is_zero() {
            self.answer_sender(tools);
        }
    }

    /// Answers the sender: 200 with the lines that somebody takes, or why nobody takes any.
    pub(super) fn answer_sender(&mut self, tools: &mut Tools<'_>) {
        let Some(id) = self.incoming.take() else { return };
        self.settle_at = None;
        let wanted = |line: usize| {
            self.legs.iter().any(|leg| leg.shares.get(line).is_some_and(|share| !share.is_over()))
        };
        let wanted: Vec<_> = (0..self.lines.len()).map(wanted).collect();
        for (line, wanted) in self.lines.iter_mut().zip(&wanted) {
            line.open &= wanted;
            line.done |= !wanted;
        }
        let reply = if wanted.contains(&true) { self.accepting(tools) } else { Some(self.refusing()) };
        let reply = reply.unwrap_or_else(|| Reply::new(StatusCode::SERVER_INTERNAL_ERROR));
        match tools.ua.respond(id, reply, tools.now) {
            Ok(Some(session)) => {
                self.session = Some(session);
                tools.calls.insert(session, (self.id, Party::Sender));
                self.silent_at = Some(tools.now + tools.timers.connect);
            }
            Ok(None) | Err(_) => {
                self.gone = true;
                self.abandon(tools);
            }
        }
    }

    /// The 200 with our answer, after the MSRP sessions of its lines were made.
    fn accepting(&self, tools: &mut Tools<'_>) -> Option<Reply> {
        let answers = self.lines.iter().enumerate().map(|(at, line)| {
            if line.open { self.invitation.answer_line(at, &line.own) } else { LineAnswer::Refuse }
        });
        let answers: Vec<_> = answers.collect();
        let answer = sdp::offer_answer::answer(&self.invitation.offer, &tools.origin(), &answers).ok()?;
        for (at, (line, offered)) in self.lines.iter().zip(&self.invitation.lines).enumerate() {
            let Some(offered) = offered.as_ref().filter(|_| line.open) else { continue };
            let session = SessionConfig {
                local: line.own.clone(),
                peer: path(&offered.path)?,
                role: Role::Passive,
                receive: Some(ReceivePolicy {
                    max_size: None,
                    accept_types: vec![ByteStr::from_static("*")],
                    accept_wrapped_types: Vec::new(),
                }),
            };
            let slot = self.slot(Party::Sender, at);
            match answer_setup(offered.setup, Some(Setup::Passive)) {
                Setup::Active => {
                    let address = session.peer.first()?.address()?;
                    let session = SessionConfig { role: Role::Active, ..session };
                    tools.links.connect(slot, address, session, Proof::of(offered), tools.now);
                }
                Setup::Passive | Setup::ActPass | Setup::HoldConn => {
                    tools.links.wait(slot, session, Proof::of(offered));
                }
            }
        }
        let reply = Reply { contact: Some(self.contact.clone()), ..Reply::new(StatusCode::OK) };
        Some(reply.contact_params(";isfocus").body("application/sdp", answer.to_bytes()))
    }

    /// Why nobody takes anything: everybody refused, or somebody could not be reached.
    fn refusing(&self) -> Reply {
        let mut shares = self.legs.iter().flat_map(|leg| &leg.shares);
        let all_refused = shares.all(|share| matches!(share, Share::Refused));
        Reply::new(if all_refused { StatusCode::DECLINE } else { StatusCode::TEMPORARILY_UNAVAILABLE })
    }

    /// The sender has gone: it hung up, cancelled, or never acknowledged.
    pub(crate) fn sender_gone(&mut self, tools: &mut Tools<'_>) {
        self.session = None;
        self.incoming = None;
        self.gone = true;
        self.silent_at = None;
        self.release_at = None;
        for line in 0..self.lines.len() {
            tools.links.drop_session(self.slot(Party::Sender, line), tools.now);
        }
        self.abandon(tools);
        self.progress(tools);
    }

    /// Gives up what the sender has not sent in full; what is complete is still delivered.
    pub(super) fn abandon(&mut self, tools: &mut Tools<'_>) {
        for at in 0..self.lines.len() {
            let Some(line) = self.lines.get_mut(at).filter(|line| !line.done && !line.is_complete()) else {
                continue;
            };
            line.done = true;
            for leg in 0..self.legs.len() {
                self.drop_share(leg, at, 480, tools);
            }
        }
    }

    /// Hangs up on the sender, who does not; what it has not sent in full nobody gets.
    pub(super) fn hang_up_sender(&mut self, tools: &mut Tools<'_>) {
        self.silent_at = None;
        self.release_at = None;
        if let Some(session) = self.session {
            tools.ua.bye(session, tools.now);
        }
        self.abandon(tools);
    }

    /// Hangs up on recipients that have all they will get, and waits for the sender to hang up when all is done.
    pub(super) fn release(&mut self, tools: &mut Tools<'_>) {
        for at in 0..self.legs.len() {
            let Some(leg) = self.legs.get_mut(at) else { continue };
            if leg.state == State::Over || !leg.shares.iter().all(Share::is_over) {
                continue;
            }
            leg.connect_at = None;
            match (leg.session, std::mem::replace(&mut leg.state, State::Leaving)) {
                (Some(session), State::Asked) => tools.ua.cancel(session, tools.now),
                (Some(session), State::Accepted) => tools.ua.bye(session, tools.now),
                (Some(_), State::Leaving | State::Over) => {}
                (None, _) => {
                    leg.grace_at = None;
                    leg.state = State::Over;
                    for line in 0..self.lines.len() {
                        tools.links.drop_session(self.slot(Party::Recipient(at), line), tools.now);
                    }
                }
            }
        }
        let done = self.lines.iter().all(|line| line.done);
        if done && self.session.is_some() && self.release_at.is_none() {
            self.silent_at = None;
            self.release_at = Some(tools.now + tools.timers.release);
        }
    }
}

/// Makes the session that a recipient accepted.
fn join(slot: Slot, own: &msrp::Uri, peer: sdp::offer_answer::Peer, tools: &mut Tools<'_>) -> Share {
    let Some(path) = path(&peer.line.path).filter(|_| peer.direction.sends()) else {
        return Share::Failed(488);
    };
    // Nothing goes on with less than was offered.
    let secure = own.is_secure();
    if path.last().is_none_or(|uri| uri.is_secure() != secure) || (peer.line.proto == Proto::Tls) != secure {
        return Share::Failed(488);
    }
    let proof = Proof::of(&peer.line);
    let address = path.first().and_then(msrp::Uri::address);
    let mut session = SessionConfig { local: own.clone(), peer: path, role: Role::Passive, receive: None };
    match (peer.active, address) {
        (ActiveSide::Answerer, _) => tools.links.wait(slot, session, proof),
        (ActiveSide::Offerer, Some(address)) => {
            session.role = Role::Active;
            tools.links.connect(slot, address, session, proof, tools.now);
        }
        // Names are not looked up: the server has no resolver.
        (ActiveSide::Offerer, None) => return Share::Failed(480),
    }
    Share::Accepted { terms: Box::new(peer.line), bound: false }
}

/// The URIs of a path.
fn path(uris: &[ByteStr]) -> Option<Vec<msrp::Uri>> {
    let path: Vec<_> = uris.iter().map(|uri| msrp::Uri::parse(uri.clone()).ok()).collect::<Option<_>>()?;
    (!path.is_empty()).then_some(path)
}
