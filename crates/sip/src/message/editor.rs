//! `Editor`: a changed copy of a message, as proxies make it; what is not changed keeps its bytes.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::net::SocketAddr;

use bytes::{BufMut as _, Bytes, BytesMut};

use super::builder::reread;
use super::{BuildError, Message, Request, Response, Wire};
use crate::encode;
use crate::header::{HeaderName, Via};
use crate::headers::List;

/// Messages that can be edited: [`Request`] and [`Response`].
pub trait Edit: Sized + sealed::Sealed {
    /// The message of this kind, if `message` is one.
    #[doc(hidden)]
    fn take(message: Message) -> Option<Self>;
}

impl Edit for Request {
    fn take(message: Message) -> Option<Self> {
        match message {
            Message::Request(request) => Some(request),
            Message::Response(_) => None,
        }
    }
}

impl Edit for Response {
    fn take(message: Message) -> Option<Self> {
        match message {
            Message::Response(response) => Some(response),
            Message::Request(_) => None,
        }
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "nobody else implements Edit")]
    pub trait Sealed {}
    impl Sealed for super::Request {}
    impl Sealed for super::Response {}
}

/// Collects changes to a message. The first mistake is told by [`Editor::finish`].
///
/// Lines that ended in LF alone end in CRLF in the copy: what is malformed is not sent on.
#[derive(Debug)]
#[must_use = "an editor does nothing until `finish`"]
pub struct Editor<'a, M> {
    source: &'a Wire,
    start_line: Option<BytesMut>,
    lines: Vec<Line>,
    body: Option<Bytes>,
    error: Option<BuildError>,
    kind: PhantomData<fn() -> M>,
}

/// A header field of the copy.
#[derive(Debug)]
struct Line {
    name: Option<HeaderName>,
    text: Text,
}

#[derive(Debug)]
enum Text {
    /// The bytes of the source from here to there, line end included.
    Kept(core::ops::Range<usize>),
    /// New text, line end included.
    Written(BytesMut),
}

impl<'a, M: Edit> Editor<'a, M> {
    pub(super) fn new(source: &'a Wire) -> Self {
        let entries = source.index.entries();
        let ends = source.index.entries().skip(1).map(|entry| entry.start()).chain([end_of_fields(source)]);
        let lines = entries
            .zip(ends)
            .map(|(entry, end)| Line { name: entry.name(), text: Text::Kept(entry.start()..end) });
        let lines = lines.collect();
        Self { source, start_line: None, lines, body: None, error: None, kind: PhantomData }
    }

    /// Puts a field before all others.
    pub fn push_first(mut self, name: HeaderName, value: impl fmt::Display) -> Self {
        if let Some(line) = self.write(name, value) {
            self.lines.insert(0, line);
        }
        self
    }

    /// Puts a field after all others.
    pub fn append(mut self, name: HeaderName, value: impl fmt::Display) -> Self {
        if let Some(line) = self.write(name, value) {
            self.lines.push(line);
        }
        self
    }

    /// Puts a field of any name after all others.
    pub fn append_other(mut self, name: &str, value: impl fmt::Display) -> Self {
        let mut text = BytesMut::new();
        match encode::other_field(&mut text, name, value) {
            Ok(()) => self.lines.push(Line { name: HeaderName::parse(name), text: Text::Written(text) }),
            Err(error) => self.fail(error),
        }
        self
    }

    /// Takes all fields with this name out.
    pub fn remove(mut self, name: HeaderName) -> Self {
        self.lines.retain(|line| line.name != Some(name));
        self
    }

    /// Replaces the first field with this name and takes the others out; appends it if there was none.
    pub fn replace(mut self, name: HeaderName, value: impl fmt::Display) -> Self {
        if let Some(line) = self.write(name, value) {
            let at = self.lines.iter().position(|line| line.name == Some(name)).unwrap_or(self.lines.len());
            self.lines.retain(|line| line.name != Some(name));
            self.lines.insert(at.min(self.lines.len()), line);
        }
        self
    }

    /// Takes the first value of a list out: the topmost Via or Route, with its field if it was alone there.
    ///
    /// A mistake if there is none.
    pub fn remove_first_value(self, name: HeaderName) -> Self {
        self.change_first_value(name, |_, _| Ok(()))
    }

    /// Replaces the first value of a list and keeps the others.
    ///
    /// A mistake if there is none.
    pub fn replace_first_value(self, name: HeaderName, value: impl fmt::Display) -> Self {
        self.change_first_value(name, |out, _| {
            let start = out.len();
            encode::field(out, name, value)?;
            // Only the value is wanted, without `Name: ` and CRLF.
            let written = out.split_off(start);
            let value = written.get(name.as_str().len() + 2..written.len() - 2).unwrap_or_default();
            out.put_slice(value);
            Ok(())
        })
    }

    /// Notes in the topmost Via where the message came from: `received` if sent-by is another address or `rport`
    /// was asked for, and `rport` if it was asked for (RFC 3261 §18.2.1, RFC 3581 §4).
    ///
    /// A mistake if there is no Via that can be read.
    pub fn received(self, source: SocketAddr) -> Self {
        let address = source.ip().to_canonical();
        self.change_first_value(HeaderName::VIA, |out, value| {
            let via = Via::parse(value).map_err(BuildError::Unreadable)?;
            let asked = via.rport().is_some();
            let plain = value.len() - via.params.as_str().len();
            out.put_slice(value.get(..plain).unwrap_or_default().trim_end().as_bytes());
            let stale = |name: &str| {
                name.eq_ignore_ascii_case("received") || (asked && name.eq_ignore_ascii_case("rport"))
            };
            for param in via.params.iter().filter(|param| !stale(param.name)) {
                out.put_u8(b';');
                out.put_slice(param.name.as_bytes());
                if let Some(raw) = param.raw {
                    out.put_u8(b'=');
                    out.put_slice(raw.as_bytes());
                }
            }
            if asked || via.sent_by.host.ip() != Some(address) {
                encode::text(out, format_args!(";received={address}"));
            }
            if asked {
                encode::text(out, format_args!(";rport={}", source.port()));
            }
            Ok(())
        })
    }

