//! The documents that RFC 4826, RFC 5364 and RFC 5366 print.

use expect_test::{Expect, expect};
use simple_im_resource_lists::{Limits, Member, RecipientList, ResourceLists};

/// RFC 5364 figure 3, and the list of RFC 5366 figure 3 but for the namespace.
const SENT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
   <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"
             xmlns:cp="urn:ietf:params:xml:ns:copycontrol">
     <list>
       <entry uri="sip:bill@example.com" cp:copyControl="to" />
       <entry uri="sip:randy@example.net" cp:copyControl="to"
                                          cp:anonymize="true"/>
       <entry uri="sip:eddy@example.com" cp:copyControl="to"
                                         cp:anonymize="true"/>
       <entry uri="sip:joe@example.org" cp:copyControl="cc" />
       <entry uri="sip:carol@example.net" cp:copyControl="cc"
                                          cp:anonymize="true"/>
       <entry uri="sip:ted@example.net" cp:copyControl="bcc" />
       <entry uri="sip:andy@example.com" cp:copyControl="bcc" />
     </list>
   </resource-lists>
"#;

/// RFC 5364 figure 4 and RFC 5366 figure 4.
const HISTORY: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
   <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"
             xmlns:cp="urn:ietf:params:xml:ns:copycontrol">
     <list>
       <entry uri="sip:bill@example.com" cp:copyControl="to" />
       <entry uri="sip:anonymous@anonymous.invalid" cp:copyControl="to"
                                                    cp:count="2"/>
       <entry uri="sip:joe@example.org" cp:copyControl="cc" />
       <entry uri="sip:anonymous@anonymous.invalid" cp:copyControl="cc"
                                                    cp:count="1"/>
     </list>
   </resource-lists>
"#;

fn read(xml: &str) -> RecipientList {
    RecipientList::parse(xml.to_owned().into(), &Limits::default()).unwrap()
}

/// Shows the entries, one on a line; what is written of them reads the same.
#[track_caller]
fn check(xml: &str, expected: Expect) {
    let list = read(xml);
    assert_eq!(read(&list.to_xml()), list, "round trip");
    let line = |entry: &simple_im_resource_lists::Entry| {
        let anonymous = if entry.anonymize() { " anonymous" } else { "" };
        format!("{} {} {}{anonymous}\n", entry.copy_control(), entry.uri(), entry.count())
    };
    expected.assert_eq(&list.entries().iter().map(line).collect::<String>());
}

/// With the line ends in the attributes, which the RFC has for display only.
#[test]
fn rfc4826_3_3_the_example_document() {
    let lists = ResourceLists::parse(
        r#"<?xml version="1.0" encoding="UTF-8"?>
   <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
    <list name="friends">
     <entry uri="sip:bill@example.com">
      <display-name>Bill Doe</display-name>
     </entry>
     <entry-ref ref="resource-lists/users/sip:bill@example.com/index/~~/
      resource-lists/list%5b@name=%22list1%22%5d/entry%5b@uri=%22sip:pet
      ri@example.com%22%5d"/>
     <list name="close-friends">
      <display-name>Close Friends</display-name>
      <entry uri="sip:joe@example.com">
       <display-name>Joe Smith</display-name>
      </entry>
      <entry uri="sip:nancy@example.com">
       <display-name>Nancy Gross</display-name>
      </entry>
      <external anchor="http://xcap.example.org/resource-lists/users/
       sip:a@example.org/index/~~/resource-lists/list%5b@name=%22mkti
       ng%22%5d">
        <display-name>Marketing</display-name>
       </external>
     </list>
    </list>
   </resource-lists>"#
            .into(),
        &Limits::default(),
    )
    .unwrap();
    let friends = lists.lists().next().unwrap();
    assert_eq!(friends.name().unwrap(), "friends");
    let [Member::Entry(bill), Member::EntryRef(petri), Member::List(close)] = friends.members() else {
        panic!("{friends:?}")
    };
    assert_eq!(bill.display_name().unwrap().text(), "Bill Doe");
    assert!(petri.target().unwrap().starts_with("resource-lists/users/sip:bill@example.com/index/~~/"));
    assert_eq!(close.name().unwrap(), "close-friends");
    assert_eq!(close.display_name().unwrap().text(), "Close Friends");
    let [Member::Entry(joe), Member::Entry(_), Member::External(marketing)] = close.members() else {
        panic!("{close:?}")
    };
    assert_eq!(joe.uri(), "sip:joe@example.com");
    assert_eq!(marketing.display_name().unwrap().text(), "Marketing");
    assert!(marketing.target().unwrap().starts_with("http://xcap.example.org/resource-lists/users/"));
    // Written, each entry says what it meant by saying nothing.
    let again = ResourceLists::parse(lists.to_xml().into(), &Limits::default()).unwrap();
    assert_eq!(again.to_xml(), lists.to_xml());
}

#[test]
fn rfc5364_6_figure_3_a_recipient_list() {
    check(
        SENT,
        expect![[r#"
            to sip:bill@example.com 1
            to sip:randy@example.net 1 anonymous
            to sip:eddy@example.com 1 anonymous
            cc sip:joe@example.org 1
            cc sip:carol@example.net 1 anonymous
            bcc sip:ted@example.net 1
            bcc sip:andy@example.com 1
        "#]],
    );
}

#[test]
fn rfc5364_6_figure_4_the_history_list_of_it() {
    check(
        HISTORY,
        expect![[r#"
            to sip:bill@example.com 1
            to sip:anonymous@anonymous.invalid 2
            cc sip:joe@example.org 1
            cc sip:anonymous@anonymous.invalid 1
        "#]],
    );
    assert_eq!(read(SENT).history(), read(HISTORY));
}

#[test]
fn rfc5366_4_figure_1_a_flat_list() {
    check(
        r#"<?xml version="1.0" encoding="UTF-8"?>
   <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"
             xmlns:cp="urn:ietf:params:xml:ns:copycontrol">
     <list>
       <entry uri="sip:bill@example.com" cp:copyControl="to"  />
       <entry uri="sip:joe@example.org" cp:copyControl="cc" />
       <entry uri="sip:ted@example.net" cp:copyControl="bcc" />
     </list>
   </resource-lists>
"#,
        expect![[r#"
            to sip:bill@example.com 1
            cc sip:joe@example.org 1
            bcc sip:ted@example.net 1
        "#]],
    );
}

#[test]
fn rfc5366_6_figure_3_the_namespace_as_it_is_printed_there() {
    let printed = SENT.replace("ns:copycontrol", "ns:copyControl");
    assert_ne!(printed, SENT);
    assert_eq!(read(&printed), read(SENT));
}

/// Every prefix of a document is incomplete, never a shorter list.
#[test]
fn rfc4826_3_2_a_document_cut_short_is_refused() {
    let whole = SENT.trim_end();
    for len in 0..whole.len() {
        let cut = whole.get(..len).unwrap().to_owned();
        assert!(RecipientList::parse(cut.into(), &Limits::default()).is_err(), "{len}");
    }
}
