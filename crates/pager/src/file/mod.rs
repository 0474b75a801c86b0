//! Files: safe names and hashes.

mod hash;
mod safe_name;

pub use hash::Sha1Hash;
pub(crate) use hash::RunningHash;
pub use safe_name::SafeName;
