//! Offers: RFC 3264 §5, RFC 4975 §8, RFC 5547 §8.2, and closing one line of a running session (RFC 3264 §8.2).

use alloc::borrow::Cow;

use bytes::BytesMut;

use grammar::{MediaRange, ParseError, Reading};

use super::line::{MessageLine, Proto, bare_host};
use crate::attribute::Setup;
use crate::file::Dialect;
use crate::file::name::carriable;
use crate::line::Origin;
use crate::writer::{WriteError, Writer};
use crate::{Limits, SessionDescription};

/// Why a document cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// There is not one answer for each offered line.
    #[error("{answers} answers to {lines} lines")]
    LineCount {
        /// Lines of the offer.
        lines: usize,
        /// Answers given.
        answers: usize,
    },
    /// A new offer has fewer lines than the one before.
    #[error("{lines} lines after {before} (RFC 3264 section 8)")]
    LineRemoved {
        /// Lines of the description before.
        before: usize,
        /// Lines of the new one.
        lines: usize,
    },
    /// A line breaks a rule.
    #[error("line {line}: {fault}")]
    Line {
        /// Which line, counted from 0.
        line: usize,
        /// What is wrong with it.
        fault: LineFault,
    },
    /// A value cannot stand in a line.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The document passes a limit, or a value does not follow its rule.
    #[error("the document would not be read: {0}")]
    Unreadable(#[from] ParseError),
}

/// What is wrong with a line of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum LineFault {
    /// The path is empty or not made of MSRP URIs.
    #[error("the path is not a list of MSRP URIs with a port (RFC 4975 section 8.1)")]
    Path,
    /// Address or port differ from the own URI; peers connect to the one or the other.
    #[error("host and port are not those of the own URI in the path (RFC 4975 section 8.1)")]
    Authority,
    /// TLS in one of `m=` and the own URI and not in the other.
    #[error("the transport is not that of the own URI, or not the offered one")]
    Proto,
    /// Nothing is accepted, or an entry is no media type.
    #[error("accept-types is empty or not a list of media types (RFC 4975 section 8.6)")]
    AcceptTypes,
    /// `passive` or `holdconn` offered.
    #[error("only active and actpass may be offered (RFC 6135 section 4.2.2)")]
    Setup,
    /// Port 9 without being active.
    #[error("port 9 says that nobody can connect, so the setup must be active (RFC 6135 section 4.2.2)")]
    Unreachable,
    /// RFC 5547 wants an id and there is none.
    #[error("a file needs a file-transfer-id (RFC 5547 section 8.1)")]
    TransferId,
    /// RFC 5547 wants a selector and there is none.
    #[error("a file needs at least one of type, size and hash (RFC 5547 section 8.2)")]
    Selector,
    /// The dialect of 2006 cannot carry the name.
    #[error("the file name is empty or holds CR, LF or NUL")]
    Name,
    /// Accepted, and not an MSRP line.
    #[error("only MSRP lines can be accepted")]
    NotMsrp,
    /// Accepted, and the offer has closed it.
    #[error("a line with port 0 cannot be accepted (RFC 3264 section 8.2)")]
    Closed,
}

/// Builds an offer, one m-line for each of `lines`.
///
/// Files are described in `dialect`. A line whose port is 0 is written as closed. `c=` stands at session level with
/// the address of `origin`, and again in each line, because some peers look only there.
///
/// # Errors
///
/// [`BuildError`] with the first line that breaks a rule; the result is read back strictly before it is returned.
pub fn offer(
    origin: &Origin,
    lines: &[MessageLine],
    dialect: Dialect,
) -> Result<SessionDescription, BuildError> {
    let mut out = BytesMut::with_capacity(256 + 640 * lines.len());
    let mut writer = Writer::new(&mut out);
    writer.head(origin).connection(&origin.address).line('t', format_args!("0 0"));
    for (at, line) in lines.iter().enumerate() {
        let fault = |fault| BuildError::Line { line: at, fault };
        if line.port == 0 {
            writer.media("message", 0, line.proto.as_str(), "*");
            if let Some(file) = line.file.as_ref().filter(|_| dialect.has_rfc5547()) {
                file.write(Dialect::Rfc5547, &mut writer);
            }
            continue;
        }
        check_line(line).map_err(fault)?;
        check_offer(line, dialect).map_err(fault)?;
        write_line(line, line.setup.unwrap_or(Setup::ActPass), &mut writer);
        if let Some(file) = &line.file {
            file.write(dialect, &mut writer);
        }
    }
    finish(&writer)?;
    read_back(out)
}

/// The same description with some lines closed: port 0, everything else as it was, version one higher.
///
/// How a file of several is aborted (RFC 5547 §8.4). The attributes stay, `file-transfer-id` among them. Lines that do
/// not exist are ignored.
///
/// # Errors
///
/// [`BuildError`] if `description` is a peer's and cannot be written.
pub fn close(description: &SessionDescription, lines: &[usize]) -> Result<SessionDescription, BuildError> {
    let mut out = BytesMut::with_capacity(description.as_bytes().len() + 8);
    let mut writer = Writer::new(&mut out);
    let mut media = description.media().enumerate();
    for line in description.lines() {
        match line.kind {
            'o' => {
                let origin = description.origin()?;
                let version = origin.version.wrapping_add(1);
                writer.line(
                    'o',
                    format_args!(
                        "{} {} {version} {} {} {}",
                        origin.user, origin.id, origin.nettype, origin.addrtype, origin.address,
                    ),
                );
            }
            'm' => match media.next() {
                Some((at, media)) if lines.contains(&at) => refused_head(&media, &mut writer),
                _ => drop(writer.raw_line('m', line.value)),
            },
            kind => drop(writer.raw_line(kind, line.value)),
        }
    }
    finish(&writer)?;
    SessionDescription::parse_with(out.freeze(), Reading::Lenient, &Limits::default())
        .map(|(document, _)| document)
        .map_err(BuildError::from)
}

