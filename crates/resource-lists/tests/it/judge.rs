//! The reader against roxmltree, which knows nothing of lists: both refuse what is not well-formed, and where both
//! accept, the same is read.

use proptest::prelude::*;
use simple_im_resource_lists::{CopyControl, Limits, RecipientList};

use crate::trees;

const LISTS: &str = "urn:ietf:params:xml:ns:resource-lists";
const COPY_CONTROL: [&str; 3] = [
    "urn:ietf:params:xml:ns:copycontrol",
    "urn:ietf:params:xml:ns:copyControl",
    "urn:ietf:params:xml:ns:capacity",
];

/// The rules of a document that is well-formed and no resource list.
const RULES_OF_LISTS: [&str; 16] = [
    "resource-lists",
    "list",
    "entry",
    "display-name",
    "uri",
    "copyControl",
    "anonymize",
    "count",
    "encoding",
    "max_depth",
    "max_lists",
    "max_foreign",
    "max_inner",
    "max_declarations",
    "max_attributes",
    "max_text",
];

/// Rules of XML that roxmltree does not hold up: what the target of an instruction is, and white space behind it (XML 1.0
/// §2.6, Namespaces in XML 1.0 §7).
const RULES_OF_OURS: [&str; 2] = ["PITarget", "PI"];

/// URI, role and name of an entry.
type Found = (String, CopyControl, Option<String>);

/// The entries of a tree, by walking it.
fn entries(tree: &roxmltree::Document<'_>) -> Vec<Found> {
    let is = |node: &roxmltree::Node<'_, '_>, name: &str| node.has_tag_name((LISTS, name));
    let in_lists = |node: &roxmltree::Node<'_, '_>| {
        node.ancestors().skip(1).filter(roxmltree::Node::is_element).all(|above| {
            is(&above, "list") || (is(&above, "resource-lists") && above.parent_element().is_none())
        })
    };
    let entry = |node: roxmltree::Node<'_, '_>| {
        let control = node
            .attributes()
            .find(|attribute| {
                attribute.namespace().is_some_and(|uri| COPY_CONTROL.contains(&uri))
                    && matches!(attribute.name(), "copyControl" | "capacity")
            })
            .map(|attribute| CopyControl::parse(attribute.value().trim()).unwrap());
        let name = node.children().find(|child| is(child, "display-name")).map(|name| {
            let text: String =
                name.children().filter(roxmltree::Node::is_text).filter_map(|text| text.text()).collect();
            text.replace(char::is_control, " ").trim().to_owned()
        });
        let uri = node.attribute("uri").unwrap().trim().to_owned();
        (uri, control.unwrap_or_default(), name.filter(|name| !name.is_empty()))
    };
    tree.descendants().filter(|node| is(node, "entry") && in_lists(node)).map(entry).collect()
}

fn judged(xml: &str) -> Result<(), TestCaseError> {
    let ours = RecipientList::parse(xml.to_owned().into(), &Limits::default());
    let theirs = roxmltree::Document::parse(xml);
    match (ours, theirs) {
        (Ok(list), Ok(tree)) => {
            let found = |entry: &simple_im_resource_lists::Entry| {
                let name = entry.display_name().map(|name| name.text().to_string());
                (entry.uri().to_string(), entry.copy_control(), name)
            };
            prop_assert_eq!(list.entries().iter().map(found).collect::<Vec<_>>(), entries(&tree));
        }
        (Ok(_), Err(error)) => prop_assert!(false, "accepted although {error}: {xml}"),
        (Err(error), Ok(_)) => {
            // Two declarations of one prefix in one tag pass there as well, and a colon with nothing before it.
            let rest = xml.get(error.offset()..).unwrap();
            let passes = matches!(error.rule(), "Attribute" | "QName")
                && (rest.starts_with("xmlns") || rest.trim_start_matches(['<', '/']).starts_with(':'));
            // Nor does it look at the values of the declaration.
            let declaration =
                xml.starts_with("<?xml") && error.offset() < xml.find("?>").unwrap_or(xml.len());
            let expected = declaration
                || RULES_OF_LISTS.contains(&error.rule())
                || RULES_OF_OURS.contains(&error.rule())
                || passes;
            prop_assert!(expected, "refused by {error}: {xml}");
        }
        (Err(_), Err(_)) => {}
    }
    Ok(())
}

/// Pieces that make documents, and ones that break them.
const PIECES: [&str; 46] = [
    "<list>",
    "</list>",
    "<entry uri='sip:a@x'>",
    "<entry uri=\"sip:b@x\"/>",
    "</entry>",
    "<entry uri=\"",
    "'",
    "\"",
    "/>",
    ">",
    "<",
    "<!-- x -->",
    "<!--",
    "-->",
    "--",
    "<![CDATA[",
    "]]>",
    "<?pi x?>",
    "<?",
    "?>",
    "&amp;",
    "&#65;",
    "&#x0;",
    "&",
    ";",
    "<display-name>",
    "<display-name xml:lang='en'>",
    "</display-name>",
    " ",
    "\r\n",
    "é",
    "\u{1}",
    "</",
    "<x:y",
    " xmlns:x='urn:x'",
    " xmlns=''",
    "<x:y xmlns:x='urn:x'>",
    "</x:y>",
    " x:a='1'",
    " cp:copyControl='to'",
    " uri='sip:c@x'",
    "<!DOCTYPE",
    "<y xmlns='urn:y' ",
    "a:b:c",
    "<list name='n'>",
    "B",
];

fn document(content: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><resource-lists xmlns=\"{LISTS}\" xmlns:cp=\"{}\"><list>{content}</list></resource-lists>",
        COPY_CONTROL[0]
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, ..ProptestConfig::default() })]

    #[test]
    fn what_is_well_formed_is_judged_the_same_of_pieces(
        pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..10),
    ) {
        judged(&document(&pieces.concat()))?;
    }

    #[test]
    fn what_is_well_formed_is_judged_the_same_of_damaged_documents(
        lists in trees::lists(),
        at in any::<prop::sample::Index>(),
        cut in 0..4_usize,
        piece in prop::sample::select(&PIECES[..]),
        insert in any::<bool>(),
    ) {
        let xml = lists.to_xml();
        judged(&xml)?;
        let places: Vec<usize> = xml.char_indices().map(|(at, _)| at).chain([xml.len()]).collect();
        let (from, to) = {
            let at = at.index(places.len());
            (places[at], places[(at + cut).min(places.len() - 1)])
        };
        let (before, after) = (xml.get(..from).unwrap(), xml.get(to..).unwrap());
        judged(&[before, if insert { piece } else { "" }, after].concat())?;
    }
}
