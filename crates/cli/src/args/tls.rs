//! `TlsArgs`: what TLS is made of.

use std::path::PathBuf;

/// Options of TLS. Any of them turns it on.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "TLS")]
pub(crate) struct TlsArgs {
    /// PEM file with the authorities that vouch for servers; without it no server is trusted by name
    #[arg(long, env = "SIMPLE_IM_TLS_CA", value_name = "FILE")]
    pub(crate) tls_ca: Option<PathBuf>,

    /// PEM file with the own certificate and those up to its authority; default is one made for this run
    #[arg(long, env = "SIMPLE_IM_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// PEM file with the private key of that certificate
    #[arg(long, env = "SIMPLE_IM_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,

    /// Content travels inside TLS (msrps) or not at all; certificates are compared with their fingerprints in SDP
    #[arg(long)]
    pub(crate) msrps: bool,
}
