//! The bodies of whole requests: one recipient, a recipient list, files with an icon in both dialects.
//!
//! They are text with LF here and CRLF on the wire; the lengths are the Content-Length of the requests.

use bytes::Bytes;
use simple_im_mime::{
    ContentDisposition, ContentId, DispositionKind, Entity, Handling, Limits, MultipartBuilder, Reading,
};

/// A text for one recipient: `multipart/mixed` with a single part.
const TEXT_TO_ONE: (&str, &str) = (
    r#"multipart/mixed;boundary="bnd-7f31c2""#,
    r##"--bnd-7f31c2
Content-Type: application/sdp

v=0
o=- 3964100001 3964100001 IN IP4 198.51.100.7
s=-
c=IN IP4 198.51.100.7
t=0 0
m=message 2855 TCP/MSRP *
a=sendonly
a=accept-types:message/cpim text/plain
a=path:msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp
a=setup:actpass

--bnd-7f31c2--
"##,
);

/// A text for several recipients: an offer and a recipient list.
const TEXT_TO_LIST: (&str, &str) = (
    r#"multipart/mixed;boundary="bnd-19d0e4""#,
    r##"--bnd-19d0e4
Content-Type: application/sdp
Content-Disposition: session

v=0
o=- 3964100107 3964100107 IN IP4 198.51.100.7
s=-
c=IN IP4 198.51.100.7
t=0 0
m=message 2855 TCP/MSRP *
a=sendonly
a=accept-types:message/cpim text/plain
a=path:msrp://198.51.100.7:2855/Wn6cP1uE4sKj9GxT;tcp
a=setup:actpass

--bnd-19d0e4
Content-Type: application/resource-lists+xml
Content-Disposition: recipient-list

<?xml version="1.0" encoding="UTF-8"?>
<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"
                xmlns:cp="urn:ietf:params:xml:ns:copycontrol">
  <list>
    <entry uri="sip:bob@home2.example" cp:copyControl="to"/>
    <entry uri="sip:carol@home3.example" cp:copyControl="to"/>
    <entry uri="sip:dave@home2.example" cp:copyControl="bcc"/>
  </list>
</resource-lists>

--bnd-19d0e4--
"##,
);

/// Two files with the attributes of 2006, an icon for the first.
const FILES_LEGACY: (&str, &str) = (
    r#"multipart/mixed;boundary="bnd-55c0aa""#,
    r##"--bnd-55c0aa
Content-Type: application/sdp

v=0
o=- 3964100200 3964100200 IN IP4 198.51.100.7
s=-
c=IN IP4 198.51.100.7
t=0 0
m=message 2855 TCP/MSRP *
i=Lake view from the cabin
a=sendonly
a=accept-types:message/cpim image/jpeg
a=path:msrp://198.51.100.7:2855/Zc4Xn8Qe2Vb7Tk0M;tcp
a=setup:actpass
a=filename:lake view.jpg
a=filetype:image/jpeg
a=filesize:5000
a=disposition:inline
a=icon:cid:icon1.7e0b55@198.51.100.7
a=hash:SHA e6937aa016bc06eda81d3b227fffde825d881ce5
m=message 2855 TCP/MSRP *
a=sendonly
a=accept-types:message/cpim text/plain
a=path:msrp://198.51.100.7:2855/Hj5Wd1Ry9Gp3Lf6U;tcp
a=setup:actpass
a=filename:notes.txt
a=filetype:text/plain
a=filesize:34
a=disposition:attachment
a=hash:SHA fffda2406f1e52a139b5290e3ee35a526ec02062

--bnd-55c0aa
Content-Type: image/svg+xml
Content-Transfer-Encoding: binary
Content-ID: <icon1.7e0b55@198.51.100.7>
Content-Disposition: icon;handling=optional

<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16"><rect width="16" height="16" fill="#36c"/></svg>
--bnd-55c0aa--
"##,
);

