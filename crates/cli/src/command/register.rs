//! `simple-im register`: checks that an account works, or stays registered.

use client::Client;

use super::connect::{self, failure, tell};
use super::interrupt::Interrupt;
use super::registered::Registered;
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
        .listen(connect::any_address(&connect::uri("account", server)?));
    if let Some(trace) = &trace {
        builder = builder.tap(trace.tap("me", See::Both));
    }
    let client = builder.start().await.map_err(|error| failure(&error))?;
    let mut interrupt = Interrupt::new();
    // Whatever comes of it, what was registered is taken back.
    let outcome = keep(args, &client, account, reporter, &mut interrupt).await;
    interrupt.shut_down(&client).await;
    connect::finish(trace, reporter);
    outcome
}

/// Registers, and stays so for as long as is asked for.
async fn keep(
    args: &RegisterArgs,
    client: &Client,
    account: &str,
    reporter: &Reporter,
    interrupt: &mut Interrupt,
) -> Result<Exit, Failure> {
    let mut registered = Registered::new(client, account);
    let expires = tokio::select! {
        expires = client.register() => expires.map_err(|error| failure(&error))?,
        () = interrupt.next() => return Err(Failure::new(Exit::Cancelled, "")),
    };
    tell(reporter, &Event::Registered { account, expires: expires.as_secs() })?;
    if args.stay {
        tokio::select! {
            failure = registered.over(reporter) => return Err(failure),
            () = interrupt.next() => {}
        }
    }
    Ok(Exit::Success)
}
