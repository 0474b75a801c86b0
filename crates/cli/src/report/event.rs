//! `Event`: what a reporter tells. Field names are what scripts read.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

use serde::{Serialize, Serializer};

use super::comparison::Row;
use super::shown;

/// Something that happened. `Display` is the line for people.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(crate) enum Event<'a> {
    /// Sockets are open.
    Listening {
        sip: SocketAddr,
        msrp: Option<SocketAddr>,
        /// The same over TLS.
        #[serde(skip_serializing_if = "Option::is_none")]
        sips: Option<SocketAddr>,
        #[serde(skip_serializing_if = "Option::is_none")]
        msrps: Option<SocketAddr>,
    },
    /// The registrar took us for so many seconds.
    Registered { account: &'a str, expires: u64 },
    /// An INVITE is on its way.
    Inviting { to: &'a [String] },
    /// The other side rings.
    Ringing,
    /// The other side answered to these items; what it refused is `lost`. `focus` is a server that sends on.
    Accepted { focus: bool, items: &'a [Item<'a>] },
    /// Somebody wants to send us this.
    Offer { from: &'a str, to: &'a [String], items: &'a [Item<'a>] },
    /// So many octets are through.
    Progress { item: usize, name: &'a str, octets: u64, total: u64 },
    /// An item is out, and taken note of by the next hop.
    Sent { item: usize, name: &'a str, octets: u64 },
    /// A file arrived whole and is stored.
    Received {
        item: usize,
        name: &'a str,
        #[serde(serialize_with = "lossy")]
        path: &'a Path,
        octets: u64,
        sha256: &'a str,
    },
    /// A text arrived.
    Text { from: &'a str, text: &'a str },
    /// An item did not get through.
    Lost { item: usize, name: &'a str, reason: &'a str },
    /// Something that does not end it.
    Warning { message: &'a str },
    /// The server did this.
    Served { what: &'a str },
    /// What follows is about this.
    Chapter { title: &'a str },
    /// A drawing or a table for people.
    Shown { text: &'a str },
    /// What was sent held against what arrived.
    Compared { row: &'a Row, equal: bool },
    /// The last one: how it ended.
    End { outcome: &'static str, code: u8, message: &'a str },
}

/// One text or file of a message.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Item<'a> {
    /// The file name; `None` for a text.
    pub(crate) name: Option<&'a str>,
    #[serde(rename = "type")]
    pub(crate) media_type: &'a str,
    /// Octets, if the offer says so.
    pub(crate) size: Option<u64>,
    /// Octets at its start that are there from a transfer that broke off.
    #[serde(skip_serializing_if = "is_none")]
    pub(crate) skip: u64,
}

/// JSON is UTF-8, and a path need not be: what is not is replaced by U+FFFD.
fn lossy<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it so")]
const fn is_none(octets: &u64) -> bool {
    *octets == 0
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listening { sip, msrp, sips, msrps } => {
                write!(f, "listening: SIP {sip}")?;
                let others = [(" MSRP", msrp), (" SIP over TLS", sips), (" MSRP over TLS", msrps)];
                let open = others.into_iter().filter_map(|(what, address)| Some((what, (*address)?)));
                open.into_iter().try_for_each(|(what, address)| write!(f, ",{what} {address}"))
            }
            Self::Registered { account, expires } => write!(f, "registered {account} for {expires} s"),
            Self::Inviting { to } => write!(f, "inviting {}", shown(&to.join(", "))),
            Self::Ringing => f.write_str("ringing"),
            Self::Accepted { focus, items } => {
                f.write_str(if *focus { "accepted by a server" } else { "accepted" })?;
                list(f, items)
            }
            Self::Offer { from, to, items } => {
                write!(f, "offer from {}", shown(from))?;
                if !to.is_empty() {
                    write!(f, " to {}", shown(&to.join(", ")))?;
                }
                list(f, items)
            }
            Self::Progress { name, octets, total, .. } => {
                let percent = octets.saturating_mul(100).checked_div(*total).unwrap_or(100);
                write!(f, "{}: {octets} of {total} octets ({percent} %)", shown(name))
            }
            Self::Sent { name, octets, .. } => write!(f, "{}: sent, {octets} octets", shown(name)),
            Self::Received { name, path, octets, sha256, .. } => {
                let path = path.to_string_lossy();
                write!(f, "{}: received, {octets} octets, SHA-256 {sha256}, {}", shown(name), shown(&path))
            }
            Self::Text { from, text } => write!(f, "{}: {}", shown(from), shown(text)),
            Self::Lost { name, reason, .. } => write!(f, "{}: {}", shown(name), shown(reason)),
            Self::Warning { message } => write!(f, "warning: {}", shown(message)),
            Self::Served { what } => f.write_str(&shown(what)),
            Self::Chapter { title } => write!(f, "\n{title}"),
            Self::Shown { text } => f.write_str(text.trim_end()),
            Self::Compared { row, equal } => write!(f, "{row:?}: {equal}"),
            Self::End { outcome, message: "", .. } => f.write_str(outcome),
            Self::End { outcome, message, .. } => {
                write!(f, "{outcome}: ")?;
                // A caret stands under its byte on a line of its own.
                let mut lines = message.lines().map(shown);
                f.write_str(&lines.next().unwrap_or_default())?;
                lines.try_for_each(|line| write!(f, "\n{line}"))
            }
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, items: &[Item<'_>]) -> fmt::Result {
    for item in items {
        write!(f, "\n  {} ({}", item.name.map_or_else(|| "text".to_owned(), shown), shown(item.media_type))?;
        if let Some(size) = item.size {
            write!(f, ", {size} octets")?;
        }
        if item.skip > 0 {
            write!(f, ", going on after {} of them", item.skip)?;
        }
        f.write_str(")")?;
    }
    Ok(())
}
