//! The requests that repeat an INVITE: ACK to a refusal (RFC 3261 §17.1.1.3) and CANCEL (§9.1).

use bytes::Bytes;
use sip::{HeaderName, Method, Request, Response};

/// The ACK to a final response that is no 2xx; `None` if the response lacks what it is made of.
pub(super) fn for_refusal(invite: &Request, response: &Response) -> Option<Bytes> {
    // Folded lines of the peer are joined.
    let to = response.headers().get(HeaderName::TO)?.replace(['\r', '\n'], "");
    Some(like(invite, Method::ACK, &to)?.as_bytes().clone())
}

/// The CANCEL of an INVITE: same Request-URI, Call-ID, To, From, number, Route and branch.
pub(crate) fn cancel(invite: &Request) -> Option<Request> {
    let to = invite.headers().get(HeaderName::TO)?;
    like(invite, Method::CANCEL, to)
}

fn like(invite: &Request, method: Method, to: &str) -> Option<Request> {
    let headers = invite.headers();
    let uri = invite.uri().ok()?;
    let number = invite.cseq().ok()?.number;
    let cseq = format!("{number} {}", method.as_str());
    let mut builder = Request::builder(method, &uri.to_owned())
        .header(HeaderName::VIA, headers.values(HeaderName::VIA).next()?)
        .header(HeaderName::MAX_FORWARDS, "70");
    for route in headers.get_all(HeaderName::ROUTE) {
        builder = builder.header(HeaderName::ROUTE, route);
    }
    builder
        .header(HeaderName::FROM, headers.get(HeaderName::FROM)?)
        .header(HeaderName::TO, to)
        .header(HeaderName::CALL_ID, headers.get(HeaderName::CALL_ID)?)
        .header(HeaderName::CSEQ, &cseq)
        .build()
        .ok()
}
