//! `Args`: the command line.

mod account;
mod network;
mod tls;

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand, ValueEnum};

pub(crate) use account::AccountArgs;
pub(crate) use network::{
    Accept, DemoArgs, DialectArg, DispositionArg, ReceiveArgs, RegisterArgs, SendArgs, ServeArgs,
};
pub(crate) use tls::TlsArgs;

/// Sends and receives messages and files over SIP and MSRP (OMA SIMPLE IM), and explains what is on the wire.
#[derive(Debug, Parser)]
#[command(name = "simple-im", version, after_help = crate::exit::HELP, disable_help_subcommand = true)]
pub(crate) struct Args {
    /// Say more on standard error; twice for even more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Starts a server and three clients on this machine, sends, receives and compares
    Demo(DemoArgs),
    /// Sends a text and files
    Send(SendArgs),
    /// Takes what others send
    Receive(ReceiveArgs),
    /// Runs the embedded server, for tests and demos
    Serve(ServeArgs),
    /// Checks that an account works
    Register(RegisterArgs),
    /// Parses what it is given and explains it
    Inspect(InspectArgs),
}

/// What `inspect` is asked for.
#[derive(Debug, clap::Args)]
pub(crate) struct InspectArgs {
    /// What the input is
    #[arg(long = "as", value_name = "KIND")]
    pub(crate) kind: Kind,

    /// One JSON object a file, each on one line
    #[arg(long)]
    pub(crate) json: bool,

    /// Hand stream parsers N bytes at a time; other kinds are read whole
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) feed: Option<u64>,

    /// The boundary of a multipart body; without it the input starts with a header block that names it
    #[arg(long)]
    pub(crate) boundary: Option<String>,

    /// Files to read; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

/// What the input of `inspect` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// One SIP message, as a datagram carries it
    Sip,
    /// SIP messages one after the other, as a TCP connection carries them
    SipStream,
    /// A session description
    Sdp,
    /// MSRP frames one after the other
    Msrp,
    /// application/resource-lists+xml
    ResourceLists,
    /// A multipart body, or an entity with one
    Multipart,
    /// message/cpim
    Cpim,
    /// message/imdn+xml
    Imdn,
}

impl Kind {
    /// The name on the command line and in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sip => "sip",
            Self::SipStream => "sip-stream",
            Self::Sdp => "sdp",
            Self::Msrp => "msrp",
            Self::ResourceLists => "resource-lists",
            Self::Multipart => "multipart",
            Self::Cpim => "cpim",
            Self::Imdn => "imdn",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn kinds_have_the_names_that_clap_reads() {
        for kind in Kind::value_variants() {
            assert_eq!(Kind::from_str(kind.name(), false), Ok(*kind));
        }
    }
}
