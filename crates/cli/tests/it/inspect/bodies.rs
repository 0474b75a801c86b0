//! Tests of `inspect` with the bodies of messages: multiparts, envelopes, notifications, resource lists.

use expect_test::expect;

use super::check;

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
        Content-ID: <sdp@x>\r\n\r\nv=0\r\n--c--\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n=\r\n--b";
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
fn rfc2387_3_2_the_root_part_of_the_whole_is_shown() {
    let related = |start: &str| {
        format!(
            "Content-Type: multipart/related;boundary=c;type=\"application/sdp\"{start}\r\n\r\n--c\r\n\
             Content-Type: image/png\r\n\r\n1\r\n--c\r\nContent-Type: application/sdp\r\n\
             Content-ID: <sdp@x>\r\n\r\nv=0\r\n--c--\r\n"
        )
    };
    check(
        &["--as", "multipart"],
        related(";start=\"<sdp@x>\""),
        0,
        expect![[r#"
        input: valid multipart
          content_type: multipart/related;boundary=c;type="application/sdp";start="<sdp@x>"
          root_part: sdp@x
          parts
            1.
              content_type: image/png
              length: 1
            2.
              content_type: application/sdp
              content_id: sdp@x
              length: 3
    "#]],
    );
    check(
        &["--as", "multipart"],
        related(""),
        0,
        expect![[r#"
        input: valid multipart
          content_type: multipart/related;boundary=c;type="application/sdp"
          root_part: 0
          parts
            1.
              content_type: image/png
              length: 1
            2.
              content_type: application/sdp
              content_id: sdp@x
              length: 3
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
