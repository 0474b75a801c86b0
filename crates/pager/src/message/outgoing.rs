//! A message under way: INVITE, MSRP content, reports, release (SEED-1..18).

mod content;
mod describe;
mod item;
mod negotiating;
mod release;

use std::net::SocketAddr;
use std::time::Instant;

use grammar::ByteStr;
use sdp::SessionDescription;
use sdp::attribute::Setup;
use sdp::offer_answer::{ActiveSide, LineOutcome, MessageLine};
use sip::{HeaderName, Response, Uri};
use sip_ua::{Body, HeaderField, Invite, SessionId};

use self::describe::{answer, breach, misbehaved};
use self::item::{Item, ItemPhase, check, items};
use super::negotiation::Negotiation;
use super::relayed::Relayed;
use super::{ItemId, Outgoing, Pick, TransferId, cema};
use crate::agent::Context;
use crate::body::Layout;
use crate::media::{Line, LineEvent, Owner};
use crate::recipients::{self, Route};
use crate::{Error, ErrorKind, Event, ItemOutcome, MediaSecurity, Output, Phase, error};

/// One message to somebody, from the INVITE to the end of its session.
#[derive(Debug)]
pub(crate) struct OutgoingMachine {
    id: TransferId,
    message: Outgoing,
    route: Route,
    state: State,
    layout: Layout,
    /// The offer as sent, its lines, and our own URI of each.
    offer: Option<SessionDescription>,
    lines: Vec<MessageLine>,
    paths: Vec<msrp::Uri>,
    /// What came of it.
    negotiation: Option<Negotiation>,
    /// The paths through the user's relays, and the address of the flow that waits for the offer meanwhile.
    relayed: Option<Relayed>,
    /// Whether offers have `a=msrp-cema`.
    cema: bool,
    local: Option<SocketAddr>,
    items: Vec<Item>,
    /// The delivery REPORT is what counts (SEED-14, SEED-16), or the 200s (SEED-17).
    reports: bool,
    /// A focus or a relay is in between: a 200 means no more than that it was taken there.
    reports_decide: bool,
    /// The user was told that the peer rings.
    rang: bool,
    /// A message exploder took it.
    focus: bool,
    /// The conference URI or the peer's Contact.
    remote_target: Option<ByteStr>,
    report_timer: Option<Instant>,
    connect_timer: Option<Instant>,
    error: Option<Error>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Inviting(SessionId),
    Exchanging(SessionId),
    /// BYE is out, or the peer's came; the verdict is told.
    Releasing(SessionId),
    /// Told to cancel before an answer came.
    Cancelling(SessionId),
    /// The peer hung up, and all octets are out: its last responses may still be on their way.
    HungUp(SessionId),
    /// Nothing is left of it.
    Over(SessionId),
}

impl OutgoingMachine {
    /// Checks what can be checked before the first byte, and sends the INVITE.
    pub(crate) fn start(id: TransferId, message: Outgoing, context: &mut Context<'_>) -> Result<Self, Error> {
        let limits = &context.config.limits;
        check(&message, limits, context.config.profile.dialect)?;
        if context.config.profile.media_security != MediaSecurity::Plain && context.config.media_tls.is_none()
        {
            return Err(Error::new(ErrorKind::NoTls, Phase::Preparing, "RFC 4975 §14"));
        }
        let route = recipients::plan(&message.to, &context.config.account, &context.config.profile, limits)
            .map_err(|error| Error::new(error, Phase::Preparing, "RFC 5366 §4"))?;
        let items = items(&message);
        let session = Self::invite(&route, context)?;
        Ok(Self {
            id,
            message,
            route,
            state: State::Inviting(session),
            layout: Layout::Multipart,
            offer: None,
            lines: Vec::new(),
            paths: Vec::new(),
            negotiation: None,
            relayed: None,
            cema: context.config.profile.cema,
            local: None,
            items,
            reports: false,
            reports_decide: false,
            rang: false,
            focus: false,
            remote_target: None,
            report_timer: None,
            connect_timer: None,
            error: None,
        })
    }

    /// The session this message has in the user agent.
    pub(crate) const fn session(&self) -> SessionId {
        match self.state {
            State::Inviting(session)
            | State::Exchanging(session)
            | State::Releasing(session)
            | State::Cancelling(session)
            | State::HungUp(session)
            | State::Over(session) => session,
        }
    }

