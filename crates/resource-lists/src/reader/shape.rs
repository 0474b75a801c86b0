//! `Shape`: how entries were written so far. The entries of a list are mostly written alike, so what was found out about
//! the tag of one holds for the next one, whose text differs in the values only.

use alloc::borrow::Cow;

use super::attributes::count;
use super::{Element, Item, Open, Reader};
use crate::blocks::visible_span;
use crate::copy_control::Control;
use crate::namespaces::Namespace;
use crate::{CopyControl, EntryView, Foreign};

/// What stands around the values in the tags of entries, as it was found to be well-formed.
///
/// It holds where the same namespaces are declared, directly in a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape<'a> {
    pieces: [Piece<'a>; MOST],
    count: usize,
    /// What stands behind the last value.
    tails: [&'a str; 4],
    tail_count: usize,
    /// The name of entries, with its prefix.
    entry: &'a str,
    /// The tag of display names in entries, and the name in it.
    display_name: (&'a str, &'a str),
}

/// From the start of a tag, or the quote that ends a value, to the quote that starts the next one.
#[derive(Debug, Clone, Copy)]
struct Piece<'a> {
    text: &'a str,
    slot: Slot,
    /// The quote it ends with.
    quote: u8,
}

/// More are not remembered.
const MOST: usize = 6;

/// Which attribute it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Uri,
    CopyControl,
    Anonymize,
    Count,
}

impl<'a> Shape<'a> {
    /// Nothing that could be alike.
    pub(super) const NONE: Self = Shape {
        pieces: [Piece { text: "", slot: Slot::Uri, quote: 0 }; MOST],
        count: 0,
        tails: [""; 4],
        tail_count: 0,
        entry: "",
        display_name: ("", ""),
    };

    fn pieces(&self) -> &[Piece<'a>] {
        self.pieces.get(..self.count).unwrap_or_default()
    }

    fn tails(&self) -> &[&'a str] {
        self.tails.get(..self.tail_count).unwrap_or_default()
    }

    fn add(&mut self, piece: Piece<'a>) {
        if self.pieces().iter().all(|known| known.text != piece.text)
            && let Some(place) = self.pieces.get_mut(self.count)
        {
            *place = piece;
            self.count += 1;
        }
    }

    fn add_tail(&mut self, tail: &'a str) {
        if !self.tails().contains(&tail)
            && let Some(place) = self.tails.get_mut(self.tail_count)
        {
            *place = tail;
            self.tail_count += 1;
        }
    }
}

impl<'a> Reader<'a> {
    /// Remembers how the entry is written whose tag starts at `at` and was read just now, if it says only what most
    /// entries say.
    pub(super) fn remember(&mut self, at: usize, name: &'a str) {
        let text = self.document.text().as_str();
        // One that is called otherwise, by another prefix of our namespace, is left to be read as any other.
        if self.shape.count > 0 && self.shape.entry != name {
            return;
        }
        self.shape.entry = name;
        let mut from = at;
        for attribute in self.scanner.attributes() {
            let copies = || self.namespaces.prefixed(attribute.name.prefix) == Some(Namespace::CopyControl);
            let slot = match (attribute.name.prefix, attribute.name.local) {
                ("", "uri") => Slot::Uri,
                ("", _) => return,
                (_, "copyControl") if copies() => Slot::CopyControl,
                (_, "anonymize") if copies() => Slot::Anonymize,
                (_, "count") if copies() => Slot::Count,
                _ => return,
            };
            let piece = text.get(from..attribute.value_at).unwrap_or_default();
            let Some(&quote) = piece.as_bytes().last() else { return };
            self.shape.add(Piece { text: piece, slot, quote });
            from = attribute.value_at + attribute.value.raw.len();
        }
        let tail = text.get(from..self.scanner.at()).unwrap_or_default();
        self.shape.add_tail(tail);
    }

    /// Remembers the tag of a display name that starts at `at` and was read just now, if it has no attributes.
    pub(super) fn remember_name(&mut self, at: usize, name: &'a str, empty: bool) {
        if !empty && self.scanner.attributes().is_empty() {
            let tag = self.document.text().get(at..self.scanner.at()).unwrap_or_default();
            self.shape.display_name = (tag, name);
        }
    }

