//! `Interrupt`: Ctrl-C, and SIGTERM where there is one.

use client::Client;

/// How often somebody wanted an end: the first one is carried out in order, the second one at once.
pub(super) struct Interrupt {
    signals: Signals,
    heard: usize,
}

impl Interrupt {
    /// Listens from now on, in place of what the system does by itself. Only inside of a runtime.
    pub(super) fn new() -> Self {
        Self { signals: Signals::new(), heard: 0 }
    }

    /// The next one. Cancel safe.
    pub(super) async fn next(&mut self) {
        self.signals.next().await;
        self.heard = self.heard.saturating_add(1);
    }

    /// Ends the client in order, or leaves it where that is not waited for any more.
    pub(super) async fn shut_down(&mut self, client: &Client) {
        if self.heard < 2 {
            tokio::select! {
                () = client.shutdown() => {}
                () = self.next() => {}
            }
        }
    }
}

/// Where the system has no signals for us they never come, and nobody could end anything by them.
#[cfg(unix)]
struct Signals {
    interrupt: Option<tokio::signal::unix::Signal>,
    terminate: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
        }
    }

    async fn next(&mut self) {
        let Self { interrupt, terminate } = self;
        tokio::select! {
            Some(()) = async { interrupt.as_mut()?.recv().await } => {}
            Some(()) = async { terminate.as_mut()?.recv().await } => {}
            else => std::future::pending().await,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    const fn new() -> Self {
        Self
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
