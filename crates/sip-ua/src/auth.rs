//! `Auth`: the challenges of the servers on the way and our answers to them (RFC 3261 §22, RFC 8760).

use digest::{Challenge, Credentials, by_realm};
use grammar::ByteStr;
use sip::{HeaderName, Request, Response, StatusCode};

use crate::{HeaderField, IdSource, Misbehaviour};

/// Answers to one request, all realms together; more is a peer that challenges for ever.
const MOST_RETRIES: u32 = 6;
/// Realms that are remembered.
const MOST_SPACES: usize = 8;

/// What a challenge leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Send the request again, with [`Auth::values`].
    Retry,
    /// The credentials are missing, wrong, or not for this realm: the response is final.
    Refused,
    /// The server never stops asking.
    Loop(Misbehaviour),
}

/// Credentials, and the challenges answered with them.
///
/// Lives as long as its transaction user, so that a later request carries the answer at once instead of
/// being challenged again. `retries` and `asked` start over with each request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Auth {
    credentials: Option<Credentials>,
    /// The only realm that is answered.
    realm: Option<ByteStr>,
    spaces: Vec<Space>,
    retries: u32,
}

/// A realm on one side: the server we talk to, or a proxy before it.
#[derive(Debug, Clone)]
struct Space {
    /// Authorization or Proxy-Authorization.
    header: HeaderName,
    challenge: Challenge,
    /// How often the nonce was used.
    count: u32,
    /// How often this realm challenged the request at hand.
    asked: u32,
}

impl Auth {
    pub(crate) const fn new(credentials: Option<Credentials>, realm: Option<ByteStr>) -> Self {
        Self { credentials, realm, spaces: Vec::new(), retries: 0 }
    }

    /// A new request begins; what is known of the realms stays.
    pub(crate) fn begin(&mut self) {
        self.retries = 0;
        for space in &mut self.spaces {
            space.asked = 0;
        }
    }

    /// Takes what another request of the same transaction user was asked for, and how often it used the nonces.
    pub(crate) fn learn(&mut self, other: &Self) {
        for theirs in &other.spaces {
            let has_room = self.spaces.len() < MOST_SPACES;
            let known = self.spaces.iter_mut().find(|ours| {
                ours.header == theirs.header && ours.challenge.realm() == theirs.challenge.realm()
            });
            match known {
                Some(ours) if ours.challenge.nonce() == theirs.challenge.nonce() => {
                    ours.count = ours.count.max(theirs.count);
                }
                Some(ours) => *ours = Space { asked: ours.asked, ..theirs.clone() },
                None if has_room => self.spaces.push(Space { asked: 0, ..theirs.clone() }),
                None => {}
            }
        }
    }

    /// Forgets what was asked for by `header`: the next request goes to somebody else.
    pub(crate) fn forget(&mut self, header: HeaderName) {
        self.spaces.retain(|space| space.header != header);
    }

    /// Takes a 401 or 407.
    pub(crate) fn handle_challenge(&mut self, response: &Response) -> Verdict {
        let Some(credentials) = &self.credentials else { return Verdict::Refused };
        let (asks, header) = match response.status() {
            StatusCode::UNAUTHORIZED => (HeaderName::WWW_AUTHENTICATE, HeaderName::AUTHORIZATION),
            _ => (HeaderName::PROXY_AUTHENTICATE, HeaderName::PROXY_AUTHORIZATION),
        };
        let values = response.headers().get_all(asks);
        let mut answered = false;
        for challenge in by_realm(values, credentials) {
            if self.realm.as_ref().is_some_and(|realm| realm != challenge.realm()) {
                continue;
            }
            match self.take(header, challenge) {
                Verdict::Retry => answered = true,
                refused => return refused,
            }
        }
        if !answered {
            return Verdict::Refused;
        }
        self.retries += 1;
        if self.retries > MOST_RETRIES {
            return Verdict::Loop(Misbehaviour::ChallengeLoop);
        }
        Verdict::Retry
    }

    /// RFC 3261 §22.1: credentials that were just refused are not sent again, unless only their nonce was stale.
    fn take(&mut self, header: HeaderName, challenge: Challenge) -> Verdict {
        let known = self
            .spaces
            .iter_mut()
            .find(|space| space.header == header && space.challenge.realm() == challenge.realm());
        let Some(space) = known else {
            if self.spaces.len() == MOST_SPACES {
                return Verdict::Loop(Misbehaviour::ChallengeLoop);
            }
            self.spaces.push(Space { header, challenge, count: 0, asked: 1 });
            return Verdict::Retry;
        };
        space.asked += 1;
        let again = match space.asked {
            // The answer sent on our own account may have been too old.
            1 => challenge.stale() || challenge.nonce() != space.challenge.nonce(),
            2 => challenge.stale() && challenge.nonce() != space.challenge.nonce(),
            _ => {
                return if challenge.stale() {
                    Verdict::Loop(Misbehaviour::ChallengeLoop)
                } else {
                    Verdict::Refused
                };
            }
        };
        if !again {
            return Verdict::Refused;
        }
        space.challenge = challenge;
        space.count = 0;
        Verdict::Retry
    }

    /// The server may have said which nonce it wants next (RFC 7616 §3.5).
    pub(crate) fn handle_success(&mut self, response: &Response) {
        let Some(value) = response.headers().get(HeaderName::AUTHENTICATION_INFO) else { return };
        for space in self.spaces.iter_mut().filter(|space| space.header == HeaderName::AUTHORIZATION) {
            if let Ok(challenge) = space.challenge.clone().with_next_nonce(value) {
                space.challenge = challenge;
                space.count = 0;
            }
        }
    }

    /// The headers that answer all challenges known, for one request.
    pub(crate) fn values(
        &mut self,
        method: &str,
        uri: &str,
        body: &[u8],
        ids: &mut IdSource,
    ) -> Vec<(HeaderName, String)> {
        let Some(credentials) = &self.credentials else { return Vec::new() };
        self.spaces
            .iter_mut()
            .filter_map(|space| {
                space.count = space.count.saturating_add(1);
                let cnonce = ids.cnonce();
                let value =
                    digest::answer(&space.challenge, credentials, method, uri, &cnonce, space.count, body)
                        .ok()?;
                Some((space.header, value))
            })
            .collect()
    }
}

/// The credentials of a request as they were sent: an ACK repeats those of its INVITE (RFC 3261 §22.1).
pub(crate) fn repeated(request: &Request) -> Vec<HeaderField> {
    [HeaderName::AUTHORIZATION, HeaderName::PROXY_AUTHORIZATION]
        .into_iter()
        .flat_map(|name| {
            request.headers().get_all(name).map(move |value| (name.as_str().into(), value.into()))
        })
        .collect()
}
