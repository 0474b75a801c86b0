//! `Tls`: how connections are secured, with the provider and the certificates of the caller.

mod fault;
mod handshake;
mod socket;
mod stream;
mod verifier;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

pub(crate) use self::fault::reason;
pub(crate) use self::handshake::{accept, connect};
pub(crate) use self::stream::{Reading, Stream, Writing};
use self::verifier::AnyCertificate;

/// How the connections of a [`Network`](crate::Network) are secured.
///
/// Nothing global is used or installed: the configurations bring their crypto provider along.
#[derive(Clone)]
pub struct Tls {
    /// For targets with a name, which the roots of the caller have to vouch for.
    named: Arc<ClientConfig>,
    /// For targets without one: the certificate is handed up.
    unnamed: Arc<ClientConfig>,
    server: Option<Arc<ServerConfig>>,
    certificate: Option<Bytes>,
}

impl Tls {
    /// From configurations of the caller. Without `server` nothing can be listened for.
    ///
    /// `client` verifies the servers that have to prove a name. For MSRP with fingerprints both
    /// should show the same certificate, `server` should ask for that of the client without judging it
    /// ([`Tls::client_verifier`]), and [`Tls::with_certificate`] should say which one it is.
    #[must_use]
    pub fn new(client: Arc<ClientConfig>, server: Option<Arc<ServerConfig>>) -> Self {
        let mut unnamed = ClientConfig::clone(&client);
        let verifier = AnyCertificate::new(client.crypto_provider());
        unnamed.dangerous().set_certificate_verifier(Arc::new(verifier));
        // A session that nobody vouched for must never be taken up where somebody has to, nor the reverse.
        unnamed.resumption = Resumption::disabled();
        Self { named: client, unnamed: Arc::new(unnamed), server, certificate: None }
    }

    /// The certificate that is shown to peers, in DER, for fingerprints in SDP (RFC 8122 §5).
    #[must_use]
    pub fn with_certificate(mut self, der: impl Into<Bytes>) -> Self {
        self.certificate = Some(der.into());
        self
    }

    /// From one certificate for everything, and the roots that servers are verified by: TLS 1.2 and 1.3, the
    /// certificate is shown in both directions, and that of a client is asked for.
    ///
    /// # Errors
    ///
    /// What rustls says of them: no certificate, a key that is of another certificate, a provider without the
    /// cipher suites of both versions.
    pub fn with_identity(
        provider: Arc<CryptoProvider>,
        roots: RootCertStore,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, rustls::Error> {
        let shown = chain.first().map(|certificate| Bytes::copy_from_slice(certificate));
        let shown = shown.ok_or(rustls::Error::NoCertificatesPresented)?;
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(Self::client_verifier(&provider))
            .with_single_cert(chain.clone(), key.clone_key())?;
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)?;
        Ok(Self::new(Arc::new(client), Some(Arc::new(server))).with_certificate(shown))
    }

    /// Asks clients for a certificate, does not insist on one, and leaves it to the machine to judge it: only
    /// that the client has its key is verified.
    #[must_use]
    pub fn client_verifier(provider: &Arc<CryptoProvider>) -> Arc<dyn ClientCertVerifier> {
        Arc::new(AnyCertificate::new(provider))
    }

    /// The certificate that is shown to peers, in DER, if it was told.
    #[must_use]
    pub const fn certificate(&self) -> Option<&Bytes> {
        self.certificate.as_ref()
    }

    /// Whether connections can be accepted.
    #[must_use]
    pub const fn can_listen(&self) -> bool {
        self.server.is_some()
    }

    pub(crate) fn server(&self) -> Option<Arc<ServerConfig>> {
        self.server.clone()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let certificate = self.certificate.is_some();
        f.debug_struct("Tls")
            .field("server", &self.server.is_some())
            .field("certificate", &certificate)
            .finish_non_exhaustive()
    }
}
