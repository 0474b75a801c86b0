//! Writing resource lists: everything escaped, copy control always said (RFC 4826 §3, RFC 5364 §5, RFC 5366 §3).

use alloc::string::String;
use core::fmt::Write as _;

use crate::document::is_xml_char;
use crate::namespaces::XML;
use crate::{
    CopyControl, DisplayName, Entry, Foreign, ForeignAttribute, List, Member, RecipientList, Reference,
    ResourceLists,
};

const OPEN: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n",
    "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"",
);
const COPY_CONTROL: &str = " xmlns:cp=\"urn:ietf:params:xml:ns:copycontrol\"";
const CLOSE: &str = "</resource-lists>\r\n";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    CopyControl,
    Plain,
}

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
        out.push_str("</list>\r\n");
        out.push_str(CLOSE);
        out
    }
}

impl ResourceLists {
    /// The document, with `cp:copyControl` at every entry, what is foreign in its place, namespaces under prefixes of
    /// our choice.
    ///
    /// It is read again as the same tree, within the limits of the reader, but that every entry says its copy control.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut out = String::with_capacity(1024);
        out.push_str(OPEN);
        out.push_str(COPY_CONTROL);
        write_attributes(&mut out, self.foreign());
        out.push_str(">\r\n");
        write_members(&mut out, self.members());
        out.push_str(CLOSE);
        out
    }
}

/// A list, its tags and its name apart.
fn write_list(out: &mut String, list: &List) {
    out.push_str("<list");
    if let Some(name) = list.name() {
        write_attribute(out, "name", name);
    }
    write_attributes(out, list.foreign());
    out.push_str(">\r\n");
    if let Some(name) = list.display_name() {
        write_display_name(out, name);
        out.push_str("\r\n");
    }
    write_members(out, list.members());
    out.push_str("</list>\r\n");
}

fn write_members(out: &mut String, members: &[Member]) {
    for member in members {
        match member {
            Member::Entry(entry) => write_entry(out, entry, Form::CopyControl),
            Member::List(list) => write_list(out, list),
            Member::EntryRef(reference) => write_reference(out, "entry-ref", "ref", reference),
            Member::External(reference) => write_reference(out, "external", "anchor", reference),
            Member::Foreign(element) => {
                out.push_str(element.as_xml());
                out.push_str("\r\n");
            }
        }
    }
}

fn write_entry(out: &mut String, entry: &Entry, form: Form) {
    out.push_str("<entry");
    write_attribute(out, "uri", entry.uri());
    if form == Form::CopyControl {
        write_control(out, Some(entry.copy_control()), entry.anonymize(), entry.count());
    }
    write_attributes(out, entry.foreign());
    write_content(out, "entry", entry.display_name(), entry.foreign());
}

fn write_control(out: &mut String, copy_control: Option<CopyControl>, anonymize: bool, count: u32) {
    if let Some(copy_control) = copy_control {
        write_attribute(out, "cp:copyControl", copy_control.as_str());
    }
    if anonymize {
        out.push_str(" cp:anonymize=\"true\"");
    }
    if count != 1 {
        // Writing into a String cannot fail.
        let _ = write!(out, " cp:count=\"{count}\"");
    }
}

fn write_reference(out: &mut String, element: &str, attribute: &str, reference: &Reference) {
    out.push('<');
    out.push_str(element);
    if let Some(target) = reference.target() {
        write_attribute(out, attribute, target);
    }
    write_control(out, reference.copy_control(), reference.anonymize(), reference.count());
    write_attributes(out, reference.foreign());
    write_content(out, element, reference.display_name(), reference.foreign());
}

/// The end of a start tag, what is in the element, and its end tag.
fn write_content(out: &mut String, element: &str, name: Option<&DisplayName>, foreign: &Foreign) {
    if name.is_none() && foreign.elements().is_empty() {
        out.push_str("/>\r\n");
        return;
    }
    out.push('>');
    if let Some(name) = name {
        write_display_name(out, name);
    }
    for element in foreign.elements() {
        out.push_str(element.as_xml());
    }
    let _ = write!(out, "</{element}>\r\n");
}

fn write_display_name(out: &mut String, name: &DisplayName) {
    out.push_str("<display-name");
    if let Some(lang) = name.lang() {
        write_attribute(out, "xml:lang", lang);
    }
    out.push('>');
    escape(out, name.text());
    out.push_str("</display-name>");
}

fn write_attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    escape(out, value);
    out.push('"');
}

/// Attributes of other namespaces, each with the declaration of its prefix: that as written, unless it is ours or has
/// been declared here to mean something else.
fn write_attributes(out: &mut String, foreign: &Foreign) {
    let attributes = foreign.attributes();
    for (i, attribute) in attributes.iter().enumerate() {
        if attribute.namespace == XML {
            write_attribute(out, &["xml:", &attribute.name].concat(), &attribute.value);
            continue;
        }
        let before = attributes.get(..i).unwrap_or_default();
        let fits = |known: &ForeignAttribute| known.namespace == attribute.namespace;
        let known = before.iter().position(fits);
        let prefix = prefix(attributes, known.unwrap_or(i));
        if known.is_none() {
            write_attribute(out, &["xmlns:", &prefix].concat(), &attribute.namespace);
        }
        write_attribute(out, &[&*prefix, ":", &attribute.name].concat(), &attribute.value);
    }
}

/// The prefix of the attribute with this number, the first of its namespace: its own if no other namespace has it here.
fn prefix(attributes: &[ForeignAttribute], number: usize) -> String {
    let Some(attribute) = attributes.get(number) else { return String::from("x") };
    let own = attribute.prefix.as_str();
    let reserved = matches!(own, "" | "cp" | "xml" | "xmlns");
    let taken = attributes.iter().any(|other| other.prefix == own && other.namespace != attribute.namespace);
    if !reserved && !taken {
        return own.into();
    }
    // No other attribute is written so: it would have to have this prefix already.
    let mut made = String::new();
    let mut n = number;
    loop {
        made.clear();
        let _ = write!(made, "x{n}");
        if attributes.iter().all(|other| other.prefix.as_str() != made) {
            return made;
        }
        n += attributes.len();
    }
}

/// Writes `text` so that it reads the same as content and in an attribute of either quote.
pub(crate) fn escape(out: &mut String, text: &str) {
    let mut rest = text;
    // Most has nothing to escape.
    while let Some(at) = rest
        .find(|c: char| c.is_control() || matches!(c, '&' | '<' | '>' | '"' | '\'' | '\u{fffe}' | '\u{ffff}'))
    {
        let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        let mut chars = special.chars();
        match chars.next() {
            Some('&') => out.push_str("&amp;"),
            Some('<') => out.push_str("&lt;"),
            Some('>') => out.push_str("&gt;"),
            Some('"') => out.push_str("&quot;"),
            Some('\'') => out.push_str("&apos;"),
            Some(c) if is_xml_char(c) => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            // Nothing that gets here holds such a character: it was refused where it entered.
            Some(_) => out.push(char::REPLACEMENT_CHARACTER),
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
}
