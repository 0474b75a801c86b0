//! CPIM messages and notifications: those of the RFCs and of a focus that sends a text on.

use bytes::Bytes;
use expect_test::{Expect, expect};
use simple_im_mime::cpim::{Address, Builder, Head, Message};
use simple_im_mime::imdn::{self, Disposition, Notification, NotificationRequest, Status, Wanted};
use simple_im_mime::{ContentDisposition, DispositionKind, Entity, Limits, MultipartBuilder, Reading};

fn wire(text: &str) -> Bytes {
    Bytes::from(text.replace('\n', "\r\n"))
}

/// Headers by namespace and name, then the content headers and the length of the content.
fn show(message: &Message) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for header in message.head().headers() {
        let namespace = header.namespace().map_or("?", |urn| urn.as_str());
        let language = header.language().map(|tag| format!(" ({tag})")).unwrap_or_default();
        writeln!(out, "{namespace} {}{language} = {}", header.name(), header.value()).unwrap();
    }
    for header in message.content().headers() {
        writeln!(out, "{}: {}", header.name(), header.value()).unwrap();
    }
    writeln!(out, "{} bytes", message.content().raw_body().len()).unwrap();
    out
}

#[track_caller]
fn check(text: &str, expected: Expect) -> Message {
    let (message, forgiven) = Message::parse_with(wire(text), Reading::Strict, &Limits::default()).unwrap();
    assert_eq!(forgiven, []);
    expected.assert_eq(&show(&message));
    let again = Message::parse_with(message.to_bytes(), Reading::Strict, &Limits::default());
    assert_eq!(again, Ok((message.clone(), Vec::new())), "round trip");
    message
}

