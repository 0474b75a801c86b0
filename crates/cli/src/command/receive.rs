//! `simple-im receive`: takes what others send, or asks about it.

use std::io::{BufRead as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use client::{Client, ErrorKind, Offer, OfferedItem, Pick, Received, ReceptionEvent, Sink};
use grammar::{MediaRange, MediaType};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::connect::{self, failure, tell};
use super::digest::sha256_of;
use crate::args::{Accept, ReceiveArgs};
use crate::exit::{Exit, Failure};
use crate::report::{Event, Item, Reporter};
use crate::settings::Settings;
use crate::trace::See;

/// Receives until Ctrl-C, or until so many messages are through.
///
/// # Errors
///
/// See [`crate::exit::HELP`].
pub(crate) fn run(args: &ReceiveArgs) -> Result<Exit, Failure> {
    let reporter = Arc::new(Reporter::stdout(args.output.json));
    connect::run(&Arc::clone(&reporter), receive(args, &reporter))
}

/// What each message needs to know.
struct Desk {
    reporter: Arc<Reporter>,
    accept: Accept,
    sink: Sink,
    /// One question at a time.
    asking: Mutex<()>,
}

async fn receive(args: &ReceiveArgs, reporter: &Arc<Reporter>) -> Result<Exit, Failure> {
    is_writable(&args.dir)?;
    let settings = Settings::load(&args.account)?;
    let listen = args.listen.unwrap_or(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0));
    let trace = connect::trace(args.output.trace.as_deref())?;
    let profile = connect::profile(&args.tls);
    let mut builder = connect::builder(&settings, &args.tls)?.listen(listen).profile(profile);
    if let Some(trace) = &trace {
        builder = builder.tap(trace.tap("me", See::Both));
    }
    let client = builder.start().await.map_err(|error| failure(&error))?;
    let attended = attend(args, &settings, &client, reporter).await;
    client.shutdown().await;
    connect::finish(trace)?;
    attended
}

/// Takes offers until there were enough of them, or Ctrl-C.
async fn attend(
    args: &ReceiveArgs,
    settings: &Settings,
    client: &Client,
    reporter: &Arc<Reporter>,
) -> Result<Exit, Failure> {
    let mut incoming = client.incoming();
    let (sip, msrp) = (client.sip_address(), Some(client.msrp_address()));
    let (sips, msrps) = (client.sips_address(), client.msrps_address());
    tell(reporter, &Event::Listening { sip, msrp, sips, msrps })?;
    if let Some(account) = settings.account.as_deref().filter(|_| registers(settings)) {
        let expires = client.register().await.map_err(|error| failure(&error))?;
        tell(reporter, &Event::Registered { account, expires: expires.as_secs() })?;
    }
    let sink = Sink::dir(&args.dir);
    let desk = Arc::new(Desk {
        reporter: Arc::clone(reporter),
        accept: args.accept.clone(),
        sink: if args.resume { sink.resumable() } else { sink },
        asking: Mutex::new(()),
    });
    let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
    // Dropping what is under way tells its senders and removes what is half there.
    let mut under_way: JoinSet<Result<End, Failure>> = JoinSet::new();
    let (mut taken, mut ended, mut first_item, mut whole) = (0_u64, 0_u64, 0_usize, true);
    loop {
        if args.count.is_some_and(|count| ended >= count) {
            return Ok(if whole { Exit::Success } else { Exit::NotDelivered });
        }
        let more = args.count.is_none_or(|count| taken < count);
        tokio::select! {
            offer = incoming.next(), if more => match offer {
                Some(offer) => {
                    taken += 1;
                    let items = offer.items().len();
                    under_way.spawn(handle(Arc::clone(&desk), offer, first_item));
                    first_item += items;
                }
                None => return Ok(Exit::Failed),
            },
            Some(done) = under_way.join_next() => match done.unwrap_or(Ok(End::Lost))? {
                End::Whole => ended += 1,
                End::Lost => {
                    ended += 1;
                    whole = false;
                }
                End::WithoutStart => taken -= 1,
            },
            _ = &mut interrupt => return Ok(Exit::Cancelled),
        }
    }
}

/// Whether there is a server to register with.
const fn registers(settings: &Settings) -> bool {
    settings.password.is_some() || settings.registrar.is_some()
}

/// How a message ended.
enum End {
    /// All that was accepted arrived.
    Whole,
    /// Something that was accepted did not.
    Lost,
    /// Nothing is missing but files of which only the rest was offered: the sender may come again with all of them.
    WithoutStart,
}

