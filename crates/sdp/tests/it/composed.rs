//! The documents of the composed example messages E1 to E9: both dialects, alone and together, and their answers.

use expect_test::{Expect, expect};
use simple_im_sdp::offer_answer::{ActiveSide, LineOutcome, offered, pair};
use simple_im_sdp::{FileOffer, SessionDescription};

use crate::document;

const E1_OFFER: &str = "v=0
    o=- 3964100001 3964100001 IN IP4 198.51.100.7
    s=-
    c=IN IP4 198.51.100.7
    t=0 0
    m=message 2855 TCP/MSRP *
    a=sendonly
    a=accept-types:message/cpim text/plain
    a=path:msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp
    a=setup:actpass";

const E2_ANSWER: &str = "v=0
    o=- 7120044 7120044 IN IP4 203.0.113.20
    s=-
    c=IN IP4 203.0.113.20
    t=0 0
    m=message 2855 TCP/MSRP *
    a=recvonly
    a=accept-types:text/plain message/cpim
    a=path:msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp
    a=setup:passive";

const E3_OFFER: &str = "v=0
    o=- 3964100107 3964100107 IN IP4 198.51.100.7
    s=-
    c=IN IP4 198.51.100.7
    t=0 0
    m=message 2855 TCP/MSRP *
    a=sendonly
    a=accept-types:message/cpim text/plain
    a=path:msrp://198.51.100.7:2855/Wn6cP1uE4sKj9GxT;tcp
    a=setup:actpass";

const E4_ANSWER: &str = "v=0
    o=focus 88120 88120 IN IP4 203.0.113.90
    s=-
    c=IN IP4 203.0.113.90
    t=0 0
    m=message 2855 TCP/MSRP *
    a=recvonly
    a=accept-types:message/cpim
    a=accept-wrapped-types:*
    a=max-size:10485760
    a=path:msrp://203.0.113.90:2855/x8RfB3vZ0qMw5LdC;tcp
    a=setup:passive";

const E5_OFFER: &str = "v=0
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
    a=hash:SHA fffda2406f1e52a139b5290e3ee35a526ec02062";

const E6_OFFER: &str = r#"v=0
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
    a=file-disposition:attachment"#;

const E6B_OFFER: &str = r#"v=0
    o=- 1 1 IN IP4 198.51.100.7
    s=-
    c=IN IP4 198.51.100.7
    t=0 0
    m=message 2855 TCP/MSRP *
    a=sendonly
    a=accept-types:message/cpim text/plain
    a=path:msrp://198.51.100.7:2855/Hj5Wd1Ry9Gp3Lf6U;tcp
    a=setup:actpass
    a=file-selector:name:"notes.txt" type:text/plain size:34 hash:sha-1:FF:FD:A2:40:6F:1E:52:A1:39:B5:29:0E:3E:E3:5A:52:6E:C0:20:62
    a=file-transfer-id:r2Yt6Ue1Io9Pa4Sd8Fg3Hj7Kl5Zx0Cvb
    a=file-disposition:attachment
    a=filename:notes.txt
    a=filetype:text/plain
    a=filesize:34
    a=disposition:attachment
    a=hash:SHA fffda2406f1e52a139b5290e3ee35a526ec02062"#;

const E7A_ANSWER: &str = "v=0
    o=- 7120100 7120100 IN IP4 203.0.113.20
    s=-
    c=IN IP4 203.0.113.20
    t=0 0
    m=message 2855 TCP/MSRP *
    a=recvonly
    a=accept-types:image/jpeg message/cpim
    a=path:msrp://203.0.113.20:2855/Bq8Lz3Mn6Vx1Cw9K;tcp
    a=setup:passive
    a=filename:lake view.jpg
    a=filetype:image/jpeg
    a=filesize:5000
    m=message 0 TCP/MSRP *
    a=inactive";

const E7B_ANSWER: &str = r#"v=0
    o=- 7120101 7120101 IN IP4 203.0.113.20
    s=-
    c=IN IP4 203.0.113.20
    t=0 0
    m=message 2855 TCP/MSRP *
    a=recvonly
    a=accept-types:image/jpeg message/cpim
    a=path:msrp://203.0.113.20:2855/Bq8Lz3Mn6Vx1Cw9K;tcp
    a=setup:passive
    a=file-selector:name:"lake view.jpg" type:image/jpeg size:5000 hash:sha-1:E6:93:7A:A0:16:BC:06:ED:A8:1D:3B:22:7F:FF:DE:82:5D:88:1C:E5
    a=file-transfer-id:u7Wq2Zp9Xc4Vn1Bm6Lk3Jh8Gf5Ds0Aay
    m=message 0 TCP/MSRP *
    a=file-selector:name:"notes.txt" type:text/plain size:34 hash:sha-1:FF:FD:A2:40:6F:1E:52:A1:39:B5:29:0E:3E:E3:5A:52:6E:C0:20:62
    a=file-transfer-id:r2Yt6Ue1Io9Pa4Sd8Fg3Hj7Kl5Zx0Cvb"#;

const ALL: [&str; 9] =
    [E1_OFFER, E2_ANSWER, E3_OFFER, E4_ANSWER, E5_OFFER, E6_OFFER, E6B_OFFER, E7A_ANSWER, E7B_ANSWER];

/// Every file of a document, in one line each.
#[track_caller]
fn check_files(text: &str, expected: Expect) {
    let document = document(text);
    let files =
        document.media().map(|media| media.file().map_or_else(|| "none\n".to_owned(), |file| show(&file)));
    expected.assert_eq(&files.collect::<String>());
}

