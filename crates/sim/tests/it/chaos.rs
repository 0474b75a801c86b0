//! Random runs: people send to each other over a bad network, streams break, parties vanish, transfers are called off; and
//! what must hold holds all the same. A run is known by its seed.
//!
//! `SIMPLE_IM_SEEDS=from..to` runs other seeds than those of the plain test.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use pager::{
    Agent, Config, Dialect, ErrorKind, Event, FileToSend, ItemId, ItemOutcome, MediaSecurity, MediaTls,
    OfferId, OfferedItem, Outgoing, Pick, Sha1Hash, To, TransferId,
};
use simple_im_sim::{Decision, Lab, Link, MSRPS_PORT, PartyId};

/// After this much time without accidents nothing may be under way: the decision, the report, the guard, and 64*T1.
const QUIET: Duration = Duration::from_secs(900);

/// One message and what is in it, by names and texts that no other one has.
#[derive(Debug)]
struct Message {
    from: usize,
    to: Vec<usize>,
    transfer: TransferId,
    items: Vec<Content>,
    /// Its sender crashed since.
    forgotten: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Content {
    Text(String),
    File(String, Bytes),
    /// Other octets than were promised, or fewer: nobody may ever have them.
    Lie(String, Bytes),
}

/// What stands between the people of a plain run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Between {
    Nothing,
    Focus,
    Relay,
}

