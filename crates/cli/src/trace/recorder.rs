//! `Recorder`: turns octets into steps of the ladder, files and packets.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use net::{Transport, Wire};

use super::capture::Capture;
use super::ladder::{Ladder, Step};
use super::stream::{Piece, Stream};
use super::summary::Summary;

/// The state of a trace.
pub(super) struct Recorder {
    files: Option<Files>,
    /// One for each direction of each flow. Bounded by the flows of one run of the command.
    streams: HashMap<(Transport, SocketAddr, SocketAddr), Stream>,
    ladder: Ladder,
    started: Option<Duration>,
}

struct Files {
    folder: PathBuf,
    written: usize,
    capture: Capture<BufWriter<File>>,
}

impl Recorder {
    pub(super) fn new(folder: Option<PathBuf>) -> io::Result<Self> {
        let files = match folder {
            None => None,
            Some(folder) => {
                let file = File::create(folder.join("trace.pcap"))?;
                let capture = Capture::new(BufWriter::new(file))?;
                Some(Files { folder, written: 0, capture })
            }
        };
        Ok(Self { files, streams: HashMap::new(), ladder: Ladder::default(), started: None })
    }

    pub(super) fn name(&mut self, address: SocketAddr, party: String) {
        self.ladder.name(address, party);
    }

    /// Takes octets that went from one address to the other.
    pub(super) fn take(
        &mut self,
        wire: Wire,
        from: SocketAddr,
        to: SocketAddr,
        octets: &Bytes,
        at: Duration,
    ) -> io::Result<()> {
        let mut pieces = Vec::new();
        let stream = self
            .streams
            .entry((wire.transport, from, to))
            .or_insert_with(|| Stream::new(wire.protocol, wire.transport));
        stream.push(octets, |piece| pieces.push(piece));
        pieces.into_iter().try_for_each(|piece| self.note(wire.transport, from, to, piece, at))
    }

    fn note(
        &mut self,
        transport: Transport,
        from: SocketAddr,
        to: SocketAddr,
        piece: Piece,
        at: Duration,
    ) -> io::Result<()> {
        let started = *self.started.get_or_insert(at);
        let (summary, octets, ending) = match &piece {
            Piece::Sip(message) => (Summary::of_sip(message), message.as_bytes(), "sip"),
            Piece::Msrp { octets, head, flag, content } => {
                (Summary::of_msrp(head, *flag, *content), octets, "msrp")
            }
            Piece::Unreadable(octets) => (Summary::of_unreadable(octets.len()), octets, "bin"),
        };
        if let Some(files) = &mut self.files {
            let title = format!(
                "{}-{}-{}",
                plain(&self.ladder.party(from)),
                plain(&self.ladder.party(to)),
                plain(&summary.title)
            );
            files.keep(&title, ending, octets)?;
            files.capture.message(transport == Transport::Udp, from, to, octets, at)?;
        }
        let msrp = ending == "msrp";
        self.ladder.push(Step { at: at.saturating_sub(started), from, to, msrp, summary });
        Ok(())
    }

    pub(super) fn finish(self) -> io::Result<Ladder> {
        if let Some(files) = self.files {
            files.capture.finish()?.flush()?;
        }
        Ok(self.ladder)
    }
}

impl Files {
    fn keep(&mut self, title: &str, ending: &str, octets: &[u8]) -> io::Result<()> {
        self.written += 1;
        let name = format!("{:04}-{title}.{ending}", self.written);
        std::fs::write(self.folder.join(name), octets)
    }
}

/// A text that can be part of a file name.
fn plain(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' || c == '_' { c } else { '_' };
    text.chars().take(32).map(plain).collect()
}
