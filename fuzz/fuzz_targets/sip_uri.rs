//! Target of `fuzz::sip_uri`, which says what holds.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(sip_uri);
