//! Target of `fuzz::msrp_relay`, which says what holds.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(msrp_relay);
