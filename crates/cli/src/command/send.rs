//! `simple-im send`: one message to one person, to several, or to a group.

use client::{
    Client, Delivery, Dialect, Error, Intent, ItemState, Journal, Message, Outcome, Outgoing, Timers, To,
    Transfer, TransferEvent, Uri,
};

use super::connect::{self, failure, tell};
use super::interrupt::Interrupt;
use crate::args::{DialectArg, DispositionArg, SendArgs};
use crate::exit::{Exit, Failure};
use crate::report::{Event, Item, Reporter};
use crate::settings::Settings;
use crate::trace::See;

/// Sends it and waits until it is known what became of it.
///
/// # Errors
///
/// See [`crate::exit::HELP`].
pub(crate) fn run(args: &SendArgs) -> Result<Exit, Failure> {
    let reporter = Reporter::stdout(args.output.json);
    connect::run(&reporter, send(args, &reporter))
}

async fn send(args: &SendArgs, reporter: &Reporter) -> Result<Exit, Failure> {
    let recipients = args.to.iter().map(|to| connect::uri("to", to)).collect::<Result<Vec<Uri>, _>>()?;
    let cannot_resume = match (args.dialect, args.to.len()) {
        (DialectArg::Legacy, _) => Some("the attributes of 2006 have no word for the rest of a file"),
        (_, 2..) => Some("each recipient would have another part of the file"),
        _ => None,
    };
    if let (Some(reason), Some(_)) = (cannot_resume, &args.resume) {
        return Err(Failure::new(Exit::Usage, format!("no --resume here: {reason}")));
    }
    let files = files(args)?;
    let mut profile = connect::profile(&args.tls);
    profile.dialect = match args.dialect {
        DialectArg::Legacy => Dialect::Legacy,
        DialectArg::Rfc5547 => Dialect::Rfc5547,
        DialectArg::Dual => Dialect::Dual,
    };
    let mut timers = Timers::default();
    timers.report = args.report_timeout;
    let mut sip = sip_ua::Config::default();
    sip.timers.ring = args.ring_timeout;
    let trace = connect::trace(args.output.trace.as_deref())?;
    let settings = Settings::load(&args.account)?;
    let mut builder = connect::builder(&settings, &args.tls)?
        .listen(connect::any_address(&next_hop(args, &settings, &recipients)?))
        .profile(profile)
        .timers(timers)
        .sip(sip);
    if let Some(trace) = &trace {
        builder = builder.tap(trace.tap("me", See::Both));
    }
    let client = builder.start().await.map_err(|error| failure(&error))?;
    let to = match &args.group {
        Some(group) => To::group(connect::uri("group", group)?),
        None => match recipients.as_slice() {
            [one] => To::one(one.clone()),
            _ => To::list(recipients),
        },
    };
    let journal = args.resume.as_ref().map(Journal::at);
    let mut interrupt = Interrupt::new();
    let outcome = exchange(args, &client, to, (files, journal.as_ref()), reporter, &mut interrupt).await;
    interrupt.shut_down(&client).await;
    connect::finish(trace, reporter);
    outcome.map_err(|mut failure| {
        if journal.is_some() && failure.exit == Exit::NotDelivered {
            failure.message.push_str("; sent again, it goes on from there");
        }
        failure
    })
}

/// Where the INVITE goes first.
fn next_hop(args: &SendArgs, settings: &Settings, recipients: &[Uri]) -> Result<Uri, Failure> {
    match (&settings.outbound, &args.group, &settings.conference_factory, recipients) {
        (Some(proxy), ..) => connect::uri("outbound", proxy),
        (None, Some(group), ..) => connect::uri("group", group),
        (None, None, Some(factory), [_, _, ..]) => connect::uri("conference-factory", factory),
        (None, None, _, [first, ..]) => Ok(first.clone()),
        (None, None, _, []) => Err(Failure::new(Exit::Usage, "to whom? Give --to or --group")),
    }
}

/// Sends the message, and all of a file again whose start is not at the other side.
async fn exchange(
    args: &SendArgs,
    client: &Client,
    to: To,
    (files, journal): (Vec<Outgoing>, Option<&Journal>),
    reporter: &Reporter,
    interrupt: &mut Interrupt,
) -> Result<Exit, Failure> {
    let shown: Vec<String> = args.group.iter().chain(&args.to).cloned().collect();
    tell(reporter, &Event::Inviting { to: &shown })?;
    let mut message = Message::new().files(files.clone());
    if let Some(text) = &args.text {
        message = message.text(text.as_str());
    }
    let message = with_options(message, args.rate, journal);
    let sent = deliver(client, to.clone(), message, reporter, interrupt).await?;
    if sent.without_start.is_empty() {
        return sent.exit;
    }
    let what = "the other side has not the start of it: sending all of it";
    tell(reporter, &Event::Warning { message: what })?;
    let first = usize::from(args.text.is_some());
    let again = sent.without_start.iter().filter_map(|item| files.get(item.checked_sub(first)?).cloned());
    let again = with_options(Message::new().files(again), args.rate, journal);
    let exit = deliver(client, to, again, reporter, interrupt).await?.exit?;
    Ok(sent.others.and(exit))
}

