//! Tests of the SDP crate from outside.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by a panic")]
#![expect(clippy::print_stderr, reason = "a skipped corpus is said aloud")]

mod allocation;
mod composed;
mod corpus;
mod file_name;
mod line_ref;
mod negotiation;
mod properties;
mod reading;
mod rfc;
mod round_trip;

use bytes::Bytes;
use simple_im_sdp::{Limits, Reading, SessionDescription};

/// A document of these lines, CRLF behind each.
fn document(lines: &str) -> SessionDescription {
    let text: String = lines.lines().flat_map(|line| [line.trim_start(), "\r\n"]).collect();
    SessionDescription::parse(Bytes::from(text)).unwrap()
}

/// Reads strictly; the error as text.
fn strict(text: &str) -> Result<SessionDescription, String> {
    SessionDescription::parse_with(Bytes::from(text.to_owned()), Reading::Strict, &Limits::default())
        .map(|(document, _)| document)
        .map_err(|error| error.to_string())
}
