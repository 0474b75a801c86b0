//! `IdSource`: the randomness of transaction ids, Message-IDs and session-ids, given by the caller.

use alloc::string::String;

use grammar::ByteStr;

/// Where the random bits of identifiers come from.
///
/// RFC 4975 §14.1 wants session-ids that cannot be guessed: give a cryptographic source.
pub trait IdSource {
    /// Fills `out` with random bytes.
    fn fill(&mut self, out: &mut [u8]);
}

impl<T: IdSource + ?Sized> IdSource for &mut T {
    fn fill(&mut self, out: &mut [u8]) {
        (**self).fill(out);
    }
}

/// Characters of generated transaction ids and Message-IDs: five random bits each.
const ALPHABET_32: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// The base64url alphabet, all of it allowed in a session-id: six random bits each.
const ALPHABET_64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A session-id of 96 random bits, 16 characters (RFC 4975 §14.1 asks for at least 80).
#[must_use]
pub fn session_id(ids: &mut dyn IdSource) -> ByteStr {
    let mut random = [0; 16];
    ids.fill(&mut random);
    let text: String = random.iter().map(|&byte| pick(ALPHABET_64, byte)).collect();
    ByteStr::from(text)
}

/// 16 letters and digits with 80 random bits (RFC 4975 §7.1 asks for at least 64 in a transaction id).
pub(crate) fn ident(ids: &mut dyn IdSource) -> [u8; 16] {
    let mut random = [0; 16];
    ids.fill(&mut random);
    random.map(|byte| u8::try_from(pick(ALPHABET_32, byte)).unwrap_or(b'A'))
}

/// The character of `alphabet` that the low bits of `random` name; every length here divides 256.
fn pick<const N: usize>(alphabet: &[u8; N], random: u8) -> char {
    alphabet.get(usize::from(random) % N).copied().map_or('A', char::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Count(u8);

    impl IdSource for Count {
        fn fill(&mut self, out: &mut [u8]) {
            for byte in out {
                *byte = self.0;
                self.0 = self.0.wrapping_add(1);
            }
        }
    }

    #[test]
    fn rfc4975_14_1_session_ids_use_six_bits_of_each_byte() {
        assert_eq!(session_id(&mut Count(0)), "ABCDEFGHIJKLMNOP");
        assert_eq!(session_id(&mut Count(60)), "89-_ABCDEFGHIJKL");
    }

    #[test]
    fn rfc4975_9_idents_start_with_a_letter_or_digit() {
        for start in 0..=255 {
            assert!(ident(&mut Count(start)).iter().all(u8::is_ascii_alphanumeric));
        }
    }
}