/// With what the command line says of how its files are sent.
fn with_options(mut message: Message, rate: Option<u64>, journal: Option<&Journal>) -> Message {
    if let Some(rate) = rate {
        message = message.rate(rate);
    }
    match journal {
        Some(journal) => message.journal(journal.clone()),
        None => message,
    }
}

fn files(args: &SendArgs) -> Result<Vec<Outgoing>, Failure> {
    let mut files = Vec::with_capacity(args.file.len());
    for (at, path) in args.file.iter().enumerate() {
        let mut file = Outgoing::path(path).intent(match args.disposition {
            DispositionArg::Inline => Intent::Share,
            DispositionArg::Attachment => Intent::Transfer,
        });
        if let (0, Some(icon)) = (at, &args.preview) {
            let octets = std::fs::read(icon).map_err(|error| {
                Failure::new(Exit::LocalFile, format!("cannot read {}: {error}", icon.display()))
            })?;
            let media_type = mime_guess::from_path(icon).first_raw().unwrap_or("application/octet-stream");
            file = file.preview(media_type, octets);
        }
        files.push(file);
    }
    Ok(files)
}

/// How a message ended.
struct Sent {
    exit: Result<Exit, Failure>,
    /// The items of which the rest was offered and refused: the start of them may not be there.
    without_start: Vec<usize>,
    /// How it ended for the others.
    others: Exit,
}

impl Sent {
    /// Whatever has become of it, nothing is to be tried again.
    const fn finally(exit: Result<Exit, Failure>) -> Self {
        Self { exit, without_start: Vec::new(), others: Exit::Success }
    }
}

/// Follows one message to its end; Ctrl-C calls it off.
async fn deliver(
    client: &Client,
    to: To,
    message: Message,
    reporter: &Reporter,
    interrupt: &mut Interrupt,
) -> Result<Sent, Failure> {
    let mut transfer = tokio::select! {
        transfer = client.send(to, message) => transfer.map_err(|error| failure(&error))?,
        // Still hashing: nobody was told anything yet.
        () = interrupt.next() => return Ok(Sent::finally(Ok(Exit::Cancelled))),
    };
    let mut interrupted = false;
    loop {
        tokio::select! {
            event = transfer.next() => match event {
                // The verdict is known; releasing the session is part of the shutdown.
                Some(TransferEvent::Delivered | TransferEvent::Unconfirmed | TransferEvent::Failed(_)) | None => break,
                Some(event) => follow(&transfer, &event, reporter)?,
            },
            () = interrupt.next() => {
                if interrupted {
                    return Ok(Sent::finally(Ok(Exit::Cancelled)));
                }
                interrupted = true;
                transfer.cancel();
                tell(reporter, &Event::Warning { message: "cancelling; Ctrl-C again to leave at once" })?;
            }
        }
    }
    let outcome = transfer.outcome().await;
    if interrupted {
        return Ok(Sent::finally(exit(outcome)));
    }
    let (states, items) = (transfer.states(), transfer.items());
    let all_refused = outcome.as_ref().is_err_and(is_refusal)
        && states.iter().all(|state| matches!(state, ItemState::Offered))
        // Of a file that is offered whole, or of a text, nothing could be missing: the answer was no.
        && items.iter().all(|item| item.skip > 0);
    let (without_start, others): (Vec<_>, Vec<_>) = states.iter().enumerate().partition(|&(item, state)| {
        (all_refused || is_refused(state)) && items.get(item).is_some_and(|item| item.skip > 0)
    });
    let known = match &outcome {
        Ok(Outcome { delivery: Delivery::Unconfirmed, .. }) => Exit::Unconfirmed,
        _ => Exit::Success,
    };
    Ok(Sent {
        without_start: without_start.into_iter().map(|(item, _)| item).collect(),
        others: others.into_iter().fold(known, |exit, (_, state)| exit.and(exit_of(state))),
        exit: exit(outcome),
    })
}

fn exit(outcome: Result<Outcome, Error>) -> Result<Exit, Failure> {
    let outcome = outcome.map_err(|error| failure(&error))?;
    let refused = outcome.items.iter().any(|item| matches!(item, ItemState::Refused));
    Ok(match outcome.delivery {
        Delivery::Delivered if refused => Exit::Refused,
        Delivery::Delivered => Exit::Success,
        Delivery::Unconfirmed => Exit::Unconfirmed,
    })
}

