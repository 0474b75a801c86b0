//! Tests of the public interface with whole messages.

#[cfg(test)]
mod bodies;
#[cfg(feature = "imdn")]
#[cfg(test)]
mod envelopes;
