//! Target of `fuzz::digest_challenge`, which says what holds.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(digest_challenge);