/// The same by RFC 5547: the offer and the icon in `multipart/related` in `multipart/mixed`.
const FILES_RFC5547: (&str, &str) = (
    r#"multipart/mixed;boundary="bnd-90fe31""#,
    r##"--bnd-90fe31
Content-Type: multipart/related;type="application/sdp";boundary="rel-0b7712"

--rel-0b7712
Content-Type: application/sdp

v=0
o=- 3964100200 3964100200 IN IP4 198.51.100.7
s=-
c=IN IP4 198.51.100.7
t=0 0
m=message 2855 TCP/MSRP *
i=Lake view from the cabin
a=sendonly
a=accept-types:message/cpim image/jpeg
a=path:msrp://198.51.100.7:2855/Zc4Xn8Qe2Vb7Tk0M;tcp
a=setup:actpass
a=file-selector:name:"lake view.jpg" type:image/jpeg size:5000 hash:sha-1:E6:93:7A:A0:16:BC:06:ED:A8:1D:3B:22:7F:FF:DE:82:5D:88:1C:E5
a=file-transfer-id:u7Wq2Zp9Xc4Vn1Bm6Lk3Jh8Gf5Ds0Aay
a=file-disposition:render
a=file-date:creation:"Sun, 01 Mar 2026 18:04:11 +0200"
a=file-icon:cid:icon1.7e0b55@198.51.100.7
m=message 2855 TCP/MSRP *
a=sendonly
a=accept-types:message/cpim text/plain
a=path:msrp://198.51.100.7:2855/Hj5Wd1Ry9Gp3Lf6U;tcp
a=setup:actpass
a=file-selector:name:"notes.txt" type:text/plain size:34 hash:sha-1:FF:FD:A2:40:6F:1E:52:A1:39:B5:29:0E:3E:E3:5A:52:6E:C0:20:62
a=file-transfer-id:r2Yt6Ue1Io9Pa4Sd8Fg3Hj7Kl5Zx0Cvb
a=file-disposition:attachment

--rel-0b7712
Content-Type: image/svg+xml
Content-Transfer-Encoding: binary
Content-ID: <icon1.7e0b55@198.51.100.7>
Content-Disposition: icon

<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16"><rect width="16" height="16" fill="#36c"/></svg>
--rel-0b7712--
--bnd-90fe31--
"##,
);

/// The body as it is on the wire.
fn wire(body: &str) -> Bytes {
    Bytes::from(body.replace('\n', "\r\n"))
}

fn read((content_type, body): (&str, &str)) -> Entity {
    let headers = [("MIME-Version", "1.0"), ("Content-Type", content_type)];
    let (root, forgiven) = Entity::read(headers, wire(body), Reading::Strict, &Limits::default()).unwrap();
    assert_eq!(forgiven, []);
    root
}

/// One line for each part, indented by depth: type, id, disposition, length.
fn show(entity: &Entity, depth: usize, out: &mut String) {
    use std::fmt::Write as _;
    let media_type = entity.content_type().unwrap();
    let id = entity.content_id().map(|id| format!(" {id}")).unwrap_or_default();
    let disposition =
        entity.content_disposition().unwrap().map(|found| format!(" [{found}]")).unwrap_or_default();
    let len = entity.raw_body().len();
    writeln!(out, "{:depth$}{}/{}{id}{disposition} {len}", "", media_type.ty, media_type.subtype).unwrap();
    for part in entity.parts() {
        show(part, depth + 2, out);
    }
}

#[track_caller]
fn check(example: (&str, &str), expected: expect_test::Expect) {
    let mut out = String::new();
    show(&read(example), 0, &mut out);
    expected.assert_eq(&out);
}

