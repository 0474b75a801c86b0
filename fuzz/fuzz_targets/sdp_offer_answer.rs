//! Target of `fuzz::sdp_offer_answer`, which says what holds.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(sdp_offer_answer);