/// The `m=` line as it was, with port 0.
pub(super) fn refused_head(media: &crate::MediaDescription<'_>, out: &mut Writer<'_>) {
    let line = media.line();
    out.media(line.media, 0, line.proto, line.fmts);
}

/// What a line of ours must keep to, offered or answered.
pub(super) fn check_line(line: &MessageLine) -> Result<(), LineFault> {
    let own = line.own().ok_or(LineFault::Path)?;
    if line.path.iter().any(|uri| crate::attribute::PathUri::parse(uri).is_err()) {
        return Err(LineFault::Path);
    }
    // Behind a relay peers connect to the relay, so what c= and m= say is the caller's (RFC 6714 §4.2).
    let direct = line.path.len() == 1;
    if direct && (!same_host(bare_host(&own), &line.host) || own.host_port.port != Some(line.port)) {
        return Err(LineFault::Authority);
    }
    if own.secure != (line.proto == Proto::Tls) {
        return Err(LineFault::Proto);
    }
    let entries = || line.accept_types.iter().chain(&line.accept_wrapped_types);
    if line.accept_types.is_empty() || entries().any(|entry| MediaRange::parse(entry).is_err()) {
        return Err(LineFault::AcceptTypes);
    }
    Ok(())
}

/// What an offered line must keep to.
fn check_offer(line: &MessageLine, dialect: Dialect) -> Result<(), LineFault> {
    match line.setup {
        None | Some(Setup::ActPass) if line.port == 9 => return Err(LineFault::Unreachable),
        None | Some(Setup::Active | Setup::ActPass) => {}
        Some(Setup::Passive | Setup::HoldConn) => return Err(LineFault::Setup),
    }
    let Some(file) = &line.file else {
        return Ok(());
    };
    if dialect.has_rfc5547() {
        let pushed =
            file.media_type.is_some() || file.size.is_some_and(|size| size > 0) || !file.hashes.is_empty();
        let pulled = file.has_selector() && !line.direction.sends();
        if !pushed && !pulled {
            return Err(LineFault::Selector);
        }
        if file.transfer_id.is_none() {
            return Err(LineFault::TransferId);
        }
    }
    let bad =
        |name: &grammar::ByteStr| name.trim_matches(' ').is_empty() || name.contains(['\r', '\n', '\0']);
    if dialect.has_legacy() && file.name.as_ref().is_some_and(bad) {
        return Err(LineFault::Name);
    }
    Ok(())
}

/// Whether two hosts are the same, as text or as addresses.
pub(super) fn same_host(a: &str, b: &str) -> bool {
    use core::net::IpAddr;
    match (a.parse::<IpAddr>(), b.parse::<IpAddr>()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a.eq_ignore_ascii_case(b),
    }
}

/// A living line but for its file, in the order of the examples that peers were built by: `m= i= c=`, direction,
/// accept-types, accept-wrapped-types, max-size, path, setup.
pub(super) fn write_line(line: &MessageLine, setup: Setup, out: &mut Writer<'_>) {
    out.media("message", line.port, line.proto.as_str(), "*");
    let icon_needs_title = line.file.as_ref().filter(|file| file.icon.is_some());
    let name = || icon_needs_title.and_then(|file| file.name.as_deref()).map(carriable);
    if let Some(title) = line.title.as_deref().map(Cow::Borrowed).or_else(name) {
        out.line('i', format_args!("{title}"));
    }
    out.connection(&line.host).direction(line.direction);
    out.attribute("accept-types", Blanks(&line.accept_types));
    if !line.accept_wrapped_types.is_empty() {
        out.attribute("accept-wrapped-types", Blanks(&line.accept_wrapped_types));
    }
    if let Some(size) = line.max_size {
        out.attribute("max-size", size);
    }
    out.attribute("path", Blanks(&line.path));
    out.typed(&setup);
    for fingerprint in &line.fingerprints {
        out.typed(fingerprint);
    }
    if line.cema {
        out.property("msrp-cema");
    }
}

/// Values with one blank between.
struct Blanks<'a>(&'a [grammar::ByteStr]);

impl core::fmt::Display for Blanks<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for (i, value) in self.0.iter().enumerate() {
            let blank = if i > 0 { " " } else { "" };
            write!(f, "{blank}{value}")?;
        }
        Ok(())
    }
}

pub(super) const fn finish(writer: &Writer<'_>) -> Result<(), BuildError> {
    match writer.finish() {
        Ok(()) => Ok(()),
        Err(error) => Err(BuildError::Write(error)),
    }
}

/// The document as everybody will read it. An answer may outgrow the offer it gives back, so only its lines are held to
/// the limits.
pub(super) fn read_back(out: BytesMut) -> Result<SessionDescription, BuildError> {
    let limits = Limits { max_document: usize::MAX, ..Limits::default() };
    let (document, _) = SessionDescription::parse_with(out.freeze(), Reading::Strict, &limits)?;
    Ok(document)
}
