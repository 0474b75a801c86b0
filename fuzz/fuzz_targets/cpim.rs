//! Target of `fuzz::cpim`, which says what holds.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(cpim);
