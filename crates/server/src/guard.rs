//! `Guard`: digest authentication of the users (RFC 3261 §22, RFC 7616, RFC 8760), without a table of nonces.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use digest::{Algorithm, Authorization, Challenge, Credentials};
use grammar::{ByteStr, ParseError};
use sha2::{Digest as _, Sha256};
use sip::{HeaderName, Request};

use crate::config::{Config, User};
use crate::forward::Arrival;
use crate::secret::{Purpose, Secret};

/// What is offered, the best first (RFC 8760 §2.4).
const OFFERED: [Algorithm; 2] = [Algorithm::SHA_256, Algorithm::MD5];

/// Knows the users and judges what they answer.
#[derive(Debug)]
pub(crate) struct Guard {
    realm: ByteStr,
    users: Vec<Credentials>,
    /// Stands in for users that do not exist, so that they take as long as those who do.
    nobody: Credentials,
    secret: Secret,
    started: Instant,
    lifetime: Duration,
    /// How many nonces were made.
    made: u64,
    /// What was let in: a hash of the request and of the way it came, by nonce and nonce count.
    seen: BTreeMap<(Nonce, u32), [u8; 32]>,
    max_seen: usize,
    /// Nonces up to this one are stale, for what was let in with one of them is not known any more.
    forgotten: Option<Nonce>,
}

/// What a nonce says, beside the proof that we made it. Later ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Nonce {
    /// When it was made, in seconds since the start.
    seconds: u64,
    /// So that no two are the same.
    number: u64,
}

/// What became of the credentials of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They are those of this user.
    Allowed(ByteStr),
    /// There are none for our realm, or none that answer a challenge of ours.
    Missing,
    /// They are right, and the nonce is too old, or its count came with another request before.
    Stale,
    /// They are wrong. Says not whether the user exists.
    Denied,
}

impl Guard {
    /// A guard for the users of `config`. Fails where the realm cannot be written into a header.
    pub(crate) fn new(config: &Config, secret: Secret, now: Instant) -> Result<Self, ParseError> {
        Challenge::new(config.realm.clone(), "", Algorithm::MD5)?;
        let nobody = Credentials::new("", secret.sign(Purpose::Nonce, &[b"nobody"]));
        Ok(Self {
            realm: config.realm.clone(),
            users: config.users.iter().map(User::credentials).collect(),
            nobody,
            secret,
            started: now,
            lifetime: config.timers.nonce,
            made: 0,
            seen: BTreeMap::new(),
            max_seen: config.limits.max_answers,
            forgotten: None,
        })
    }

    /// The values of WWW-Authenticate or Proxy-Authenticate, the preferred one first.
    pub(crate) fn challenges(&mut self, stale: bool, now: Instant) -> impl Iterator<Item = String> {
        self.made = self.made.wrapping_add(1);
        let seconds = now.saturating_duration_since(self.started).as_secs();
        let nonce = ByteStr::from(self.text(Nonce { seconds, number: self.made }));
        OFFERED.into_iter().filter_map(move |algorithm| {
            let challenge = Challenge::new(self.realm.clone(), nonce.clone(), algorithm).ok()?;
            Some(if stale { challenge.with_stale() } else { challenge }.to_string())
        })
    }

    /// Judges the answers in a header of a request, Authorization or Proxy-Authorization.
    ///
    /// RFC 7616 §3.4: a nonce count is good for one request. With `qop="auth"` neither the headers nor the body are in
    /// the answer, so whoever reads it could send another Contact with it. The same request may come again the same
    /// way, as datagrams do; from somewhere else it would bind its contact to a flow of somebody else's.
    pub(crate) fn judge(
        &mut self,
        request: &Request,
        name: HeaderName,
        arrival: Arrival,
        now: Instant,
    ) -> Verdict {
        let ours = |authorization: &Authorization| *authorization.realm() == *self.realm;
        let values = request.headers().get_all(name);
        let Some(answer) = values.filter_map(|value| Authorization::parse(value).ok()).find(ours) else {
            return Verdict::Missing;
        };
        let Some(nonce) = self.read(answer.nonce()) else { return Verdict::Missing };
        let challenged = OFFERED.into_iter().any(|algorithm| {
            Challenge::new(self.realm.clone(), answer.nonce().clone(), algorithm)
                .is_ok_and(|challenge| answer.answers(&challenge))
        });
        if !challenged {
            return Verdict::Missing;
        }
        let known = self.users.iter().find(|user| user.username() == answer.username().as_str());
        let method = request.method().as_str();
        let right = answer.verify(method, known.unwrap_or(&self.nobody), &request.body());
        let named = answer.uri().is_some_and(|uri| *uri == *request.request_uri());
        let Some(user) = known.filter(|_| right && named) else { return Verdict::Denied };
        let user = ByteStr::from(user.username());
        // An answer without `qop` has no count: it is good once.
        let count = answer.nonce_count().unwrap_or(0);
        let mut hash = Sha256::new();
        hash.update(format!("{} {:?} ", arrival.transport.as_via(), arrival.source));
        hash.update(request.as_bytes());
        let hash = hash.finalize().into();
        if self.is_fresh(nonce, count, hash, now) { Verdict::Allowed(user) } else { Verdict::Stale }
    }

