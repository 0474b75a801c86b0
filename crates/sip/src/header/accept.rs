//! `Accept`, RFC 3261 §20.1: the media types somebody takes.

use core::fmt;

use grammar::{MediaRange, MediaType, ParseError};

/// One media range of an Accept field.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Accept<'a> {
    /// The types.
    pub range: MediaRange<'a>,
    /// The preference in thousandths, 0 to 1000; 0 means not at all.
    pub q: u16,
    /// The value as written, parameters included.
    text: &'a str,
}

impl<'a> Accept<'a> {
    /// Reads one value such as `text/*;q=0.5`.
    ///
    /// # Errors
    ///
    /// As [`MediaRange::parse`].
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let range = MediaRange::parse(text)?;
        let params = match text {
            "*" => None,
            _ => MediaType::parse(text).ok().map(|media_type| media_type.params),
        };
        let q = params.and_then(|params| params.get("q")).and_then(|param| super::qvalue(param.raw?));
        Ok(Self { range, q: q.unwrap_or(1000), text })
    }

    /// Whether the type is taken.
    #[must_use]
    pub fn accepts(&self, media_type: &MediaType<'_>) -> bool {
        self.q > 0 && self.range.matches(media_type)
    }
}

impl fmt::Display for Accept<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn rfc3261_20_1_ranges_and_preferences() {
        let sdp = MediaType::parse("application/sdp").unwrap();
        for (text, accepts) in [
            ("application/sdp;level=1", true),
            ("application/*;q=0.3", true),
            ("*/*", true),
            ("*/*;q=0", false),
            ("text/html", false),
        ] {
            let accept = Accept::parse(text).unwrap();
            assert_eq!((accept.accepts(&sdp), accept.to_string().as_str()), (accepts, text));
        }
        assert!(Accept::parse("application").is_err());
    }
}
