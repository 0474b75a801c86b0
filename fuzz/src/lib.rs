//! The properties that hold for every input, one function for each fuzz target, the first line of its doc.
//!
//! A target in `fuzz_targets/` is one line that calls its property; `tests/replay.rs` calls them with the seeds.

mod digest;
mod input;
mod mime;
mod msrp;
mod relay;
mod resource_lists;
mod sdp;
mod sip;
mod sip_header;

pub use digest::digest_challenge;
pub use mime::{cpim, imdn, mime_multipart};
pub use msrp::{msrp_connection, msrp_framer, msrp_range_set, msrp_roundtrip, msrp_session_pair};
pub use relay::msrp_relay;
pub use resource_lists::resource_lists;
pub use sdp::{sdp_file_offer, sdp_offer_answer, sdp_session};
pub use sip::{sip_agreement, sip_build, sip_framer, sip_message, sip_uri};
pub use sip_header::sip_header;

/// A property: panics where it does not hold.
pub type Property = fn(&[u8]);

/// Every target by its name, which is that of its file and of its folder of seeds.
pub const TARGETS: &[(&str, Property)] = &[
    ("cpim", cpim),
    ("digest_challenge", digest_challenge),
    ("imdn", imdn),
    ("mime_multipart", mime_multipart),
    ("msrp_connection", msrp_connection),
    ("msrp_framer", msrp_framer),
    ("msrp_range_set", msrp_range_set),
    ("msrp_relay", msrp_relay),
    ("msrp_roundtrip", msrp_roundtrip),
    ("msrp_session_pair", msrp_session_pair),
    ("resource_lists", resource_lists),
    ("sdp_file_offer", sdp_file_offer),
    ("sdp_offer_answer", sdp_offer_answer),
    ("sdp_session", sdp_session),
    ("sip_agreement", sip_agreement),
    ("sip_build", sip_build),
    ("sip_framer", sip_framer),
    ("sip_header", sip_header),
    ("sip_message", sip_message),
    ("sip_uri", sip_uri),
];

/// Makes the target of a property: for libFuzzer under cargo-fuzz, else a command that replays files.
#[macro_export]
macro_rules! target {
    ($property:ident) => {
        #[cfg(fuzzing)]
        ::libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::$property(data));

        #[cfg(not(fuzzing))]
        fn main() -> ::std::io::Result<()> {
            $crate::replay(::std::env::args_os().skip(1), $crate::$property)
        }
    };
}

/// Calls `property` with the content of each file.
///
/// # Errors
///
/// A file that cannot be read.
pub fn replay(
    paths: impl IntoIterator<Item = impl AsRef<std::path::Path>>,
    property: Property,
) -> std::io::Result<()> {
    for path in paths {
        println!("{}", path.as_ref().display());
        property(&std::fs::read(path)?);
    }
    Ok(())
}
