//! What a message is matched to its transaction by (RFC 3261 §17.1.3 and §17.2.3).

use grammar::ByteStr;
use sip::{Method, Request, Response};

/// Client side: the branch we made and the method of CSeq.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ClientKey {
    branch: ByteStr,
    method: ByteStr,
}

impl ClientKey {
    pub(crate) fn new(branch: &str, method: &Method) -> Self {
        Self { branch: ByteStr::from(branch), method: ByteStr::from(method.as_str()) }
    }

    /// The key a response asks for; `None` if its Via or CSeq is unreadable.
    pub(crate) fn of_response(response: &Response) -> Option<Self> {
        let via = response.via().ok()?;
        let cseq = response.cseq().ok()?;
        Some(Self::new(via.branch()?, &cseq.method))
    }
}

/// Server side: the branch and the sender of the topmost Via, and the method; ACK counts as INVITE.
///
/// Without the magic cookie the branch says nothing (RFC 2543 clients), and the other header fields do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ServerKey {
    branch: ByteStr,
    sent_by: ByteStr,
    method: ByteStr,
}

impl ServerKey {
    /// The key of a request; `None` if a header that makes it is unreadable.
    pub(crate) fn of_request(request: &Request) -> Option<Self> {
        let method = match request.method() {
            method if *method == Method::ACK => Method::INVITE,
            method => method.clone(),
        };
        Self::with_method(request, &method)
    }

    /// The key of the INVITE that a CANCEL is about (RFC 3261 §9.2).
    pub(crate) fn of_cancelled(cancel: &Request) -> Option<Self> {
        Self::with_method(cancel, &Method::INVITE)
    }

    fn with_method(request: &Request, method: &Method) -> Option<Self> {
        let via = request.via().ok()?;
        let branch = match via.branch() {
            Some(branch) if via.has_rfc3261_branch() => ByteStr::from(branch),
            branch => {
                let from = request.from().ok()?;
                let number = request.cseq().ok()?.number;
                ByteStr::from(format!(
                    "{} {} {} {number} {}",
                    branch.unwrap_or_default(),
                    request.request_uri(),
                    request.call_id().ok()?,
                    from.tag().unwrap_or_default(),
                ))
            }
        };
        let sent_by = ByteStr::from(via.sent_by.to_string().to_ascii_lowercase());
        Some(Self { branch, sent_by, method: ByteStr::from(method.as_str()) })
    }
}

/// What two copies of one request that took different ways have in common (RFC 3261 §8.2.2.2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MergeKey {
    from_tag: ByteStr,
    call_id: ByteStr,
    number: u32,
    method: ByteStr,
}

impl MergeKey {
    /// The key of a request outside of a dialog; `None` inside of one.
    pub(crate) fn of_request(request: &Request) -> Option<Self> {
        if request.to().ok()?.tag().is_some() {
            return None;
        }
        Some(Self {
            from_tag: ByteStr::from(request.from().ok()?.tag().unwrap_or_default()),
            call_id: ByteStr::from(request.call_id().ok()?),
            number: request.cseq().ok()?.number,
            method: ByteStr::from(request.method().as_str()),
        })
    }
}
