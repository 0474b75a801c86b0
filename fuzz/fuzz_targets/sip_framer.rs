//! Target of `fuzz::sip_framer`, which says what holds.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(sip_framer);
