//! Kamailio as registrar and proxy with digest, between two of our clients.

use std::process::Command;
use std::time::Duration;

use super::Scenario;
use super::lab::{Lab, same};
use crate::{Result, run};

const MOST: Duration = Duration::from_secs(60);
const AUTHENTICATION: i32 = 8;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario { name: "kamailio-config", shows: "our kamailio.cfg is accepted by `kamailio -c`", run: config },
    Scenario {
        name: "kamailio-register",
        shows: "REGISTER with digest; a wrong password is refused",
        run: register,
    },
    Scenario {
        name: "kamailio-udp",
        shows: "text and a 10 MiB file through registrar and proxy over UDP",
        run: |lab| transfer(lab, "udp"),
    },
    Scenario {
        name: "kamailio-tcp",
        shows: "text and a 10 MiB file through registrar and proxy over TCP",
        run: |lab| transfer(lab, "tcp"),
    },
];

/// Kamailio with our configuration: accounts alice and bob of ims.test, password `secret of <name>`.
fn command(lab: &mut Lab, port: u16) -> Result<Command> {
    let folder = lab.subfolder("kamailio")?;
    let mut command = Command::new("kamailio");
    command.arg("-f").arg(Lab::shipped("kamailio.cfg")).args(["-DD", "-E", "-m", "32", "-M", "8"]);
    command.arg("-Y").arg(&folder).arg("-w").arg(&folder);
    for transport in ["udp", "tcp"] {
        command.args(["-l", &format!("{transport}:127.0.0.1:{port}")]);
    }
    Ok(command)
}

fn config(lab: &mut Lab) -> Result {
    let port = lab.port()?;
    let mut command = command(lab, port)?;
    lab.run("kamailio", command.arg("-c"), 0, MOST)
}

fn start(lab: &mut Lab) -> Result<u16> {
    let port = lab.port()?;
    let mut command = command(lab, port)?;
    lab.start_listening("kamailio", port, &mut command)?;
    Ok(port)
}

/// One of our commands with an account of the server.
fn with_account(lab: &Lab, name: &str, subcommand: &str, port: u16, transport: &str) -> Command {
    let account = format!("sip:{name}@ims.test");
    let server = format!("sip:127.0.0.1:{port};transport={transport}");
    let mut command = lab.simple_im([subcommand, "--account", &account, "--username", name]);
    command.args(["--registrar", &server, "--outbound", &format!("{server};lr")]);
    command.env("SIMPLE_IM_PASSWORD", format!("secret of {name}"));
    command
}

fn register(lab: &mut Lab) -> Result {
    let port = start(lab)?;
    for transport in ["udp", "tcp"] {
        let mut right = with_account(lab, "alice", "register", port, transport);
        lab.run(&format!("right-{transport}"), &mut right, 0, MOST)?;
        let mut wrong = with_account(lab, "alice", "register", port, transport);
        wrong.env("SIMPLE_IM_PASSWORD", "a guess");
        lab.run(&format!("wrong-{transport}"), &mut wrong, AUTHENTICATION, MOST)?;
    }
    Ok(())
}

fn transfer(lab: &mut Lab, transport: &str) -> Result {
    let server = start(lab)?;
    let port = lab.port()?;
    let inbox = lab.subfolder("inbox")?;
    let mut receive = with_account(lab, "bob", "receive", server, transport);
    receive
        .args(["--listen", &format!("127.0.0.1:{port}"), "--accept", "all", "--json", "--dir"])
        .arg(&inbox);
    let receiving = lab.start("receive", receive.args(["--trace", "trace-bob"]))?;
    lab.wait_for(receiving, "\"registered\"")?;

    let file = lab.file("ten mebibytes.bin", 10 << 20)?;
    let mut send = with_account(lab, "alice", "send", server, transport);
    send.args([
        "--to",
        "sip:bob@ims.test",
        "--text",
        "Hello through Kamailio",
        "--trace",
        "trace-alice",
        "--file",
    ]);
    lab.run("send", send.arg(&file), 0, MOST)?;
    same(&file, &inbox.join("ten mebibytes.bin"))?;
    if !lab.log(receiving)?.contains("Hello through Kamailio") {
        return Err("the text is not among the events of `receive`".into());
    }
    lab.interrupt(receiving)?;
    lab.wait(receiving, MOST)?;
    // The proxy recorded a route, or the BYE would not have come by way of it.
    let bye = run::files_below(&lab.path("trace-alice"))
        .into_iter()
        .find(|path| path.to_string_lossy().contains("BYE"));
    let bye = std::fs::read_to_string(bye.ok_or("the sender's trace has no BYE")?)?;
    if bye.contains("\r\nRoute: ") { Ok(()) } else { Err("the BYE has no Route".into()) }
}
