//! `To`: one person, a list of people, or a group, and where the INVITE goes for each (SEED-2..5).

use grammar::ByteStr;
use resource_lists::{CopyControl, Entry, RecipientList};
use sip::{Scheme, Uri};

use crate::{Account, Limits, Profile};

/// Who a message is for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum To {
    /// One person (SEED-2).
    One(Uri),
    /// Several people: a resource list to the conference factory (SEED-3, SEED-4).
    List(Vec<Copy>),
    /// A stored group identity: its own Request-URI and no list (SEED-5).
    Group(Uri),
}

/// One entry of a recipient list (RFC 5364 §5).
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "what an entry of a list says")]
pub struct Copy {
    /// The recipient.
    pub uri: Uri,
    /// As in mail: `to`, `cc` or `bcc`.
    pub control: CopyControl,
}

/// Why a message cannot be addressed as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecipientError {
    /// A list with nobody on it.
    #[error("no recipient")]
    Nobody,
    /// More recipients than [`Limits::max_recipients`].
    #[error("{found} recipients, at most {limit} are allowed")]
    TooMany {
        /// The limit in force.
        limit: usize,
        /// How many were asked for.
        found: usize,
    },
    /// Two entries are the same URI (RFC 5366 §4 forbids it).
    #[error("recipient {0} twice")]
    Duplicate(ByteStr),
    /// Several recipients and no conference factory in the account (SEED-4).
    #[error("several recipients need the conference factory URI of the IM service")]
    NoConferenceFactory,
    /// A URI that cannot be the target of an INVITE.
    #[error("{0} is not a sip, sips or tel URI")]
    NotReachable(ByteStr),
}

impl To {
    /// One person.
    #[must_use]
    pub const fn one(uri: Uri) -> Self {
        Self::One(uri)
    }

    /// Several people, all as `to`. A list of one is that person.
    pub fn list(uris: impl IntoIterator<Item = Uri>) -> Self {
        Self::List(uris.into_iter().map(|uri| Copy { uri, control: CopyControl::To }).collect())
    }

    /// A group by its own URI.
    #[must_use]
    pub const fn group(uri: Uri) -> Self {
        Self::Group(uri)
    }
}

/// Where the INVITE goes and what list travels with it.
#[derive(Debug)]
pub(crate) struct Route {
    /// The Request-URI.
    pub(crate) request_uri: Uri,
    /// The To header.
    pub(crate) to: Uri,
    /// The resource list, for several recipients only.
    pub(crate) list: Option<RecipientList>,
}

/// Applies SEED-2 to SEED-5.
pub(crate) fn plan(
    to: &To,
    account: &Account,
    profile: &Profile,
    limits: &Limits,
) -> Result<Route, RecipientError> {
    match to {
        To::One(uri) => one(uri, account),
        To::List(copies) => match copies.as_slice() {
            [] => Err(RecipientError::Nobody),
            [copy] => one(&copy.uri, account),
            copies => list(copies, account, limits),
        },
        To::Group(uri) => {
            reachable(uri)?;
            let request_uri = profile
                .session_type
                .as_ref()
                .and_then(|session| uri.with_param(&session.name, Some(&session.value)).ok())
                .unwrap_or_else(|| uri.clone());
            Ok(Route { request_uri, to: uri.clone(), list: None })
        }
    }
}

/// SEED-2. A `tel:` URI becomes a user of the home domain unless a proxy routes it (spec of the profile).
fn one(uri: &Uri, account: &Account) -> Result<Route, RecipientError> {
    reachable(uri)?;
    let request_uri = match uri.as_str().strip_prefix("tel:") {
        Some(number) if account.outbound_proxy.is_none() => {
            let not_reachable = || RecipientError::NotReachable(ByteStr::from(uri.as_str()));
            let domain = account.identity.host_port().ok_or_else(not_reachable)?;
            Uri::parse(format!("sip:{number}@{domain};user=phone")).map_err(|_| not_reachable())?
        }
        _ => uri.clone(),
    };
    Ok(Route { request_uri, to: uri.clone(), list: None })
}

fn list(copies: &[Copy], account: &Account, limits: &Limits) -> Result<Route, RecipientError> {
    if copies.len() > limits.max_recipients {
        return Err(RecipientError::TooMany { limit: limits.max_recipients, found: copies.len() });
    }
    for (i, copy) in copies.iter().enumerate() {
        reachable(&copy.uri)?;
        if copies.iter().take(i).any(|earlier| earlier.uri.equivalent(&copy.uri)) {
            return Err(RecipientError::Duplicate(ByteStr::from(copy.uri.as_str())));
        }
    }
    let factory = account.conference_factory.clone().ok_or(RecipientError::NoConferenceFactory)?;
    let mut list = RecipientList::new();
    for copy in copies {
        Entry::new(copy.uri.as_str(), copy.control)
            .and_then(|entry| list.push(entry))
            .map_err(|_| RecipientError::Duplicate(ByteStr::from(copy.uri.as_str())))?;
    }
    Ok(Route { request_uri: factory.clone(), to: factory, list: Some(list) })
}

fn reachable(uri: &Uri) -> Result<(), RecipientError> {
    if uri.is_sip() || uri.scheme() == Scheme::Tel {
        Ok(())
    } else {
        Err(RecipientError::NotReachable(ByteStr::from(uri.as_str())))
    }
}
