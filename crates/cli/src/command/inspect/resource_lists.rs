//! Inspects a resource list.

use std::collections::HashSet;

use ::resource_lists::{DisplayName, Entry, Foreign, Limits, List, Member, Reference, ResourceLists};
use bytes::Bytes;
use serde::Serialize;

use super::finding::{self, Finding};

/// What a document says: all recipients, nested lists flattened, and the lists as they are.
#[derive(Debug, Serialize)]
pub(super) struct Extract {
    entries: Vec<One>,
    /// How many different URIs there are, compared as texts.
    unique_recipients: usize,
    entry_refs: usize,
    externals: usize,
    lists: Vec<Node>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    foreign_attributes: Vec<Attribute>,
}

#[derive(Debug, Serialize)]
struct One {
    uri: String,
    display_name: Option<String>,
    /// `None` where the document says nothing, which means `bcc` (RFC 5364 §4).
    #[serde(rename = "copyControl")]
    copy_control: Option<&'static str>,
    anonymize: bool,
    count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    lang: Option<String>,
    #[serde(flatten)]
    foreign: Others,
}

/// What is foreign in an element.
#[derive(Debug, Serialize)]
struct Others {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    foreign_attributes: Vec<Attribute>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    foreign_elements: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Attribute {
    namespace: String,
    name: String,
    value: String,
}

/// A member of a list, or of the document.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Node {
    List {
        name: Option<String>,
        display_name: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        lang: Option<String>,
        #[serde(flatten)]
        foreign: Others,
        members: Vec<Self>,
    },
    Entry(String),
    EntryRef(Pointer),
    External(Pointer),
    Foreign {
        namespace: String,
        name: String,
        xml: String,
    },
}

/// What a reference says.
#[derive(Debug, Serialize)]
struct Pointer {
    target: Option<String>,
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lang: Option<String>,
    #[serde(rename = "copyControl")]
    copy_control: Option<&'static str>,
    anonymize: bool,
    count: u32,
    #[serde(flatten)]
    foreign: Others,
}

pub(super) fn examine(bytes: &Bytes) -> Finding {
    let read = ResourceLists::parse(bytes.clone(), &Limits::default());
    Finding::of(read.map(|lists| (lists, Vec::new())), |lists| {
        let recipients = lists.recipients();
        let unique: HashSet<&str> = recipients.entries().iter().map(|entry| entry.uri().as_str()).collect();
        finding::Extract::ResourceLists(Extract {
            entries: recipients.entries().iter().map(One::of).collect(),
            unique_recipients: unique.len(),
            entry_refs: recipients.entry_refs(),
            externals: recipients.externals(),
            lists: lists.members().iter().map(Node::of).collect(),
            foreign_attributes: Others::of(lists.foreign()).foreign_attributes,
        })
    })
}

fn text(name: Option<&DisplayName>) -> Option<String> {
    name.map(|name| name.text().to_string())
}

fn lang(name: Option<&DisplayName>) -> Option<String> {
    name.and_then(DisplayName::lang).map(ToString::to_string)
}

impl One {
    fn of(entry: &Entry) -> Self {
        Self {
            uri: entry.uri().to_string(),
            display_name: text(entry.display_name()),
            copy_control: entry.copy_control_given().then(|| entry.copy_control().as_str()),
            anonymize: entry.anonymize(),
            count: entry.count(),
            lang: lang(entry.display_name()),
            foreign: Others::of(entry.foreign()),
        }
    }
}

impl Others {
    fn of(foreign: &Foreign) -> Self {
        let attribute = |attribute: &::resource_lists::ForeignAttribute| Attribute {
            namespace: attribute.namespace().to_string(),
            name: attribute.name().to_string(),
            value: attribute.value().to_string(),
        };
        Self {
            foreign_attributes: foreign.attributes().iter().map(attribute).collect(),
            foreign_elements: foreign.elements().iter().map(|element| element.as_xml().to_string()).collect(),
        }
    }
}

impl Node {
    fn of(member: &Member) -> Self {
        match member {
            Member::Entry(entry) => Self::Entry(entry.uri().to_string()),
            Member::List(list) => Self::list(list),
            Member::EntryRef(reference) => Self::EntryRef(Pointer::of(reference)),
            Member::External(reference) => Self::External(Pointer::of(reference)),
            Member::Foreign(element) => Self::Foreign {
                namespace: element.namespace().to_string(),
                name: element.name().to_string(),
                xml: element.as_xml().to_string(),
            },
        }
    }

    fn list(list: &List) -> Self {
        Self::List {
            name: list.name().map(ToString::to_string),
            display_name: text(list.display_name()),
            lang: lang(list.display_name()),
            foreign: Others::of(list.foreign()),
            members: list.members().iter().map(Self::of).collect(),
        }
    }
}

impl Pointer {
    fn of(reference: &Reference) -> Self {
        Self {
            target: reference.target().map(ToString::to_string),
            display_name: text(reference.display_name()),
            lang: lang(reference.display_name()),
            copy_control: reference.copy_control().map(|control| control.as_str()),
            anonymize: reference.anonymize(),
            count: reference.count(),
            foreign: Others::of(reference.foreign()),
        }
    }
}
