//! Target of `fuzz::imdn`, which says what holds.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(imdn);
