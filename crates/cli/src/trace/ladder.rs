//! `Ladder`: the messages of a conversation as people draw them, a column for each party.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use super::summary::{Bulk, Summary};
use crate::report::shown;

/// Steps that are kept; later ones are counted.
const MOST_STEPS: usize = 10_000;
/// Columns of text that the whole may take.
const WIDTH: usize = 100;
/// Room for the time.
const TIME: usize = 8;
/// Frames in a row that are drawn as one line from this number on.
const FOLD: usize = 4;

/// One message.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// Since the first one.
    pub(super) at: Duration,
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    /// Drawn with `=`, SIP with `-`.
    pub(super) msrp: bool,
    pub(super) summary: Summary,
}

/// Every message of a trace, in order.
#[derive(Debug, Default)]
pub(crate) struct Ladder {
    steps: Vec<Step>,
    left_out: usize,
    names: HashMap<SocketAddr, String>,
}

impl Ladder {
    pub(super) fn push(&mut self, step: Step) {
        if self.steps.len() < MOST_STEPS {
            self.steps.push(step);
        } else {
            self.left_out += 1;
        }
    }

    /// The first name of an address stays.
    pub(super) fn name(&mut self, address: SocketAddr, party: String) {
        self.names.entry(address).or_insert(party);
    }

    /// Who is behind an address, as far as it is known.
    pub(super) fn party(&self, address: SocketAddr) -> String {
        self.names.get(&address).cloned().unwrap_or_else(|| address.to_string())
    }

    /// Draws it, at most 100 columns wide.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub(crate) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let parties = self.parties();
        let drawing = Drawing::new(&parties);
        drawing.head(out)?;
        let mut rest = self.steps.as_slice();
        while let Some((step, after)) = rest.split_first() {
            let places = |step: &Step| {
                (index(&parties, &self.party(step.from)), index(&parties, &self.party(step.to)))
            };
            let run = bulk_run(rest, |step| {
                let (from, to) = places(step);
                (from.min(to), from.max(to))
            });
            // The first SEND is drawn, so that one sees what begins; the last one is no bulk.
            let begun = step.summary.bulk.is_some_and(|bulk| bulk != Bulk::Ok);
            drawing.step(out, step, places(step))?;
            rest = after;
            if begun && run > FOLD {
                let (folded, after) = rest.split_at_checked(run - 1).unwrap_or((rest, &[]));
                drawing.folded(out, folded)?;
                rest = after;
            }
        }
        if self.left_out > 0 {
            writeln!(out, "and {} more messages", self.left_out)?;
        }
        Ok(())
    }

    /// In order of appearance.
    fn parties(&self) -> Vec<String> {
        let mut parties: Vec<String> = Vec::new();
        for address in self.steps.iter().flat_map(|step| [step.from, step.to]) {
            let party = self.party(address);
            if !parties.contains(&party) {
                parties.push(party);
            }
        }
        parties
    }
}

/// How many frames at the start are of a file under way between the same two parties.
fn bulk_run(steps: &[Step], pair: impl Fn(&Step) -> (usize, usize)) -> usize {
    let Some(first) = steps.first() else { return 0 };
    let same = |step: &&Step| step.summary.bulk.is_some() && pair(step) == pair(first);
    steps.iter().take_while(same).count()
}

fn index(parties: &[String], party: &str) -> usize {
    parties.iter().position(|known| known == party).unwrap_or(0)
}

/// Where the columns are.
struct Drawing<'a> {
    parties: &'a [String],
    /// From one column to the next.
    distance: usize,
}

impl<'a> Drawing<'a> {
    fn new(parties: &'a [String]) -> Self {
        let longest = parties.iter().map(|party| party.chars().count()).max().unwrap_or(0);
        // Half of the width is for the words; 4 is the shortest arrow one can see.
        let room = (WIDTH / 2).checked_div(parties.len()).unwrap_or(WIDTH);
        Self { parties, distance: (longest + 2).clamp(4, room.max(4)) }
    }

    fn column(&self, party: usize) -> usize {
        TIME + 1 + party * self.distance
    }

    /// Where the words start.
    fn words(&self) -> usize {
        self.column(self.parties.len().saturating_sub(1)) + 3
    }

    fn head(&self, out: &mut impl Write) -> io::Result<()> {
        let mut line = format!("{:>width$}", "s", width = TIME - 1);
        for (i, party) in self.parties.iter().enumerate() {
            let at = self.column(i);
            line.push_str(&" ".repeat(at.saturating_sub(line.chars().count())));
            line.extend(shown(party).chars().take(self.distance - 1));
        }
        writeln!(out, "{}", line.trim_end())
    }

    /// The columns without an arrow.
    fn rungs(&self) -> Vec<char> {
        let mut line = vec![' '; self.words()];
        for i in 0..self.parties.len() {
            if let Some(place) = line.get_mut(self.column(i)) {
                *place = '|';
            }
        }
        line
    }

    fn step(&self, out: &mut impl Write, step: &Step, (from, to): (usize, usize)) -> io::Result<()> {
        let mut line = self.rungs();
        let (left, right) = (self.column(from.min(to)), self.column(from.max(to)));
        let body = if step.msrp { '=' } else { '-' };
        for place in line.iter_mut().take(right).skip(left + 1) {
            *place = body;
        }
        let (point, head) = if from < to { (right.saturating_sub(1), '>') } else { (left + 1, '<') };
        if let Some(place) = line.get_mut(point) {
            *place = head;
        }
        let time = format!("{:>width$.3}", step.at.as_secs_f64(), width = TIME - 1);
        line.splice(..time.len(), time.chars());
        self.write(out, line, &step.summary.line)?;
        step.summary
            .details
            .iter()
            .try_for_each(|detail| self.write(out, self.rungs(), &format!("  {detail}")))
    }

    /// One line for many frames.
    fn folded(&self, out: &mut impl Write, steps: &[Step]) -> io::Result<()> {
        let (mut chunks, mut answers, mut octets) = (0_usize, 0_usize, 0_u64);
        for step in steps {
            match step.summary.bulk {
                Some(Bulk::Chunk(content)) => {
                    chunks += 1;
                    octets = octets.saturating_add(content);
                }
                Some(Bulk::Ok) => answers += 1,
                None => {}
            }
        }
        let words = format!("... {chunks} SEND with {octets} octets, {answers} answers 200");
        self.write(out, self.rungs(), &words)
    }

    fn write(&self, out: &mut impl Write, line: Vec<char>, words: &str) -> io::Result<()> {
        let mut text: String = line.into_iter().collect();
        let room = WIDTH - self.words().min(WIDTH);
        let words = shown(words);
        if words.chars().count() > room {
            text.extend(words.chars().take(room.saturating_sub(2)));
            text.push_str("..");
        } else {
            text.push_str(&words);
        }
        writeln!(out, "{}", text.trim_end())
    }
}
