//! SIPp as the other user agent; msrp_peer.py is its MSRP side.

use std::fs;
use std::process::Command;
use std::time::Duration;

use super::Scenario;
use super::lab::{Handle, Lab, same};
use crate::{Result, run};

/// What `simple-im --help` says about its exit codes.
mod exit {
    pub(super) const DELIVERED: i32 = 0;
    pub(super) const REFUSED: i32 = 3;
    pub(super) const NOT_DELIVERED: i32 = 4;
    pub(super) const UNCONFIRMED: i32 = 5;
    pub(super) const UNREACHABLE: i32 = 6;
    pub(super) const AUTHENTICATION: i32 = 8;
    pub(super) const CANCELLED: i32 = 130;
}

/// The most a scenario may take: timers of the command are shortened by flags.
const MOST: Duration = Duration::from_secs(40);
const FILE_SIZE: usize = 300_000;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "sipp-direct",
        shows: "200 without isfocus over TCP: text and file arrive, we hang up",
        run: |lab| files(lab, Tcp, "", &["--report"]),
    },
    Scenario {
        name: "sipp-udp-only",
        shows: "large INVITE, peer without TCP: falls back to UDP",
        run: |lab| files(lab, Udp, "", &[]),
    },
    Scenario {
        name: "sipp-focus",
        shows: "200 with isfocus: delivered when the REPORTs are there",
        run: |lab| files(lab, Tcp, ";isfocus", &["--report"]),
    },
    Scenario {
        name: "sipp-focus-silent",
        shows: "200 with isfocus, no REPORT: unconfirmed",
        run: focus_silent,
    },
    Scenario {
        name: "sipp-list",
        shows: "two recipients: conference factory gets a recipient list",
        run: list,
    },
    Scenario { name: "sipp-auth", shows: "401, then 200 to the right digest", run: auth },
    Scenario { name: "sipp-wrong-password", shows: "401 again: authentication failed", run: wrong_password },
    Scenario { name: "sipp-busy", shows: "486: refused", run: busy },
    Scenario { name: "sipp-redirect", shows: "302: the text goes to the other address", run: redirect },
    Scenario {
        name: "sipp-no-answer",
        shows: "180 and nothing more: CANCEL after the ring time",
        run: no_answer,
    },
    Scenario { name: "sipp-nobody", shows: "nothing listens: unreachable at once", run: nobody },
    Scenario { name: "sipp-cancel", shows: "Ctrl-C while ringing: CANCEL", run: cancel },
    Scenario { name: "sipp-repeated-200", shows: "repeated 200: an ACK for every copy", run: repeated_200 },
    Scenario {
        name: "sipp-msrp-closes",
        shows: "MSRP peer closes in mid-file: not delivered",
        run: msrp_closes,
    },
    Scenario {
        name: "sipp-msrp-garbage",
        shows: "MSRP peer answers garbage: not delivered",
        run: msrp_garbage,
    },
    Scenario {
        name: "sipp-uac-file",
        shows: "SIPp offers a file to `receive`: stored byte for byte",
        run: uac_file,
    },
    Scenario {
        name: "sipp-uac-audio",
        shows: "SIPp offers audio to `receive`: 488",
        run: |lab| uac(lab, "uac_audio"),
    },
    Scenario {
        name: "sipp-uac-options",
        shows: "OPTIONS to `receive`: 200",
        run: |lab| uac(lab, "uac_options"),
    },
];

#[derive(Clone, Copy)]
enum Transport {
    Udp,
    Tcp,
}
use Transport::{Tcp, Udp};

/// SIPp with one of our scenario files, for one call.
fn sipp(scenario: &str, port: u16, transport: Transport) -> Command {
    let mut command = Command::new("sipp");
    command.arg("-sf").arg(Lab::shipped(&format!("{scenario}.xml")));
    command.args(["-i", "127.0.0.1", "-p", &port.to_string(), "-m", "1", "-nostdin"]);
    command.args(["-t", if matches!(transport, Tcp) { "t1" } else { "u1" }]);
    // -nr: what we send again is a message of the scenario, not something that SIPp answers by itself.
    command.args(["-timeout", "35s", "-timeout_error", "-skip_rlimit", "-nr"]);
    command.args(["-trace_err", "-error_file", &format!("{scenario}-errors.log")]);
    command.args(["-trace_msg", "-message_file", &format!("{scenario}-messages.log")]);
    command
}

/// SIPp that waits for our INVITE.
fn answering(
    lab: &mut Lab,
    scenario: &str,
    transport: Transport,
    keys: &[(&str, &str)],
) -> Result<(Handle, u16)> {
    let port = lab.port()?;
    let mut command = sipp(scenario, port, transport);
    for (name, value) in keys {
        command.args(["-key", name, value]);
    }
    let handle = match transport {
        // SIPp takes the first TCP connection for a peer: looking whether it listens would disturb nothing else.
        Tcp => lab.start_listening(scenario, port, &mut command)?,
        Udp => lab.start_datagrams(scenario, port, &mut command)?,
    };
    Ok((handle, port))
}

