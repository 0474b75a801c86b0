//! `Negotiation`: what both sides said of their lines last, and what is said anew (RFC 3264 §8).
//!
//! What can change in a pager-mode session is the path through relays, whose time is limited (RFC 4976 §4.1), and that a
//! line is closed before its time. Anything else is refused, and the session goes on as before.

use grammar::ByteStr;
use sdp::attribute::Setup;
use sdp::offer_answer::{self, LineAnswer, MessageLine, Proto, Reoffered};
use sdp::{Dialect, MediaDescription, SessionDescription};
use sip::{Request, Response, StatusCode};
use sip_ua::{IncomingId, SessionId};

use super::ItemId;
use super::cema::show_relay;
use crate::agent::Context;
use crate::body;
use crate::media::{Line, Owner};

/// What both sides said last, and what is said anew.
#[derive(Debug)]
pub(crate) struct Negotiation {
    owner: Owner,
    ours: SessionDescription,
    theirs: SessionDescription,
    /// Our lines, as they are or as they will be said next; `None` for those that are closed.
    lines: Vec<Option<MessageLine>>,
    /// Whether the lines go by relays of the user.
    relayed: bool,
    /// Our offer that has no answer yet.
    offered: Option<SessionDescription>,
    /// Whether there is something that the peer was not told.
    is_stale: bool,
}

/// What a later description of the peer means to a line.
#[derive(Debug, PartialEq, Eq)]
enum Change {
    None,
    Path(Vec<msrp::Uri>),
    Closed,
}

impl Negotiation {
    /// After the first offer and answer. `lines` are ours, with the setup that was agreed on; `None` where the line is
    /// refused.
    pub(crate) const fn new(
        owner: Owner,
        ours: SessionDescription,
        theirs: SessionDescription,
        lines: Vec<Option<MessageLine>>,
        relayed: bool,
    ) -> Self {
        Self { owner, ours, theirs, lines, relayed, offered: None, is_stale: false }
    }

    /// The relays of the user gave a line another path, the nearest to us first. The peer is told as soon as may be.
    pub(crate) fn moved(
        &mut self,
        at: ItemId,
        use_path: &[msrp::Uri],
        session: Option<SessionId>,
        context: &mut Context<'_>,
    ) {
        let Some(Some(line)) = self.lines.get_mut(at) else { return };
        let Some(own) = line.path.last().cloned() else { return };
        line.path = use_path.iter().rev().map(|relay| relay.text().clone()).chain([own]).collect();
        if line.cema {
            show_relay(line);
        }
        self.is_stale = true;
        if let Some(session) = session {
            self.offer(session, context);
        }
    }

    /// A line is over; the peer is told as soon as may be.
    pub(crate) fn close(&mut self, at: ItemId, session: SessionId, context: &mut Context<'_>) {
        if let Some(line) = self.lines.get_mut(at) {
            *line = None;
            self.is_stale = true;
            self.offer(session, context);
        }
    }

    /// Tells the peer what it was not told, unless an offer of ours has no answer yet.
    fn offer(&mut self, session: SessionId, context: &mut Context<'_>) {
        if self.offered.is_some() || !std::mem::take(&mut self.is_stale) {
            return;
        }
        let Some(offer) = self.next_offer(context.config.profile.dialect) else { return };
        let body = offer.to_bytes();
        if context.ua.offer(session, sdp_type(), body, context.now).is_ok() {
            self.offered = Some(offer);
        }
    }

    /// Our lines as an offer; `None` if it cannot be written: a line that we refused is none of MSRP.
    fn next_offer(&self, dialect: Dialect) -> Option<SessionDescription> {
        let sample = self.lines.iter().flatten().next()?;
        let mut files = self.lines.iter().flatten().filter_map(|line| line.file.as_ref());
        let open = files.next().map(|file| file.dialect);
        let said = || self.ours.media().find_map(|media| media.file()).map(|file| file.dialect);
        let dialect = open.or_else(said).unwrap_or(dialect);
        let mut lines = Vec::with_capacity(self.lines.len());
        for (line, media) in self.lines.iter().zip(self.ours.media()) {
            let mut line = match line {
                Some(line) => line.clone(),
                None if media.is_msrp() => closed(&media, sample),
                None => return None,
            };
            // The connection stays; who would open one is open again (RFC 6135 §4.2.2).
            line.setup = None;
            if let Some(file) = &mut line.file {
                // Its picture was in the body of the INVITE.
                file.icon = None;
            }
            lines.push(line);
        }
        offer_answer::reoffer(&self.ours, &lines, dialect).ok()
    }

