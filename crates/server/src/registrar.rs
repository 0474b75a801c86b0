//! `Registrar`: which contacts a user is bound to (RFC 3261 §10.3).

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use grammar::{ByteStr, Host};
use sip::uri::unescape;
use sip::{HeaderName, Request, Scheme, StatusCode, Uri};
use sip_ua::{FlowId, Transport};

use crate::Event;
use crate::config::{Limits, Timers};

/// The bindings of all users.
#[derive(Debug)]
pub(crate) struct Registrar {
    /// By user; the binding made last stands last.
    bindings: BTreeMap<ByteStr, Vec<Binding>>,
    max_bindings: usize,
    min_expires: Duration,
    max_expires: Duration,
}

/// A contact of a user.
#[derive(Debug, Clone)]
pub(crate) struct Binding {
    /// Where requests for the user go.
    pub(crate) contact: Uri,
    /// The flow the REGISTER came on.
    pub(crate) flow: FlowId,
    /// The header parameters of the contact but `expires`, such as `;+sip.instance="<urn:uuid:...>"`.
    params: ByteStr,
    expires: Instant,
    call_id: ByteStr,
    cseq: u32,
}

/// What a REGISTER asks for.
#[derive(Debug)]
pub(crate) struct Wish {
    call_id: ByteStr,
    cseq: u32,
    contacts: Contacts,
}

/// The contacts of a REGISTER.
#[derive(Debug)]
enum Contacts {
    /// None: tell me what is bound.
    Fetch,
    /// `*` with Expires 0: remove all.
    RemoveAll,
    /// Bind these, or remove those whose lifetime is zero.
    Bind(Vec<Contact>),
}

#[derive(Debug)]
struct Contact {
    uri: Uri,
    params: ByteStr,
    /// Seconds, if any are asked for.
    expires: Option<u64>,
}

/// Why a REGISTER is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// With this status and nothing more to say.
    Status(StatusCode),
    /// With 423 and this many seconds as Min-Expires.
    TooBrief(u64),
}

impl Wish {
    /// Reads a REGISTER. Contacts at `own` host are refused: requests for them would come back for ever.
    pub(crate) fn read(request: &Request, is_own: impl Fn(&Uri) -> bool) -> Result<Self, Refusal> {
        const BAD: Refusal = Refusal::Status(StatusCode::BAD_REQUEST);
        let call_id = ByteStr::from(request.call_id().map_err(|_| BAD)?);
        let cseq = request.cseq().map_err(|_| BAD)?.number;
        let default = match request.headers().get(HeaderName::EXPIRES) {
            Some(_) => Some(u64::from(request.expires().map_err(|_| BAD)?.ok_or(BAD)?)),
            None => None,
        };
        let mut star = false;
        let mut contacts = Vec::new();
        for contact in request.contacts() {
            let contact = contact.map_err(|_| BAD)?;
            let Some(address) = contact.name_addr() else {
                star = true;
                continue;
            };
            let uri = address.uri.to_owned();
            let host = uri.host_port().ok_or(BAD)?;
            if !uri.is_sip() || matches!(host.host, Host::Name("")) {
                return Err(BAD);
            }
            if is_own(&uri) {
                return Err(Refusal::Status(StatusCode::FORBIDDEN));
            }
            let mut params = String::new();
            for param in address.params.iter().filter(|param| !param.name.eq_ignore_ascii_case("expires")) {
                params.push(';');
                params.push_str(param.name);
                if let Some(raw) = param.raw {
                    params.push('=');
                    params.push_str(raw);
                }
            }
            let expires = contact.expires().map(u64::from).or(default);
            contacts.push(Contact { uri, params: params.into(), expires });
        }
        let contacts = match (star, contacts.is_empty()) {
            (false, true) => Contacts::Fetch,
            (false, false) => Contacts::Bind(contacts),
            // RFC 3261 §10.3 step 6: `*` stands alone, and with Expires 0.
            (true, true) if default == Some(0) => Contacts::RemoveAll,
            (true, _) => return Err(BAD),
        };
        Ok(Self { call_id, cseq, contacts })
    }
}

impl Registrar {
    /// A registrar without bindings.
    pub(crate) fn new(limits: &Limits, timers: &Timers) -> Self {
        Self {
            bindings: BTreeMap::new(),
            max_bindings: limits.max_bindings,
            min_expires: timers.min_expires,
            max_expires: timers.max_expires,
        }
    }

