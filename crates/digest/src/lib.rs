//! HTTP digest authentication for SIP and MSRP: challenges and answers of RFC 2617, 7616 and 8760.
