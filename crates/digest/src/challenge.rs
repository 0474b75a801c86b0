//! `Challenge`: the value of `WWW-Authenticate` and `Proxy-Authenticate` (RFC 7616 §3.3, RFC 3261 §22, RFC 8760).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use grammar::{ByteStr, ParseError, ParseErrorKind, quoted};

use crate::auth_param::AuthParams;
use crate::{Algorithm, Credentials};

/// A demand for a digest, in an algorithm that is supported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    pub(crate) realm: ByteStr,
    pub(crate) nonce: ByteStr,
    pub(crate) opaque: Option<ByteStr>,
    /// `None` where the challenge names none; the answer then names none either.
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) qop: Option<QopOffer>,
    pub(crate) stale: bool,
    pub(crate) userhash: bool,
}

/// What a digest protects (RFC 7616 §3.3, `qop`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Qop {
    /// `auth`: method and URI.
    Auth,
    /// `auth-int`: also the body.
    AuthInt,
}

impl Qop {
    /// The token, as registered.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthInt => "auth-int",
        }
    }

    /// The protection called `token`, case ignored.
    pub(crate) fn parse(token: &str) -> Option<Self> {
        [Self::Auth, Self::AuthInt].into_iter().find(|qop| qop.as_str().eq_ignore_ascii_case(token))
    }
}

/// What a challenge offers; both `false` if it knows neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QopOffer {
    pub(crate) auth: bool,
    pub(crate) auth_int: bool,
}

impl Challenge {
    /// A challenge to be sent, with `qop="auth"`.
    ///
    /// The nonce is the caller's: fresh, unguessable, and recognised when it comes back.
    ///
    /// # Errors
    ///
    /// `realm` or `nonce` where it holds a CR, LF or NUL.
    pub fn new(
        realm: impl Into<ByteStr>,
        nonce: impl Into<ByteStr>,
        algorithm: Algorithm,
    ) -> Result<Self, ParseError> {
        Ok(Self {
            realm: carried("realm", realm.into())?,
            nonce: carried("nonce", nonce.into())?,
            opaque: None,
            algorithm: Some(algorithm),
            qop: Some(QopOffer { auth: true, auth_int: false }),
            stale: false,
            userhash: false,
        })
    }

    /// The same with `stale=true`: the answer was right, its nonce too old (RFC 7616 §3.3).
    #[must_use]
    pub const fn with_stale(mut self) -> Self {
        self.stale = true;
        self
    }

    /// The same with an `opaque` that the answer repeats.
    ///
    /// # Errors
    ///
    /// `opaque` where it holds a CR, LF or NUL.
    pub fn with_opaque(mut self, opaque: impl Into<ByteStr>) -> Result<Self, ParseError> {
        self.opaque = Some(carried("opaque", opaque.into())?);
        Ok(self)
    }

    /// The same offering `auth-int` beside `auth`.
    #[must_use]
    pub const fn with_auth_int(mut self) -> Self {
        self.qop = Some(QopOffer { auth: true, auth_int: true });
        self
    }

    /// Reads the value of one header. At most 32 pairs.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of kind [`ParseErrorKind::Unsupported`] where scheme or algorithm is not one of ours
    /// (RFC 8760 §2.3: try the next challenge), of another kind where the value is broken.
    pub fn parse(value: &str) -> Result<Self, ParseError> {
        let params = AuthParams::parse(value)?;
        let algorithm = match params.get("algorithm") {
            None => None,
            Some(name) => Some(
                Algorithm::parse(name)
                    .ok_or_else(|| params.error(ParseErrorKind::Unsupported, "algorithm"))?,
            ),
        };
        let qop = params.get("qop").map(|offered| {
            let has = |qop| offered.split(',').any(|token| Qop::parse(token.trim()) == Some(qop));
            QopOffer { auth: has(Qop::Auth), auth_int: has(Qop::AuthInt) }
        });
        Ok(Self {
            realm: params.require("realm")?,
            nonce: params.require("nonce")?,
            opaque: params.text("opaque")?,
            algorithm,
            qop,
            stale: params.is_true("stale"),
            userhash: params.is_true("userhash"),
        })
    }

    /// Who asks, shown to the user who is to give a password.
    #[must_use]
    pub fn realm(&self) -> &ByteStr {
        &self.realm
    }

    /// The value the answer is bound to.
    #[must_use]
    pub fn nonce(&self) -> &ByteStr {
        &self.nonce
    }

    /// What the answer has to repeat.
    #[must_use]
    pub fn opaque(&self) -> Option<&ByteStr> {
        self.opaque.as_ref()
    }