/// One message from its offer to its end. `first` numbers its items.
async fn handle(desk: Arc<Desk>, offer: Offer, first: usize) -> Result<End, Failure> {
    let reporter = &desk.reporter;
    let names: Vec<String> = offer.items().iter().map(name_of).collect();
    let types: Vec<String> = offer.items().iter().map(type_of).collect();
    let from = offer.from().uri.to_string();
    let to: Vec<String> = offer.recipients().iter().map(|recipient| recipient.uri.to_string()).collect();
    let shown: Vec<Item<'_>> = offer
        .items()
        .iter()
        .zip(&names)
        .zip(&types)
        .map(|((item, name), media_type)| Item {
            name: matches!(item, OfferedItem::File { .. }).then_some(name.as_str()),
            media_type,
            size: size_of(item),
            skip: skip_of(item),
        })
        .collect();
    tell(reporter, &Event::Offer { from: &from, to: &to, items: &shown })?;
    let picks = match &desk.accept {
        Accept::Ask => {
            let _one_at_a_time = desk.asking.lock().await;
            let questions: Vec<Option<String>> = offer
                .items()
                .iter()
                .zip(&names)
                .map(|(item, name)| {
                    (!matches!(item, OfferedItem::Unsupported)).then(|| format!("take {name}?"))
                })
                .collect();
            tokio::task::spawn_blocking(move || ask(&questions)).await.unwrap_or_default()
        }
        rule => offer.pick(|item| fits(rule, item)),
    };
    if !picks.contains(&Pick::Accept) {
        offer.refuse();
        return Ok(End::Whole);
    }
    let mut reception = match offer.accept(picks, desk.sink.clone()).await {
        Ok(reception) => reception,
        Err(error) => {
            tell(reporter, &Event::Warning { message: &error.to_string() })?;
            return Ok(End::Lost);
        }
    };
    let name = |item: usize| names.get(item).map_or("?", String::as_str);
    let (mut whole, mut without_start) = (true, false);
    while let Some(event) = reception.next().await {
        match event {
            ReceptionEvent::Progress { item, received, size } => {
                let total = size.unwrap_or(received);
                tell(
                    reporter,
                    &Event::Progress { item: first + item, name: name(item), octets: received, total },
                )?;
            }
            ReceptionEvent::Received(Received::Text { from: author, text, .. }) => {
                let author = author.map_or_else(|| from.clone(), |author| author.to_string());
                tell(reporter, &Event::Text { from: &author, text: &text })?;
            }
            ReceptionEvent::Received(Received::File { item, path, size, .. }) => {
                let sha256 =
                    sha256_of(&path).await.unwrap_or_else(|error| format!("(not readable: {error})"));
                let event = Event::Received {
                    item: first + item,
                    name: name(item),
                    path: &path,
                    octets: size,
                    sha256: &sha256,
                };
                tell(reporter, &event)?;
            }
            ReceptionEvent::Failed { item, error } => {
                match error.kind() {
                    ErrorKind::NoStart => without_start = true,
                    _ => whole = false,
                }
                tell(
                    reporter,
                    &Event::Lost { item: first + item, name: name(item), reason: &error.to_string() },
                )?;
            }
            ReceptionEvent::Closed { error } => {
                whole &= error.is_none();
                if let Some(error) = error {
                    tell(reporter, &Event::Warning { message: &error.to_string() })?;
                }
            }
            _ => {}
        }
    }
    Ok(match (whole, without_start) {
        (true, false) => End::Whole,
        (true, true) => End::WithoutStart,
        (false, _) => End::Lost,
    })
}

/// Whether a rule that asks nobody takes the item.
fn fits(rule: &Accept, item: &OfferedItem) -> bool {
    match (rule, item) {
        (_, OfferedItem::Unsupported) | (Accept::Ask, _) => false,
        (_, OfferedItem::Text) | (Accept::All, _) => true,
        (Accept::MaxSize(most), item) => size_of(item).is_some_and(|size| size <= *most),
        (Accept::Types(types), item) => {
            let offered = type_of(item);
            let Ok(offered) = MediaType::parse(&offered) else { return false };
            types
                .iter()
                .filter_map(|range| MediaRange::parse(range).ok())
                .any(|range| range.matches(&offered))
        }
    }
}

/// Asks about each item on the terminal; what is not answered with yes is refused.
fn ask(questions: &[Option<String>]) -> Vec<Pick> {
    let mut answers = std::io::stdin().lock().lines();
    let mut pick = |question: &Option<String>| {
        let Some(question) = question else { return Pick::Refuse };
        // Nobody is there to see the question if standard error is gone.
        let _ = write!(std::io::stderr(), "{} [y/N] ", crate::report::shown(question));
        let _ = std::io::stderr().flush();
        match answers.next() {
            Some(Ok(answer)) if matches!(answer.trim(), "y" | "Y" | "yes") => Pick::Accept,
            _ => Pick::Refuse,
        }
    };
    questions.iter().map(&mut pick).collect()
}

fn name_of(item: &OfferedItem) -> String {
    match item {
        OfferedItem::File { name, .. } => name.to_string(),
        OfferedItem::Text => "text".to_owned(),
        _ => "(unsupported)".to_owned(),
    }
}

fn type_of(item: &OfferedItem) -> String {
    match item {
        OfferedItem::File { offer, .. } => offer
            .media_type
            .as_ref()
            .map_or_else(|| "application/octet-stream".to_owned(), ToString::to_string),
        OfferedItem::Text => "text/plain".to_owned(),
        _ => "unknown".to_owned(),
    }
}

fn size_of(item: &OfferedItem) -> Option<u64> {
    match item {
        OfferedItem::File { offer, .. } => offer.size,
        _ => None,
    }
}

/// Octets that are left out of the offer.
fn skip_of(item: &OfferedItem) -> u64 {
    match item {
        OfferedItem::File { offer, .. } => offer.range.map_or(0, |range| range.start.saturating_sub(1)),
        _ => 0,
    }
}

/// Better to say so now than after somebody has sent a file.
fn is_writable(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)
        .and_then(|()| tempfile::Builder::new().prefix(".simple-im-").tempfile_in(folder))
        .map(drop)
        .map_err(|error| {
            Failure::new(Exit::CannotStart, format!("cannot write to {}: {error}", folder.display()))
        })
}
