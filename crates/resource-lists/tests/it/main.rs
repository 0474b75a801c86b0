//! Tests of the public interface: documents of the RFCs, an independent judge, round trips, allocations.

#[cfg(test)]
mod allocations;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod judge;
#[cfg(test)]
mod trees;
