//! Target of `fuzz::sdp_session`, which says what holds.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(sdp_session);
