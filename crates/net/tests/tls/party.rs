//! Certificates, networks, and what the tests wait for.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use rcgen::{CertificateParams, Issuer, KeyPair};
use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use simple_im_net::{
    Bind, FlowError, FlowId, FlowState, Limits, NetEvent, Network, Protocol, Security, Target, Tls, Transport,
};
use tokio::time::timeout;

/// Long enough for loopback on a busy machine; nothing waits for it unless a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// An authority and its certificates.
pub(crate) struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key.
pub(crate) struct Identity {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    pub(crate) fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        roots
    }

    pub(crate) fn issue(&self, names: &[&str]) -> Identity {
        self.sign(
            &CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()).unwrap(),
        )
    }

    pub(crate) fn issue_expired(&self, names: &[&str]) -> Identity {
        let mut params =
            CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()).unwrap();
        params.not_before = rcgen::date_time_ymd(2000, 1, 1);
        params.not_after = rcgen::date_time_ymd(2001, 1, 1);
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        Identity { certificate, key: PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())) }
    }
}

/// A certificate that nobody vouches for.
pub(crate) fn self_signed() -> Identity {
    let signed = rcgen::generate_simple_self_signed(["whoever.invalid".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signed.signing_key.serialize_der()));
    Identity { certificate: signed.cert.der().clone(), key }
}

pub(crate) fn tls(identity: &Identity, roots: RootCertStore) -> Tls {
    let chain = vec![identity.certificate.clone()];
    Tls::with_identity(provider(), roots, chain, identity.key.clone_key()).unwrap()
}

/// A network that listens for everything.
pub(crate) async fn network(tls: Tls, limits: Limits) -> Network {
    let bind = Bind::sip(loopback()).msrp(loopback()).sips(loopback()).msrps(loopback());
    Network::bind(bind.tls(tls).limits(limits)).await.unwrap()
}

pub(crate) fn target(address: SocketAddr, name: Option<&'static str>) -> Target {
    let server_name = name.map(Into::into);
    Target { protocol: Protocol::Msrp, transport: Transport::Tls, address, server_name }
}

pub(crate) async fn next(network: &mut Network) -> NetEvent {
    timeout(PATIENCE, network.next()).await.expect("an event in time")
}

/// Waits for a flow to come up inside TLS.
pub(crate) async fn up(network: &mut Network) -> (FlowId, Security) {
    match next(network).await {
        NetEvent::Flow {
            flow,
            state: FlowState::Up { transport: Transport::Tls, security: Some(security), .. },
            ..
        } => (flow, security),
        other => panic!("not up: {other:?}"),
    }
}

/// Waits until a flow is gone, throwing other events away, and reading on meanwhile.
pub(crate) async fn closed(network: &mut Network) -> FlowError {
    loop {
        match next(network).await {
            NetEvent::Flow { state: FlowState::Closed(error), .. } => return error,
            NetEvent::Flow { flow, .. } | NetEvent::Received { flow, .. } => network.grant(flow),
            NetEvent::Transmitted { .. } | NetEvent::HandshakeFailed { .. } => {}
        }
    }
}

/// Reads `flow` until it ends.
pub(crate) async fn read_to_end(network: &mut Network, flow: FlowId) -> (BytesMut, FlowError) {
    let mut all = BytesMut::new();
    loop {
        network.grant(flow);
        match next(network).await {
            NetEvent::Received { bytes, .. } => all.extend_from_slice(&bytes),
            NetEvent::Flow { state: FlowState::Closed(error), .. } => return (all, error),
            _ => {}
        }
    }
}

pub(crate) fn pattern(length: usize) -> Bytes {
    (0..length).map(|i| u8::try_from(i.wrapping_mul(31) >> 3 & 0xff).unwrap()).collect::<Vec<_>>().into()
}
