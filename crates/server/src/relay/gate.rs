//! `Gate`: digest authentication of AUTH requests (RFC 4976 §9.1, RFC 7616), and the nonces of a connection.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use digest::{Algorithm, Authorization, Challenge, Credentials};
use grammar::{ByteStr, ParseError};
use msrp::Uri;

use super::ids::Ids;
use crate::config::User;

/// RFC 4976 §7: `request-digest = 32LHEX`, which is MD5. TLS is what protects the exchange.
const OFFERED: Algorithm = Algorithm::MD5;

/// Knows the users and judges what they answer.
#[derive(Debug)]
pub(super) struct Gate {
    realm: ByteStr,
    users: Vec<Credentials>,
    /// Stands in for users that do not exist, so that they take as long as those who do.
    nobody: Credentials,
    opaque: ByteStr,
    lifetime: Duration,
}

/// What became of the credentials of an AUTH.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They are those of this user.
    Allowed {
        user: ByteStr,
        /// The value of Authentication-Info; `None` where the cnonce needs escapes.
        info: Option<String>,
    },
    /// There are none for our realm.
    Missing,
    /// They are right, but for a nonce that is too old, was not given on this connection, or was used before.
    Stale,
    /// They are wrong. Says not whether the user exists.
    Denied,
}

/// The nonces given out on one connection.
#[derive(Debug, Default)]
pub(super) struct Nonces(VecDeque<Nonce>);

#[derive(Debug)]
struct Nonce {
    text: ByteStr,
    given_at: Instant,
    /// The highest nonce count that was answered with.
    count: u32,
}

impl Gate {
    /// A gate for `users`. Fails where the realm cannot be written into a header.
    pub(super) fn new(
        realm: ByteStr,
        users: &[User],
        lifetime: Duration,
        ids: &mut Ids,
    ) -> Result<Self, ParseError> {
        Challenge::new(realm.clone(), "", OFFERED)?;
        let nobody = Credentials::new("", ids.text());
        let users = users.iter().map(User::credentials).collect();
        Ok(Self { realm, users, nobody, opaque: ids.text(), lifetime })
    }

    /// The value of WWW-Authenticate, with a nonce of its own.
    pub(super) fn challenge(
        &self,
        stale: bool,
        nonces: &mut Nonces,
        max: usize,
        ids: &mut Ids,
        now: Instant,
    ) -> String {
        let text = ids.text();
        while nonces.0.len() >= max.max(1) {
            nonces.0.pop_front();
        }
        nonces.0.push_back(Nonce { text: text.clone(), given_at: now, count: 0 });
        // Nothing of it can fail: the realm was tried, the rest are letters and digits.
        match self.asked(text) {
            Ok(challenge) if stale => challenge.with_stale().to_string(),
            Ok(challenge) => challenge.to_string(),
            Err(_) => String::new(),
        }
    }

    fn asked(&self, nonce: ByteStr) -> Result<Challenge, ParseError> {
        Challenge::new(self.realm.clone(), nonce, OFFERED)?.with_opaque(self.opaque.clone())
    }

    /// Judges the value of Authorization in an AUTH whose rightmost To-Path URI is `target`.
    pub(super) fn judge(
        &self,
        value: Option<&str>,
        target: &str,
        nonces: &mut Nonces,
        now: Instant,
    ) -> Verdict {
        let Some(value) = value else { return Verdict::Missing };
        let Ok(answer) = Authorization::parse(value) else { return Verdict::Denied };
        if *answer.realm() != *self.realm {
            return Verdict::Missing;
        }
        let challenged = self.asked(answer.nonce().clone()).is_ok_and(|challenge| answer.answers(&challenge));
        // Lenient: clients leave `uri` out, as the example of RFC 4976 §5.1 does.
        let uri = answer.uri().map_or(target, ByteStr::as_str);
        let named = uri == target || same_uri(uri, target);
        let known = self.users.iter().find(|user| user.username() == answer.username().as_str());
        let right = answer.verify_uri("AUTH", uri, known.unwrap_or(&self.nobody), b"");
        let Some(user) = known.filter(|_| right && named && challenged) else { return Verdict::Denied };
        let count = answer.nonce_count().unwrap_or(0);
        let nonce = nonces.0.iter_mut().find(|nonce| nonce.text == *answer.nonce());
        match nonce {
            Some(nonce)
                if count > nonce.count && now.saturating_duration_since(nonce.given_at) <= self.lifetime =>
            {
                nonce.count = count;
                let info = self.info(value, answer.nonce(), count, uri, user);
                Verdict::Allowed { user: ByteStr::from(user.username()), info }
            }
            _ => Verdict::Stale,
        }
    }
}

impl Gate {
    /// Proves to the client that we know its password too: `rspauth` is the response to a request without a method
    /// (RFC 7616 §3.5). RFC 4976 §9.1 wants these four in every 200.
    fn info(
        &self,
        value: &str,
        nonce: &ByteStr,
        count: u32,
        uri: &str,
        user: &Credentials,
    ) -> Option<String> {
        let cnonce = quoted_param(value, "cnonce")?;
        let challenge = self.asked(nonce.clone()).ok()?;
        let mirrored = digest::answer(&challenge, user, "", uri, cnonce, count, b"").ok()?;
        let rspauth = quoted_param(&mirrored, "response")?;
        Some(format!("rspauth=\"{rspauth}\", cnonce=\"{cnonce}\", nc={count:08x}, qop=auth"))
    }
}

/// The value of a parameter in quotes that has no escapes.
fn quoted_param<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    let params = value.split([' ', ',']).filter_map(|param| param.split_once('='));
    let (_, quoted) = params.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains(['\\', '"'])).then_some(inner)
}

fn same_uri(a: &str, b: &str) -> bool {
    matches!((Uri::parse(a), Uri::parse(b)), (Ok(a), Ok(b)) if a.equivalent(&b))
}
