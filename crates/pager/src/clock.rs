//! `Clock`: what time of day an `Instant` is, for DateTime headers and SDP origin lines.

use std::time::{Duration, Instant};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Seconds from 1900 to 1970: SDP writes times as NTP does (RFC 8866 §5.2).
const NTP_OFFSET: u64 = 2_208_988_800;

/// Ties the driver's monotonic clock to the time of day.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
    since_epoch: Duration,
}

impl Clock {
    /// At the instant `start` it is `since_epoch` after 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn new(start: Instant, since_epoch: Duration) -> Self {
        Self { start, since_epoch }
    }

    /// Seconds since 1970 at `now`.
    fn unix_seconds(&self, now: Instant) -> u64 {
        (self.since_epoch + now.saturating_duration_since(self.start)).as_secs()
    }

    /// Seconds since 1900 at `now`, for the origin line.
    pub(crate) fn ntp_seconds(&self, now: Instant) -> u64 {
        self.unix_seconds(now).saturating_add(NTP_OFFSET)
    }

    /// RFC 3339 in UTC, for CPIM's DateTime (RFC 3862 §4.4). Empty past the year 9999.
    pub(crate) fn rfc3339(&self, now: Instant) -> String {
        i64::try_from(self.unix_seconds(now))
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .and_then(|time| time.format(&Rfc3339).ok())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3862_4_4_date_time_follows_the_monotonic_clock() {
        #[expect(clippy::disallowed_methods, reason = "any instant will do")]
        let start = Instant::now();
        let clock = Clock::new(start, Duration::from_secs(1_772_442_930));
        assert_eq!(clock.rfc3339(start), "2026-03-02T09:15:30Z");
        assert_eq!(clock.rfc3339(start + Duration::from_secs(30)), "2026-03-02T09:16:00Z");
        assert_eq!(clock.ntp_seconds(start), 1_772_442_930 + NTP_OFFSET);
    }
}
