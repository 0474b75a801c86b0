//! `Running`: a command under way.

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

/// A command under way, and what it tells.
pub(crate) struct Running {
    pub(crate) child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// The command with these arguments and `--json`.
    pub(crate) fn new(command: &str, args: &[&str]) -> Self {
        Self::spawn(self::command(command).args(args))
    }

    /// A [`command`] with its arguments.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next event that fits.
    pub(crate) fn wait_for(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        let events = self.lines.by_ref().map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
        let mut told = Vec::new();
        for event in events {
            if fits(&event) {
                return event;
            }
            told.push(event);
        }
        panic!("{told:#?}")
    }

    /// Sends it a signal such as `-INT`.
    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: &str) {
        let killed = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(killed.unwrap().success());
    }

    /// Every event that is left, and the exit code.
    pub(crate) fn end(mut self) -> (Vec<Value>, Option<i32>) {
        let events = self.lines.by_ref().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
        (events, self.child.wait().unwrap().code())
    }
}

/// The command, which tells what happens as JSON.
pub(crate) fn command(name: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_simple-im"));
    command.args([name, "--json"]);
    command
}

/// A standard output that nobody reads any more.
pub(crate) fn nobody() -> Stdio {
    let (_, writer) = std::io::pipe().unwrap();
    writer.into()
}
