//! `simple-im register`: checks that an account works, or stays registered.

use super::connect::{self, failure, tell};
use crate::args::RegisterArgs;
use crate::exit::{Exit, Failure};
use crate::report::{Event, Reporter};
use crate::settings::Settings;
use crate::trace::See;

/// Registers, and takes it back at the end.
///
/// # Errors
///
/// See [`crate::exit::HELP`].
pub(crate) fn run(args: &RegisterArgs) -> Result<Exit, Failure> {
    let reporter = Reporter::stdout(args.output.json);
    connect::run(&reporter, register(args, &reporter))
}

async fn register(args: &RegisterArgs, reporter: &Reporter) -> Result<Exit, Failure> {
    let settings = Settings::load(&args.account)?;
    let Some(account) = settings.account.as_deref() else {
        return Err(Failure::new(Exit::Usage, "which account? Give --account or a settings file"));
    };
    let trace = connect::trace(args.output.trace.as_deref())?;
    let server = settings.outbound.as_deref().or(settings.registrar.as_deref()).unwrap_or(account);
    let mut builder = connect::builder(&settings, &args.tls)?
        .listen(connect::any_address(&[connect::uri("account", server)?]));
    if let Some(trace) = &trace {
        builder = builder.tap(trace.tap("me", See::Both));
    }
    let client = builder.start().await.map_err(|error| failure(&error))?;
    let registered = tokio::select! {
        registered = client.register() => registered.map_err(|error| failure(&error)),
        _ = tokio::signal::ctrl_c() => Err(Failure::new(Exit::Cancelled, "")),
    };
    if let Ok(expires) = &registered {
        tell(reporter, &Event::Registered { account, expires: expires.as_secs() })?;
        if args.stay {
            // An error means no signals here, and then nobody could ever end it.
            let _ = tokio::signal::ctrl_c().await;
        }
    }
    client.shutdown().await;
    connect::finish(trace)?;
    registered.map(|_| Exit::Success)
}
