//! Tests of putting multiparts together.

use super::*;
use crate::{Limits, Multipart, Reading};
use proptest::prelude::*;

fn part(body: &'static str) -> Entity {
    Entity::builder("a/b").body(body).unwrap()
}

#[test]
fn rfc2046_5_1_1_the_boundary_does_not_occur_in_a_part() {
    let seed = [0xff; 16];
    let first = "ff".repeat(16);
    let second = "00".repeat(16);
    let build =
        |body: String| MultipartBuilder::mixed().part(Entity::builder("a/b").body(body).unwrap()).build(seed);
    assert!(build(String::new()).unwrap().0.contains(&first));
    assert!(build(format!("x--{first}y")).unwrap().0.contains(&second), "not even within a line");
    let all: String = (0..TRIES).map(|i| format!("--{:032x}", u128::MAX.wrapping_add(i))).collect();
    assert_eq!(build(all), Err(BuildError::Boundary));
    let in_header = Entity::builder("a/b").header(format!("--{first}"), "x").body("").unwrap();
    assert!(MultipartBuilder::mixed().part(in_header).build(seed).unwrap().0.contains(&second));
}

#[test]
fn rfc2387_3_related_names_type_and_start() {
    let id = ContentId::new("root@x").unwrap();
    let root = Entity::builder("application/sdp").id(&id).body("v=0").unwrap();
    let (content_type, body) = MultipartBuilder::related("application/sdp")
        .start(&id)
        .part(part("1"))
        .part(root)
        .build_with("b")
        .unwrap();
    assert_eq!(content_type, r#"multipart/related;type="application/sdp";start="<root@x>";boundary="b""#);
    assert_eq!(
        body,
        "--b\r\nContent-Type: a/b\r\n\r\n1\r\n\
         --b\r\nContent-Type: application/sdp\r\nContent-ID: <root@x>\r\n\r\nv=0\r\n--b--\r\n"
    );
}

#[test]
fn a_multipart_is_a_part_of_another_one() {
    let inner =
        MultipartBuilder::alternative().part(part("1")).part(part("2")).build_entity([1; 16]).unwrap();
    assert_eq!(inner.parts().len(), 2);
    let (content_type, body) = MultipartBuilder::mixed().part(inner).part(part("3")).build([2; 16]).unwrap();
    let headers = [("Content-Type", content_type.as_str())];
    let (root, forgiven) = Entity::read(headers, body, Reading::Strict, &Limits::default()).unwrap();
    assert_eq!(forgiven, []);
    let bodies: Vec<&[u8]> =
        root.walk().filter(|e| e.parts().is_empty()).map(|e| &e.raw_body()[..]).collect();
    assert_eq!(bodies, [b"1", b"2", b"3"]);
}

#[test]
fn errors_say_what_the_caller_broke() {
    assert_eq!(MultipartBuilder::mixed().build([0; 16]), Err(BuildError::Empty));
    let mixed = || MultipartBuilder::mixed().part(part("--x"));
    assert_eq!(mixed().build_with("x"), Err(BuildError::Boundary));
    assert!(matches!(mixed().build_with("a\r\nb"), Err(BuildError::Header(_))));
    assert!(matches!(mixed().build_with(""), Err(BuildError::Header(_))));
    assert!(MultipartBuilder::related("a\r\nb").part(part("")).build([0; 16]).is_err());
    assert!(Entity::builder("a/b\r\nX: y").body("").is_err());
}

fn entity() -> impl Strategy<Value = Entity> {
    let body = prop::collection::vec(prop::sample::select(b"ab\r\n-\0\xff ".to_vec()), 0..24);
    let headers = prop::collection::vec(("X-[A-Z]{1,4}", "([!-~é][ -~]{0,8}[!-~])?"), 0..3);
    (body, headers).prop_map(|(body, headers)| {
        let builder = Entity::builder("application/octet-stream");
        let builder = headers.into_iter().fold(builder, |builder, (name, value)| builder.header(name, value));
        builder.body(body).unwrap()
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(parts in prop::collection::vec(entity(), 1..4), seed in any::<[u8; 16]>()) {
        let builder = parts.iter().cloned().fold(MultipartBuilder::mixed(), MultipartBuilder::part);
        let (content_type, body) = builder.build(seed).unwrap();
        let (_, boundary) = content_type.split_once('=').unwrap();
        let (read, forgiven) =
            Multipart::parse(boundary.trim_matches('"'), body, Reading::Strict, &Limits::default()).unwrap();
        prop_assert_eq!(read.parts(), &parts[..]);
        prop_assert!(forgiven.is_empty());
        let (again, _) = Entity::parse(parts[0].to_bytes(), Reading::Strict, &Limits::default()).unwrap();
        prop_assert_eq!(&again, &parts[0]);
    }
}
