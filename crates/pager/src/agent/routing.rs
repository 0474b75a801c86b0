//! How outputs and events travel between the agent's parts.

use std::net::SocketAddr;
use std::time::Instant;

use sip::{Method, StatusCode};
use sip_ua::{IncomingId, Reply, SessionId};

use super::{Agent, Binding, Context, Output};
use crate::media::{Line, MediaOutput, Owner};
use crate::message::incoming::IncomingMachine;
use crate::message::outgoing::OutgoingMachine;
use crate::{Event, OfferId, TransferId};

impl Agent {
    pub(super) fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    pub(super) fn context(&mut self, now: Instant) -> Context<'_> {
        Context {
            clock: self.config.clock,
            config: &self.config,
            ua: &mut self.ua,
            media: &mut self.media,
            ids: &mut self.ids,
            service_route: &self.service_route,
            outputs: &mut self.outputs,
            now,
        }
    }

    /// Runs one step of a transfer with the rest of the agent lent to it.
    pub(super) fn with_transfer<T>(
        &mut self,
        id: TransferId,
        now: Instant,
        step: impl FnOnce(&mut OutgoingMachine, &mut Context<'_>) -> T,
    ) -> Option<T> {
        let mut machine = self.transfers.remove(&id)?;
        let result = step(&mut machine, &mut self.context(now));
        if !machine.is_over() {
            self.transfers.insert(id, machine);
        }
        Some(result)
    }

    pub(super) fn with_offer<T>(
        &mut self,
        id: OfferId,
        now: Instant,
        step: impl FnOnce(&mut IncomingMachine, &mut Context<'_>) -> T,
    ) -> Option<T> {
        let mut machine = self.offers.remove(&id)?;
        let result = step(&mut machine, &mut self.context(now));
        if machine.is_over() {
            self.incoming.retain(|_, offer| *offer != id);
            self.sessions.retain(|_, owner| *owner != Owner::Offer(id));
        } else {
            self.offers.insert(id, machine);
        }
        Some(result)
    }

    /// An offer that was answered has a session, whose events are the offer's from here on.
    pub(super) fn note_session(&mut self, offer: OfferId) {
        if let Some(session) = self.offers.get(&offer).and_then(|machine| machine.session()) {
            self.sessions.insert(session, Owner::Offer(offer));
        }
    }

    /// Carries outputs between the parts until all are quiet.
    pub(super) fn pump(&mut self, now: Instant) {
        loop {
            if let Some(output) = self.ua.poll_output() {
                match output {
                    sip_ua::Output::Open { flow, target } => {
                        self.outputs.push_back(Output::Open { flow, target })
                    }
                    sip_ua::Output::Transmit { flow, bytes } => {
                        self.outputs.push_back(Output::Transmit { flow, bytes });
                    }
                    sip_ua::Output::Close { flow } => self.outputs.push_back(Output::Close { flow }),
                    sip_ua::Output::Resolve { query, question } => {
                        self.outputs.push_back(Output::Resolve { query, question });
                    }
                    sip_ua::Output::Event(event) => self.ua_event(event, now),
                }
            } else if let Some(output) = self.media.poll_output() {
                match output {
                    MediaOutput::Open { flow, target } => {
                        self.outputs.push_back(Output::Open { flow, target })
                    }
                    MediaOutput::Transmit { flow, bytes } => {
                        self.outputs.push_back(Output::Transmit { flow, bytes });
                    }
                    MediaOutput::Close { flow } => self.outputs.push_back(Output::Close { flow }),
                    MediaOutput::Resolve { query, question } => {
                        self.outputs.push_back(Output::Resolve { query, question });
                    }
                    MediaOutput::Line(Line { owner, item }, event) => match owner {
                        Owner::Transfer(id) => {
                            self.with_transfer(id, now, |machine, context| {
                                machine.line_event(item, event, context)
                            });
                        }
                        Owner::Offer(id) => {
                            self.with_offer(id, now, |machine, context| {
                                machine.line_event(item, event, context)
                            });
                            self.note_session(id);
                        }
                    },
                }
            } else if self.shutting_down && self.is_shut_down() {
                self.shutting_down = false;
                self.outputs.push_back(Output::Event(Event::ShutDown));
                return;
            } else {
                return;
            }
        }
    }

    pub(super) fn is_shut_down(&mut self) -> bool {
        if self.transfers.is_empty() && self.offers.is_empty() {
            self.media.close_idle();
        }
        self.is_idle() && self.binding == Binding::Unregistered
    }

    pub(super) fn ua_event(&mut self, event: sip_ua::Event, now: Instant) {
        match event {
            sip_ua::Event::NeedBody { session, local } => {
                self.transfer_step(session, now, |machine, context| machine.provide_body(local, context));
            }
            sip_ua::Event::Provisional { session, .. } => {
                self.transfer_step(session, now, |machine, context| machine.ringing(context));
            }
            sip_ua::Event::Accepted { session, response, is_focus, remote_target } => {
                self.transfer_step(session, now, |machine, context| {
                    machine.accepted(&response, is_focus, &remote_target, context);
                });
                self.follow(session);
            }
            sip_ua::Event::Rejected { session, error } => {
                self.transfer_step(session, now, |machine, context| machine.rejected(&error, context));
                self.follow(session);
            }
            sip_ua::Event::Incoming { id, local, request, .. } => self.request(id, local, &request, now),
            sip_ua::Event::Cancelled { id } => {
                if let Some(offer) = self.incoming.remove(&id) {
                    self.with_offer(offer, now, IncomingMachine::cancelled);
                }
            }
            sip_ua::Event::Bye { session } => match self.sessions.get(&session) {
                Some(&Owner::Transfer(id)) => drop(self.with_transfer(id, now, OutgoingMachine::bye)),
                Some(&Owner::Offer(id)) => drop(self.with_offer(id, now, IncomingMachine::bye)),
                None => {}
            },
            sip_ua::Event::Ended { session, .. } => match self.sessions.remove(&session) {
                Some(Owner::Transfer(id)) => {
                    self.with_transfer(id, now, OutgoingMachine::ended);
                }
                Some(Owner::Offer(id)) => {
                    self.with_offer(id, now, IncomingMachine::ended);
                }
                None => {}
            },
            sip_ua::Event::Registered { id, expires, service_route, .. } => {
                self.registered(id, expires, service_route);
            }
            sip_ua::Event::RegistrationFailed { id, error, retry } => {
                self.registration_failed(id, &error, retry);
            }
            sip_ua::Event::Unregistered { id } => self.unregistered(id, now),
            sip_ua::Event::Offer { session, id, request } => match self.sessions.get(&session) {
                Some(&Owner::Transfer(transfer)) => {
                    self.with_transfer(transfer, now, |machine, context| {
                        machine.offered(id, &request, context);
                    });
                }
                Some(&Owner::Offer(offer)) => {
                    self.with_offer(offer, now, |machine, context| machine.offered(id, &request, context));
                }
                None => {
                    let _ = self.ua.respond(id, Reply::new(StatusCode::NOT_ACCEPTABLE_HERE), now);
                }
            },
            sip_ua::Event::Answered { session, answer } => {
                let answer = answer.ok();
                match self.sessions.get(&session) {
                    Some(&Owner::Transfer(id)) => {
                        self.with_transfer(id, now, |machine, context| {
                            machine.answered(answer.as_ref(), context);
                        });
                    }
                    Some(&Owner::Offer(id)) => {
                        self.with_offer(id, now, |machine, context| {
                            machine.answered(answer.as_ref(), context);
                        });
                    }
                    None => {}
                }
            }
            // A pager-mode session has no request of its own but BYE.
            sip_ua::Event::InDialog { id, .. } => {
                let _ = self.ua.respond(id, Reply::new(StatusCode::METHOD_NOT_ALLOWED), now);
            }
            _ => {}
        }
    }

    /// A fallback INVITE is a session of its own: the transfer hears of that from here on, and no more of `session`.
    fn follow(&mut self, session: SessionId) {
        if let Some(&Owner::Transfer(id)) = self.sessions.get(&session)
            && let Some(machine) = self.transfers.get(&id)
            && machine.session() != session
        {
            self.sessions.remove(&session);
            self.sessions.insert(machine.session(), Owner::Transfer(id));
        }
    }

    pub(super) fn transfer_step<T>(
        &mut self,
        session: SessionId,
        now: Instant,
        step: impl FnOnce(&mut OutgoingMachine, &mut Context<'_>) -> T,
    ) -> Option<T> {
        match self.sessions.get(&session) {
            Some(&Owner::Transfer(id)) => self.with_transfer(id, now, step),
            _ => None,
        }
    }

    pub(super) fn request(
        &mut self,
        incoming: IncomingId,
        local: SocketAddr,
        request: &sip::Request,
        now: Instant,
    ) {
        if *request.method() != Method::INVITE {
            let _ = self.ua.respond(incoming, Reply::new(StatusCode::METHOD_NOT_ALLOWED), now);
            return;
        }
        if self.offers.len() >= self.config.limits.max_sessions || self.shutting_down {
            let _ = self.ua.respond(incoming, Reply::new(StatusCode::BUSY_HERE), now);
            return;
        }
        let id = OfferId(self.fresh_id());
        match IncomingMachine::start(id, incoming, request, local, &mut self.context(now)) {
            Ok(machine) => {
                self.incoming.insert(incoming, id);
                self.offers.insert(id, Box::new(machine));
            }
            Err(refusal) => {
                self.context(now).respond(incoming, refusal.status, refusal.headers, None);
            }
        }
    }
}
