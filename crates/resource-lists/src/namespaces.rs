//! `Namespaces`: which prefix means which namespace at a place of the document (Namespaces in XML 1.0).

use alloc::string::String;
use alloc::vec::Vec;

/// The namespaces that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Namespace {
    /// That of RFC 4826.
    ResourceLists,
    /// That of RFC 5364.
    CopyControl,
    /// Another one.
    Foreign,
    /// None at all.
    None,
}

/// What is declared by the open elements.
#[derive(Debug, Default)]
pub(crate) struct Namespaces {
    bindings: Vec<Binding>,
}

#[derive(Debug)]
struct Binding {
    /// Empty for the default namespace.
    prefix: String,
    namespace: Namespace,
    /// How many elements are open around the one that declares it.
    depth: usize,
}

const RESOURCE_LISTS: &str = "urn:ietf:params:xml:ns:resource-lists";
/// The registered name (RFC 5364 §9.1), and the one that RFC 5366 figure 3 prints.
const COPY_CONTROL: [&str; 2] = ["urn:ietf:params:xml:ns:copycontrol", "urn:ietf:params:xml:ns:copyControl"];
const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

impl Namespace {
    fn of(uri: &str) -> Self {
        match uri {
            "" => Self::None,
            RESOURCE_LISTS => Self::ResourceLists,
            uri if COPY_CONTROL.contains(&uri) => Self::CopyControl,
            _ => Self::Foreign,
        }
    }
}

impl Namespaces {
    /// The prefix that an attribute of this name declares, empty for the default one; `None` if it declares none.
    pub(crate) fn declared(attribute: &str) -> Option<&str> {
        match attribute.strip_prefix("xmlns")? {
            "" => Some(""),
            rest => rest.strip_prefix(':'),
        }
    }

    /// Takes a declaration; `false` if it touches the two prefixes that are reserved (§3).
    #[must_use]
    pub(crate) fn declare(&mut self, prefix: &str, uri: &str, depth: usize) -> bool {
        if prefix == "xmlns" || uri == XMLNS || (prefix == "xml") != (uri == XML) {
            return false;
        }
        self.bindings.push(Binding { prefix: prefix.into(), namespace: Namespace::of(uri), depth });
        true
    }

    /// Forgets what the element declared that had `depth` open elements around it.
    pub(crate) fn leave(&mut self, depth: usize) {
        while self.bindings.last().is_some_and(|binding| binding.depth >= depth) {
            self.bindings.pop();
        }
    }

    /// Namespace and local name of an element; `None` if the prefix is not declared.
    pub(crate) fn element<'n>(&self, name: &'n str) -> Option<(Namespace, &'n str)> {
        match split(name) {
            Some((prefix, local)) => Some((self.prefixed(prefix)?, local)),
            None => Some((self.find("").unwrap_or(Namespace::None), name)),
        }
    }

    /// The same of an attribute: without prefix it has no namespace (§6.2).
    pub(crate) fn attribute<'n>(&self, name: &'n str) -> Option<(Namespace, &'n str)> {
        match split(name) {
            Some((prefix, local)) => Some((self.prefixed(prefix)?, local)),
            None => Some((Namespace::None, name)),
        }
    }

    fn prefixed(&self, prefix: &str) -> Option<Namespace> {
        match prefix {
            "" => None,
            "xml" | "xmlns" => Some(Namespace::Foreign),
            // A prefix cannot be declared to mean no namespace.
            prefix => self.find(prefix).filter(|namespace| *namespace != Namespace::None),
        }
    }

    /// The innermost declaration.
    fn find(&self, prefix: &str) -> Option<Namespace> {
        self.bindings.iter().rev().find(|binding| binding.prefix == prefix).map(|binding| binding.namespace)
    }
}

/// Prefix and local name.
fn split(name: &str) -> Option<(&str, &str)> {
    // Names are short; most have no prefix.
    let colon = name.bytes().position(|byte| byte == b':')?;
    Some((name.get(..colon)?, name.get(colon + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_names_6_the_innermost_declaration_counts() {
        let mut namespaces = Namespaces::default();
        assert!(namespaces.declare("", RESOURCE_LISTS, 0));
        assert!(namespaces.declare("a", "urn:x", 0));
        assert!(namespaces.declare("a", RESOURCE_LISTS, 1));
        assert!(namespaces.declare("", "", 1));
        assert_eq!(namespaces.element("a:list"), Some((Namespace::ResourceLists, "list")));
        assert_eq!(namespaces.element("list"), Some((Namespace::None, "list")));
        assert_eq!(namespaces.attribute("uri"), Some((Namespace::None, "uri")));
        namespaces.leave(1);
        assert_eq!(namespaces.element("a:list"), Some((Namespace::Foreign, "list")));
        assert_eq!(namespaces.element("list"), Some((Namespace::ResourceLists, "list")));
        namespaces.leave(0);
        assert_eq!(namespaces.element("a:list"), None);
    }

    #[test]
    fn xml_names_3_reserved_prefixes_stay_what_they_are() {
        let mut namespaces = Namespaces::default();
        assert!(!namespaces.declare("xmlns", "urn:x", 0));
        assert!(!namespaces.declare("xml", "urn:x", 0));
        assert!(!namespaces.declare("y", XML, 0));
        assert!(!namespaces.declare("y", XMLNS, 0));
        assert!(namespaces.declare("xml", XML, 0));
        assert_eq!(namespaces.attribute("xml:lang"), Some((Namespace::Foreign, "lang")));
        assert_eq!(namespaces.attribute(":lang"), None);
    }

    #[test]
    fn an_attribute_declares_by_its_name() {
        assert_eq!(Namespaces::declared("xmlns"), Some(""));
        assert_eq!(Namespaces::declared("xmlns:cp"), Some("cp"));
        assert_eq!(Namespaces::declared("xmlnsx"), None);
        assert_eq!(Namespaces::declared("uri"), None);
    }
}
