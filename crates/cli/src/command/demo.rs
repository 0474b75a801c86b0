//! `simple-im demo`: a server and three clients on loopback, and the proof that what was sent has arrived.

mod inputs;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use client::{
    Account, Client, Delivery, MediaSecurity, Message, Offer, OfferedItem, Outcome, Outgoing, Profile,
    Received, Sink, To, TransferEvent, Uri,
};
use server::tokio::{Listen, Running};
use server::{Addresses, Config};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

use self::inputs::Inputs;
use super::connect::{self, failure, tell};
use super::digest::{sha256_of, sha256_of_text};
use super::send::follow;
use crate::args::DemoArgs;
use crate::exit::{Exit, Failure};
use crate::report::{Event, Reporter, Row, Table, Voice};
use crate::tls::Authority;
use crate::trace::{Ladder, See, Trace};

/// The domain of the three accounts. Nothing is looked up: requests go to the server as their proxy.
const DOMAIN: &str = "im.example";
const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const TEXT: &str = "Lunch at noon? The lake is lovely today.";

/// Runs the three scenarios and checks every octet.
///
/// # Errors
///
/// See [`crate::exit::HELP`]; [`Exit::NotDelivered`] if anything differs.
pub(crate) fn run(args: &DemoArgs) -> Result<Exit, Failure> {
    let reporter = Reporter::stdout(args.output.json);
    connect::run(&reporter, demo(args, &reporter))
}

/// Somebody with an account, and where the files sent to them go.
struct Person {
    name: &'static str,
    client: Client,
    taste: watch::Sender<Taste>,
    arrivals: mpsc::Receiver<Arrival>,
    desk: JoinHandle<()>,
}

/// Which items somebody takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taste {
    Everything,
    Pictures,
}

impl Taste {
    fn takes(self, item: &OfferedItem) -> bool {
        match (self, item) {
            (_, OfferedItem::Unsupported) => false,
            (Self::Everything, _) => true,
            (Self::Pictures, OfferedItem::File { offer, .. }) => {
                offer.media_type.as_deref().is_some_and(|media_type| media_type.starts_with("image/"))
            }
            (Self::Pictures, _) => false,
        }
    }
}

/// What came of one offer: names and hashes of what arrived.
struct Arrival {
    items: Vec<(String, String)>,
}

async fn demo(args: &DemoArgs, reporter: &Reporter) -> Result<Exit, Failure> {
    let folder = tempfile::tempdir().map_err(|error| local(&error))?;
    let inputs = Inputs::make(folder.path()).map_err(|error| local(&error))?;
    // Every party of the demo has a tap, so each message is seen once.
    let trace = match connect::trace(args.output.trace.as_deref())? {
        Some(trace) => trace,
        None => Trace::start(None).map_err(|error| local(&error))?,
    };

    let users = ["alice", "bob", "carol"];
    let mut config = Config::new(DOMAIN);
    for user in users {
        config = config.user(user, &format!("{user}'s secret"));
    }
    let authority = if args.tls { Some(Authority::new()?) } else { None };
    let mut listen = Listen::loopback().tap(trace.tap("server", See::Sent));
    if let Some(authority) = &authority {
        listen = listen.tls(authority.tls(&names_of("server"))?);
    }
    let server = Running::start(&config, listen)
        .await
        .map_err(|error| Failure::new(Exit::CannotStart, error.to_string()))?;
    let addresses = server.addresses();
    trace.name(addresses.sip, "server");
    trace.name(addresses.msrp, "server");
    addresses.sips.into_iter().chain(addresses.msrps).for_each(|address| trace.name(address, "server"));
    let Addresses { sip, msrp, sips, msrps } = addresses;
    tell(reporter, &Event::Listening { sip, msrp: Some(msrp), sips, msrps })?;

    let mut people = Vec::new();
    for user in users {
        let person =
            Person::arrive(user, &config, addresses, authority.as_ref(), folder.path(), &trace).await?;
        let expires = person.client.register().await.map_err(|error| failure(&error))?;
        tell(reporter, &Event::Registered { account: &address(user), expires: expires.as_secs() })?;
        people.push(person);
    }
    let mut rows = Vec::new();
    let outcome = scenarios(&mut people, args, &inputs, reporter, &mut rows).await;
    let mut leaving = JoinSet::new();
    for person in people {
        leaving.spawn(async move {
            person.client.shutdown().await;
            // It ends with its client; how it ended is in the arrivals.
            let _ = person.desk.await;
        });
    }
    while leaving.join_next().await.is_some() {}
    server.stop().await;
    let ladder = trace.finish().map_err(|error| Failure::new(Exit::LocalFile, format!("trace: {error}")))?;
    outcome?;

    let agree = rows.iter().all(Row::agrees);
    show(reporter, &ladder, &rows)?;
    Ok(if agree { Exit::Success } else { Exit::NotDelivered })
}

