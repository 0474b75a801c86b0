//! `Dialog`: what two user agents keep of each other between requests (RFC 3261 §12).

mod route_set;

use grammar::ByteStr;
use sip::{Contact, HeaderName, NameAddr, Request, Response, Uri};

pub(crate) use route_set::{Aim, RouteSet, without_headers};

use crate::Misbehaviour;

/// The name of a dialog, seen from our side.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DialogId {
    pub(crate) call_id: ByteStr,
    pub(crate) local_tag: ByteStr,
    pub(crate) remote_tag: ByteStr,
}

impl DialogId {
    /// The dialog a received request belongs to; `None` outside of dialogs.
    pub(crate) fn of_request(request: &Request) -> Option<Self> {
        Some(Self {
            call_id: ByteStr::from(request.call_id().ok()?),
            local_tag: ByteStr::from(request.to().ok()?.tag()?),
            // RFC 3261 §12.1.1: a From without tag is a tag that is empty (RFC 2543 clients).
            remote_tag: ByteStr::from(request.from().ok()?.tag().unwrap_or_default()),
        })
    }
}

/// A dialog, early or confirmed.
#[derive(Debug, Clone)]
pub(crate) struct Dialog {
    pub(crate) id: DialogId,
    /// The value of From in our requests, with our tag.
    pub(crate) local: ByteStr,
    /// The value of To in our requests, with the tag of the peer.
    pub(crate) remote: ByteStr,
    /// Where the peer is: its last Contact.
    pub(crate) remote_target: Uri,
    pub(crate) routes: RouteSet,
    /// The number of our last request.
    pub(crate) local_number: u32,
    /// The number of the last request of the peer.
    pub(crate) remote_number: Option<u32>,
}

impl Dialog {
    /// Caller side: from a provisional response with a To tag, or a 2xx, to `invite` (RFC 3261 §12.1.2).
    pub(crate) fn from_response(invite: &Request, response: &Response) -> Result<Self, Misbehaviour> {
        let number = invite.cseq().map_err(|_| Misbehaviour::Header("CSeq"))?.number;
        let from = invite.from().map_err(|_| Misbehaviour::Header("From"))?;
        let to = response.to().map_err(|_| Misbehaviour::Header("To"))?;
        let id = DialogId {
            call_id: ByteStr::from(response.call_id().map_err(|_| Misbehaviour::Header("Call-ID"))?),
            local_tag: ByteStr::from(from.tag().unwrap_or_default()),
            remote_tag: ByteStr::from(to.tag().unwrap_or_default()),
        };
        // Lenient: without a usable Contact the peer stays where the INVITE found it, so that it can at least
        // be acknowledged and hung up on.
        let remote_target = match contact(response.contacts()) {
            Some((uri, _)) => uri,
            None => invite.uri().map_err(|_| Misbehaviour::Header("Contact"))?.to_owned(),
        };
        // RFC 3261 §12.1.2: "in reverse order".
        let mut routes = RouteSet::collect(response.headers().values(HeaderName::RECORD_ROUTE))
            .ok_or(Misbehaviour::Header("Record-Route"))?;
        routes.reverse();
        Ok(Self {
            id,
            local: one_line(&from),
            remote: one_line(&to),
            remote_target,
            routes,
            local_number: number,
            remote_number: None,
        })
    }

    /// Callee side: from an INVITE that we answer with `local_tag` (RFC 3261 §12.1.1).
    pub(crate) fn from_request(invite: &Request, local_tag: &str) -> Result<Self, Misbehaviour> {
        let from = invite.from().map_err(|_| Misbehaviour::Header("From"))?;
        let to = invite.to().map_err(|_| Misbehaviour::Header("To"))?;
        let number = invite.cseq().map_err(|_| Misbehaviour::Header("CSeq"))?.number;
        let id = DialogId {
            call_id: ByteStr::from(invite.call_id().map_err(|_| Misbehaviour::Header("Call-ID"))?),
            local_tag: ByteStr::from(local_tag),
            remote_tag: ByteStr::from(from.tag().unwrap_or_default()),
        };
        let (remote_target, _) = contact(invite.contacts()).ok_or(Misbehaviour::Header("Contact"))?;
        let routes = RouteSet::collect(invite.headers().values(HeaderName::RECORD_ROUTE))
            .ok_or(Misbehaviour::Header("Record-Route"))?;
        Ok(Self {
            id,
            local: ByteStr::from(format!("{};tag={local_tag}", one_line(&to))),
            remote: one_line(&from),
            remote_target,
            routes,
            local_number: 0,
            remote_number: Some(number),
        })
    }

    /// Where requests in this dialog go.
    pub(crate) fn aim(&self) -> Aim {
        self.routes.aim(&self.remote_target)
    }

    /// The number of our next request.
    pub(crate) const fn next_number(&mut self) -> u32 {
        self.local_number = self.local_number.saturating_add(1);
        self.local_number
    }

    /// Takes the number of a request of the peer; `false` if it comes out of order (RFC 3261 §12.2.2: 500).
    pub(crate) fn take_number(&mut self, number: u32) -> bool {
        if self.remote_number.is_some_and(|last| number < last) {
            return false;
        }
        self.remote_number = Some(number);
        true
    }

    /// A target refresh request or the 2xx to one came: INVITE and UPDATE (RFC 3261 §12.2.1.2, RFC 3311 §5.1).
    pub(crate) fn refresh<'a>(
        &mut self,
        contacts: impl Iterator<Item = Result<Contact<'a>, grammar::ParseError>>,
    ) {
        if let Some((target, _)) = contact(contacts) {
            self.remote_target = target;
        }
    }
}

/// The one Contact of a message that makes a dialog, and whether it is a focus.
pub(crate) fn contact<'a>(
    contacts: impl Iterator<Item = Result<Contact<'a>, grammar::ParseError>>,
) -> Option<(Uri, bool)> {
    let contact = contacts.filter_map(Result::ok).next()?;
    let uri = contact.uri().filter(sip::UriRef::is_sip)?;
    Some((uri.to_owned(), contact.is_focus()))
}

/// A value as it can be sent: folded lines of the peer joined.
pub(super) fn one_line(value: &NameAddr<'_>) -> ByteStr {
    let mut text = value.to_string();
    text.retain(|c| !matches!(c, '\r' | '\n'));
    ByteStr::from(text)
}
