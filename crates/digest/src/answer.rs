//! The answer to a challenge: the value of `Authorization` and `Proxy-Authorization` (RFC 7616 §3.4).

use alloc::format;
use alloc::string::String;

use grammar::{ByteStr, ParseError, quoted};

use crate::challenge::{Challenge, Qop, QopOffer, carried};
use crate::{Algorithm, Credentials};

/// Why a challenge cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The challenge offers only protections that are not known; an answer without one would be a downgrade.
    #[error("the challenge offers no known qop")]
    UnknownQop,
    /// The credentials are a stored hash of another realm or algorithm.
    #[error("the credentials are not for this realm and algorithm")]
    OtherRealm,
    /// An argument holds what a header cannot carry; the rule names it.
    #[error(transparent)]
    Argument(#[from] ParseError),
}

/// The value of `Authorization` (after a 401) or `Proxy-Authorization` (after a 407).
///
/// `method` and `uri` are those of the request it goes into: the Request-URI as sent. `cnonce` is the caller's,
/// fresh and unguessable. `nc` counts the requests sent with this nonce, from 1. `body` matters for `auth-int`
/// only, which is used where it is all the challenge offers.
///
/// # Errors
///
/// See [`Error`].
pub fn answer(
    challenge: &Challenge,
    credentials: &Credentials,
    method: &str,
    uri: &str,
    cnonce: &str,
    nc: u32,
    body: &[u8],
) -> Result<String, Error> {
    let algorithm = challenge.algorithm();
    let qop = match challenge.qop {
        None => None,
        Some(QopOffer { auth: true, .. }) => Some(Qop::Auth),
        Some(QopOffer { auth_int: true, .. }) => Some(Qop::AuthInt),
        Some(QopOffer { auth: false, auth_int: false }) => return Err(Error::UnknownQop),
    };
    carried("method", method.into())?;
    let count = format!("{nc:08x}");
    let protection = qop.map(|qop| Protection { qop: qop.as_str(), nc: &count });
    let digest = Digest { algorithm, nonce: &challenge.nonce, cnonce, protection, method, uri };
    let ha1 = credentials.ha1(&challenge.realm, algorithm).ok_or(Error::OtherRealm)?;
    let response = digest.response(&ha1, body);

    let username = if challenge.userhash {
        userhash(credentials.username(), &challenge.realm, algorithm)
    } else {
        credentials.username().into()
    };
    let mut out = String::with_capacity(320);
    out.push_str("Digest username=");
    quoted::quote(&username, &mut out)?;
    pair(&mut out, "realm", &challenge.realm)?;
    pair(&mut out, "nonce", &challenge.nonce)?;
    pair(&mut out, "uri", uri)?;
    pair(&mut out, "response", &response)?;
    if let Some(algorithm) = challenge.algorithm {
        out.push_str(", algorithm=");
        out.push_str(algorithm.as_str());
    }
    if protection.is_some() || algorithm.is_session() {
        pair(&mut out, "cnonce", cnonce)?;
    }
    if let Some(opaque) = &challenge.opaque {
        pair(&mut out, "opaque", opaque)?;
    }
    if let Some(Protection { qop, nc }) = protection {
        out.push_str(", qop=");
        out.push_str(qop);
        out.push_str(", nc=");
        out.push_str(nc);
    }
    if challenge.userhash {
        out.push_str(", userhash=true");
    }
    Ok(out)
}

fn pair(out: &mut String, name: &str, value: &str) -> Result<(), ParseError> {
    out.push_str(", ");
    out.push_str(name);
    out.push('=');
    quoted::quote(value, out)
}

/// `H( username ":" realm )`, RFC 7616 §3.4.4
pub(crate) fn userhash(username: &str, realm: &str, algorithm: Algorithm) -> ByteStr {
    algorithm.hex(&[username.as_bytes(), realm.as_bytes()]).into()
}

/// What goes into the hash beside the secret; both sides compute it from here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Digest<'a> {
    pub(crate) algorithm: Algorithm,
    pub(crate) nonce: &'a str,
    pub(crate) cnonce: &'a str,
    pub(crate) protection: Option<Protection<'a>>,
    pub(crate) method: &'a str,
    pub(crate) uri: &'a str,
}

/// `qop` and `nc` as they are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Protection<'a> {
    pub(crate) qop: &'a str,
    pub(crate) nc: &'a str,
}

impl Digest<'_> {
    /// `response`, RFC 7616 §3.4.1; without `qop` as RFC 2069 §2.1.2 has it.
    pub(crate) fn response(&self, ha1: &str, body: &[u8]) -> String {
        let Self { algorithm, nonce, cnonce, protection, method, uri } = *self;
        let session = || algorithm.hex(&[ha1.as_bytes(), nonce.as_bytes(), cnonce.as_bytes()]);
        let a1 = if algorithm.is_session() { session() } else { ha1.into() };
        let a2 = match protection {
            Some(Protection { qop, .. }) if Qop::parse(qop) == Some(Qop::AuthInt) => {
                let body = algorithm.hex(&[body]);
                algorithm.hex(&[method.as_bytes(), uri.as_bytes(), body.as_bytes()])
            }
            _ => algorithm.hex(&[method.as_bytes(), uri.as_bytes()]),
        };
        match protection {
            Some(Protection { qop, nc }) => algorithm.hex(&[
                a1.as_bytes(),
                nonce.as_bytes(),
                nc.as_bytes(),
                cnonce.as_bytes(),
                qop.as_bytes(),
                a2.as_bytes(),
            ]),
            None => algorithm.hex(&[a1.as_bytes(), nonce.as_bytes(), a2.as_bytes()]),
        }
    }
}

#[cfg(test)]
mod tests;
