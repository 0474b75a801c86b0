//! `Foreign`: what other namespaces add to an element of ours, kept in its order (RFC 4826 §3.1, §3.4).

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;

use grammar::{ByteStr, ParseError, ParseErrorKind};

use crate::document::is_xml_char;
use crate::name::QName;
use crate::namespaces::{Namespace, Namespaces, XML};
use crate::{Limits, reader};

/// Attributes and elements of other namespaces, in document order. Costs a pointer where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Foreign(Option<Box<Kept>>);

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Kept {
    attributes: Vec<ForeignAttribute>,
    elements: Vec<ForeignElement>,
}

/// An attribute of another namespace.
///
/// Two are equal if namespace, name and value are: the prefix is only how they were written.
#[derive(Debug, Clone)]
pub struct ForeignAttribute {
    pub(crate) namespace: ByteStr,
    pub(crate) prefix: ByteStr,
    pub(crate) name: ByteStr,
    pub(crate) value: ByteStr,
}

/// An element of another namespace with all that is in it, as written, able to stand alone: it declares the prefixes
/// that its names use.
///
/// Prefixes that only values use, such as those of `xsi:type`, are not looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignElement {
    pub(crate) namespace: ByteStr,
    pub(crate) name: ByteStr,
    pub(crate) xml: ByteStr,
}

impl Foreign {
    /// Nothing foreign.
    pub const NONE: Self = Self(None);

    /// The attributes.
    #[must_use]
    pub fn attributes(&self) -> &[ForeignAttribute] {
        self.0.as_deref().map_or(&[], |kept| kept.attributes.as_slice())
    }

    /// The elements.
    #[must_use]
    pub fn elements(&self) -> &[ForeignElement] {
        self.0.as_deref().map_or(&[], |kept| kept.elements.as_slice())
    }

    /// Whether there is neither attribute nor element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes().is_empty() && self.elements().is_empty()
    }

    /// Adds an attribute at the end.
    ///
    /// # Errors
    ///
    /// `Attribute` of kind `Repeated` if there is one of that namespace and name.
    pub fn push_attribute(&mut self, attribute: ForeignAttribute) -> Result<(), ParseError> {
        let same =
            |known: &ForeignAttribute| known.namespace == attribute.namespace && known.name == attribute.name;
        if self.attributes().iter().any(same) {
            return Err(ParseError::new(ParseErrorKind::Repeated, "Attribute", 0));
        }
        self.keep_attribute(attribute);
        Ok(())
    }

    /// The same with an attribute that was found to be the only one of its name.
    pub(crate) fn keep_attribute(&mut self, attribute: ForeignAttribute) {
        self.0.get_or_insert_default().attributes.push(attribute);
    }

    /// Adds an element at the end.
    pub fn push_element(&mut self, element: ForeignElement) {
        self.0.get_or_insert_default().elements.push(element);
    }
}

impl ForeignAttribute {
    /// An attribute to be written.
    ///
    /// # Errors
    ///
    /// `namespace` where it is empty, one of ours or reserved, `NCName` where `name` is none, `AttValue` at what XML
    /// cannot carry.
    pub fn new(
        namespace: impl Into<ByteStr>,
        name: impl Into<ByteStr>,
        value: impl Into<ByteStr>,
    ) -> Result<Self, ParseError> {
        let (namespace, name, value) = (namespace.into(), name.into(), value.into());
        let mut declared = Namespaces::new();
        let usable = namespace == XML || declared.declare("x", Cow::Borrowed(&namespace), 0);
        if !usable || declared.prefixed("x").is_some_and(|found| found != Namespace::Foreign) {
            return Err(ParseError::new(ParseErrorKind::Syntax, "namespace", 0));
        }
        if !QName::is_ncname(&name) {
            return Err(ParseError::new(ParseErrorKind::Syntax, "NCName", 0));
        }
        for text in [&namespace, &value] {
            if let Some((at, _)) = text.char_indices().find(|(_, c)| !is_xml_char(*c)) {
                return Err(ParseError::new(ParseErrorKind::Syntax, "AttValue", at));
            }
        }
        let prefix = ByteStr::from_static(if namespace == XML { "xml" } else { "x" });
        Ok(Self { namespace, prefix, name, value })
    }

