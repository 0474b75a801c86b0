//! Target of `fuzz::msrp_framer`, which says what holds.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(msrp_framer);