fn show(file: &FileOffer) -> String {
    let text = |value: Option<&str>| value.unwrap_or("-").to_owned();
    let hashes: Vec<String> = file.hashes.iter().map(ToString::to_string).collect();
    format!(
        "{} name={} type={} size={:?} disposition={} id={} icon={} dates=[{}] {}{}\n",
        file.dialect.as_str(),
        text(file.name.as_deref()),
        text(file.media_type.as_deref()),
        file.size,
        text(file.disposition.as_ref().map(|disposition| disposition.as_str())),
        text(file.transfer_id.as_deref()),
        text(file.icon_url().as_deref()),
        file.dates,
        hashes.join(" ").get(..14).unwrap_or("no hash"),
        if file.disagreement.is_some() { " DISAGREE" } else { "" },
    )
}

#[test]
fn e1_to_e9_are_read_strictly_and_print_as_read() {
    for text in ALL {
        let read = document(text);
        let printed = read.to_string();
        assert_eq!(crate::strict(&printed).unwrap(), read, "{text}");
    }
}

#[test]
fn e5_legacy_files() {
    check_files(
        E5_OFFER,
        expect![[r#"
            legacy name=lake view.jpg type=image/jpeg size=Some(5000) disposition=render id=- icon=cid:icon1.7e0b55@198.51.100.7 dates=[] sha-1:E6:93:7A
            legacy name=notes.txt type=text/plain size=Some(34) disposition=attachment id=- icon=- dates=[] sha-1:FF:FD:A2
        "#]],
    );
}

#[test]
fn e6_rfc5547_files() {
    check_files(
        E6_OFFER,
        expect![[r#"
            rfc5547 name=lake view.jpg type=image/jpeg size=Some(5000) disposition=render id=u7Wq2Zp9Xc4Vn1Bm6Lk3Jh8Gf5Ds0Aay icon=cid:icon1.7e0b55@198.51.100.7 dates=[creation:"Sun, 01 Mar 2026 18:04:11 +0200"] sha-1:E6:93:7A
            rfc5547 name=notes.txt type=text/plain size=Some(34) disposition=attachment id=r2Yt6Ue1Io9Pa4Sd8Fg3Hj7Kl5Zx0Cvb icon=- dates=[] sha-1:FF:FD:A2
        "#]],
    );
}

#[test]
fn e6b_dual_files_agree() {
    check_files(
        E6B_OFFER,
        expect![[r#"
            dual name=notes.txt type=text/plain size=Some(34) disposition=attachment id=r2Yt6Ue1Io9Pa4Sd8Fg3Hj7Kl5Zx0Cvb icon=- dates=[] sha-1:FF:FD:A2
        "#]],
    );
}

#[test]
fn e7_answers_mirror_what_their_dialect_wants() {
    check_files(
        E7A_ANSWER,
        expect![[r#"
            legacy name=lake view.jpg type=image/jpeg size=Some(5000) disposition=- id=- icon=- dates=[] no hash
            none
        "#]],
    );
    check_files(
        E7B_ANSWER,
        expect![[r#"
            rfc5547 name=lake view.jpg type=image/jpeg size=Some(5000) disposition=- id=u7Wq2Zp9Xc4Vn1Bm6Lk3Jh8Gf5Ds0Aay icon=- dates=[] sha-1:E6:93:7A
            rfc5547 name=notes.txt type=text/plain size=Some(34) disposition=- id=r2Yt6Ue1Io9Pa4Sd8Fg3Hj7Kl5Zx0Cvb icon=- dates=[] sha-1:FF:FD:A2
        "#]],
    );
}

/// What was agreed, one line each.
fn outcomes(offer: &SessionDescription, answer: &SessionDescription) -> String {
    let show = |outcome: LineOutcome| match outcome {
        LineOutcome::Accepted(peer) => format!(
            "{} {}:{} {} takes {} up to {:?}, {}, {}\n",
            if peer.active == ActiveSide::Offerer { "connect to" } else { "wait for" },
            peer.line.host,
            peer.line.port,
            peer.direction,
            peer.line.accept_types.join(" "),
            peer.line.max_size,
            peer.line.path.join(" "),
            if peer.describes_files { "describes files" } else { "plain" },
        ),
        LineOutcome::Refused => "refused\n".to_owned(),
        LineOutcome::Broken(breach) => format!("broken: {breach}\n"),
    };
    pair(offer, answer).unwrap().into_iter().map(show).collect()
}

#[test]
fn e1_e2_and_e3_e4_agree_on_one_session() {
    expect![[r#"
        connect to 203.0.113.20:2855 sendonly takes text/plain message/cpim up to None, msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp, plain
    "#]]
    .assert_eq(&outcomes(&document(E1_OFFER), &document(E2_ANSWER)));
    expect![[r#"
        connect to 203.0.113.90:2855 sendonly takes message/cpim up to Some(10485760), msrp://203.0.113.90:2855/x8RfB3vZ0qMw5LdC;tcp, plain
    "#]]
    .assert_eq(&outcomes(&document(E3_OFFER), &document(E4_ANSWER)));
}

#[test]
fn e7_file_1_is_accepted_and_file_2_refused() {
    for (offer, answer) in [(E5_OFFER, E7A_ANSWER), (E6_OFFER, E7B_ANSWER)] {
        expect![[r#"
            connect to 203.0.113.20:2855 sendonly takes image/jpeg message/cpim up to None, msrp://203.0.113.20:2855/Bq8Lz3Mn6Vx1Cw9K;tcp, describes files
            refused
        "#]]
        .assert_eq(&outcomes(&document(offer), &document(answer)));
        assert_eq!(offered(&document(offer)).len(), 2);
    }
}