/// The MSRP side; its port and the folder it writes to.
fn msrp_peer(lab: &mut Lab, args: &[&str]) -> Result<(Handle, u16)> {
    let port = lab.port()?;
    let store = lab.subfolder("store")?;
    let mut command = Command::new("python3");
    command
        .arg(Lab::shipped("msrp_peer.py"))
        .args(["listen", &port.to_string(), "--store"])
        .arg(store)
        .args(args);
    let handle = lab.start("msrp-peer", &mut command)?;
    lab.wait_for(handle, "listening")?;
    Ok((handle, port))
}

/// `simple-im send` with what all scenarios share.
fn send(lab: &Lab, to: &str) -> Command {
    let mut command =
        lab.simple_im(["send", "--account", "sip:alice@127.0.0.1", "--text", "Hello from interop"]);
    command.args(["--to", to, "--trace", "trace"]);
    command.env("SIMPLE_IM_REPORT_TIMEOUT", "3").env("SIMPLE_IM_RING_TIMEOUT", "3");
    command
}

fn files(lab: &mut Lab, transport: Transport, focus: &str, msrp_args: &[&str]) -> Result {
    let (peer, msrp_port) = msrp_peer(lab, msrp_args)?;
    let (uas, port) =
        answering(lab, "uas_files", transport, &[("msrp_port", &msrp_port.to_string()), ("focus", focus)])?;
    let file = lab.file("picture one.bin", FILE_SIZE)?;
    let uri = match transport {
        Tcp => format!("sip:bob@127.0.0.1:{port};transport=tcp"),
        Udp => format!("sip:bob@127.0.0.1:{port}"),
    };
    lab.run("send", send(lab, &uri).arg("--file").arg(&file), exit::DELIVERED, MOST)?;
    lab.expect(uas, 0, MOST)?;
    lab.expect(peer, 0, MOST)?;
    first_is_bodiless(lab, peer)?;
    check_text(lab)?;
    same(&file, &stored(lab, "file-")?)
}

/// The file the MSRP side stored for a session.
fn stored(lab: &Lab, session: &str) -> Result<std::path::PathBuf> {
    let found = run::files_below(&lab.path("store"));
    let mut matching = found
        .into_iter()
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(session)));
    match (matching.next(), matching.next()) {
        (Some(path), None) => Ok(path),
        (None, _) => Err(format!("no message arrived for session {session}").into()),
        (Some(_), Some(_)) => Err(format!("more than one message arrived for session {session}").into()),
    }
}

fn check_text(lab: &Lab) -> Result {
    let text = fs::read_to_string(stored(lab, "text-")?)?;
    if text == "Hello from interop" { Ok(()) } else { Err(format!("the text arrived as {text:?}").into()) }
}

/// msrplib loses a first SEND that has content.
fn first_is_bodiless(lab: &Lab, peer: Handle) -> Result {
    if lab.log(peer)?.contains("first bodiless") { Ok(()) } else { Err("the first SEND had content".into()) }
}

/// A text to a UAS of this scenario; what `send` must end with.
fn text(lab: &mut Lab, scenario: &str, focus: &str, msrp_args: &[&str], code: i32, more: &[&str]) -> Result {
    let (_, msrp_port) = msrp_peer(lab, msrp_args)?;
    let (uas, port) =
        answering(lab, scenario, Udp, &[("msrp_port", &msrp_port.to_string()), ("focus", focus)])?;
    let mut command = send(lab, &format!("sip:bob@127.0.0.1:{port}"));
    command.env("SIMPLE_IM_PASSWORD", "open sesame");
    lab.run("send", command.args(more), code, MOST)?;
    lab.expect(uas, 0, MOST)
}

fn focus_silent(lab: &mut Lab) -> Result {
    text(lab, "uas_text", ";isfocus", &[], exit::UNCONFIRMED, &[])?;
    check_text(lab)
}

fn list(lab: &mut Lab) -> Result {
    let (_, msrp_port) = msrp_peer(lab, &["--report"])?;
    let (uas, port) =
        answering(lab, "uas_list", Tcp, &[("msrp_port", &msrp_port.to_string()), ("focus", ";isfocus")])?;
    let factory = format!("sip:factory@127.0.0.1:{port};transport=tcp");
    let mut command = send(lab, "sip:bob@example.test");
    command.args(["--to", "sip:carol@example.test", "--conference-factory", &factory]);
    lab.run("send", &mut command, exit::DELIVERED, MOST)?;
    lab.expect(uas, 0, MOST)?;
    check_text(lab)
}

fn auth(lab: &mut Lab) -> Result {
    text(lab, "uas_auth", "", &[], exit::DELIVERED, &["--username", "alice"])?;
    check_text(lab)
}

fn wrong_password(lab: &mut Lab) -> Result {
    text(lab, "uas_challenges", "", &[], exit::AUTHENTICATION, &["--username", "alice"])
}

fn busy(lab: &mut Lab) -> Result {
    text(lab, "uas_busy", "", &[], exit::REFUSED, &[])
}

