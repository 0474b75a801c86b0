//! Tests of the server in virtual time.
