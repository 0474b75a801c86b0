//! Inspects a resource list.

use std::collections::HashSet;

use ::resource_lists::{Entry, Limits, RecipientList};
use bytes::Bytes;
use serde::Serialize;

use super::finding::{self, Finding};

/// What a list says, nested lists flattened.
#[derive(Debug, Serialize)]
pub(super) struct Extract {
    entries: Vec<One>,
    /// How many different URIs there are, compared as texts.
    unique_recipients: usize,
}

#[derive(Debug, Serialize)]
struct One {
    uri: String,
    display_name: Option<String>,
    /// `None` where the document says nothing, which means `bcc` (RFC 5364 §4).
    #[serde(rename = "copyControl")]
    copy_control: Option<&'static str>,
    anonymize: bool,
}

pub(super) fn examine(bytes: &Bytes) -> Finding {
    let read = RecipientList::parse(bytes.clone(), &Limits::default());
    Finding::of(read.map(|list| (list, Vec::new())), |list| {
        let unique: HashSet<&str> = list.entries().iter().map(|entry| entry.uri.as_str()).collect();
        finding::Extract::ResourceLists(Extract {
            entries: list.entries().iter().map(One::of).collect(),
            unique_recipients: unique.len(),
        })
    })
}

impl One {
    fn of(entry: &Entry) -> Self {
        Self {
            uri: entry.uri.to_string(),
            display_name: entry.display_name.as_deref().map(str::to_owned),
            copy_control: entry.copy_control_given.then(|| entry.copy_control.as_str()),
            anonymize: entry.anonymize,
        }
    }
}
