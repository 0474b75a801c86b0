//! `simple-im inspect`: parses what it is given and explains it, for people or as one JSON object a file.

mod clause;
mod cpim;
mod finding;
mod imdn;
mod msrp;
mod multipart;
mod resource_lists;
mod sdp;
mod sip;
mod sip_stream;
mod tree;

use std::fs;
use std::io::{self, BufWriter, Read as _, Write};
use std::path::Path;

use bytes::Bytes;
use serde::Serialize;

use crate::args::{InspectArgs, Kind};
use crate::exit::{Exit, Failure};
use finding::{Fault, Finding, Verdict};

/// Bytes of output that wait for a write.
const BUFFER: usize = 64 << 10;

/// What `--json` prints for a file.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    #[serde(rename = "as")]
    kind: &'static str,
    #[serde(flatten)]
    finding: &'a Finding,
}

/// Inspects every path, in order.
///
/// # Errors
///
/// Standard output cannot be written; quietly if its reader has gone.
pub(crate) fn run(args: &InspectArgs) -> Result<Exit, Failure> {
    match print_all(args, &mut BufWriter::with_capacity(BUFFER, io::stdout().lock())) {
        Ok(exit) => Ok(exit),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Failed),
        Err(error) => Err(Failure::new(Exit::LocalFile, format!("standard output: {error}"))),
    }
}

fn print_all(args: &InspectArgs, out: &mut impl Write) -> io::Result<Exit> {
    let mut exit = Exit::Success;
    for path in &args.paths {
        let (bytes, finding) = match read(path) {
            Ok(bytes) => {
                let finding = examine(args, &bytes);
                (bytes, finding)
            }
            Err(error) => (Bytes::new(), Finding::invalid(Fault::unreadable(&error))),
        };
        if !matches!(finding.verdict, Verdict::Valid | Verdict::Tolerated) {
            exit = Exit::Failed;
        }
        let file = path.to_string_lossy();
        if args.json {
            let line = Line { file: &file, kind: args.kind.name(), finding: &finding };
            serde_json::to_writer(&mut *out, &line)?;
            out.write_all(b"\n")?;
        } else {
            tree::print(out, &file, args.kind, &finding, &bytes)?;
        }
    }
    out.flush()?;
    Ok(exit)
}

fn read(path: &Path) -> io::Result<Bytes> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        Ok(bytes.into())
    } else {
        Ok(fs::read(path)?.into())
    }
}

fn examine(args: &InspectArgs, bytes: &Bytes) -> Finding {
    let feed = args.feed.and_then(|feed| usize::try_from(feed).ok()).unwrap_or(usize::MAX);
    match args.kind {
        Kind::Sip => sip::examine(bytes),
        Kind::SipStream => sip_stream::examine(bytes, feed),
        Kind::Sdp => sdp::examine(bytes),
        Kind::Msrp => msrp::examine(bytes, feed),
        Kind::ResourceLists => resource_lists::examine(bytes),
        Kind::Multipart => multipart::examine(bytes, args.boundary.as_deref()),
        Kind::Cpim => cpim::examine(bytes),
        Kind::Imdn => imdn::examine(bytes),
    }
}

/// The input in pieces of `feed` bytes, none of them copied.
fn pieces(bytes: &Bytes, feed: usize) -> impl Iterator<Item = Bytes> {
    let mut rest = bytes.clone();
    std::iter::from_fn(move || (!rest.is_empty()).then(|| rest.split_to(feed.min(rest.len()))))
}
