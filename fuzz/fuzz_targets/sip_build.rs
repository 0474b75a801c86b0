//! Whatever a caller hands to the builders, a message comes out with exactly the fields that were asked for, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sip::{HeaderName, Method, NameAddr, Request, Uri};

fuzz_target!(|input: (&str, &str, &str, &[u8])| {
    let (display_name, name, value, body) = input;
    let Ok(uri) = Uri::builder("example.com").user(value).build() else { return };
    let Ok(from) = NameAddr::format(Some(display_name), uri.as_str(), ";tag=1") else { return };
    let built = Request::builder(Method::MESSAGE, &uri)
        .header(HeaderName::FROM, &from)
        .header(HeaderName::TO, "<sip:b@c>")
        .header(HeaderName::CALL_ID, "1")
        .cseq(1)
        .header_other(name, value)
        .body("text/plain", bytes::Bytes::copy_from_slice(body))
        .build();
    if let Ok(request) = built {
        assert_eq!(request.body(), body);
        assert_eq!(request.from().unwrap().display_name().unwrap_or_default(), display_name);
        let extra = usize::from(HeaderName::parse(name) != Some(HeaderName::MAX_FORWARDS));
        assert_eq!(request.headers().len(), 7 + extra);
    }
});
