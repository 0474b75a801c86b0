//! `Conference`: one message on its way from its sender to a list of recipients.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use grammar::ByteStr;
use msrp::{FailureReport, OutgoingMessage, ReceivePolicy, Role, SessionConfig};
use sdp::SessionDescription;
use sdp::attribute::Setup;
use sdp::line::Origin;
use sdp::offer_answer::{ActiveSide, LineAnswer, LineOutcome, Proto, answer_setup, pair};
use sip::{Response, StatusCode, Uri};
use sip_ua::{IdSource, IncomingId, Reply, SessionId, UserAgent};

use super::invitation::Invitation;
use super::links::{Happening, Links};
use super::proof::Proof;
use super::share::{Outcome, Share, check_terms};
use super::window::Window;
use super::{Party, Slot};
use crate::config::Timers;
use crate::{Addresses, ConferenceId, Event, RecipientOutcome, Reporting};

/// How long the last responses, or the REPORT, of a recipient that hung up may still be under way on its other connection.
const GRACE: Duration = Duration::from_secs(2);

/// One message on its way to a list.
#[derive(Debug)]
pub(crate) struct Conference {
    id: ConferenceId,
    /// The URI of the conference: Contact towards everybody.
    contact: Uri,
    /// The account of the sender.
    user: ByteStr,
    invitation: Invitation,
    /// The sender's INVITE, until it is answered.
    incoming: Option<IncomingId>,
    /// The sender's session, from then on.
    session: Option<SessionId>,
    /// The sender has gone, or never came.
    gone: bool,
    lines: Vec<Line>,
    pub(crate) legs: Vec<Leg>,
    /// Until when the sender is kept ringing.
    settle_at: Option<Instant>,
    /// Until when the sender has to send something.
    silent_at: Option<Instant>,
    /// Until when the sender has to hang up.
    release_at: Option<Instant>,
}

/// An m-line, on the sender's side.
#[derive(Debug)]
struct Line {
    own: msrp::Uri,
    /// The focus answers it with a port.
    open: bool,
    window: Window,
    message: Option<Message>,
    /// All of it came in, and every recipient that is left has taken it.
    whole: bool,
    /// The sender was told what became of it.
    done: bool,
}

#[derive(Debug)]
struct Message {
    content_type: ByteStr,
    disposition: Option<ByteStr>,
    /// `None` while the sender has not said it; then nothing is sent on.
    size: Option<u64>,
}

/// A recipient.
#[derive(Debug)]
pub(crate) struct Leg {
    pub(crate) uri: ByteStr,
    pub(crate) session: Option<SessionId>,
    state: State,
    /// What was offered to it.
    pub(crate) offer: Option<SessionDescription>,
    /// Our ends of its sessions, one for each m-line of the sender.
    own: Vec<Option<msrp::Uri>>,
    /// One for each m-line of the sender.
    shares: Vec<Share>,
    connect_at: Option<Instant>,
    grace_at: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Asked,
    Accepted,
    /// Our BYE or CANCEL is on its way.
    Leaving,
    /// Hung up, or never there.
    Over,
}

/// What a conference works with.
pub(crate) struct Tools<'a> {
    pub(crate) ua: &'a mut UserAgent,
    pub(crate) links: &'a mut Links,
    pub(crate) ids: &'a mut IdSource,
    pub(crate) calls: &'a mut BTreeMap<SessionId, (ConferenceId, Party)>,
    pub(crate) events: &'a mut VecDeque<Event>,
    pub(crate) timers: &'a Timers,
    pub(crate) addresses: Addresses,
    pub(crate) reporting: Reporting,
    /// Octets that a message of unknown size may have.
    pub(crate) window: u64,
    pub(crate) now: Instant,
}

mod calls;
mod content;

impl Conference {
    /// A conference that nobody has been asked to join yet.
    pub(crate) fn new(
        id: ConferenceId,
        contact: Uri,
        user: ByteStr,
        incoming: IncomingId,
        invitation: Invitation,
        tools: &mut Tools<'_>,
    ) -> Option<Self> {
        let mut lines = Vec::new();
        for offered in &invitation.lines {
            let proto = offered.as_ref().map_or(Proto::Tcp, |line| line.proto);
            let own = tools.own_uri(proto)?;
            let open = offered.is_some();
            lines.push(Line {
                own,
                open,
                window: Window::default(),
                message: None,
                whole: false,
                done: !open,
            });
        }
        let legs = invitation.recipients.iter().map(|entry| Leg::new(entry.uri().clone(), &lines)).collect();
        Some(Self {
            id,
            contact,
            user,
            invitation,
            incoming: Some(incoming),
            session: None,
            gone: false,
            lines,
            legs,
            settle_at: None,
            silent_at: None,
            release_at: None,
        })
    }

    /// The account of the sender.
    pub(crate) const fn user(&self) -> &ByteStr {
        &self.user
    }