    fn invite(route: &Route, context: &mut Context<'_>) -> Result<SessionId, Error> {
        let account = &context.config.account;
        let profile = &context.config.profile;
        let mut headers: Vec<HeaderField> = Vec::new();
        if let Some(value) = &profile.accept_contact {
            headers.push((ByteStr::from_static("Accept-Contact"), value.clone()));
        }
        if profile.preferred_identity {
            let value = ByteStr::from(format!("<{}>", account.identity));
            headers.push((ByteStr::from_static("P-Preferred-Identity"), value));
        }
        if route.list.is_some() {
            // RFC 5366 §3: a server that cannot explode the list has to say so.
            headers.push((ByteStr::from_static("Require"), ByteStr::from_static("recipient-list-invite")));
        }
        headers.push((ByteStr::from_static("MIME-Version"), ByteStr::from_static("1.0")));
        let mut invite = Invite::new(route.request_uri.clone(), account.identity.clone());
        invite.to = Some(route.to.clone());
        invite.display_name = account.display_name.clone();
        invite.route = context.routes();
        invite.headers = headers;
        invite.contact_params = profile.contact_params.clone();
        invite.credentials = account.credentials.clone();
        invite.realm = account.realm.clone();
        invite.body = Body::AtFlow;
        context.ua.invite(invite, context.now).map_err(|error| error::of_sip(&error, Phase::Preparing))
    }

    /// The flow of the INVITE is up: only now the address in the offer is known.
    pub(crate) fn provide_body(&mut self, local: SocketAddr, context: &mut Context<'_>) {
        let State::Inviting(session) = self.state else { return };
        let built = match self.reserve(local, context) {
            Ok(true) => self.build_body(local, context),
            Ok(false) => return,
            Err(error) => Err(error),
        };
        match built {
            Ok((content_type, body)) if body.len() <= context.config.limits.max_body => {
                if let Err(error) = context.ua.provide_body(session, content_type, body, context.now) {
                    self.give_up(error::of_sip(&error, Phase::Preparing), context);
                }
            }
            Ok(_) => self.give_up(Error::new(ErrorKind::Limit("max_body"), Phase::Preparing, ""), context),
            Err(error) => self.give_up(error, context),
        }
    }

    /// A 18x came.
    pub(crate) fn ringing(&mut self, context: &mut Context<'_>) {
        // Once: a peer may send as many provisional responses as it likes.
        if std::mem::replace(&mut self.rang, true) {
            return;
        }
        context.outputs.push_back(Output::Event(Event::Ringing { transfer: self.id }));
    }

    /// The final 2xx came and its ACK is out.
    pub(crate) fn accepted(
        &mut self,
        response: &Response,
        focus: bool,
        remote_target: &Uri,
        context: &mut Context<'_>,
    ) {
        let session = self.session();
        if let State::Cancelling(_) = self.state {
            // The 2xx crossed our CANCEL (RFC 3261 §9.1).
            self.release(context);
            return;
        }
        self.state = State::Exchanging(session);
        self.remote_target = Some(ByteStr::from(remote_target.as_str()));
        let outcomes = self.offer.as_ref().map(|offer| answer(response, offer));
        let (answer, outcomes) = match outcomes {
            Some(Ok((answer, mut outcomes))) => {
                let again =
                    self.offer.as_ref().is_some_and(|offer| cema::settle(&mut outcomes, offer, self.cema));
                if again {
                    self.offer_plainly(context);
                    return;
                }
                (answer, outcomes)
            }
            Some(Err(rule)) => {
                self.fail(misbehaved(rule), context);
                return;
            }
            None => return,
        };
        let mut picks = Vec::with_capacity(self.items.len());
        let mut opened = Vec::new();
        let mut lines: Vec<Option<MessageLine>> =
            std::mem::take(&mut self.lines).into_iter().map(Some).collect();
        for (at, ((item, line), outcome)) in self.items.iter_mut().zip(&mut lines).zip(outcomes).enumerate() {
            match outcome {
                LineOutcome::Accepted(peer) => {
                    picks.push(Pick::Accept);
                    if let Some(line) = line {
                        let active = peer.active == ActiveSide::Offerer;
                        line.setup = Some(if active { Setup::Active } else { Setup::Passive });
                    }
                    opened.push((at, peer));
                }
                LineOutcome::Refused => {
                    picks.push(Pick::Refuse);
                    *line = None;
                    item.phase = ItemPhase::Ended(ItemOutcome::Refused);
                }
                LineOutcome::Broken(rule) => {
                    picks.push(Pick::Refuse);
                    *line = None;
                    item.phase = ItemPhase::Ended(ItemOutcome::Failed(breach(rule)));
                }
            }
        }
        if let Some(ours) = self.offer.clone() {
            context.ua.describe(session, ByteStr::from_static("application/sdp"), ours.to_bytes());
            let owner = Owner::Transfer(self.id);
            self.negotiation = Some(Negotiation::new(owner, ours, answer, lines, self.relayed.is_some()));
        }
        context.outputs.push_back(Output::Event(Event::Answered { transfer: self.id, focus, items: picks }));
        let relayed = self.relayed.is_some() || opened.iter().any(|(_, peer)| peer.line.path.len() > 1);
        self.focus = focus;
        self.reports_decide = focus || relayed;
        self.reports = self.reports_decide || context.config.profile.direct_reports;
        for (at, peer) in opened {
            self.open(at, &peer, context);
        }
        for (at, item) in self.items.iter().enumerate() {
            if let ItemPhase::Ended(outcome) = &item.phase {
                let event = Event::Item { transfer: self.id, item: at, outcome: outcome.clone() };
                context.outputs.push_back(Output::Event(event));
            }
        }
        self.connect_timer = Some(context.now + context.config.timers.connect);
        self.settle(context);
        self.cancel_called_off(context);
    }

