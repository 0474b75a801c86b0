//! `Security`: what TLS showed of the peer of a flow, and fingerprints of certificates (RFC 8122 §5).

use bytes::Bytes;
use sha1::Sha1;
use sha2::{Digest as _, Sha224, Sha256, Sha384, Sha512};

/// What TLS showed of the peer of a flow.
///
/// The signature of the handshake was verified in any case: the peer has the key of its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a driver fills in each field")]
pub struct Security {
    /// DER of the end-entity certificate of the peer; `None`: it showed none, which only a side that connects
    /// may do.
    pub certificate: Option<Bytes>,
    /// Whether an authority that the driver trusts says that the certificate belongs to the
    /// [`server_name`](crate::Target::server_name) of the flow.
    pub verified: bool,
}

/// Why a certificate is not the one that was announced in SDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateFault {
    /// The connection is not inside TLS at all.
    #[error("the connection is not inside TLS")]
    NoTls,
    /// The peer announced a fingerprint and showed no certificate.
    #[error("the peer showed no certificate")]
    Missing,
    /// None of the announced fingerprints uses a hash function that is known and allowed here.
    #[error("no fingerprint with a hash function that is taken here")]
    NoFingerprint,
    /// The certificate has another fingerprint than the ones announced.
    #[error("the fingerprint of the certificate differs from the announced one")]
    Fingerprint,
    /// No fingerprint was announced, and no authority vouches for the name of the peer.
    #[error("no fingerprint, and no authority vouches for the peer's name")]
    Unverified,
}

/// Whether fingerprints by SHA-1 count (RFC 8122 §5 allows SHA-256 and better to be written).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::exhaustive_enums, reason = "they count or they do not")]
pub enum Sha1Policy {
    /// They are passed over, as if they were not there.
    #[default]
    Refused,
    /// They are taken where the peer announced nothing better.
    Accepted,
}

/// The hash functions of fingerprints, best last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum HashFunction {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl HashFunction {
    fn parse(name: &str, sha1: Sha1Policy) -> Option<Self> {
        let known = [
            ("SHA-256", Self::Sha256),
            ("SHA-512", Self::Sha512),
            ("SHA-384", Self::Sha384),
            ("SHA-224", Self::Sha224),
            ("SHA-1", Self::Sha1),
        ];
        let (_, found) = known.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        (found != Self::Sha1 || sha1 == Sha1Policy::Accepted).then_some(found)
    }

    fn digest(self, octets: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(octets).to_vec(),
            Self::Sha224 => Sha224::digest(octets).to_vec(),
            Self::Sha256 => Sha256::digest(octets).to_vec(),
            Self::Sha384 => Sha384::digest(octets).to_vec(),
            Self::Sha512 => Sha512::digest(octets).to_vec(),
        }
    }
}

impl Security {
    /// Holds the certificate against announced fingerprints: names of hash functions and digests.
    ///
    /// RFC 8122 §5.1: it has to match one of those made with the best function that is known here; the others
    /// are not looked at.
    ///
    /// # Errors
    ///
    /// The [`CertificateFault`] for which the connection must not be used.
    pub fn matches<'a>(
        &self,
        fingerprints: impl IntoIterator<Item = (&'a str, &'a [u8])>,
        sha1: Sha1Policy,
    ) -> Result<(), CertificateFault> {
        let usable: Vec<(HashFunction, &[u8])> = fingerprints
            .into_iter()
            .filter_map(|(name, digest)| Some((HashFunction::parse(name, sha1)?, digest)))
            .collect();
        let best = usable.iter().map(|(function, _)| *function).max();
        let best = best.ok_or(CertificateFault::NoFingerprint)?;
        let certificate = self.certificate.as_ref().ok_or(CertificateFault::Missing)?;
        let own = best.digest(certificate);
        let is_it = |(function, digest): &(HashFunction, &[u8])| *function == best && *digest == own;
        if usable.iter().any(is_it) { Ok(()) } else { Err(CertificateFault::Fingerprint) }
    }
}

/// The SHA-256 digest of a certificate in DER, for a fingerprint of our own.
#[must_use]
pub fn sha256_of(certificate: &[u8]) -> [u8; 32] {
    Sha256::digest(certificate).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(certificate: &'static [u8]) -> Security {
        Security { certificate: Some(Bytes::from_static(certificate)), verified: false }
    }

    #[track_caller]
    fn check(fingerprints: &[(&str, Vec<u8>)], sha1: Sha1Policy, expected: Result<(), CertificateFault>) {
        let given = fingerprints.iter().map(|(name, digest)| (*name, digest.as_slice()));
        assert_eq!(shown(b"cert").matches(given, sha1), expected, "{fingerprints:?}");
    }

    #[test]
    fn rfc8122_5_the_best_known_hash_function_decides() {
        let own = |function: HashFunction| function.digest(b"cert");
        let (sha256, sha512) = (own(HashFunction::Sha256), own(HashFunction::Sha512));
        let other = HashFunction::Sha256.digest(b"other");
        check(&[("SHA-256", sha256.clone())], Sha1Policy::Refused, Ok(()));
        check(&[("sha-256", sha256.clone())], Sha1Policy::Refused, Ok(()));
        // Several certificates, or several functions for one.
        check(&[("SHA-256", other.clone()), ("SHA-256", sha256.clone())], Sha1Policy::Refused, Ok(()));
        check(&[("SHA-256", other.clone()), ("SHA-512", sha512)], Sha1Policy::Refused, Ok(()));
        // A match of a weaker one does not make up for it.
        let broken = vec![0; 64];
        let wrong = Err(CertificateFault::Fingerprint);
        check(&[("SHA-256", sha256.clone()), ("SHA-512", broken)], Sha1Policy::Refused, wrong);
        check(&[("SHA-256", other)], Sha1Policy::Refused, wrong);
        check(&[("SHA-256", sha256[..16].to_vec())], Sha1Policy::Refused, wrong);
        // Unknown ones are passed over.
        check(&[("BLAKE", vec![1]), ("SHA-256", sha256)], Sha1Policy::Refused, Ok(()));
        let none = Err(CertificateFault::NoFingerprint);
        check(&[("MD5", vec![0; 16]), ("BLAKE", vec![1])], Sha1Policy::Accepted, none);
        check(&[], Sha1Policy::Accepted, none);
    }

    #[test]
    fn rfc8122_5_sha1_counts_only_by_policy() {
        let sha1 = HashFunction::Sha1.digest(b"cert");
        check(&[("SHA-1", sha1.clone())], Sha1Policy::Refused, Err(CertificateFault::NoFingerprint));
        check(&[("SHA-1", sha1.clone())], Sha1Policy::Accepted, Ok(()));
        let wrong = HashFunction::Sha256.digest(b"other");
        let fault = Err(CertificateFault::Fingerprint);
        check(&[("SHA-1", sha1), ("SHA-256", wrong)], Sha1Policy::Accepted, fault);
    }

    #[test]
    fn a_peer_without_certificate_matches_nothing() {
        let security = Security { certificate: None, verified: false };
        let digest = HashFunction::Sha256.digest(b"");
        let given = [("SHA-256", digest.as_slice())];
        assert_eq!(security.matches(given, Sha1Policy::Refused), Err(CertificateFault::Missing));
    }
}
