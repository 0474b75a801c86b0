//! Everything inside TLS: fingerprints, authorities, and what is refused.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use rcgen::{CertificateParams, Issuer, KeyPair};
use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use simple_im_client::{
    Builder, CertificateFault, Client, Delivery, ErrorKind, ItemState, MediaSecurity, Message, Outgoing,
    Profile, ReceptionEvent, Tap, Tls, TlsFault, To, Wire,
};
use tempfile::TempDir;

use crate::{Pair, builder, builder_for, files, pattern, soon, written};

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// A certificate and its key.
struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    fn self_signed() -> Self {
        let signed = rcgen::generate_simple_self_signed(["whoever.invalid".to_owned()]).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signed.signing_key.serialize_der()));
        Self { certificate: signed.cert.der().clone(), key }
    }

    /// TLS that announces the certificate by its fingerprint.
    fn announced(&self, roots: RootCertStore) -> Tls {
        Tls::with_identity(provider(), roots, vec![self.certificate.clone()], self.key.clone_key()).unwrap()
    }

    /// TLS that shows the certificate as a server and announces nothing.
    fn unannounced(&self, roots: RootCertStore) -> Tls {
        let versions = rustls::DEFAULT_VERSIONS;
        let client = rustls::ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let server = rustls::ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], self.key.clone_key())
            .unwrap();
        Tls::new(Arc::new(client), Some(Arc::new(server)))
    }
}

struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        roots
    }

    /// A certificate for loopback.
    fn issue(&self) -> Identity {
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        Identity { certificate, key: PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())) }
    }
}

/// What was received of MSRP.
#[derive(Default)]
struct Heard(Mutex<Vec<u8>>);

impl Tap for Heard {
    fn sent(&self, _: Wire, _: &[u8]) {}

    fn received(&self, wire: Wire, octets: &[u8]) {
        if wire.protocol == pager::Protocol::Msrp {
            self.0.lock().unwrap().extend_from_slice(octets);
        }
    }
}

