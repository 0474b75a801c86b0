//! Kamailio as registrar and proxy with digest, and as MSRP relay, between two of our clients.

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
    Scenario {
        name: "kamailio-resume",
        shows: "a receiver that is killed in mid-file and comes back: the file goes on where it stopped",
        run: resume,
    },
    Scenario {
        name: "kamailio-relay",
        shows: "text and a 10 MiB file through Kamailio as MSRP relay of both clients, delivered by its reports",
        run: |lab| {
            let relay = start_relay(lab)?;
            relayed(lab, &relay)
        },
    },
    Scenario {
        name: "kamailio-relay-tls",
        shows: "the same with everything to the relay inside TLS, its name vouched for by an authority",
        run: |lab| {
            let relay = start_relay_in_tls(lab)?;
            relayed(lab, &relay)
        },
    },
    Scenario {
        name: "kamailio-relay-moves",
        shows: "paths through the relay live for 10 s and the file takes 25 s: both sides tell each other the new ones",
        run: relay_moves,
    },
    Scenario {
        name: "kamailio-relay-wrong-password",
        shows: "an MSRP relay that does not know the password: nobody is called",
        run: relay_refuses,
    },
];

/// Kamailio with one of our configurations: accounts alice and bob, password `secret of <name>`.
fn command(lab: &mut Lab, name: &str, transports: &[&str], port: u16) -> Result<Command> {
    let folder = lab.subfolder(name)?;
    let mut command = Command::new("kamailio");
    command.arg("-f").arg(Lab::shipped(&format!("{name}.cfg"))).args(["-DD", "-E", "-m", "32", "-M", "8"]);
    command.arg("-Y").arg(&folder).arg("-w").arg(&folder);
    for transport in transports {
        command.args(["-l", &format!("{transport}:127.0.0.1:{port}")]);
    }
    Ok(command)
}

fn config(lab: &mut Lab) -> Result {
    for name in ["kamailio", "kamailio_relay"] {
        let port = lab.port()?;
        let mut command = command(lab, name, &["tcp"], port)?;
        lab.run(name, command.arg("-c"), 0, MOST)?;
    }
    Ok(())
}

fn start(lab: &mut Lab) -> Result<u16> {
    let port = lab.port()?;
    let mut command = command(lab, "kamailio", &["udp", "tcp"], port)?;
    lab.start_listening("kamailio", port, &mut command)?;
    Ok(port)
}

/// A relay for MSRP, and how clients are told of it.
struct Relay {
    port: u16,
    options: Vec<String>,
}

fn start_relay(lab: &mut Lab) -> Result<Relay> {
    let port = lab.port()?;
    let mut command = command(lab, "kamailio_relay", &["tcp"], port)?;
    lab.start_listening("kamailio_relay", port, &mut command)?;
    Ok(plain_relay(port))
}

fn plain_relay(port: u16) -> Relay {
    let uri = format!("msrp://127.0.0.1:{port};tcp");
    Relay { port, options: vec!["--via-relay".to_owned(), uri, "--plain-relay".to_owned()] }
}

