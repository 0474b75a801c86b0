//! The clock: the only place of the client that asks what time it is.

use std::time::{Duration, Instant, SystemTime};

/// Now, for machines.
#[expect(clippy::disallowed_methods, reason = "this is the driver's clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// What time of day it is now.
#[expect(clippy::disallowed_methods, reason = "this is the driver's clock")]
pub(crate) fn time_of_day() -> pager::Clock {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    pager::Clock::new(now(), since_epoch)
}
