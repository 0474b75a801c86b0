//! Target of `fuzz::mime_multipart`, which says what holds.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(mime_multipart);
