//! Target of `fuzz::sip_agreement`, which says what holds.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(sip_agreement);
