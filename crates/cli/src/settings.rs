//! `Settings`: an account put together from options, environment and a TOML file, in this order.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::args::AccountArgs;
use crate::exit::{Exit, Failure};

/// Where to find a password that is not in a file.
const PASSWORD: &str = "SIMPLE_IM_PASSWORD";

/// An account; what is `None` was set nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Settings {
    /// Own address.
    pub(crate) account: Option<String>,
    pub(crate) display_name: Option<String>,
    /// For authentication.
    pub(crate) username: Option<String>,
    pub(crate) password: Option<Password>,
    pub(crate) registrar: Option<String>,
    pub(crate) outbound: Option<String>,
    pub(crate) conference_factory: Option<String>,
    /// MSRP relays, the nearest first.
    pub(crate) via_relay: Vec<String>,
    pub(crate) plain_relay: bool,
}

/// A password; neither printed nor logged.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Password(String);

impl Password {
    /// The password itself.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// The settings file. Keys are the names of the options.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    account: Option<String>,
    display_name: Option<String>,
    username: Option<String>,
    password: Option<Password>,
    /// Relative to the settings file.
    password_file: Option<PathBuf>,
    registrar: Option<String>,
    outbound: Option<String>,
    conference_factory: Option<String>,
    via_relay: Option<Vec<String>>,
    plain_relay: Option<bool>,
}

impl Settings {
    /// Reads options, the environment and the settings file.
    ///
    /// # Errors
    ///
    /// A file that is named and cannot be read, or is not what it should be.
    pub(crate) fn load(args: &AccountArgs) -> Result<Self, Failure> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self::assemble(args, &variable)
    }

    fn assemble(args: &AccountArgs, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let path = args.settings.clone().or_else(|| default_path(variable).filter(|path| path.is_file()));
        let file = path.as_deref().map(File::read).transpose()?.unwrap_or_default();
        let password = match (&args.password_file, variable(PASSWORD), file.password, file.password_file) {
            (Some(path), ..) => Some(read_password(path)?),
            (None, Some(password), ..) => Some(Password(password)),
            (None, None, Some(password), _) => Some(password),
            (None, None, None, Some(inside)) => {
                let folder = path.as_deref().and_then(Path::parent).unwrap_or_else(|| Path::new(""));
                Some(read_password(&folder.join(inside))?)
            }
            (None, None, None, None) => None,
        };
        let via_relay = match file.via_relay {
            Some(relays) if args.via_relay.is_empty() => relays,
            _ => args.via_relay.clone(),
        };
        if args.plain_relay && via_relay.is_empty() {
            return Err(Failure::new(Exit::Usage, "--plain-relay: there is no relay; give --via-relay too"));
        }
        Ok(Self {
            account: args.account.clone().or(file.account),
            display_name: args.display_name.clone().or(file.display_name),
            username: args.username.clone().or(file.username),
            password,
            registrar: args.registrar.clone().or(file.registrar),
            outbound: args.outbound.clone().or(file.outbound),
            conference_factory: args.conference_factory.clone().or(file.conference_factory),
            via_relay,
            plain_relay: args.plain_relay || file.plain_relay.unwrap_or_default(),
        })
    }
}

impl File {
    fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(|error| unusable(path, &error))?;
        // The error of `toml` draws the line it found: that line may hold the password.
        toml::from_str(&text).map_err(|error| unusable(path, &error.message()))
    }
}

/// The first line of a file.
fn read_password(path: &Path) -> Result<Password, Failure> {
    let text = fs::read_to_string(path).map_err(|error| unusable(path, &error))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Password(line.to_owned())),
        _ => Err(unusable(path, &"the first line is empty")),
    }
}

fn default_path(variable: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let folder = match variable("XDG_CONFIG_HOME") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(variable("HOME")?).join(".config"),
    };
    Some(folder.join("simple-im/settings.toml"))
}

