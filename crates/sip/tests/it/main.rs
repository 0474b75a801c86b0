//! Tests of the whole codec: the public corpora, and the torture messages of RFC 4475.

mod corpus;
