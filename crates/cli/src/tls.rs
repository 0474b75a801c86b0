//! Certificates of the command: read from files, or made for one run.

use std::path::Path;
use std::sync::Arc;

use client::{MediaSecurity, Tls};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::args::TlsArgs;
use crate::exit::{Exit, Failure};

/// TLS as the options want it; `None` if there are none. `names` are what a certificate made here is for.
///
/// # Errors
///
/// [`Exit::Usage`] for a file that cannot be read or holds something else.
pub(crate) fn load(args: &TlsArgs, names: &[String]) -> Result<Option<Tls>, Failure> {
    if args.tls_ca.is_none() && args.tls_cert.is_none() && !args.msrps {
        return Ok(None);
    }
    let mut roots = RootCertStore::empty();
    if let Some(path) = &args.tls_ca {
        for certificate in certificates(path)? {
            roots.add(certificate).map_err(|error| unusable(path, &error))?;
        }
    }
    let (chain, key) = match (&args.tls_cert, &args.tls_key) {
        (Some(chain), Some(key)) => {
            (certificates(chain)?, PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, &error))?)
        }
        _ => self_signed(names)?,
    };
    assemble(roots, chain, key).map(Some)
}

/// What the options say of content.
pub(crate) const fn media_security(args: &TlsArgs) -> MediaSecurity {
    if args.msrps { MediaSecurity::Required } else { MediaSecurity::Plain }
}

/// An authority for one run, and TLS for each party of it.
pub(crate) struct Authority {
    root: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// A new one.
    ///
    /// # Errors
    ///
    /// If there is no randomness.
    pub(crate) fn new() -> Result<Self, Failure> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "simple-im demo");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let key = KeyPair::generate().map_err(|error| unmade(&error))?;
        let root = params.self_signed(&key).map_err(|error| unmade(&error))?.der().clone();
        Ok(Self { root, issuer: Issuer::new(params, key) })
    }

    /// TLS with a certificate for `names`, trusting what the authority vouches for.
    ///
    /// # Errors
    ///
    /// A name that cannot stand in a certificate.
    pub(crate) fn tls(&self, names: &[String]) -> Result<Tls, Failure> {
        let params = CertificateParams::new(names).map_err(|error| unmade(&error))?;
        let key = KeyPair::generate().map_err(|error| unmade(&error))?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(|error| unmade(&error))?;
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).map_err(|error| unmade(&error))?;
        assemble(roots, vec![certificate.der().clone()], pkcs8(&key))
    }
}

fn self_signed(names: &[String]) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Failure> {
    let signed = rcgen::generate_simple_self_signed(names).map_err(|error| unmade(&error))?;
    Ok((vec![signed.cert.der().clone()], pkcs8(&signed.signing_key)))
}

fn pkcs8(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()))
}

fn assemble(
    roots: RootCertStore,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Tls, Failure> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Tls::with_identity(provider, roots, chain, key)
        .map_err(|error| Failure::new(Exit::Usage, format!("certificate or key: {error}")))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let read = CertificateDer::pem_file_iter(path).map_err(|error| unusable(path, &error))?;
    let read = read.collect::<Result<Vec<_>, _>>().map_err(|error| unusable(path, &error))?;
    if read.is_empty() { Err(unusable(path, &"no certificate in it")) } else { Ok(read) }
}

fn unusable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Usage, format!("{}: {error}", path.display()))
}

fn unmade(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::CannotStart, format!("no certificate could be made: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args() -> TlsArgs {
        TlsArgs::default()
    }

    #[test]
    fn any_option_turns_tls_on() {
        assert!(load(&args(), &[]).unwrap().is_none());
        let tls = load(&TlsArgs { msrps: true, ..args() }, &["localhost".to_owned()]).unwrap().unwrap();
        assert!(tls.can_listen() && tls.certificate().is_some());
    }

    #[test]
    fn certificates_come_from_files_and_mistakes_name_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        let signed = rcgen::generate_simple_self_signed(["im.example".to_owned()]).unwrap();
        std::fs::write(&cert, signed.cert.pem()).unwrap();
        std::fs::write(&key, signed.signing_key.serialize_pem()).unwrap();
        let both = TlsArgs {
            tls_ca: Some(cert.clone()),
            tls_cert: Some(cert),
            tls_key: Some(key.clone()),
            ..args()
        };
        let tls = load(&both, &[]).unwrap().unwrap();
        assert_eq!(tls.certificate().unwrap().as_ref(), signed.cert.der().as_ref());
        let wrong = TlsArgs { tls_ca: Some(key), ..args() };
        let failure = load(&wrong, &[]).unwrap_err();
        assert!(failure.exit == Exit::Usage && failure.message.contains("key.pem"), "{failure:?}");
        let missing = TlsArgs { tls_ca: Some(folder.path().join("none.pem")), ..args() };
        assert!(load(&missing, &[]).unwrap_err().message.contains("none.pem"));
    }
}
