//! The MSRP relay on sockets inside TLS.

use std::sync::Arc;
use std::time::Duration;

use msrp::HeaderName;
use net::{Bind, FlowState, NetEvent, Network, Tls};
use rustls::RootCertStore;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use simple_im_server::tokio::{Listen, Running};
use simple_im_server::{FlowId, Protocol, Target, Transport};
use tokio::time::timeout;

use crate::relay::{Frame, auth, authorization, frames, send};
use crate::wire::config;

const PATIENCE: Duration = Duration::from_secs(20);

/// A certificate for the loopback address that vouches for itself.
fn tls() -> Tls {
    let signed = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signed.signing_key.serialize_der()));
    let mut roots = RootCertStore::empty();
    roots.add(signed.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Tls::with_identity(provider, roots, vec![signed.cert.der().clone()], key).unwrap()
}

/// Reads until a whole frame came on `flow`; what comes on others is thrown away.
async fn frame(network: &mut Network, flow: FlowId) -> Frame {
    let mut text = Vec::new();
    loop {
        network.grant(flow);
        match timeout(PATIENCE, network.next()).await.unwrap() {
            NetEvent::Received { flow: on, bytes, .. } if on == flow => text.extend_from_slice(&bytes),
            NetEvent::Flow { state: FlowState::Closed(error), .. } => panic!("closed: {error}"),
            _ => {}
        }
        if text.ends_with(b"$\r\n") {
            return frames(&text).pop().unwrap();
        }
    }
}

fn write(network: &mut Network, flow: FlowId, text: &str) {
    network.transmit(flow, text.replace('|', "\r\n").into());
}

#[tokio::test]
async fn rfc4976_9_2_clients_of_a_relay_inside_tls() {
    let tls = tls();
    let free = "127.0.0.1:0".parse().unwrap();
    let listen = Listen::loopback().relay(free).tls(tls.clone());
    let server = Running::start(&config(), listen).await.unwrap();
    let address = server.relay_address().unwrap();
    let relay = format!("msrps://{address};tcp");
    let mut network = Network::bind(Bind::default().tls(tls)).await.unwrap();
    let mut clients = Vec::new();
    for (n, user, password) in [(0, "alice", "ecila"), (1, "bob", "bob")] {
        let flow = FlowId::outgoing(n);
        let target = Target {
            protocol: Protocol::Msrp,
            transport: Transport::Tls,
            address,
            server_name: Some("127.0.0.1".into()),
        };
        network.open(flow, &target);
        let own = format!("msrps://127.0.0.1:{}/{user};tcp", 7000 + n);
        write(&mut network, flow, &auth("au00", &relay, &own, ""));
        let challenged = frame(&mut network, flow).await;
        let challenge = digest::Challenge::parse(challenged.get(HeaderName::WwwAuthenticate)).unwrap();
        let more = authorization(&challenge, user, password, &relay, 1);
        write(&mut network, flow, &auth("au01", &relay, &own, &more));
        let granted = frame(&mut network, flow).await.get(HeaderName::UsePath).to_owned();
        assert!(granted.starts_with(&format!("msrps://{address}/")), "{granted}");
        clients.push((flow, own, granted));
    }
    let (bob, bobs, ub) = clients.pop().unwrap();
    let (alice, alices, ua) = clients.pop().unwrap();
    write(&mut network, alice, &send("s001", &format!("{ua} {ub} {bobs}"), &alices, "", "hi"));
    let arrived = frame(&mut network, bob).await;
    assert_eq!((&arrived.body[..], arrived.get(HeaderName::ToPath)), (&b"hi"[..], bobs.as_str()));
    server.stop().await;
}
