//! tokio sockets for sans-IO SIP and MSRP machines: flows over UDP and TCP.
