//! `Measured`: time and CPU time of one run, and the table of all of them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

/// What one run took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) wall: Duration,
    /// CPU time of the whole process: sender, receiver and kernel.
    pub(crate) cpu: Duration,
}

/// A point in time, and the CPU time the process had used by then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    at: Instant,
    cpu: Duration,
}

impl Mark {
    pub(crate) fn now() -> Self {
        let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
        let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
        #[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
        let at = Instant::now();
        Self { at, cpu: Duration::from_micros(micros.try_into().unwrap()) }
    }

    /// What passed between `start` and this.
    pub(crate) fn since(self, start: Self) -> Measured {
        Measured {
            wall: self.at.saturating_duration_since(start.at),
            cpu: self.cpu.saturating_sub(start.cpu),
        }
    }

    /// The later one.
    pub(crate) fn max(self, other: Self) -> Self {
        if other.at > self.at { other } else { self }
    }
}

/// All runs by row.
pub(crate) struct Table {
    octets: f64,
    /// In the order of the rows.
    order: Vec<(&'static str, &'static str)>,
    runs: BTreeMap<&'static str, Vec<Measured>>,
}

impl Table {
    #[expect(clippy::as_conversions, reason = "a float for a rate")]
    pub(crate) fn new(octets: usize) -> Self {
        Self { octets: octets as f64, order: Vec::new(), runs: BTreeMap::new() }
    }

    pub(crate) fn add(&mut self, name: &'static str, base: &'static str, measured: Measured) {
        if !self.order.contains(&(name, base)) {
            self.order.push((name, base));
        }
        self.runs.entry(name).or_default().push(measured);
    }

    /// Median and best rate in MB/s, and the least CPU seconds for a GiB.
    fn row(&self, name: &str) -> Option<(f64, f64, f64)> {
        let runs = self.runs.get(name)?;
        let mut walls: Vec<f64> = runs.iter().map(|run| run.wall.as_secs_f64()).collect();
        walls.sort_by(f64::total_cmp);
        let median = *walls.get(walls.len() / 2)?;
        let cpu = runs.iter().map(|run| run.cpu.as_secs_f64()).min_by(f64::total_cmp)?;
        let rate = |seconds: f64| self.octets / seconds / 1e6;
        Some((rate(median), rate(*walls.first()?), cpu * f64::from(1 << 30) / self.octets))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:20} {:>8} {:>8} {:>10}   ratio of rates (median, best)",
            "", "MB/s", "best", "CPU s/GiB"
        )?;
        for (name, base) in &self.order {
            let Some((median, best, cpu)) = self.row(name) else { continue };
            write!(f, "{name:20} {median:8.0} {best:8.0} {cpu:10.3}")?;
            if let Some((base_median, base_best, _)) = self.row(base) {
                let (median, best) = (100.0 * median / base_median, 100.0 * best / base_best);
                write!(f, "   {median:4.0} % {best:4.0} % of {base}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
