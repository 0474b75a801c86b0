//! `Link`: what the network does to what passes through it.

use std::time::Duration;

/// What the network does. The default delays by 5 ms and is otherwise perfect.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Link {
    /// From one party to another.
    pub delay: Duration,
    /// What a delay may be longer by. Datagrams overtake each other then; streams keep their order.
    pub jitter: Duration,
    /// Datagrams lost, in percent.
    pub loss_percent: u8,
    /// Datagrams that arrive twice, in percent.
    pub duplicate_percent: u8,
    /// Octets a stream delivers at once; longer writes are cut. `usize::MAX` for never.
    pub cut: usize,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            delay: Duration::from_millis(5),
            jitter: Duration::ZERO,
            loss_percent: 0,
            duplicate_percent: 0,
            cut: usize::MAX,
        }
    }
}

impl Link {
    /// Loses this many datagrams of a hundred.
    #[must_use]
    pub const fn losing(self, percent: u8) -> Self {
        Self { loss_percent: percent, ..self }
    }

    /// Delivers streams in pieces of at most this many octets.
    #[must_use]
    pub const fn cutting(self, octets: usize) -> Self {
        Self { cut: if octets == 0 { 1 } else { octets }, ..self }
    }
}

/// A small generator for the accidents of the network: fast, seeded, not for secrets.
#[derive(Debug, Clone)]
pub(crate) struct Accidents(u64);

impl Accidents {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    /// Whether something that happens `percent` times of a hundred happens now.
    pub(crate) fn happens(&mut self, percent: u8) -> bool {
        self.next() % 100 < u64::from(percent)
    }

    /// A time up to `most`, in whole microseconds.
    pub(crate) fn up_to(&mut self, most: Duration) -> Duration {
        let most = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
        if most == 0 { Duration::ZERO } else { Duration::from_micros(self.next() % most) }
    }

    /// xorshift64
    const fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }
}