    /// Reads tags that are put together of what was seen before, with plain values: whether that made a whole entry.
    #[inline]
    pub(super) fn alike(&mut self) -> bool {
        match self.open.last() {
            Some(Open { element: Element::List, .. }) if self.shape.count > 0 => {
                self.entry_alike().unwrap_or(false)
            }
            Some(Open { element: Element::Entry, named: false, .. })
                if !self.shape.display_name.0.is_empty() =>
            {
                self.name_alike();
                false
            }
            _ => false,
        }
    }

    /// The tag of the next display name, if it is written as the last one.
    fn name_alike(&mut self) {
        let at = self.scanner.skip_space();
        let text = self.document.text().as_bytes();
        let (tag, name) = self.shape.display_name;
        let Some(rest) = text.get(at..).and_then(|rest| rest.strip_prefix(tag.as_bytes())) else {
            return;
        };
        if self.open.len() >= self.limits.max_depth {
            return;
        }
        let content = text.len() - rest.len();
        self.scanner.go_on(content);
        if let Some(open) = self.open.last_mut() {
            open.named = true;
        }
        let element = Element::DisplayName;
        self.open.push(Open { name, element, content, named: false });
    }

    /// The next entry, if its tag is; `false` if it has content, `None` if it is not.
    #[inline]
    fn entry_alike(&mut self) -> Option<bool> {
        let limits = &self.limits;
        if self.entries >= limits.max_entries || self.open.len() >= limits.max_depth {
            return None;
        }
        let text = self.document.text().as_str();
        let mut at = self.scanner.skip_space();
        let mut control = Control::NONE;
        let (mut uri, mut anonymize, mut number) = ("", "", "");
        let mut quote = b'<';
        let mut attributes = 0;
        let (at, empty) = loop {
            let rest = text.as_bytes().get(at..)?;
            // A value ends with the quote it started with.
            if rest.first() != Some(&quote) {
                return None;
            }
            // Most tags end right behind the last quote.
            let ends = matches!(rest.get(1), Some(b'/' | b'>'));
            let mut pieces = if ends { [].iter() } else { self.shape.pieces().iter() };
            let known = pieces.find(|piece| rest.starts_with(piece.text.as_bytes()));
            let Some(piece) = known else {
                let mut tails = self.shape.tails().iter();
                let tail = tails.find(|tail| rest.starts_with(tail.as_bytes()))?;
                break (at + tail.len(), tail.ends_with("/>"));
            };
            attributes += 1;
            let start = at + piece.text.len();
            let len = visible_span(rest.get(piece.text.len()..)?);
            at = start + len;
            let value = text.get(start..at)?;
            quote = piece.quote;
            // Each at most once, and what is long, wrong or not that plain is for those to see who say so.
            match piece.slot {
                _ if len == 0 || len > limits.max_text => return None,
                Slot::Uri if uri.is_empty() => uri = value,
                Slot::CopyControl if control.copy_control.is_none() => {
                    control.copy_control = Some(CopyControl::parse(value)?);
                }
                Slot::Anonymize if anonymize.is_empty() => anonymize = value,
                Slot::Count if number.is_empty() => number = value,
                _ => return None,
            }
        };
        control.anonymize = match anonymize {
            "true" | "1" => true,
            "" | "false" | "0" => false,
            _ => return None,
        };
        if !number.is_empty() {
            control.count = count(number).ok()?;
        }
        if uri.is_empty() || attributes > limits.max_attributes {
            return None;
        }
        self.scanner.go_on(at);
        self.entries += 1;
        self.item = Some(Item::Entry(EntryView {
            document: self.document,
            uri: Cow::Borrowed(uri),
            control,
            display_name: None,
            foreign: Foreign::NONE,
        }));
        if !empty {
            let (name, element) = (self.shape.entry, Element::Entry);
            self.open.push(Open { name, element, content: at, named: false });
        }
        Some(empty)
    }
}
