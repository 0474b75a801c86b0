//! Responses of ours: those the application gives, and those it need not know of (RFC 3261 §8.2, §9.2, §11.2).

use std::time::Instant;

use bytes::Bytes;
use grammar::ByteStr;
use sip::{HeaderName, Method, NameAddr, Request, Response, ResponseBuilder, Scheme, StatusCode};

use super::{UserAgent, Wake};
use crate::dialog::DialogId;
use crate::exchange::{ContactForm, list, user_part};
use crate::flows::Local;
use crate::session::timer_headers;
use crate::transaction::{ReplyTo, ServerId};
use crate::{Error, Event, IncomingId, Options, Reply, SessionId};

/// A request that waits for the application.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) server: ServerId,
    pub(crate) request: Request,
    /// The To tag of all our responses.
    pub(crate) local_tag: ByteStr,
    /// Our end of the flow it came on, which may be gone.
    pub(crate) local: Local,
    /// The session whose offer it is, if it is one inside of a session.
    pub(crate) within: Option<SessionId>,
}

impl UserAgent {
    /// The 100 to an INVITE; no tag (RFC 3261 §8.2.6.2).
    pub(super) fn trying(&self, request: &Request) -> Option<Bytes> {
        let is_invite = *request.method() == Method::INVITE;
        let response =
            is_invite.then(|| Response::builder_for(request, StatusCode::TRYING).build().ok())??;
        Some(response.as_bytes().clone())
    }

    /// A request outside of dialogs that is allowed.
    pub(super) fn take_outside(&mut self, server: ServerId, local: &Local, request: Request, now: Instant) {
        let method = request.method();
        if *method == Method::OPTIONS && self.config.options == Options::AnsweredInside {
            return self.answer_inside(server, &request, StatusCode::OK, now);
        }
        if [Method::BYE, Method::UPDATE, Method::PRACK, Method::INFO].contains(method) {
            // Requests that make no sense outside of a dialog.
            let status = StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST;
            return self.answer_inside(server, &request, status, now);
        }
        if *method == Method::INVITE && self.sessions.len() >= self.config.limits.sessions {
            return self.answer_inside(server, &request, StatusCode::SERVICE_UNAVAILABLE, now);
        }
        let id = self.wait_for_answer(server, local, request.clone(), now);
        self.emit(Event::Incoming { id, flow: local.flow, local: local.sent_by, request });
    }

    /// Keeps a request until the application answers.
    pub(crate) fn wait_for_answer(
        &mut self,
        server: ServerId,
        local: &Local,
        request: Request,
        now: Instant,
    ) -> IncomingId {
        let id = IncomingId(self.fresh());
        if *request.method() == Method::INVITE {
            self.schedule.set(Wake::Incoming(id), Some(now + self.config.timers.answer));
        }
        let local_tag = self.ids.tag();
        self.servers.insert(server, id);
        self.incoming.insert(id, Incoming { server, request, local_tag, local: *local, within: None });
        id
    }

    /// A request with a To tag of no dialog: it may be that of an INVITE not answered yet.
    pub(super) fn take_in_early_dialog(
        &mut self,
        id: &DialogId,
        server: ServerId,
        request: &Request,
        now: Instant,
    ) {
        let early = self.incoming.iter().find(|(_, incoming)| {
            *incoming.request.method() == Method::INVITE
                && incoming.local_tag == id.local_tag
                && incoming.request.call_id().is_ok_and(|call_id| id.call_id == *call_id)
        });
        let unknown = StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST;
        match early.map(|(id, _)| *id) {
            // RFC 3261 §15.1.2: the INVITE is answered 487.
            Some(early) if *request.method() == Method::BYE => {
                self.answer_inside(server, request, StatusCode::OK, now);
                self.abandon(early, StatusCode::REQUEST_TERMINATED, now);
            }
            _ => self.answer_inside(server, request, unknown, now),
        }
    }

    /// RFC 3261 §9.2: 200 to the CANCEL, 487 to its INVITE if that is not answered yet.
    pub(super) fn take_cancel(&mut self, request: &Request, reply_to: ReplyTo, now: Instant) {
        let Some(invite) = self.layer.cancelled(request) else {
            return self.answer_new(request, reply_to, StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST, now);
        };
        let incoming = self.servers.get(&invite).copied();
        let tag = incoming.and_then(|id| self.incoming.get(&id)).map(|incoming| incoming.local_tag.clone());
        let tag = tag.unwrap_or_else(|| self.ids.tag());
        if let Some(server) = self.layer.accept(request, reply_to, None, now) {
            let response = self.builder(request, StatusCode::OK, &tag).build();
            self.send_response(server, response.ok(), now);
        }
        if let Some(id) = incoming {
            self.abandon(id, StatusCode::REQUEST_TERMINATED, now);
        }
    }

