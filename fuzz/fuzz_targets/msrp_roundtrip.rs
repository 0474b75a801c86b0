//! Target of `fuzz::msrp_roundtrip`, which says what holds.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(msrp_roundtrip);
