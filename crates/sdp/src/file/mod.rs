//! Files in SDP: RFC 5547, and the drafts of 2006 that the OMA enabler was written against.
//!
//! One [`FileOffer`] reads either dialect and is written in either or both.

mod compared;
mod described;
mod dialect;
mod disposition;
pub(crate) mod hash;
mod legacy;
pub(crate) mod media_type;
pub mod name;
mod offer;
mod offer_ref;
mod range;
mod selector;
mod value;

pub(crate) use described::Described;
pub use dialect::{Dialect, Disagreement};
pub use disposition::Disposition;
pub use hash::Hash;
pub use offer::{FileDates, FileOffer, FileOfferBuilder, FileOfferError};
pub use offer_ref::FileOfferRef;
pub use range::FileRange;