    /// An INVITE ends without the application.
    pub(super) fn abandon(&mut self, id: IncomingId, status: StatusCode, now: Instant) {
        let Some(incoming) = self.forget_incoming(id) else { return };
        let response = self.builder(&incoming.request, status, &incoming.local_tag).build();
        self.send_response(incoming.server, response.ok(), now);
        self.emit(Event::Cancelled { id });
        self.offer_after(&incoming, now);
    }

    /// The application did not answer in time.
    pub(super) fn incoming_timeout(&mut self, id: IncomingId, now: Instant) {
        self.abandon(id, StatusCode::TEMPORARILY_UNAVAILABLE, now);
    }

    /// A server transaction is gone: whoever waits for its answer has given up.
    pub(super) fn server_gone(&mut self, server: ServerId, now: Instant) {
        if let Some(id) = self.servers.get(&server).copied()
            && let Some(incoming) = self.forget_incoming(id)
        {
            self.offer_after(&incoming, now);
        }
    }

    /// An offer of ours may have waited for the end of one of the peer.
    fn offer_after(&mut self, incoming: &Incoming, now: Instant) {
        if let Some(session) = incoming.within {
            self.send_offer(session, now);
        }
    }

    fn forget_incoming(&mut self, id: IncomingId) -> Option<Incoming> {
        let incoming = self.incoming.remove(&id)?;
        self.servers.remove(&incoming.server);
        self.schedule.set(Wake::Incoming(id), None);
        Some(incoming)
    }

    /// The application answers.
    pub(super) fn answer(
        &mut self,
        id: IncomingId,
        reply: &Reply,
        now: Instant,
    ) -> Result<Option<SessionId>, Error> {
        let unknown = Error::Misuse("no such request waits");
        let Some(incoming) = self.incoming.get(&id) else { return Err(unknown) };
        if reply.status == StatusCode::TRYING {
            return Ok(None);
        }
        let within = incoming.within;
        let is_invite = *incoming.request.method() == Method::INVITE;
        let mut builder = self.builder(&incoming.request, reply.status, &incoming.local_tag);
        if (is_invite || within.is_some()) && reply.status.as_u16() < 300 {
            let contact = self.reply_contact(incoming, reply)?;
            builder = builder.header(HeaderName::CONTACT, contact);
        }
        if within.is_some() && reply.status.is_success() {
            for (name, value) in timer_headers(&incoming.request, now) {
                builder = builder.header(name, value);
            }
        }
        for (name, value) in &reply.headers {
            builder = builder.header_other(name, value);
        }
        let written = |name| reply.headers.iter().any(|(text, _)| HeaderName::parse(text) == Some(name));
        if reply.status.is_success() {
            for (name, value) in self.capabilities() {
                if !written(name) && !value.is_empty() {
                    builder = builder.header(name, value);
                }
            }
        }
        if let Some(content_type) = &reply.content_type {
            builder = builder.body(content_type, reply.body.clone());
        }
        let response = builder.build()?;
        if reply.status.is_provisional() {
            let server = incoming.server;
            self.send_response(server, Some(response), now);
            return Ok(None);
        }
        let Some(incoming) = self.forget_incoming(id) else { return Err(unknown) };
        if let Some(session) = within {
            if reply.status.is_success() {
                self.answer_accepted_inside(session, &incoming, response, reply, now);
            } else {
                self.send_response(incoming.server, Some(response), now);
            }
            self.offer_after(&incoming, now);
            return Ok(Some(session));
        }
        if is_invite && reply.status.is_success() {
            return self.answer_accepted(incoming, response, reply, now).map(Some);
        }
        self.send_response(incoming.server, Some(response), now);
        Ok(None)
    }

    /// A 2xx to an INVITE makes a session, if the INVITE has what a dialog needs.
    fn answer_accepted(
        &mut self,
        incoming: Incoming,
        response: Response,
        reply: &Reply,
        now: Instant,
    ) -> Result<SessionId, Error> {
        match self.open_called_session(&incoming, &response, reply, now) {
            Ok(session) => {
                self.send_response(incoming.server, Some(response), now);
                Ok(session)
            }
            Err(misbehaviour) => {
                let response = self.builder(&incoming.request, StatusCode::BAD_REQUEST, &incoming.local_tag);
                self.send_response(incoming.server, response.build().ok(), now);
                Err(Error::PeerMisbehaved(misbehaviour))
            }
        }
    }

    /// Our end of the flow that a request came on, the last time that it came.
    pub(crate) fn local_of(&self, incoming: &Incoming) -> Local {
        let repeated = self.layer.reply_to(incoming.server).and_then(|to| self.local(to.flow));
        repeated.or_else(|| self.local(incoming.local.flow)).unwrap_or(incoming.local)
    }

