//! `Lab`: the folder, the free ports and the programs of one scenario. Every wait has an end.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::now;
use crate::{Result, run};

/// The most any program may take to be ready.
const READY: Duration = Duration::from_secs(15);
/// How often we look whether something happened.
const LOOK: Duration = Duration::from_millis(20);
/// The end of a log is what one wants to see.
const LOG_LINES: usize = 40;

/// What one scenario works with. Whatever still runs at its end is killed.
#[derive(Debug)]
pub(crate) struct Lab {
    folder: PathBuf,
    command: PathBuf,
    running: Vec<Running>,
    /// Held until the end so that no port is handed out twice.
    taken: Vec<u16>,
}

#[derive(Debug)]
struct Running {
    name: String,
    child: Child,
    ended: Option<i32>,
}

/// A program of a [`Lab`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Handle(usize);

impl Lab {
    /// A scenario that works in `folder` and tests `command`.
    pub(crate) fn new(folder: PathBuf, command: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Self { folder, command, running: Vec::new(), taken: Vec::new() })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A folder in the folder.
    pub(crate) fn subfolder(&self, name: &str) -> Result<PathBuf> {
        let path = self.path(name);
        fs::create_dir_all(&path)?;
        Ok(path)
    }

    /// A file of `size` octets that repeat after a long time only.
    pub(crate) fn file(&self, name: &str, size: usize) -> Result<PathBuf> {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let content: Vec<u8> = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_be_bytes()[0]
        })
        .take(size)
        .collect();
        let path = self.path(name);
        fs::write(&path, content)?;
        Ok(path)
    }

    /// A port that is free for UDP and TCP on loopback.
    pub(crate) fn port(&mut self) -> Result<u16> {
        for _ in 0..100 {
            let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let port = tcp.local_addr()?.port();
            if !self.taken.contains(&port) && UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
                self.taken.push(port);
                return Ok(port);
            }
        }
        Err("no free port on 127.0.0.1".into())
    }

    /// `simple-im` with these arguments; settings of the machine play no part.
    pub(crate) fn simple_im<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(&self.command);
        command.args(args);
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SIMPLE_IM_"))
        {
            command.env_remove(name);
        }
        command.env("XDG_CONFIG_HOME", &self.folder).env("HOME", &self.folder);
        command
    }

    /// A file that comes with the scenarios.
    pub(crate) fn shipped(name: &str) -> PathBuf {
        run::root().join("xtask/interop").join(name)
    }

    /// Starts a program; what it prints goes to `<name>.log`.
    pub(crate) fn start(&mut self, name: &str, command: &mut Command) -> Result<Handle> {
        let log = File::create(self.path(&format!("{name}.log")))?;
        let child = command
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{}: {error}", run::line(command)))?;
        self.running.push(Running { name: name.to_owned(), child, ended: None });
        Ok(Handle(self.running.len() - 1))
    }

    /// Starts a program and waits until it listens on TCP.
    pub(crate) fn start_listening(&mut self, name: &str, port: u16, command: &mut Command) -> Result<Handle> {
        let handle = self.start(name, command)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        self.until(handle, &format!("does not listen on {address}"), |_| {
            Ok(TcpStream::connect_timeout(&address, READY).is_ok())
        })?;
        Ok(handle)
    }

    /// Starts a program and waits until it holds the UDP port.
    pub(crate) fn start_datagrams(&mut self, name: &str, port: u16, command: &mut Command) -> Result<Handle> {
        let handle = self.start(name, command)?;
        self.until(handle, &format!("does not bind UDP port {port}"), |_| {
            Ok(UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_err())
        })?;
        Ok(handle)
    }

    /// Waits until the log of a program contains `text`.
    pub(crate) fn wait_for(&mut self, handle: Handle, text: &str) -> Result {
        let path = self.path(&format!("{}.log", self.name(handle)));
        self.until(handle, &format!("did not print {text:?}"), |_| {
            Ok(String::from_utf8_lossy(&fs::read(&path)?).contains(text))
        })
    }

    /// Asks until the answer is yes; a program that has ended cannot become ready.
    fn until(&mut self, handle: Handle, not_yet: &str, ready: impl Fn(&Self) -> Result<bool>) -> Result {
        let deadline = now() + READY;
        loop {
            let over = self.ended(handle)?;
            if ready(self)? {
                return Ok(());
            }
            if let Some(code) = over {
                return Err(format!("{} ended with {code} and {not_yet}", self.name(handle)).into());
            }
            if now() > deadline {
                return Err(format!("{} {not_yet} within {} s", self.name(handle), READY.as_secs()).into());
            }
            sleep(LOOK);
        }
    }

    /// Waits for the end of a program and hands back its exit code; -1 after a signal.
    pub(crate) fn wait(&mut self, handle: Handle, within: Duration) -> Result<i32> {
        let deadline = now() + within;
        loop {
            if let Some(code) = self.ended(handle)? {
                return Ok(code);
            }
            if now() > deadline {
                return Err(format!("{} runs for more than {} s", self.name(handle), within.as_secs()).into());
            }
            sleep(LOOK);
        }
    }

    /// Waits for the end of a program, which must be with this exit code.
    pub(crate) fn expect(&mut self, handle: Handle, code: i32, within: Duration) -> Result {
        let got = self.wait(handle, within)?;
        if got == code {
            Ok(())
        } else {
            Err(format!("{} ended with {got}, not {code}", self.name(handle)).into())
        }
    }

    /// Starts a program and waits for its end with this exit code.
    pub(crate) fn run(&mut self, name: &str, command: &mut Command, code: i32, within: Duration) -> Result {
        let handle = self.start(name, command)?;
        self.expect(handle, code, within)
    }

    /// What a program printed.
    pub(crate) fn log(&self, handle: Handle) -> Result<String> {
        let path = self.path(&format!("{}.log", self.name(handle)));
        Ok(String::from_utf8_lossy(&fs::read(path)?).into_owned())
    }

    /// Does to a program what Ctrl-C does.
    pub(crate) fn interrupt(&mut self, handle: Handle) -> Result {
        let running = self.running.get(handle.0).ok_or("no such program")?;
        run::run(Command::new("kill").args(["-INT", &running.child.id().to_string()]))
    }

    /// Ends a program without a word to it.
    pub(crate) fn kill(&mut self, handle: Handle) -> Result {
        let running = self.running.get_mut(handle.0).ok_or("no such program")?;
        Ok(running.child.kill()?)
    }

    fn name(&self, handle: Handle) -> String {
        self.running.get(handle.0).map(|running| running.name.clone()).unwrap_or_default()
    }

    fn ended(&mut self, handle: Handle) -> Result<Option<i32>> {
        let running = self.running.get_mut(handle.0).ok_or("no such program")?;
        if running.ended.is_none() {
            running.ended = running.child.try_wait()?.map(|status| status.code().unwrap_or(-1));
        }
        Ok(running.ended)
    }

    /// Ends what still runs.
    pub(crate) fn stop(&mut self) {
        for running in self.running.iter_mut().filter(|running| running.ended.is_none()) {
            // Gone already, or ours to kill: both are fine.
            let _ = running.child.kill();
            running.ended = running.child.wait().ok().map(|status| status.code().unwrap_or(-1));
        }
    }

    /// The ends of all logs, for people.
    pub(crate) fn logs(&self) -> String {
        let mut text = String::new();
        for path in run::files_below(&self.folder)
            .iter()
            .filter(|path| path.extension().is_some_and(|end| end == "log"))
        {
            let log = String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
            let skipped = log.lines().count().saturating_sub(LOG_LINES);
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let _ = writeln!(text, "--- {name}{}", if skipped > 0 { " (end)" } else { "" });
            for line in log.lines().skip(skipped) {
                let _ = writeln!(text, "    {line}");
            }
        }
        text
    }

    /// Removes the folder with all that is in it.
    pub(crate) fn remove(self) {
        // A folder that stays behind in the place for temporary things hurts nobody.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Two files must have the same content.
pub(crate) fn same(sent: &Path, received: &Path) -> Result {
    let read = |path: &Path| fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let (left, right) = (read(sent)?, read(received)?);
    if left == right {
        return Ok(());
    }
    Err(format!(
        "{} ({} octets) differs from {} ({} octets)",
        received.display(),
        right.len(),
        sent.display(),
        left.len()
    )
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lab(name: &str) -> Lab {
        let folder = std::env::temp_dir().join(format!("xtask-lab-{name}-{}", std::process::id()));
        Lab::new(folder, PathBuf::from("/bin/sh")).unwrap()
    }

    #[test]
    fn exit_codes_and_output_are_seen() {
        let mut lab = lab("codes");
        let program = lab.start("program", Command::new("sh").args(["-c", "echo ready; exit 3"])).unwrap();
        lab.wait_for(program, "ready").unwrap();
        assert_eq!(lab.wait(program, READY).unwrap(), 3);
        assert!(lab.expect(program, 0, READY).unwrap_err().to_string().contains("ended with 3, not 0"));
        assert!(lab.wait_for(program, "steady").unwrap_err().to_string().contains("did not print"));
        assert!(lab.logs().contains("    ready"));
        lab.remove();
    }

    #[test]
    fn nothing_outlives_its_lab() {
        let mut lab = lab("ends");
        let program = lab.start("program", Command::new("sleep").arg("60")).unwrap();
        assert!(lab.wait(program, Duration::from_millis(50)).is_err());
        lab.stop();
        assert_eq!(lab.wait(program, Duration::ZERO).unwrap(), -1);
        lab.remove();
    }

    #[test]
    fn ports_are_not_handed_out_twice() {
        let mut lab = lab("ports");
        let mut ports: Vec<u16> = (0..20).map(|_| lab.port().unwrap()).collect();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 20);
        lab.remove();
    }
}
