//! `Reference`: `entry-ref` and `external`, which name recipients elsewhere (RFC 4826 §3.2).

use alloc::borrow::Cow;

use grammar::{ByteStr, ParseError};

use crate::copy_control::Control;
use crate::entry::check_uri;
use crate::{CopyControl, DisplayName, DisplayNameView, Document, Foreign};

/// An `entry-ref` or an `external`. Neither is ever fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    target: Option<ByteStr>,
    control: Control,
    display_name: Option<DisplayName>,
    foreign: Foreign,
}

impl Reference {
    /// A reference to be written, to a path below the XCAP root (`entry-ref`) or to a URI (`external`).
    ///
    /// # Errors
    ///
    /// `uri` where it is empty or holds white space or a character that XML cannot carry.
    pub fn new(target: impl Into<ByteStr>) -> Result<Self, ParseError> {
        let target = target.into();
        check_uri(&target)?;
        Ok(Self { target: Some(target), control: Control::NONE, display_name: None, foreign: Foreign::NONE })
    }

    /// The same with a name to show.
    #[must_use]
    pub fn named(self, name: DisplayName) -> Self {
        Self { display_name: Some(name), ..self }
    }

    /// The same with attributes and elements of other namespaces.
    #[must_use]
    pub fn with_foreign(self, foreign: Foreign) -> Self {
        Self { foreign, ..self }
    }

    /// The same with what the others see of those it names (RFC 5364 §4).
    #[must_use]
    pub const fn with_copy_control(mut self, copy_control: CopyControl) -> Self {
        self.control.copy_control = Some(copy_control);
        self
    }

    /// What the others see of those it names; `None` where the document says nothing (RFC 5364 §4).
    #[must_use]
    pub const fn copy_control(&self) -> Option<CopyControl> {
        self.control.copy_control
    }

    /// Whether the others see an anonymous URI instead.
    #[must_use]
    pub const fn anonymize(&self) -> bool {
        self.control.anonymize
    }

    /// `count`, 1 where the document says nothing.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.control.count
    }

    /// `ref` or `anchor`; `None` where the document lacks it.
    #[must_use]
    pub const fn target(&self) -> Option<&ByteStr> {
        self.target.as_ref()
    }

    /// The name to show.
    #[must_use]
    pub const fn display_name(&self) -> Option<&DisplayName> {
        self.display_name.as_ref()
    }

    /// Attributes and elements of other namespaces.
    #[must_use]
    pub const fn foreign(&self) -> &Foreign {
        &self.foreign
    }
}

/// An `entry-ref` or an `external` in a document.
#[derive(Debug, Clone)]
pub struct ReferenceView<'a> {
    pub(crate) document: &'a Document,
    pub(crate) target: Option<Cow<'a, str>>,
    pub(crate) control: Control,
    pub(crate) display_name: Option<DisplayNameView<'a>>,
    pub(crate) foreign: Foreign,
}

impl<'a> ReferenceView<'a> {
    /// `ref` of an `entry-ref`, `anchor` of an `external`; `None` where the document lacks it.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    /// What the others see of those it names, as [`Reference::copy_control`].
    #[must_use]
    pub const fn copy_control(&self) -> Option<CopyControl> {
        self.control.copy_control
    }

    /// The name to show.
    #[must_use]
    pub const fn display_name(&self) -> Option<&DisplayNameView<'a>> {
        self.display_name.as_ref()
    }

    /// Attributes and elements of other namespaces.
    #[must_use]
    pub const fn foreign(&self) -> &Foreign {
        &self.foreign
    }

    /// The reference as a value of its own. It shares the text of the document.
    #[must_use]
    pub fn into_reference(self) -> Reference {
        Reference {
            target: self.target.map(|target| match target {
                Cow::Borrowed(target) => self.document.text().share(target),
                Cow::Owned(target) => target.into(),
            }),
            control: self.control,
            display_name: self.display_name.and_then(|name| name.to_owned(self.document)),
            foreign: self.foreign,
        }
    }
}