    /// The peer's answer to our offer, or none: then the old path has to do. The items whose lines it closed.
    pub(crate) fn answered(
        &mut self,
        answer: Option<&Response>,
        session: SessionId,
        context: &mut Context<'_>,
    ) -> Vec<ItemId> {
        let Some(ours) = self.offered.take() else { return Vec::new() };
        // Whatever became of it, it was said: what comes next has another version.
        self.ours = ours;
        let mut closed = Vec::new();
        if let Some(theirs) = answer.and_then(|answer| body::read_response(answer).ok())
            && let Some(changes) = self.changes(&theirs)
        {
            closed = self.apply(theirs, changes, context);
        }
        self.offer(session, context);
        closed
    }

    /// Answers an offer of the peer by what was `agreed` on, if anything was and the session goes on. The items whose
    /// lines it closed.
    pub(crate) fn answer(
        agreed: Option<&mut Self>,
        id: IncomingId,
        request: &Request,
        context: &mut Context<'_>,
    ) -> Vec<ItemId> {
        let next = agreed.and_then(|agreed| Some((agreed.next_answer(request)?, agreed)));
        let Some(((theirs, ours, changes), agreed)) = next else {
            context.respond(id, StatusCode::NOT_ACCEPTABLE_HERE, Vec::new(), None);
            return Vec::new();
        };
        context.respond(id, StatusCode::OK, Vec::new(), Some((sdp_type(), ours.to_bytes())));
        agreed.ours = ours;
        // An answer says it as well as an offer.
        (agreed.offered, agreed.is_stale) = (None, false);
        agreed.apply(theirs, changes, context)
    }

    fn next_answer(
        &self,
        request: &Request,
    ) -> Option<(SessionDescription, SessionDescription, Vec<Change>)> {
        let theirs = body::read_request(request).ok()?.offer;
        let changes = self.changes(&theirs)?;
        let answers: Vec<LineAnswer> = (0..theirs.media_count())
            .map(|at| match (self.lines.get(at), changes.get(at)) {
                (Some(Some(line)), Some(Change::None | Change::Path(_))) => LineAnswer::Accept(line.clone()),
                // New ones are not for a session that carries one message.
                _ => LineAnswer::Refuse,
            })
            .collect();
        let ours = offer_answer::reanswer(&self.ours, &theirs, &answers).ok()?;
        Some((theirs, ours, changes))
    }

    /// What `theirs` changes, line by line; `None` if it is not to be had.
    fn changes(&self, theirs: &SessionDescription) -> Option<Vec<Change>> {
        if theirs.media_count() < self.lines.len() {
            return None;
        }
        let lines = self.theirs.media().zip(theirs.media()).zip(&self.lines);
        lines
            .map(|((before, after), line)| match line {
                Some(line) => {
                    let connects = !self.relayed && line.setup == Some(Setup::Active);
                    let sends = !self.relayed && line.direction.sends();
                    change(&before, &after, connects, sends)
                }
                None => Some(Change::None),
            })
            .collect()
    }

    fn apply(
        &mut self,
        theirs: SessionDescription,
        changes: Vec<Change>,
        context: &mut Context<'_>,
    ) -> Vec<ItemId> {
        let mut closed = Vec::new();
        for (item, change) in changes.into_iter().enumerate() {
            match change {
                Change::None => {}
                Change::Path(path) => {
                    context.media.repath(Line { owner: self.owner, item }, path);
                }
                Change::Closed => {
                    closed.push(item);
                    if let Some(line) = self.lines.get_mut(item) {
                        *line = None;
                    }
                }
            }
        }
        self.lines.resize(theirs.media_count(), None);
        self.theirs = theirs;
        closed
    }
}

