//! Tests of reading and writing: the documents of the RFCs, round trips, and hostile ones.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write as _;

use bytes::Bytes;
use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::{CopyControl, Entry, RecipientList};

/// Reads `document`, and shows what it was read as.
#[track_caller]
fn check(document: &str, expected: Expect) {
    check_with(document, &Limits::default(), expected);
}

#[track_caller]
fn check_with(document: &str, limits: &Limits, expected: Expect) {
    expected.assert_eq(&match RecipientList::parse(Bytes::from(document.to_string()), limits) {
        Ok(list) => show(&list),
        Err(error) => error.to_string(),
    });
}

fn show(list: &RecipientList) -> String {
    let mut out = String::new();
    for entry in list.entries() {
        let given = if entry.copy_control_given() { "" } else { " (by default)" };
        let name = entry.display_name().map_or("-", |name| name.text());
        let (uri, copy_control) = (entry.uri(), entry.copy_control());
        let (anonymize, count) = (entry.anonymize(), entry.count());
        writeln!(out, "{uri} | {name} | {copy_control}{given} | {anonymize} | {count}").unwrap();
    }
    writeln!(out, "{} entry-ref, {} external", list.entry_refs(), list.externals()).unwrap();
    out
}

/// A document of one list with this content.
fn list_of(content: &str) -> String {
    format!(
        "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\" \
         xmlns:cp=\"urn:ietf:params:xml:ns:copycontrol\"><list>{content}</list></resource-lists>"
    )
}

