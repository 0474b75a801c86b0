//! `Guard`: digest authentication of the users (RFC 3261 §22, RFC 7616, RFC 8760), without a table of nonces.

use std::time::{Duration, Instant};

use digest::{Algorithm, Authorization, Challenge, Credentials};
use grammar::{ByteStr, ParseError};

use crate::config::User;
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
}

/// What became of the credentials of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They are those of this user.
    Allowed(ByteStr),
    /// There are none for our realm, or none that answer a challenge of ours.
    Missing,
    /// They are right, and the nonce is too old.
    Stale,
    /// They are wrong. Says not whether the user exists.
    Denied,
}

impl Guard {
    /// A guard for `users`. Fails where the realm cannot be written into a header.
    pub(crate) fn new(
        realm: ByteStr,
        users: &[User],
        secret: Secret,
        lifetime: Duration,
        now: Instant,
    ) -> Result<Self, ParseError> {
        Challenge::new(realm.clone(), "", Algorithm::MD5)?;
        let nobody = Credentials::new("", secret.sign(Purpose::Nonce, &[b"nobody"]));
        let users = users.iter().map(User::credentials).collect();
        Ok(Self { realm, users, nobody, secret, started: now, lifetime })
    }

    /// The values of WWW-Authenticate or Proxy-Authenticate, the preferred one first.
    pub(crate) fn challenges(&self, stale: bool, now: Instant) -> impl Iterator<Item = String> {
        let nonce = ByteStr::from(self.nonce(now.saturating_duration_since(self.started).as_secs()));
        OFFERED.into_iter().filter_map(move |algorithm| {
            let challenge = Challenge::new(self.realm.clone(), nonce.clone(), algorithm).ok()?;
            Some(if stale { challenge.with_stale() } else { challenge }.to_string())
        })
    }

