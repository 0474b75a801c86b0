//! Target of `fuzz::msrp_session_pair`, which says what holds.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(msrp_session_pair);