struct Run {
    seed: u64,
    rng: Rng,
    lab: Lab,
    link: Link,
    server: Option<PartyId>,
    relay: Option<PartyId>,
    people: Vec<PartyId>,
    decisions: Vec<Decision>,
    gone: Vec<bool>,
    /// What had come to each of them before a crash.
    before: Vec<BTreeMap<String, usize>>,
    messages: Vec<Message>,
    /// What was done, for whoever reads of a failure.
    story: Vec<String>,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut lab = Lab::new(seed);
        let names = ["alice", "bob", "carol"];
        let served = rng.bool();
        let slow = rng.u8(..4) == 0;
        let inside_tls = !served && rng.u8(..3) == 0;
        let server = served.then(|| lab.server("home1.example", &names, |config| config));
        let relay = (!inside_tls && rng.u8(..3) == 0).then(|| lab.relay(&names));
        let client = |name: &'static str| {
            let relays = relay.filter(|_| rng.u8(..3) > 0).map(|relay| lab.relays(relay, name));
            let configure = |config: &mut Config| {
                vary(config, slow, &mut rng);
                config.account.relays = relays;
                if inside_tls {
                    config.profile.media_security = MediaSecurity::Required;
                    config.media_tls = Some(MediaTls::new(MSRPS_PORT, Some(name.into())));
                }
            };
            match server {
                Some(server) => lab.user(server, name, configure),
                None => lab.client(name, configure),
            }
        };
        let people: Vec<PartyId> = names.map(client).into();
        if served {
            lab.register(&people);
        }
        let decisions: Vec<Decision> = people.iter().map(|_| decision(&mut rng)).collect();
        for (&party, (name, decision)) in people.iter().zip(names.iter().zip(&decisions)) {
            // What it announces where content travels inside TLS.
            lab.show_certificate(party, *name);
            lab.decide(party, decision.clone());
            lab.hesitate(party, Duration::from_millis([0, 0, 1, 3000, 40_000][rng.usize(..5)]));
            let latency = if slow { [50, 500][rng.usize(..2)] } else { [0, 0, 1][rng.usize(..3)] };
            lab.slow_disk(party, Duration::from_millis(latency));
            if rng.u8(..8) == 0 {
                lab.limit_disk(party, rng.usize(..100_000));
            }
            if rng.bool() {
                lab.keep_partial(party);
            }
        }
        let link = link(&mut rng);
        lab.change_link(link);
        let gone = vec![false; people.len()];
        let before = vec![BTreeMap::new(); people.len()];
        let story = vec![format!(
            "served {served}, relay {}, inside TLS {inside_tls}, {link:?}, {decisions:?}",
            relay.is_some()
        )];
        Self {
            seed,
            rng,
            lab,
            link,
            server,
            relay,
            people,
            decisions,
            gone,
            before,
            messages: Vec::new(),
            story,
        }
    }

    /// Three people on a good network who take everything, with what stands in between.
    fn plain(between: Between) -> Self {
        let mut lab = Lab::new(1);
        let names = ["alice", "bob", "carol"];
        let server =
            (between == Between::Focus).then(|| lab.server("home1.example", &names, |config| config));
        let relay = (between == Between::Relay).then(|| lab.relay(&names));
        let client = |name: &'static str| {
            let relays = relay.map(|relay| lab.relays(relay, name));
            let configure = |config: &mut Config| {
                config.account.relays = relays;
                config.timers.relay_idle = Duration::from_secs(60);
            };
            match server {
                Some(server) => lab.user(server, name, configure),
                None => lab.client(name, configure),
            }
        };
        let people: Vec<PartyId> = names.map(client).into();
        if server.is_some() {
            lab.register(&people);
        }
        Self {
            seed: 1,
            rng: Rng::with_seed(1),
            lab,
            link: Link::default(),
            server,
            relay,
            decisions: vec![Decision::AcceptAll; people.len()],
            gone: vec![false; people.len()],
            before: vec![BTreeMap::new(); people.len()],
            people,
            messages: Vec::new(),
            story: Vec::new(),
        }
    }

    /// Lets everything happen, and then nothing more.
    fn play(mut self) -> Self {
        for _ in 0..self.rng.usize(1..=6) {
            let pause = Duration::from_millis(self.rng.u64(..3000) * self.rng.u64(..2));
            self.lab.run_for(pause);
            match self.rng.u8(..11) {
                0 => self.streams_break(),
                1 if self.rng.bool() => self.vanish(),
                2 if self.rng.bool() => self.cancel(),
                2 => self.cancel_item(),
                3 if self.rng.bool() => self.restart(),
                3 if self.rng.bool() => self.cancel_offer(),
                3 => self.cancel_offer_item(),
                4 => {
                    self.streams_break();
                    self.lab.run_for(Duration::from_millis(self.rng.u64(..5000)));
                    self.send_rest();
                }
                5 if self.rng.bool() => self.stand_still(),
                5 if self.rng.u8(..2) == 0 => self.accident(
                    |lab, party| lab.with_agent(party, |agent, now| agent.shutdown(now)),
                    "shut down",
                ),
                _ => self.send(),
            }
        }
        if self.rng.bool() {
            self.lab.run_for(Duration::from_millis(self.rng.u64(..2000)));
            self.streams_break();
        }
        self.lab.run_for(Duration::from_secs(30));
        self.lab.change_link(Link::default());
        self.lab.run_for(QUIET);
        self
    }

    fn someone(&mut self) -> usize {
        self.rng.usize(..self.people.len())
    }

    fn accident(&mut self, happens: impl FnOnce(&mut Lab, PartyId), what: &str) {
        let at = self.someone();
        self.story.push(format!("{what}: {at}"));
        happens(&mut self.lab, self.people[at]);
    }

    /// Of somebody, or of the server.
    fn streams_break(&mut self) {
        let between = if self.rng.bool() { self.server } else { self.relay };
        match between.filter(|_| self.rng.u8(..3) == 0) {
            Some(party) => {
                self.story.push(format!("streams of {party:?} break"));
                self.lab.break_streams(party);
            }
            None => self.accident(Lab::break_streams, "streams break"),
        }
    }

    fn vanish(&mut self) {
        let at = self.someone();
        self.story.push(format!("vanishes: {at}"));
        self.gone[at] = true;
        self.lab.vanish(self.people[at]);
    }

    /// Somebody's client crashes, and is there again at once.
    fn restart(&mut self) {
        if let Some(server) = self.server
            && self.rng.u8(..4) == 0
        {
            self.story.push("the server crashes".to_owned());
            self.lab.restart(server);
            for at in (0..self.people.len()).filter(|&at| !self.gone[at]) {
                // One that is shut down does not.
                let _ = self.lab.with_agent(self.people[at], Agent::register);
            }
            return;
        }
        let at = self.someone();
        if self.gone[at] {
            return;
        }
        self.story.push(format!("crashes: {at}"));
        self.before[at] = self.received(at);
        self.messages
            .iter_mut()
            .filter(|message| message.from == at)
            .for_each(|message| message.forgotten = true);
        let party = self.people[at];
        self.lab.restart(party);
        if self.server.is_some() {
            self.lab.with_agent(party, Agent::register).unwrap();
        }
    }

    /// Nothing gets through for a while; what streams carry comes later, datagrams do not.
    fn stand_still(&mut self) {
        let time = Duration::from_millis(self.rng.u64(1000..40_000));
        self.story.push(format!("the network stands still for {time:?}"));
        let mut link = self.link.losing(100);
        link.delay += time;
        self.lab.change_link(link);
        self.lab.run_for(time);
        self.lab.change_link(self.link);
    }

    fn cancel(&mut self) {
        let Some(message) = self.messages.get(self.rng.usize(..self.messages.len().max(1))) else { return };
        let (from, transfer) = (message.from, message.transfer);
        if message.forgotten {
            return;
        }
        self.story.push(format!("cancelled: {transfer:?}"));
        self.lab.with_agent(self.people[from], |agent, now| agent.cancel(transfer, now));
    }

    fn cancel_offer(&mut self) {
        let at = self.someone();
        let Some(offer) = self.some_offer(at) else { return };
        self.story.push(format!("{at} wants no more of {offer:?}"));
        self.lab.with_agent(self.people[at], |agent, now| agent.cancel_offer(offer, now));
    }

    fn cancel_item(&mut self) {
        let Some(message) = self.messages.get(self.rng.usize(..self.messages.len().max(1))) else { return };
        let (from, transfer) = (message.from, message.transfer);
        if message.forgotten {
            return;
        }
        let item = self.rng.usize(..message.items.len());
        self.story.push(format!("called off: {transfer:?} {item}"));
        self.lab.with_agent(self.people[from], |agent, now| agent.cancel_item(transfer, item, now));
    }

    fn cancel_offer_item(&mut self) {
        let at = self.someone();
        let Some(offer) = self.some_offer(at) else { return };
        let item = self.rng.usize(..3);
        self.story.push(format!("{at} wants no more of {offer:?} {item}"));
        self.lab.with_agent(self.people[at], |agent, now| agent.cancel_offer_item(offer, item, now));
    }

    /// Something that was offered to somebody.
    fn some_offer(&mut self, at: usize) -> Option<OfferId> {
        let offers = self.lab.events(self.people[at]).iter().filter_map(|event| match event {
            Event::Offer { offer, .. } => Some(*offer),
            _ => None,
        });
        let offers: Vec<OfferId> = offers.collect();
        offers.get(self.rng.usize(..offers.len().max(1))).copied()
    }

    /// Sends the rest of a file that broke off, or is still under way, under another name.
    fn send_rest(&mut self) {
        let number = self.messages.len();
        let Some(message) = self.messages.get(self.rng.usize(..number.max(1))) else { return };
        let Some((item, octets)) = message.items.iter().enumerate().find_map(|(at, item)| match item {
            Content::File(_, octets) => Some((at, octets.clone())),
            Content::Text(_) | Content::Lie(..) => None,
        }) else {
            return;
        };
        let (from, to, transfer) = (message.from, message.to.clone(), message.transfer);
        let acknowledged = self.lab.events(self.people[from]).iter().rev().find_map(|event| match event {
            Event::Progress { transfer: of, item: at, acknowledged, .. }
                if *of == transfer && *at == item =>
            {
                Some(*acknowledged)
            }
            _ => None,
        });
        let size = u64::try_from(octets.len()).unwrap();
        let name = format!("m{number}rest.bin");
        let mut file = FileToSend::new(name.as_str(), "image/png", size, Sha1Hash::of(&octets));
        file.skip = acknowledged.unwrap_or_default().min(size.saturating_sub(1));
        let ([to], false) = (to.as_slice(), self.gone[from]) else { return };
        let message = Outgoing::new(To::one(self.lab.uri(self.people[*to]))).file(file.clone());
        // The attributes of 2006 have no word for it.
        if let Ok(transfer) = self.lab.send_message(self.people[from], message, [octets.clone()]) {
            self.story.push(format!("{from} to {to}: {transfer:?} from {} on", file.skip));
            self.messages.push(Message {
                from,
                to: vec![*to],
                transfer,
                items: vec![Content::File(name, octets)],
                forgotten: false,
            });
        }
    }

    fn send(&mut self) {
        let from = self.someone();
        if self.gone[from] {
            return;
        }
        let others: Vec<usize> = (0..self.people.len()).filter(|&at| at != from).collect();
        let several = self.server.is_some() && self.rng.u8(..3) == 0;
        let to = if several { others } else { vec![others[self.rng.usize(..others.len())]] };
        let number = self.messages.len();
        let mut items = Vec::new();
        if self.rng.bool() {
            items.push(Content::Text(format!("text {number}")));
        }
        for file in 0..self.rng.usize(usize::from(items.is_empty())..3) {
            let octets: Vec<u8> = (0..size(&mut self.rng)).map(|_| self.rng.u8(..)).collect();
            let name = format!("m{number}f{file}.bin");
            let lie = self.rng.u8(..12) == 0;
            items.push(if lie {
                Content::Lie(name, octets.into())
            } else {
                Content::File(name, octets.into())
            });
        }
        self.send_items(from, to, items);
    }

    fn send_items(&mut self, from: usize, to: Vec<usize>, items: Vec<Content>) {
        let uris: Vec<_> = to.iter().map(|&at| self.lab.uri(self.people[at])).collect();
        let to_one = |uris: &[sip::Uri]| To::one(uris[0].clone());
        let mut message = Outgoing::new(if uris.len() > 1 { To::list(uris) } else { to_one(&uris) });
        let mut files = Vec::new();
        for item in &items {
            match item {
                Content::Text(text) => message = message.text(text.as_str()),
                Content::File(name, octets) | Content::Lie(name, octets) => {
                    let size = u64::try_from(octets.len()).unwrap();
                    let mut promised = octets.to_vec();
                    let mut sent = octets.clone();
                    if let Content::Lie(..) = item {
                        match promised.first_mut() {
                            Some(octet) if self.rng.bool() => *octet ^= 1,
                            Some(_) => sent.truncate(self.rng.usize(..octets.len())),
                            None => promised.push(0),
                        }
                    }
                    let sha1 = Sha1Hash::of(&promised);
                    message = message.file(FileToSend::new(name.as_str(), "image/png", size, sha1));
                    files.push(sent);
                }
            }
        }
        let transfer = match self.lab.send_message(self.people[from], message, files) {
            Ok(transfer) => transfer,
            Err(error) => return self.story.push(format!("{from}: {error}")),
        };
        let sizes: Vec<usize> = items.iter().map(Content::len).collect();
        self.story.push(format!("{from} to {to:?}: {transfer:?} {sizes:?}"));
        self.messages.push(Message { from, to, transfer, items, forgotten: false });
    }

    /// What must hold.
    fn check(&self) {
        for message in &self.messages {
            if !self.gone[message.from] && !message.forgotten {
                self.check_message(message);
            }
        }
        for (at, &party) in self.people.iter().enumerate() {
            let received = self.received(at);
            for (name, times) in &received {
                self.hold(*times == 1, &format!("{name} came {times} times to {at}"));
            }
            if !self.gone[at] {
                self.hold(self.lab.is_clean(party), &format!("something is left at {at}"));
                self.check_offers(at);
            }
        }
        for party in self.server.into_iter().chain(self.relay) {
            self.hold(self.lab.is_clean(party), "something is left at the server or the relay");
        }
    }

    /// A message ends once, with one verdict, and is delivered only if it is there.
    fn check_message(&self, message: &Message) {
        let Message { from, to, transfer, items, .. } = message;
        let events = self.lab.events(self.people[*from]);
        let of_it = |event: &&Event| match event {
            Event::Delivered { transfer: of }
            | Event::Unconfirmed { transfer: of }
            | Event::Failed { transfer: of, .. } => of == transfer,
            _ => false,
        };
        let verdicts: Vec<&Event> = events.iter().filter(of_it).collect();
        self.hold(verdicts.len() == 1, &format!("verdicts of {transfer:?}: {verdicts:?}"));
        let closed = |event: &&Event| matches!(event, Event::Closed { transfer: of } if of == transfer);
        self.hold(events.iter().filter(closed).count() == 1, &format!("{transfer:?} is not closed once"));
        let answer = events.iter().find_map(|event| match event {
            Event::Answered { transfer: of, items, focus } if of == transfer => Some((items, *focus)),
            _ => None,
        });
        let by_focus = answer.is_some_and(|(_, focus)| focus);
        let unconfirmed = matches!(verdicts[0], Event::Unconfirmed { .. });
        self.hold(
            !unconfirmed || by_focus || self.relay.is_some(),
            &format!("{transfer:?} is unconfirmed, and nobody stands in between"),
        );
        if !matches!(verdicts[0], Event::Delivered { .. }) {
            return;
        }
        let accepted = answer.map(|(items, _)| items);
        for (at, item) in items.iter().enumerate() {
            let called_off = |event: &Event| {
                matches!(event, Event::Item { transfer: of, item, outcome: ItemOutcome::Cancelled }
                    if of == transfer && *item == at)
            };
            if accepted.and_then(|picks| picks.get(at)) != Some(&Pick::Accept)
                || events.iter().any(called_off)
            {
                continue;
            }
            for &to in to {
                let there = self.received(to).contains_key(item.name());
                // A focus takes what some of the recipients refuse.
                let refused =
                    message.to.len() > 1 && (refuses(&self.decisions[to], at) || self.refused_one(to));
                self.hold(
                    there || refused,
                    &format!("{transfer:?} is delivered, and {} is not at {to}", item.name()),
                );
            }
        }
    }

    /// Whether somebody refused an offer as a whole, against the decision: it was called off before it was answered.
    fn refused_one(&self, at: usize) -> bool {
        let events = self.lab.events(self.people[at]);
        let of = |event: &Event| match event {
            Event::Text { offer, .. } | Event::File { offer, .. } | Event::ReceiveFailed { offer, .. } => {
                Some(*offer)
            }
            _ => None,
        };
        events.iter().any(|event| match event {
            Event::OfferClosed { offer, .. } => events.iter().all(|event| of(event) != Some(*offer)),
            _ => false,
        })
    }

    /// How often each text and file came to somebody; files have the right octets.
    fn received(&self, at: usize) -> BTreeMap<String, usize> {
        let mut names: BTreeMap<(OfferId, ItemId), String> = BTreeMap::new();
        let mut received = self.before[at].clone();
        for event in self.lab.events(self.people[at]) {
            match event {
                Event::Offer { offer, items, .. } => {
                    for (item, offered) in items.iter().enumerate() {
                        if let OfferedItem::File { name, .. } = offered {
                            names.insert((*offer, item), name.to_string());
                        }
                    }
                }
                Event::Text { text, .. } => *received.entry(text.to_string()).or_default() += 1,
                Event::File { offer, item, verified, .. } => {
                    let name = &names[&(*offer, *item)];
                    let stored = self.lab.stored(self.people[at], *offer, *item);
                    let sent = self.messages.iter().flat_map(|message| &message.items).find_map(|content| {
                        match content {
                            Content::File(of, octets) if of == name => Some(&octets[..]),
                            _ => None,
                        }
                    });
                    self.hold(
                        *verified && stored.is_some() && stored == sent,
                        &format!("{name} is another file at {at}"),
                    );
                    *received.entry(name.clone()).or_default() += 1;
                }
                _ => {}
            }
        }
        received
    }

    /// Every offer ends once, and each of its items at most once.
    fn check_offers(&self, at: usize) {
        let mut ends: BTreeMap<(OfferId, Option<ItemId>), usize> = BTreeMap::new();
        for event in self.lab.events(self.people[at]) {
            match event {
                Event::Offer { offer, .. } => *ends.entry((*offer, None)).or_default() += 0,
                Event::OfferClosed { offer, .. } => *ends.entry((*offer, None)).or_default() += 1,
                Event::Text { offer, item, .. }
                | Event::File { offer, item, .. }
                | Event::ReceiveFailed { offer, item, .. } => {
                    *ends.entry((*offer, Some(*item))).or_default() += 1
                }
                _ => {}
            }
        }
        for (what, times) in ends {
            self.hold(times == 1, &format!("{what:?} ended {times} times at {at}"));
        }
    }

    #[track_caller]
    fn hold(&self, holds: bool, what: &str) {
        if !holds {
            let events: Vec<_> = self.people.iter().map(|&party| self.lab.events(party)).collect();
            let events = events.iter().map(|events| {
                let told = events
                    .iter()
                    .filter(|event| !matches!(event, Event::Progress { .. } | Event::Receiving { .. }));
                told.map(|event| format!("{event:?}\n")).collect::<String>()
            });
            panic!(
                "seed {}: {what}\n{}\n{}\n{}",
                self.seed,
                self.story.join("\n"),
                events.collect::<Vec<_>>().join("\n"),
                self.lab.ladder()
            );
        }
    }
}