impl Person {
    async fn arrive(
        name: &'static str,
        config: &Config,
        server: Addresses,
        authority: Option<&Authority>,
        folder: &Path,
        trace: &Trace,
    ) -> Result<Self, Failure> {
        let inbox = folder.join(name);
        std::fs::create_dir(&inbox).map_err(|error| local(&error))?;
        // `sips` in the first hop: requests go there inside TLS or not at all.
        let outbound = match server.sips {
            Some(sips) => format!("sips:{sips};lr"),
            None => format!("sip:{};lr", server.sip),
        };
        let mut builder = Client::builder(Account::new(connect::uri("account", &address(name))?))
            .password(format!("{name}'s secret"))
            .outbound_proxy(connect::uri("outbound", &outbound)?)
            .conference_factory(connect::uri("conference-factory", &config.factory_uri())?)
            .listen(LOOPBACK)
            .tap(trace.tap(name, See::Sent));
        if let Some(authority) = authority {
            let mut profile = Profile::generic();
            profile.media_security = MediaSecurity::Required;
            builder = builder.tls(authority.tls(&names_of(name))?).profile(profile);
        }
        let client = builder.start().await.map_err(|error| failure(&error))?;
        let secure = client.sips_address().into_iter().chain(client.msrps_address());
        for address in [client.sip_address(), client.msrp_address()].into_iter().chain(secure) {
            trace.name(address, name);
        }
        let (taste, tastes) = watch::channel(Taste::Everything);
        let (sender, arrivals) = mpsc::channel(8);
        let mut incoming = client.incoming();
        let sink = Sink::dir(&inbox);
        let desk = tokio::spawn(async move {
            while let Some(offer) = incoming.next().await {
                let taste = *tastes.borrow();
                let arrival = take(offer, taste, sink.clone()).await;
                if sender.send(arrival).await.is_err() {
                    break;
                }
            }
        });
        Ok(Self { name, client, taste, arrivals, desk })
    }
}

/// Takes what the taste allows, and hashes what is on disk then.
async fn take(offer: Offer, taste: Taste, sink: Sink) -> Arrival {
    let names: Vec<String> = offer
        .items()
        .iter()
        .map(|item| match item {
            OfferedItem::File { name, .. } => name.to_string(),
            _ => "text".to_owned(),
        })
        .collect();
    let picks = offer.pick(|item| taste.takes(item));
    let mut items = Vec::new();
    let Ok(mut reception) = offer.accept(picks, sink).await else { return Arrival { items } };
    while let Some(event) = reception.next().await {
        if let client::ReceptionEvent::Received(received) = event {
            let (item, sha256) = match received {
                Received::Text { item, text, .. } => (item, sha256_of_text(&text)),
                Received::File { item, path, .. } => (item, sha256_of(&path).await.unwrap_or_default()),
                _ => continue,
            };
            items.push((names.get(item).cloned().unwrap_or_default(), sha256));
        }
    }
    Arrival { items }
}

/// The three scenarios, one after the other.
async fn scenarios(
    people: &mut [Person],
    args: &DemoArgs,
    inputs: &Inputs,
    reporter: &Reporter,
    rows: &mut Vec<Row>,
) -> Result<(), Failure> {
    let [alice, others @ ..] = people else { return Ok(()) };
    let picture = || {
        Outgoing::path(&inputs.picture)
            .preview("image/png", inputs.icon.clone())
            .description("Lake view from the cabin")
    };
    let (files, paths) = if args.files.is_empty() {
        let files = vec![picture(), Outgoing::path(&inputs.large)];
        (files, vec![inputs.picture.clone(), inputs.large.clone()])
    } else {
        (args.files.iter().map(Outgoing::path).collect(), args.files.clone())
    };
    let message = Message::new().text(TEXT).files(files);
    let mut sent =
        vec![("text".to_owned(), u64::try_from(TEXT.len()).unwrap_or(u64::MAX), sha256_of_text(TEXT))];
    sent.extend(sent_files(&paths).await?);

    let [bob, carol] = others else { return Ok(()) };
    say(reporter, "(a) alice to bob, directly")?;
    let expected = Expected { scenario: "(a)", focus: false, items: &sent, refused: None };
    exchange(alice, &mut [&mut *bob], message.clone(), &expected, reporter, rows).await?;

    say(reporter, "(b) alice to bob and carol, through the message exploder")?;
    let expected = Expected { scenario: "(b)", focus: true, items: &sent, refused: None };
    exchange(alice, &mut [&mut *bob, carol], message, &expected, reporter, rows).await?;

    say(reporter, "(c) alice to bob, who takes the picture and refuses the other file")?;
    bob.taste.send_replace(Taste::Pictures);
    let message = Message::new().file(picture()).file(Outgoing::path(&inputs.large));
    let sent = sent_files(&[inputs.picture.clone(), inputs.large.clone()]).await?;
    let expected = Expected { scenario: "(c)", focus: false, items: &sent, refused: Some(1) };
    exchange(alice, &mut [bob], message, &expected, reporter, rows).await
}