#[test]
fn rfc2046_5_1_seed_6_a_multipart_with_one_part() {
    check(
        TEXT_TO_ONE,
        expect_test::expect![[r#"
        multipart/mixed 302
          application/sdp 237
    "#]],
    );
    let root = read(TEXT_TO_ONE);
    let offer = root.offer().unwrap();
    assert!(offer.raw_body().starts_with(b"v=0\r\n") && offer.raw_body().ends_with(b"a=setup:actpass\r\n"));
    assert_eq!(root.offers().count(), 1);
    assert_eq!(root.recipient_lists().count(), 0);
}

#[test]
fn rfc5366_3_seed_4_offer_and_recipient_list() {
    check(
        TEXT_TO_LIST,
        expect_test::expect![[r#"
        multipart/mixed 830
          application/sdp [session] 237
          application/resource-lists+xml [recipient-list] 397
    "#]],
    );
    let root = read(TEXT_TO_LIST);
    assert!(root.offer().unwrap().raw_body().starts_with(b"v=0\r\n"));
    let lists: Vec<_> = root.recipient_lists().collect();
    assert_eq!(lists.len(), 1);
    assert!(lists[0].raw_body().ends_with(b"</resource-lists>\r\n"));
}

/// The bodies of the INVITE that starts a conference and of the one a recipient gets, with the dispositions of theirs.
#[test]
fn rfc5366_6_figures_3_and_4_the_bodies_of_both_invites() {
    const SDP: &str = "v=0
o=alice 2890844526 2890842807 IN IP4 atlanta.example.com
s=-
c=IN IP4 192.0.2.1
t=0 0
m=audio 20000 RTP/AVP 0
a=rtpmap:0 PCMU/8000
m=video 20002 RTP/AVP 31
a=rtpmap:31 H261/90000
";
    let body = |disposition: &str| {
        format!(
            "--boundary1\nContent-Type: application/sdp\n\n{SDP}\n--boundary1\n\
             Content-Type: application/resource-lists+xml\nContent-Disposition: {disposition}\n\n\
             <resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"/>\n--boundary1--\n"
        )
    };
    let content_type = "multipart/mixed;boundary=\"boundary1\"";
    let sent = read((content_type, &body("recipient-list")));
    assert_eq!(sent.offer().unwrap().raw_body(), &wire(SDP));
    assert_eq!(sent.recipient_lists().count(), 1);
    let received = read((content_type, &body("recipient-list-history; handling=optional")));
    assert_eq!(received.recipient_lists().count(), 0);
    let history = received.with_disposition(DispositionKind::RecipientListHistory).next().unwrap();
    assert_eq!(history.content_disposition().unwrap().unwrap().handling(), Handling::Optional);
}

#[test]
fn rfc2392_seed_28_the_icon_is_found_by_its_url() {
    for example in [FILES_LEGACY, FILES_RFC5547] {
        let root = read(example);
        let icon = root.find(&ContentId::from_url("cid:icon1.7e0b55@198.51.100.7").unwrap()).unwrap();
        assert_eq!(icon.raw_body().len(), 111);
        assert_eq!(icon.body().unwrap().as_ptr(), icon.raw_body().as_ptr());
        assert_eq!(icon.content_disposition().unwrap().unwrap().kind, DispositionKind::Icon);
        assert!(root.offer().unwrap().raw_body().starts_with(b"v=0\r\n"));
        assert_eq!(root.find(&ContentId::new("icon2@x").unwrap()), None);
    }
    check(
        FILES_LEGACY,
        expect_test::expect![[r#"
        multipart/mixed 1077
          application/sdp 733
          image/svg+xml <icon1.7e0b55@198.51.100.7> [icon;handling=optional] 111
    "#]],
    );
    check(
        FILES_RFC5547,
        expect_test::expect![[r#"
        multipart/mixed 1378
          multipart/related 1266
            application/sdp 942
            image/svg+xml <icon1.7e0b55@198.51.100.7> [icon] 111
    "#]],
    );
}

/// The parts of an example, without what the multipart adds, put together again are the example, byte for byte.
#[test]
fn what_the_examples_consist_of_is_written_as_they_are() {
    let sdp = |root: &Entity| root.offer().unwrap().raw_body().clone();
    let disposition = |value| ContentDisposition::parse(value).unwrap();

    let root = read(TEXT_TO_LIST);
    let list = root.recipient_lists().next().unwrap().raw_body().clone();
    let offer =
        Entity::builder("application/sdp").disposition(&disposition("session")).body(sdp(&root)).unwrap();
    let list = Entity::builder("application/resource-lists+xml")
        .disposition(&ContentDisposition::new(DispositionKind::RecipientList))
        .body(list)
        .unwrap();
    let built = MultipartBuilder::mixed().part(offer).part(list).build_with("bnd-19d0e4").unwrap();
    assert_eq!(built, (TEXT_TO_LIST.0.to_owned(), wire(TEXT_TO_LIST.1)));

    let root = read(FILES_LEGACY);
    let id = ContentId::new("icon1.7e0b55@198.51.100.7").unwrap();
    let icon = |disposition: &ContentDisposition| {
        let svg = root.find(&id).unwrap().raw_body().clone();
        let builder = Entity::builder("image/svg+xml").header("Content-Transfer-Encoding", "binary").id(&id);
        builder.disposition(disposition).body(svg).unwrap()
    };
    let offer = Entity::builder("application/sdp").body(sdp(&root)).unwrap();
    let kind = ContentDisposition::new(DispositionKind::Icon);
    let optional = icon(&kind.clone().with_handling(Handling::Optional));
    let built = MultipartBuilder::mixed().part(offer).part(optional).build_with("bnd-55c0aa").unwrap();
    assert_eq!(built, (FILES_LEGACY.0.to_owned(), wire(FILES_LEGACY.1)));

    let offer = Entity::builder("application/sdp").body(sdp(&read(FILES_RFC5547))).unwrap();
    let (related, body) = MultipartBuilder::related("application/sdp")
        .part(offer)
        .part(icon(&kind))
        .build_with("rel-0b7712")
        .unwrap();
    // The example has no line end after the inner closing delimiter: the outer delimiter brings it.
    let body = body.slice(..body.len() - 2);
    let inner = Entity::builder(related).body(body).unwrap();
    let built = MultipartBuilder::mixed().part(inner).build_with("bnd-90fe31").unwrap();
    assert_eq!(built, (FILES_RFC5547.0.to_owned(), wire(FILES_RFC5547.1)));
}

/// Cut anywhere, an example is refused or read with what is missing listed, and never panics.
#[test]
fn every_prefix_of_the_examples_is_refused_or_forgiven() {
    for (content_type, body) in [TEXT_TO_ONE, TEXT_TO_LIST, FILES_LEGACY, FILES_RFC5547] {
        let body = wire(body);
        // Without its last line end the closing delimiter is still whole.
        for len in 0..body.len() - 2 {
            let read = |reading| {
                Entity::read([("Content-Type", content_type)], body.slice(..len), reading, &Limits::default())
            };
            assert!(read(Reading::Strict).is_err(), "{len}");
            match read(Reading::Lenient) {
                Ok((_, forgiven)) => {
                    assert!(forgiven.iter().any(|departure| departure.rule == "close-delimiter"), "{len}");
                }
                Err(error) => assert!(error.offset() <= len, "{len}"),
            }
        }
    }
}

#[test]
fn rfc2387_3_2_start_names_the_root_part() {
    let text = "--b\r\nContent-ID: <a@x>\r\n\r\nA\r\n--b\r\nContent-ID: <b@x>\r\n\r\nB\r\n--b--\r\n";
    let root = |content_type: &str| {
        let headers = [("Content-Type", content_type)];
        let body = Bytes::from_static(text.as_bytes());
        let (entity, _) = Entity::read(headers, body, Reading::Strict, &Limits::default()).unwrap();
        entity.root_part().map(|part| part.raw_body().clone())
    };
    assert_eq!(root("multipart/related;boundary=b;start=\"<b@x>\"").unwrap(), "B");
    assert_eq!(root("multipart/related;boundary=b").unwrap(), "A");
    assert_eq!(root("multipart/related;boundary=b;start=\"<c@x>\""), None);
    assert_eq!(root("multipart/mixed;boundary=b"), None);
}

#[test]
fn what_is_built_is_read_strictly() {
    let part = |name: &str| Entity::builder("text/plain").header(name, "text/html").body("x");
    for single in ["content-type", "Content-Type"] {
        assert_eq!(part(single).unwrap_err().to_string(), "header repeated at byte 0");
    }
    let id = ContentId::parse("<a@x>").unwrap();
    assert!(Entity::builder("text/plain").id(&id).id(&id).body("x").is_err());
    let part = part("X-Type").unwrap();
    let (content_type, body) =
        MultipartBuilder::mixed().part(part.clone()).part(part).build([7; 16]).unwrap();
    let headers = [("Content-Type", content_type.as_str())];
    Entity::read(headers, body, Reading::Strict, &Limits::default()).unwrap();
}
