//! `simple-im inspect` as a user runs it: small inputs, the JSON that scripts read, the drawing for people.

mod bodies;

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
            {"file":"input","as":"sdp","verdict":"valid","error":null,"forgiven":[],"answer":null,"extract":{"origin":{"user":"alice","id":2890844526,"version":2890844526,"nettype":"IN","addrtype":"IP4","address":"host.atlanta.example.com"},"session_name":"-","information":null,"uri":null,"emails":[],"phones":[],"connection":{"nettype":"IN","addrtype":"IP4","address":"host.atlanta.example.com","ttl":null,"count":null,"multicast":false},"bandwidths":[],"times":[{"start":0,"stop":0,"repeats":[],"zone":[]}],"zone":[],"key":null,"groups":[],"attributes":[],"unreadable":[],"media":[{"media":"message","port":7654,"port_count":null,"proto":"TCP/MSRP","fmts":["*"],"title":"This is my latest picture","connection":{"nettype":"IN","addrtype":"IP4","address":"host.atlanta.example.com","ttl":null,"count":null,"multicast":false},"bandwidths":[],"key":null,"direction":"sendonly","path":["msrp://atlanta.example.com:7654/jshA7we;tcp"],"accept_types":["message/cpim"],"accept_wrapped_types":["*"],"max_size":null,"setup":"active","tcp_connection":null,"fingerprints":[],"cema":false,"label":null,"mid":null,"rtpmaps":[],"fmtps":[],"ptime":null,"maxptime":null,"ice_ufrag":null,"ice_pwd":null,"ice_options":null,"candidates":[],"file":{"name":"My cool picture.jpg","type":"image/jpeg","size":32349,"hash":"sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E","disposition":"attachment","transfer_id":"vBnG916bdberum2fFEABR1FR3ExZMUrd","icon":"id2@alicepc.example.com","range":"1-32349","date":{"creation":"Mon, 15 May 2006 15:01:31 +0300","modification":null,"read":null},"dialect":"rfc5547","disagreement":[]},"file_forgiven":[],"knows_files":true,"offered":"message","attributes":["sendonly","accept-types:message/cpim","accept-wrapped-types:*","setup:active","path:msrp://atlanta.example.com:7654/jshA7we;tcp","file-selector:name:\"My cool picture.jpg\" type:image/jpeg size:32349 hash:sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E","file-transfer-id:vBnG916bdberum2fFEABR1FR3ExZMUrd","file-disposition:attachment","file-date:creation:\"Mon, 15 May 2006 15:01:31 +0300\"","file-icon:cid:id2@alicepc.example.com","file-range:1-32349"],"unreadable":[]}],"attr_count":11}}
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
fn sdp_of_a_session_with_what_cannot_be_read() {
    let sdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=1 2\r\nr=7d 1h 0\r\nz=2 -1h\r\nt=3 4\r\nr=7d 1h 0\r\nz=4 1h\r\n\
        a=group:\"\r\na=setup:never\r\na=fingerprint:sha-1 x\r\na=unknown:x\r\n";
    check(
        &["--as", "sdp"],
        sdp,
        0,
        expect![[r#"
        input: valid sdp
          origin
            user: -
            id: 1
            version: 1
            nettype: IN
            addrtype: IP4
            address: 192.0.2.1
          session_name: -
          times
            1.
              start: 1
              stop: 2
              repeats
                1.
                  interval: 604800
                  duration: 3600
                  offsets: 0
              zone
                1.
                  at: 2
                  offset: -3600
            2.
              start: 3
              stop: 4
              repeats
                1.
                  interval: 604800
                  duration: 3600
                  offsets: 0
              zone
                1.
                  at: 4
                  offset: 3600
          zone
            1.
              at: 2
              offset: -3600
          attributes
            - group:"
            - setup:never
            - fingerprint:sha-1 x
            - unknown:x
          unreadable
            - group: expected semantics at byte 97
            - setup: expected setup at byte 108
            - fingerprint: expected fingerprint at byte 135
          attr_count: 4
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