/// What one scenario is to come to.
struct Expected<'a> {
    scenario: &'static str,
    /// Whether a focus takes the message, so that only its REPORT means delivered.
    focus: bool,
    /// Name, octets and SHA-256 of each item.
    items: &'a [(String, u64, String)],
    /// The item that is refused.
    refused: Option<usize>,
}

/// Sends one message, waits for everybody's arrival, and notes what is to be compared.
async fn exchange(
    from: &Person,
    to: &mut [&mut Person],
    message: Message,
    expected: &Expected<'_>,
    reporter: &Reporter,
    rows: &mut Vec<Row>,
) -> Result<(), Failure> {
    let addresses: Vec<String> = to.iter().map(|person| address(person.name)).collect();
    tell(reporter, &Event::Inviting { to: &addresses })?;
    let uris = addresses.iter().map(|to| connect::uri("to", to)).collect::<Result<Vec<Uri>, _>>()?;
    let to_whom = match uris.as_slice() {
        [one] => To::one(one.clone()),
        _ => To::list(uris),
    };
    let mut transfer = from.client.send(to_whom, message).await.map_err(|error| failure(&error))?;
    while let Some(event) = transfer.next().await {
        if !matches!(event, TransferEvent::Closed) {
            follow(&transfer, &event, reporter)?;
        }
    }
    let outcome = transfer.outcome().await.map_err(|error| failure(&error))?;
    check(&outcome, expected)?;
    for person in to {
        let arrival = person.arrivals.recv().await.unwrap_or(Arrival { items: Vec::new() });
        for (at, (name, octets, sha256)) in expected.items.iter().enumerate() {
            let received = arrival.items.iter().find(|(arrived, _)| arrived == name);
            rows.push(Row {
                scenario: expected.scenario,
                from: from.name,
                to: person.name,
                name: name.clone(),
                octets: *octets,
                sent: sha256.clone(),
                received: received.map(|(_, sha256)| sha256.clone()),
                wanted: expected.refused != Some(at),
            });
        }
    }
    Ok(())
}

/// Holds what the sender was told against what it should have been.
fn check(outcome: &Outcome, expected: &Expected<'_>) -> Result<(), Failure> {
    let wrong = |what: &str| Err(Failure::new(Exit::NotDelivered, format!("{}: {what}", expected.scenario)));
    if outcome.delivery != Delivery::Delivered {
        return wrong("delivery is not confirmed");
    }
    if outcome.focus != expected.focus {
        return wrong("the answer came from the wrong kind of peer");
    }
    Ok(())
}

/// Name, octets and SHA-256 of files to be sent.
async fn sent_files(paths: &[PathBuf]) -> Result<Vec<(String, u64, String)>, Failure> {
    let mut sent = Vec::new();
    for path in paths {
        let unreadable = |error: std::io::Error| {
            Failure::new(Exit::LocalFile, format!("cannot read {}: {error}", path.display()))
        };
        let octets = std::fs::metadata(path).map_err(unreadable)?.len();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // As the receiver will call it.
        let name = client::SafeName::from_offered(&name).to_string();
        sent.push((name, octets, sha256_of(path).await.map_err(unreadable)?));
    }
    Ok(sent)
}

/// The ladder and the table for people, the rows alone for scripts.
fn show(reporter: &Reporter, ladder: &Ladder, rows: &[Row]) -> Result<(), Failure> {
    if reporter.voice() == Voice::Json {
        for row in rows {
            tell(reporter, &Event::Compared { row, equal: row.agrees() })?;
        }
        return Ok(());
    }
    say(reporter, "What was said")?;
    let mut drawn = Vec::new();
    ladder.print(&mut drawn).map_err(|error| local(&error))?;
    tell(reporter, &Event::Shown { text: &String::from_utf8_lossy(&drawn) })?;
    say(reporter, "What was sent, and what arrived")?;
    tell(reporter, &Event::Shown { text: &Table(rows).to_string() })
}

fn say(reporter: &Reporter, title: &str) -> Result<(), Failure> {
    tell(reporter, &Event::Chapter { title })
}

/// What the certificate of a party is for: its own name, and the address of all.
fn names_of(party: &str) -> [String; 2] {
    [format!("{party}.{DOMAIN}"), LOOPBACK.ip().to_string()]
}

fn address(user: &str) -> String {
    format!("sip:{user}@{DOMAIN}")
}

fn local(error: &std::io::Error) -> Failure {
    Failure::new(Exit::LocalFile, format!("temporary folder: {error}"))
}
