//! `simple-im receive`: takes what others send, or asks about it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use client::{Client, Error, ErrorKind, Offer, OfferedItem, Pick, Received, ReceptionEvent, Sink};
use grammar::{MediaRange, MediaType};
use tokio::task::JoinSet;

use super::connect::{self, failure, tell};
use super::digest::sha256_of;
use super::interrupt::Interrupt;
use super::registered::Registered;
use super::terminal::Terminal;
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
    terminal: Terminal,
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
    let mut interrupt = Interrupt::new();
    let attended = attend(args, &settings, &client, reporter, &mut interrupt).await;
    interrupt.shut_down(&client).await;
    connect::finish(trace, reporter);
    attended
}

/// Takes offers until there were enough of them, or Ctrl-C.
async fn attend(
    args: &ReceiveArgs,
    settings: &Settings,
    client: &Client,
    reporter: &Arc<Reporter>,
    interrupt: &mut Interrupt,
) -> Result<Exit, Failure> {
    let mut incoming = client.incoming();
    let (sip, msrp) = (client.sip_address(), Some(client.msrp_address()));
    let (sips, msrps) = (client.sips_address(), client.msrps_address());
    tell(reporter, &Event::Listening { sip, msrp, sips, msrps })?;
    let account = settings.account.as_deref().filter(|_| registers(settings));
    let mut registered = Registered::new(client, account.unwrap_or_default());
    if let Some(account) = account {
        let expires = tokio::select! {
            expires = client.register() => expires.map_err(|error| failure(&error))?,
            () = interrupt.next() => return Ok(Exit::Cancelled),
        };
        tell(reporter, &Event::Registered { account, expires: expires.as_secs() })?;
    }
    let sink = Sink::dir(&args.dir);
    let desk = Arc::new(Desk {
        reporter: Arc::clone(reporter),
        accept: args.accept.clone(),
        sink: if args.resume { sink.resumable() } else { sink },
        terminal: Terminal::default(),
    });
    // Dropping what is under way tells its senders and removes what is half there.
    let mut under_way: JoinSet<Result<End, Failure>> = JoinSet::new();
    let (mut taken, mut ended, mut first_item, mut exit) = (0_u64, 0_u64, 0_usize, Exit::Success);
    loop {
        if args.count.is_some_and(|count| ended >= count) {
            return Ok(exit);
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
            Some(done) = under_way.join_next() => {
                match done.unwrap_or(Ok(End::Lost(Exit::NotDelivered)))? {
                    End::Whole => ended += 1,
                    End::Lost(why) => {
                        ended += 1;
                        exit = exit.and(why);
                    }
                    End::Uncounted => taken -= 1,
                }
            }
            failure = registered.over(reporter) => return Err(failure),
            () = interrupt.next() => return Ok(Exit::Cancelled),
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
    Lost(Exit),
    /// Nothing is missing but files of which only the rest was offered, and the sender may come again with all of them;
    /// or it was over before there was an answer.
    Uncounted,
}

/// How the command ends where this error lost something.
fn lost(error: &Error) -> Exit {
    match error.kind() {
        ErrorKind::File => Exit::LocalFile,
        _ => Exit::NotDelivered,
    }
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
            let questions: Vec<Option<String>> = offer
                .items()
                .iter()
                .zip(&names)
                .map(|(item, name)| {
                    (!matches!(item, OfferedItem::Unsupported)).then(|| format!("take {name}?"))
                })
                .collect();
            tokio::select! {
                picks = desk.terminal.ask(&questions) => picks,
                () = offer.closed() => {
                    let message = format!("what {from} offered is over before it was answered");
                    tell(reporter, &Event::Warning { message: &message })?;
                    return Ok(End::Uncounted);
                }
            }
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
            return Ok(match error.kind() {
                ErrorKind::Stale => End::Uncounted,
                _ => End::Lost(lost(&error)),
            });
        }
    };
    let name = |item: usize| names.get(item).map_or("?", String::as_str);
    let (mut exit, mut without_start) = (Exit::Success, false);
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
                    _ => exit = exit.and(lost(&error)),
                }
                tell(
                    reporter,
                    &Event::Lost { item: first + item, name: name(item), reason: &error.to_string() },
                )?;
            }
            ReceptionEvent::Closed { error: Some(error) } => {
                exit = exit.and(lost(&error));
                tell(reporter, &Event::Warning { message: &error.to_string() })?;
            }
            _ => {}
        }
    }
    Ok(match (exit, without_start) {
        (Exit::Success, false) => End::Whole,
        (Exit::Success, true) => End::Uncounted,
        (exit, _) => End::Lost(exit),
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