fn unusable(path: &Path, error: &dyn fmt::Display) -> Failure {
    Failure::new(Exit::Usage, format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assemble(args: &AccountArgs, variables: &[(&str, &str)]) -> Result<Settings, Failure> {
        Settings::assemble(args, &|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    /// A folder with a settings file of this content.
    fn folder(content: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        fs::write(&path, content).unwrap();
        (folder, path)
    }

    #[test]
    fn options_come_before_the_file() {
        let (_folder, path) = folder(
            "account = \"sip:alice@example.com\"\ndisplay-name = \"Alice\"\npassword = \"open sesame\"\n\
             conference-factory = \"sip:factory@example.com\"\n",
        );
        let args = AccountArgs {
            settings: Some(path),
            account: Some("sip:alice@home.example".to_owned()),
            ..Default::default()
        };
        let settings = assemble(&args, &[]).unwrap();
        assert_eq!(settings.account.as_deref(), Some("sip:alice@home.example"));
        assert_eq!(settings.display_name.as_deref(), Some("Alice"));
        assert_eq!(settings.conference_factory.as_deref(), Some("sip:factory@example.com"));
        assert_eq!(settings.password.unwrap().reveal(), "open sesame");
    }

    #[test]
    fn a_relay_of_the_file_may_be_a_plain_one_by_option() {
        let (_folder, path) = folder("via-relay = [\"msrp://relay.example:2855;tcp\"]\n");
        let mut args = AccountArgs { settings: Some(path), plain_relay: true, ..Default::default() };
        let settings = assemble(&args, &[]).unwrap();
        assert!(settings.plain_relay && settings.via_relay == ["msrp://relay.example:2855;tcp"]);
        args.settings = None;
        assert_eq!(assemble(&args, &[]).unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn passwords_come_from_option_file_environment_settings() {
        let (folder, path) = folder("password-file = \"inside\"\n");
        fs::write(folder.path().join("inside"), "from the inside\nsecond line\n").unwrap();
        fs::write(folder.path().join("outside"), "from the outside").unwrap();
        let mut args = AccountArgs { settings: Some(path), ..Default::default() };
        let password = |args: &AccountArgs, variables: &[(&str, &str)]| {
            assemble(args, variables).unwrap().password.unwrap().reveal().to_owned()
        };
        assert_eq!(password(&args, &[]), "from the inside");
        assert_eq!(password(&args, &[(PASSWORD, "from the environment")]), "from the environment");
        args.password_file = Some(folder.path().join("outside"));
        assert_eq!(password(&args, &[(PASSWORD, "from the environment")]), "from the outside");
    }

    #[test]
    fn the_default_file_may_be_missing_and_a_named_one_may_not() {
        let (folder, _) = folder("");
        let home = folder.path().to_string_lossy().into_owned();
        assert_eq!(assemble(&AccountArgs::default(), &[("HOME", &home)]).unwrap(), Settings::default());
        let args = AccountArgs { settings: Some(folder.path().join("other.toml")), ..Default::default() };
        assert_eq!(assemble(&args, &[]).unwrap_err().exit, Exit::Usage);
        fs::create_dir(folder.path().join("simple-im")).unwrap();
        fs::write(folder.path().join("simple-im/settings.toml"), "username = \"ali\"").unwrap();
        let settings = assemble(&AccountArgs::default(), &[("XDG_CONFIG_HOME", &home)]).unwrap();
        assert_eq!(settings.username.as_deref(), Some("ali"));
    }

    #[test]
    fn mistakes_are_told_without_the_password() {
        let (_folder, path) = folder("password = 'open sesame' and more\n");
        let args = AccountArgs { settings: Some(path), ..Default::default() };
        let failure = assemble(&args, &[]).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(!failure.message.contains("sesame"), "{}", failure.message);
        let (_folder, path) = folder("pasword = 'open sesame'\n");
        let args = AccountArgs { settings: Some(path), ..Default::default() };
        let message = assemble(&args, &[]).unwrap_err().message;
        assert!(message.contains("pasword") && !message.contains("sesame"), "{message}");
        assert_eq!(format!("{:?}", Password("open sesame".to_owned())), "Password(..)");
    }
}
