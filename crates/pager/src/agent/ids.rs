//! `Ids`: everything random the agent puts on the wire, from one seed.

use grammar::ByteStr;

/// The agent's source of identifiers.
#[derive(Debug)]
pub(crate) struct Ids(pub(super) sip_ua::IdSource);

/// A seed for a part of the agent.
#[derive(Clone)]
pub(crate) struct Seed(pub(super) [u8; 32]);

impl Ids {
    /// A seed for one part of the agent.
    pub(super) fn seed(&mut self) -> Seed {
        let mut seed = [0; 32];
        self.0.fill(&mut seed);
        Seed(seed)
    }

    /// For what draws by itself.
    pub(crate) const fn source(&mut self) -> &mut sip_ua::IdSource {
        &mut self.0
    }

    /// A file-transfer-id: a random UUID, 32 hex digits (RFC 5547 §6).
    pub(crate) fn transfer_id(&mut self) -> ByteStr {
        ByteStr::from(self.uuid().simple().to_string())
    }

    /// The name of a part (RFC 2392 §2): random, so that it is unique without naming a host of ours.
    pub(crate) fn content_id(&mut self) -> Option<mime::ContentId> {
        mime::ContentId::new(format!("{}@icon.invalid", self.uuid().simple())).ok()
    }

    /// Random octets for a boundary.
    pub(crate) fn boundary(&mut self) -> [u8; 16] {
        let mut seed = [0; 16];
        self.0.fill(&mut seed);
        seed
    }

    fn uuid(&mut self) -> uuid::Uuid {
        let mut octets = [0; 16];
        self.0.fill(&mut octets);
        uuid::Builder::from_random_bytes(octets).into_uuid()
    }
}

impl msrp::IdSource for Ids {
    fn fill(&mut self, out: &mut [u8]) {
        self.0.fill(out);
    }
}

impl Seed {
    /// A source for a part of its own; each call gives another one.
    pub(crate) fn ids(&mut self) -> Ids {
        let mut ids = Ids(sip_ua::IdSource::new(self.0));
        self.0 = ids.seed().0;
        ids
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(..)")
    }
}