impl Heard {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

fn profile(media_security: MediaSecurity) -> Profile {
    let mut profile = Profile::generic();
    profile.media_security = media_security;
    profile
}

fn secure(name: &str, tls: Tls) -> Builder {
    builder(name).tls(tls).profile(profile(MediaSecurity::Required))
}

async fn pair(alice: Builder, bob: Builder) -> Pair {
    let (alice, bob) = (alice.start().await.unwrap(), bob.start().await.unwrap());
    Pair { alice, bob, folder: tempfile::tempdir().unwrap() }
}

/// Sends a text and a file, and checks that both arrive.
async fn exchange(pair: &Pair, to: To) {
    let sources = TempDir::new().unwrap();
    let content = pattern(3 << 20);
    let message = Message::new().text("for your eyes").file(written(&sources, "plan.pdf", &content));
    let mut incoming = pair.bob.incoming();
    let mut transfer = pair.alice.send(to, message).await.unwrap();
    let offer = soon(incoming.next()).await.expect("an offer");
    let mut reception = soon(offer.accept_all(pair.sink())).await.unwrap();
    let received = soon(reception.outcome()).await.unwrap();
    assert_eq!(soon(transfer.outcome()).await.unwrap().delivery, Delivery::Delivered);
    assert!(std::fs::read(files(&received).first().unwrap()).unwrap() == content, "octets differ");
}

#[tokio::test]
async fn rfc8122_5_fingerprints_secure_a_transfer_in_both_directions() {
    let nobody = RootCertStore::empty;
    let heard = Arc::new(Heard::default());
    let alice = secure("alice", Identity::self_signed().announced(nobody()));
    let bob = secure("bob", Identity::self_signed().announced(nobody())).tap(heard.clone());
    let pair = pair(alice, bob).await;
    exchange(&pair, pair.to_bob()).await;
    assert!(heard.text().contains("To-Path: msrps://127.0.0.1:"), "inside TLS");
    // And one who only takes such offers.
    let carol = builder("bob").tls(Identity::self_signed().announced(nobody())).start().await.unwrap();
    let other = Pair { alice: pair.alice.clone(), bob: carol, folder: tempfile::tempdir().unwrap() };
    exchange(&other, other.to_bob()).await;
    soon(other.bob.shutdown()).await;
    pair.shutdown().await;
}

/// Sends where one side shows another certificate than it announced; the errors of both sides, and what bob heard.
async fn betrayed(alice: Builder, bob: Builder) -> (Option<simple_im_client::Error>, String, String) {
    let heard = Arc::new(Heard::default());
    let pair = pair(alice, bob.tap(heard.clone())).await;
    let message = Message::new().text("for your eyes").file(Outgoing::octets("plan.pdf", pattern(100_000)));
    let (mut transfer, mut reception) = pair.send_accepted(message).await;
    let outcome = soon(transfer.outcome()).await;
    let error = match outcome {
        Ok(outcome) => {
            assert!(outcome.items.iter().all(|item| !matches!(item, ItemState::Delivered)), "{outcome:?}");
            None
        }
        Err(error) => Some(error),
    };
    let mut told = String::new();
    while let Some(event) = soon(reception.next()).await {
        assert!(
            !matches!(event, ReceptionEvent::Progress { .. } | ReceptionEvent::Received(_)),
            "content came: {event:?}"
        );
        told += &format!("{event:?}\n");
    }
    soon(pair.bob.shutdown()).await;
    assert!(pair.names().is_empty(), "{:?}", pair.names());
    let heard = heard.text();
    pair.shutdown().await;
    (error, told, heard)
}

#[tokio::test]
async fn rfc8122_6_another_certificate_of_the_passive_side_gets_not_one_octet() {
    let nobody = RootCertStore::empty;
    let announced = Identity::self_signed().certificate.to_vec();
    let alice = secure("alice", Identity::self_signed().announced(nobody()));
    let bob = secure("bob", Identity::self_signed().announced(nobody()).with_certificate(announced));
    let (error, _, heard) = betrayed(alice, bob).await;
    let error = error.expect("an error");
    assert_eq!(error.kind(), ErrorKind::Untrusted);
    let fault = pager::ErrorKind::Certificate(CertificateFault::Fingerprint);
    assert_eq!(error.protocol().unwrap().kind(), &fault);
    assert!(error.to_string().contains("fingerprint of the certificate differs"), "{error}");
    assert!(error.to_string().contains("RFC 8122 §5"), "{error}");
    assert_eq!(heard, "", "nothing was said");
}

#[tokio::test]
async fn rfc8122_6_another_certificate_of_the_active_side_is_refused_before_content() {
    let nobody = RootCertStore::empty;
    let announced = Identity::self_signed().certificate.to_vec();
    let alice = secure("alice", Identity::self_signed().announced(nobody()).with_certificate(announced));
    let bob = secure("bob", Identity::self_signed().announced(nobody()));
    let (error, told, heard) = betrayed(alice, bob).await;
    assert_eq!(error.expect("an error").status(), Some(403));
    assert!(told.contains("Certificate(Fingerprint)"), "{told}");
    // The first SEND has no body, and nothing follows it.
    assert!(
        heard.contains(" SEND\r\n") && !heard.contains("Content-Type") && !heard.contains("eyes"),
        "{heard}"
    );
}

#[tokio::test]
async fn rfc4975_14_without_fingerprints_an_authority_vouches_for_the_passive_side() {
    let authority = Authority::new("ours");
    let alice = secure("alice", Identity::self_signed().unannounced(authority.roots()));
    let bob = secure("bob", authority.issue().unannounced(RootCertStore::empty()));
    let pair = pair(alice, bob).await;
    exchange(&pair, pair.to_bob()).await;
    pair.shutdown().await;

    let stranger = Authority::new("another");
    let alice = secure("alice", Identity::self_signed().unannounced(authority.roots()));
    let bob = secure("bob", stranger.issue().unannounced(RootCertStore::empty()));
    let (error, _, heard) = betrayed(alice, bob).await;
    let error = error.expect("an error");
    assert_eq!(error.kind(), ErrorKind::Untrusted);
    assert_eq!(error.protocol().unwrap().kind(), &pager::ErrorKind::Tls(TlsFault::UnknownIssuer));
    assert_eq!(heard, "");
}

#[tokio::test]
async fn nothing_is_tried_again_with_less_security() {
    let nobody = RootCertStore::empty;
    let alice = secure("alice", Identity::self_signed().announced(nobody()));
    let pair = pair(alice, builder("bob")).await;
    // Bob has no TLS, so the offer is none that he could take; and the other way round.
    let mut transfer = pair.alice.send(pair.to_bob(), "x").await.unwrap();
    assert_eq!(soon(transfer.outcome()).await.unwrap_err().status(), Some(488));
    let mut transfer = pair.bob.send(crate::to(&pair.alice), "x").await.unwrap();
    assert_eq!(soon(transfer.outcome()).await.unwrap_err().status(), Some(488));
    // Who wants TLS and has none learns it at once.
    let wishful = builder("alice").profile(profile(MediaSecurity::Offered)).start().await.unwrap();
    assert_eq!(wishful.send(pair.to_bob(), "x").await.unwrap_err().kind(), ErrorKind::Unsupported);
    soon(wishful.shutdown()).await;
    pair.shutdown().await;
}

fn sips(bob: &Client) -> [To; 2] {
    let address = bob.sips_address().unwrap();
    assert_eq!(address.ip(), IpAddr::from([127, 0, 0, 1]));
    ["sips:bob@{}", "sip:bob@{};transport=tls"]
        .map(|uri| To::one(uri.replace("{}", &address.to_string()).parse().unwrap()))
}

#[tokio::test]
async fn rfc5630_signalling_and_content_go_over_tls() {
    struct Transports(Mutex<Vec<(pager::Protocol, pager::Transport)>>);
    impl Tap for Transports {
        fn sent(&self, wire: Wire, octets: &[u8]) {
            if wire.protocol == pager::Protocol::Sip {
                let text = String::from_utf8_lossy(octets);
                assert!(
                    !text.starts_with("INVITE") || text.contains("Via: SIP/2.0/TLS 127.0.0.1:"),
                    "{text}"
                );
                if text.starts_with("INVITE sips:") {
                    assert!(text.contains("Contact: <sips:alice@127.0.0.1:"), "{text}");
                }
            }
            self.0.lock().unwrap().push((wire.protocol, wire.transport));
        }
    }
    let authority = Authority::new("ours");
    let seen = Arc::new(Transports(Mutex::default()));
    let alice = secure("alice", authority.issue().announced(authority.roots()));
    let bob = secure("bob", authority.issue().announced(authority.roots()));
    let pair = pair(alice.tap(seen.clone()), bob.tap(seen.clone())).await;
    for to in sips(&pair.bob) {
        exchange(&pair, to).await;
    }
    pair.shutdown().await;
    let seen = seen.0.lock().unwrap();
    assert!(!seen.is_empty() && seen.iter().all(|(_, transport)| *transport == pager::Transport::Tls));
}

#[tokio::test]
async fn rfc5922_7_a_sips_server_has_to_prove_its_name() {
    let (authority, stranger) = (Authority::new("ours"), Authority::new("another"));
    let alice = secure("alice", authority.issue().announced(authority.roots()));
    let bob = secure("bob", stranger.issue().announced(authority.roots()));
    let pair = pair(alice, bob).await;
    for to in sips(&pair.bob) {
        let mut transfer = pair.alice.send(to, "x").await.unwrap();
        let error = soon(transfer.outcome()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Untrusted);
        assert!(error.to_string().contains("unknown issuer"), "{error}");
    }
    pair.shutdown().await;
    let identity = "sips:alice@example.com".parse().unwrap();
    let error = builder_for(identity).registrar("sips:registrar.example".parse().unwrap()).start().await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Unsupported, "no TLS at all");
}

