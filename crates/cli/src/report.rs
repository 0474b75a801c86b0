//! `Reporter`: tells what happens, with bars on a terminal, in plain lines elsewhere, as JSON for scripts.

mod comparison;
mod event;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write};
use std::sync::{Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

pub(crate) use comparison::{Row, Table};
pub(crate) use event::{Event, Item};

/// How things are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    /// Lines, and a bar for each file under way.
    Bars,
    /// Lines only; progress at every tenth.
    Lines,
    /// One JSON object an event, each on one line; progress at every hundredth.
    Json,
}

impl Voice {
    /// JSON if asked for, else bars if standard error is a terminal.
    pub(crate) fn pick(json: bool) -> Self {
        match (json, io::stderr().is_terminal()) {
            (true, _) => Self::Json,
            (false, true) => Self::Bars,
            (false, false) => Self::Lines,
        }
    }
}

/// Tells events to standard output, bars to standard error. Shared by reference.
pub(crate) struct Reporter {
    voice: Voice,
    bars: MultiProgress,
    state: Mutex<State>,
}

struct State {
    out: Box<dyn Write + Send>,
    /// Files under way, by their number; one message at a time has files under way.
    under_way: HashMap<usize, UnderWay>,
}

struct UnderWay {
    bar: ProgressBar,
    /// The last step of the scale that was told.
    told: u64,
}

impl Reporter {
    /// A reporter that writes to `out`.
    pub(crate) fn new(voice: Voice, out: Box<dyn Write + Send>) -> Self {
        Self {
            voice,
            bars: MultiProgress::new(),
            state: Mutex::new(State { out, under_way: HashMap::new() }),
        }
    }

    /// A reporter on standard output.
    pub(crate) fn stdout(json: bool) -> Self {
        Self::new(Voice::pick(json), Box::new(io::stdout()))
    }

    /// The voice, for what is told in another way than by events.
    pub(crate) const fn voice(&self) -> Voice {
        self.voice
    }

    /// Tells one event.
    ///
    /// # Errors
    ///
    /// Standard output is gone.
    pub(crate) fn tell(&self, event: &Event<'_>) -> io::Result<()> {
        // A panic while telling leaves nothing half done that would matter here.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let line = match self.voice {
            Voice::Json if !state.is_due(event, 100) => return Ok(()),
            Voice::Json => serde_json::to_string(event).unwrap_or_else(|error| {
                let message = format!("an event is no JSON: {error}");
                serde_json::json!({ "event": "warning", "message": message }).to_string()
            }),
            Voice::Lines if !state.is_due(event, 10) => return Ok(()),
            Voice::Lines => event.to_string(),
            Voice::Bars => {
                if self.draw(&mut state, event) {
                    return Ok(());
                }
                event.to_string()
            }
        };
        if self.voice == Voice::Bars {
            // The next progress draws them again. A terminal that is gone needs no bars.
            let _ = self.bars.clear();
        }
        writeln!(state.out, "{line}")?;
        state.out.flush()
    }

    /// Whether the event is shown by a bar alone.
    fn draw(&self, state: &mut State, event: &Event<'_>) -> bool {
        match event {
            Event::Progress { item, name, octets, total } => {
                let under_way = state.under_way.entry(*item).or_insert_with(|| {
                    let bar = self.bars.add(ProgressBar::new(*total).with_prefix(shown(name)));
                    // What was there before this one began did not come at any speed.
                    bar.set_position(*octets);
                    bar.reset_eta();
                    if let Ok(style) = ProgressStyle::with_template(
                        "{prefix:24!} {bar:30} {bytes:>11} of {total_bytes:>11} {bytes_per_sec:>13} {eta:>4}",
                    ) {
                        bar.set_style(style);
                    }
                    UnderWay { bar, told: 0 }
                });
                under_way.bar.set_position(*octets);
                true
            }
            Event::Sent { item, .. } | Event::Received { item, .. } | Event::Lost { item, .. } => {
                if let Some(under_way) = state.under_way.remove(item) {
                    under_way.bar.finish_and_clear();
                }
                false
            }
            Event::End { .. } => {
                state.under_way.drain().for_each(|(_, under_way)| under_way.bar.finish_and_clear());
                false
            }
            _ => false,
        }
    }
}

impl State {
    /// Progress is told at the steps of a scale; everything else always.
    fn is_due(&mut self, event: &Event<'_>, steps: u64) -> bool {
        match event {
            Event::Progress { item, octets, total, .. } => {
                let step = octets.saturating_mul(steps).checked_div(*total).unwrap_or(steps);
                let under_way = self
                    .under_way
                    .entry(*item)
                    .or_insert_with(|| UnderWay { bar: ProgressBar::hidden(), told: 0 });
                let due = step > under_way.told;
                under_way.told = under_way.told.max(step);
                due
            }
            Event::Sent { item, .. } | Event::Received { item, .. } | Event::Lost { item, .. } => {
                self.under_way.remove(item);
                true
            }
            _ => true,
        }
    }
}

/// A text of the peer, fit for a terminal: control characters would move the cursor, or worse.
pub(crate) fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // Also the marks that turn the direction of writing around.
        if c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests;
