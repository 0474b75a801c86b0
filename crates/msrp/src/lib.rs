//! MSRP (RFC 4975) framing, sessions and connections, sans-IO.