#[tokio::test]
async fn an_account_works_inside_tls_from_its_registration_to_a_list() {
    use server::Config;
    use server::tokio::{Listen, Running};

    /// Counts what does not go over TLS.
    #[derive(Default)]
    struct Plain(Mutex<Vec<String>>);
    impl Tap for Plain {
        fn sent(&self, wire: Wire, octets: &[u8]) {
            if wire.transport != pager::Transport::Tls {
                self.0.lock().unwrap().push(format!("{wire:?} {}", String::from_utf8_lossy(octets)));
            }
        }
    }
    let authority = Authority::new("ours");
    let plain = Arc::new(Plain::default());
    let config = Config::new("home1.example").user("alice", "a").user("bob", "b").user("carol", "c");
    let listen = Listen::loopback().tls(authority.issue().announced(authority.roots())).tap(plain.clone());
    let server = Running::start(&config, listen).await.unwrap();
    let sips = server.addresses().sips.unwrap();
    let mut clients = Vec::new();
    for (name, password, proxy) in [
        ("alice", "a", format!("sips:{sips};lr")),
        ("bob", "b", format!("sip:{sips};transport=tls;lr")),
        ("carol", "c", format!("sips:{sips};lr")),
    ] {
        let client = builder_for(format!("sip:{name}@home1.example").parse().unwrap())
            .password(password)
            .outbound_proxy(proxy.parse().unwrap())
            .conference_factory("sip:im-factory@home1.example".parse().unwrap())
            .tls(authority.issue().announced(authority.roots()))
            .profile(profile(MediaSecurity::Required))
            .tap(plain.clone());
        let client = client.start().await.unwrap();
        soon(client.register()).await.unwrap();
        clients.push(client);
    }
    let folder = TempDir::new().unwrap();
    let mut desks = Vec::new();
    for client in &clients[1..] {
        let (mut incoming, sink) = (client.incoming(), simple_im_client::Sink::dir(folder.path()));
        desks.push(tokio::spawn(async move {
            let mut received = Vec::new();
            for _ in 0..2 {
                let Some(offer) = incoming.next().await else { break };
                received.extend(offer.accept_all(sink.clone()).await.unwrap().outcome().await.unwrap());
            }
            received
        }));
    }
    let uri = |name: &str| format!("sip:{name}@home1.example").parse::<simple_im_client::Uri>().unwrap();
    let everybody = To::list([uri("bob"), uri("carol")]);
    let message = || Message::new().text("inside").file(Outgoing::octets("plan.pdf", pattern(200_000)));
    for to in [everybody, To::one(uri("bob")), To::one(uri("carol"))] {
        let mut transfer = clients[0].send(to, message()).await.unwrap();
        assert_eq!(soon(transfer.outcome()).await.unwrap().delivery, Delivery::Delivered);
    }
    for desk in desks {
        let received = soon(desk).await.unwrap();
        assert_eq!((received.len(), files(&received).len()), (4, 2), "{received:?}");
    }
    for client in clients {
        soon(client.shutdown()).await;
    }
    soon(server.stop()).await;
    assert!(plain.0.lock().unwrap().is_empty(), "{:#?}", plain.0.lock().unwrap());
}