/// With a certificate of its own, which is all that the clients trust.
fn start_relay_in_tls(lab: &mut Lab) -> Result<Relay> {
    let (certificate, key) = (lab.path("relay.pem"), lab.path("relay.key"));
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]);
    openssl.args(["-subj", "/CN=relay", "-addext", "subjectAltName=IP:127.0.0.1"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    lab.run("openssl", openssl.arg("-out").arg(&certificate).arg("-keyout").arg(&key), 0, MOST)?;
    let port = lab.port()?;
    let mut command = command(lab, "kamailio_relay", &["tls"], port)?;
    command.args(["-A", "WITH_TLS"]);
    for (name, path) in [("CERTIFICATE", &certificate), ("KEY", &key)] {
        command.args(["-A", &format!("{name}=\"{}\"", path.display())]);
    }
    lab.start_listening("kamailio_relay", port, &mut command)?;
    let uri = format!("msrps://127.0.0.1:{port};tcp");
    let ca = certificate.to_string_lossy().into_owned();
    Ok(Relay { port, options: vec!["--via-relay".to_owned(), uri, "--tls-ca".to_owned(), ca] })
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
    exchange(lab, transport, &[], &[])
}

fn relayed(lab: &mut Lab, relay: &Relay) -> Result {
    exchange(lab, "tcp", &relay.options, &[])?;
    // Content went to the relay and to nobody else.
    let hop = format!("127.0.0.1_{}", relay.port);
    for trace in ["trace-alice", "trace-bob"] {
        let frames = run::files_below(&lab.path(trace));
        let mut frames =
            frames.iter().filter(|path| path.extension().is_some_and(|end| end == "msrp")).peekable();
        if frames.peek().is_none() || !frames.all(|path| path.to_string_lossy().contains(&hop)) {
            return Err(format!("MSRP in {trace} did not go through the relay alone").into());
        }
    }
    Ok(())
}

/// Every path that Kamailio gives is a new one, and the old one ends.
fn relay_moves(lab: &mut Lab) -> Result {
    const RATE: &str = "419430";
    let port = lab.port()?;
    let mut command = command(lab, "kamailio_relay", &["tcp"], port)?;
    lab.start_listening("kamailio_relay", port, command.args(["-A", "SHORT"]))?;
    let relay = plain_relay(port);
    exchange(lab, "tcp", &relay.options, &["--rate", RATE])?;
    // Who was called told of it too.
    let offers = run::files_below(&lab.path("trace-bob"));
    let told = offers.iter().filter(|path| path.to_string_lossy().contains("INVITE")).count();
    if told > 2 { Ok(()) } else { Err("no path was told anew".into()) }
}

fn relay_refuses(lab: &mut Lab) -> Result {
    let relay = start_relay(lab)?;
    let port = lab.port()?;
    let mut send = lab.simple_im(["send", "--username", "alice", "--text", "hello", "--trace", "trace"]);
    send.args(["--to", &format!("sip:bob@127.0.0.1:{port}")]).args(&relay.options);
    send.env("SIMPLE_IM_PASSWORD", "a guess");
    lab.run("send", &mut send, AUTHENTICATION, MOST)?;
    let called = run::files_below(&lab.path("trace"));
    if called.iter().any(|path| path.extension().is_some_and(|end| end == "sip")) {
        return Err("somebody was called all the same".into());
    }
    Ok(())
}

fn resume(lab: &mut Lab) -> Result {
    const NOT_DELIVERED: i32 = 4;
    let server = start(lab)?;
    let port = lab.port()?;
    let inbox = lab.subfolder("inbox")?;
    let file = lab.file("forty mebibytes.bin", 40 << 20)?;
    let receive = |lab: &mut Lab, name: &str| {
        let mut receive = with_account(lab, "bob", "receive", server, "tcp");
        receive.args(["--listen", &format!("127.0.0.1:{port}"), "--accept", "all", "--resume", "--dir"]);
        let receiving = lab.start(name, receive.arg(&inbox))?;
        lab.wait_for(receiving, "registered")?;
        Ok::<_, Box<dyn std::error::Error>>(receiving)
    };
    let send = |lab: &Lab| {
        let mut send = with_account(lab, "alice", "send", server, "tcp");
        send.args(["--to", "sip:bob@ims.test", "--resume", "journal", "--file"]).arg(&file);
        send
    };
    let receiving = receive(lab, "receive-killed")?;
    let sending = lab.start("send-first", send(lab).args(["--rate", "8388608"]))?;
    lab.wait_for(receiving, "(40 %)")?;
    lab.kill(receiving)?;
    lab.expect(sending, NOT_DELIVERED, MOST)?;

    let receiving = receive(lab, "receive-again")?;
    let sending = lab.start("send-again", &mut send(lab))?;
    lab.expect(sending, 0, MOST)?;
    if !lab.log(sending)?.contains("going on after") {
        return Err("all of it was sent again".into());
    }
    same(&file, &inbox.join("forty mebibytes.bin"))?;
    lab.interrupt(receiving)?;
    lab.wait(receiving, MOST)?;
    Ok(())
}

fn exchange(lab: &mut Lab, transport: &str, relay: &[String], more: &[&str]) -> Result {
    let server = start(lab)?;
    let port = lab.port()?;
    let inbox = lab.subfolder("inbox")?;
    let mut receive = with_account(lab, "bob", "receive", server, transport);
    receive
        .args(["--listen", &format!("127.0.0.1:{port}"), "--accept", "all", "--json", "--dir"])
        .arg(&inbox)
        .args(relay);
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
    lab.run("send", send.arg(&file).args(relay).args(more), 0, MOST)?;
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