    /// The algorithm; MD5 if the challenge names none.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm.unwrap_or(Algorithm::MD5)
    }

    /// Whether `qop` is among what the challenge offers.
    #[must_use]
    pub fn offers(&self, qop: Qop) -> bool {
        self.qop.is_some_and(|offer| match qop {
            Qop::Auth => offer.auth,
            Qop::AuthInt => offer.auth_int,
        })
    }

    /// Whether only the nonce was too old: answer again with the same password, once.
    #[must_use]
    pub const fn stale(&self) -> bool {
        self.stale
    }

    /// Whether [`answer()`](crate::answer()) has an answer: the credentials are no hash of another realm or algorithm, and
    /// the challenge offers a protection that is known, or none at all.
    #[must_use]
    pub fn is_for(&self, credentials: &Credentials) -> bool {
        let is_known = self.qop.is_none_or(|offer| offer.auth || offer.auth_int);
        is_known && credentials.is_for(&self.realm, self.algorithm())
    }

    /// The same with the `nextnonce` of an `Authentication-Info` (RFC 7616 §3.5): what to answer next time.
    ///
    /// # Errors
    ///
    /// `nextnonce` where the header value has none, or the place where the value is broken.
    pub fn with_next_nonce(mut self, authentication_info: &str) -> Result<Self, ParseError> {
        self.nonce = AuthParams::parse_list(authentication_info)?.require("nextnonce")?;
        self.stale = false;
        Ok(self)
    }
}

/// The value as it is sent.
impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest realm={}, nonce={}", Quoted(&self.realm), Quoted(&self.nonce))?;
        if let Some(opaque) = &self.opaque {
            write!(f, ", opaque={}", Quoted(opaque))?;
        }
        if self.stale {
            f.write_str(", stale=true")?;
        }
        if let Some(algorithm) = self.algorithm {
            write!(f, ", algorithm={algorithm}")?;
        }
        match self.qop {
            Some(QopOffer { auth: true, auth_int: true }) => f.write_str(r#", qop="auth,auth-int""#)?,
            Some(QopOffer { auth: true, auth_int: false }) => f.write_str(r#", qop="auth""#)?,
            Some(QopOffer { auth: false, auth_int: true }) => f.write_str(r#", qop="auth-int""#)?,
            // What was offered is not known: an answer without protection must not look welcome.
            Some(QopOffer { auth: false, auth_int: false }) => f.write_str(r#", qop="""#)?,
            None => {}
        }
        if self.userhash {
            f.write_str(", userhash=true")?;
        }
        Ok(())
    }
}

/// The challenge to answer among the values of all `WWW-Authenticate` (or all `Proxy-Authenticate`) headers of
/// a response: the topmost supported one (RFC 8760 §2.3).
///
/// What is not supported or broken is skipped; [`Challenge::parse`] says why. Where several realms ask at once
/// use [`by_realm`].
#[must_use]
pub fn strongest<'a>(values: impl IntoIterator<Item = &'a str>) -> Option<Challenge> {
    values.into_iter().find_map(|value| Challenge::parse(value).ok())
}

/// The topmost challenge of each realm that `credentials` can answer, at most eight, in the order of the headers
/// (RFC 3261 §22.3: a forking proxy gathers the challenges of several realms; RFC 8760 §2.4).
#[must_use]
pub fn by_realm<'a>(values: impl IntoIterator<Item = &'a str>, credentials: &Credentials) -> Vec<Challenge> {
    const MOST: usize = 8;
    let mut chosen: Vec<Challenge> = Vec::new();
    let supported = values.into_iter().filter_map(|value| Challenge::parse(value).ok());
    for challenge in supported.filter(|challenge| challenge.is_for(credentials)) {
        if chosen.len() < MOST && chosen.iter().all(|known| known.realm != challenge.realm) {
            chosen.push(challenge);
        }
    }
    chosen
}

/// `text`, if a header can carry it.
pub(crate) fn carried(rule: &'static str, text: ByteStr) -> Result<ByteStr, ParseError> {
    match text.bytes().position(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        Some(at) => Err(ParseError::new(ParseErrorKind::Syntax, rule, at)),
        None => Ok(text),
    }
}

/// A text in quotes. It was checked when it was taken, so nothing in it can end the line.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::with_capacity(self.0.len() + 2);
        quoted::quote(self.0, &mut out).map_err(|_| fmt::Error)?;
        f.write_str(&out)
    }
}

#[cfg(test)]
mod tests;