    const fn line(&self, item: ItemId) -> Line {
        Line { owner: Owner::Transfer(self.id), item }
    }

    /// Something happened on the MSRP side of an item.
    pub(crate) fn line_event(&mut self, at: ItemId, event: LineEvent, context: &mut Context<'_>) {
        match event {
            LineEvent::PathGranted(use_path) => {
                if let Some(relayed) = &mut self.relayed {
                    relayed.grant(at, use_path);
                }
                if let Some(local) = self.local {
                    self.provide_body(local, context);
                }
            }
            LineEvent::PathMoved(use_path) => self.path_moved(at, use_path, context),
            LineEvent::PathRefused(error) => {
                // Later the line itself tells what became of it.
                if let State::Inviting(_) = self.state {
                    self.give_up(error::of_relay(error), context);
                }
            }
            LineEvent::Bound => self.bound(at, context),
            LineEvent::Unbound(error) => {
                // A REPORT may still come, on a connection of its own.
                if self.items.get(at).is_some_and(|item| item.phase != ItemPhase::AwaitingReport) {
                    self.item_failed(at, error::of_line(error, Phase::Connecting), context);
                }
            }
            LineEvent::Progress { sent, acknowledged } => self.progress(at, sent, acknowledged, context),
            LineEvent::Sent => self.sent(at, context),
            LineEvent::Reported { status: 200, complete } => {
                if complete {
                    self.end_item(at, ItemOutcome::Delivered, context);
                }
            }
            LineEvent::Reported { status, .. } => {
                let error =
                    Error::new(ErrorKind::ContentRefused(status), Phase::Reporting, "RFC 4975 §7.1.2");
                self.item_failed(at, error, context);
            }
            LineEvent::SendFailed(error) => {
                self.item_failed(at, error::of_line(error, Phase::Sending), context)
            }
            LineEvent::Read { offset, len } => self.read(at, offset, len, context),
            // We offered sendonly (SEED-10): content from the peer was refused before it came here.
            LineEvent::Incoming { .. }
            | LineEvent::Write { .. }
            | LineEvent::Received { .. }
            | LineEvent::Aborted => {}
        }
    }

    fn item_failed(&mut self, at: ItemId, error: Error, context: &mut Context<'_>) {
        self.end_item(at, ItemOutcome::Failed(error), context);
    }

    fn end_item(&mut self, at: ItemId, outcome: ItemOutcome, context: &mut Context<'_>) {
        let Some(item) = self.items.get_mut(at) else { return };
        if matches!(item.phase, ItemPhase::Ended(_)) {
            return;
        }
        item.phase = ItemPhase::Ended(outcome.clone());
        context.outputs.push_back(Output::Event(Event::Item { transfer: self.id, item: at, outcome }));
        self.settle(context);
    }

