//! SDP (RFC 8866) with MSRP media lines, file transfer attributes (RFC 5547 and the 2006 draft) and offer/answer.
