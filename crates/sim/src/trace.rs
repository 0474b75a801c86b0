//! `Trace`: what was said, as a ladder.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use sip_ua::Protocol;

use crate::lab::PartyId;

/// Every message sent, in order.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    lines: Vec<String>,
    streams: HashMap<(usize, usize), Stream>,
}

/// One direction of one connection.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "two for each connection of a test")]
enum Stream {
    Sip(sip::Framer),
    Msrp(msrp::Inspector),
}

/// How many lines are kept; a longer run keeps its beginning.
const MOST: usize = 10_000;

impl Trace {
    /// A datagram left its sender; `lost` if it arrives nowhere.
    pub(crate) fn datagram(&mut self, at: Duration, from: &str, to: &str, octets: &Bytes, lost: bool) {
        let what = sip::Message::parse(octets.clone())
            .map_or_else(|_| "(not SIP)".to_owned(), |message| sip_summary(&message));
        let lost = if lost { "  (lost)" } else { "" };
        self.push(at, from, to, &format!("{what}{lost}"));
    }

    /// Octets of a stream left their sender.
    pub(crate) fn stream(
        &mut self,
        at: Duration,
        (connection, side): (usize, usize),
        protocol: Protocol,
        from: &str,
        to: &str,
        octets: &Bytes,
    ) {
        let stream = self.streams.entry((connection, side)).or_insert_with(|| match protocol {
            Protocol::Sip => Stream::Sip(sip::Framer::default()),
            Protocol::Msrp => {
                Stream::Msrp(msrp::Inspector::new(grammar::Reading::Lenient, msrp::Limits::default()))
            }
        });
        let mut said = Vec::new();
        match stream {
            Stream::Sip(framer) => {
                framer.push(octets.clone());
                while let Ok(Some(message)) = framer.next_message() {
                    said.push(sip_summary(&message));
                }
            }
            Stream::Msrp(inspector) => {
                inspector.push(octets.clone());
                while let Ok(Some(frame)) = inspector.next_frame(|_| {}) {
                    said.push(msrp_summary(&frame));
                }
            }
        }
        for what in said {
            self.push(at, from, to, &what);
        }
    }

    fn push(&mut self, at: Duration, from: &str, to: &str, what: &str) {
        if self.lines.len() < MOST {
            self.lines.push(format!("{:<8.3} {from} -> {to}  {what}", at.as_secs_f64()));
        }
    }

    pub(crate) fn ladder(&self) -> String {
        self.lines.iter().fold(String::new(), |mut out, line| {
            let _ = writeln!(out, "{line}");
            out
        })
    }
}

/// Names of parties for the ladder.
pub(crate) fn name(names: &[&'static str], party: PartyId) -> &'static str {
    names.get(party.0).copied().unwrap_or("?")
}

/// The start line without what differs from run to run, and what the reader looks for.
fn sip_summary(message: &sip::Message) -> String {
    let cseq = match message {
        sip::Message::Request(request) => request.cseq(),
        sip::Message::Response(response) => response.cseq(),
    };
    let cseq = cseq.map_or_else(|_| String::new(), |cseq| format!("{} {}", cseq.number, cseq.method));
    match message {
        sip::Message::Request(request) => {
            let mut out = format!("{} {}", request.method().as_str(), request.request_uri());
            if let Some(require) = request.headers().get(sip::HeaderName::REQUIRE) {
                let _ = write!(out, "  [Require: {require}]");
            }
            if let Ok(Some(media_type)) = request.content_type() {
                let _ = write!(out, "  [{}/{}]", media_type.ty, media_type.subtype);
            }
            out
        }
        sip::Message::Response(response) => {
            let focus = response
                .headers()
                .get(sip::HeaderName::CONTACT)
                .is_some_and(|contact| contact.to_ascii_lowercase().contains("isfocus"));
            let focus = if focus { "  [isfocus]" } else { "" };
            format!("{} {} ({cseq}){focus}", response.status().as_u16(), response.reason())
        }
    }
}

/// Method or status, byte range and flag.
fn msrp_summary(frame: &msrp::FrameView) -> String {
    let flag = frame.flag().as_str();
    match (frame.method(), frame.status()) {
        (Some(method), _) => {
            let range = frame.byte_range().unwrap_or("-");
            let bodiless =
                if frame.content_type().is_none() && method == "SEND" { "  [no body]" } else { "" };
            let status = frame.status_header().map(|status| format!("  [{status}]")).unwrap_or_default();
            let report = if frame.success_report() == Some("yes") { "  [Success-Report]" } else { "" };
            format!("MSRP {method} {range} {flag}{bodiless}{report}{status}")
        }
        (None, Some(status)) => format!("MSRP {status} {flag}"),
        (None, None) => "MSRP ?".to_owned(),
    }
}