    /// Whether a request with this hash may use this nonce and count: nobody did, or it is a repeat. It has used them
    /// then.
    fn is_fresh(&mut self, nonce: Nonce, count: u32, hash: [u8; 32], now: Instant) -> bool {
        let clock = now.saturating_duration_since(self.started);
        let age = |nonce: Nonce| clock.saturating_sub(Duration::from_secs(nonce.seconds));
        while let Some(entry) = self.seen.first_entry()
            && age(entry.key().0) > self.lifetime
        {
            entry.remove();
        }
        if age(nonce) > self.lifetime || self.forgotten.is_some_and(|forgotten| nonce <= forgotten) {
            return false;
        }
        if let Some(seen) = self.seen.get(&(nonce, count)) {
            return *seen == hash;
        }
        self.seen.insert((nonce, count), hash);
        while self.seen.len() > self.max_seen.max(1)
            && let Some(((forgotten, _), _)) = self.seen.pop_first()
        {
            self.forgotten = self.forgotten.max(Some(forgotten));
        }
        true
    }

    /// A nonce as it is written: what it says, and the proof that we wrote it.
    fn text(&self, nonce: Nonce) -> String {
        let [seconds, number] = nonce.parts();
        let proof = self.secret.sign(Purpose::Nonce, &[&seconds, &number]);
        format!("{:x}.{:x}.{proof}", nonce.seconds, nonce.number)
    }

    /// Reads a nonce; `None` if it is not one of ours.
    fn read(&self, text: &str) -> Option<Nonce> {
        let (seconds, rest) = text.split_once('.')?;
        let (number, proof) = rest.split_once('.')?;
        let hex = |text| u64::from_str_radix(text, 16).ok();
        let nonce = Nonce { seconds: hex(seconds)?, number: hex(number)? };
        let [seconds, number] = nonce.parts();
        self.secret.made(proof, Purpose::Nonce, &[&seconds, &number]).then_some(nonce)
    }
}

