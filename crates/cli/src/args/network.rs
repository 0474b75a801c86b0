//! What the commands take that use the network: demo, serve, register, send, receive.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{AccountArgs, TlsArgs};

/// What all of them share.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct OutputArgs {
    /// One JSON object an event, each on one line
    #[arg(long)]
    pub(crate) json: bool,

    /// Keep every message in this folder, with a capture for Wireshark
    #[arg(long, value_name = "DIR")]
    pub(crate) trace: Option<PathBuf>,
}

/// `simple-im demo`
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// Everything inside TLS, with certificates made for this run
    #[arg(long)]
    pub(crate) tls: bool,

    /// Files to send; some are made up if there is none
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

/// `simple-im serve`
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) tls: TlsArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// Address for SIP, UDP and TCP on the same port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5060")]
    pub(crate) listen: SocketAddr,

    /// Address for MSRP; default is a free port of the same host
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen_msrp: Option<SocketAddr>,

    /// Address for an MSRP relay for the accounts; there is none without this
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) msrp_relay: Option<SocketAddr>,

    /// Address for SIP over TLS, where TLS is on; default is a free port of the same host
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen_tls: Option<SocketAddr>,

    /// Domain that the server is responsible for; default is its address
    #[arg(long, value_name = "NAME")]
    pub(crate) domain: Option<String>,

    /// File with one account a line: `user:password`
    #[arg(long, value_name = "FILE")]
    pub(crate) users: PathBuf,
}

/// `simple-im register`
#[derive(Debug, Args)]
pub(crate) struct RegisterArgs {
    #[command(flatten)]
    pub(crate) account: AccountArgs,

    #[command(flatten)]
    pub(crate) tls: TlsArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// Stay registered until Ctrl-C instead of checking that it works
    #[arg(long)]
    pub(crate) stay: bool,
}

/// `simple-im send`
#[derive(Debug, Args)]
pub(crate) struct SendArgs {
    #[command(flatten)]
    pub(crate) account: AccountArgs,

    #[command(flatten)]
    pub(crate) tls: TlsArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// Recipient; more than one go through the conference factory
    #[arg(long, value_name = "URI", required_unless_present = "group", conflicts_with = "group")]
    pub(crate) to: Vec<String>,

    /// Group that a server knows the members of
    #[arg(long, value_name = "URI")]
    pub(crate) group: Option<String>,

    /// Text to send
    #[arg(long, required_unless_present = "file")]
    pub(crate) text: Option<String>,

    /// File to send; may be given again
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Vec<PathBuf>,

    /// Small picture that previews the first file
    #[arg(long, value_name = "ICON", requires = "file")]
    pub(crate) preview: Option<PathBuf>,

    /// What the recipient shall do with the files
    #[arg(long, value_enum, default_value_t)]
    pub(crate) disposition: DispositionArg,

    /// Which attributes describe the files
    #[arg(long, value_enum, default_value_t)]
    pub(crate) dialect: DialectArg,

    /// Send files no faster than this, in octets a second, from 8192 on
    #[arg(long, value_name = "BYTES", requires = "file", value_parser = clap::value_parser!(u64).range(8192..))]
    pub(crate) rate: Option<u64>,

    /// Note in this folder how far files have come, and go on from there when they are sent again; to one recipient
    #[arg(long, value_name = "DIR", requires = "file", conflicts_with = "group")]
    pub(crate) resume: Option<PathBuf>,

    /// Seconds until an INVITE that only rings is cancelled
    #[arg(long, env = "SIMPLE_IM_RING_TIMEOUT", value_name = "SECONDS", value_parser = seconds, default_value = "120")]
    pub(crate) ring_timeout: Duration,

    /// Seconds to wait for delivery reports
    #[arg(long, env = "SIMPLE_IM_REPORT_TIMEOUT", value_name = "SECONDS", value_parser = seconds, default_value = "120")]
    pub(crate) report_timeout: Duration,
}

/// `simple-im receive`
#[derive(Debug, Args)]
pub(crate) struct ReceiveArgs {
    #[command(flatten)]
    pub(crate) account: AccountArgs,

    #[command(flatten)]
    pub(crate) tls: TlsArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// Address for SIP, UDP and TCP on the same port; default is a free port of 127.0.0.1
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,

