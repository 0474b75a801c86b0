//! Properties of `mime`.

use bytes::Bytes;
use mime::cpim::{self, Address, Builder, Head, Message};
use mime::imdn::{self, Notification};
use mime::{Boundary, Entity, Limits, MultipartBuilder, Reading};

/// Headers and a body: what is read strictly is read leniently with nothing forgiven, parts lie in the input and keep
/// to the limits, and parts put together again come apart the same.
pub fn mime_multipart(data: &[u8]) {
    let limits = Limits::default();
    let input = Bytes::copy_from_slice(data);
    let read = |reading| match Entity::parse(input.clone(), reading, &limits) {
        Ok((entity, forgiven)) => {
            assert!(reading == Reading::Lenient || forgiven.is_empty());
            assert!(forgiven.iter().all(|departure| departure.offset <= data.len()), "{forgiven:?}");
            Some((entity, forgiven.is_empty()))
        }
        Err(error) => {
            assert!(error.offset() <= data.len(), "{error}");
            None
        }
    };
    let strict = read(Reading::Strict);
    let Some((root, nothing_forgiven)) = read(Reading::Lenient) else { return };
    if nothing_forgiven {
        assert_eq!(strict.map(|(entity, _)| entity).as_ref(), Some(&root));
    }
    assert!(root.walk().count() <= limits.max_parts + 1);
    for entity in root.walk() {
        let body = entity.raw_body();
        assert!(body.is_empty() || input.as_ptr_range().contains(&body.as_ptr()));
        let _ = (entity.content_type(), entity.content_id(), entity.body());
        if let Ok(Some(disposition)) = entity.content_disposition() {
            let written = disposition.to_string();
            assert_eq!(mime::ContentDisposition::parse(&written), Ok(disposition), "{written}");
        }
    }
    let _ = (root.offer(), root.recipient_lists().count());
    notifications_read_the_same(&root);
    one_by_one(&root, &limits);
    if root.parts().is_empty() {
        return;
    }
    let parts = root.parts().iter().cloned();
    let Ok((content_type, body)) =
        parts.fold(MultipartBuilder::mixed(), MultipartBuilder::part).build([7; 16])
    else {
        return;
    };
    let headers = [("Content-Type", content_type.as_str())];
    let (again, _) = Entity::read(headers, body, Reading::Lenient, &limits).expect("what we write we read");
    assert_eq!(again.parts().len(), root.parts().len());
    for (again, part) in again.parts().iter().zip(root.parts()) {
        assert_eq!((again.headers(), again.raw_body()), (part.headers(), part.raw_body()));
        assert_eq!(again.parts(), part.parts());
    }
}

/// The parts found one by one are those of the whole.
fn one_by_one(root: &Entity, limits: &Limits) {
    let Ok(content_type) = root.content_type() else { return };
    let Some(boundary) = content_type.params.get("boundary") else { return };
    let Ok(boundary) = Boundary::parse(&boundary.value()) else { return };
    if root.parts().is_empty() {
        return;
    }
    let body = root.raw_body();
    let found: Vec<_> =
        boundary.parts(body, Reading::Lenient, limits).map(|part| part.expect("read before")).collect();
    assert_eq!(found.len(), root.parts().len());
    for (part, entity) in found.iter().zip(root.parts()) {
        let (again, _) = part.entity(Reading::Lenient, limits).expect("read before");
        assert_eq!((again.headers(), again.raw_body()), (entity.headers(), entity.raw_body()));
        assert_eq!(again.parts(), entity.parts());
    }
}

/// What is read strictly is read leniently with nothing forgiven, what is read is written and read the same, a head cut
/// short is incomplete, addresses are written as they were read, and free text is read as it was written.
pub fn cpim(data: &[u8]) {
    let limits = Limits::default();
    free_text(&String::from_utf8_lossy(data));
    let input = Bytes::copy_from_slice(data);
    let read = |reading| match Message::parse_with(input.clone(), reading, &limits) {
        Ok(read) => Some(read),
        Err(error) => {
            assert!(error.offset() <= data.len(), "{error}");
            None
        }
    };
    let strict = read(Reading::Strict);
    let Some((message, forgiven)) = read(Reading::Lenient) else { return };
    assert!(forgiven.iter().all(|departure| departure.offset <= data.len()));
    if forgiven.is_empty() {
        assert_eq!(strict.map(|(message, _)| message).as_ref(), Some(&message));
    }
    let head = message.head();
    for len in [head.len() / 2, head.len().saturating_sub(1)] {
        let error =
            Head::parse(&input.slice(..len), Reading::Lenient, &limits).expect_err("a part of a head");
        assert_eq!(error.to_string(), format!("message incomplete at byte {len}"));
    }
    let _ = (head.date_time(), head.subject_in("en"), head.is_understood(), head.cc().count());
    let _ = imdn::NotificationRequest::of(head);
    let wide = Limits { max_head: 1 << 24, ..limits };
    let (again, _) =
        Message::parse_with(message.to_bytes(), Reading::Lenient, &wide).expect("what we write we read");
    assert_eq!(again.head().headers(), head.headers());
    assert_eq!(again.head().content_headers(), head.content_headers());
    assert_eq!(again.content().raw_body(), message.content().raw_body());
    for address in head.to().flatten() {
        assert_eq!(Address::parse(&address.to_string()).as_ref(), Ok(&address));
        let written =
            Builder::new(&address, &address).build("text/plain", "").expect("what was read is written");
        let again = Message::parse(written).expect("what we write we read");
        assert_eq!(again.head().from(), Ok(Some(address)));
    }
}

/// Whatever the subjects and names of an envelope are, it is read strictly and they are the same.
fn free_text(text: &str) {
    let wide = Limits { max_head: 1 << 24, ..Limits::default() };
    // White space around a name is no part of it.
    let address = Address::new("im:a@x").expect("an address").with_name(text.trim());
    let builder = Builder::new(&address, &address).cc(&address).subject(text).subject_in("fr", text);
    let written = builder.build("text/plain", text).expect("free text is escaped");
    let (message, forgiven) =
        Message::parse_with(written, Reading::Strict, &wide).expect("what we write we read");
    let head = message.head();
    assert_eq!((forgiven.len(), head.headers().len()), (0, 5));
    assert!(head.subjects().all(|subject| subject.value() == text));
    let from = head.from().expect("an address").expect("there is one");
    assert_eq!(from.name.as_deref().unwrap_or_default(), text.trim());
    assert_eq!(message.content().raw_body(), text);
}

/// Whatever notifications are found in a body are written and read the same.
fn notifications_read_the_same(body: &Entity) {
    for notification in imdn::notifications(body).flatten() {
        assert_eq!(Notification::parse(&notification.to_xml().into()).as_ref(), Ok(&notification));
    }
}

/// A notification that is read is written and read the same, in an envelope or as a document of its own.
pub fn imdn(data: &[u8]) {
    for content_type in [imdn::MEDIA_TYPE, cpim::MEDIA_TYPE] {
        let headers = [("Content-Type", content_type)];
        let input = Bytes::copy_from_slice(data);
        let (body, _) =
            Entity::read(headers, input, Reading::Lenient, &Limits::default()).expect("one entity");
        notifications_read_the_same(&body);
    }
    match Notification::parse(&Bytes::copy_from_slice(data)) {
        Ok(notification) => {
            assert_eq!(Notification::parse(&notification.to_xml().into()).as_ref(), Ok(&notification));
        }
        Err(error) => assert!(error.offset() <= data.len(), "{error}"),
    }
}
