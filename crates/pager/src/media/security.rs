//! What a peer has to show on a connection before a line uses it: RFC 8122 §6, RFC 4975 §14.

use sdp::attribute::Fingerprint;
use sdp::offer_answer::{MessageLine, Proto};
use sip_ua::{CertificateFault, FlowId, Security, Sha1Policy};

use crate::{MediaSecurity, MediaTls};

/// What the peer of a line has to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Nothing: `TCP/MSRP`.
    None,
    /// A certificate with one of these fingerprints.
    Fingerprints(Vec<Fingerprint>),
    /// The name we connect to, for which an authority vouches. A peer that connects to us has nothing but the
    /// session-id to show, which only the two of us know (RFC 4975 §14.1).
    Name,
}

impl Proof {
    /// What the side that said this has to show.
    ///
    /// Its fingerprints are those of its own certificate: a relay in front of it is known by name
    /// (RFC 4976 §9.1).
    pub(crate) fn of(line: &MessageLine) -> Self {
        match line.proto {
            Proto::Tcp => Self::None,
            Proto::Tls if line.fingerprints.is_empty() || line.path.len() > 1 => Self::Name,
            Proto::Tls => Self::Fingerprints(line.fingerprints.clone()),
        }
    }

    /// Whether `flow` is what the line may use.
    pub(crate) fn check(
        &self,
        flow: FlowId,
        security: Option<&Security>,
        sha1: Sha1Policy,
    ) -> Result<(), CertificateFault> {
        match (self, security) {
            (Self::None, _) => Ok(()),
            (_, None) => Err(CertificateFault::NoTls),
            (Self::Fingerprints(announced), Some(security)) => {
                let announced = announced.iter().map(|one| (one.function.as_str(), one.digest.as_slice()));
                security.matches(announced, sha1)
            }
            (Self::Name, Some(security)) if security.verified || !flow.is_outgoing() => Ok(()),
            (Self::Name, Some(_)) => Err(CertificateFault::Unverified),
        }
    }
}

/// Whether we speak what the side offers: never less than we were told to insist on.
pub(crate) fn speaks(line: &MessageLine, security: MediaSecurity, tls: Option<&MediaTls>) -> bool {
    // RFC 4975 §8.1: `m=` and the URI of the session say the same.
    let agreed = line.own().is_some_and(|own| own.secure == (line.proto == Proto::Tls));
    agreed
        && match line.proto {
            Proto::Tcp => security != MediaSecurity::Required,
            Proto::Tls => tls.is_some(),
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use sdp::attribute::HashFunction;

    const OURS: FlowId = FlowId::outgoing(1);
    const THEIRS: FlowId = FlowId::incoming(1);

    fn shown(certificate: &'static [u8], verified: bool) -> Security {
        Security { certificate: Some(Bytes::from_static(certificate)), verified }
    }

    fn announced(certificate: &[u8]) -> Proof {
        let other = Fingerprint::new(HashFunction::Other("blake".into()), [0, 17]).unwrap();
        let digest = sip_ua::sha256_of(certificate);
        Proof::Fingerprints(vec![other, Fingerprint::new(HashFunction::Sha256, digest).unwrap()])
    }

    #[track_caller]
    fn check(
        proof: &Proof,
        flow: FlowId,
        security: Option<&Security>,
        expected: Result<(), CertificateFault>,
    ) {
        assert_eq!(proof.check(flow, security, Sha1Policy::Refused), expected, "{proof:?} {security:?}");
    }

    #[test]
    fn rfc8122_6_the_certificate_is_the_one_announced_in_both_directions() {
        let proof = announced(b"bob");
        for flow in [OURS, THEIRS] {
            check(&proof, flow, Some(&shown(b"bob", false)), Ok(()));
            // Who vouches for another one does not matter.
            check(&proof, flow, Some(&shown(b"eve", true)), Err(CertificateFault::Fingerprint));
            check(&proof, flow, None, Err(CertificateFault::NoTls));
            let silent = Security { certificate: None, verified: false };
            check(&proof, flow, Some(&silent), Err(CertificateFault::Missing));
        }
    }

    #[test]
    fn rfc8122_5_fingerprints_that_say_nothing_are_not_the_same_as_none() {
        let proof = Proof::Fingerprints(vec![Fingerprint::new(HashFunction::Md5, [0; 16]).unwrap()]);
        check(&proof, OURS, Some(&shown(b"bob", true)), Err(CertificateFault::NoFingerprint));
    }

    #[test]
    fn rfc4975_14_without_a_fingerprint_an_authority_vouches_for_the_name() {
        check(&Proof::Name, OURS, Some(&shown(b"bob", true)), Ok(()));
        check(&Proof::Name, OURS, Some(&shown(b"bob", false)), Err(CertificateFault::Unverified));
        check(&Proof::Name, THEIRS, Some(&Security { certificate: None, verified: false }), Ok(()));
        check(&Proof::Name, THEIRS, None, Err(CertificateFault::NoTls));
        check(&Proof::None, OURS, None, Ok(()));
    }
}
