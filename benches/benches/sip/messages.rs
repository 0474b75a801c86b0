//! The mix of messages: what a client of instant messages and files sends and gets, and two long ways.

use std::fmt::Write as _;

use bytes::Bytes;

/// One message, with what a reader must find in it; each round is checked against it.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) bytes: Bytes,
    /// Header fields, Content-Length among them; a repeated name counts each time.
    pub(crate) fields: usize,
    pub(crate) branch: &'static str,
    pub(crate) body: usize,
}

const BRANCH: &str = "z9hG4bK-524287-1---8c2f";

/// Via to CSeq of a request or response called `method`.
fn routing(method: &str) -> String {
    format!(
        "Via: SIP/2.0/UDP 192.0.2.15:5060;branch={BRANCH};rport\r\n\
         Max-Forwards: 70\r\n\
         From: \"Alice\" <sip:alice@home1.example>;tag=51aa77d2\r\n\
         To: <sip:bob@home2.example>;tag=8321234356\r\n\
         Call-ID: 7e0b31c4a9f84d21@192.0.2.15\r\n\
         CSeq: 314159 {method}\r\n"
    )
}

const CONTACT: &str = "Contact: <sip:alice@192.0.2.15:5060;transport=tcp>;+g.oma.sip-im;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\"\r\n";

const RECORD_ROUTES: &str = "Record-Route: <sip:pcscf2.visited2.example:5088;lr>, <sip:scscf2.home2.example;lr>\r\n\
    Record-Route: <sip:scscf1.home1.example;lr>, <sip:pcscf1.visited1.example:7531;lr>\r\n";

const IMS: &str = "Route: <sip:pcscf1.visited1.example:7531;lr;comp=sigcomp>, <sip:scscf1.home1.example;lr>\r\n\
    P-Preferred-Identity: \"Alice\" <sip:alice@home1.example>\r\n\
    P-Preferred-Service: urn:urn-7:3gpp-service.ims.icsi.oma.cpm.largemsg\r\n\
    P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=234151D0FCE11\r\n\
    Privacy: none\r\n\
    Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.largemsg\";require;explicit\r\n\
    Security-Verify: ipsec-3gpp;q=0.1;alg=hmac-sha-1-96;spi-c=98765432;spi-s=87654321;port-c=8642;port-s=7531\r\n\
    Require: sec-agree\r\n\
    Proxy-Require: sec-agree\r\n\
    Supported: 100rel, timer, recipient-list-invite, gruu, outbound, path\r\n\
    Allow: INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, REFER, MESSAGE, OPTIONS\r\n\
    Accept: application/sdp, application/3gpp-ims+xml, multipart/mixed\r\n\
    Session-Expires: 1800;refresher=uac\r\n\
    User-Agent: IM-client/OMA2.2 simple-im/0.1\r\n\
    Conversation-ID: f81d4fae-7dec-11d0-a765-00a0c91e6bf6\r\n\
    Contribution-ID: abcdef00-1234-5678-90ab-00a0c91e6bf6\r\n";

const SDP: &str = "v=0\r\no=alice 2890844526 2890844526 IN IP4 192.0.2.15\r\ns=-\r\nc=IN IP4 192.0.2.15\r\nt=0 0\r\n\
    m=message 7654 TCP/MSRP *\r\na=accept-types:message/cpim application/im-iscomposing+xml\r\n\
    a=accept-wrapped-types:text/plain image/jpeg\r\na=path:msrp://192.0.2.15:7654/jshA7weztas;tcp\r\n\
    a=setup:active\r\na=sendrecv\r\n";

const CPIM: &str = "From: Alice <sip:alice@home1.example>\r\nTo: Bob <sip:bob@home2.example>\r\n\
    DateTime: 2026-01-24T20:00:00Z\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: 34jk324j\r\n\
    imdn.Disposition-Notification: positive-delivery, display\r\n\r\n\
    Content-Type: text/plain; charset=utf-8\r\nContent-Length: 46\r\n\r\nThe report is in the folder, see you at lunch!";

const REGINFO: &str = "<?xml version=\"1.0\"?>\r\n<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"1\" state=\"full\">\r\n\
    <registration aor=\"sip:alice@home1.example\" id=\"a7\" state=\"active\"><contact id=\"76\" state=\"active\" event=\"registered\">\
    <uri>sip:alice@192.0.2.15:5060</uri></contact></registration>\r\n</reginfo>\r\n";

const NONCE: &str = "dcd98b7102dd2f0e8b11d0f600bfb0c093dcd98b7102dd2f0e8b11d0f600bfb0c093";

/// Start line, header fields, and a body with its Content-Length behind them.
fn sample(name: &'static str, head: &str, body: &str) -> Sample {
    let text = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    // The start line in the place of Content-Length.
    let fields = head.matches("\r\n").count();
    Sample { name, bytes: Bytes::from(text), fields, branch: BRANCH, body: body.len() }
}