#[test]
fn rfc4826_3_3_nested_lists_are_flattened_in_document_order() {
    check(
        r#"<?xml version="1.0" encoding="UTF-8"?>
   <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
    <list name="friends">
     <entry uri="sip:bill@example.com">
      <display-name>Bill Doe</display-name>
     </entry>
     <entry-ref ref="resource-lists/users/sip:bill@example.com/index/~~/resource-lists/list%5b@name=%22list1%22%5d/entry%5b@uri=%22sip:petri@example.com%22%5d"/>
     <list name="close-friends">
      <display-name>Close Friends</display-name>
      <entry uri="sip:joe@example.com">
       <display-name>Joe Smith</display-name>
      </entry>
      <entry uri="sip:nancy@example.com">
       <display-name>Nancy Gross</display-name>
      </entry>
      <external anchor="http://xcap.example.org/resource-lists/users/sip:a@example.org/index/~~/resource-lists/list%5b@name=%22mkting%22%5d">
       <display-name>Marketing</display-name>
      </external>
     </list>
     <entry uri="sip:last@example.com"/>
    </list>
   </resource-lists>"#,
        expect![[r#"
            sip:bill@example.com | Bill Doe | bcc (by default) | false | 1
            sip:joe@example.com | Joe Smith | bcc (by default) | false | 1
            sip:nancy@example.com | Nancy Gross | bcc (by default) | false | 1
            sip:last@example.com | - | bcc (by default) | false | 1
            1 entry-ref, 1 external
        "#]],
    );
}

#[test]
fn rfc5364_5_copy_control_anonymize_and_count() {
    check(
        r#"<?xml version="1.0" encoding="UTF-8"?>
   <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"
             xmlns:cp="urn:ietf:params:xml:ns:copycontrol">
     <list>
       <entry uri="sip:bill@example.com" cp:copyControl="to" />
       <entry uri="sip:randy@example.net" cp:copyControl="to" cp:anonymize="true"/>
       <entry uri="sip:joe@example.org" cp:copyControl="cc" cp:anonymize="0"/>
       <entry uri="sip:ted@example.net" cp:copyControl="bcc" />
       <entry uri="sip:anonymous@anonymous.invalid" cp:copyControl="to" cp:count="2"/>
     </list>
   </resource-lists>"#,
        expect![[r#"
            sip:bill@example.com | - | to | false | 1
            sip:randy@example.net | - | to | true | 1
            sip:joe@example.org | - | cc | false | 1
            sip:ted@example.net | - | bcc | false | 1
            sip:anonymous@anonymous.invalid | - | to | false | 2
            0 entry-ref, 0 external
        "#]],
    );
}

/// The list of the request that starts a conference, as its sender writes it.
#[test]
fn rfc5366_3_seed_4_the_list_of_an_invite_to_the_conference_factory() {
    check(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"
                xmlns:cp="urn:ietf:params:xml:ns:copycontrol">
  <list>
    <entry uri="sip:bob@home2.example" cp:copyControl="to"/>
    <entry uri="sip:carol@home3.example" cp:copyControl="to"/>
    <entry uri="sip:dave@home2.example" cp:copyControl="bcc"/>
  </list>
</resource-lists>
"#,
        expect![[r#"
            sip:bob@home2.example | - | to | false | 1
            sip:carol@home3.example | - | to | false | 1
            sip:dave@home2.example | - | bcc | false | 1
            0 entry-ref, 0 external
        "#]],
    );
}

#[test]
fn rfc4826_3_2_references_say_what_they_point_to() {
    let text =
        list_of("<entry-ref ref=' resource-lists/a&amp;b '/><external anchor=\"http://x/y\"/><external/>");
    let document = Document::new(text.into(), &Limits::default()).unwrap();
    let items: Vec<_> = document
        .reader(&Limits::default())
        .filter_map(|item| match item.unwrap() {
            Item::EntryRef(view) => Some(("ref", view.into_reference())),
            Item::External(view) => Some(("anchor", view.into_reference())),
            _ => None,
        })
        .map(|(attribute, reference)| (attribute, reference.target().map(ToString::to_string)))
        .collect();
    let expected =
        [("ref", Some("resource-lists/a&b".into())), ("anchor", Some("http://x/y".into())), ("anchor", None)];
    assert_eq!(items, expected);
}

/// Figure 3 of RFC 5366 prints the namespace in another case than RFC 5364 registers it.
#[test]
fn rfc5366_8_both_spellings_of_the_namespace_are_read() {
    check(
        r#"<rl:resource-lists xmlns:rl="urn:ietf:params:xml:ns:resource-lists" xmlns:c="urn:ietf:params:xml:ns:copyControl">
           <rl:list><rl:entry uri="sip:bill@example.com" c:copyControl="to"/></rl:list></rl:resource-lists>"#,
        expect![[r#"
            sip:bill@example.com | - | to | false | 1
            0 entry-ref, 0 external
        "#]],
    );
}

#[test]
fn rfc4826_3_1_what_is_foreign_is_ignored() {
    check(
        &list_of(
            r#"<x:entry xmlns:x="urn:x" uri="sip:no@x"><entry uri="sip:no@x" xmlns=""/></x:entry>
               <entry uri="sip:a@x" copyControl="to" x:copyControl="to" xmlns:x="urn:x">
                 <display-name xml:lang="en">A &amp; &#66;<![CDATA[ <C>]]><!-- no --></display-name>
                 <x:more xmlns:x="urn:x">no</x:more></entry><?pi no?>"#,
        ),
        expect![[r#"
            sip:a@x | A & B <C> | bcc (by default) | false | 1
            0 entry-ref, 0 external
        "#]],
    );
}

#[test]
fn an_empty_list_is_a_list() {
    let empty = "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"/>";
    check(
        empty,
        expect![[r#"
            0 entry-ref, 0 external
        "#]],
    );
}

#[test]
fn rfc4826_3_2_schema_errors_name_the_rule_and_the_tag() {
    check("", expect!["missing resource-lists at byte 0"]);
    check("<resource-lists/>", expect!["resource-lists contradicts the message at byte 0"]);
    check(
        "<list xmlns='urn:ietf:params:xml:ns:resource-lists'/>",
        expect!["resource-lists contradicts the message at byte 0"],
    );
    check(&list_of("<entry/>"), expect!["missing uri at byte 114"]);
    check(&list_of("<entry uri=''/>"), expect!["missing uri at byte 121"]);
    check(&list_of("<entry uri='sip:a&#10;b'/>"), expect!["expected uri at byte 121"]);
    check(&list_of("<entry uri='a' cp:copyControl='all'/>"), expect!["expected copyControl at byte 129"]);
    check(&list_of("<entry uri='a' cp:anonymize='yes'/>"), expect!["expected anonymize at byte 129"]);
    check(&list_of("<entry uri='a' cp:count='-1'/>"), expect!["expected count at byte 129"]);
    check(&list_of("<entry uri='a' cp:count='4294967296'/>"), expect!["count out of range at byte 129"]);
    check(&list_of("</list><entry uri='a'/><list>"), expect!["expected list at byte 121"]);
    check(&list_of("<entry uri='a'><entry uri='b'/></entry>"), expect!["expected display-name at byte 129"]);
    check(
        &list_of("<entry uri='a'><display-name>x</display-name><display-name/></entry>"),
        expect!["display-name repeated at byte 159"],
    );
    check(&list_of("<entries/>"), expect!["expected entry at byte 114"]);
}

#[test]
fn xml_2_1_what_is_not_well_formed_is_refused() {
    check(&list_of("<entry uri='a'>"), expect!["expected ETag at byte 129"]);
    check(
        "<resource-lists xmlns='urn:ietf:params:xml:ns:resource-lists'><list>",
        expect!["resource-lists incomplete at byte 68"],
    );
    check(
        "<resource-lists xmlns='urn:ietf:params:xml:ns:resource-lists'><list",
        expect!["markup incomplete at byte 62"],
    );
    check(&list_of("<entry uri='a' uri='b'/>"), expect!["Attribute repeated at byte 129"]);
    check(&list_of("<entry uri=a/>"), expect!["expected Attribute at byte 125"]);
    check(&list_of("<entry uri='<'/>"), expect!["expected AttValue at byte 126"]);
    check(&list_of("<entry uri='&a;'/>"), expect!["expected Reference at byte 126"]);
    check(&list_of("<x:y/>"), expect!["expected prefix at byte 114"]);
    check(&list_of("<entry uri='a' x:z=''/>"), expect!["expected prefix at byte 129"]);
    check(
        &list_of("<entry uri='a' cp:count='1' c:count='2' xmlns:c='urn:ietf:params:xml:ns:copycontrol'/>"),
        expect!["Attribute repeated at byte 142"],
    );
    check(
        &list_of("<entry uri='a'><display-name>&b;</display-name></entry>"),
        expect!["expected Reference at byte 143"],
    );
    check(
        &list_of("<entry uri='a'><display-name>&#1;</display-name></entry>"),
        expect!["expected Reference at byte 143"],
    );
    check(&format!("x{}", list_of("")), expect!["expected resource-lists at byte 0"]);
    check(&format!("{}\r\n x", list_of("")), expect!["unexpected data after resource-lists at byte 141"]);
    check(&format!("{0}{0}", list_of("")), expect!["unexpected data after resource-lists at byte 138"]);
    check(&format!(" <?xml version='1.0'?>{}", list_of("")), expect!["expected PITarget at byte 1"]);
}

#[test]
fn billion_laughs_a_doctype_is_refused_at_its_first_byte() {
    check(
        "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;\">]><resource-lists/>",
        expect!["DOCTYPE not supported at byte 21"],
    );
    check(
        "<!DOCTYPE resource-lists SYSTEM \"file:///etc/passwd\"><resource-lists/>",
        expect!["DOCTYPE not supported at byte 0"],
    );
}

#[test]
fn limits_name_the_field() {
    let limits = Limits {
        max_document: 400,
        max_depth: 4,
        max_entries: 2,
        max_lists: 3,
        max_foreign: 1,
        max_inner: 2,
        max_attributes: 3,
        max_declarations: 4,
        max_text: 60,
    };
    let check = |content: &str, expected| check_with(&list_of(content), &limits, expected);
    check(&"<list>".repeat(3), expect!["limit max_depth passed at byte 126"]);
    check("</list><list/><list/><list>", expect!["limit max_lists passed at byte 135"]);
    check("<x:a xmlns:x='x'/><x:a xmlns:x='x'/>", expect!["limit max_foreign passed at byte 132"]);
    check("<a xmlns='x'><a/><a/><a/></a>", expect!["limit max_inner passed at byte 135"]);
    let name = "<display-name><a xmlns='x'/><a xmlns='x'/><a xmlns='x'/></display-name>";
    check(name, expect!["limit max_inner passed at byte 156"]);
    check("<list xmlns:a='a' xmlns:b='b' xmlns:c='c'>", expect!["limit max_declarations passed at byte 144"]);
    check("<entry uri='a'/><entry-ref/><external/>", expect!["limit max_entries passed at byte 142"]);
    check("<entry uri='a' b='' c='' d=''/>", expect!["limit max_attributes passed at byte 139"]);
    check(&format!("<entry uri='{}'/>", "a".repeat(61)), expect!["limit max_text passed at byte 126"]);
    let name = format!("<entry uri='a'><display-name>{0}&amp;{0}</display-name></entry>", "b".repeat(30));
    check(&name, expect!["limit max_text passed at byte 143"]);
    check(&"x".repeat(300), expect!["limit max_document passed at byte 400"]);
}

/// What is declared is forgotten with its element.
#[test]
fn declarations_count_as_long_as_they_are_in_force() {
    let limits = Limits { max_declarations: 3, ..Limits::default() };
    check_with(
        &list_of(&"<list xmlns:a='a'/>".repeat(10)),
        &limits,
        expect![[r#"
        0 entry-ref, 0 external
    "#]],
    );
}

/// Depth is refused as it is met, so the cost of nesting is that of reading the tags.
#[test]
fn deep_nesting_is_refused_at_the_limit() {
    let deep = list_of(&"<x xmlns='urn:x'>".repeat(50_000));
    check(&deep, expect!["limit max_depth passed at byte 624"]);
}

/// Whatever the limits say: a tree of lists is dropped list by list, on the stack.
#[test]
fn nesting_is_refused_before_it_is_too_deep_for_the_stack() {
    let wide = Limits { max_depth: usize::MAX, max_lists: usize::MAX, ..Limits::default() };
    let nested = |depth: usize| list_of(&["<list>".repeat(depth), "</list>".repeat(depth)].concat());
    assert!(crate::ResourceLists::parse(nested(254).into(), &wide).is_ok());
    check_with(&nested(255), &wide, expect!["limit max_depth passed at byte 1638"]);
}

#[test]
fn the_reader_hands_out_what_came_before_an_error() {
    let document = Document::new(list_of("<entry uri='a'/><entry/>").into(), &Limits::default()).unwrap();
    let items: Vec<_> = document.reader(&Limits::default()).map(|item| item.is_ok()).collect();
    assert_eq!(items, [true, true, false], "the list starts, an entry, an error");
}

#[test]
fn a_uri_without_escapes_shares_the_document() {
    let bytes = Bytes::from(list_of("<entry uri='sip:a@x'/>"));
    let list = RecipientList::parse(bytes.clone(), &Limits::default()).unwrap();
    let uri = list.entries()[0].uri().as_bytes().as_ptr();
    assert!(bytes.as_ptr_range().contains(&uri));
}

#[test]
fn rfc5366_3_a_list_is_written_flat_with_copy_control() {
    let mut list = RecipientList::new();
    list.push(Entry::new("sip:bob@home2.example", CopyControl::To).unwrap()).unwrap();
    let carol = Entry::new("sip:carol@home3.example;x='<&\">", CopyControl::Cc).unwrap();
    list.push(carol.with_display_name("C & <D>").unwrap().with_anonymize().with_count(3)).unwrap();
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:cp="urn:ietf:params:xml:ns:copycontrol">
        <list>
        <entry uri="sip:bob@home2.example" cp:copyControl="to"/>
        <entry uri="sip:carol@home3.example;x=&apos;&lt;&amp;&quot;&gt;" cp:copyControl="cc" cp:anonymize="true" cp:count="3"><display-name>C &amp; &lt;D&gt;</display-name></entry>
        </list>
        </resource-lists>
    "#]]
    .assert_eq(&list.to_xml().replace("\r\n", "\n"));
    let plain = list.to_xml_without_copy_control();
    assert!(!plain.contains("cp"), "{plain}");
    let read = RecipientList::parse(plain.into(), &Limits::default()).unwrap();
    assert_eq!(read.entries().len(), 2);
}

#[test]
fn entries_that_cannot_be_written_are_refused() {
    for uri in ["", "sip:a b", "sip:a\r\nb", "sip:\0", "sip:\u{ffff}", "sip:\u{85}"] {
        assert!(Entry::new(uri, CopyControl::To).is_err(), "{uri:?}");
    }
    let entry = Entry::new("sip:a", CopyControl::To).unwrap();
    assert!(entry.clone().with_display_name("a\nb").is_err());
    assert_eq!(entry.clone().with_display_name(" ").unwrap().display_name(), None);
    let mut list = RecipientList::new();
    list.push(entry.clone()).unwrap();
    assert_eq!(list.push(entry).unwrap_err().kind(), ParseErrorKind::Repeated);
}

fn entry() -> impl Strategy<Value = Entry> {
    let text = "[ -~\u{a0}-\u{ff}\u{1f600}]{0,12}";
    let control = prop::sample::select(alloc::vec![CopyControl::To, CopyControl::Cc, CopyControl::Bcc]);
    (text, text, control, any::<bool>(), any::<u32>()).prop_filter_map(
        "a URI",
        |(uri, name, control, anonymize, count)| {
            let entry = Entry::new(uri.as_str(), control).ok()?.with_display_name(name.as_str()).ok()?;
            Some(if anonymize { entry.with_anonymize() } else { entry }.with_count(count))
        },
    )
}

#[test]
fn xml_3_1_a_value_ends_with_the_quote_it_started_with_whatever_was_seen_before() {
    let before = r#"<entry uri="sip:a"/><entry uri='sip:b' cp:copyControl="to"/>"#;
    let after = |tag: &str| list_of(&[before, tag].concat());
    check(&after(r#"<entry uri="sip:c' cp:copyControl="to"/>"#), expect!["expected Attribute at byte 209"]);
    check(&after(r#"<entry uri='sip:c" cp:copyControl='to'/>"#), expect!["expected Attribute at byte 209"]);
    check(
        &after(r#"<entry uri="sip:c" cp:copyControl="to" cp:copyControl="to"/>"#),
        expect![["Attribute repeated at byte 213"]],
    );
}

/// Tags that are alike, and ones that only look so.
const TAGS: [&str; 30] = [
    "<entry uri=\"sip:a\"/>",
    "<entry uri=\"sip:b\" cp:copyControl=\"to\"/>",
    "\n  <entry uri=\"sip:c\" cp:copyControl=\"cc\" />",
    "<entry uri='sip:d' cp:copyControl=\"to\"/>",
    "<entry uri=\"sip:e' cp:copyControl=\"to\"/>",
    "<entry uri='sip:e\" cp:copyControl='to'/>",
    "<entry uri=\"sip:f\" cp:copyControl=\"all\"/>",
    "<entry cp:copyControl=\"to\" uri=\"sip:g\"/>",
    "<entry uri=\"sip:h\" cp:copyControl=\"to\" cp:copyControl=\"to\"/>",
    "<entry uri=\"sip:i\" uri=\"sip:i\"/>",
    "<entry uri=\"\"/>",
    "<entry uri=\"sip:j&amp;\" cp:copyControl=\"to\"/>",
    "<entry uri=\"sip:k&\" cp:copyControl=\"to\"/>",
    "<entry uri=\"sip:a-uri-that-is-longer-than-the-limit-of-this-test\"/>",
    "<entry uri=\"sip:l\" cp:anonymize=\"true\" cp:count=\"2\"/>",
    "<entry uri=\"sip:m\" cp:anonymize=\"yes\"/>",
    "<entry uri=\"sip:n\" cp:count=\"-2\"/>",
    "<entry uri=\"sip:o\"></entry>",
    "<entry uri=\"sip:p\"><display-name>P</display-name></entry>",
    "<entry uri=\"sip:q\"><display-name>Q</display-name><display-name>Q</display-name></entry>",
    "<entry uri=\"sip:r\"><display-name xml:lang=\"en\">R &lt;</display-name></entry>",
    "<entry uri=\"sip:s\"><display-name>S & T</display-name></entry>",
    "<entry uri=\"sip:t\" cp:copyControl=\"to\" > <display-name>T</display-name> </entry >",
    "<entry uri=\"sip:u\" xmlns:cp=\"urn:x\" cp:copyControl=\"x\"/>",
    "<list xmlns:cp=\"urn:x\"><entry uri=\"sip:v\" cp:copyControl=\"to\"/></list>",
    "<x:list xmlns:x=\"urn:ietf:params:xml:ns:resource-lists\"><x:entry uri=\"sip:w\"/></x:list>",
    "<list xmlns=\"urn:x\"><entry uri=\"sip:x\"/></list>",
    "<list><list><entry uri=\"sip:y\" cp:copyControl=\"bcc\"/></list></list>",
    "<entry uri=\"sip:z\" cp:copyControl=\"to\" x:y=\"\" xmlns:x=\"urn:x\"/>",
    "<entry uri=\"a\" cp:copyControl=\"to\" cp:anonymize=\"0\" cp:count=\"1\" b=\"\"/>",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_the_same(entries in prop::collection::vec(entry(), 0..5)) {
        let list: RecipientList = entries.into_iter().collect();
        let read = RecipientList::parse(list.to_xml().into(), &Limits::default());
        prop_assert_eq!(read, Ok(list));
    }

    /// What was found out about one tag is used for the next: nothing else may come out for it.
    #[test]
    fn an_entry_is_read_the_same_alone_and_behind_others(
        some in prop::sample::subsequence(TAGS.to_vec(), 1..4),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..8),
        max_depth in 3..6_usize,
    ) {
        let tags: Vec<&str> = order.iter().map(|index| some[index.index(some.len())]).collect();
        let limits = Limits { max_depth, max_text: 44, max_attributes: 4, ..Limits::default() };
        let read = |content: &str| -> Result<Vec<Entry>, ParseError> {
            let document = Document::new(list_of(content).into(), &limits).unwrap();
            document.reader(&limits).entries().map(|entry| entry.map(EntryView::into_entry)).collect()
        };
        prop_assert_eq!(read(TAGS[0]).map(|found| found.len()), Ok(1));
        let mut alone = Ok(Vec::new());
        let mut before = 0;
        for tag in &tags {
            let one = read(tag);
            if let Ok(entries) = &mut alone {
                match one {
                    Ok(mut found) => entries.append(&mut found),
                    Err(error) => alone = Err(error.shifted(before)),
                }
            }
            before += tag.len();
        }
        prop_assert_eq!(read(&tags.concat()), alone);
    }

    #[test]
    fn no_document_panics_and_errors_lie_in_it(
        pieces in prop::collection::vec(prop::sample::select(alloc::vec![
            "<list>", "</list>", "<entry uri='a'>", "</entry>", "<entry uri=\"", "'", "/>", "<!--", "-->", "<![CDATA[",
            "]]>", "<?", "?>", "&amp;", "&", ";", "<display-name>", "</display-name>", " ", "é", "</", ">", "<x:y",
            " xmlns:x=''", "<!DOCTYPE",
        ]), 0..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let document = Bytes::from(list_of(&pieces.concat()));
        let document = document.slice(..cut.index(document.len() + 1));
        if let Err(error) = RecipientList::parse(document.clone(), &Limits::default()) {
            prop_assert!(error.offset() <= document.len());
        }
    }
}
