//! Writing message/cpim (RFC 3862, RFC 4975 §13).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;
use grammar::{ByteStr, ParseError, ParseErrorKind};

use super::Address;
use super::escape::escape;
use super::head::is_date_time;
use crate::{Header, Headers};

/// Collects the headers of an envelope, which are written in the order of the calls.
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    head: String,
    content_headers: Vec<(ByteStr, ByteStr)>,
    /// The first argument that cannot be carried.
    error: Option<ParseError>,
}

impl Builder {
    /// An envelope from one address to another.
    pub fn new(from: &Address, to: &Address) -> Self {
        let head = format!("From: {from}\r\nTo: {to}\r\n");
        Self { head, content_headers: Vec::new(), error: None }
    }

    /// One more recipient.
    pub fn to(mut self, to: &Address) -> Self {
        self.head.push_str(&format!("To: {to}\r\n"));
        self
    }

    /// A recipient of a copy.
    pub fn cc(mut self, cc: &Address) -> Self {
        self.head.push_str(&format!("cc: {cc}\r\n"));
        self
    }

    /// When it was sent: a date and time of RFC 3339 with its zone, such as `2026-03-02T09:15:30Z`.
    pub fn date_time(mut self, date_time: &str) -> Self {
        if !is_date_time(date_time) {
            self.error.get_or_insert_with(|| ParseError::new(ParseErrorKind::Syntax, "datetime", 0));
        }
        self.header("DateTime", date_time)
    }

    /// The subject. Control characters are escaped, and blanks at the ends, which would not be read as part of it.
    pub fn subject(mut self, subject: &str) -> Self {
        self.head.push_str("Subject: ");
        self.push_value(subject);
        self
    }

    /// The subject in a language, a tag such as `fr` (RFC 3862 §3.3); once for each language.
    pub fn subject_in(mut self, language: &str, subject: &str) -> Self {
        let wrong = language.bytes().position(|byte| !byte.is_ascii_alphanumeric() && byte != b'-');
        if language.is_empty() || wrong.is_some() {
            let error = ParseError::new(ParseErrorKind::Syntax, "Language-tag", wrong.unwrap_or(0));
            self.error.get_or_insert(error);
        }
        self.head.push_str(&format!("Subject:;lang={language} "));
        self.push_value(subject);
        self
    }

    /// Free text to the end of the line.
    fn push_value(&mut self, text: &str) {
        const BLANK: &str = "\\u0020";
        let (start, rest) = text.strip_prefix(' ').map_or(("", text), |rest| (BLANK, rest));
        let (rest, end) = rest.strip_suffix(' ').map_or((rest, ""), |rest| (rest, BLANK));
        self.head.push_str(start);
        escape(rest, None, &mut self.head);
        self.head.push_str(end);
        self.head.push_str("\r\n");
    }

    /// Declares that names with this prefix, from here on, belong to the namespace `urn` (RFC 3862 §3.4).
    pub fn namespace(self, prefix: &str, urn: &str) -> Self {
        self.header("NS", &format!("{prefix} <{urn}>"))
    }

    /// Asks for notifications (RFC 5438 §7.1.1): declares the namespace and writes `Message-ID` and, unless
    /// `wanted` is empty, `Disposition-Notification`. Needs [`Self::date_time`].
    #[cfg(feature = "imdn")]
    pub fn request_notification(self, message_id: &str, wanted: &[crate::imdn::Wanted]) -> Self {
        let named = self.namespace("imdn", crate::imdn::NAMESPACE).header("imdn.Message-ID", message_id);
        if wanted.is_empty() {
            return named;
        }
        let wanted: Vec<&str> = wanted.iter().map(|wanted| wanted.as_str()).collect();
        named.header("imdn.Disposition-Notification", &wanted.join(", "))
    }

    /// Sends a notification back the way its message came (RFC 5438 §7.2): the routes of `request`, the top one first. It
    /// goes to the top one, or where there is none to who wrote the message.
    #[cfg(feature = "imdn")]
    pub fn routes_of(self, request: &crate::imdn::NotificationRequest) -> Self {
        let mut this = self;
        for route in &request.record_route {
            this = this.header("imdn.IMDN-Route", &format!("{route}"));
        }
        this
    }

    /// Any message header, its value written as it is.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let forbidden = |c: char| c.is_control();
        let name_ends = name.find(|c: char| forbidden(c) || matches!(c, ' ' | ':'));
        if name.is_empty() || name_ends.is_some() {
            let error = ParseError::new(ParseErrorKind::Syntax, "Header-name", name_ends.unwrap_or(0));
            self.error.get_or_insert(error);
        }
        if let Some(at) = value.find(forbidden) {
            self.error.get_or_insert_with(|| ParseError::new(ParseErrorKind::Syntax, "Header-value", at));
        }
        self.head.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    /// A MIME header of the content beside its type, such as `Content-Disposition`.
    pub fn content_header(mut self, name: impl Into<ByteStr>, value: impl Into<ByteStr>) -> Self {
        self.content_headers.push((name.into(), value.into()));
        self
    }

    /// What comes before the content: for content that is written bit by bit after it.
    ///
    /// # Errors
    ///
    /// `field-value`, `Header-name`, `Header-value`, `Language-tag` or `datetime` where an argument cannot be carried;
    /// `header` of kind `Repeated` where a MIME header that stands once is given twice, `Content-Type` among them.
    pub fn head(self, content_type: &str) -> Result<Bytes, ParseError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let mut headers = Headers::default();
        headers.push(Header::new("Content-Type", content_type)?);
        for (name, value) in self.content_headers {
            headers.push_single(Header::new(name, value)?)?;
        }
        let mut out = self.head;
        out.push_str("\r\n");
        for header in &headers {
            out.push_str(&format!("{}: {}\r\n", header.name(), header.value()));
        }
        out.push_str("\r\n");
        Ok(out.into())
    }

    /// The envelope with `content` in it, as it is.
    ///
    /// # Errors
    ///
    /// As [`Self::head`].
    pub fn build(self, content_type: &str, content: impl AsRef<[u8]>) -> Result<Bytes, ParseError> {
        let head = self.head(content_type)?;
        Ok([&head, content.as_ref()].concat().into())
    }
}
