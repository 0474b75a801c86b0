//! OMA SIMPLE IM: pager-mode messages and files over SIP and MSRP; facade of the simple-im-* crates.