/// How it ended for one item.
fn exit_of(state: &ItemState) -> Exit {
    match state {
        ItemState::Sent | ItemState::Delivered => Exit::Success,
        ItemState::Refused => Exit::Refused,
        ItemState::Failed(error) => connect::exit_of(error),
        // What was accepted, and the message ended without a word of it.
        _ => Exit::NotDelivered,
    }
}

/// Whether the peer said no to an item.
fn is_refused(state: &ItemState) -> bool {
    match state {
        ItemState::Refused => true,
        ItemState::Failed(error) => is_refusal(error),
        _ => false,
    }
}

fn is_refusal(error: &Error) -> bool {
    error.protocol().is_some_and(pager::Error::is_refusal)
}

/// Tells what happened to a message.
pub(super) fn follow(transfer: &Transfer, event: &TransferEvent, reporter: &Reporter) -> Result<(), Failure> {
    let name = |at: usize| transfer.items().get(at).and_then(|item| item.name.as_deref()).unwrap_or("text");
    match event {
        TransferEvent::Ringing => tell(reporter, &Event::Ringing),
        TransferEvent::Answered { focus } => {
            let items: Vec<Item<'_>> = transfer
                .items()
                .iter()
                .map(|item| Item {
                    name: item.name.as_deref(),
                    media_type: if item.name.is_some() { "file" } else { "text/plain" },
                    size: Some(item.size),
                    skip: item.skip,
                })
                .collect();
            tell(reporter, &Event::Accepted { focus: *focus, items: &items })
        }
        TransferEvent::Refused { item } => tell(
            reporter,
            &Event::Lost { item: *item, name: name(*item), reason: "refused before a byte of it was sent" },
        ),
        TransferEvent::Progress { item, acknowledged, size, .. } => tell(
            reporter,
            &Event::Progress { item: *item, name: name(*item), octets: *acknowledged, total: *size },
        ),
        TransferEvent::Sent { item } => {
            let octets = transfer.items().get(*item).map_or(0, |item| item.size);
            tell(reporter, &Event::Sent { item: *item, name: name(*item), octets })
        }
        TransferEvent::ItemFailed { item, error } => {
            tell(reporter, &Event::Lost { item: *item, name: name(*item), reason: &error.to_string() })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Args, Command};

    #[test]
    fn the_next_hop_is_the_proxy_or_who_explodes_the_list_or_the_recipient() {
        let next = |settings: &Settings, words: &[&str]| {
            let words = ["simple-im", "send", "--text", "hi"].iter().chain(words);
            let Command::Send(args) = Args::parse_from(words).command else { panic!("send") };
            let to: Vec<Uri> = args.to.iter().map(|to| connect::uri("to", to).unwrap()).collect();
            next_hop(&args, settings, &to).unwrap().to_string()
        };
        let mut settings = Settings::default();
        assert_eq!(next(&settings, &["--group", "sip:team@[::1]:5070"]), "sip:team@[::1]:5070");
        assert_eq!(next(&settings, &["--to", "sip:a@[::1]"]), "sip:a@[::1]");
        settings.conference_factory = Some("sip:factory@[::1]".to_owned());
        assert_eq!(next(&settings, &["--to", "sip:a@192.0.2.1"]), "sip:a@192.0.2.1");
        assert_eq!(
            next(&settings, &["--to", "sip:a@192.0.2.1", "--to", "sip:b@192.0.2.1"]),
            "sip:factory@[::1]"
        );
        settings.outbound = Some("sip:[::1]:5071;lr".to_owned());
        assert_eq!(next(&settings, &["--to", "sip:a@192.0.2.1"]), "sip:[::1]:5071;lr");
    }

    #[test]
    fn what_was_accepted_and_never_told_of_again_is_not_delivered() {
        let ended = |states: &[ItemState]| states.iter().map(exit_of).fold(Exit::Success, Exit::and);
        assert_eq!(ended(&[]), Exit::Success);
        assert_eq!(ended(&[ItemState::Sent, ItemState::Delivered]), Exit::Success);
        assert_eq!(ended(&[ItemState::Sent, ItemState::Refused, ItemState::Refused]), Exit::Refused);
        assert_eq!(ended(&[ItemState::Sent, ItemState::Accepted]), Exit::NotDelivered);
        assert_eq!(ended(&[ItemState::Refused, ItemState::Accepted]), Exit::NotDelivered);
        assert_eq!(Exit::Unconfirmed.and(Exit::Success), Exit::Unconfirmed);
    }
}