fn no_answer(lab: &mut Lab) -> Result {
    text(lab, "uas_rings", "", &[], exit::UNREACHABLE, &[])
}

fn repeated_200(lab: &mut Lab) -> Result {
    // The MSRP side holds the transfer back until the last copy is out.
    text(lab, "uas_repeated_200", "", &["--hold", "2"], exit::DELIVERED, &[])?;
    check_text(lab)
}

fn nobody(lab: &mut Lab) -> Result {
    let port = lab.port()?;
    let mut command = send(lab, &format!("sip:bob@127.0.0.1:{port};transport=tcp"));
    lab.run("send", &mut command, exit::UNREACHABLE, Duration::from_secs(10))
}

fn redirect(lab: &mut Lab) -> Result {
    let (_, msrp_port) = msrp_peer(lab, &[])?;
    let (second, elsewhere) =
        answering(lab, "uas_text", Udp, &[("msrp_port", &msrp_port.to_string()), ("focus", "")])?;
    let (first, port) = answering(lab, "uas_redirect", Udp, &[("elsewhere", &elsewhere.to_string())])?;
    let mut command = send(lab, &format!("sip:bob@127.0.0.1:{port}"));
    lab.run("send", &mut command, exit::DELIVERED, MOST)?;
    lab.expect(first, 0, MOST)?;
    lab.expect(second, 0, MOST)?;
    check_text(lab)
}

fn cancel(lab: &mut Lab) -> Result {
    let (uas, port) = answering(lab, "uas_rings", Udp, &[])?;
    let mut command = send(lab, &format!("sip:bob@127.0.0.1:{port}"));
    let sending = lab.start("send", command.args(["--json"]).env("SIMPLE_IM_RING_TIMEOUT", "30"))?;
    lab.wait_for(sending, "\"ringing\"")?;
    lab.interrupt(sending)?;
    lab.expect(sending, exit::CANCELLED, MOST)?;
    lab.expect(uas, 0, MOST)
}

/// The MSRP side misbehaves while the file is under way; SIP ends with a BYE of ours.
fn misbehaving(lab: &mut Lab, msrp_args: &[&str]) -> Result {
    let (_, msrp_port) = msrp_peer(lab, msrp_args)?;
    let (uas, port) =
        answering(lab, "uas_files", Tcp, &[("msrp_port", &msrp_port.to_string()), ("focus", "")])?;
    let file = lab.file("large.bin", 4_000_000)?;
    let mut command = send(lab, &format!("sip:bob@127.0.0.1:{port};transport=tcp"));
    // At once, not when a timer runs out.
    lab.run("send", command.arg("--file").arg(file), exit::NOT_DELIVERED, Duration::from_secs(10))?;
    lab.expect(uas, 0, MOST)
}

fn msrp_closes(lab: &mut Lab) -> Result {
    misbehaving(lab, &["--close-after", "1000000"])
}

fn msrp_garbage(lab: &mut Lab) -> Result {
    misbehaving(lab, &["--garbage"])
}

/// `simple-im receive` on a free port.
fn receiving(lab: &mut Lab) -> Result<u16> {
    let port = lab.port()?;
    let listen = format!("127.0.0.1:{port}");
    let mut command = lab.simple_im(["receive", "--listen", &listen, "--dir", "inbox", "--accept", "all"]);
    command.args(["--json", "--trace", "trace"]);
    lab.subfolder("inbox")?;
    lab.start_listening("receive", port, &mut command)?;
    Ok(port)
}

fn uac_file(lab: &mut Lab) -> Result {
    let file = lab.file("offered.bin", FILE_SIZE)?;
    let port = receiving(lab)?;
    let own = lab.port()?;
    let hash = run::output(Command::new("sha1sum").arg(&file))?;
    let digits: Vec<char> = hash.chars().take(40).map(|digit| digit.to_ascii_uppercase()).collect();
    let pairs: Vec<String> = digits.chunks(2).map(|pair| pair.iter().collect()).collect();
    let mut command = sipp("uac_file", own, Udp);
    command.arg(format!("127.0.0.1:{port}"));
    for (name, value) in [
        ("msrp_port", "9"),
        ("offered_name", "offered.bin"),
        ("offered_size", &FILE_SIZE.to_string()),
        ("offered_hash", &pairs.join(":")),
        ("source", &file.to_string_lossy()),
        ("script", &Lab::shipped("msrp_peer.py").to_string_lossy()),
    ] {
        command.args(["-key", name, value]);
    }
    lab.run("uac_file", &mut command, 0, MOST)?;
    let log = fs::read_to_string(lab.path("msrp.log"))?;
    if !log.contains("report 000 200") {
        return Err(format!("no REPORT came back: {log}").into());
    }
    same(&file, &lab.path("inbox/offered.bin"))
}

fn uac(lab: &mut Lab, scenario: &str) -> Result {
    let port = receiving(lab)?;
    let own = lab.port()?;
    let mut command = sipp(scenario, own, Udp);
    lab.run(scenario, command.arg(format!("127.0.0.1:{port}")), 0, MOST)
}
