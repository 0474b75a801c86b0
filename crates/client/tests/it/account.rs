//! Clients with an account on a server: registration, the way through it, lists.

use std::fs;
use std::time::Duration;

use server::Config;
use server::tokio::{Listen, Running};
use simple_im_client::{
    Client, Delivery, ErrorKind, ItemState, Message, Outgoing, Received, Registration, Sink, To, Uri,
};

use crate::{builder_for, files, pattern, soon};

async fn server() -> Running {
    let config = Config::new("home1.example").user("alice", "a").user("bob", "b").user("carol", "c");
    Running::start(&config, Listen::loopback()).await.unwrap()
}

/// A user of `server`, not registered.
async fn user(server: &Running, name: &str, password: &str) -> Client {
    let address = server.addresses().sip;
    builder_for(uri(&format!("sip:{name}@home1.example")))
        .password(password)
        .outbound_proxy(uri(&format!("sip:{address};lr")))
        .conference_factory(uri("sip:im-factory@home1.example"))
        .start()
        .await
        .unwrap()
}

fn uri(text: &str) -> Uri {
    text.parse().unwrap()
}

#[tokio::test]
async fn an_account_is_registered_with_its_password_only() {
    let server = server().await;
    let alice = user(&server, "alice", "a").await;
    assert!(alice.registration().is_none());
    assert!(soon(alice.register()).await.unwrap() > Duration::from_secs(1));
    assert!(matches!(alice.registration(), Some(Registration::Registered { .. })));
    soon(alice.unregister()).await.unwrap();
    assert!(matches!(alice.registration(), Some(Registration::Unregistered)));
    soon(alice.shutdown()).await;

    let mallory = user(&server, "alice", "guess").await;
    let error = soon(mallory.register()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized, "{error}");
    soon(mallory.shutdown()).await;
    soon(server.stop()).await;
}

#[tokio::test]
async fn a_message_goes_through_the_server_to_a_registered_user_only() {
    let server = server().await;
    let folder = tempfile::tempdir().unwrap();
    let (alice, bob) = (user(&server, "alice", "a").await, user(&server, "bob", "b").await);
    let mut incoming = bob.incoming();
    soon(alice.register()).await.unwrap();
    soon(bob.register()).await.unwrap();
    let message = Message::new().text("the plan").file(Outgoing::octets("plan.pdf", pattern(1 << 20)));
    let mut transfer = soon(alice.send(To::one(uri("sip:bob@home1.example")), message)).await.unwrap();
    let offer = soon(incoming.next()).await.unwrap();
    assert_eq!(offer.from().uri.as_str(), "sip:alice@home1.example");
    let mut reception = soon(offer.accept_all(Sink::dir(folder.path()))).await.unwrap();
    let received = soon(reception.outcome()).await.unwrap();
    assert!(fs::read(files(&received)[0]).unwrap() == pattern(1 << 20));
    let outcome = soon(transfer.outcome()).await.unwrap();
    assert_eq!((outcome.delivery, outcome.focus), (Delivery::Delivered, false));

    // Carol has an account and is not there; nobody has no account.
    for name in ["carol", "nobody"] {
        let to = To::one(uri(&format!("sip:{name}@home1.example")));
        let error = soon(alice.send(to, "hello").await.unwrap().outcome()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
        assert!(matches!(error.status(), Some(404 | 480)), "{error}");
    }
    for client in [alice, bob] {
        soon(client.shutdown()).await;
    }
    soon(server.stop()).await;
}

#[tokio::test]
async fn seed_16_a_list_is_delivered_when_the_report_says_so() {
    let server = server().await;
    let [alice, bob, carol] = [
        user(&server, "alice", "a").await,
        user(&server, "bob", "b").await,
        user(&server, "carol", "c").await,
    ];
    let mut readers = Vec::new();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for (client, folder) in [&bob, &carol].into_iter().zip(&folders) {
        let (mut incoming, sink) = (client.incoming(), Sink::dir(folder.path()));
        soon(client.register()).await.unwrap();
        readers.push(tokio::spawn(async move {
            let offer = soon(incoming.next()).await.unwrap();
            let mut reception = soon(offer.accept_all(sink)).await.unwrap();
            soon(reception.outcome()).await.unwrap()
        }));
    }
    soon(alice.register()).await.unwrap();
    let to = To::list([uri("sip:bob@home1.example"), uri("sip:carol@home1.example")]);
    let message = Message::new().text("both").file(Outgoing::octets("a.bin", pattern(300_000)));
    let mut transfer = alice.send(to, message).await.unwrap();
    let outcome = soon(transfer.outcome()).await.unwrap();
    assert_eq!((outcome.delivery, outcome.focus), (Delivery::Delivered, true));
    assert!(outcome.items.iter().all(|item| matches!(item, ItemState::Delivered)), "{:?}", outcome.items);
    for reader in readers {
        let received = soon(reader).await.unwrap();
        assert!(received.iter().any(|item| matches!(item, Received::Text { text, .. } if text == "both")));
        assert!(fs::read(files(&received)[0]).unwrap() == pattern(300_000));
    }
    for client in [alice, bob, carol] {
        soon(client.shutdown()).await;
    }
}

#[tokio::test]
async fn a_server_that_went_away_is_an_error() {
    let server = server().await;
    let alice = user(&server, "alice", "a").await;
    soon(alice.register()).await.unwrap();
    soon(server.stop()).await;
    let error =
        soon(alice.send(To::one(uri("sip:bob@home1.example")), "hello").await.unwrap().outcome()).await;
    let error = error.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unreachable | ErrorKind::ConnectionLost), "{error}");
    soon(alice.shutdown()).await;
}

