//! The handshake, as either side, within its time.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::ServerName;
use sip_ua::{FlowError, Protocol, Target, TlsFault};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use super::socket::Socket;
use super::{Stream, Tls};

/// Shakes hands as the side that connected.
///
/// With a name in `target` the peer has to prove it to the roots of the caller (RFC 5922 §7); it is sent as SNI if it
/// is a host name. Without one the peer only has to have the key of its certificate.
pub(crate) async fn connect(
    tls: &Tls,
    stream: TcpStream,
    target: &Target,
    patience: Duration,
) -> Result<Stream, FlowError> {
    let name = target.server_name.as_deref();
    let (config, server_name) = match name {
        Some(name) => {
            let parsed = ServerName::try_from(name);
            (&tls.named, parsed.map_err(|_| FlowError::Tls(TlsFault::Name))?.to_owned())
        }
        None => (&tls.unnamed, ServerName::from(target.address.ip())),
    };
    let shaking = TlsConnector::from(Arc::clone(config)).connect(server_name, Socket::new(stream));
    let stream = match timeout(patience, shaking).await {
        Ok(Ok(stream)) => Stream::new(TlsStream::Client(stream), name.is_some()),
        Ok(Err(error)) => return Err(reason(&error)),
        Err(_) => return Err(FlowError::Tls(TlsFault::TimedOut)),
    };
    match (target.protocol, name) {
        (Protocol::Sip, Some(name)) if !stream.names_exactly(name) => {
            Err(FlowError::Tls(TlsFault::WrongName))
        }
        (Protocol::Sip | Protocol::Msrp, _) => Ok(stream),
    }
}

/// Shakes hands as the side that was connected to.
pub(crate) async fn accept(
    config: Arc<ServerConfig>,
    stream: TcpStream,
    patience: Duration,
) -> Result<Stream, FlowError> {
    let shaking = TlsAcceptor::from(config).accept(Socket::new(stream));
    match timeout(patience, shaking).await {
        Ok(Ok(stream)) => Ok(Stream::new(TlsStream::Server(stream), false)),
        Ok(Err(error)) => Err(reason(&error)),
        Err(_) => Err(FlowError::Tls(TlsFault::TimedOut)),
    }
}

fn reason(error: &io::Error) -> FlowError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => FlowError::Tls(TlsFault::Closed),
        _ => crate::connection::reason(error),
    }
}
