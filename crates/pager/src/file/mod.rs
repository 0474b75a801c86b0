//! Files: safe names and hashes.

mod hash;
mod safe_name;

pub use hash::{FileHash, FileHasher, HashAlgorithm, Sha1Hash, Sha256Hash};
pub use safe_name::SafeName;
