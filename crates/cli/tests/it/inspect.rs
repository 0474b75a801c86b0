//! `simple-im inspect` as a user runs it: small inputs, the JSON that scripts read, the drawing for people.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use expect_test::{Expect, expect};
use tempfile::TempDir;

mod sip;

/// A folder with one file for each input.
fn folder(inputs: &[(&str, &[u8])]) -> (TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let paths = inputs.iter().map(|(name, content)| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    });
    let paths = paths.collect();
    (folder, paths)
}

fn inspect(args: &[&str], paths: &[PathBuf]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_simple-im")).arg("inspect").args(args).args(paths).output().unwrap()
}

/// Inspects one input and compares what is printed; the folder is cut out of it.
#[track_caller]
fn check(args: &[&str], input: impl AsRef<[u8]>, code: i32, expected: Expect) {
    let (folder, paths) = folder(&[("input", input.as_ref())]);
    let output = inspect(args, &paths);
    let printed = String::from_utf8(output.stdout).unwrap();
    expected.assert_eq(&printed.replace(&format!("{}/", folder.path().display()), ""));
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn errors_for_people_have_a_caret_a_rule_and_a_clause() {
    let message = "OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
        To: <sip:bob@example.com>\r\nCall-ID: x\r\nCSeq: 36893488147419103232 OPTIONS\r\nContent-Length: 0\r\n\r\n";
    check(
        &["--as", "sip"],
        message,
        1,
        expect![[r#"
            input: invalid sip
              CSeq: 36893488147419103232 OPTIONS.
                    ^ CSeq out of range at byte 141
              line 6, rule CSeq, RFC 3261 §20.16
              a user agent answers 400
              kind: request
              method: OPTIONS
              request_uri: sip:bob@example.com
              call_id: x
              from_uri: sip:a@b
              from_tag: 1
              to_uri: sip:bob@example.com
              via_count: 1
              top_via
                transport: UDP
                sent_by: h
                branch: z9hG4bK1
              content_length: 0
              header_count: 6
              body_len: 0
              trailing_octets: 0
        "#]],
    );
}

#[test]
fn sdp_with_a_file() {
    let document = "v=0\r\no=alice 2890844526 2890844526 IN IP4 host.atlanta.example.com\r\ns=-\r\n\
        c=IN IP4 host.atlanta.example.com\r\nt=0 0\r\nm=message 7654 TCP/MSRP *\r\ni=This is my latest picture\r\n\
        a=sendonly\r\na=accept-types:message/cpim\r\na=accept-wrapped-types:*\r\na=setup:active\r\n\
        a=path:msrp://atlanta.example.com:7654/jshA7we;tcp\r\n\
        a=file-selector:name:\"My cool picture.jpg\" type:image/jpeg size:32349 hash:sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E\r\n\
        a=file-transfer-id:vBnG916bdberum2fFEABR1FR3ExZMUrd\r\na=file-disposition:attachment\r\n\
        a=file-date:creation:\"Mon, 15 May 2006 15:01:31 +0300\"\r\na=file-icon:cid:id2@alicepc.example.com\r\n\
        a=file-range:1-32349\r\n";
    check(
        &["--as", "sdp", "--json"],
        document,
        0,
        expect![[r#"
            {"file":"input","as":"sdp","verdict":"valid","error":null,"forgiven":[],"answer":null,"extract":{"origin":{"user":"alice","id":2890844526,"version":2890844526,"nettype":"IN","addrtype":"IP4","address":"host.atlanta.example.com"},"session_name":"-","information":null,"uri":null,"emails":[],"phones":[],"connection":{"nettype":"IN","addrtype":"IP4","address":"host.atlanta.example.com","ttl":null,"count":null,"multicast":false},"bandwidths":[],"times":[{"start":0,"stop":0,"repeats":[]}],"zone":[],"key":null,"groups":[],"attributes":[],"media":[{"media":"message","port":7654,"port_count":null,"proto":"TCP/MSRP","fmts":["*"],"title":"This is my latest picture","connection":{"nettype":"IN","addrtype":"IP4","address":"host.atlanta.example.com","ttl":null,"count":null,"multicast":false},"bandwidths":[],"key":null,"direction":"sendonly","path":["msrp://atlanta.example.com:7654/jshA7we;tcp"],"accept_types":["message/cpim"],"accept_wrapped_types":["*"],"max_size":null,"setup":"active","tcp_connection":null,"fingerprints":[],"cema":false,"label":null,"mid":null,"rtpmaps":[],"fmtps":[],"ptime":null,"maxptime":null,"ice_ufrag":null,"ice_pwd":null,"ice_options":null,"candidates":[],"file":{"name":"My cool picture.jpg","type":"image/jpeg","size":32349,"hash":"sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E","disposition":"attachment","transfer_id":"vBnG916bdberum2fFEABR1FR3ExZMUrd","icon":"id2@alicepc.example.com","range":"1-32349","date":{"creation":"Mon, 15 May 2006 15:01:31 +0300","modification":null,"read":null},"dialect":"rfc5547","disagreement":[]},"file_forgiven":[],"knows_files":true,"offered":"message","attributes":["sendonly","accept-types:message/cpim","accept-wrapped-types:*","setup:active","path:msrp://atlanta.example.com:7654/jshA7we;tcp","file-selector:name:\"My cool picture.jpg\" type:image/jpeg size:32349 hash:sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E","file-transfer-id:vBnG916bdberum2fFEABR1FR3ExZMUrd","file-disposition:attachment","file-date:creation:\"Mon, 15 May 2006 15:01:31 +0300\"","file-icon:cid:id2@alicepc.example.com","file-range:1-32349"],"unreadable":[]}],"attr_count":11}}
        "#]],
    );
    check(
        &["--as", "sdp"],
        "v=0\r\no=x\r\n",
        1,
        expect![[r#"
        input: invalid sdp
          o=x.
             ^ expected SP at byte 8
          line 2, rule SP, RFC 8866 §9
    "#]],
    );
}

#[test]
fn sdp_shows_every_line_type_and_attribute() {
    let document = "v=0\no=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\ns=Call\ni=An offer\n\
        u=https://example.com/\ne=jane@example.com\np=+1 617 555-6011\nc=IN IP4 233.252.0.1/127/3\nb=AS:64\n\
        t=3724394400 3724398000\nr=7d 1h 0 25h\nz=3730928400 -1h 3749680800 0\nk=prompt\n\
        a=group:BUNDLE m1 m2\na=fingerprint:sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB\n\
        m=message 2855 TCP/TLS/MSRP *\ni=A file\nc=IN IP4 198.51.100.1\nb=TIAS:64000\na=sendonly\n\
        a=accept-types:message/cpim *\na=accept-wrapped-types:image/jpeg\na=max-size:10000\na=mid:m1\na=label:7\n\
        a=path:msrps://198.51.100.1:2855/a;tcp\na=setup:actpass\na=connection:new\na=msrp-cema\n\
        a=file-selector:name:\"a b.jpg\" type:image/jpeg size:5 hash:sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E\n\
        a=file-transfer-id:x1\na=filename:a b.jpg\na=filesize:6\n\
        m=audio 49170/2 RTP/AVP 0 96\na=mid:m2\na=rtpmap:96 opus/48000/2\na=fmtp:96 useinbandfec=1\na=ptime:20\n\
        a=maxptime:60\na=ice-ufrag:8hhY\na=ice-options:trickle\na=ice-pwd:asd88fgpdd777uzjYhagZg\n\
        a=candidate:1 1 UDP 2130706431 198.51.100.1 8998 typ host\n\
        m=message 0 TCP/MSRP *\na=file-selector\na=max-size:many\na=filesize:-1\n";
    check(
        &["--as", "sdp"],
        document.replace('\n', "\r\n"),
        0,
        expect![[r#"
            input: valid sdp
              origin
                user: jdoe
                id: 3724394400
                version: 3724394405
                nettype: IN
                addrtype: IP4
                address: 198.51.100.1
              session_name: Call
              information: An offer
              uri: https://example.com/
              emails: jane@example.com
              phones: +1 617 555-6011
              connection
                nettype: IN
                addrtype: IP4
                address: 233.252.0.1
                ttl: 127
                count: 3
                multicast: yes
              bandwidths
                1.
                  type: AS
                  bandwidth: 64
                  bits_per_second: 64000
              times
                1.
                  start: 3724394400
                  stop: 3724398000
                  repeats
                    1.
                      interval: 604800
                      duration: 3600
                      offsets
                        - 0
                        - 90000
              zone
                1.
                  at: 3730928400
                  offset: -3600
                2.
                  at: 3749680800
                  offset: 0
              key: prompt
              groups: BUNDLE m1 m2
              attributes
                - group:BUNDLE m1 m2
                - fingerprint:sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB
              media
                1.
                  media: message
                  port: 2855
                  proto: TCP/TLS/MSRP
                  fmts: *
                  title: A file
                  connection
                    nettype: IN
                    addrtype: IP4
                    address: 198.51.100.1
                    multicast: no
                  bandwidths
                    1.
                      type: TIAS
                      bandwidth: 64000
                      bits_per_second: 64000
                  key: prompt
                  direction: sendonly
                  path: msrps://198.51.100.1:2855/a;tcp
                  accept_types
                    - message/cpim
                    - *
                  accept_wrapped_types: image/jpeg
                  max_size: 10000
                  setup: actpass
                  tcp_connection: new
                  fingerprints: SHA-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB
                  cema: yes
                  label: 7
                  mid: m1
                  file
                    name: a b.jpg
                    type: image/jpeg
                    size: 5
                    hash: sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E
                    transfer_id: x1
                    dialect: dual
                    disagreement: size
                  knows_files: yes
                  offered: message
                  attributes
                    - sendonly
                    - accept-types:message/cpim *
                    - accept-wrapped-types:image/jpeg
                    - max-size:10000
                    - mid:m1
                    - label:7
                    - path:msrps://198.51.100.1:2855/a;tcp
                    - setup:actpass
                    - connection:new
                    - msrp-cema
                    - file-selector:name:"a b.jpg" type:image/jpeg size:5 hash:sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E
                    - file-transfer-id:x1
                    - filename:a b.jpg
                    - filesize:6
                2.
                  media: audio
                  port: 49170
                  port_count: 2
                  proto: RTP/AVP
                  fmts
                    - 0
                    - 96
                  connection
                    nettype: IN
                    addrtype: IP4
                    address: 233.252.0.1
                    ttl: 127
                    count: 3
                    multicast: yes
                  key: prompt
                  direction: sendrecv
                  fingerprints: SHA-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB
                  cema: no
                  mid: m2
                  rtpmaps: 96 opus/48000/2
                  fmtps: 96 useinbandfec=1
                  ptime: 20
                  maxptime: 60
                  ice_ufrag: 8hhY
                  ice_pwd: asd88fgpdd777uzjYhagZg
                  ice_options: trickle
                  candidates: 1 1 UDP 2130706431 198.51.100.1 8998 typ host
                  knows_files: no
                  offered: foreign
                  attributes
                    - mid:m2
                    - rtpmap:96 opus/48000/2
                    - fmtp:96 useinbandfec=1
                    - ptime:20
                    - maxptime:60
                    - ice-ufrag:8hhY
                    - ice-options:trickle
                    - ice-pwd:asd88fgpdd777uzjYhagZg
                    - candidate:1 1 UDP 2130706431 198.51.100.1 8998 typ host
                3.
                  media: message
                  port: 0
                  proto: TCP/MSRP
                  fmts: *
                  connection
                    nettype: IN
                    addrtype: IP4
                    address: 233.252.0.1
                    ttl: 127
                    count: 3
                    multicast: yes
                  key: prompt
                  direction: sendrecv
                  fingerprints: SHA-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB
                  cema: no
                  file
                    dialect: legacy
                  file_forgiven
                    1.
                      rule: filesize-line
                      offset: 1147
                  knows_files: yes
                  offered: closed
                  attributes
                    - file-selector
                    - max-size:many
                    - filesize:-1
                  unreadable: max-size: expected max-size-value at byte 1130
              attr_count: 28
        "#]],
    );
}

#[test]
fn msrp_frames_however_they_are_fed() {
    let stream = "MSRP d93kswow SEND\r\nTo-Path: msrp://bob.example.com:8888/9di4eae923wzd;tcp\r\n\
        From-Path: msrp://alice.example.com:7777/iau39soe2843z;tcp\r\nMessage-ID: 12339sdqwer\r\n\
        Byte-Range: 1-16/16\r\nContent-Type: text/plain\r\n\r\nHi, I'm Alice!\r\n\r\n-------d93kswow$\r\n\
        MSRP d93kswow 200 OK\r\nTo-Path: msrp://alice.example.com:7777/iau39soe2843z;tcp\r\n\
        From-Path: msrp://bob.example.com:8888/9di4eae923wzd;tcp\r\n-------d93kswow$\r\n";
    check(
        &["--as", "msrp", "--json"],
        stream,
        0,
        expect![[r#"
        {"file":"input","as":"msrp","verdict":"valid","error":null,"forgiven":[],"answer":null,"extract":{"frames":[{"tid":"d93kswow","kind":"request","method":"SEND","status":null,"comment":null,"flag":"$","header_count":5,"to_path":["msrp://bob.example.com:8888/9di4eae923wzd;tcp"],"from_path":["msrp://alice.example.com:7777/iau39soe2843z;tcp"],"message_id":"12339sdqwer","byte_range":"1-16/16","content_type":"text/plain","success_report":null,"failure_report":null,"status_header":null,"body_len":16,"body_sha256":"7689b9d8a090aa24ef62d43f1374a8c3fc06bbb3c588cc25786816b7dd45cfc0"},{"tid":"d93kswow","kind":"response","method":null,"status":200,"comment":"OK","flag":"$","header_count":2,"to_path":["msrp://alice.example.com:7777/iau39soe2843z;tcp"],"from_path":["msrp://bob.example.com:8888/9di4eae923wzd;tcp"],"message_id":null,"byte_range":null,"content_type":null,"success_report":null,"failure_report":null,"status_header":null,"body_len":0,"body_sha256":null}],"tail":0,"tail_state":"empty"}}
    "#]],
    );
    check(
        &["--as", "msrp", "--json", "--feed", "1"],
        stream,
        0,
        expect![[r#"
        {"file":"input","as":"msrp","verdict":"valid","error":null,"forgiven":[],"answer":null,"extract":{"frames":[{"tid":"d93kswow","kind":"request","method":"SEND","status":null,"comment":null,"flag":"$","header_count":5,"to_path":["msrp://bob.example.com:8888/9di4eae923wzd;tcp"],"from_path":["msrp://alice.example.com:7777/iau39soe2843z;tcp"],"message_id":"12339sdqwer","byte_range":"1-16/16","content_type":"text/plain","success_report":null,"failure_report":null,"status_header":null,"body_len":16,"body_sha256":"7689b9d8a090aa24ef62d43f1374a8c3fc06bbb3c588cc25786816b7dd45cfc0"},{"tid":"d93kswow","kind":"response","method":null,"status":200,"comment":"OK","flag":"$","header_count":2,"to_path":["msrp://alice.example.com:7777/iau39soe2843z;tcp"],"from_path":["msrp://bob.example.com:8888/9di4eae923wzd;tcp"],"message_id":null,"byte_range":null,"content_type":null,"success_report":null,"failure_report":null,"status_header":null,"body_len":0,"body_sha256":null}],"tail":0,"tail_state":"empty"}}
    "#]],
    );
    check(
        &["--as", "msrp"],
        stream.replace("1-16/16", "1-x/16"),
        1,
        expect![[r#"
            input: invalid msrp
              Byte-Range: 1-x/16.
                            ^ expected range-end at byte 175
              line 5, rule range-end, RFC 4975 §7.1.1
              frames
                1.
                  tid: d93kswow
                  kind: request
                  method: SEND
                  flag: $
                  header_count: 5
                  to_path: msrp://bob.example.com:8888/9di4eae923wzd;tcp
                  from_path: msrp://alice.example.com:7777/iau39soe2843z;tcp
                  message_id: 12339sdqwer
                  byte_range: 1-x/16
                  content_type: text/plain
                  body_len: 16
                  body_sha256: 7689b9d8a090aa24ef62d43f1374a8c3fc06bbb3c588cc25786816b7dd45cfc0
                2.
                  tid: d93kswow
                  kind: response
                  status: 200
                  comment: OK
                  flag: $
                  header_count: 2
                  to_path: msrp://alice.example.com:7777/iau39soe2843z;tcp
                  from_path: msrp://bob.example.com:8888/9di4eae923wzd;tcp
                  body_len: 0
              tail: 0
              tail_state: empty
        "#]],
    );
}

#[test]
fn resource_lists_flattened() {
    let document = "<?xml version=\"1.0\"?><resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\" \
        xmlns:cp=\"urn:ietf:params:xml:ns:copycontrol\"><list><entry uri=\"sip:bob@example.com\" cp:copyControl=\"to\">\
        <display-name>Bob &amp; Co</display-name></entry><list><entry uri=\"sip:carol@example.com\" cp:copyControl=\"bcc\" \
        cp:anonymize=\"true\"/></list><entry uri=\"sip:bob@example.com\"/></list></resource-lists>";
    check(
        &["--as", "resource-lists", "--json"],
        document,
        0,
        expect![[r#"
            {"file":"input","as":"resource-lists","verdict":"valid","error":null,"forgiven":[],"answer":null,"extract":{"entries":[{"uri":"sip:bob@example.com","display_name":"Bob & Co","copyControl":"to","anonymize":false,"count":1},{"uri":"sip:carol@example.com","display_name":null,"copyControl":"bcc","anonymize":true,"count":1},{"uri":"sip:bob@example.com","display_name":null,"copyControl":null,"anonymize":false,"count":1}],"unique_recipients":2,"entry_refs":0,"externals":0,"lists":[{"list":{"name":null,"display_name":null,"members":[{"entry":"sip:bob@example.com"},{"list":{"name":null,"display_name":null,"members":[{"entry":"sip:carol@example.com"}]}},{"entry":"sip:bob@example.com"}]}}]}}
        "#]],
    );
}

#[test]
fn multiparts_with_and_without_a_header_block() {
    let body = "--b1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b1\r\nContent-Type: image/png\r\n\
        Content-ID: <icon@example.com>\r\nContent-Disposition: icon\r\n\r\n1234\r\n--b1--\r\n";
    check(
        &["--as", "multipart", "--json", "--boundary", "b1"],
        body,
        0,
        expect![[r#"
        {"file":"input","as":"multipart","verdict":"valid","error":null,"forgiven":[],"answer":null,"extract":{"parts":[{"content_type":"application/sdp","content_id":null,"disposition":null,"length":3},{"content_type":"image/png","content_id":"icon@example.com","disposition":"icon","length":4}]}}
    "#]],
    );
    let whole = format!("Content-Type: multipart/mixed;boundary=b1\r\n\r\n{body}");
    check(
        &["--as", "multipart"],
        whole,
        0,
        expect![[r#"
            input: valid multipart
              content_type: multipart/mixed;boundary=b1
              parts
                1.
                  content_type: application/sdp
                  length: 3
                2.
                  content_type: image/png
                  content_id: icon@example.com
                  disposition: icon
                  length: 4
        "#]],
    );
}

/// Every field there is: names and languages, references, what is foreign.
#[test]
fn resource_lists_as_they_are() {
    let document = "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\" xmlns:x=\"urn:x\" x:v=\"1\">\
        <list name=\"friends\" x:color=\"red\"><display-name xml:lang=\"en\">Friends</display-name>\
        <entry uri=\"sip:a@x\" x:rank=\"1\"><display-name xml:lang=\"de\">A</display-name><x:note/></entry>\
        <entry-ref ref=\"a/b\"/><external anchor=\"http://x\"><display-name>Far</display-name></external>\
        <x:more/></list></resource-lists>";
    check(
        &["--as", "resource-lists"],
        document,
        0,
        expect![[r#"
        input: valid resource-lists
          entries
            1.
              uri: sip:a@x
              display_name: A
              anonymize: no
              count: 1
              lang: de
              foreign_attributes
                1.
                  namespace: urn:x
                  name: rank
                  value: 1
              foreign_elements: <x:note xmlns:x="urn:x"/>
          unique_recipients: 1
          entry_refs: 1
          externals: 1
          lists
            1.
              list
                name: friends
                display_name: Friends
                lang: en
                foreign_attributes
                  1.
                    namespace: urn:x
                    name: color
                    value: red
                members
                  1.
                    entry: sip:a@x
                  2.
                    entry-ref
                      target: a/b
                      anonymize: no
                      count: 1
                  3.
                    external
                      target: http://x
                      display_name: Far
                      anonymize: no
                      count: 1
                  4.
                    foreign
                      namespace: urn:x
                      name: more
                      xml: <x:more xmlns:x="urn:x"/>
          foreign_attributes
            1.
              namespace: urn:x
              name: v
              value: 1
    "#]],
    );
}

#[test]
fn multiparts_nested_with_all_that_parts_say() {
    let body = "Content-Type: multipart/mixed;boundary=b\r\n\r\n--b\r\nContent-Type: multipart/related;boundary=c;\
        type=\"application/sdp\";start=\"<sdp@x>\"\r\n\r\n--c\r\nContent-Type: image/png\r\nContent-ID: <i@x>\r\n\
        Content-Transfer-Encoding: base64\r\nContent-Disposition: icon;handling=optional;size=4;\
        filename*=UTF-8''%C3%A9.png\r\nX-Other: y\r\n\r\nMTIzNA==\r\n--c\r\nContent-Type: application/sdp\r\n\
        Content-ID: <sdp@x>\r\n\r\nv=0\r\n--c--\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n*\r\n--b";
    check(
        &["--as", "multipart"],
        body,
        0,
        expect![[r#"
        input: tolerated multipart
          tolerated: close-delimiter at byte 441, RFC 2046 §5.1.1
          content_type: multipart/mixed;boundary=b
          parts
            1.
              content_type: multipart/related;boundary=c;type="application/sdp";start="<sdp@x>"
              length: 257
              root_part: sdp@x
              parts
                1.
                  content_type: image/png
                  content_id: i@x
                  disposition: icon;handling=optional;size=4;filename*=UTF-8''%C3%A9.png
                  disposition_parameters
                    kind: icon
                    filename: é.png
                    handling: optional
                    size: 4
                  transfer_encoding: base64
                  length: 8
                  decoded_length: 4
                  other_headers
                    1.
                      name: X-Other
                      value: y
                2.
                  content_type: application/sdp
                  content_id: sdp@x
                  length: 3
            2.
              transfer_encoding: base64
              length: 1
              decoding_error: expected base64 at byte 0
    "#]],
    );
}

#[test]
fn cpim_with_all_that_an_envelope_says() {
    let cpim = "From: Alice <im:alice@x>\r\nTo: <im:bob@y>\r\ncc: \"C\" <im:carol@z>\r\nDateTime: 2026-03-02T09:15:30Z\r\n\
        Subject:;lang=fr Bonjour\r\nNS: i <urn:ietf:params:imdn>\r\nNS: my <urn:my>\r\nRequire: my.Vital\r\n\
        my.Vital:;n=1 yes\r\ni.Message-ID: m1\r\ni.Disposition-Notification: display, positive-delivery\r\n\
        i.Original-To: <im:robert@y>\r\ni.IMDN-Record-Route: <sip:top@z>\r\n\r\n\
        Content-Type: multipart/alternative;boundary=b\r\n\r\n--b\r\n\r\nHi\r\n--b--\r\n";
    check(
        &["--as", "cpim"],
        cpim,
        0,
        expect![[r#"
        input: valid cpim
          from: im:alice@x
          to: im:bob@y
          cc: im:carol@z
          date_time: 2026-03-02T09:15:30Z
          subject: Bonjour
          headers
            1.
              namespace: urn:ietf:params:cpim-headers:
              name: From
              value: Alice <im:alice@x>
            2.
              namespace: urn:ietf:params:cpim-headers:
              name: To
              value: <im:bob@y>
            3.
              namespace: urn:ietf:params:cpim-headers:
              name: cc
              value: "C" <im:carol@z>
            4.
              namespace: urn:ietf:params:cpim-headers:
              name: DateTime
              value: 2026-03-02T09:15:30Z
            5.
              namespace: urn:ietf:params:cpim-headers:
              name: Subject
              language: fr
              parameters: ;lang=fr
              value: Bonjour
            6.
              namespace: urn:ietf:params:cpim-headers:
              name: NS
              value: i <urn:ietf:params:imdn>
            7.
              namespace: urn:ietf:params:cpim-headers:
              name: NS
              value: my <urn:my>
            8.
              namespace: urn:ietf:params:cpim-headers:
              name: Require
              value: my.Vital
            9.
              namespace: urn:my
              name: Vital
              prefix: my
              parameters: ;n=1
              value: yes
            10.
              namespace: urn:ietf:params:imdn
              name: Message-ID
              prefix: i
              value: m1
            11.
              namespace: urn:ietf:params:imdn
              name: Disposition-Notification
              prefix: i
              value: display, positive-delivery
            12.
              namespace: urn:ietf:params:imdn
              name: Original-To
              prefix: i
              value: <im:robert@y>
            13.
              namespace: urn:ietf:params:imdn
              name: IMDN-Record-Route
              prefix: i
              value: <sip:top@z>
          content_headers
            1.
              name: Content-Type
              value: multipart/alternative;boundary=b
          content_type: multipart/alternative;boundary=b
          content_length: 18
          names
            1.
              uri: im:alice@x
              name: Alice
            2.
              uri: im:carol@z
              name: C
          required
            1.
              namespace: urn:my
              name: Vital
          understood: no
          imdn
            message_id: m1
            wanted
              - positive-delivery
              - display
            original_to: <im:robert@y>
            record_route: <sip:top@z>
          parts
            1.
              length: 2
    "#]],
    );
    let imdn = "<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\"><message-id>m</message-id><datetime>d</datetime>\
        <recipient-uri>im:a</recipient-uri><original-recipient-uri>im:b</original-recipient-uri>\
        <subject xml:lang=\"fr\">Bonjour</subject><processing-notification><status><stored/></status>\
        </processing-notification></imdn>";
    check(
        &["--as", "imdn"],
        imdn,
        0,
        expect![[r#"
        input: valid imdn
          message_id: m
          date_time: d
          recipient_uri: im:a
          original_recipient_uri: im:b
          subject: Bonjour
          subject_language: fr
          disposition: processing-notification
          status: stored
    "#]],
    );
}

#[test]
fn cpim_and_imdn_by_name() {
    let cpim = "From: MR SANDERS <im:piglet@100akerwood.com>\r\nTo: Depressed Donkey <im:eeyore@100akerwood.com>\r\n\
        DateTime: 2000-12-13T13:40:00-08:00\r\nSubject: the weather will be fine today\r\n\
        NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: 34jk324j\r\n\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\r\nHere is the text of my message.";
    check(
        &["--as", "cpim", "--json"],
        cpim,
        0,
        expect![[r#"
            {"file":"input","as":"cpim","verdict":"valid","error":null,"forgiven":[],"answer":null,"extract":{"from":"im:piglet@100akerwood.com","to":["im:eeyore@100akerwood.com"],"cc":[],"date_time":"2000-12-13T13:40:00-08:00","subject":"the weather will be fine today","headers":[{"namespace":"urn:ietf:params:cpim-headers:","name":"From","value":"MR SANDERS <im:piglet@100akerwood.com>"},{"namespace":"urn:ietf:params:cpim-headers:","name":"To","value":"Depressed Donkey <im:eeyore@100akerwood.com>"},{"namespace":"urn:ietf:params:cpim-headers:","name":"DateTime","value":"2000-12-13T13:40:00-08:00"},{"namespace":"urn:ietf:params:cpim-headers:","name":"Subject","value":"the weather will be fine today"},{"namespace":"urn:ietf:params:cpim-headers:","name":"NS","value":"imdn <urn:ietf:params:imdn>"},{"namespace":"urn:ietf:params:imdn","name":"Message-ID","prefix":"imdn","value":"34jk324j"}],"content_headers":[{"name":"Content-Type","value":"text/plain; charset=utf-8"}],"content_type":"text/plain; charset=utf-8","content_length":31,"names":[{"uri":"im:piglet@100akerwood.com","name":"MR SANDERS"},{"uri":"im:eeyore@100akerwood.com","name":"Depressed Donkey"}],"understood":true,"imdn":{"message_id":"34jk324j","wanted":[],"original_to":null,"record_route":[],"route":[]}}}
        "#]],
    );
    let imdn = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><imdn xmlns=\"urn:ietf:params:xml:ns:imdn\">\
        <message-id>34jk324j</message-id><datetime>2008-04-04T12:16:49-05:00</datetime>\
        <recipient-uri>im:bob@example.com</recipient-uri><delivery-notification><status><delivered/></status>\
        </delivery-notification></imdn>";
    check(
        &["--as", "imdn", "--json"],
        imdn,
        0,
        expect![[r#"
        {"file":"input","as":"imdn","verdict":"valid","error":null,"forgiven":[],"answer":null,"extract":{"message_id":"34jk324j","date_time":"2008-04-04T12:16:49-05:00","recipient_uri":"im:bob@example.com","original_recipient_uri":null,"subject":null,"disposition":"delivery-notification","status":"delivered"}}
    "#]],
    );
}

#[test]
fn many_inputs_have_one_line_each_and_the_worst_decides() {
    let (folder, mut paths) =
        folder(&[("good", b"v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nt=0 0\r\n"), ("bad", b"x")]);
    paths.push(folder.path().join("missing"));
    let output = inspect(&["--as", "sdp", "--json"], &paths);
    let printed = String::from_utf8(output.stdout).unwrap();
    let verdicts: Vec<bool> = printed.lines().map(|line| line.contains("\"invalid\"")).collect();
    assert_eq!(verdicts, [false, true, true], "{printed}");
    assert!(printed.contains(r#""rule":"file""#), "{printed}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn standard_input_is_a_dash() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_simple-im"))
        .args(["inspect", "--as", "msrp", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"MSRP d93kswow SE").unwrap();
    let output = child.wait_with_output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.starts_with(r#"{"file":"-","as":"msrp","verdict":"incomplete""#), "{printed}");
    assert!(printed.contains(r#""tail":16,"tail_state":"incomplete""#), "{printed}");
}

#[test]
fn bad_usage_ends_with_2() {
    for args in [&["--as", "sip"][..], &["--as", "smtp", "x"], &["x"], &["--as", "msrp", "--feed", "0", "x"]]
    {
        let output = inspect(args, &[]);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn help_lists_the_exit_codes() {
    let output = Command::new(env!("CARGO_BIN_EXE_simple-im")).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("Exit codes:") && help.contains("130  cancelled"), "{help}");
}
