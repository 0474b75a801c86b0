//! `AccountArgs`: who we are, as options and environment; the rest comes from the settings file.

use std::path::PathBuf;

/// Options of an account. There is none for a password: every user of the machine could read it.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Account")]
pub(crate) struct AccountArgs {
    /// Settings file; default `simple-im/settings.toml` in the configuration folder, if there is one
    #[arg(long, env = "SIMPLE_IM_SETTINGS", value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,

    /// Own address, such as sip:alice@example.com
    #[arg(long, env = "SIMPLE_IM_ACCOUNT", value_name = "URI")]
    pub(crate) account: Option<String>,

    /// Name shown to others
    #[arg(long, env = "SIMPLE_IM_DISPLAY_NAME", value_name = "NAME")]
    pub(crate) display_name: Option<String>,

    /// User name for authentication; default is the user part of the address
    #[arg(long, env = "SIMPLE_IM_USERNAME", value_name = "NAME")]
    pub(crate) username: Option<String>,

    /// File whose first line is the password; or put it into SIMPLE_IM_PASSWORD
    #[arg(long, env = "SIMPLE_IM_PASSWORD_FILE", value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,

    /// Where to register; default is the domain of the address
    #[arg(long, env = "SIMPLE_IM_REGISTRAR", value_name = "URI")]
    pub(crate) registrar: Option<String>,

    /// Proxy that every request goes to first
    #[arg(long, env = "SIMPLE_IM_OUTBOUND", value_name = "URI")]
    pub(crate) outbound: Option<String>,

    /// MSRP relay for content in both directions, such as msrps://relay.example;tcp; more than one: the nearest first
    #[arg(long, env = "SIMPLE_IM_MSRP_RELAYS", value_name = "URI", value_delimiter = ',')]
    pub(crate) via_relay: Vec<String>,

    /// Let the first relay be one without TLS (msrp)
    #[arg(long)]
    pub(crate) plain_relay: bool,

    /// Server that sends to several recipients
    #[arg(long, env = "SIMPLE_IM_CONFERENCE_FACTORY", value_name = "URI")]
    pub(crate) conference_factory: Option<String>,
}
