//! Tests of notifications.

use super::*;
use alloc::format;
use alloc::string::ToString;
use proptest::prelude::*;

/// Reads a document with this inside the root, and shows what it says.
#[track_caller]
fn check(content: &str, expected: &str) {
    check_document(&format!("<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\">{content}</imdn>"), expected);
}

#[track_caller]
fn check_document(document: &str, expected: &str) {
    let got = match Notification::parse(&Bytes::from(document.to_string())) {
        Ok(Notification { message_id, date_time, recipient_uri, disposition, status, .. }) => {
            let recipient = recipient_uri.as_deref().unwrap_or("-");
            let (disposition, status) = (disposition.as_str(), status.as_str());
            format!("{message_id} {date_time} {recipient} {disposition} {status}")
        }
        Err(error) => error.to_string(),
    };
    assert_eq!(got, expected, "{document}");
}

const ABOUT: &str = "<message-id>m</message-id><datetime>d</datetime>";

#[test]
fn rfc5438_7_2_1_1_each_kind_has_its_statuses() {
    for disposition in Disposition::ALL {
        for status in Status::ALL {
            let (kind, said) = (disposition.as_str(), status.as_str());
            let content = format!("{ABOUT}<{kind}><status><{said}/></status></{kind}>");
            let end = 42 + content.len() + 7;
            let mismatch = format!("status contradicts the message at byte {end}");
            let expected = if status.is_of(disposition) { format!("m d - {kind} {said}") } else { mismatch };
            check(&content, &expected);
        }
    }
}

#[test]
fn rfc5438_11_1_order_white_space_and_extensions_do_not_matter() {
    check(
        "\r\n<!-- x --><x:message-id xmlns:x='urn:x'>no<message-id>no</message-id></x:message-id>\
         <delivery-notification><status>\r\n<failed/><x:why xmlns:x='urn:x'/></status></delivery-notification>\
         <datetime> 2026-03-02T09:15:30Z\n</datetime><message-id>a&amp;&#98;<![CDATA[<c>]]></message-id>\
         <recipient-uri>sip:bob@x</recipient-uri>",
        "a&b<c> 2026-03-02T09:15:30Z sip:bob@x delivery-notification failed",
    );
}

#[test]
fn errors_name_the_rule_and_the_byte() {
    check_document("", "missing imdn at byte 0");
    check_document("<imdn/>", "imdn contradicts the message at byte 0");
    check_document("<imdn xmlns='urn:ietf:params:xml:ns:imdn'>", "imdn incomplete at byte 42");
    check_document("<!DOCTYPE x [<!ENTITY a 'b'>]><imdn/>", "DOCTYPE not supported at byte 0");
    check("", "missing disposition at byte 49");
    check(ABOUT, "missing disposition at byte 97");
    check("<display-notification/>", "missing status at byte 72");
    check(
        "<display-notification><status><error/></status></display-notification>",
        "missing message-id at byte 119",
    );
    check("<display-notification/><display-notification/>", "disposition repeated at byte 65");
    check(
        "<display-notification><status><error/><forbidden/></status></display-notification>",
        "status repeated at byte 80",
    );
    check("<message-id>&x;</message-id>", "expected Reference at byte 54");
    check("<a b=c/>", "expected Attribute at byte 42");
    check("</a>", "expected document at byte 42");
    check(&"<a>".repeat(16), "limit depth passed at byte 87");
    check_document(&" ".repeat(70_000), "limit message/imdn+xml passed at byte 65536");
    check_document("<imdn\u{1}/>", "expected Char at byte 5");
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(
        (id, date, uri, subject) in ("[!-~é]{1,12}", "[!-~]{1,12}", "[!-~]{1,12}", "[!-~]([ -~\r\n\t]{0,6}[!-~])?"),
        language in prop::option::of("[a-z]{2}(-[A-Z]{2})?"),
        disposition in prop::sample::select(Disposition::ALL.to_vec()),
        status in prop::sample::select(Status::ALL.to_vec()),
    ) {
        prop_assume!(status.is_of(disposition));
        let mut notification = Notification::new(id, date, disposition, status).with_recipients(uri.as_str(), "sip:x");
        notification.subject = Some(subject.into());
        notification.subject_language = language.map(Into::into);
        prop_assert_eq!(Notification::parse(&notification.to_xml().into()), Ok(notification));
    }

    #[test]
    fn no_document_panics_and_errors_lie_in_it(text in "(<imdn xmlns='urn:ietf:params:xml:ns:imdn'>)?(</?status>|<|>|&|;|\"|'|/|!--|\\[|[a-z ]){0,24}") {
        if let Err(error) = Notification::parse(&text.clone().into()) {
            prop_assert!(error.offset() <= text.len());
        }
    }
}