#[test]
fn rfc3862_5_the_examples() {
    let message = check(
        r#"From: MR SANDERS <im:piglet@100akerwood.com>
To: Depressed Donkey <im:eeyore@100akerwood.com>
DateTime: 2000-12-13T13:40:00-08:00
Subject: the weather will be fine today
Subject:;lang=fr beau temps prevu pour aujourd'hui
NS: MyFeatures <mid:MessageFeatures@id.foo.com>
Require: MyFeatures.VitalMessageOption
MyFeatures.VitalMessageOption: Confirmation-requested
MyFeatures.WackyMessageOption: Use-silly-font

Content-type: text/xml; charset=utf-8
Content-ID: <1234567890@foo.com>

<body>
Here is the text of my message.
</body>
"#,
        expect![[r#"
            urn:ietf:params:cpim-headers: From = MR SANDERS <im:piglet@100akerwood.com>
            urn:ietf:params:cpim-headers: To = Depressed Donkey <im:eeyore@100akerwood.com>
            urn:ietf:params:cpim-headers: DateTime = 2000-12-13T13:40:00-08:00
            urn:ietf:params:cpim-headers: Subject = the weather will be fine today
            urn:ietf:params:cpim-headers: Subject (fr) = beau temps prevu pour aujourd'hui
            urn:ietf:params:cpim-headers: NS = MyFeatures <mid:MessageFeatures@id.foo.com>
            urn:ietf:params:cpim-headers: Require = MyFeatures.VitalMessageOption
            mid:MessageFeatures@id.foo.com VitalMessageOption = Confirmation-requested
            mid:MessageFeatures@id.foo.com WackyMessageOption = Use-silly-font
            Content-type: text/xml; charset=utf-8
            Content-ID: <1234567890@foo.com>
            50 bytes
        "#]],
    );
    let head = message.head();
    assert_eq!(head.from().unwrap().unwrap().name.unwrap(), "MR SANDERS");
    assert_eq!(head.to().map(|to| to.unwrap().uri).collect::<Vec<_>>(), ["im:eeyore@100akerwood.com"]);
    assert_eq!(head.date_time().unwrap(), "2000-12-13T13:40:00-08:00");
    assert_eq!(head.subject().unwrap(), "the weather will be fine today");
    assert_eq!(head.subjects().count(), 2);
    assert_eq!(head.subject_in("FR").unwrap().value(), "beau temps prevu pour aujourd'hui");
    assert_eq!(head.subject_in("fr-CA").unwrap().language().unwrap(), "fr");
    assert!(head.subject_in("de").is_none());
    let required: Vec<_> = head.required().collect();
    assert_eq!(required, [(Some("mid:MessageFeatures@id.foo.com"), "VitalMessageOption")]);
    assert!(!head.is_understood());
    let vital = head.get("mid:MessageFeatures@id.foo.com", "VitalMessageOption").unwrap();
    assert_eq!(vital.value(), "Confirmation-requested");
    assert_eq!(message.content().content_id().unwrap().as_str(), "1234567890@foo.com");
}

const TO_THE_FOCUS: &str = "From: <sip:alice@home1.example>\nTo: <sip:conf-5512@im.home1.example>\n\
    DateTime: 2026-03-02T09:15:30Z\n\nContent-Type: text/plain;charset=UTF-8\n\nLunch at noon?";

#[test]
fn rfc4975_13_seed_14_a_text_for_the_focus_is_read_and_written_the_same() {
    let message = check(
        TO_THE_FOCUS,
        expect![[r#"
        urn:ietf:params:cpim-headers: From = <sip:alice@home1.example>
        urn:ietf:params:cpim-headers: To = <sip:conf-5512@im.home1.example>
        urn:ietf:params:cpim-headers: DateTime = 2026-03-02T09:15:30Z
        Content-Type: text/plain;charset=UTF-8
        14 bytes
    "#]],
    );
    assert!(message.head().is_understood());
    assert_eq!(wire(TO_THE_FOCUS).len(), 161, "the Byte-Range of the example");

    let from = Address::new("sip:alice@home1.example").unwrap();
    let to = Address::new("sip:conf-5512@im.home1.example").unwrap();
    let builder = Builder::new(&from, &to).date_time("2026-03-02T09:15:30Z");
    let written = builder.clone().build("text/plain;charset=UTF-8", "Lunch at noon?").unwrap();
    assert_eq!(written, wire(TO_THE_FOCUS));
    let head = builder.head("text/plain;charset=UTF-8").unwrap();
    assert_eq!(written.strip_prefix(&head[..]).unwrap(), b"Lunch at noon?");
}

/// A head that arrives bit by bit is `Incomplete` until its last byte is there, in either reading.
#[test]
fn rfc3862_2_the_head_is_read_as_soon_as_it_is_there() {
    let whole = wire(TO_THE_FOCUS);
    for reading in [Reading::Strict, Reading::Lenient] {
        let (head, _) = Head::parse(&whole, reading, &Limits::default()).unwrap();
        assert_eq!(head.len(), whole.len() - "Lunch at noon?".len());
        for len in 0..whole.len() {
            let read = Head::parse(&whole.slice(..len), reading, &Limits::default());
            if len < head.len() {
                let error = read.unwrap_err();
                assert_eq!(
                    (error.to_string(), error.offset()),
                    (format!("message incomplete at byte {len}"), len)
                );
            } else {
                assert_eq!(read.unwrap().0.len(), head.len());
            }
        }
    }
}

/// The examples of RFC 5438 lack the blank line before the MIME headers.
#[test]
fn rfc5438_7_1_1_1_erratum_3013_a_message_that_asks_for_notifications() {
    let text = r#"From: Alice <im:alice@example.com>
To: Bob <im:bob@example.com>
NS: imdn <urn:ietf:params:imdn>
imdn.Message-ID: 34jk324j
DateTime: 2006-04-04T12:16:49-05:00
imdn.Disposition-Notification: positive-delivery, negative-delivery
Content-type: text/plain
Content-length: 12

Hello World
"#;
    let (message, forgiven) = Message::parse_with(wire(text), Reading::Lenient, &Limits::default()).unwrap();
    assert_eq!(forgiven.iter().map(|departure| departure.rule).collect::<Vec<_>>(), ["blank line"]);
    assert_eq!(message.content().raw_body(), "Hello World\r\n");
    let request = NotificationRequest::of(message.head()).unwrap();
    assert_eq!(request.message_id, "34jk324j");
    assert_eq!(request.wanted, [Wanted::PositiveDelivery, Wanted::NegativeDelivery]);
    // With the blank line the erratum asks for, nothing is forgiven.
    let corrected = text.replace("Content-type", "\nContent-type");
    let (again, forgiven) =
        Message::parse_with(wire(&corrected), Reading::Strict, &Limits::default()).unwrap();
    assert_eq!(forgiven, []);
    assert_eq!(again.head().headers(), message.head().headers());
    assert_eq!(again.content(), message.content());
}

#[test]
fn rfc5438_7_1_1_a_request_for_notifications_is_written() {
    let address = |uri| Address::new(uri).unwrap();
    let written = Builder::new(&address("sip:a@x").with_name("A \"B\""), &address("sip:b@x"))
        .to(&address("sip:c@x"))
        .cc(&address("sip:d@x"))
        .request_notification("Qx71Lm", &[Wanted::PositiveDelivery, Wanted::Display])
        .date_time("2026-03-02T09:15:30Z")
        .subject("two\nlines")
        .build("text/plain", "Hi")
        .unwrap();
    expect![[r#"
        From: "A \"B\"" <sip:a@x>
        To: <sip:b@x>
        To: <sip:c@x>
        cc: <sip:d@x>
        NS: imdn <urn:ietf:params:imdn>
        imdn.Message-ID: Qx71Lm
        imdn.Disposition-Notification: positive-delivery, display
        DateTime: 2026-03-02T09:15:30Z
        Subject: two\nlines

        Content-Type: text/plain

        Hi"#]]
    .assert_eq(&String::from_utf8_lossy(&written).replace("\r\n", "\n"));
    let message = Message::parse(written).unwrap();
    assert_eq!(message.head().subject().unwrap(), "two\nlines");
    let request = NotificationRequest::of(message.head()).unwrap();
    assert_eq!(request.wanted, [Wanted::PositiveDelivery, Wanted::Display]);
    assert!(message.head().is_understood());
}

/// RFC 5438 §7.2.1.1, with the blank line of erratum 3013.
#[test]
fn rfc5438_7_2_1_1_a_notification_in_its_envelope() {
    let message = check(
        r#"From: Bob <im:bob@example.com>
To: Alice <im:alice@example.com>
NS: imdn <urn:ietf:params:imdn>
imdn.Message-ID: d834jied93rf

Content-type: message/imdn+xml
Content-Disposition: notification

<?xml version="1.0" encoding="UTF-8"?>
<imdn xmlns="urn:ietf:params:xml:ns:imdn">
 <message-id>34jk324j</message-id>
 <datetime>2008-04-04T12:16:49-05:00</datetime>
 <display-notification>
  <status><displayed/></status>
 </display-notification>
</imdn>
"#,
        expect![[r#"
            urn:ietf:params:cpim-headers: From = Bob <im:bob@example.com>
            urn:ietf:params:cpim-headers: To = Alice <im:alice@example.com>
            urn:ietf:params:cpim-headers: NS = imdn <urn:ietf:params:imdn>
            urn:ietf:params:imdn Message-ID = d834jied93rf
            Content-type: message/imdn+xml
            Content-Disposition: notification
            262 bytes
        "#]],
    );
    assert_eq!(NotificationRequest::of(message.head()).unwrap().wanted, []);
    let disposition = message.content().content_disposition().unwrap();
    assert_eq!(disposition, Some(ContentDisposition::new(DispositionKind::Notification)));
    let notification = Notification::parse(message.content().raw_body()).unwrap();
    assert_eq!(notification.message_id, "34jk324j");
    assert_eq!((notification.disposition, notification.status), (Disposition::Display, Status::Displayed));
}

/// RFC 5438 §7.2.1.1, §7.2.1.2 and §8.3: with the elements of the RFC, and the boundary that ends nothing.
#[test]
fn rfc5438_8_3_the_example_of_aggregated_notifications() {
    let text = r#"From: Bob <im:bob@example.com>
To: Alice <im:alice@example.com>
NS: imdn <urn:ietf:params:imdn>
imdn.Message-ID: d834jied93rf

Content-type: multipart/mixed;
                   boundary="imdn-boundary"
Content-Disposition: notification

--imdn-boundary
Content-type: message/imdn+xml

<?xml version="1.0" encoding="UTF-8"?>
<imdn xmlns="urn:ietf:params:xml:ns:imdn">
      <message-id>34jk324j</message-id>
      <datetime>2008-04-04T12:16:49-05:00</datetime>
     <recipient-uri>im:bob@example.com</recipient-uri>
      <original-recipient-uri
        >im:bob@example.com</original-recipient-uri>
      <delivery-notification>
         <status>
            <delivered/>
         </status>
      </delivery-notification>
    </imdn>
--imdn-boundary
Content-type: message/imdn+xml

<?xml version="1.0" encoding="UTF-8"?>
<imdn xmlns="urn:ietf:params:xml:ns:imdn">
      <message-id>34jk324j</message-id>
      <datetime>2008-04-04T12:16:49-05:00</datetime>
     <recipient-uri>im:bob@example.com</recipient-uri>
      <original-recipient-uri
         >im:bob@example.com</original-recipient-uri>
      <display-notification>
         <status>
            <displayed/>
         </status>
      </display-notification>
    </imdn>
--imdn-boundary
"#;
    let (message, forgiven) = Message::parse_with(wire(text), Reading::Lenient, &Limits::default()).unwrap();
    assert_eq!(forgiven.iter().map(|departure| departure.rule).collect::<Vec<_>>(), ["close-delimiter"]);
    let all: Vec<Notification> = imdn::notifications(message.content()).map(Result::unwrap).collect();
    let said = |one: &Notification| (one.disposition, one.status);
    assert_eq!(
        all.iter().map(said).collect::<Vec<_>>(),
        [(Disposition::Delivery, Status::Delivered), (Disposition::Display, Status::Displayed)]
    );
    for one in all {
        assert_eq!(one.message_id, "34jk324j");
        assert_eq!(one.original_recipient_uri.unwrap(), "im:bob@example.com");
    }
}

#[test]
fn rfc5438_7_2_a_notification_says_what_its_message_said_and_goes_back_the_way_it_came() {
    let text = "From: <im:alice@x>\nTo: <im:bob@y>\nDateTime: 2026-03-02T09:15:30Z\nSubject:;lang=fr Bonjour \"A\" & B\n\
        NS: i <urn:ietf:params:imdn>\ni.Message-ID: m1\ni.Disposition-Notification: display;x=y, positive-delivery\n\
        i.Original-To: <im:robert@y>\ni.IMDN-Record-Route: <sip:top@z>\ni.IMDN-Record-Route: \"B\" <sip:b@z>\n\n\
        Content-Type: text/plain\n\nHi";
    let message = Message::parse(wire(text)).unwrap();
    let request = NotificationRequest::of(message.head()).unwrap();
    assert_eq!(request.wanted, [Wanted::PositiveDelivery, Wanted::Display]);
    let notification = Notification::about(message.head(), Disposition::Display, Status::Displayed).unwrap();
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <imdn xmlns="urn:ietf:params:xml:ns:imdn">
        <message-id>m1</message-id>
        <datetime>2026-03-02T09:15:30Z</datetime>
        <recipient-uri>im:bob@y</recipient-uri>
        <original-recipient-uri>im:robert@y</original-recipient-uri>
        <subject xml:lang="fr">Bonjour &quot;A&quot; &amp; B</subject>
        <display-notification><status><displayed/></status></display-notification>
        </imdn>
    "#]]
    .assert_eq(&notification.to_xml().replace("\r\n", "\n"));
    assert_eq!(Notification::parse(&notification.to_xml().into()), Ok(notification.clone()));
    let (bob, alice) = (Address::new("im:bob@y").unwrap(), Address::new("im:alice@x").unwrap());
    let back = Builder::new(&bob, &alice)
        .request_notification("m2", &[])
        .routes_of(&request)
        .content_header("Content-Disposition", "notification")
        .build(imdn::MEDIA_TYPE, notification.to_xml())
        .unwrap();
    let back = Message::parse(back).unwrap();
    let routes = NotificationRequest::of(back.head()).unwrap().route;
    assert_eq!(
        routes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["<sip:top@z>", "\"B\" <sip:b@z>"]
    );
    assert_eq!(imdn::notifications(back.content()).count(), 1);
}

#[test]
fn rfc3862_4_5_subjects_are_written_in_several_languages() {
    let address = Address::new("im:a@x").unwrap();
    let builder = || Builder::new(&address, &address).subject_in("en", "weather").subject_in("fr", "temps");
    let written = builder().namespace("my", "urn:my").header("my.X", "y").build("a/b", "").unwrap();
    let (message, forgiven) =
        Message::parse_with(written.clone(), Reading::Strict, &Limits::default()).unwrap();
    assert_eq!(forgiven, []);
    assert_eq!(message.head().subject_in("fr").unwrap().value(), "temps");
    assert_eq!(message.head().get("urn:my", "X").unwrap().value(), "y");
    assert_eq!(message.to_bytes(), written);
    assert!(builder().subject_in("e n", "x").head("a/b").is_err());
    assert!(builder().subject_in("", "x").head("a/b").is_err());
}

#[test]
fn rfc5438_8_3_aggregated_notifications_are_read_one_by_one() {
    let document = |id: &str| {
        Notification::new(id, "2008-04-04T12:16:49-05:00", Disposition::Delivery, Status::Delivered).to_xml()
    };
    let bare = Entity::builder(imdn::MEDIA_TYPE).body(document("one")).unwrap();
    let envelope = "From: <im:a@x>\r\nTo: <im:b@x>\r\n\r\nContent-Type: message/imdn+xml\r\n\r\n".to_owned();
    let wrapped = Entity::builder("message/cpim").body(envelope + &document("two")).unwrap();
    let text = Entity::builder("text/plain").body("hello").unwrap();
    let broken = Entity::builder(imdn::MEDIA_TYPE).body("<imdn/>").unwrap();
    let parts = MultipartBuilder::mixed().part(bare).part(text).part(wrapped).part(broken);
    let (content_type, body) = parts.build([7; 16]).unwrap();
    let headers = [("Content-Type", content_type.as_str())];
    let (root, _) = Entity::read(headers, body, Reading::Strict, &Limits::default()).unwrap();
    let ids: Vec<_> = imdn::notifications(&root)
        .map(|found| found.map_or_else(|error| error.to_string(), |found| found.message_id.to_string()))
        .collect();
    assert_eq!(ids.len(), 3, "{ids:?}");
    assert_eq!(ids[..2], ["one", "two"]);
}

#[test]
fn rfc5438_8_3_an_envelope_around_aggregated_notifications() {
    let one = |id: &str| {
        let one =
            Notification::new(id, "2008-04-04T12:16:49-05:00", Disposition::Delivery, Status::Delivered);
        Entity::builder(imdn::MEDIA_TYPE).body(one.to_xml()).unwrap()
    };
    let address = Address::new("im:a@x").unwrap();
    let envelope = |content_type: &str, content: Bytes| {
        let envelope = Builder::new(&address, &address).build(content_type, content).unwrap();
        Entity::builder("message/cpim").body(envelope).unwrap()
    };
    let wrapped = envelope(imdn::MEDIA_TYPE, one("two").raw_body().clone());
    let parts = MultipartBuilder::mixed().part(one("one")).part(wrapped);
    let (content_type, body) = parts.build([7; 16]).unwrap();
    let count = |body: &Entity| imdn::notifications(body).filter(Result::is_ok).count();
    let root = envelope(&content_type, body);
    assert_eq!((count(&root), imdn::notifications(&root).count()), (2, 2));
    // One more around it: what has no envelope of its own is still found.
    let root = envelope("message/cpim", root.raw_body().clone());
    assert_eq!(count(&root), 1);
    let error = imdn::notifications(&root).find_map(Result::err).unwrap();
    assert_eq!(error.to_string(), "limit envelopes passed at byte 0");
}