    /// Our Contact in a response to INVITE.
    fn reply_contact(&self, incoming: &Incoming, reply: &Reply) -> Result<String, Error> {
        let bad = || Error::from(sip::BuildError::Value("Contact"));
        if let Some(uri) = &reply.contact {
            return NameAddr::format(None, uri.as_str(), &reply.contact_params).map_err(|_| bad());
        }
        let user = incoming.request.uri().ok().and_then(|uri| user_part(uri.user()));
        let secure = incoming.request.uri().is_ok_and(|uri| uri.scheme() == Scheme::Sips);
        let form = ContactForm { user, params: reply.contact_params.clone(), secure };
        Ok(form.value(&self.local_of(incoming))?)
    }

    /// Allow, Supported and Accept, as an OPTIONS or a 2xx shows them.
    fn capabilities(&self) -> [(HeaderName, String); 3] {
        let config = &self.config;
        [
            (HeaderName::ALLOW, list(config.allow.iter().map(Method::as_str))),
            (HeaderName::SUPPORTED, list(config.supported.iter().map(|tag| &**tag))),
            (HeaderName::ACCEPT, list(config.accept.iter().map(|media_type| &**media_type))),
        ]
    }

    /// A response with our To tag and Server.
    pub(crate) fn builder(&self, request: &Request, status: StatusCode, local_tag: &str) -> ResponseBuilder {
        let builder = Response::builder_for(request, status).to_tag(local_tag);
        match self.config.user_agent.is_empty() {
            true => builder,
            false => builder.header(HeaderName::SERVER, &self.config.user_agent),
        }
    }

    /// Answers a request by its status alone, with the headers that belong to it.
    pub(crate) fn answer_inside(
        &mut self,
        server: ServerId,
        request: &Request,
        status: StatusCode,
        now: Instant,
    ) {
        let response = self.bare_response(request, status);
        self.send_response(server, response, now);
    }

    /// Answers a request that has no transaction yet, so that it is answered the same when it comes again.
    pub(super) fn answer_new(
        &mut self,
        request: &Request,
        reply_to: ReplyTo,
        status: StatusCode,
        now: Instant,
    ) {
        if let Some(server) = self.layer.accept(request, reply_to, None, now) {
            self.answer_inside(server, request, status, now);
        }
    }

    /// Answers a request and forgets it: it is unreadable, or there is no room for a transaction.
    pub(super) fn answer_stateless(
        &mut self,
        request: &Request,
        to: ReplyTo,
        status: StatusCode,
        now: Instant,
    ) {
        if *request.method() == Method::ACK {
            return;
        }
        if let Some(response) = self.bare_response(request, status) {
            self.reply(to, response.as_bytes().clone(), now);
        }
    }

    fn bare_response(&mut self, request: &Request, status: StatusCode) -> Option<Response> {
        let tag = self.ids.tag();
        let mut builder = self.builder(request, status, &tag);
        let [allow, supported, accept] = self.capabilities();
        let headers = match status {
            StatusCode::OK if *request.method() == Method::OPTIONS => vec![allow, supported, accept],
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => vec![allow],
            StatusCode::BAD_EXTENSION => {
                vec![(HeaderName::UNSUPPORTED, list(self.unsupported(request).into_iter()))]
            }
            // RFC 3261 §21.4.26, §21.5.4: when to come back; the load is over once transactions have ended.
            StatusCode::SERVICE_UNAVAILABLE => {
                vec![(HeaderName::RETRY_AFTER, self.config.timers.transaction().as_secs().to_string())]
            }
            // RFC 3261 §14.2, RFC 3311 §5.2: an offer that came too early comes back after up to 10 s.
            StatusCode::SERVER_INTERNAL_ERROR
                if [Method::INVITE, Method::UPDATE].contains(request.method()) =>
            {
                vec![(HeaderName::RETRY_AFTER, self.ids.below(11).to_string())]
            }
            _ => Vec::new(),
        };
        for (name, value) in headers.into_iter().filter(|(_, value)| !value.is_empty()) {
            builder = builder.header(name, value);
        }
        builder.build().ok()
    }

    pub(crate) fn send_response(&mut self, server: ServerId, response: Option<Response>, now: Instant) {
        if let Some(response) = response {
            self.layer.respond(server, response.status(), response.as_bytes().clone(), now);
        }
    }

    /// The option tags a request requires and we do not know (RFC 3261 §8.2.2.3: not of ACK and CANCEL).
    pub(super) fn unsupported<'a>(&self, request: &'a Request) -> Vec<&'a str> {
        request
            .headers()
            .values(HeaderName::REQUIRE)
            .filter(|tag| !self.config.supported.iter().any(|known| known.eq_ignore_ascii_case(tag)))
            .collect()
    }
}