impl Content {
    fn name(&self) -> &str {
        match self {
            Self::Text(name) | Self::File(name, _) | Self::Lie(name, _) => name,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::File(_, octets) | Self::Lie(_, octets) => octets.len(),
        }
    }
}

/// A small window over a slow disk is beyond anybody's patience.
fn vary(config: &mut Config, slow: bool, rng: &mut Rng) {
    config.profile.dialect = [Dialect::Dual, Dialect::Rfc5547, Dialect::Legacy][rng.usize(..3)];
    config.profile.direct_reports = rng.bool();
    config.profile.cema = rng.bool();
    config.timers.relay_idle = Duration::from_secs(60);
    if !slow && rng.u8(..4) == 0 {
        config.limits.window = [4096, 20_000, 100_000][rng.usize(..3)];
    }
}

fn link(rng: &mut Rng) -> Link {
    let mut link = Link::default();
    link.delay = Duration::from_millis([0, 1, 5, 200][rng.usize(..4)]);
    link.jitter = Duration::from_millis([0, 0, 10, 500][rng.usize(..4)]);
    link.loss_percent = [0, 0, 5, 30][rng.usize(..4)];
    link.duplicate_percent = [0, 0, 20, 80][rng.usize(..4)];
    link.cutting([1500, 64 << 10, 7, usize::MAX][rng.usize(..4)])
}

