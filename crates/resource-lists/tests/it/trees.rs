//! Whole documents as trees: what is kept of them, and that they are written and read again the same.

use expect_test::expect;
use proptest::prelude::*;
use simple_im_resource_lists::{
    CopyControl, DisplayName, Entry, Foreign, ForeignAttribute, ForeignElement, Limits, List, Member,
    Reference, ResourceLists,
};

fn read(xml: &str) -> ResourceLists {
    ResourceLists::parse(xml.to_owned().into(), &Limits::default()).unwrap()
}

#[test]
fn rfc4826_3_1_names_languages_and_what_is_foreign_are_kept_in_order_and_written_again() {
    let lists = read(
        r#"<rl:resource-lists xmlns:rl="urn:ietf:params:xml:ns:resource-lists" xmlns:x="urn:x" xmlns:y="urn:y&amp;"
             xmlns:cp="urn:z" x:version="2">
           <x:before/>
           <rl:list name="a &lt;1&gt;" x:color="red" cp:other="1">
             <rl:display-name xml:lang="de-CH"> Freunde &amp; <!-- no -->mehr </rl:display-name>
             <y:note x:by="me" z="1"><deep y:q="&#65;">text<![CDATA[<]]></deep></y:note>
             <rl:entry uri="sip:a@x" xmlns:c="urn:ietf:params:xml:ns:copyControl" c:copyControl="cc" x:rank="1"
               ><rl:display-name xml:lang="en">A</rl:display-name><x:note/></rl:entry>
             <rl:list><rl:entry-ref ref="resource-lists/users/a" x:p="&quot;"/></rl:list>
             <rl:external anchor="http://x/y"><rl:display-name>M</rl:display-name><bare/></rl:external>
             <rl:list name="empty"/>
           </rl:list>
           <last xmlns="urn:l"/>
         </rl:resource-lists>"#,
    );
    let written = lists.to_xml();
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:cp="urn:ietf:params:xml:ns:copycontrol" xmlns:x="urn:x" x:version="2">
        <x:before xmlns:x="urn:x"/>
        <list name="a &lt;1&gt;" xmlns:x="urn:x" x:color="red" xmlns:x1="urn:z" x1:other="1">
        <display-name xml:lang="de-CH">Freunde &amp; mehr</display-name>
        <y:note xmlns:y="urn:y&amp;" xmlns:x="urn:x" xmlns="" x:by="me" z="1"><deep y:q="&#65;">text<![CDATA[<]]></deep></y:note>
        <entry uri="sip:a@x" cp:copyControl="cc" xmlns:x="urn:x" x:rank="1"><display-name xml:lang="en">A</display-name><x:note xmlns:x="urn:x"/></entry>
        <list>
        <entry-ref ref="resource-lists/users/a" xmlns:x="urn:x" x:p="&quot;"/>
        </list>
        <external anchor="http://x/y"><display-name>M</display-name><bare xmlns=""/></external>
        <list name="empty">
        </list>
        </list>
        <last xmlns="urn:l"/>
        </resource-lists>
    "#]]
    .assert_eq(&written.replace("\r\n", "\n"));
    assert_eq!(read(&written), lists);
    let list = lists.lists().next().unwrap();
    assert_eq!(list.display_name().unwrap().lang().unwrap(), "de-CH");
    assert_eq!(list.foreign().attributes()[1].namespace(), "urn:z");
    let Member::Foreign(note) = &list.members()[0] else { panic!("{list:?}") };
    assert_eq!((note.namespace().as_str(), note.name().as_str()), ("urn:y&", "note"));
    assert_eq!(lists.recipients().entries().len(), 1);
    assert_eq!((lists.recipients().entry_refs(), lists.recipients().externals()), (1, 1));
}

/// RCS clients of 2012 write the namespace and the attribute of the drafts.
#[test]
fn rfc5364_5_capacity_is_the_earlier_name_of_copy_control() {
    let lists = read(
        r#"<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:cp="urn:ietf:params:xml:ns:capacity"
           ><list><entry uri="tel:1" cp:capacity="to"/></list></resource-lists>"#,
    );
    assert_eq!(lists.recipients().entries()[0].copy_control(), CopyControl::To);
    let both = r#"<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:a="urn:ietf:params:xml:ns:capacity"
        xmlns:b="urn:ietf:params:xml:ns:copycontrol"><list><entry uri="a" a:capacity="to" b:copyControl="cc"/></list></resource-lists>"#;
    let error = ResourceLists::parse(both.into(), &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "copyControl contradicts the message at byte 194");
}

#[test]
fn rfc5364_5_references_have_a_copy_control_as_well() {
    let lists = read(
        r#"<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:cp="urn:ietf:params:xml:ns:copycontrol"
           ><list cp:copyControl="to"><external anchor="a" cp:copyControl="cc" cp:anonymize="1" cp:count="3" cp:new="x"
           /></list></resource-lists>"#,
    );
    let list = lists.lists().next().unwrap();
    let Member::External(reference) = &list.members()[0] else { panic!("{list:?}") };
    assert_eq!(reference.copy_control(), Some(CopyControl::Cc));
    assert_eq!((reference.anonymize(), reference.count()), (true, 3));
    assert_eq!(reference.foreign().attributes()[0].name(), "new");
    assert_eq!(list.foreign().attributes()[0].name(), "copyControl");
    assert_eq!(read(&lists.to_xml()), lists);
}

