//! From settings to a client, and from a client's error to an exit code.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use client::{Account, Builder, Client, Error, ErrorKind, MsrpRelays, MsrpUri, PlainRelay, Profile, Uri};

use crate::args::TlsArgs;
use crate::exit::{Exit, Failure};
use crate::report::{Event, Reporter};
use crate::settings::Settings;
use crate::trace::Trace;

/// Who we are where no account is set (RFC 3323 §4.1.1.3).
const NOBODY: &str = "sip:anonymous@anonymous.invalid";

/// The schemes of a [`Uri`].
const SCHEMES: [&str; 3] = ["sip", "sips", "tel"];

/// What a certificate is for that is known by its fingerprint only.
const LOCALHOST: &str = "localhost";

/// Plain SIP, and content as the options want it.
pub(crate) fn profile(tls: &TlsArgs) -> Profile {
    let mut profile = Profile::generic();
    profile.media_security = crate::tls::media_security(tls);
    profile
}

/// A client for these settings, not started yet.
///
/// # Errors
///
/// [`Exit::Usage`] for a URI that is none.
pub(crate) fn builder(settings: &Settings, tls: &TlsArgs) -> Result<Builder, Failure> {
    let identity = uri("account", settings.account.as_deref().unwrap_or(NOBODY))?;
    let mut builder = Client::builder(Account::new(identity));
    if let Some(tls) = crate::tls::load(tls, &[LOCALHOST.to_owned()])? {
        builder = builder.tls(tls);
    }
    if let Some(name) = &settings.display_name {
        builder = builder.display_name(name.as_str());
    }
    if let Some(username) = &settings.username {
        builder = builder.username(username.as_str());
    }
    if let Some(password) = &settings.password {
        builder = builder.password(password.reveal());
    }
    if let Some(registrar) = &settings.registrar {
        builder = builder.registrar(uri("registrar", registrar)?);
    }
    if let Some(outbound) = &settings.outbound {
        builder = builder.outbound_proxy(uri("outbound", outbound)?);
    }
    if let Some(factory) = &settings.conference_factory {
        builder = builder.conference_factory(uri("conference-factory", factory)?);
    }
    if !settings.via_relay.is_empty() {
        let relays: Result<Vec<MsrpUri>, Failure> =
            settings.via_relay.iter().map(|relay| msrp_uri(relay)).collect();
        let mut relays = MsrpRelays::new(relays?);
        if settings.plain_relay {
            relays.plain = PlainRelay::Allowed;
        }
        builder = builder.relays(relays);
    }
    Ok(builder)
}

/// A URI from the command line; an address without a scheme is a SIP one.
///
/// # Errors
///
/// [`Exit::Usage`] with a caret under the byte that is wrong, or for a scheme that is none of SIP.
pub(crate) fn uri(option: &str, text: &str) -> Result<Uri, Failure> {
    let text = match scheme(text) {
        Some(scheme) if SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme)) => text.to_owned(),
        Some(scheme) => {
            let schemes = SCHEMES.join(", ");
            return Err(Failure::new(Exit::Usage, format!("{option}: {scheme}: is none of {schemes}")));
        }
        None => format!("sip:{text}"),
    };
    Uri::parse(text.as_str())
        .map_err(|error| Failure::new(Exit::Usage, format!("{option}:\n{}", error.caret(text.as_bytes()))))
}

/// What stands in front of the first colon, unless that is a host: then a port follows.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let port = rest.split([';', '?']).next().unwrap_or_default();
    let is_port = !port.is_empty() && port.chars().all(|c| c.is_ascii_digit());
    let known = SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme));
    (is_scheme && (known || !is_port)).then_some(scheme)
}

fn msrp_uri(text: &str) -> Result<MsrpUri, Failure> {
    MsrpUri::parse(text)
        .map_err(|error| Failure::new(Exit::Usage, format!("via-relay:\n{}", error.caret(text.as_bytes()))))
}

/// Every address of the family that the next hop has, any port.
pub(crate) fn any_address(next_hop: &Uri) -> SocketAddr {
    let address = next_hop.host_port().and_then(|host_port| host_port.host.ip());
    let v6 = address.is_some_and(|address| address.is_ipv6());
    let ip = if v6 { IpAddr::V6(Ipv6Addr::UNSPECIFIED) } else { IpAddr::V4(Ipv4Addr::UNSPECIFIED) };
    SocketAddr::new(ip, 0)
}

