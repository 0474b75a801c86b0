//! Files: safe names and hashes.

mod hash;
mod safe_name;

pub(crate) use hash::RunningHash;
pub use hash::Sha1Hash;
pub use safe_name::SafeName;