    /// Folder that received files go to
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,

    /// Keep what breaks off in the folder, for a sender that goes on from there
    #[arg(long)]
    pub(crate) resume: bool,

    /// What to take: all | ask | max-size=BYTES | types=TYPE[,TYPE..]
    #[arg(long, value_name = "RULE", default_value = "ask")]
    pub(crate) accept: Accept,

    /// End after so many messages; the rest of a file whose start is not here is none
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
}

/// Suggests to show or to store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum DispositionArg {
    /// Show it
    Inline,
    /// Store it
    #[default]
    Attachment,
}

/// File attributes of 2006, of RFC 5547, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum DialectArg {
    /// Those of the draft of 2006
    Legacy,
    /// Those of RFC 5547
    Rfc5547,
    /// Both
    #[default]
    Dual,
}

/// What `receive` takes without or with asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Accept {
    /// Everything.
    All,
    /// What the user says yes to.
    Ask,
    /// Files of at most so many octets.
    MaxSize(u64),
    /// Files of these media types; `image/*` is one.
    Types(Vec<String>),
}

impl FromStr for Accept {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            None if text == "all" => Ok(Self::All),
            None if text == "ask" => Ok(Self::Ask),
            Some(("max-size", size)) => {
                size.parse().map(Self::MaxSize).map_err(|_| "the size is a number of octets".to_owned())
            }
            Some(("types", types)) => {
                let types: Vec<String> = types.split(',').map(|ty| ty.trim().to_owned()).collect();
                match types.iter().find(|ty| grammar::MediaRange::parse(ty).is_err()) {
                    None => Ok(Self::Types(types)),
                    Some(bad) => Err(format!("{bad:?} is no media type")),
                }
            }
            _ => Err("one of: all, ask, max-size=BYTES, types=TYPE[,TYPE..]".to_owned()),
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number <= 86_400.0 => Ok(Duration::from_secs_f64(number)),
        _ => Err("a number of seconds above 0, at most 86400".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory as _, Parser};

    #[derive(Debug, Parser)]
    enum Commands {
        Demo(DemoArgs),
        Serve(ServeArgs),
        Register(RegisterArgs),
        Send(SendArgs),
        Receive(ReceiveArgs),
    }

    fn send(words: &[&str]) -> Result<SendArgs, clap::Error> {
        match Commands::try_parse_from(["simple-im", "send"].iter().chain(words))? {
            Commands::Send(args) => Ok(args),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_command_lines_are_sound() {
        Commands::command().debug_assert();
    }

    #[test]
    fn send_needs_recipients_and_something_to_send() {
        assert!(send(&["--to", "sip:bob@example.com", "--text", "hi"]).is_ok());
        assert!(send(&["--group", "sip:team@example.com", "--file", "a"]).is_ok());
        for words in [
            &["--text", "hi"][..],
            &["--to", "sip:bob@example.com"],
            &["--to", "sip:bob@example.com", "--group", "sip:team@example.com", "--text", "hi"],
            &["--to", "sip:bob@example.com", "--text", "hi", "--preview", "icon.png"],
            &["--to", "sip:bob@example.com", "--text", "hi", "--ring-timeout", "0"],
        ] {
            assert!(send(words).is_err(), "{words:?}");
        }
        let args = send(&["--to", "sip:a@b", "--text", "x", "--report-timeout", "0.5"]).unwrap();
        assert_eq!(args.report_timeout, Duration::from_millis(500));
        assert_eq!((args.dialect, args.disposition), (DialectArg::Dual, DispositionArg::Attachment));
    }

    #[test]
    fn rules_of_what_to_accept() {
        assert_eq!("all".parse(), Ok(Accept::All));
        assert_eq!("max-size=10".parse(), Ok(Accept::MaxSize(10)));
        assert_eq!(
            "types=image/*, text/plain".parse(),
            Ok(Accept::Types(vec!["image/*".to_owned(), "text/plain".to_owned()]))
        );
        for bad in ["", "some", "max-size=1k", "types=", "types=a b", "all=1"] {
            assert!(bad.parse::<Accept>().is_err(), "{bad:?}");
        }
    }
}