fn decision(rng: &mut Rng) -> Decision {
    match rng.u8(..8) {
        0 => Decision::Refuse,
        1 => Decision::Ignore,
        2 => Decision::Accept(vec![0]),
        3 => Decision::Accept(vec![1]),
        _ => Decision::AcceptAll,
    }
}

/// Whether somebody with this decision refuses an item.
fn refuses(decision: &Decision, item: ItemId) -> bool {
    match decision {
        Decision::Accept(places) => !places.contains(&item),
        Decision::Refuse => true,
        _ => false,
    }
}

/// Sizes at which something changes, and others.
fn size(rng: &mut Rng) -> usize {
    match rng.u8(..8) {
        0 => [0, 1, 2, 2047, 2048, 2049, 61_439, 61_440, 61_441, 65_537][rng.usize(..10)],
        1 | 2 => rng.usize(..1 << 20),
        _ => rng.usize(..20_000),
    }
}

/// The seeds to run: so many of them in the plain test.
fn seeds(plain: u64) -> Range<u64> {
    let Ok(range) = std::env::var("SIMPLE_IM_SEEDS") else { return 0..plain };
    let (from, to) = range.split_once("..").expect("from..to");
    from.parse().unwrap()..to.parse().unwrap()
}

#[test]
fn whatever_happens_is_told_once_and_truly() {
    for seed in seeds(150) {
        Run::new(seed).play().check();
    }
}

