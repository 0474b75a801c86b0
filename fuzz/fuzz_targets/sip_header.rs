//! Target of `fuzz::sip_header`, which says what holds.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(sip_header);
