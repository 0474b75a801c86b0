//! `Credentials`: who answers a challenge, and the secret they share with the realm.

use core::fmt;

use grammar::ByteStr;

use crate::Algorithm;

/// A user name and a password, or the hash of user name, realm and password.
///
/// `Debug` shows the name only.
#[derive(Clone)]
pub struct Credentials {
    username: ByteStr,
    secret: Secret,
}

#[derive(Clone)]
enum Secret {
    Password(ByteStr),
    Ha1 { realm: ByteStr, algorithm: Algorithm, hash: ByteStr },
}

impl Credentials {
    /// A name and a password, for any realm and algorithm.
    #[must_use]
    pub fn new(username: impl Into<ByteStr>, password: impl Into<ByteStr>) -> Self {
        Self { username: username.into(), secret: Secret::Password(password.into()) }
    }

    /// A name and `H(username ":" realm ":" password)` in hexadecimal, good for this realm and hash only.
    ///
    /// What a server stores instead of passwords (RFC 7616 §5.13 on keeping it secret all the same).
    #[must_use]
    pub fn from_ha1(
        username: impl Into<ByteStr>,
        realm: impl Into<ByteStr>,
        algorithm: Algorithm,
        ha1: impl AsRef<str>,
    ) -> Self {
        let hash = ByteStr::from(ha1.as_ref().to_ascii_lowercase());
        Self { username: username.into(), secret: Secret::Ha1 { realm: realm.into(), algorithm, hash } }
    }

    /// The user name.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.username
    }

    /// `H(username ":" realm ":" password)` in hexadecimal: what [`Self::from_ha1`] takes.
    ///
    /// `None` if these credentials are a stored hash of another realm or algorithm.
    #[must_use]
    pub fn ha1(&self, realm: &str, algorithm: Algorithm) -> Option<ByteStr> {
        match &self.secret {
            Secret::Password(password) => {
                let parts = [self.username.as_bytes(), realm.as_bytes(), password.as_bytes().as_ref()];
                Some(ByteStr::from(algorithm.hex(&parts)))
            }
            Secret::Ha1 { hash, .. } => self.is_for(realm, algorithm).then(|| hash.clone()),
        }
    }

    /// Whether they can answer this realm in this algorithm: a password can answer all.
    pub(crate) fn is_for(&self, realm: &str, algorithm: Algorithm) -> bool {
        match &self.secret {
            Secret::Password(_) => true,
            Secret::Ha1 { realm: own, algorithm: of, .. } => *own == *realm && of.same_hash(algorithm),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn debug_shows_no_secret() {
        let password = Credentials::new("alice", "wonderland");
        let ha1 = password.ha1("home1.example", Algorithm::MD5).unwrap();
        let stored = Credentials::from_ha1("alice", "home1.example", Algorithm::MD5, &ha1);
        for credentials in [&password, &stored] {
            let shown = format!("{credentials:?} {credentials:#?}");
            assert!(shown.contains("alice"));
            assert!(!shown.contains("wonderland") && !shown.contains(ha1.as_str()), "{shown}");
        }
    }

    #[test]
    fn a_stored_hash_is_good_for_its_realm_and_hash_only() {
        let stored = Credentials::from_ha1("alice", "home1.example", Algorithm::MD5, "AB");
        assert_eq!(stored.ha1("home1.example", Algorithm::MD5_SESS).unwrap(), "ab");
        assert!(stored.ha1("home2.example", Algorithm::MD5).is_none());
        assert!(stored.ha1("home1.example", Algorithm::SHA_256).is_none());
    }
}
