//! OMA SIMPLE IM client on tokio: send and receive messages and files over SIP and MSRP.