/// Our line that was `media`, with port 0: the `file-transfer-id` stays (RFC 5547 §8.4). What a closed line says besides is
/// not written, and comes from `sample`.
fn closed(media: &MediaDescription<'_>, sample: &MessageLine) -> MessageLine {
    let mut line = sample.clone();
    line.port = 0;
    line.proto = if media.is_msrp_tls() { Proto::Tls } else { Proto::Tcp };
    line.file = media.file().filter(|file| file.dialect.has_rfc5547());
    line
}

/// What it means that the peer said `before` of a line that is open, and now says `after`. `connects`: it was us who
/// opened the connection, to the first hop of the peer; `sends`: what we send goes to that hop.
fn change(
    before: &MediaDescription<'_>,
    after: &MediaDescription<'_>,
    connects: bool,
    sends: bool,
) -> Option<Change> {
    let (was, is) = (before.line(), after.line());
    if !was.media.eq_ignore_ascii_case(is.media) || !was.proto.eq_ignore_ascii_case(is.proto) {
        return None;
    }
    if after.port() == 0 {
        return Some(Change::Closed);
    }
    let (before, after) = (MessageLine::read(before).ok()?, MessageLine::read(after).ok()?);
    if let (Some(before), Some(after)) = (&before.file, &after.file)
        && offer_answer::reoffered(before, after) != Reoffered::SameTransfer
    {
        // RFC 5547 §8.1: another transfer ends the one that runs, and there is room for one.
        return Some(Change::Closed);
    }
    // Who is at the end of the path stays, and so does a connection.
    let moved = before.path.last() != after.path.last();
    if moved || (connects && before.next_hop() != after.next_hop()) {
        return None;
    }
    // From a relay a 200 says less than from the peer, and what is under way was not sent with that in mind.
    if sends && before.path.len() == 1 && after.path.len() > 1 {
        return None;
    }
    if before.path == after.path {
        return Some(Change::None);
    }
    let path = after.path.iter().map(|uri| msrp::Uri::parse(uri.clone()).ok());
    Some(Change::Path(path.collect::<Option<Vec<_>>>()?))
}

fn sdp_type() -> ByteStr {
    ByteStr::from_static("application/sdp")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "msrp://192.0.2.2:2855/peer0123456789ab;tcp";
    const OTHER: &str = "msrp://192.0.2.2:2855/other0123456789;tcp";
    const RELAY: &str = "msrp://relay.example:2855/r1;tcp";
    const NEXT: &str = "msrp://relay.example:2855/r2;tcp";

    fn described(path: &str) -> SessionDescription {
        let sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=message 2855 TCP/MSRP *\r\n\
             a=accept-types:*\r\na=path:{path}\r\n"
        );
        SessionDescription::parse(sdp.into()).unwrap()
    }

    #[track_caller]
    fn check(before: &str, after: &str, connects: bool, sends: bool, expected: Option<&str>) {
        let (before, after) = (described(before), described(after));
        let (before, after) = (before.media().next().unwrap(), after.media().next().unwrap());
        let found = match change(&before, &after, connects, sends) {
            None => None,
            Some(Change::None) => Some("same"),
            Some(Change::Path(_)) => Some("path"),
            Some(Change::Closed) => Some("closed"),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn rfc4976_5_1_relays_may_change_in_front_of_the_same_end() {
        let by = |relay: &str| format!("{relay} {OWN}");
        for (connects, sends) in [(false, false), (true, false), (false, true), (true, true)] {
            check(OWN, OWN, connects, sends, Some("same"));
            check(OWN, OTHER, connects, sends, None);
            check(&by(RELAY), &by(NEXT), connects, sends, Some("path"));
        }
        // Another first hop: not where we are connected to it.
        let other = by(NEXT).replace("relay.example", "other.example");
        check(&by(RELAY), &other, false, true, Some("path"));
        check(&by(RELAY), &other, true, false, None);
        // A relay in front of who had none: not where its 200s would count as those of the peer.
        check(OWN, &by(RELAY), false, false, Some("path"));
        check(OWN, &by(RELAY), false, true, None);
        check(&by(RELAY), OWN, false, true, Some("path"));
    }
}
