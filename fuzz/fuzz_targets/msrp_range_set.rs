//! Target of `fuzz::msrp_range_set`, which says what holds.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(msrp_range_set);
