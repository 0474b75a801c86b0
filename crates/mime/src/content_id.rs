//! `ContentId`: the name of a part, and the `cid:` URL that refers to it (RFC 2045 §7, RFC 2392 §2).

use alloc::string::String;
use core::fmt;

use grammar::{ByteStr, CharClass, ParseError, ParseErrorKind};

/// `local@domain`, percent-escapes undone. Compared byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ContentId(ByteStr);
