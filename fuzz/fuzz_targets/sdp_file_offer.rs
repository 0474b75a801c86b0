//! Target of `fuzz::sdp_file_offer`, which says what holds.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(sdp_file_offer);
