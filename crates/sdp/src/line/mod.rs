//! The line types of RFC 8866 §5 that have an inner grammar, one file each, and the rules they share.

mod bandwidth;
mod connection;
mod cut;
mod key;
mod media_line;
mod origin;
mod timing;

pub use bandwidth::{Bandwidth, BandwidthType};
pub use connection::Connection;
pub(crate) use cut::Cut;
pub use key::EncryptionKey;
pub use media_line::MediaLine;
pub(crate) use origin::address_type;
pub use origin::{Origin, OriginRef};
pub use timing::{Adjustment, Repeat, Timing, TypedTime, Zone};

use grammar::rule::IResult;
use grammar::{CharClass, rule};
use nom::Parser;

/// `non-ws-string = 1*(VCHAR / %x80-FF)`
const NON_WS: CharClass = CharClass::NONE.with_range(0x21, 0x7e).with_range(0x80, 0xff);

/// `non-ws-string`
pub(crate) fn non_ws(i: &str) -> IResult<'_, &str> {
    rule::many1(&NON_WS).parse(i)
}

/// `1*DIGIT` that fits into 32 bits
pub(crate) fn decimal_u32(i: &str) -> IResult<'_, u32> {
    nom::combinator::map_res(rule::decimal, u32::try_from).parse(i)
}
