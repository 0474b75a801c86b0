//! SIP (RFC 3261) message codec: lossless, zero-copy, one parser for streams and datagrams.