    /// Whether nothing is left of it.
    pub(crate) fn is_over(&self) -> bool {
        self.gone && self.legs.iter().all(|leg| leg.state == State::Over)
    }

    /// The next time something has to be done.
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let own = [self.settle_at, self.silent_at, self.release_at];
        let legs = self.legs.iter().flat_map(|leg| [leg.connect_at, leg.grace_at]);
        let shares = self.legs.iter().flat_map(|leg| leg.shares.iter().map(Share::stalled_at));
        own.into_iter().chain(legs).chain(shares).flatten().min()
    }

    /// The time of [`Self::next_timeout`] has come.
    pub(crate) fn handle_timeout(&mut self, tools: &mut Tools<'_>) {
        let now = tools.now;
        let due = |at: &mut Option<Instant>| at.take_if(|at| *at <= now).is_some();
        for (number, leg) in self.legs.iter_mut().enumerate() {
            let (unbound, hung_up) = (due(&mut leg.connect_at), due(&mut leg.grace_at));
            for (line, share) in leg.shares.iter_mut().enumerate() {
                let late = unbound && matches!(share, Share::Accepted { bound: false, .. });
                if share.stalled_at().is_some_and(|at| at <= now) {
                    tools
                        .links
                        .abort(Slot { conference: self.id, party: Party::Recipient(number), line }, now);
                    share.fail(408);
                } else if late || hung_up {
                    share.fail(408);
                }
            }
        }
        if due(&mut self.settle_at) {
            self.answer_sender(tools);
        }
        if due(&mut self.silent_at) {
            if (0..self.lines.len()).any(|line| self.is_held(line)) {
                // It cannot send more until its recipients take what it has sent.
                self.silent_at = Some(now + tools.timers.silent);
            } else {
                self.hang_up_sender(tools);
            }
        }
        if due(&mut self.release_at) {
            self.hang_up_sender(tools);
        }
        self.progress(tools);
    }

    /// Whether it is for the recipients, not the sender, to move on with a line.
    fn is_held(&self, at: usize) -> bool {
        let started = self.lines.get(at).is_some_and(|line| !line.done && line.message.is_some());
        let mut shares = self.legs.iter().filter_map(|leg| leg.shares.get(at));
        started && shares.any(Share::holds_up)
    }

    /// Everybody is to go, now.
    pub(crate) fn shut_down(&mut self, tools: &mut Tools<'_>) {
        if let Some(id) = self.incoming.take() {
            let _ = tools.ua.respond(id, Reply::new(StatusCode::SERVICE_UNAVAILABLE), tools.now);
            self.gone = true;
        }
        self.hang_up_sender(tools);
        self.progress(tools);
    }

    /// Forgets every MSRP session.
    pub(crate) fn drop_sessions(&self, links: &mut Links, now: Instant) {
        for line in 0..self.lines.len() {
            links.drop_session(self.slot(Party::Sender, line), now);
            for leg in 0..self.legs.len() {
                links.drop_session(self.slot(Party::Recipient(leg), line), now);
            }
        }
    }

    const fn slot(&self, party: Party, line: usize) -> Slot {
        Slot { conference: self.id, party, line }
    }

    /// Does what can be done now, on every line and for every recipient.
    fn progress(&mut self, tools: &mut Tools<'_>) {
        for line in 0..self.lines.len() {
            self.flow(line, tools);
        }
        self.release(tools);
    }
}

impl Leg {
    fn new(uri: ByteStr, lines: &[Line]) -> Self {
        let share = |line: &Line| if line.open { Share::Asked } else { Share::Refused };
        Self {
            uri,
            session: None,
            state: State::Asked,
            offer: None,
            own: Vec::new(),
            shares: lines.iter().map(share).collect(),
            connect_at: None,
            grace_at: None,
        }
    }
}

impl Tools<'_> {
    /// A URI for one end of one MSRP session, with a session-id that cannot be guessed.
    pub(crate) fn own_uri(&mut self, proto: Proto) -> Option<msrp::Uri> {
        let id = msrp::session_id(&mut Random(self.ids));
        let uri = match proto {
            Proto::Tcp => msrp::Uri::builder_at(self.addresses.msrp, &id),
            Proto::Tls => msrp::Uri::builder_at(self.addresses.msrps?, &id).secure(),
        };
        uri.build().ok()
    }

    /// The origin line of a description of ours.
    pub(crate) fn origin(&mut self) -> Origin {
        // RFC 8866 §5.2 wants a number that nobody uses again; 2^53 keeps it exact everywhere.
        Origin::new(self.ids.below(1 << 53), self.addresses.msrp.ip().to_string())
    }
}

/// The randomness of session-ids.
struct Random<'a>(&'a mut IdSource);

impl msrp::IdSource for Random<'_> {
    fn fill(&mut self, out: &mut [u8]) {
        self.0.fill(out);
    }
}
