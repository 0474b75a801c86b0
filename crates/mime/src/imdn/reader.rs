//! Reading message/imdn+xml (RFC 5438 §11.1).

use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;
use grammar::{ByteStr, ParseError, ParseErrorKind};
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use super::{DOCUMENT, Disposition, Notification, Status};

/// Longer documents are refused: a notification is a few hundred bytes.
const MAX_DOCUMENT: usize = 64 << 10;
/// Deeper ones as well: the schema needs 4.
const MAX_DEPTH: usize = 16;

/// `Char` of XML 1.0 §2.2.
pub(super) const fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// Reads a document.
pub(super) fn read(document: &Bytes) -> Result<Notification, ParseError> {
    if document.len() > MAX_DOCUMENT {
        return Err(ParseError::new(ParseErrorKind::Limit, "message/imdn+xml", MAX_DOCUMENT));
    }
    let text = ByteStr::from_utf8(document.clone())?;
    if let Some((at, _)) = text.char_indices().find(|(_, c)| !is_xml_char(*c)) {
        return Err(ParseError::new(ParseErrorKind::Syntax, "Char", at));
    }
    // The byte order mark is no part of the document; the XML reader counts without it.
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut xml = NsReader::from_str(text.get(start..).unwrap_or_default());
    xml.config_mut().expand_empty_elements = true;
    let mut reader = DocumentReader::default();
    loop {
        let at = position(xml.buffer_position());
        let event = xml.read_event().map_err(|_| {
            let at = position(xml.error_position()).saturating_add(start).min(text.len());
            ParseError::new(ParseErrorKind::Syntax, "document", at)
        })?;
        let taken = match event {
            Event::Start(tag) => {
                let ours =
                    xml.resolver().resolve_element(tag.name()).0 == ResolveResult::Bound(Namespace(DOCUMENT));
                reader.start(&tag, ours)
            }
            Event::End(_) => {
                reader.end();
                Ok(())
            }
            Event::Text(text) => reader.text(&text.xml10_content()),
            Event::CData(text) => reader.text(&text.xml10_content()),
            Event::GeneralRef(reference) => reader.reference(&reference),
            Event::Comment(_) | Event::PI(_) => Ok(()),
            Event::Decl(_) if at == 0 => Ok(()),
            Event::DocType(_) => Err((ParseErrorKind::Unsupported, "DOCTYPE")),
            Event::Eof => return reader.finish(at.saturating_add(start)),
            Event::Decl(_) | Event::Empty(_) => Err((ParseErrorKind::Syntax, "document")),
        };
        taken.map_err(|(kind, rule)| ParseError::new(kind, rule, at.saturating_add(start)))?;
    }
}

type Taken = Result<(), (ParseErrorKind, &'static str)>;

/// What has been read so far.
#[derive(Debug, Default)]
struct DocumentReader {
    /// The names of the open elements of our namespace; `None` for a foreign one, or one inside such.
    open: Vec<Option<String>>,
    text: String,
    fields: Vec<(String, String)>,
    /// `xml:lang` of the subject.
    language: Option<String>,
    disposition: Option<Disposition>,
    status: Option<Status>,
    ended: bool,
}

impl DocumentReader {
    fn start(&mut self, tag: &BytesStart<'_>, ours: bool) -> Taken {
        if self.open.len() >= MAX_DEPTH {
            return Err((ParseErrorKind::Limit, "depth"));
        }
        let mut language = None;
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|_| (ParseErrorKind::Syntax, "Attribute"))?;
            // `xml` is the one prefix that need not be declared.
            if attribute.key.0 == "xml:lang" {
                let value = attribute
                    .normalized_value(XmlVersion::Implicit1_0)
                    .map_err(|_| (ParseErrorKind::Syntax, "Reference"))?;
                language = Some(value.trim().into()).filter(|value: &String| !value.is_empty());
            }
        }
        let local_name = tag.local_name();
        let local: &str = local_name.as_ref();
        if self.open.is_empty() && (self.ended || !ours || local != "imdn") {
            return Err((ParseErrorKind::Mismatch, "imdn"));
        }
        let inside = self.open.iter().all(Option::is_some);
        let name = (ours && inside).then(|| String::from(local));
        let path: Vec<&str> = self.open.iter().flatten().map(String::as_str).collect();
        match (path.as_slice(), name.as_deref()) {
            (["imdn"], Some(name)) => {
                self.text.clear();
                // Of two subjects the first counts.
                if name == "subject" && self.fields.iter().all(|(known, _)| known != "subject") {
                    self.language = language;
                }
                if let Some(found) = Disposition::ALL.into_iter().find(|found| found.as_str() == name)
                    && self.disposition.replace(found).is_some()
                {
                    return Err((ParseErrorKind::Repeated, "disposition"));
                }
            }
            (["imdn", _, "status"], Some(name)) => {
                // An extension of the status is not known; it is no status.
                let found = Status::ALL.into_iter().find(|found| found.as_str() == name);
                if found.is_some() && self.status.is_some() {
                    return Err((ParseErrorKind::Repeated, "status"));
                }
                self.status = self.status.or(found);
            }
            _ => {}
        }
        self.open.push(name);
        Ok(())
    }

    fn end(&mut self) {
        let name = self.open.pop().flatten();
        self.ended = self.open.is_empty();
        if let (Some(name), 1) = (name, self.open.len()) {
            let text = core::mem::take(&mut self.text);
            self.fields.push((name, text));
        }
    }

    fn text(&mut self, text: &str) -> Taken {
        match self.open.as_slice() {
            [Some(_), Some(_)] => self.text.push_str(text),
            [] if !text.trim().is_empty() => return Err((ParseErrorKind::Syntax, "document")),
            _ => {}
        }
        Ok(())
    }

    fn reference(&mut self, reference: &BytesRef<'_>) -> Taken {
        let error = (ParseErrorKind::Syntax, "Reference");
        match reference.resolve_char_ref().map_err(|_| error)? {
            Some(c) if is_xml_char(c) => self.text(c.encode_utf8(&mut [0; 4])),
            Some(_) => Err(error),
            None => self.text(resolve_xml_entity(reference).ok_or(error)?),
        }
    }

    fn finish(self, at: usize) -> Result<Notification, ParseError> {
        let error = |kind, rule| ParseError::new(kind, rule, at);
        if !self.ended {
            let kind =
                if self.open.is_empty() { ParseErrorKind::Missing } else { ParseErrorKind::Incomplete };
            return Err(error(kind, "imdn"));
        }
        let field = |name: &str| {
            let found = self.fields.iter().find(|(known, _)| known == name);
            found.map(|(_, text)| ByteStr::from(text.trim())).filter(|text| !text.is_empty())
        };
        let disposition = self.disposition.ok_or_else(|| error(ParseErrorKind::Missing, "disposition"))?;
        let status = self.status.ok_or_else(|| error(ParseErrorKind::Missing, "status"))?;
        if !status.is_of(disposition) {
            return Err(error(ParseErrorKind::Mismatch, "status"));
        }
        Ok(Notification {
            message_id: field("message-id").ok_or_else(|| error(ParseErrorKind::Missing, "message-id"))?,
            date_time: field("datetime").ok_or_else(|| error(ParseErrorKind::Missing, "datetime"))?,
            recipient_uri: field("recipient-uri"),
            original_recipient_uri: field("original-recipient-uri"),
            subject_language: field("subject").and_then(|_| self.language.clone()).map(ByteStr::from),
            subject: field("subject"),
            disposition,
            status,
        })
    }
}

/// A place of the XML reader as an offset into the text it reads.
fn position(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}
