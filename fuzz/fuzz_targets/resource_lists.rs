//! Target of `fuzz::resource_lists`, which says what holds.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(resource_lists);
