//! How an exchange is carried on: address, flow, body, transaction, retry.

use std::time::Instant;

use bytes::Bytes;
use grammar::ByteStr;
use sip::{Method, Request, Response, Scheme, StatusCode};

use super::{UserAgent, Wake};
use crate::auth::{Auth, Verdict};
use crate::exchange::{
    Ack, AckStage, Draft, DraftBody, Exchange, ExchangeId, Outcome, RequestName, Stage, User,
};
use crate::flows::{Found, Listen, Local};
use crate::locate::{Hop, Locator, Next};
use crate::transaction::{ClientId, ReplyTo};
use crate::{Answer, Error, FlowId, Misbehaviour, Output, QueryId, Transport};

impl UserAgent {
    /// Starts the exchange of a request.
    pub(crate) fn start(&mut self, user: User, draft: Draft, auth: Auth) -> Result<ExchangeId, Error> {
        if !user.makes_room() && self.is_full_of_requests() {
            return Err(Error::Limit("transactions"));
        }
        let scheme = match draft.aim.request_uri.scheme() {
            Scheme::Sips => Scheme::Sips,
            _ => draft.aim.next_hop.scheme(),
        };
        let locator = match Locator::new(scheme, &draft.aim.next_hop, draft.transport) {
            // A Contact such as `transport=ws` leads nowhere, but its dialog has a flow.
            Err(_) if draft.fallback.is_some_and(|flow| self.flows.contains(flow)) => {
                Locator::nowhere(&draft.aim.next_hop)
            }
            located => located?,
        };
        let id = ExchangeId(self.fresh());
        self.exchanges.insert(id, Exchange::new(user, draft, auth, locator));
        self.ready.push_back(id);
        Ok(id)
    }

    /// Whether no further request may be begun.
    fn is_full_of_requests(&self) -> bool {
        self.layer.is_full_of_clients() || self.exchanges.len() >= self.config.limits.client_transactions
    }

    /// Takes the next step of an exchange that has no hop.
    pub(super) fn advance(&mut self, id: ExchangeId, now: Instant) {
        let Some(exchange) = self.exchanges.get_mut(&id) else { return };
        if exchange.stage != Stage::Locating(None) {
            return;
        }
        let question = match exchange.locator.poll() {
            Next::Hop(hop) => return self.try_hop(id, hop, now),
            Next::Exhausted => return self.exhausted(id, now),
            Next::Waiting => return,
            Next::Resolve(_) if exchange.asked >= self.config.limits.questions => {
                return self.exhausted(id, now);
            }
            Next::Resolve(question) => question,
        };
        exchange.asked += 1;
        let query = QueryId(self.fresh());
        self.queries.insert(query, id);
        self.set_stage(id, Stage::Locating(Some(query)), now);
        self.outputs.push_back(Output::Resolve { query, question });
    }

    /// The DNS answered.
    pub(super) fn resolved(&mut self, id: ExchangeId, answer: Answer) {
        let Some(exchange) = self.exchanges.get_mut(&id) else { return };
        exchange.locator.handle_answer(answer, &mut self.ids);
        exchange.stage = Stage::Locating(None);
        self.schedule.set(Wake::Exchange(id), None);
        self.ready.push_back(id);
    }

    /// A stage took too long.
    pub(super) fn exchange_timeout(&mut self, id: ExchangeId, now: Instant) {
        let Some(exchange) = self.exchanges.get(&id) else { return };
        match exchange.stage {
            Stage::Locating(Some(query)) => {
                self.queries.remove(&query);
                self.resolved(id, Answer::Nothing);
            }
            Stage::Opening(flow) => {
                self.close_flow(flow, &Error::FlowLost(crate::FlowError::TimedOut), now);
            }
            Stage::AwaitingBody(_) => {
                self.finish(id, Outcome::Failed(Error::Misuse("body not provided")), now)
            }
            Stage::Locating(None) | Stage::Sent(..) => {}
        }
    }

    fn set_stage(&mut self, id: ExchangeId, stage: Stage, now: Instant) {
        if let Some(exchange) = self.exchanges.get_mut(&id) {
            exchange.stage = stage;
            let deadline = exchange.deadline(&self.config, now);
            self.schedule.set(Wake::Exchange(id), deadline);
        }
    }

