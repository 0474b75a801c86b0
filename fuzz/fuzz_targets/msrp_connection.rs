//! Target of `fuzz::msrp_connection`, which says what holds.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(msrp_connection);