    /// The URI of the namespace.
    #[must_use]
    pub const fn namespace(&self) -> &ByteStr {
        &self.namespace
    }

    /// The name without prefix.
    #[must_use]
    pub const fn name(&self) -> &ByteStr {
        &self.name
    }

    /// The value, references undone.
    #[must_use]
    pub const fn value(&self) -> &ByteStr {
        &self.value
    }
}

impl PartialEq for ForeignAttribute {
    fn eq(&self, other: &Self) -> bool {
        (&self.namespace, &self.name, &self.value) == (&other.namespace, &other.name, &other.value)
    }
}

impl Eq for ForeignAttribute {}

impl ForeignElement {
    /// Takes the text of one element that declares all prefixes it uses.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where it is not well-formed, passes a limit, or is an element of ours.
    pub fn parse(xml: impl Into<ByteStr>, limits: &Limits) -> Result<Self, ParseError> {
        let xml = xml.into();
        if let Some((at, _)) = xml.char_indices().find(|(_, c)| !is_xml_char(*c)) {
            return Err(ParseError::new(ParseErrorKind::Syntax, "Char", at));
        }
        reader::foreign_element(&xml, limits)
    }

    /// The URI of the namespace, empty if it has none.
    #[must_use]
    pub const fn namespace(&self) -> &ByteStr {
        &self.namespace
    }

    /// The name without prefix.
    #[must_use]
    pub const fn name(&self) -> &ByteStr {
        &self.name
    }

    /// The element as it is written.
    #[must_use]
    pub const fn as_xml(&self) -> &ByteStr {
        &self.xml
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::namespaces::RESOURCE_LISTS;
    use alloc::string::ToString;

    #[track_caller]
    fn check(xml: &str, expected: &str) {
        let got = match ForeignElement::parse(xml, &Limits::default()) {
            Ok(element) => alloc::format!("{}#{} {}", element.namespace, element.name, element.xml),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{xml}");
    }

    #[test]
    fn rfc4826_3_1_an_element_stands_alone() {
        check("<x:a xmlns:x='urn:x'><x:b/></x:a>", "urn:x#a <x:a xmlns:x='urn:x'><x:b/></x:a>");
        check("<a xmlns='urn:x'/>", "urn:x#a <a xmlns='urn:x'/>");
        check("<a/>", "#a <a xmlns=\"\"/>");
        check("<x:a/>", "expected prefix at byte 0");
        check("<a xmlns='urn:ietf:params:xml:ns:resource-lists'/>", "expected foreign element at byte 0");
        check("<a xmlns='urn:x'/><b/>", "unexpected data after foreign element at byte 18");
        check("<a xmlns='urn:x'>", "foreign element incomplete at byte 17");
        check("x", "expected foreign element at byte 0");
        check("", "missing foreign element at byte 0");
        check("<a>\u{1}</a>", "expected Char at byte 3");
    }

    #[test]
    fn rfc4826_3_1_an_attribute_has_a_namespace_of_its_own() {
        let good = ForeignAttribute::new("urn:x", "a", "1").unwrap();
        let mut foreign = Foreign::NONE;
        assert!(foreign.is_empty());
        foreign.push_attribute(good.clone()).unwrap();
        assert_eq!(foreign.push_attribute(good).unwrap_err().kind(), ParseErrorKind::Repeated);
        assert!(ForeignAttribute::new(XML, "lang", "en").is_ok());
        for namespace in
            ["", RESOURCE_LISTS, crate::namespaces::COPY_CONTROL, "http://www.w3.org/2000/xmlns/"]
        {
            assert_eq!(ForeignAttribute::new(namespace, "a", "").unwrap_err().rule(), "namespace");
        }
        assert_eq!(ForeignAttribute::new("urn:x", "a:b", "").unwrap_err().rule(), "NCName");
        assert_eq!(ForeignAttribute::new("urn:x", "a", "\0").unwrap_err().rule(), "AttValue");
    }
}
