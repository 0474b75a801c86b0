//! What went wrong with TLS, in the terms of the machines.

use std::io;

use rustls::{CertificateError, Error};
use sip_ua::{FlowError, TlsFault};

/// The error of TLS inside `error`, if it is one.
pub(crate) fn reason(error: &io::Error) -> Option<FlowError> {
    let error = error.get_ref()?.downcast_ref::<Error>()?;
    Some(FlowError::Tls(fault(error)))
}

fn fault(error: &Error) -> TlsFault {
    match error {
        Error::InvalidCertificate(error) => certificate(error),
        Error::AlertReceived(alert) => TlsFault::Alert(u8::from(*alert)),
        Error::InvalidMessage(_) => TlsFault::NotTls,
        Error::PeerIncompatible(_) => TlsFault::Incompatible,
        Error::NoCertificatesPresented => TlsFault::Certificate,
        Error::UnsupportedNameType => TlsFault::Name,
        _ => TlsFault::Protocol,
    }
}

const fn certificate(error: &CertificateError) -> TlsFault {
    match error {
        CertificateError::UnknownIssuer => TlsFault::UnknownIssuer,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            TlsFault::WrongName
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => TlsFault::Expired,
        _ => TlsFault::Certificate,
    }
}
