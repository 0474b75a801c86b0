//! `Registered`: a registration that somebody depends on.

use client::{Client, Registration, Registrations};

use super::connect::{failure, tell};
use crate::exit::Failure;
use crate::report::{Event, Reporter};

/// A registration that somebody depends on: without it nobody finds us.
pub(super) struct Registered<'a> {
    registrations: Registrations,
    account: &'a str,
    /// It is not there at the moment.
    lost: bool,
}

impl<'a> Registered<'a> {
    pub(super) fn new(client: &Client, account: &'a str) -> Self {
        Self { registrations: client.registrations(), account, lost: false }
    }

    /// Warns of refreshes that fail and are tried again, and returns why it is over for good. Cancel safe.
    pub(super) async fn over(&mut self, reporter: &Reporter) -> Failure {
        loop {
            let told = match self.registrations.next().await {
                Some(Registration::Failed(error)) => return failure(&error.into()),
                Some(Registration::Retrying { error, after }) => {
                    self.lost = true;
                    let again = after.as_secs();
                    let message = format!("not registered: {error}; tried again in {again} s");
                    tell(reporter, &Event::Warning { message: &message })
                }
                Some(Registration::Registered { expires }) if std::mem::take(&mut self.lost) => {
                    tell(reporter, &Event::Registered { account: self.account, expires: expires.as_secs() })
                }
                Some(_) => Ok(()),
                // The client has ended, which others tell.
                None => std::future::pending().await,
            };
            if let Err(failure) = told {
                return failure;
            }
        }
    }
}
