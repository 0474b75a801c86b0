//! Finding parts, depth first: the offer, the recipient lists, the part a `cid:` names (RFC 5621).

use alloc::vec::Vec;

use crate::{ContentId, DispositionKind, Entity};

/// Entities and all that is nested in them, each before the parts inside it.
#[derive(Debug, Clone)]
pub struct Walk<'a> {
    /// What is still to be handed out, the next one last.
    left: Vec<&'a Entity>,
    into_alternatives: bool,
}

impl<'a> Walk<'a> {
    pub(crate) fn of(entities: &'a [Entity]) -> Self {
        Self { left: entities.iter().rev().collect(), into_alternatives: true }
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = &'a Entity;

    fn next(&mut self) -> Option<&'a Entity> {
        let entity = self.left.pop()?;
        if self.into_alternatives || !is(entity, "multipart", "alternative") {
            self.left.extend(entity.parts().iter().rev());
        }
        Some(entity)
    }
}

impl Entity {
    /// This entity and all parts in it, depth first.
    #[must_use]
    pub fn walk(&self) -> Walk<'_> {
        Walk { left: Vec::from([self]), into_alternatives: true }
    }

    /// The part that a `multipart/related` is read from: the one that `start` names, else the first (RFC 2387 §3.2).
    /// `None` for another entity, and where `start` names no part of it.
    #[must_use]
    pub fn root_part(&self) -> Option<&Self> {
        if !is(self, "multipart", "related") {
            return None;
        }
        let media_type = self.content_type().ok()?;
        let Some(start) = media_type.params.get("start") else {
            return self.parts().first();
        };
        let id = ContentId::parse(&start.value()).ok()?;
        self.parts().iter().find(|part| part.content_id().as_ref() == Some(&id))
    }

    /// The offers: parts of type `application/sdp` whose disposition is `session`, said or by default, not
    /// inside `multipart/alternative`, depth first. More than one is the peer's mistake; the first counts.
    pub fn offers(&self) -> impl Iterator<Item = &Self> {
        let walk = Walk { into_alternatives: false, ..self.walk() };
        walk.filter(|entity| {
            let session = match entity.content_disposition() {
                Ok(disposition) => disposition.is_none_or(|found| found.kind == DispositionKind::Session),
                Err(_) => false,
            };
            session && is(entity, "application", "sdp")
        })
    }

    /// The first of [`Self::offers`].
    #[must_use]
    pub fn offer(&self) -> Option<&Self> {
        self.offers().next()
    }

    /// All parts with disposition `recipient-list`; together they are one list (RFC 5363 §4.1).
    pub fn recipient_lists(&self) -> impl Iterator<Item = &Self> {
        self.with_disposition(DispositionKind::RecipientList)
    }

    /// All parts with this disposition, depth first.
    pub fn with_disposition(&self, kind: DispositionKind) -> impl Iterator<Item = &Self> {
        self.walk().filter(move |entity| {
            matches!(entity.content_disposition(), Ok(Some(disposition)) if disposition.kind == kind)
        })
    }

    /// The first part with this Content-ID, depth first. It may be anywhere in the message (RFC 5621 §8.3).
    #[must_use]
    pub fn find(&self, id: &ContentId) -> Option<&Self> {
        self.walk().find(|entity| entity.content_id().as_ref() == Some(id))
    }
}

fn is(entity: &Entity, ty: &str, subtype: &str) -> bool {
    entity.content_type().is_ok_and(|media_type| media_type.is(ty, subtype))
}
