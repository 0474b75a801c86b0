//! User agents on a virtual network with a virtual clock: what they send each other, and what they tell.
#![cfg(test)]

mod auth;
mod calls;
mod corpus;
mod hostile;
mod inside;
mod lab;
mod offers;
mod registration;
mod secure;
mod timers;
mod transport;
