//! `Reply`: what a response of ours says.

use bytes::Bytes;
use digest::Credentials;
use grammar::ByteStr;
use sip::{StatusCode, Uri};

use crate::HeaderField;

/// A response to an [`crate::Event::Incoming`], without what the user agent knows itself.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status. 100 is sent without being asked.
    pub status: StatusCode,
    /// Further headers, such as Warning or Retry-After.
    pub headers: Vec<HeaderField>,
    /// The URI of our Contact in a response to INVITE; `None`: the user part of the Request-URI at our address on
    /// the flow.
    pub contact: Option<Uri>,
    /// Parameters of that Contact header such as `;isfocus`; empty, or starting with `;`.
    pub contact_params: ByteStr,
    /// What to answer challenges with in the session that a 2xx makes: to our BYE, our offers, our refreshes.
    pub credentials: Option<Credentials>,
    /// The only realm a challenge is answered for; `None`: any.
    pub realm: Option<ByteStr>,
    /// Content-Type of the body; `None`: there is no body.
    pub content_type: Option<ByteStr>,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// A response of `status` and nothing else.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
            contact: None,
            contact_params: ByteStr::default(),
            credentials: None,
            realm: None,
            content_type: None,
            body: Bytes::new(),
        }
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: impl Into<ByteStr>, value: impl Into<ByteStr>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With these parameters of the Contact header, such as `;isfocus`.
    #[must_use]
    pub fn contact_params(mut self, params: impl Into<ByteStr>) -> Self {
        self.contact_params = params.into();
        self
    }

    /// With a body.
    #[must_use]
    pub fn body(mut self, content_type: impl Into<ByteStr>, body: impl Into<Bytes>) -> Self {
        self.content_type = Some(content_type.into());
        self.body = body.into();
        self
    }
}
