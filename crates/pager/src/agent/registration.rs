//! The account at its registrar: one registration, and no request before the last one is answered (RFC 3261 §10.2).

use std::time::{Duration, Instant};

use grammar::ByteStr;
use sip::{Scheme, Uri};
use sip_ua::RegistrationId;

use super::{Agent, Output};
use crate::{Error, ErrorKind, Event, Phase, Registration};

/// The binding of our address at the registrar, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binding {
    Unregistered,
    /// The first REGISTER is not answered yet.
    Registering(RegistrationId),
    Registered(RegistrationId),
    /// It is being taken back.
    Removing(RegistrationId, Then),
}

/// What comes after a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    Nothing,
    /// Another one.
    Register,
}

impl Binding {
    const fn id(self) -> Option<RegistrationId> {
        match self {
            Self::Unregistered => None,
            Self::Registering(id) | Self::Registered(id) | Self::Removing(id, _) => Some(id),
        }
    }
}

impl Agent {
    /// Registers the account; [`Event::Registration`] tells how it went, now and at each refresh.
    ///
    /// What is registered already is taken back first and registered anew: on the way there
    /// [`Registration::Unregistered`] is told. Nothing is done twice while the first answer is awaited.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoRegistrar`] if neither account nor identity names one.
    pub fn register(&mut self, now: Instant) -> Result<(), Error> {
        match self.binding {
            Binding::Unregistered => self.start_registration(now)?,
            Binding::Registering(_) => {}
            Binding::Registered(id) => {
                self.binding = Binding::Removing(id, Then::Register);
                self.ua.unregister(id, now);
            }
            Binding::Removing(id, _) => self.binding = Binding::Removing(id, Then::Register),
        }
        self.pump(now);
        Ok(())
    }

    /// Takes the registration back.
    pub fn unregister(&mut self, now: Instant) {
        match self.binding {
            Binding::Registering(id) | Binding::Registered(id) => {
                self.binding = Binding::Removing(id, Then::Nothing);
                self.ua.unregister(id, now);
            }
            Binding::Removing(id, _) => self.binding = Binding::Removing(id, Then::Nothing),
            // There is nothing to take back, and somebody waits to hear so.
            Binding::Unregistered => self.tell(Registration::Unregistered),
        }
        self.pump(now);
    }

    fn start_registration(&mut self, now: Instant) -> Result<(), Error> {
        let account = &self.config.account;
        let error = || Error::new(ErrorKind::NoRegistrar, Phase::Registering, "RFC 3261 §10.2");
        let registrar = match &account.registrar {
            Some(registrar) => registrar.clone(),
            None => {
                let scheme = if account.identity.scheme() == Scheme::Sips { "sips" } else { "sip" };
                let host = account.identity.host_port().ok_or_else(error)?;
                Uri::parse(format!("{scheme}:{host}")).map_err(|_| error())?
            }
        };
        let mut registration = sip_ua::Registration::new(account.identity.clone(), registrar);
        registration.display_name = account.display_name.clone();
        registration.outbound = account.outbound_proxy.clone();
        registration.contact_params = self.config.profile.contact_params.clone();
        registration.credentials = account.credentials.clone();
        registration.realm = account.realm.clone();
        registration.headers = vec![(ByteStr::from_static("Supported"), ByteStr::from_static("path"))];
        self.binding = Binding::Registering(self.ua.register(registration, now).map_err(|_| error())?);
        Ok(())
    }

    pub(super) fn registered(&mut self, id: RegistrationId, expires: Duration, service_route: Vec<Uri>) {
        match self.binding {
            Binding::Registering(own) | Binding::Registered(own) if own == id => {
                self.binding = Binding::Registered(id);
                self.service_route = service_route;
                self.tell(Registration::Registered { expires });
            }
            // One that is being taken back is of no use to anybody.
            _ => {}
        }
    }

    /// A REGISTER failed; without `retry` that is the end of it.
    pub(super) fn registration_failed(
        &mut self,
        id: RegistrationId,
        error: &sip_ua::Error,
        retry: Option<Duration>,
    ) {
        if self.binding.id() != Some(id) {
            return;
        }
        let error = crate::error::of_sip(error, Phase::Registering);
        let state = match retry {
            Some(after) => Registration::Retrying { error, after },
            None => {
                self.binding = Binding::Unregistered;
                Registration::Failed(error)
            }
        };
        self.tell(state);
    }

    pub(super) fn unregistered(&mut self, id: RegistrationId, now: Instant) {
        if self.binding.id() != Some(id) {
            return;
        }
        let again = self.binding == Binding::Removing(id, Then::Register);
        self.binding = Binding::Unregistered;
        self.service_route.clear();
        self.tell(Registration::Unregistered);
        if again && let Err(error) = self.start_registration(now) {
            self.tell(Registration::Failed(error));
        }
    }

    fn tell(&mut self, state: Registration) {
        self.outputs.push_back(Output::Event(Event::Registration(state)));
    }
}
