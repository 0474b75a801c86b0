//! Writing a resource list: flat, escaped, copy control always said (RFC 4826 §3, RFC 5364 §5, RFC 5366 §3).

use alloc::string::String;
use core::fmt::Write as _;

use crate::document::is_xml_char;
use crate::{Entry, RecipientList};

const OPEN: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n",
    "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"",
);
const COPY_CONTROL: &str = " xmlns:cp=\"urn:ietf:params:xml:ns:copycontrol\"";
const CLOSE: &str = "</list>\r\n</resource-lists>\r\n";

impl RecipientList {
    /// The document, with `cp:copyControl` at every entry: a server takes an entry without it as `bcc`.
    #[must_use]
    pub fn to_xml(&self) -> String {
        self.write(Form::CopyControl)
    }

    /// The document without any attribute of RFC 5364, for servers that refuse what they do not know.
    ///
    /// Everybody is treated alike then: check that no entry is `bcc` or anonymous.
    #[must_use]
    pub fn to_xml_without_copy_control(&self) -> String {
        self.write(Form::Plain)
    }

    fn write(&self, form: Form) -> String {
        let mut out = String::with_capacity(256 + 96 * self.entries().len());
        out.push_str(OPEN);
        if form == Form::CopyControl {
            out.push_str(COPY_CONTROL);
        }
        out.push_str(">\r\n<list>\r\n");
        for entry in self.entries() {
            write_entry(&mut out, entry, form);
        }
        out.push_str(CLOSE);
        out
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    CopyControl,
    Plain,
}

fn write_entry(out: &mut String, entry: &Entry, form: Form) {
    out.push_str("<entry uri=\"");
    escape(out, &entry.uri);
    out.push('"');
    if form == Form::CopyControl {
        // Writing into a String cannot fail.
        let _ = write!(out, " cp:copyControl=\"{}\"", entry.copy_control);
        if entry.anonymize {
            out.push_str(" cp:anonymize=\"true\"");
        }
        if entry.count != 1 {
            let _ = write!(out, " cp:count=\"{}\"", entry.count);
        }
    }
    match &entry.display_name {
        Some(name) => {
            out.push_str("><display-name>");
            escape(out, name);
            out.push_str("</display-name></entry>\r\n");
        }
        None => out.push_str("/>\r\n"),
    }
}

/// Writes `text` so that it reads the same as content and in an attribute of either quote.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // The fields of an entry are public: what was put there past `Entry::new` stays well-formed.
            c if !is_xml_char(c) => out.push('\u{fffd}'),
            c if c.is_control() => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
}