    /// Moves on once every item has ended, or only reports are missing.
    fn settle(&mut self, context: &mut Context<'_>) {
        let all_ended = self.items.iter().all(|item| matches!(item.phase, ItemPhase::Ended(_)));
        match self.state {
            State::Exchanging(_) if all_ended => return self.finish(context),
            State::HungUp(_) if all_ended => return self.conclude(context),
            State::Exchanging(_) => {}
            _ => return,
        }
        let waiting = |phase: &ItemPhase| matches!(phase, ItemPhase::AwaitingReport | ItemPhase::Ended(_));
        if self.items.iter().all(|item| waiting(&item.phase)) {
            // SEED-16: from the last octet on the report has this long.
            self.report_timer.get_or_insert(context.now + context.config.timers.report);
        }
        if !self.items.iter().any(|item| item.phase == ItemPhase::Connecting) {
            self.connect_timer = None;
        }
    }

    /// No REPORT came in time.
    fn reports_overdue(&mut self, context: &mut Context<'_>) {
        self.do_without_reports();
        self.finish(context);
    }

    /// No more REPORTs come. Where only the user asked for them, the 200s must do.
    fn do_without_reports(&mut self) {
        if !self.reports_decide {
            for item in self.items.iter_mut().filter(|item| item.phase == ItemPhase::AwaitingReport) {
                item.phase = ItemPhase::Ended(ItemOutcome::Sent);
            }
        }
    }

    /// Ends an exchange that broke as a whole.
    fn fail(&mut self, error: Error, context: &mut Context<'_>) {
        self.error = Some(error);
        for at in 0..self.items.len() {
            context.media.abort(self.line(at), context.now);
        }
        self.finish(context);
    }

    /// Ends an INVITE that was never sent, or not answered yet.
    fn give_up(&mut self, error: Error, context: &mut Context<'_>) {
        self.error = Some(error);
        self.close_lines(context);
        let session = self.session();
        self.state = State::Cancelling(session);
        context.ua.cancel(session, context.now);
    }

    /// The INVITE was refused, or nobody answered.
    pub(crate) fn rejected(&mut self, error: &sip_ua::Error, context: &mut Context<'_>) {
        if let (State::Inviting(_), Some(response)) = (self.state, rejection(error))
            && self.may_fall_back(response)
        {
            self.layout = Layout::PlainSdp;
            if let Ok(session) = Self::invite(&self.route, context) {
                self.state = State::Inviting(session);
                return;
            }
        }
        if self.error.is_none() {
            self.error = Some(error::of_sip(error, Phase::Inviting));
        }
        self.close_lines(context);
        self.tell_verdict(context);
        // The end of the session follows, and the verdict is told once.
        self.state = State::Releasing(self.session());
    }

    /// SEED-6: once, without multipart, where only the SDP part is required.
    fn may_fall_back(&self, response: &Response) -> bool {
        let takes_multipart =
            response.headers().get(HeaderName::ACCEPT).is_none_or(|accept| accept.contains("multipart/"));
        let refused = match response.status().as_u16() {
            415 => true,
            400 | 488 => !takes_multipart,
            _ => false,
        };
        refused && self.layout == Layout::Multipart && self.route.list.is_none()
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        [self.report_timer, self.connect_timer].into_iter().flatten().min()
    }

    pub(crate) fn handle_timeout(&mut self, context: &mut Context<'_>) {
        if self.report_timer.is_some_and(|at| at <= context.now) {
            self.report_timer = None;
            match self.state {
                State::HungUp(_) => self.conclude(context),
                // SEED-16: taken, and nobody said delivered.
                _ => self.reports_overdue(context),
            }
        }
        if self.connect_timer.is_some_and(|at| at <= context.now) {
            self.connect_timer = None;
            for at in 0..self.items.len() {
                if self.items.get(at).is_some_and(|item| item.phase == ItemPhase::Connecting) {
                    self.item_failed(
                        at,
                        Error::new(ErrorKind::TimedOut, Phase::Connecting, "RFC 4975 §5.4"),
                        context,
                    );
                }
            }
        }
    }
}

/// The response that refused the INVITE, if one did.
const fn rejection(error: &sip_ua::Error) -> Option<&Response> {
    match error {
        sip_ua::Error::Rejected(response) => Some(response),
        _ => None,
    }
}
