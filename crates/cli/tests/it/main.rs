//! Integration tests of the command: the binary as a user runs it.

#[cfg(test)]
mod inspect;
#[cfg(test)]
mod resume;