    /// Does what an authenticated REGISTER of `user` asks, all of it or nothing (RFC 3261 §10.3 step 7).
    ///
    /// A contact that another user is bound to is refused with 403: requests inside of dialogs carry nothing but the
    /// contact, so what the other user is sent would come to this one.
    pub(crate) fn apply(
        &mut self,
        user: &ByteStr,
        wish: Wish,
        flow: FlowId,
        now: Instant,
        mut tell: impl FnMut(Event),
    ) -> Result<(), Refusal> {
        let Wish { call_id, cseq, contacts } = wish;
        let mut bound = self.bindings.get(user).cloned().unwrap_or_default();
        // An older request of the same client must not undo a newer one. The same one again is a repeat.
        let outdated = |binding: &Binding| binding.call_id == call_id && binding.cseq > cseq;
        match contacts {
            Contacts::Fetch => return Ok(()),
            Contacts::RemoveAll => {
                if bound.iter().any(outdated) {
                    return Err(Refusal::Status(StatusCode::SERVER_INTERNAL_ERROR));
                }
                for binding in bound.drain(..) {
                    tell(Event::Unregistered { user: user.clone(), contact: binding.contact.text().clone() });
                }
            }
            Contacts::Bind(contacts) => {
                let mut events = Vec::new();
                for Contact { uri, params, expires } in contacts {
                    let known = bound.iter().position(|binding| binding.contact.equivalent(&uri));
                    let old = known.map(|at| bound.remove(at));
                    if old.as_ref().is_some_and(outdated) {
                        return Err(Refusal::Status(StatusCode::SERVER_INTERNAL_ERROR));
                    }
                    let contact = uri.text().clone();
                    if expires == Some(0) {
                        events.extend(old.map(|_| Event::Unregistered { user: user.clone(), contact }));
                        continue;
                    }
                    let lifetime =
                        expires.map_or(self.max_expires, Duration::from_secs).min(self.max_expires);
                    if lifetime < self.min_expires {
                        return Err(Refusal::TooBrief(self.min_expires.as_secs()));
                    }
                    if bound.len() >= self.max_bindings || self.is_bound_by_others(user, &uri) {
                        return Err(Refusal::Status(StatusCode::FORBIDDEN));
                    }
                    events.push(Event::Registered {
                        user: user.clone(),
                        contact,
                        expires: lifetime.as_secs(),
                    });
                    let call_id = call_id.clone();
                    bound.push(Binding {
                        contact: uri,
                        flow,
                        params,
                        expires: now + lifetime,
                        call_id,
                        cseq,
                    });
                }
                events.into_iter().for_each(tell);
            }
        }
        if bound.is_empty() {
            self.bindings.remove(user);
        } else {
            self.bindings.insert(user.clone(), bound);
        }
        Ok(())
    }

    fn is_bound_by_others(&self, user: &str, contact: &Uri) -> bool {
        let others = self.bindings.iter().filter(|(other, _)| other.as_str() != user);
        others.flat_map(|(_, bound)| bound).any(|binding| is_same_place(&binding.contact, contact))
    }

    /// The values of Contact in the answer: everything that is bound, and for how long.
    pub(crate) fn contacts(&self, user: &str, now: Instant) -> Vec<String> {
        let left = |binding: &Binding| binding.expires.saturating_duration_since(now).as_secs();
        let write =
            |binding: &Binding| format!("<{}>{};expires={}", binding.contact, binding.params, left(binding));
        self.bindings.get(user).map(|bound| bound.iter().map(write).collect()).unwrap_or_default()
    }

    /// Where a request for `user` goes: the binding made last, because a stateless proxy cannot fork.
    pub(crate) fn binding(&self, user: &str) -> Option<&Binding> {
        self.bindings.get(user)?.last()
    }

    /// The binding whose contact is `uri`. All contacts at one place are of one user.
    pub(crate) fn binding_at(&self, uri: &Uri) -> Option<&Binding> {
        self.bindings.values().flatten().find(|binding| binding.contact.equivalent(uri))
    }

    /// The flows that bindings came on.
    pub(crate) fn flows(&self) -> BTreeSet<FlowId> {
        self.bindings.values().flatten().map(|binding| binding.flow).collect()
    }

    /// How many bindings there are.
    pub(crate) fn len(&self) -> usize {
        self.bindings.values().map(Vec::len).sum()
    }

    /// When the next binding runs out.
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.bindings.values().flatten().map(|binding| binding.expires).min()
    }

    /// Removes what has run out.
    pub(crate) fn handle_timeout(&mut self, now: Instant, mut tell: impl FnMut(Event)) {
        self.bindings.retain(|user, bound| {
            bound.retain(|binding| {
                let live = binding.expires > now;
                if !live {
                    tell(Event::Unregistered { user: user.clone(), contact: binding.contact.text().clone() });
                }
                live
            });
            !bound.is_empty()
        });
    }
}

/// Whether two contacts name the same user part, host and port, whatever else they say: two that only differ in their
/// parameters can both be the same as a third (RFC 3261 §19.1.4).
fn is_same_place(a: &Uri, b: &Uri) -> bool {
    let user = |uri: &Uri| unescape(uri.user().unwrap_or_default()).into_owned();
    let port = |uri: &Uri, named: Option<u16>| {
        let transport = match uri.as_ref().scheme() {
            Scheme::Sips => Some(Transport::Tls),
            _ => uri.transport().and_then(Transport::parse),
        };
        named.unwrap_or_else(|| transport.unwrap_or(Transport::Udp).default_port())
    };
    let (Some(at), Some(other)) = (a.host_port(), b.host_port()) else { return false };
    at.host == other.host && port(a, at.port) == port(b, other.port) && user(a) == user(b)
}
