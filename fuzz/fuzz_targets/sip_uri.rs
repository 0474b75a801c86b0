//! No text makes the URI reader panic; comparison is reflexive and symmetric, equal texts are equivalent, and setting a parameter reads back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sip::Uri;

fuzz_target!(|input: (&str, &str)| {
    let read = |text: &str| match Uri::parse(text) {
        Ok(uri) => Some(uri),
        Err(error) => {
            assert!(error.offset() <= text.len());
            None
        }
    };
    let (Some(a), Some(b)) = (read(input.0), read(input.1)) else { return };
    assert!(a.equivalent(&a) && b.equivalent(&b));
    assert_eq!(a.equivalent(&b), b.equivalent(&a));
    assert_eq!(a.as_str(), input.0);
    if let Ok(with) = a.with_param("x", Some("1")) {
        assert_eq!(with.param("x"), Some("1"));
        assert_eq!(with.host_port(), a.host_port());
        assert_eq!(with.headers(), a.headers());
    }
});