    /// Opens, or finds, the flow to a hop.
    fn try_hop(&mut self, id: ExchangeId, hop: Hop, now: Instant) {
        let Some(exchange) = self.exchanges.get_mut(&id) else { return };
        exchange.tried += 1;
        if exchange.tried > self.config.limits.addresses {
            return self.exhausted(id, now);
        }
        exchange.hop = Some(hop.clone());
        match self.find_flow(&hop, now) {
            Ok(Found::Up(local)) => self.on_flow(id, local.flow, now),
            Ok(Found::Opening(flow)) => self.set_stage(id, Stage::Opening(flow), now),
            Ok(Found::New(flow, target)) => {
                self.set_stage(id, Stage::Opening(flow), now);
                self.outputs.push_back(Output::Open { flow, target });
            }
            Err(error) => self.finish(id, Outcome::Failed(error), now),
        }
    }

    /// No address is left: the flow of the dialog is the last resort.
    fn exhausted(&mut self, id: ExchangeId, now: Instant) {
        let Some(exchange) = self.exchanges.get_mut(&id) else { return };
        // Not after an address that was reached and said nothing, or no.
        let unreached = matches!(exchange.last_error, None | Some(Error::FlowLost(_)));
        let secure = exchange.draft.aim.request_uri.scheme() == Scheme::Sips;
        let flows = &self.flows;
        let fits = |flow: &FlowId| !secure || flows.transport(*flow) == Some(Transport::Tls);
        let fallback = exchange.draft.fallback.take().filter(|_| unreached).filter(fits);
        if let Some(local) = fallback.and_then(|flow| self.flows.local(flow, Listen::default())) {
            exchange.hop = None;
            exchange.oversize = true;
            return self.on_flow(id, local.flow, now);
        }
        let unresolved = || Error::Unresolved(exchange.locator.host().clone());
        let error = exchange.last_error.take().unwrap_or_else(unresolved);
        self.finish(id, Outcome::Failed(error), now);
    }

    /// All exchanges that waited for a flow go on.
    pub(super) fn flow_opened(&mut self, flow: FlowId, now: Instant) {
        let waiting: Vec<ExchangeId> = self
            .exchanges
            .iter()
            .filter(|(_, exchange)| exchange.stage == Stage::Opening(flow))
            .map(|(id, _)| *id)
            .collect();
        for id in waiting {
            self.on_flow(id, flow, now);
        }
    }

    /// Our end of a flow, with the port peers reach us at.
    pub(crate) fn local(&self, flow: FlowId) -> Option<Local> {
        self.flows.local(flow, Listen { tcp: self.config.listen_port, tls: self.config.listen_tls_port })
    }

    /// The flow is up: sends the request, or asks for its body first.
    fn on_flow(&mut self, id: ExchangeId, flow: FlowId, now: Instant) {
        let Some(local) = self.local(flow) else { return };
        let Some(exchange) = self.exchanges.get(&id) else { return };
        if exchange.draft.needs_body(local.local.ip()) {
            self.set_stage(id, Stage::AwaitingBody(flow), now);
            return self.deliver(id, Outcome::NeedBody(local.sent_by), now);
        }
        self.send_on(id, local, now);
    }

    fn send_on(&mut self, id: ExchangeId, local: Local, now: Instant) {
        let Some(exchange) = self.exchanges.get_mut(&id) else { return };
        let draft = &exchange.draft;
        let repeats = std::mem::take(&mut exchange.repeats);
        let name = exchange.name.take().filter(|_| repeats);
        let name = name.unwrap_or_else(|| RequestName { branch: self.ids.branch(), sent_by: local.sent_by });
        let credentials = match draft.method == Method::ACK {
            true => Vec::new(),
            false => exchange.auth.values(
                draft.method.as_str(),
                draft.aim.request_uri.as_str(),
                draft.body_bytes(),
                &mut self.ids,
            ),
        };
        let request = match draft.build(&local, &name, &credentials, &self.config) {
            Ok(request) => request,
            Err(error) => return self.finish(id, Outcome::Failed(error.into()), now),
        };
        let too_long = local.transport == Transport::Udp
            && request.as_bytes().len() > self.config.limits.datagram
            && !exchange.oversize;
        if let (true, Some(hop)) = (too_long, exchange.hop.clone()) {
            // RFC 3261 §18.1.1: a congestion controlled transport, and UDP only if there is none.
            let stream = Hop { transport: Transport::Tcp, ..hop.clone() };
            exchange.spare = Some(hop);
            return self.try_hop(id, stream, now);
        }
        exchange.sent = Some(request.clone());
        if *request.method() == Method::ACK {
            return self.send_ack(id, request, local.flow, now);
        }
        let client = self.layer.send(request, &name.branch, local.flow, local.transport, now);
        exchange.name = Some(name);
        self.clients.insert(client, id);
        self.set_stage(id, Stage::Sent(client, local.flow), now);
    }

