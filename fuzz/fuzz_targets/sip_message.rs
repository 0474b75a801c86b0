//! Target of `fuzz::sip_message`, which says what holds.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(sip_message);
