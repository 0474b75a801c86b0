//! `SipUriBuilder`: a sip or sips URI from parts that cannot break out of it.

use alloc::string::String;
use core::fmt::Write as _;

use grammar::{CharClass, Host, ParseError};

use super::{Uri, escape_user};

/// Why a URI could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UriError {
    /// A host that is neither a name nor an address.
    #[error("not a host: {0}")]
    Host(ParseError),
    /// A parameter name or value with a byte that a URI cannot hold there.
    #[error("parameter with a byte that a URI cannot hold")]
    Param,
    /// Parameters go with sip, sips and tel URIs only.
    #[error("a URI of this scheme has no parameters")]
    Scheme,
}

/// `paramchar` of RFC 3261 §25.1.
const PARAM: CharClass = CharClass::ALPHANUM.with(b"-_.!~*'()%[]/:&+$");

/// Collects the parts of a sip or sips URI.
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct SipUriBuilder {
    scheme: &'static str,
    user: String,
    host: String,
    port: Option<u16>,
    params: String,
    error: Option<UriError>,
}

impl SipUriBuilder {
    pub(super) fn new(host: &str) -> Self {
        let mut text = String::new();
        let error = match host.parse() {
            // An address without its brackets is what callers have at hand.
            Ok(address) => {
                let _ = write!(text, "{}", Host::V6(address));
                None
            }
            Err(_) => {
                text.push_str(host);
                Host::parse(host).err().map(UriError::Host)
            }
        };
        Self { scheme: "sip", user: String::new(), host: text, port: None, params: String::new(), error }
    }

    /// Makes it a sips URI.
    pub fn secure(mut self) -> Self {
        self.scheme = "sips";
        self
    }

    /// The user part, not escaped yet; none if empty.
    pub fn user(mut self, user: &str) -> Self {
        self.user = escape_user(user).into_owned();
        self
    }

    /// The port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// A parameter with a value, or without one: `lr`.
    pub fn param(mut self, name: &str, value: Option<&str>) -> Self {
        if write_param(&mut self.params, name, value).is_err() {
            self.error.get_or_insert(UriError::Param);
        }
        self
    }

    /// Makes the URI.
    ///
    /// # Errors
    ///
    /// A [`UriError`] for the first part that a URI cannot hold.
    pub fn build(self) -> Result<Uri, UriError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let Self { scheme, user, host, port, params, .. } = self;
        let mut text = String::with_capacity(scheme.len() + user.len() + host.len() + params.len() + 8);
        text.push_str(scheme);
        text.push(':');
        if !user.is_empty() {
            text.push_str(&user);
            text.push('@');
        }
        text.push_str(&host);
        if let Some(port) = port {
            let _ = write!(text, ":{port}");
        }
        text.push_str(&params);
        Uri::parse(text).map_err(UriError::Host)
    }
}

fn write_param(out: &mut String, name: &str, value: Option<&str>) -> Result<(), UriError> {
    let fits = |text: &str| PARAM.matches(text.as_bytes());
    if !fits(name) || !value.is_none_or(fits) {
        return Err(UriError::Param);
    }
    out.push(';');
    out.push_str(name);
    if let Some(value) = value {
        out.push('=');
        out.push_str(value);
    }
    Ok(())
}

impl Uri {
    /// The same URI with this parameter, in place of one of that name if there is one.
    ///
    /// # Errors
    ///
    /// [`UriError::Param`] for a byte that cannot stand in a parameter, [`UriError::Scheme`] for a URI that
    /// has no parameters.
    pub fn with_param(&self, name: &str, value: Option<&str>) -> Result<Self, UriError> {
        let mut out = self.text_without_param(name)?;
        let headers = match self.headers().len() {
            0 => String::new(),
            len => out.split_off(out.len() - len - 1),
        };
        write_param(&mut out, name, value)?;
        out.push_str(&headers);
        Self::parse(out).map_err(|_| UriError::Param)
    }

    /// The same URI without the parameter called `name`.
    ///
    /// # Errors
    ///
    /// [`UriError::Scheme`] for a URI that has no parameters.
    pub fn without_param(&self, name: &str) -> Result<Self, UriError> {
        let out = self.text_without_param(name)?;
        Self::parse(out).map_err(|_| UriError::Param)
    }

    fn text_without_param(&self, name: &str) -> Result<String, UriError> {
        let view = self.as_ref();
        if !view.is_sip() && view.scheme() != super::Scheme::Tel {
            return Err(UriError::Scheme);
        }
        let params = view.params();
        let tail =
            params.as_str().len() + if view.headers().is_empty() { 0 } else { view.headers().len() + 1 };
        let mut out = String::with_capacity(self.as_str().len() + 32);
        out.push_str(self.as_str().get(..self.as_str().len() - tail).unwrap_or_default());
        for (found, value) in params.iter().filter(|(found, _)| !found.eq_ignore_ascii_case(name)) {
            out.push(';');
            out.push_str(found);
            if let Some(value) = value {
                out.push('=');
                out.push_str(value);
            }
        }
        if !view.headers().is_empty() {
            out.push('?');
            out.push_str(view.headers());
        }
        Ok(out)
    }
}