/// A text and two files, with all streams broken after so many octets; whether they did break.
fn broken_after(octets: usize, between: Between) -> bool {
    let mut run = Run::plain(between);
    run.story.push(format!("{between:?}, streams break after {octets} octets"));
    run.lab.break_after(octets);
    let file = |name: &str, len: usize| Content::File(name.to_owned(), vec![b'x'; len].into());
    let items = vec![Content::Text("text 0".to_owned()), file("m0f0.bin", 300), file("m0f1.bin", 0)];
    let to = if between == Between::Focus { vec![1, 2] } else { vec![1] };
    run.send_items(0, to, items);
    run.lab.run_for(QUIET);
    run.check();
    run.lab.has_broken()
}

#[test]
fn a_reset_at_any_octet_is_told_truly() {
    // One octet of so many: the plain test is not to take long.
    let step = if std::env::var_os("SIMPLE_IM_SEEDS").is_some() { 1 } else { 41 };
    for between in [Between::Nothing, Between::Focus, Between::Relay] {
        let steps = (0..).step_by(step).take_while(|&octets| broken_after(octets, between)).count();
        assert!(steps > 100, "{between:?}: {steps}");
    }
}

/// Sends a file as often as it takes, each time the rest of it, over streams that break; how many octets of it were left out.
fn sent_in_parts(seed: u64) -> u64 {
    let mut run = Run::plain(Between::Nothing);
    let mut rng = Rng::with_seed(seed);
    let (link, latency) = (link(&mut rng), Duration::from_millis([0, 1, 50][rng.usize(..3)]));
    run.seed = seed;
    run.lab.change_link(link);
    run.lab.slow_disk(run.people[1], latency);
    run.lab.keep_partial(run.people[1]);
    run.story.push(format!("{link:?}, a disk that takes {latency:?}"));
    let octets: Vec<u8> = (0..rng.usize(1..400_000)).map(|_| rng.u8(..)).collect();
    let size = u64::try_from(octets.len()).unwrap();
    let (mut skip, mut left_out) = (0, 0);
    for attempt in 0.. {
        run.hold(attempt < 20, "it does not arrive");
        if attempt < 5 {
            run.lab.break_after(rng.usize(..octets.len() * 3 / 2));
        } else {
            run.lab.change_link(Link::default());
        }
        let name = format!("m{attempt}rest.bin");
        let mut file = FileToSend::new(name.as_str(), "image/png", size, Sha1Hash::of(&octets));
        file.skip = skip;
        let message = Outgoing::new(To::one(run.lab.uri(run.people[1]))).file(file);
        let transfer = run.lab.send_message(run.people[0], message, [octets.clone().into()]).unwrap();
        run.story.push(format!("{transfer:?} from {skip} on"));
        let items = vec![Content::File(name.clone(), octets.clone().into())];
        run.messages.push(Message { from: 0, to: vec![1], transfer, items, forgotten: false });
        run.lab.run_for(QUIET);
        if run.received(1).contains_key(&name) {
            left_out += skip;
            break;
        }
        let events = run.lab.events(run.people[0]);
        let of_it = |event: &&Event| match event {
            Event::Answered { transfer: of, .. } | Event::Progress { transfer: of, .. } => *of == transfer,
            _ => false,
        };
        // What was confirmed last, if the peer had the start of it; else all of it.
        skip = match events.iter().rev().find(of_it) {
            Some(Event::Progress { acknowledged, .. }) => (*acknowledged).min(size - 1),
            Some(_) => skip,
            None => 0,
        };
    }
    let spoiled = run.lab.events(run.people[1]).iter().any(|event| {
        matches!(event, Event::ReceiveFailed { error, .. } if matches!(error.kind(), ErrorKind::Mismatch(_)))
    });
    run.hold(!spoiled, "what was kept was not of the file");
    run.check();
    left_out
}

#[test]
fn what_breaks_off_goes_on_where_it_stopped() {
    let left_out: u64 = seeds(40).map(sent_in_parts).sum();
    assert!(left_out > 0, "nothing was kept");
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in seeds(5).take(5) {
        let [one, other] = [(); 2].map(|()| Run::new(seed).play().lab.ladder());
        assert!(one == other, "seed {seed}");
    }
}