/// How the command ends after this error.
pub(crate) fn exit_of(error: &Error) -> Exit {
    match error.kind() {
        ErrorKind::Invalid | ErrorKind::Limit | ErrorKind::Unsupported => Exit::Usage,
        ErrorKind::Listen => Exit::CannotStart,
        ErrorKind::File => Exit::LocalFile,
        // An MSRP status came after the other side had said yes.
        ErrorKind::Refused if is_about_content(error) => Exit::NotDelivered,
        ErrorKind::Refused => Exit::Refused,
        ErrorKind::Unauthorized => Exit::Authentication,
        // Nobody whom we could trust was reached, or the one who was reached got nothing.
        ErrorKind::Untrusted if is_before_content(error) => Exit::Unreachable,
        ErrorKind::Untrusted => Exit::NotDelivered,
        ErrorKind::Unreachable => Exit::Unreachable,
        ErrorKind::TimedOut if is_before_content(error) => Exit::Unreachable,
        ErrorKind::TimedOut
        | ErrorKind::ConnectionLost
        | ErrorKind::PeerMisbehaved
        | ErrorKind::Mismatch
        | ErrorKind::Aborted => Exit::NotDelivered,
        ErrorKind::Cancelled => Exit::Cancelled,
        _ => Exit::Failed,
    }
}

fn is_about_content(error: &Error) -> bool {
    matches!(error.protocol().map(pager::Error::kind), Some(pager::ErrorKind::ContentRefused(_)))
}

fn is_before_content(error: &Error) -> bool {
    let phase = error.protocol().map(pager::Error::phase);
    matches!(phase, Some(pager::Phase::Preparing | pager::Phase::Registering | pager::Phase::Inviting))
}

/// The same, with the sentence for people.
pub(crate) fn failure(error: &Error) -> Failure {
    Failure::new(exit_of(error), error.to_string())
}

/// Runs a command to its end and tells how it ended.
///
/// # Errors
///
/// The failure, after it was told, or [`Exit::CannotStart`] if there is no runtime.
pub(crate) fn run(
    reporter: &Reporter,
    command: impl Future<Output = Result<Exit, Failure>>,
) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::CannotStart, format!("no runtime: {error}")))?;
    let outcome = runtime.block_on(command);
    // A question at the terminal may still wait for its answer, and nobody is going to give it.
    runtime.shutdown_background();
    let (exit, message) = match &outcome {
        Ok(exit) => (*exit, ""),
        Err(failure) => (failure.exit, failure.message.as_str()),
    };
    tell(reporter, &Event::End { outcome: exit.name(), code: exit.code(), message })?;
    // What went wrong has been told: once is enough.
    outcome.map_err(|failure| Failure::new(failure.exit, ""))
}

/// Tells an event; a standard output that is gone ends the command.
pub(crate) fn tell(reporter: &Reporter, event: &Event<'_>) -> Result<(), Failure> {
    reporter.tell(event).map_err(|error| Failure::new(Exit::Failed, format!("standard output: {error}")))
}

/// A trace into the folder of `--trace`, if there is one.
///
/// # Errors
///
/// [`Exit::CannotStart`] if nothing can be written there.
pub(crate) fn trace(folder: Option<&Path>) -> Result<Option<Trace>, Failure> {
    let unusable = |folder: &Path, error: &io::Error| {
        Failure::new(Exit::CannotStart, format!("cannot trace to {}: {error}", folder.display()))
    };
    folder.map(|folder| Trace::start(Some(folder)).map_err(|error| unusable(folder, &error))).transpose()
}

/// Writes what is left of a trace. That it could not be written to its end is a warning: how the command ends is
/// decided by what it was asked for.
pub(crate) fn finish(trace: Option<Trace>, reporter: &Reporter) {
    if let Some(Err(error)) = trace.map(Trace::finish) {
        // A standard output that is gone is noticed when the end is told.
        let _ = tell(reporter, &Event::Warning { message: &format!("trace: {error}") });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_of_sip_or_none() {
        let read = |text: &str| uri("to", text).map(|uri| uri.to_string()).map_err(|failure| failure.exit);
        for (text, expected) in [
            ("bob@example.com", "sip:bob@example.com"),
            ("bob@example.com:5070", "sip:bob@example.com:5070"),
            ("example.com:5070", "sip:example.com:5070"),
            ("example.com:5070;transport=tcp", "sip:example.com:5070;transport=tcp"),
            ("192.0.2.1:5070", "sip:192.0.2.1:5070"),
            ("[::1]:5070", "sip:[::1]:5070"),
            ("sips:bob@example.com", "sips:bob@example.com"),
            ("tel:+15551234", "tel:+15551234"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
        let upper = uri("to", "SIP:bob@example.com").unwrap();
        assert_eq!((upper.user(), upper.scheme()), (Some("bob"), sip::Scheme::Sip));
        for foreign in ["im:bob@example.com", "mailto:bob@example.com", "https://example.com", "sip:", ""] {
            assert_eq!(read(foreign), Err(Exit::Usage), "{foreign}");
        }
    }
}
