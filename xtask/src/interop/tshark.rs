//! tshark reads the capture of a demo run: what we send must decode without a complaint.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::Scenario;
use super::lab::Lab;
use crate::{Result, run};

const MOST: Duration = Duration::from_secs(120);

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "tshark-demo",
        shows: "capture of the demo: no malformed packet, no expert error",
        run: decode,
    },
    Scenario { name: "inspect-demo", shows: "every message of the demo's trace is valid", run: inspect },
];

/// Runs the demo with a trace; the folder of the trace.
fn demo(lab: &mut Lab) -> Result<PathBuf> {
    let trace = lab.path("trace");
    let small = lab.file("small one.bin", 2049)?;
    let large = lab.file("large.bin", 300_000)?;
    let mut command = lab.simple_im(["demo", "--trace", "trace"]);
    lab.run("demo", command.arg(small).arg(large), 0, MOST)?;
    Ok(trace)
}

/// How many files of the trace have each ending.
fn count(trace: &std::path::Path, ending: &str) -> usize {
    run::files_below(trace).iter().filter(|path| path.extension().is_some_and(|end| end == ending)).count()
}

fn decode(lab: &mut Lab) -> Result {
    let trace = demo(lab)?;
    let capture = trace.join("trace.pcap");
    let ports = ports(&capture)?;
    let decoded = fields(
        &capture,
        &ports,
        &["_ws.malformed", "_ws.expert.severity", "_ws.expert.message", "frame.protocols"],
    )?;
    let mut complaints = Vec::new();
    let mut protocols: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, line) in (1..).zip(decoded.lines()) {
        let mut fields = line.split('\t');
        let malformed = fields.next().unwrap_or_default();
        let severity = fields.next().unwrap_or_default();
        let message = fields.next().unwrap_or_default();
        let layers = fields.next().unwrap_or_default();
        // Severities of Wireshark: 0x00800000 is an error, warnings are one below.
        let errors = severity.split(',').filter_map(|text| text.trim_start_matches("0x").parse::<u64>().ok());
        let worst = errors.max().unwrap_or(0);
        if !malformed.is_empty() || worst >= ERROR {
            complaints.push(format!("packet {number} ({layers}): {message} {malformed}"));
        }
        for layer in ["sip", "sdp", "msrp", "xml"] {
            if layers.split(':').any(|name| name == layer) {
                *protocols.entry(layer).or_default() += 1;
            }
        }
    }
    if !complaints.is_empty() {
        return Err(complaints.join("\n").into());
    }
    // The check would be empty if nothing were decoded as what it is.
    for (layer, ending) in [("sip", "sip"), ("msrp", "msrp")] {
        let (seen, sent) = (protocols.get(layer).copied().unwrap_or_default(), count(&trace, ending));
        if seen != sent || sent == 0 {
            return Err(format!("tshark decoded {seen} {layer} messages of {sent}").into());
        }
    }
    for layer in ["sdp", "xml"] {
        if !protocols.contains_key(layer) {
            return Err(format!("tshark decoded no {layer}").into());
        }
    }
    Ok(())
}

/// Wireshark's PI_ERROR.
const ERROR: u64 = 8_388_608;

/// What decides how tshark reads a TCP port: the first octets of its segments.
fn ports(capture: &std::path::Path) -> Result<Vec<String>> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(capture).args(["-Y", "tcp.len > 0 || udp", "-T", "fields"]);
    for field in ["tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport", "tcp.payload"] {
        command.args(["-e", field]);
    }
    let mut arguments = Vec::new();
    for line in run::output(&mut command)?.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [tcp_from, tcp_to, udp_from, udp_to, payload] = fields.as_slice() else { continue };
        let msrp = payload.starts_with("4d53525020");
        for (kind, port) in [("tcp", tcp_from), ("tcp", tcp_to), ("udp", udp_from), ("udp", udp_to)] {
            let protocol = if msrp { "msrp" } else { "sip" };
            let argument = format!("{kind}.port=={port},{protocol}");
            if !port.is_empty() && !arguments.contains(&argument) {
                arguments.push(argument);
            }
        }
    }
    Ok(arguments)
}

fn fields(capture: &std::path::Path, ports: &[String], names: &[&str]) -> Result<String> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(capture).args(["-o", "tcp.desegment_tcp_streams:FALSE"]);
    for port in ports {
        command.args(["-d", port]);
    }
    command.args(["-T", "fields", "-Y", "sip || msrp || _ws.malformed || _ws.expert.severity == error"]);
    for name in names {
        command.args(["-e", name]);
    }
    run::output(&mut command)
}

fn inspect(lab: &mut Lab) -> Result {
    let trace = demo(lab)?;
    for (kind, ending) in [("sip", "sip"), ("msrp", "msrp")] {
        let files: Vec<String> = run::files_below(&trace)
            .into_iter()
            .filter(|path| path.extension().is_some_and(|end| end == ending))
            .map(|path| path.to_string_lossy().into_owned())
            .collect();
        let mut command = lab.simple_im(["inspect", "--as", kind, "--json"]);
        let name = format!("inspect-{kind}");
        let handle = lab.start(&name, command.args(&files))?;
        lab.expect(handle, 0, MOST)?;
        let log = lab.log(handle)?;
        let valid = log.lines().filter(|line| line.contains("\"verdict\":\"valid\",\"error\":null")).count();
        if valid != files.len() || files.is_empty() {
            return Err(format!("{valid} of {} {kind} files are valid", files.len()).into());
        }
    }
    Ok(())
}
