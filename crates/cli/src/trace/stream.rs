//! `Stream`: cuts what goes one way on a flow into messages, whole as they were on the wire.

use bytes::{Bytes, BytesMut};
use grammar::Reading;
use msrp::{Flag, FrameEvent, Head};
use net::{Protocol, Transport};

/// Content of one frame that is kept; what a peer sends beyond that is counted only.
const MOST_CONTENT: usize = 4 << 20;

/// One message.
#[derive(Debug)]
pub(super) enum Piece {
    /// A SIP message.
    Sip(sip::Message),
    /// An MSRP frame: its octets, its head, its flag and how much content it has.
    Msrp { octets: Bytes, head: Head, flag: Flag, content: u64 },
    /// Octets that are no message; nothing after them is read.
    Unreadable(Bytes),
}

/// One direction of a flow.
pub(super) enum Stream {
    /// Each write is a message.
    Datagrams,
    /// SIP over a connection.
    Sip(Box<sip::Framer>),
    /// MSRP over a connection.
    Msrp(Box<Frames>),
    /// A connection that could not be followed.
    Broken,
}

impl Stream {
    pub(super) fn new(protocol: Protocol, transport: Transport) -> Self {
        match (protocol, transport) {
            (Protocol::Sip, Transport::Udp) => Self::Datagrams,
            (Protocol::Sip, Transport::Tcp | Transport::Tls) => Self::Sip(Box::default()),
            (Protocol::Msrp, _) => Self::Msrp(Box::new(Frames::new())),
        }
    }

    /// Takes the next octets and hands out the messages that are whole now.
    pub(super) fn push(&mut self, octets: &Bytes, mut out: impl FnMut(Piece)) {
        let broken = match self {
            Self::Datagrams => {
                match sip::Message::parse(octets.clone()) {
                    Ok(message) => out(Piece::Sip(message)),
                    // Keep-alives are datagrams of line ends.
                    Err(_) if octets.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0)) => {}
                    Err(_) => out(Piece::Unreadable(octets.clone())),
                }
                false
            }
            Self::Sip(framer) => {
                framer.push(octets.clone());
                loop {
                    match framer.next_message() {
                        Ok(Some(message)) => out(Piece::Sip(message)),
                        Ok(None) => break false,
                        Err(_) => break true,
                    }
                }
            }
            Self::Msrp(frames) => !frames.push(octets.clone(), &mut out),
            Self::Broken => false,
        };
        if broken {
            out(Piece::Unreadable(octets.clone()));
            *self = Self::Broken;
        }
    }
}

/// MSRP frames put together again from what the framer hands out.
pub(super) struct Frames {
    framer: msrp::Framer,
    head: Option<Head>,
    octets: BytesMut,
    content: u64,
}

impl Frames {
    fn new() -> Self {
        Self {
            framer: msrp::Framer::new(Reading::Lenient, msrp::Limits::default()),
            head: None,
            octets: BytesMut::new(),
            content: 0,
        }
    }

    /// `false` once the stream cannot be followed.
    fn push(&mut self, octets: Bytes, out: &mut impl FnMut(Piece)) -> bool {
        self.framer.push(octets);
        loop {
            match self.framer.next_event() {
                Ok(Some(FrameEvent::Head(head))) => {
                    self.octets.clear();
                    self.octets.extend_from_slice(head.text().as_bytes());
                    if head.has_content() {
                        self.octets.extend_from_slice(b"\r\n");
                    }
                    self.content = 0;
                    self.head = Some(head);
                }
                Ok(Some(FrameEvent::Content(content))) => {
                    self.content = self.content.saturating_add(content.len().try_into().unwrap_or(u64::MAX));
                    if self.octets.len() < MOST_CONTENT {
                        self.octets.extend_from_slice(&content);
                    }
                }
                Ok(Some(FrameEvent::End(flag))) => out_of(self, flag, out),
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }
}

/// Hands out the frame that has come to its end.
fn out_of(frames: &mut Frames, flag: Flag, out: &mut impl FnMut(Piece)) {
    let Some(head) = frames.head.take() else { return };
    let end = match (head.has_content(), flag) {
        (true, _) => "\r\n-------",
        (false, _) => "-------",
    };
    let flag_text = match flag {
        Flag::Last => "$\r\n",
        Flag::More => "+\r\n",
        Flag::Aborted => "#\r\n",
    };
    for part in [end, head.tid().as_str(), flag_text] {
        frames.octets.extend_from_slice(part.as_bytes());
    }
    let octets = frames.octets.split().freeze();
    out(Piece::Msrp { octets, head, flag, content: frames.content });
}