    /// An ACK has no transaction: it is sent, and noted in the exchange of its INVITE for repetition.
    fn send_ack(&mut self, id: ExchangeId, request: Request, flow: FlowId, now: Instant) {
        let Some(Exchange { user: User::Ack { invite, tag }, .. }) = self.take_exchange(id) else { return };
        self.transmit(flow, request.as_bytes().clone(), now);
        self.set_ack_stage(invite, &tag, AckStage::Sent(flow, request.as_bytes().clone()));
    }

    fn set_ack_stage(&mut self, invite: ExchangeId, tag: &str, stage: AckStage) {
        let acks = self.exchanges.get_mut(&invite).map(|exchange| &mut exchange.acks);
        if let Some(ack) = acks.and_then(|acks| acks.iter_mut().find(|ack| ack.tag == *tag)) {
            ack.stage = stage;
        }
    }

    /// Sends the ACK to a 2xx on its way: the first time with a `draft`, which is kept for the next times.
    pub(crate) fn start_ack(&mut self, invite: ExchangeId, tag: &ByteStr, draft: Draft) {
        let acks = self.exchanges.get_mut(&invite).map(|exchange| &mut exchange.acks);
        let Some(ack) = acks.and_then(|acks| acks.iter_mut().find(|ack| ack.tag == *tag)) else { return };
        ack.draft = Some(draft.clone());
        ack.stage = AckStage::Underway;
        if self.start(User::Ack { invite, tag: tag.clone() }, draft, Auth::default()).is_err() {
            self.set_ack_stage(invite, tag, AckStage::Stuck);
        }
    }

    /// The body an exchange waited for.
    pub(crate) fn body_ready(
        &mut self,
        id: ExchangeId,
        content_type: ByteStr,
        bytes: Bytes,
    ) -> Result<(), Error> {
        let misuse = Error::Misuse("no body is asked for");
        let Some(exchange) = self.exchanges.get_mut(&id) else { return Err(misuse) };
        let Stage::AwaitingBody(flow) = exchange.stage else { return Err(misuse) };
        let ip = self.flows.local(flow, Listen::default()).map(|local| local.local.ip());
        // Without the flow the exchange has moved on already.
        let Some(ip) = ip else { return Err(misuse) };
        exchange.draft.body = DraftBody::AtFlow { ready: Some((ip, content_type, bytes)) };
        exchange.stage = Stage::Opening(flow);
        self.schedule.set(Wake::Exchange(id), None);
        Ok(())
    }

    /// Goes on after [`Self::body_ready`].
    pub(crate) fn resume(&mut self, id: ExchangeId, now: Instant) {
        if let Some(Stage::Opening(flow)) = self.exchanges.get(&id).map(|exchange| exchange.stage) {
            self.on_flow(id, flow, now);
        }
    }

