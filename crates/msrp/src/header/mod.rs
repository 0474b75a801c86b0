//! Header fields: their names and their typed values, RFC 4975 §9, RFC 4976 §4 and RFC 7701 §7.

mod byte_range;
mod delta_seconds;
mod name;
mod nickname;
mod path;
mod report_request;
mod status;

pub use byte_range::ByteRange;
pub use delta_seconds::delta_seconds;
pub use name::HeaderName;
pub use nickname::nickname;
pub use path::Path;
pub use report_request::{FailureReport, success_report};
pub use status::Status;