/// Text of a line, with what XML has to escape, and without white space at its ends.
fn line() -> impl Strategy<Value = String> {
    "[ -~\u{a0}-\u{17f}\u{1f600}]{0,10}".prop_map(|text| text.trim().to_owned())
}

fn name() -> impl Strategy<Value = Option<DisplayName>> {
    (line(), prop::option::of("[a-z]{2}(-[A-Z]{2})?")).prop_map(|(text, lang)| {
        let name = DisplayName::new(text).ok()?;
        match lang {
            Some(lang) => name.with_lang(lang).ok(),
            None => Some(name),
        }
    })
}

fn foreign_element() -> impl Strategy<Value = ForeignElement> {
    prop::sample::select(
        &[
            "<x:a xmlns:x='urn:x'><x:b/>text</x:a>",
            "<a xmlns=\"urn:y\" b='1'/>",
            "<cp:a xmlns:cp='urn:x'><!-- c --><![CDATA[<]]></cp:a>",
            "<a xmlns=''/>",
        ][..],
    )
    .prop_map(|xml| ForeignElement::parse(xml, &Limits::default()).unwrap())
}

fn foreign() -> impl Strategy<Value = Foreign> {
    let namespace =
        prop::sample::select(&["urn:x", "urn:y&<>\"'", "http://www.w3.org/XML/1998/namespace"][..]);
    let attribute = (namespace, "[a-z]{1,2}", "[ -~\r\n\té]{0,6}")
        .prop_map(|(namespace, name, value)| ForeignAttribute::new(namespace, name, value).unwrap());
    let attributes = prop::collection::vec(attribute, 0..3);
    (attributes, prop::collection::vec(foreign_element(), 0..2)).prop_map(|(attributes, elements)| {
        let mut foreign = Foreign::NONE;
        for attribute in attributes {
            // One that repeats is refused.
            let _ = foreign.push_attribute(attribute);
        }
        for element in elements {
            foreign.push_element(element);
        }
        foreign
    })
}

fn entry() -> impl Strategy<Value = Entry> {
    let control = prop::sample::select(&[CopyControl::To, CopyControl::Cc, CopyControl::Bcc][..]);
    let about = (control, any::<bool>(), any::<u32>());
    ("[!-~\u{a1}-\u{ff}\u{1f600}]{1,10}", about, name(), foreign()).prop_map(
        |(uri, (control, anonymize, count), name, foreign)| {
            let entry = Entry::new(uri, control).unwrap().with_count(count).with_foreign(foreign);
            let entry = if anonymize { entry.with_anonymize() } else { entry };
            match name {
                Some(name) => entry.named(name),
                None => entry,
            }
        },
    )
}

fn reference() -> impl Strategy<Value = Reference> {
    ("[!-~é]{1,8}", name(), foreign(), any::<bool>()).prop_map(|(target, name, foreign, cc)| {
        let reference = Reference::new(target).unwrap().with_foreign(foreign);
        let reference = if cc { reference.with_copy_control(CopyControl::Cc) } else { reference };
        match name {
            Some(name) => reference.named(name),
            None => reference,
        }
    })
}

fn list() -> impl Strategy<Value = List> {
    let make = |(list_name, shown, foreign, members): (
        Option<String>,
        Option<DisplayName>,
        Foreign,
        Vec<Member>,
    )| {
        let mut list = List::new();
        if let Some(name) = list_name {
            list = list.with_name(name).unwrap();
        }
        if let Some(name) = shown {
            list = list.named(name);
        }
        list = list.with_foreign(&foreign);
        for member in members {
            list.push(member);
        }
        list
    };
    let leaf = prop_oneof![
        4 => entry().prop_map(Member::Entry),
        1 => reference().prop_map(Member::EntryRef),
        1 => reference().prop_map(Member::External),
        1 => foreign_element().prop_map(Member::Foreign),
    ];
    let list_name = || prop::option::of("[!-~]([ -~\r\n\té]{0,6}[!-~])?");
    let member = leaf.prop_recursive(3, 12, 4, move |inner| {
        (list_name(), name(), foreign(), prop::collection::vec(inner, 0..4))
            .prop_map(make)
            .prop_map(Member::List)
    });
    (prop::option::of("[!-~]{0,5}"), name(), foreign(), prop::collection::vec(member, 0..4)).prop_map(make)
}

/// Any document.
pub(crate) fn lists() -> impl Strategy<Value = ResourceLists> {
    (prop::collection::vec(list(), 0..3), prop::option::of(foreign_element())).prop_map(|(all, foreign)| {
        let mut lists = ResourceLists::new();
        for list in all {
            lists.push(list);
        }
        if let Some(element) = foreign {
            lists.push_foreign(element);
        }
        lists
    })
}

proptest! {
    #[test]
    fn a_tree_that_is_written_reads_the_same(lists in lists()) {
        let xml = lists.to_xml();
        let limits = Limits { max_lists: 10_000, max_foreign: 10_000, ..Limits::default() };
        let read = ResourceLists::parse(xml.clone().into(), &limits);
        prop_assert_eq!(read.as_ref(), Ok(&lists), "{}", xml);
    }
}
