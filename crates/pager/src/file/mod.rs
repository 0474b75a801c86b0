//! Files: safe names and hashes.

mod hash;
mod safe_name;

pub(crate) use hash::RunningHash;
pub use hash::{FileHash, Sha1Hash, Sha256Hash};
pub use safe_name::SafeName;