    /// A response for an exchange.
    pub(super) fn take_response(&mut self, client: ClientId, response: Response, now: Instant) {
        let Some(id) = self.clients.get(&client).copied() else { return };
        let Some(exchange) = self.exchanges.get_mut(&id) else { return };
        exchange.answered = true;
        let status = response.status();
        if status.is_provisional() {
            return self.deliver(id, Outcome::Provisional(response), now);
        }
        if status.is_success() {
            exchange.auth.handle_success(&response);
            if exchange.draft.method == Method::INVITE {
                return self.accepted(id, response, now);
            }
        }
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::PROXY_AUTHENTICATION_REQUIRED) {
            match exchange.auth.handle_challenge(&response) {
                Verdict::Retry => return self.send_again(id, now),
                Verdict::Refused => {}
                Verdict::Loop(loop_) => {
                    return self.finish(id, Outcome::Failed(Error::PeerMisbehaved(loop_)), now);
                }
            }
        }
        if status == StatusCode::SERVICE_UNAVAILABLE && !self.is_cancelled(id) {
            // RFC 3263 §4.3: as if the server could not be reached.
            return self.next_hop(id, Error::Rejected(Box::new(response)), now);
        }
        self.finish(id, Outcome::Final(response), now);
    }

    /// A 2xx to an INVITE: acknowledged here if it was before, else the session's.
    fn accepted(&mut self, id: ExchangeId, response: Response, now: Instant) {
        let tag = response.to().ok().and_then(|to| to.tag().map(ByteStr::from)).unwrap_or_default();
        let Some(exchange) = self.exchanges.get_mut(&id) else { return };
        match exchange.acks.iter().find(|ack| ack.tag == tag) {
            Some(Ack { stage: AckStage::Underway, .. }) => {}
            Some(Ack { stage: AckStage::Sent(flow, ack), .. }) if self.flows.contains(*flow) => {
                let (flow, ack) = (*flow, ack.clone());
                self.transmit(flow, ack, now);
            }
            Some(Ack { stage: AckStage::Sent(..) | AckStage::Stuck, draft, .. }) => {
                if let Some(draft) = draft.clone() {
                    self.start_ack(id, &tag, draft);
                }
            }
            None if exchange.acks.len() >= self.config.limits.forks => {}
            None => {
                exchange.acks.push(Ack { tag, draft: None, stage: AckStage::Stuck });
                self.deliver(id, Outcome::Final(response), now);
            }
        }
    }

    /// Sends the request again with the credentials that were asked for: new number, new branch, same flow.
    fn send_again(&mut self, id: ExchangeId, now: Instant) {
        let Some(exchange) = self.exchanges.get(&id) else { return };
        let (user, number, flow) = (exchange.user.clone(), exchange.draft.number, exchange.flow());
        if self.is_cancelled(id) {
            return self.finish(id, Outcome::Failed(Error::Cancelled), now);
        }
        if !user.makes_room() && self.layer.is_full_of_clients() {
            return self.finish(id, Outcome::Failed(Error::Limit("transactions")), now);
        }
        let number = self.number_after(&user, number);
        let local = flow.and_then(|flow| self.local(flow));
        let Some(exchange) = self.exchanges.get_mut(&id) else { return };
        exchange.draft.number = number;
        exchange.answered = false;
        match (local, exchange.hop.clone()) {
            (Some(local), _) => self.send_on(id, local, now),
            (None, Some(hop)) => self.try_hop(id, hop, now),
            (None, None) => self.exhausted(id, now),
        }
    }

    /// The request on a client transaction will not be answered there.
    pub(super) fn exchange_lost(&mut self, client: ClientId, error: &Error, now: Instant) {
        let Some(id) = self.clients.remove(&client) else { return };
        let Some(exchange) = self.exchanges.get_mut(&id) else { return };
        let flow = exchange.flow();
        let garbage = flow.and_then(|flow| self.flows.garbage(flow));
        let error = match (error, garbage) {
            (Error::TimedOut, Some(garbage)) => Error::PeerMisbehaved(Misbehaviour::NotSip(garbage)),
            (error, _) => error.clone(),
        };
        if self.is_cancelled(id) {
            return self.finish(id, Outcome::Failed(error), now);
        }
        let Some(exchange) = self.exchanges.get_mut(&id) else { return };
        let again =
            matches!(error, Error::FlowLost(_)) && !std::mem::replace(&mut exchange.was_repeated, true);
        if let (true, Some(hop)) = (again, exchange.hop.clone()) {
            // The peer may have closed an idle connection while the request was on its way, or have the request and
            // look for a way to answer. To it this is a repetition, and no second request (RFC 3261 §17.2.3).
            exchange.repeats = true;
            exchange.last_error = Some(error);
            exchange.stage = Stage::Locating(None);
            return self.try_hop(id, hop, now);
        }
        match error {
            // Once the peer works on it another address would be a second call.
            error if exchange.answered => self.finish(id, Outcome::Failed(error), now),
            error => self.next_hop(id, error, now),
        }
    }

    /// The hop at hand failed: the spare one, or the next one.
    pub(super) fn next_hop(&mut self, id: ExchangeId, error: Error, now: Instant) {
        let Some(exchange) = self.exchanges.get_mut(&id) else { return };
        let could_not_open = matches!(exchange.stage, Stage::Opening(_));
        exchange.last_error = Some(error);
        exchange.answered = false;
        exchange.repeats = false;
        exchange.was_repeated = false;
        exchange.stage = Stage::Locating(None);
        self.schedule.set(Wake::Exchange(id), None);
        match exchange.spare.take() {
            Some(hop) if could_not_open => {
                exchange.oversize = true;
                self.try_hop(id, hop, now);
            }
            _ => self.ready.push_back(id),
        }
    }

    /// A client transaction is gone: an INVITE whose 2xx cannot be repeated any more is forgotten.
    pub(super) fn client_gone(&mut self, client: ClientId) {
        let Some(id) = self.clients.remove(&client) else { return };
        let Some(exchange) = self.exchanges.get(&id) else { return };
        if matches!(exchange.stage, Stage::Sent(current, _) if current == client) && !exchange.acks.is_empty()
        {
            self.take_exchange(id);
        }
    }

    /// Removes an exchange and what points to it. Its transaction goes on absorbing repeats by itself.
    pub(crate) fn take_exchange(&mut self, id: ExchangeId) -> Option<Exchange> {
        let exchange = self.exchanges.remove(&id)?;
        self.schedule.set(Wake::Exchange(id), None);
        match exchange.stage {
            Stage::Locating(Some(query)) => {
                self.queries.remove(&query);
            }
            Stage::Sent(client, _) => {
                self.clients.remove(&client);
            }
            Stage::Locating(None) | Stage::Opening(_) | Stage::AwaitingBody(_) => {}
        }
        Some(exchange)
    }

    /// Ends an exchange.
    fn finish(&mut self, id: ExchangeId, outcome: Outcome, now: Instant) {
        let Some(exchange) = self.take_exchange(id) else { return };
        self.conclude(exchange, outcome, now);
    }

    /// Tells the user of an exchange that goes on.
    fn deliver(&mut self, id: ExchangeId, outcome: Outcome, now: Instant) {
        let Some(exchange) = self.exchanges.get(&id) else { return };
        match exchange.user.clone() {
            User::Invite(session) => self.invite_progress(session, id, outcome, now),
            User::Offer(session) => {
                if let Outcome::Final(response) = outcome {
                    self.offer_accepted(session, id, response, now);
                }
            }
            User::Ack { .. } | User::Bye(_) | User::Refresh(_) | User::Prack { .. } | User::Register(_) => {}
        }
    }

    /// Tells the user of an exchange that is over.
    fn conclude(&mut self, exchange: Exchange, outcome: Outcome, now: Instant) {
        match exchange.user.clone() {
            User::Invite(session) => self.invite_failed(session, exchange, outcome),
            User::Bye(session) => self.bye_done(session),
            User::Refresh(session) => self.refresh_done(session, exchange, outcome, now),
            User::Offer(session) => self.offer_failed(session, exchange, outcome, now),
            User::Register(registration) => self.register_done(registration, exchange, outcome, now),
            // Without its ACK the peer repeats its 2xx, and the way is looked for once more.
            User::Ack { invite, tag } => self.set_ack_stage(invite, &tag, AckStage::Stuck),
            User::Prack { session, .. } => self.prack_done(session, &exchange.auth),
        }
    }

    /// The number of a request that is sent again.
    fn number_after(&mut self, user: &User, number: u32) -> u32 {
        let dialog = match user {
            User::Bye(session) | User::Refresh(session) | User::Offer(session) => {
                self.sessions.get_mut(session).and_then(|session| session.dialog.as_mut())
            }
            User::Prack { session, dialog } => {
                self.sessions.get_mut(session).and_then(|session| session.dialog_mut(dialog))
            }
            User::Invite(_) | User::Ack { .. } | User::Register(_) => None,
        };
        match dialog {
            Some(dialog) => dialog.next_number(),
            None => number.saturating_add(1),
        }
    }

    /// Writes bytes to a flow.
    pub(crate) fn transmit(&mut self, flow: FlowId, bytes: Bytes, now: Instant) {
        if let Some(bytes) = self.flows.transmit(flow, bytes, now) {
            self.outputs.push_back(Output::Transmit { flow, bytes });
        }
    }

    /// Sends a response to where its request came from; a stream that is gone is opened again.
    pub(crate) fn reply(&mut self, to: ReplyTo, bytes: Bytes, now: Instant) {
        if self.flows.contains(to.flow) {
            return self.transmit(to.flow, bytes, now);
        }
        let server_name =
            (to.transport == Transport::Tls).then(|| ByteStr::from(to.address.ip().to_string()));
        let hop = Hop { transport: to.transport, address: to.address, server_name };
        let flow = match self.find_flow(&hop, now) {
            Ok(Found::Up(local)) => local.flow,
            Ok(Found::Opening(flow)) => flow,
            Ok(Found::New(flow, target)) => {
                self.outputs.push_back(Output::Open { flow, target });
                self.schedule.set(Wake::Flow(flow), Some(now + self.config.timers.connect));
                flow
            }
            Err(_) => return,
        };
        self.transmit(flow, bytes, now);
    }
}
