//! application/resource-lists+xml (RFC 4826) with copy control (RFC 5364), for recipient lists.
