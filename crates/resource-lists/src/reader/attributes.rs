//! What the attributes of our elements say (RFC 4826 §3.2, RFC 5364 §5).

use alloc::borrow::Cow;
use alloc::vec::Vec;

use grammar::{ParseError, ParseErrorKind};

use super::shape::Shape;
use super::{ListView, Reader, error};
use crate::copy_control::Control;
use crate::entry::check_uri;
use crate::namespaces::{Namespace, Namespaces, XML};
use crate::scanner::Attribute;
use crate::{CopyControl, EntryView, Foreign, ForeignAttribute, ReferenceView};

/// An attribute by its expanded name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known<'a> {
    /// One without namespace.
    Plain(&'a str),
    /// One of RFC 5364.
    CopyControl(&'a str),
    /// One of another namespace.
    Foreign,
    /// A declaration, or one of our namespace, which has none.
    Other,
}

impl<'a> Known<'a> {
    #[inline]
    fn of(attribute: &Attribute<'a>, namespaces: &Namespaces<'a>) -> Result<Self, ParseError> {
        let name = attribute.name;
        match name.prefix {
            "" if name.local == "xmlns" => Ok(Self::Other),
            "" => Ok(Self::Plain(name.local)),
            "xmlns" => Ok(Self::Other),
            prefix => match namespaces.prefixed(prefix) {
                Some(Namespace::CopyControl) => Ok(Self::CopyControl(name.local)),
                Some(Namespace::Foreign) => Ok(Self::Foreign),
                Some(Namespace::ResourceLists | Namespace::None) => Ok(Self::Other),
                None => Err(error(ParseErrorKind::Syntax, "prefix", attribute.at)),
            },
        }
    }
}

impl<'a> Reader<'a> {
    /// The namespaces that a start tag declares.
    pub(super) fn declare(&mut self, depth: usize) -> Result<(), ParseError> {
        for attribute in self.scanner.attributes() {
            let prefix = match (attribute.name.prefix, attribute.name.local) {
                ("", "xmlns") => "",
                ("xmlns", prefix) => prefix,
                _ => continue,
            };
            if !self.namespaces.declare(prefix, attribute.value.text(), depth) {
                return Err(error(ParseErrorKind::Syntax, "prefix", attribute.at));
            }
            if self.namespaces.len() > self.limits.max_declarations {
                return Err(error(ParseErrorKind::Limit, "max_declarations", attribute.at));
            }
        }
        self.shape = Shape::NONE;
        Ok(())
    }

    /// No expanded name stands twice (Namespaces in XML 1.0 §6.3): where prefixes differ, what they mean may not.
    #[inline]
    pub(super) fn check_distinct(&self) -> Result<(), ParseError> {
        let qualified = || {
            let attributes = self.scanner.attributes().iter();
            attributes.filter(|attribute| !matches!(attribute.name.prefix, "" | "xmlns"))
        };
        let Some(first) = qualified().next() else { return Ok(()) };
        if qualified().all(|attribute| attribute.name.prefix == first.name.prefix) {
            return Ok(());
        }
        let mut names: Vec<_> = qualified()
            .map(|attribute| (self.namespaces.uri(attribute.name.prefix), attribute.name.local, attribute.at))
            .collect();
        names.sort_unstable();
        let twice = names.windows(2).find_map(|pair| match pair {
            [(uri, name, _), (other_uri, other, at)] if (uri, name) == (other_uri, other) => Some(*at),
            _ => None,
        });
        twice.map_or(Ok(()), |at| Err(error(ParseErrorKind::Repeated, "Attribute", at)))
    }

    /// Counts one more of those that make up a list.
    fn count_entry(&mut self, at: usize) -> Result<(), ParseError> {
        self.entries += 1;
        if self.entries > self.limits.max_entries {
            return Err(error(ParseErrorKind::Limit, "max_entries", at));
        }
        Ok(())
    }

    /// `list`, its tag at byte `at`.
    pub(super) fn list(&mut self, at: usize) -> Result<ListView<'a>, ParseError> {
        self.lists += 1;
        if self.lists > self.limits.max_lists {
            return Err(error(ParseErrorKind::Limit, "max_lists", at));
        }
        let foreign = self.foreign_attributes()?;
        Ok(ListView { document: self.document, name: self.plain("name"), foreign })
    }

    /// `entry-ref` or `external`, its tag at byte `at`, with the attribute that says where it points.
    pub(super) fn reference(&mut self, at: usize, name: &str) -> Result<ReferenceView<'a>, ParseError> {
        self.count_entry(at)?;
        self.check_distinct()?;
        let mut control = Control::NONE;
        let mut foreign = Foreign::NONE;
        for attribute in self.scanner.attributes() {
            self.qualified(attribute, &mut control, &mut foreign)?;
        }
        // Never fetched, so what is no path and no URI does no harm: the example of RFC 4826 §3.3 has line ends in it.
        let target = self.plain(name);
        Ok(ReferenceView { document: self.document, target, control, display_name: None, foreign })
    }

    /// Takes an attribute of RFC 5364 or of another namespace; the name of one without namespace.
    #[inline]
    fn qualified(
        &self,
        attribute: &Attribute<'a>,
        control: &mut Control,
        foreign: &mut Foreign,
    ) -> Result<&'a str, ParseError> {
        let value = attribute.value;
        let wrong = |kind, rule| error(kind, rule, attribute.at);
        match Known::of(attribute, &self.namespaces)? {
            Known::Plain(name) => return Ok(name),
            // The drafts of RFC 5364 called it `capacity`.
            Known::CopyControl("copyControl" | "capacity") => {
                let read = CopyControl::parse(&value.trimmed());
                let read = read.ok_or_else(|| wrong(ParseErrorKind::Syntax, "copyControl"))?;
                if control.copy_control.replace(read).is_some_and(|other| other != read) {
                    return Err(wrong(ParseErrorKind::Mismatch, "copyControl"));
                }
            }
            Known::CopyControl("anonymize") => {
                control.anonymize = match &*value.trimmed() {
                    "true" | "1" => true,
                    "false" | "0" => false,
                    _ => return Err(wrong(ParseErrorKind::Syntax, "anonymize")),
                };
            }
            Known::CopyControl("count") => {
                control.count = count(&value.trimmed()).map_err(|kind| wrong(kind, "count"))?;
            }
            Known::CopyControl(_) | Known::Foreign => {
                foreign.keep_attribute(self.foreign_attribute(attribute));
            }
            Known::Other => {}
        }
        Ok("")
    }

    /// The attribute of this name that has no namespace, white space around it cut.
    fn plain(&self, name: &str) -> Option<Cow<'a, str>> {
        let mut attributes = self.scanner.attributes().iter();
        let found = attributes.find(|found| found.name.prefix.is_empty() && found.name.local == name)?;
        Some(found.value.trimmed())
    }

    /// The attributes of other namespaces. Those without namespace that are not known are passed over.
    pub(super) fn foreign_attributes(&self) -> Result<Foreign, ParseError> {
        let mut foreign = Foreign::NONE;
        self.check_distinct()?;
        for attribute in self.scanner.attributes() {
            if let Known::Foreign | Known::CopyControl(_) = Known::of(attribute, &self.namespaces)? {
                foreign.keep_attribute(self.foreign_attribute(attribute));
            }
        }
        Ok(foreign)
    }

    fn foreign_attribute(&self, attribute: &Attribute<'a>) -> ForeignAttribute {
        let text = self.document.text();
        ForeignAttribute {
            namespace: text.share(self.namespaces.uri(attribute.name.prefix)),
            prefix: text.share(attribute.name.prefix),
            name: text.share(attribute.name.local),
            value: match attribute.value.text() {
                Cow::Borrowed(value) => text.share(value),
                Cow::Owned(value) => value.into(),
            },
        }
    }

    /// `xml:lang` of a display name; what is no language tag is passed over.
    pub(super) fn lang(&self) -> Result<Option<&'a str>, ParseError> {
        let mut lang = None;
        self.check_distinct()?;
        for attribute in self.scanner.attributes() {
            if Known::of(attribute, &self.namespaces)? == Known::Foreign
                && attribute.name.local == "lang"
                && self.namespaces.uri(attribute.name.prefix) == XML
            {
                lang = Some(attribute.value.raw);
            }
        }
        let is_tag = |lang: &&str| {
            !lang.is_empty() && lang.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        Ok(lang.filter(is_tag))
    }

    /// `entry`, its tag at byte `at`.
    pub(super) fn entry(&mut self, at: usize) -> Result<EntryView<'a>, ParseError> {
        self.count_entry(at)?;
        self.check_distinct()?;
        let mut uri = None;
        let mut view = EntryView {
            document: self.document,
            uri: Cow::Borrowed(""),
            control: Control::NONE,
            display_name: None,
            foreign: Foreign::NONE,
        };
        for attribute in self.scanner.attributes() {
            if self.qualified(attribute, &mut view.control, &mut view.foreign)? == "uri" {
                uri = Some(attribute);
            }
        }
        let uri = uri.ok_or_else(|| error(ParseErrorKind::Missing, "uri", at))?;
        view.uri = uri.value.trimmed();
        if !uri.value.visible || view.uri.is_empty() {
            check_uri(&view.uri).map_err(|wrong| error(wrong.kind(), "uri", uri.at))?;
        }
        Ok(view)
    }
}

/// `xs:nonNegativeInteger`, as far as a number of recipients can be.
pub(super) fn count(value: &str) -> Result<u32, ParseErrorKind> {
    let digits = value.strip_prefix('+').unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ParseErrorKind::Syntax);
    }
    digits.parse().map_err(|_| ParseErrorKind::OutOfRange)
}