impl Nonce {
    /// What is signed.
    const fn parts(self) -> [[u8; 8]; 2] {
        [self.seconds.to_be_bytes(), self.number.to_be_bytes()]
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use sip_ua::{FlowId, Transport};

    use super::*;
    use crate::forward::Origin;

    fn guard(now: Instant) -> Guard {
        let mut config = Config::new("home1.example").user("alice", "wonderland");
        config.limits.max_answers = 3;
        Guard::new(&config, Secret::new([7; 32]), now).unwrap()
    }

    #[expect(clippy::disallowed_methods, reason = "any instant will do")]
    fn start() -> Instant {
        Instant::now()
    }

    fn challenge(guard: &mut Guard, now: Instant) -> String {
        guard.challenges(false, now).next().unwrap()
    }

    fn counted(challenge: &str, user: &str, password: &str, count: u32) -> String {
        let challenge = Challenge::parse(challenge).unwrap();
        let credentials = Credentials::new(user, password);
        digest::answer(&challenge, &credentials, "REGISTER", "sip:home1.example", "c0", count, b"").unwrap()
    }

    fn answer(challenge: &str, user: &str, password: &str) -> String {
        counted(challenge, user, password, 1)
    }

    fn request(method: &str, uri: &str, value: &str, contact: &str) -> Request {
        let text = format!(
            "{method} {uri} SIP/2.0\r\nAuthorization: {value}\r\nContact: {contact}\r\nContent-Length: 0\r\n\r\n"
        );
        sip::Message::parse(text.into()).unwrap().as_request().unwrap().clone()
    }

    /// Over UDP, from this port.
    fn from(port: u16) -> Arrival {
        let source = Some(SocketAddr::from(([192, 0, 2, 1], port)));
        Arrival { origin: Origin::Flow(FlowId::incoming(1)), transport: Transport::Udp, source }
    }

    fn judge(guard: &mut Guard, value: &str, now: Instant) -> Verdict {
        let request = request("REGISTER", "sip:home1.example", value, "<sip:a@192.0.2.1>");
        guard.judge(&request, HeaderName::AUTHORIZATION, from(5060), now)
    }

    fn allowed() -> Verdict {
        Verdict::Allowed("alice".into())
    }

    #[test]
    fn rfc8760_2_4_both_algorithms_are_offered_the_stronger_first_and_both_are_taken() {
        let now = start();
        let mut guard = guard(now);
        for at in [0, 1] {
            let challenges: Vec<_> = guard.challenges(false, now).collect();
            assert!(challenges[0].contains("SHA-256") && challenges[1].contains("MD5"), "{challenges:?}");
            let value = answer(&challenges[at], "alice", "wonderland");
            assert_eq!(judge(&mut guard, &value, now), allowed());
        }
    }

    #[test]
    fn wrong_password_and_unknown_user_are_not_told_apart() {
        let now = start();
        let mut guard = guard(now);
        let challenge = challenge(&mut guard, now);
        assert_eq!(judge(&mut guard, &answer(&challenge, "alice", "x"), now), Verdict::Denied);
        assert_eq!(judge(&mut guard, &answer(&challenge, "mallory", "wonderland"), now), Verdict::Denied);
        assert_eq!(judge(&mut guard, &answer(&challenge, "", ""), now), Verdict::Denied);
        // Nor have they used it up.
        assert_eq!(judge(&mut guard, &answer(&challenge, "alice", "wonderland"), now), allowed());
    }

    #[test]
    fn rfc7616_3_3_an_old_nonce_is_stale_only_if_the_answer_was_right() {
        let now = start();
        let mut guard = guard(now);
        let challenge = challenge(&mut guard, now);
        let later = now + Duration::from_secs(302);
        assert_eq!(judge(&mut guard, &answer(&challenge, "alice", "wonderland"), later), Verdict::Stale);
        assert_eq!(judge(&mut guard, &answer(&challenge, "alice", "x"), later), Verdict::Denied);
        assert!(guard.challenges(true, later).all(|challenge| challenge.contains("stale=true")));
    }

    #[test]
    fn rfc7616_3_4_a_nonce_count_is_good_for_one_request_however_often_it_comes() {
        let now = start();
        let mut guard = guard(now);
        let first = challenge(&mut guard, now);
        let mut ask = |value: &str, contact, port| {
            let request = request("REGISTER", "sip:home1.example", value, contact);
            guard.judge(&request, HeaderName::AUTHORIZATION, from(port), now)
        };
        let value = answer(&first, "alice", "wonderland");
        assert_eq!(ask(&value, "<sip:a@192.0.2.1>", 5060), allowed());
        assert_eq!(ask(&value, "<sip:a@192.0.2.1>", 5060), allowed(), "a repeat");
        assert_eq!(ask(&value, "<sip:a@192.0.2.1>", 5070), Verdict::Stale, "from somebody else");
        assert_eq!(ask(&value, "<sip:a@203.0.113.66>", 5060), Verdict::Stale);
        // One nonce, and a count that rises, or arrives late.
        for count in [3, 2] {
            let value = counted(&first, "alice", "wonderland", count);
            assert_eq!(ask(&value, "<sip:a@203.0.113.66>", 5060), allowed());
        }
        // A nonce of its own, made in the same second, and the count that everybody starts with.
        let second = challenge(&mut guard, now);
        assert_eq!(judge(&mut guard, &answer(&second, "alice", "wonderland"), now), allowed());
    }

    #[test]
    fn what_is_forgotten_is_stale() {
        let now = start();
        let mut guard = guard(now);
        let values: Vec<_> =
            (0..4).map(|_| answer(&challenge(&mut guard, now), "alice", "wonderland")).collect();
        for value in &values {
            assert_eq!(judge(&mut guard, value, now), allowed());
        }
        assert_eq!(judge(&mut guard, &values[0], now), Verdict::Stale);
        assert_eq!(judge(&mut guard, &values[1], now), allowed());
        assert_eq!(guard.seen.len(), 3);
        let later = now + Duration::from_secs(400);
        let value = answer(&challenge(&mut guard, later), "alice", "wonderland");
        assert_eq!(judge(&mut guard, &value, later), allowed());
        assert_eq!(guard.seen.len(), 1, "what is stale by its age need not be known");
    }

    #[test]
    fn an_answer_is_good_for_its_nonce_method_and_uri_only() {
        let now = start();
        let mut guard = guard(now);
        let foreign = Challenge::new("home1.example", "0.0.abc", Algorithm::MD5).unwrap().to_string();
        assert_eq!(judge(&mut guard, &answer(&foreign, "alice", "wonderland"), now), Verdict::Missing);
        let value = answer(&challenge(&mut guard, now), "alice", "wonderland");
        for (method, uri) in [("INVITE", "sip:home1.example"), ("REGISTER", "sip:other.example")] {
            let request = request(method, uri, &value, "<sip:a@192.0.2.1>");
            let verdict = guard.judge(&request, HeaderName::AUTHORIZATION, from(5060), now);
            assert_eq!(verdict, Verdict::Denied, "{method} {uri}");
        }
        assert_eq!(judge(&mut guard, "Basic abc", now), Verdict::Missing);
    }

    #[test]
    fn a_client_cannot_choose_an_algorithm_that_was_not_offered() {
        let now = start();
        let mut guard = guard(now);
        let nonce = guard.text(Nonce { seconds: 0, number: 1 });
        let challenge = Challenge::new("home1.example", nonce, Algorithm::MD5_SESS).unwrap().to_string();
        assert_eq!(judge(&mut guard, &answer(&challenge, "alice", "wonderland"), now), Verdict::Missing);
    }
}
