//! `Finding`: what `inspect` says about one input, with the field names that scripts read.

use std::io;

use grammar::{Forgiven, ParseError};
use serde::Serialize;

use super::{cpim, imdn, msrp, multipart, resource_lists, sdp, sip, sip_stream};

/// What was found out about one input.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    pub(super) error: Option<Fault>,
    pub(super) forgiven: Vec<Pardon>,
    /// The status code a user agent refuses the request with; `None` if it goes on to process it.
    pub(super) answer: Option<u16>,
    pub(super) extract: Option<Extract>,
}

/// From best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// As the grammar has it.
    Valid,
    /// Not quite, and its meaning is beyond doubt.
    Tolerated,
    /// Right so far, and it goes on.
    Incomplete,
    /// To be refused.
    Invalid,
}

/// What is wrong, and where.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Fault {
    pub(super) rule: &'static str,
    /// Byte of the input, counted from 0.
    pub(super) offset: usize,
    pub(super) message: String,
    #[serde(skip)]
    pub(super) source: Option<ParseError>,
}

/// A departure from the grammar that was let pass.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Pardon {
    pub(super) rule: &'static str,
    pub(super) offset: usize,
}

/// What was read, by kind.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Extract {
    Sip(Box<sip::Extract>),
    SipStream(sip_stream::Extract),
    Sdp(Box<sdp::Extract>),
    Msrp(msrp::Extract),
    ResourceLists(resource_lists::Extract),
    Multipart(multipart::Extract),
    Cpim(Box<cpim::Extract>),
    Imdn(Box<imdn::Extract>),
}

impl Finding {
    /// Something that cannot be read.
    pub(super) fn invalid(fault: Fault) -> Self {
        Self {
            verdict: Verdict::Invalid,
            error: Some(fault),
            forgiven: Vec::new(),
            answer: None,
            extract: None,
        }
    }

    /// Something that was read, with what had to be forgiven.
    pub(super) fn read(forgiven: &[Forgiven], extract: Extract) -> Self {
        Self {
            verdict: Verdict::of(forgiven.is_empty()),
            error: None,
            forgiven: forgiven.iter().map(Pardon::from).collect(),
            answer: None,
            extract: Some(extract),
        }
    }

    /// A reading that may have failed.
    pub(super) fn of<T>(
        result: Result<(T, Vec<Forgiven>), ParseError>,
        extract: impl FnOnce(T) -> Extract,
    ) -> Self {
        match result {
            Ok((value, forgiven)) => Self::read(&forgiven, extract(value)),
            Err(error) => Self::invalid(error.into()),
        }
    }
}

impl Verdict {
    pub(super) const fn of(nothing_forgiven: bool) -> Self {
        if nothing_forgiven { Self::Valid } else { Self::Tolerated }
    }
}

impl Fault {
    /// The input itself could not be had.
    pub(super) fn unreadable(error: &io::Error) -> Self {
        Self { rule: "file", offset: 0, message: error.to_string(), source: None }
    }
}

impl From<ParseError> for Fault {
    fn from(error: ParseError) -> Self {
        Self { rule: error.rule(), offset: error.offset(), message: error.to_string(), source: Some(error) }
    }
}

impl From<&Forgiven> for Pardon {
    fn from(forgiven: &Forgiven) -> Self {
        Self { rule: forgiven.rule, offset: forgiven.offset }
    }
}