/// The whole mix, the smallest first.
pub(crate) fn samples() -> Vec<Sample> {
    let request = |method: &str, rest: &str| {
        format!("{method} sip:bob@home2.example SIP/2.0\r\n{}{rest}", routing(method))
    };
    let response = |status: &str, rest: &str| format!("SIP/2.0 {status}\r\n{}{rest}", routing("INVITE"));
    let session = format!("{CONTACT}Content-Type: application/sdp\r\n");
    let authorization = format!(
        "{CONTACT}Expires: 600000\r\nSupported: path, outbound, gruu\r\nAuthorization: Digest username=\"alice@home1.example\", \
         realm=\"home1.example\", nonce=\"{NONCE}\", uri=\"sip:home1.example\", response=\"6629fae49393a05397450978507c4ef1\", \
         algorithm=MD5, cnonce=\"0a4f113b\", qop=auth, nc=00000001\r\n"
    );
    let challenge = format!(
        "Server: registrar/7.1\r\nWWW-Authenticate: Digest realm=\"home1.example\", nonce=\"{NONCE}\", algorithm=MD5, qop=\"auth\"\r\n"
    );
    let notify = format!(
        "{CONTACT}Event: reg\r\nSubscription-State: active;expires=599\r\nContent-Type: application/reginfo+xml\r\n"
    );
    let ims = format!("{IMS}{CONTACT}Content-Type: multipart/mixed;boundary=\"b7f3\"\r\n");
    let list = "--b7f3\r\nContent-Type: application/resource-lists+xml\r\n\r\n\
        <resource-lists><list><entry uri=\"sip:carol@home3.example\"/></list></resource-lists>\r\n"
        .repeat(9);
    vec![
        sample("options", &request("OPTIONS", "Accept: application/sdp\r\n"), ""),
        sample("ack", &request("ACK", "Route: <sip:scscf1.home1.example;lr>\r\n"), ""),
        sample("bye", &request("BYE", "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n"), ""),
        sample("ringing", &response("180 Ringing", &format!("{RECORD_ROUTES}{CONTACT}")), ""),
        sample("register", &request("REGISTER", &authorization), ""),
        sample("unauthorized", &response("401 Unauthorized", &challenge), ""),
        sample("compact", &COMPACT.replace("BRANCH", BRANCH), "Watson, come here."),
        sample("message", &request("MESSAGE", "Content-Type: message/cpim\r\n"), CPIM),
        sample("notify", &request("NOTIFY", &notify), REGINFO),
        sample("invite", &request("INVITE", &session), SDP),
        sample("ok", &response("200 OK", &format!("{RECORD_ROUTES}{session}")), SDP),
        sample("ims-invite", &request("INVITE", &ims), &format!("{list}{SDP}--b7f3--\r\n")),
        sample("100-via", &long_way(false), "Hello"),
        sample("100-via-rr", &long_way(true), "Hello"),
    ]
}

const COMPACT: &str = "MESSAGE sip:bob@home2.example SIP/2.0\r\n\
    v: SIP/2.0/UDP 192.0.2.15:5060;branch=BRANCH;rport\r\n\
    Max-Forwards: 70\r\n\
    f: \"Alice\" <sip:alice@home1.example>;tag=51aa77d2\r\n\
    t: <sip:bob@home2.example>;tag=8321234356\r\n\
    i: 7e0b31c4a9f84d21@192.0.2.15\r\n\
    CSeq: 314159 MESSAGE\r\n\
    m: <sip:alice@192.0.2.15:5060>\r\n\
    s: lunch\r\n\
    c: text/plain\r\n";

/// A request that 100 proxies sent on, and that each of them wants to stay in the way of if `recorded`.
fn long_way(recorded: bool) -> String {
    let mut head = format!(
        "MESSAGE sip:bob@home2.example SIP/2.0\r\nVia: SIP/2.0/TCP proxy.home1.example:5060;branch={BRANCH}\r\n"
    );
    for hop in 0..99 {
        let _ = write!(
            head,
            "Via: SIP/2.0/TCP proxy{hop}.home1.example:5060;branch=z9hG4bK-{hop}-7f3a9c21d0;received=192.0.2.{hop}\r\n"
        );
    }
    for hop in (0..99).filter(|_| recorded) {
        let _ = write!(head, "Record-Route: <sip:proxy{hop}.home1.example:5060;transport=tcp;lr>\r\n");
    }
    let end = routing("MESSAGE");
    let (_, end) = end.split_once("\r\n").unwrap_or_default();
    head + end + CONTACT + "Content-Type: text/plain\r\n"
}
