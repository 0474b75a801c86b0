//! `RouteSet`: the proxies a request passes, loose and strict (RFC 3261 §12.2.1.1, §16.12).

use grammar::ByteStr;
use sip::{NameAddr, Uri};

/// One value of Route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RouteEntry {
    /// As written, parameters included.
    pub(crate) text: ByteStr,
    pub(crate) uri: Uri,
}

impl RouteEntry {
    /// A route of the caller.
    pub(crate) fn new(uri: &Uri) -> Self {
        Self { text: ByteStr::from(format!("<{uri}>")), uri: uri.clone() }
    }

    fn parse(text: &str) -> Option<Self> {
        let name_addr = NameAddr::parse(text).ok()?;
        Some(Self { text: super::one_line(&name_addr), uri: name_addr.uri.to_owned() })
    }
}

/// The routes of a dialog or of a preloaded Route, first to be passed first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RouteSet(Vec<RouteEntry>);

/// Where a request goes and what it says of its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Aim {
    pub(crate) request_uri: Uri,
    /// The values of Route, in order.
    pub(crate) routes: Vec<ByteStr>,
    /// The URI whose address the request is sent to.
    pub(crate) next_hop: Uri,
}

impl RouteSet {
    /// The routes a caller preloads.
    ///
    /// Differs: `lr` is added where it is missing. Who configures `sip:proxy.example.com` means a proxy of
    /// RFC 3261, and would else get the strict routing of RFC 2543.
    pub(crate) fn preloaded(uris: &[Uri]) -> Self {
        let loose = |uri: &Uri| match uri.is_lr() {
            true => uri.clone(),
            false => uri.with_param("lr", None).unwrap_or_else(|_| uri.clone()),
        };
        Self(uris.iter().map(|uri| RouteEntry::new(&loose(uri))).collect())
    }

    /// Reads the values of Record-Route in the order of the message; `None` if one is unreadable: a route
    /// without one of its proxies leads elsewhere.
    pub(crate) fn collect<'a>(values: impl Iterator<Item = &'a str>) -> Option<Self> {
        values.map(RouteEntry::parse).collect::<Option<_>>().map(Self)
    }

    pub(crate) fn reverse(&mut self) {
        self.0.reverse();
    }

    /// Aims a request for `target`.
    pub(crate) fn aim(&self, target: &Uri) -> Aim {
        let texts =
            |entries: &[RouteEntry]| entries.iter().map(|entry| entry.text.clone()).collect::<Vec<_>>();
        let Some((first, rest)) = self.0.split_first() else {
            return Aim { request_uri: target.clone(), routes: Vec::new(), next_hop: target.clone() };
        };
        if first.uri.is_lr() {
            return Aim { request_uri: target.clone(), routes: texts(&self.0), next_hop: first.uri.clone() };
        }
        // A strict router finds its own URI in the Request-URI, and the target at the end of Route.
        let mut routes = texts(rest);
        routes.push(ByteStr::from(format!("<{target}>")));
        let own = without_headers(&first.uri);
        Aim { request_uri: own.clone(), routes, next_hop: own }
    }
}

/// A URI as a Request-URI may be: without `?headers` (RFC 3261 §19.1.1, table 1).
pub(crate) fn without_headers(uri: &Uri) -> Uri {
    let tail = uri.headers().len() + 1;
    let cut = uri.as_str().len().checked_sub(tail).and_then(|end| uri.as_str().get(..end));
    match cut {
        Some(bare) if tail > 1 => Uri::parse(bare).unwrap_or_else(|_| uri.clone()),
        _ => uri.clone(),
    }
}
