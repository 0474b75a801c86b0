//! Target of `fuzz::sip_build`, which says what holds.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(sip_build);
