//! Tests of the public interface with whole messages.

mod bodies;
mod envelopes;
