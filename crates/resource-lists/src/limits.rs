//! `Limits`: how much of a document is read before it is refused.

/// What a document may cost. Every limit that is passed is an error of kind `Limit` that names the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "made with `..Limits::default()`")]
pub struct Limits {
    /// Bytes of the document.
    pub max_document: usize,
    /// How deep elements may nest, the root included. A flat list needs 4. More than 256 is taken as 256.
    pub max_depth: usize,
    /// `entry`, `entry-ref` and `external` elements together.
    pub max_entries: usize,
    /// `list` elements.
    pub max_lists: usize,
    /// Elements of other namespaces, those inside them not counted.
    pub max_foreign: usize,
    /// Elements inside those of other namespaces and inside display names.
    pub max_inner: usize,
    /// Attributes of one element, namespace declarations included.
    pub max_attributes: usize,
    /// Namespace declarations in force at one place, those of all open elements together. Each name with a prefix is looked
    /// for among them.
    pub max_declarations: usize,
    /// Bytes of one attribute value or display name, as written.
    pub max_text: usize,
}

impl Default for Limits {
    /// 1 MiB, depth 32, 1000 entries, 256 lists, 1000 foreign elements, 10,000 inside of them, 32 attributes, 64
    /// declarations, 4096 bytes of text.
    fn default() -> Self {
        Self {
            max_document: 1 << 20,
            max_depth: 32,
            max_entries: 1000,
            max_lists: 256,
            max_foreign: 1000,
            max_inner: 10_000,
            max_attributes: 32,
            max_declarations: 64,
            max_text: 4096,
        }
    }
}
