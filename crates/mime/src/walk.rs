//! Finding parts, depth first: the offer, the recipient lists, the part a `cid:` names (RFC 5621).

use crate::{ContentId, Entity};

/// An entity and all that is nested in it, each part before the parts inside it.
#[derive(Debug, Clone)]
pub struct Walk<'a> {
    left: alloc::vec::Vec<&'a Entity>,
}

impl Entity {
    /// This entity and all parts in it, depth first.
    #[must_use]
    pub fn walk(&self) -> Walk<'_> {
        todo!()
    }

    /// The offers: parts of type `application/sdp` whose disposition is `session`, said or by default, not
    /// inside `multipart/alternative`, depth first. More than one is the peer's mistake; the first counts.
    pub fn offers(&self) -> impl Iterator<Item = &Self> {
        self.walk()
    }

    /// The first of [`Self::offers`].
    #[must_use]
    pub fn offer(&self) -> Option<&Self> {
        self.offers().next()
    }

    /// All parts with disposition `recipient-list`; together they are one list (RFC 5363 §4.1).
    pub fn recipient_lists(&self) -> impl Iterator<Item = &Self> {
        self.walk()
    }

    /// The first part with this Content-ID, depth first.
    #[must_use]
    pub fn find(&self, id: &ContentId) -> Option<&Self> {
        todo!()
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = &'a Entity;

    fn next(&mut self) -> Option<&'a Entity> {
        todo!()
    }
}
