//! `simple-im serve`: the embedded IM server on a chosen address, for tests and demos.

use std::net::SocketAddr;
use std::path::Path;

use server::tokio::{Listen, Running};
use server::{Addresses, Config, Event as ServerEvent};

use super::connect::{self, tell};
use super::interrupt::Interrupt;
use crate::args::ServeArgs;
use crate::exit::{Exit, Failure};
use crate::report::{Event, Reporter};
use crate::trace::See;

/// Serves until Ctrl-C.
///
/// # Errors
///
/// See [`crate::exit::HELP`].
pub(crate) fn run(args: &ServeArgs) -> Result<Exit, Failure> {
    let reporter = Reporter::stdout(args.output.json);
    connect::run(&reporter, serve(args, &reporter))
}

async fn serve(args: &ServeArgs, reporter: &Reporter) -> Result<Exit, Failure> {
    let domain = args.domain.clone().unwrap_or_else(|| args.listen.ip().to_string());
    let mut config = Config::new(domain.as_str());
    for (name, password) in users(&args.users)? {
        config = config.user(&name, &password);
    }
    let trace = connect::trace(args.output.trace.as_deref())?;
    let msrp = args.listen_msrp.unwrap_or_else(|| SocketAddr::new(args.listen.ip(), 0));
    let mut listen = Listen::on(args.listen, msrp);
    if let Some(address) = args.msrp_relay {
        listen = listen.relay(address);
    }
    let names = [args.listen.ip().to_string(), domain, "localhost".to_owned()];
    if let Some(tls) = crate::tls::load(&args.tls, &names)? {
        listen = listen.tls(tls);
        listen.sips = args.listen_tls.unwrap_or(listen.sips);
    }
    if let Some(trace) = &trace {
        listen = listen.tap(trace.tap("server", See::Both));
    }
    let mut server = Running::start(&config, listen)
        .await
        .map_err(|error| Failure::new(Exit::CannotStart, error.to_string()))?;
    let addresses = server.addresses();
    let Addresses { sip, msrp, sips, msrps } = addresses;
    tell(reporter, &Event::Listening { sip, msrp: Some(msrp), sips, msrps })?;
    if let Some(address) = server.relay_address() {
        tell(reporter, &Event::Served { what: &format!("MSRP relay on {address}") })?;
    }
    let mut interrupt = Interrupt::new();
    loop {
        tokio::select! {
            event = server.next_event() => match event {
                Some(event) => tell(reporter, &Event::Served { what: &said(&event) })?,
                None => break,
            },
            () = interrupt.next() => break,
        }
    }
    tokio::select! {
        () = server.stop() => {}
        () = interrupt.next() => {}
    }
    connect::finish(trace, reporter);
    Ok(Exit::Success)
}

/// One account a line, `user:password`; blank lines and `#` comments are passed over.
fn users(path: &Path) -> Result<Vec<(String, String)>, Failure> {
    let unusable =
        |what: &dyn std::fmt::Display| Failure::new(Exit::Usage, format!("{}: {what}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| unusable(&error))?;
    let mut users = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match line.split_once(':') {
            Some((name, password)) if !name.is_empty() && !password.is_empty() => {
                users.push((name.to_owned(), password.to_owned()));
            }
            _ => return Err(unusable(&format!("line {}: an account is user:password", at + 1))),
        }
    }
    Ok(users)
}

/// One line for people about what the server did.
fn said(event: &ServerEvent) -> String {
    match event {
        ServerEvent::Registered { user, contact, expires } => {
            format!("{user} registered {contact} for {expires} s")
        }
        ServerEvent::Unregistered { user, contact } => format!("{user} unregistered {contact}"),
        ServerEvent::Refused { method, status } => {
            format!("{} refused with {}", method.as_str(), status.as_u16())
        }
        ServerEvent::Forwarded { method, request_uri } => {
            format!("{} forwarded to {request_uri}", method.as_str())
        }
        ServerEvent::Exploded { sender, recipients, .. } => {
            format!("message of {sender} to {recipients} recipients")
        }
        ServerEvent::Answered { recipient, outcome, .. } => format!("{recipient}: {outcome:?}"),
        ServerEvent::Reported { line, delivered, of, .. } => {
            format!("item {line} is with {delivered} of {of} recipients")
        }
        ServerEvent::Ended { .. } => "message ended".to_owned(),
        ServerEvent::HandshakeFailed { peer, error } => format!("TLS handshake of {peer} failed: {error}"),
        ServerEvent::RelayGranted { user, expires } => {
            format!("{} may use the relay for {expires} s", account(user))
        }
        ServerEvent::RelayEnded { user } => format!("{} no longer uses the relay", account(user)),
        ServerEvent::RelayRefused { status } => format!("refused by the relay with {status}"),
        ServerEvent::RelayReported { status } => {
            format!("the relay reported a chunk that did not get through: {status}")
        }
        other => format!("{other:?}"),
    }
}

/// Who uses the relay.
fn account(user: &str) -> &str {
    if user.is_empty() { "somebody" } else { user }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read_line_by_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users");
        std::fs::write(&path, "# people\nalice:open:sesame\n\n bob:secret \n").unwrap();
        let read = users(&path).unwrap();
        assert_eq!(
            read,
            [("alice".to_owned(), "open:sesame".to_owned()), ("bob".to_owned(), "secret".to_owned())]
        );
        std::fs::write(&path, "alice\n").unwrap();
        let failure = users(&path).unwrap_err();
        assert!(failure.exit == Exit::Usage && failure.message.contains("line 1"), "{failure:?}");
    }
}
