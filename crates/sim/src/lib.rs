//! The lab: SIMPLE IM agents and servers in one process with a virtual clock and network.