#[tokio::test]
async fn who_waits_for_a_registration_that_is_taken_back_is_told() {
    // A registrar that never answers.
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let registrar = uri(&format!("sip:{};transport=udp", silent.local_addr().unwrap()));
    let alice = builder_for(uri("sip:alice@home1.example")).registrar(registrar).start().await.unwrap();
    let waiting = tokio::spawn({
        let alice = alice.clone();
        async move { alice.register().await }
    });
    // Until it has asked.
    tokio::task::yield_now().await;
    tokio::spawn({
        let alice = alice.clone();
        async move { alice.unregister().await }
    });
    assert_eq!(soon(waiting).await.unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    soon(alice.shutdown()).await;
}

/// A registrar that answers each REGISTER with the next of these.
async fn registrar(answers: &'static [&'static str]) -> Uri {
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        for status in answers {
            let (len, client) = socket.recv_from(&mut buffer).await.unwrap();
            let request = std::str::from_utf8(&buffer[..len]).unwrap();
            let copied = ["Via:", "From:", "To:", "Call-ID:", "CSeq:", "Contact:"];
            let copied = request.lines().filter(|line| copied.iter().any(|name| line.starts_with(name)));
            let headers: String = copied.map(|line| format!("{line}\r\n")).collect();
            let answer = format!("SIP/2.0 {status}\r\n{headers}Expires: 2\r\nContent-Length: 0\r\n\r\n");
            socket.send_to(answer.as_bytes(), client).await.unwrap();
        }
    });
    uri(&format!("sip:{address};transport=udp"))
}

#[tokio::test]
async fn a_refresh_that_is_refused_is_told() {
    let registrar = registrar(&["200 OK", "403 Forbidden"]).await;
    let alice = builder_for(uri("sip:alice@home1.example")).registrar(registrar).start().await.unwrap();
    soon(alice.register()).await.unwrap();
    let mut registrations = alice.registrations();
    let Registration::Failed(_) = soon(registrations.next()).await.unwrap() else {
        panic!("{:?}", alice.registration())
    };
    soon(alice.shutdown()).await;
    assert!(soon(registrations.next()).await.is_none());
}
