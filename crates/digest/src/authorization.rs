//! `Authorization`: the value of `Authorization` and `Proxy-Authorization`, as a server reads it (RFC 7616 §3.4).

use core::fmt;
use core::hint::black_box;

use grammar::{ByteStr, ParseError, ParseErrorKind};

use crate::answer::{Digest, Protection, userhash};
use crate::auth_param::AuthParams;
use crate::{Algorithm, Challenge, Credentials, Qop};

/// An answer to a challenge, not yet judged.
///
/// A server looks up the user by [`Self::username`], then wants [`Self::answers`] (its own challenge),
/// [`Self::uri`] to be the Request-URI, a [`Self::nonce_count`] it has not seen, and [`Self::verify`].
#[derive(Clone)]
pub struct Authorization {
    username: ByteStr,
    realm: ByteStr,
    nonce: ByteStr,
    uri: Option<ByteStr>,
    response: ByteStr,
    algorithm: Algorithm,
    cnonce: Option<ByteStr>,
    opaque: Option<ByteStr>,
    qop: Option<(Qop, ByteStr)>,
    nc: Option<(u32, ByteStr)>,
    userhash: bool,
}

impl Authorization {
    /// Reads the value of one header. At most 32 pairs.
    ///
    /// Lenient: `qop`, `nc` and `algorithm` may be quoted, other values unquoted, and `uri` may be missing, as
    /// clients of MSRP relays leave it out.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] naming the pair that is missing or broken; of kind [`ParseErrorKind::Unsupported`] where
    /// scheme, `algorithm` or `qop` is not one of ours.
    pub fn parse(value: &str) -> Result<Self, ParseError> {
        let params = AuthParams::parse(value)?;
        let algorithm = params.get("algorithm").map_or(Some(Algorithm::MD5), Algorithm::parse);
        let qop = match params.text("qop")? {
            None => None,
            Some(token) => {
                let qop =
                    Qop::parse(&token).ok_or_else(|| params.error(ParseErrorKind::Unsupported, "qop"))?;
                Some((qop, token))
            }
        };
        let nc = match params.text("nc")? {
            None => None,
            // RFC 7616 §3.4: `nc-value = 8LHEX`
            Some(digits) if digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                let error = params.error(ParseErrorKind::OutOfRange, "nc");
                Some((u32::from_str_radix(&digits, 16).map_err(|_| error)?, digits))
            }
            Some(_) => return Err(params.error(ParseErrorKind::Syntax, "nc")),
        };
        let cnonce = params.text("cnonce")?;
        if qop.is_some() {
            // "MUST be specified if a qop directive is sent"
            if cnonce.is_none() {
                return Err(params.error(ParseErrorKind::Missing, "cnonce"));
            }
            if nc.is_none() {
                return Err(params.error(ParseErrorKind::Missing, "nc"));
            }
        }
        Ok(Self {
            username: params.require("username")?,
            realm: params.require("realm")?,
            nonce: params.require("nonce")?,
            uri: params.text("uri")?,
            response: params.require("response")?,
            algorithm: algorithm.ok_or_else(|| params.error(ParseErrorKind::Unsupported, "algorithm"))?,
            cnonce,
            opaque: params.text("opaque")?,
            qop,
            nc,
            userhash: params.is_true("userhash"),
        })
    }

    /// The user name, or its hash where [`Self::is_userhash`].
    #[must_use]
    pub fn username(&self) -> &ByteStr {
        &self.username
    }

    /// Whether the name is hashed: `H(username ":" realm)` (RFC 7616 §3.4.4).
    #[must_use]
    pub const fn is_userhash(&self) -> bool {
        self.userhash
    }

    /// The realm it is for.
    #[must_use]
    pub fn realm(&self) -> &ByteStr {
        &self.realm
    }

    /// The nonce it answers.
    #[must_use]
    pub fn nonce(&self) -> &ByteStr {
        &self.nonce
    }

    /// The URI that was hashed; the server compares it with the Request-URI.
    #[must_use]
    pub fn uri(&self) -> Option<&ByteStr> {
        self.uri.as_ref()
    }

    /// The `opaque` of the challenge.
    #[must_use]
    pub fn opaque(&self) -> Option<&ByteStr> {
        self.opaque.as_ref()
    }

    /// The algorithm; MD5 if none is named.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The protection, if any.
    #[must_use]
    pub fn qop(&self) -> Option<Qop> {
        self.qop.as_ref().map(|(qop, _)| *qop)
    }

    /// How many requests were sent with this nonce, counted from 1; the same number again is a replay.
    #[must_use]
    pub fn nonce_count(&self) -> Option<u32> {
        self.nc.as_ref().map(|(count, _)| *count)
    }

    /// Whether this answers `challenge`: realm, nonce, opaque and algorithm are those, and the protection is one
    /// it offers. Without this check a client could choose a weaker algorithm than was asked for.
    #[must_use]
    pub fn answers(&self, challenge: &Challenge) -> bool {
        self.realm == *challenge.realm()
            && self.nonce == *challenge.nonce()
            && self.opaque.as_ref() == challenge.opaque()
            && self.algorithm == challenge.algorithm()
            && self.qop().map_or_else(|| challenge.qop.is_none(), |qop| challenge.offers(qop))
    }

    /// Whether the response is the one these credentials give for `method`, the `uri` of the header, and `body`
    /// (`auth-int` only). Compared in constant time.
    ///
    /// Judges the secret only: realm, nonce and URI are taken as written, see [`Self::answers`].
    #[must_use]
    pub fn verify(&self, method: &str, credentials: &Credentials, body: &[u8]) -> bool {
        self.uri.as_ref().is_some_and(|uri| self.verify_uri(method, uri, credentials, body))
    }

    /// As [`Self::verify`], with the URI taken from the request: for clients that leave `uri` out (RFC 4976 §10).
    #[must_use]
    pub fn verify_uri(&self, method: &str, uri: &str, credentials: &Credentials, body: &[u8]) -> bool {
        let Some(ha1) = credentials.ha1(&self.realm, self.algorithm) else { return false };
        let named = if self.userhash {
            let hash = userhash(credentials.username(), &self.realm, self.algorithm);
            hash.eq_ignore_ascii_case(&self.username)
        } else {
            *self.username == *credentials.username()
        };
        let protection = match (&self.qop, &self.nc) {
            (Some((_, qop)), Some((_, nc))) => Some(Protection { qop, nc }),
            _ => None,
        };
        let digest = Digest {
            algorithm: self.algorithm,
            nonce: &self.nonce,
            cnonce: self.cnonce.as_deref().unwrap_or_default(),
            protection,
            method,
            uri,
        };
        let expected = digest.response(&ha1, body);
        named & same(expected.as_bytes(), self.response.to_ascii_lowercase().as_bytes())
    }
}

/// The response is a function of the password: it is left out.
impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization")
            .field("username", &self.username)
            .field("realm", &self.realm)
            .field("uri", &self.uri)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// Whether both are equal, in a time that depends on their lengths only.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && black_box(a.iter().zip(b).fold(0, |differ, (a, b)| differ | black_box(a ^ b))) == 0
}

#[cfg(test)]
mod tests;
