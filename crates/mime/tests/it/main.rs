//! Tests of the public interface with whole messages.

#[cfg(test)]
mod bodies;
#[cfg(all(test, feature = "imdn"))]
mod envelopes;