    /// Rewrites the field that holds the first value of a list: `write` gets that value and appends what takes
    /// its place; nothing appended takes it out.
    fn change_first_value(
        mut self,
        name: HeaderName,
        write: impl FnOnce(&mut BytesMut, &str) -> Result<(), BuildError>,
    ) -> Self {
        let has_value = |line: &Line| line.name == Some(name) && !line.value(self.source).is_empty();
        let Some(at) = self.lines.iter().position(has_value) else {
            return self.failed(BuildError::Missing(name));
        };
        let mut text = BytesMut::from(name.as_str());
        text.put_slice(b": ");
        let empty = text.len();
        let value = self.lines.get(at).map(|line| line.value(self.source)).unwrap_or_default();
        let mut values = List::new(value);
        if let Err(error) = write(&mut text, values.next().unwrap_or_default()) {
            return self.failed(error);
        }
        if let Some(second) = values.next() {
            if text.len() > empty {
                text.put_slice(b", ");
            }
            let from = second.as_ptr().addr() - value.as_ptr().addr();
            text.put_slice(value.get(from..).unwrap_or_default().as_bytes());
        }
        if text.len() == empty {
            self.lines.remove(at);
        } else if let Some(line) = self.lines.get_mut(at) {
            text.put_slice(b"\r\n");
            line.text = Text::Written(text);
        }
        self
    }

    /// Replaces the body and its type, or takes both out if `body` is empty.
    pub fn body(mut self, content_type: impl fmt::Display, body: Bytes) -> Self {
        self = if body.is_empty() {
            self.remove(HeaderName::CONTENT_TYPE)
        } else {
            self.replace(HeaderName::CONTENT_TYPE, content_type)
        };
        self.body = Some(body);
        self
    }

    fn write(&mut self, name: HeaderName, value: impl fmt::Display) -> Option<Line> {
        let mut text = BytesMut::new();
        match encode::field(&mut text, name, value) {
            Ok(()) => Some(Line { name: Some(name), text: Text::Written(text) }),
            Err(error) => {
                self.fail(error);
                None
            }
        }
    }

    fn fail(&mut self, error: BuildError) {
        self.error.get_or_insert(error);
    }

    fn failed(mut self, error: BuildError) -> Self {
        self.fail(error);
        self
    }

    /// Writes the copy.
    ///
    /// # Errors
    ///
    /// The first mistake as a [`BuildError`].
    pub fn finish(mut self) -> Result<M, BuildError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let new_body = self.body.take();
        let head = self.source.head().as_bytes();
        let mut out = BytesMut::with_capacity(self.source.bytes().len() + 256);
        match &self.start_line {
            Some(line) => out.put_slice(line),
            None => encode::lines(&mut out, head.get(..start_of_fields(self.source)).unwrap_or_default()),
        }
        for line in &self.lines {
            match &line.text {
                _ if new_body.is_some() && line.name == Some(HeaderName::CONTENT_LENGTH) => {}
                Text::Kept(range) => encode::lines(&mut out, head.get(range.clone()).unwrap_or_default()),
                Text::Written(text) => encode::lines(&mut out, text),
            }
        }
        let old_body = self.source.body();
        if let Some(body) = &new_body {
            out.put_slice(b"Content-Length: ");
            encode::decimal(&mut out, body.len());
            out.put_slice(b"\r\n");
        }
        out.put_slice(b"\r\n");
        out.put_slice(new_body.as_ref().unwrap_or(&old_body));
        M::take(reread(out.freeze())?).ok_or(BuildError::StartLine)
    }
}

impl Editor<'_, Request> {
    /// Replaces the Request-URI.
    pub fn request_uri(mut self, uri: &str) -> Self {
        let head = self.source.head();
        let method = head.split(' ').next().unwrap_or_default();
        let mut line = BytesMut::from(method);
        line.put_u8(b' ');
        match encode::word(&mut line, uri) {
            Ok(()) => {
                line.put_slice(b" SIP/2.0\r\n");
                self.start_line = Some(line);
                self
            }
            Err(error) => self.failed(error),
        }
    }
}

impl Line {
    /// The value, folds and all.
    fn value<'b>(&'b self, source: &'b Wire) -> &'b str {
        let text = match &self.text {
            Text::Kept(range) => source.head().get(range.clone()).unwrap_or_default(),
            Text::Written(text) => core::str::from_utf8(text).unwrap_or_default(),
        };
        text.split_once(':').map_or("", |(_, value)| value.trim())
    }
}

/// Where the start line ends.
fn start_of_fields(source: &Wire) -> usize {
    source.index.entries().next().map_or_else(|| end_of_fields(source), |entry| entry.start())
}

/// Where the empty line starts.
fn end_of_fields(source: &Wire) -> usize {
    let empty_line = if source.head().ends_with("\r\n") { 2 } else { 1 };
    source.head().len() - empty_line
}
