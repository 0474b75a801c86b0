//! `Ladder`: the messages of a conversation as people draw them, a column for each party.

use std::collections::{BTreeMap, HashMap};
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
/// Frames in a row that are drawn one by one: of more there is one line for each two parties.
const FOLD: usize = 3;

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
            let run = rest.iter().take_while(|step| step.summary.bulk.is_some()).count();
            if run > FOLD {
                let (folded, after) = rest.split_at_checked(run).unwrap_or((rest, &[]));
                drawing.folded(out, folded, places)?;
                rest = after;
            } else {
                drawing.step(out, step, places(step))?;
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

fn index(parties: &[String], party: &str) -> usize {
    parties.iter().position(|known| known == party).unwrap_or(0)
}

/// What many frames are together.
#[derive(Default)]
struct Sum {
    chunks: usize,
    octets: u64,
    answers: usize,
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
        let mut line = self.arrow(from.min(to), from.max(to), if step.msrp { '=' } else { '-' });
        self.head_of(&mut line, from, to);
        let time = format!("{:>width$.3}", step.at.as_secs_f64(), width = TIME - 1);
        line.splice(..time.len(), time.chars());
        self.write(out, line, &step.summary.line)?;
        step.summary
            .details
            .iter()
            .try_for_each(|detail| self.write(out, self.rungs(), &format!("  {detail}")))
    }

    /// One line for the many frames of each two parties.
    fn folded(
        &self,
        out: &mut impl Write,
        steps: &[Step],
        places: impl Fn(&Step) -> (usize, usize),
    ) -> io::Result<()> {
        let mut sums: BTreeMap<(usize, usize), Sum> = BTreeMap::new();
        for step in steps {
            let (from, to) = places(step);
            let sum = sums.entry((from.min(to), from.max(to))).or_default();
            match step.summary.bulk {
                Some(Bulk::Chunk(content)) => {
                    sum.chunks += 1;
                    sum.octets = sum.octets.saturating_add(content);
                }
                Some(Bulk::Ok) => sum.answers += 1,
                None => {}
            }
        }
        for ((left, right), sum) in sums {
            let mut line = self.arrow(left, right, '=');
            self.head_of(&mut line, left, right);
            self.head_of(&mut line, right, left);
            let words = match sum {
                Sum { chunks: 0, answers, .. } => format!("... {answers} times 200"),
                Sum { chunks, octets, answers } => {
                    format!("... {chunks} times SEND, {octets} octets, {answers} times 200")
                }
            };
            self.write(out, line, &words)?;
        }
        Ok(())
    }

    /// A line from one column to another.
    fn arrow(&self, left: usize, right: usize, body: char) -> Vec<char> {
        let mut line = self.rungs();
        for place in line.iter_mut().take(self.column(right)).skip(self.column(left) + 1) {
            *place = body;
        }
        line
    }

    /// The head of an arrow at the column `to`.
    fn head_of(&self, line: &mut [char], from: usize, to: usize) {
        let (point, head) =
            if from < to { (self.column(to).saturating_sub(1), '>') } else { (self.column(to) + 1, '<') };
        if let Some(place) = line.get_mut(point) {
            *place = head;
        }
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
