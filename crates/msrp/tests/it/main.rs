//! The crate from outside: corpora, and two connections wired to each other in virtual time.

mod corpus;
mod flows;
mod lab;
mod passing;
mod raw;
