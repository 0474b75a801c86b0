//! `Namespaces`: which prefix means which namespace at a place of the document (Namespaces in XML 1.0).

use alloc::borrow::Cow;
use alloc::vec::Vec;

/// The namespaces that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Namespace {
    /// That of RFC 4826.
    ResourceLists,
    /// That of RFC 5364, in any of its spellings.
    CopyControl,
    /// Another one.
    Foreign,
    /// None at all.
    None,
}

/// What is declared by the open elements.
#[derive(Debug, Clone)]
pub(crate) struct Namespaces<'a> {
    bindings: Vec<Binding<'a>>,
    /// What the innermost default declaration says.
    default: Namespace,
}

/// One declaration.
#[derive(Debug, Clone)]
pub(crate) struct Binding<'a> {
    /// Empty for the default namespace.
    pub(crate) prefix: &'a str,
    pub(crate) uri: Cow<'a, str>,
    pub(crate) namespace: Namespace,
    /// How many elements are open around the one that declares it.
    pub(crate) depth: usize,
}

/// The namespace of the elements (RFC 4826 §3.5).
pub(crate) const RESOURCE_LISTS: &str = "urn:ietf:params:xml:ns:resource-lists";
/// The registered name of the attributes (RFC 5364 §9.1).
pub(crate) const COPY_CONTROL: &str = "urn:ietf:params:xml:ns:copycontrol";
/// The same as RFC 5366 figure 3 prints it.
const COPY_CONTROL_PRINTED: &str = "urn:ietf:params:xml:ns:copyControl";
/// The drafts of RFC 5364, whose attribute was called `capacity`; early RCS clients write it.
const CAPACITY: &str = "urn:ietf:params:xml:ns:capacity";
/// What the prefix `xml` means everywhere.
pub(crate) const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

impl Namespace {
    fn of(uri: &str) -> Self {
        match uri {
            "" => Self::None,
            RESOURCE_LISTS => Self::ResourceLists,
            COPY_CONTROL | COPY_CONTROL_PRINTED | CAPACITY => Self::CopyControl,
            _ => Self::Foreign,
        }
    }
}

impl<'a> Namespaces<'a> {
    pub(crate) const fn new() -> Self {
        Self { bindings: Vec::new(), default: Namespace::None }
    }

    /// Takes a declaration, of the default namespace if the prefix is empty; `false` if it touches the two prefixes
    /// that are reserved (§3) or unbinds a prefix, which only the default can be.
    #[must_use]
    pub(crate) fn declare(&mut self, prefix: &'a str, uri: Cow<'a, str>, depth: usize) -> bool {
        if prefix == "xmlns" || uri == XMLNS || (prefix == "xml") != (uri == XML) {
            return false;
        }
        if uri.is_empty() && !prefix.is_empty() {
            return false;
        }
        let namespace = Namespace::of(&uri);
        if prefix.is_empty() {
            self.default = namespace;
        }
        self.bindings.push(Binding { prefix, uri, namespace, depth });
        true
    }

    /// How many declarations are in force, or hidden by inner ones of the same prefix.
    pub(crate) const fn len(&self) -> usize {
        self.bindings.len()
    }

    /// Forgets what the element declared that had `depth` open elements around it; whether that was anything.
    #[inline]
    pub(crate) fn leave(&mut self, depth: usize) -> bool {
        let before = self.bindings.len();
        while let Some(last) = self.bindings.pop_if(|last| last.depth >= depth) {
            if last.prefix.is_empty() {
                self.default = self.find("").map_or(Namespace::None, |(_, outer)| outer.namespace);
            }
        }
        self.bindings.len() < before
    }

    /// The namespace of names without prefix, which elements have and attributes do not (§6.2).
    pub(crate) const fn default(&self) -> Namespace {
        self.default
    }

    /// What a prefix means; `None` if it is not declared.
    #[inline]
    pub(crate) fn prefixed(&self, prefix: &str) -> Option<Namespace> {
        match self.find(prefix) {
            Some((_, binding)) => Some(binding.namespace),
            None => (prefix == "xml").then_some(Namespace::Foreign),
        }
    }

    /// The URI that a prefix means, empty if it is not declared.
    pub(crate) fn uri(&self, prefix: &str) -> &str {
        match self.find(prefix) {
            Some((_, binding)) => &binding.uri,
            None if prefix == "xml" => XML,
            None => "",
        }
    }

    /// The innermost declaration of `prefix`, and its number.
    #[inline]
    pub(crate) fn find(&self, prefix: &str) -> Option<(usize, &Binding<'a>)> {
        self.bindings.iter().enumerate().rev().find(|(_, binding)| binding.prefix == prefix)
    }

    /// The declaration with this number.
    pub(crate) fn get(&self, number: usize) -> Option<&Binding<'a>> {
        self.bindings.get(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_names_6_the_innermost_declaration_counts() {
        let mut namespaces = Namespaces::new();
        assert!(namespaces.declare("", RESOURCE_LISTS.into(), 0));
        assert!(namespaces.declare("a", "urn:x".into(), 0));
        assert!(namespaces.declare("a", RESOURCE_LISTS.into(), 1));
        assert!(namespaces.declare("", "".into(), 1));
        assert_eq!(namespaces.prefixed("a"), Some(Namespace::ResourceLists));
        assert_eq!((namespaces.default(), namespaces.uri("")), (Namespace::None, ""));
        assert!(namespaces.leave(1));
        assert!(!namespaces.leave(1));
        assert_eq!(namespaces.prefixed("a"), Some(Namespace::Foreign));
        assert_eq!(namespaces.uri("a"), "urn:x");
        assert_eq!(namespaces.default(), Namespace::ResourceLists);
        assert!(namespaces.leave(0));
        assert_eq!(namespaces.prefixed("a"), None);
        assert_eq!(namespaces.default(), Namespace::None);
    }

    #[test]
    fn xml_names_3_reserved_prefixes_stay_what_they_are() {
        let mut namespaces = Namespaces::new();
        assert!(!namespaces.declare("xmlns", "urn:x".into(), 0));
        assert!(!namespaces.declare("xml", "urn:x".into(), 0));
        assert!(!namespaces.declare("y", XML.into(), 0));
        assert!(!namespaces.declare("y", XMLNS.into(), 0));
        assert!(!namespaces.declare("y", "".into(), 0));
        assert_eq!(namespaces.prefixed("xml"), Some(Namespace::Foreign));
        assert!(namespaces.declare("xml", XML.into(), 0));
        assert_eq!(namespaces.uri("xml"), XML);
    }
}
