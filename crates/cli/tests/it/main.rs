//! Integration tests of the command: the binary as a user runs it.

#[cfg(test)]
mod inspect;
#[cfg(test)]
mod receive;
#[cfg(test)]
mod register;
#[cfg(test)]
mod resume;
#[cfg(test)]
mod running;
#[cfg(test)]
mod send;
