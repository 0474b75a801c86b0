//! `Event`, RFC 6665 §8.2.1, and `Subscription-State`, §8.2.3.

use core::fmt;

use grammar::{Params, ParseError};

use super::token_params;

/// The event package of a subscription.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Event<'a> {
    /// `reg`, `conference`, `presence.winfo` and so on; compared with case.
    pub package: &'a str,
    /// The parameters.
    pub params: Params<'a>,
}

impl<'a> Event<'a> {
    /// Reads a value such as `conference;id=7`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `event-type` or of a parameter.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let (package, params) = token_params(text, "event-type")?;
        Ok(Self { package, params })
    }

    /// Tells subscriptions to one package apart within a dialog.
    #[must_use]
    pub fn id(&self) -> Option<&'a str> {
        self.params.get("id").and_then(|param| param.raw)
    }
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.package, self.params.as_str())
    }
}

/// How a subscription stands.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct SubscriptionState<'a> {
    /// `active`, `pending`, `terminated` or another token; compared without case.
    pub state: &'a str,
    /// The parameters: `reason`, `expires`, `retry-after`.
    pub params: Params<'a>,
}

impl<'a> SubscriptionState<'a> {
    /// Reads a value such as `terminated;reason=noresource`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `substate-value` or of a parameter.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let (state, params) = token_params(text, "substate-value")?;
        Ok(Self { state, params })
    }

    /// Whether it is over.
    #[must_use]
    pub const fn is_terminated(&self) -> bool {
        self.state.eq_ignore_ascii_case("terminated")
    }

    /// Seconds it still lasts.
    #[must_use]
    pub fn expires(&self) -> Option<u32> {
        super::delta_seconds(self.params.get("expires")?.raw?)
    }
}

impl fmt::Display for SubscriptionState<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.state, self.params.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn rfc6665_8_2_examples() {
        let event = Event::parse("presence.winfo ;id=7").unwrap();
        assert_eq!((event.package, event.id()), ("presence.winfo", Some("7")));
        assert_eq!(Event::parse(";id=7").unwrap_err().to_string(), "expected event-type at byte 0");
        let state = SubscriptionState::parse("Terminated;reason=timeout").unwrap();
        assert!(state.is_terminated() && state.expires().is_none());
        assert_eq!(state.to_string(), "Terminated;reason=timeout");
        assert_eq!(SubscriptionState::parse("active;expires=60").unwrap().expires(), Some(60));
    }
}