    /// Judges the values of Authorization or Proxy-Authorization of one request.
    ///
    /// The nonce count is not remembered: a request may come twice over UDP, and a copy of it is good for the
    /// same method and URI only, until its nonce is too old.
    pub(crate) fn judge<'a>(
        &self,
        values: impl Iterator<Item = &'a str>,
        method: &str,
        request_uri: &str,
        body: &[u8],
        now: Instant,
    ) -> Verdict {
        let ours = |authorization: &Authorization| *authorization.realm() == *self.realm;
        let Some(answer) = values.filter_map(|value| Authorization::parse(value).ok()).find(ours) else {
            return Verdict::Missing;
        };
        let Some(age) = self.age(answer.nonce(), now) else { return Verdict::Missing };
        let challenged = OFFERED.into_iter().any(|algorithm| {
            Challenge::new(self.realm.clone(), answer.nonce().clone(), algorithm)
                .is_ok_and(|challenge| answer.answers(&challenge))
        });
        if !challenged {
            return Verdict::Missing;
        }
        let known = self.users.iter().find(|user| user.username() == answer.username().as_str());
        let right = answer.verify(method, known.unwrap_or(&self.nobody), body);
        match known {
            Some(_) if !right || answer.uri().is_none_or(|uri| *uri != *request_uri) => Verdict::Denied,
            None => Verdict::Denied,
            Some(_) if age > self.lifetime => Verdict::Stale,
            Some(user) => Verdict::Allowed(ByteStr::from(user.username())),
        }
    }

    /// Seconds since the start, and the proof that we wrote them.
    fn nonce(&self, seconds: u64) -> String {
        format!("{seconds:x}.{}", self.secret.sign(Purpose::Nonce, &[&seconds.to_be_bytes()]))
    }

    /// How old a nonce of ours is; `None` if it is not one of ours.
    fn age(&self, nonce: &str, now: Instant) -> Option<Duration> {
        let (seconds, proof) = nonce.split_once('.')?;
        let seconds = u64::from_str_radix(seconds, 16).ok()?;
        let genuine = self.secret.made(proof, Purpose::Nonce, &[&seconds.to_be_bytes()]);
        genuine
            .then(|| now.saturating_duration_since(self.started).saturating_sub(Duration::from_secs(seconds)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(now: Instant) -> Guard {
        let users = [User { name: "alice".into(), password: "wonderland".into() }];
        Guard::new("home1.example".into(), &users, Secret::new([7; 32]), Duration::from_secs(300), now)
            .unwrap()
    }

    #[expect(clippy::disallowed_methods, reason = "any instant will do")]
    fn start() -> Instant {
        Instant::now()
    }

    fn answer(challenge: &str, user: &str, password: &str) -> String {
        let challenge = Challenge::parse(challenge).unwrap();
        let credentials = Credentials::new(user, password);
        digest::answer(&challenge, &credentials, "REGISTER", "sip:home1.example", "c0", 1, b"").unwrap()
    }

    fn judge(guard: &Guard, value: &str, now: Instant) -> Verdict {
        guard.judge([value].into_iter(), "REGISTER", "sip:home1.example", b"", now)
    }

    #[test]
    fn rfc8760_2_4_both_algorithms_are_offered_the_stronger_first_and_both_are_taken() {
        let now = start();
        let guard = guard(now);
        let challenges: Vec<_> = guard.challenges(false, now).collect();
        assert!(challenges[0].contains("SHA-256") && challenges[1].contains("MD5"), "{challenges:?}");
        for challenge in &challenges {
            let value = answer(challenge, "alice", "wonderland");
            assert_eq!(judge(&guard, &value, now), Verdict::Allowed("alice".into()));
        }
    }

    #[test]
    fn wrong_password_and_unknown_user_are_not_told_apart() {
        let now = start();
        let guard = guard(now);
        let challenge = guard.challenges(false, now).next().unwrap();
        assert_eq!(judge(&guard, &answer(&challenge, "alice", "x"), now), Verdict::Denied);
        assert_eq!(judge(&guard, &answer(&challenge, "mallory", "wonderland"), now), Verdict::Denied);
        assert_eq!(judge(&guard, &answer(&challenge, "", ""), now), Verdict::Denied);
    }

    #[test]
    fn rfc7616_3_3_an_old_nonce_is_stale_only_if_the_answer_was_right() {
        let now = start();
        let guard = guard(now);
        let challenge = guard.challenges(false, now).next().unwrap();
        let later = now + Duration::from_secs(302);
        assert_eq!(judge(&guard, &answer(&challenge, "alice", "wonderland"), later), Verdict::Stale);
        assert_eq!(judge(&guard, &answer(&challenge, "alice", "x"), later), Verdict::Denied);
        assert!(guard.challenges(true, later).all(|challenge| challenge.contains("stale=true")));
    }

    #[test]
    fn an_answer_is_good_for_its_nonce_method_and_uri_only() {
        let now = start();
        let guard = guard(now);
        let foreign = Challenge::new("home1.example", "0.abc", Algorithm::MD5).unwrap().to_string();
        assert_eq!(judge(&guard, &answer(&foreign, "alice", "wonderland"), now), Verdict::Missing);
        let value = answer(&guard.challenges(false, now).next().unwrap(), "alice", "wonderland");
        for (method, uri) in [("INVITE", "sip:home1.example"), ("REGISTER", "sip:other.example")] {
            let verdict = guard.judge([value.as_str()].into_iter(), method, uri, b"", now);
            assert_eq!(verdict, Verdict::Denied, "{method} {uri}");
        }
        assert_eq!(judge(&guard, "Basic abc", now), Verdict::Missing);
    }

    #[test]
    fn a_client_cannot_choose_an_algorithm_that_was_not_offered() {
        let now = start();
        let guard = guard(now);
        let nonce = guard.nonce(0);
        let challenge = Challenge::new("home1.example", nonce, Algorithm::MD5_SESS).unwrap().to_string();
        assert_eq!(judge(&guard, &answer(&challenge, "alice", "wonderland"), now), Verdict::Missing);
    }
}
