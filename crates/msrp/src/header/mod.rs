//! Header fields: their names and their typed values, RFC 4975 §9 and RFC 4976 §5.

mod byte_range;
mod name;
mod path;
mod report_request;
mod status;

pub use byte_range::ByteRange;
pub use name::HeaderName;
pub use path::Path;
pub use report_request::{FailureReport, success_report};
pub use status::Status;
