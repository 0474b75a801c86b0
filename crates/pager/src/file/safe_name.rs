//! `SafeName`: a received file name that is safe to store under on every platform.

use std::fmt;

use grammar::ByteStr;

/// Longest name in octets; every common file system takes 255.
const LONGEST: usize = 255;
/// Names that Windows gives to devices, whatever their extension.
const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// One path segment without anything a file system or a person could trip over.
///
/// Whatever a peer offers becomes the part after its last `/` or `\`; control characters, marks that turn
/// the writing direction, and `< > : " | ? *` become `_`; leading dots and spaces and trailing ones go;
/// device names get a `_`; the length is at most 255 octets; an empty name becomes `file`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SafeName(ByteStr);

impl SafeName {
    /// Makes a received name safe. Never fails: there is always a name to store under.
    #[must_use]
    pub fn from_offered(name: &str) -> Self {
        let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let mut safe: String = last.chars().map(|c| if is_unsafe(c) { '_' } else { c }).collect();
        safe = safe.trim_start_matches(['.', ' ']).trim_end_matches(['.', ' ']).to_owned();
        if is_device(&safe) {
            safe.insert(0, '_');
        }
        let safe = shorten(&safe);
        Self(if safe.is_empty() { ByteStr::from_static("file") } else { ByteStr::from(safe) })
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same name with ` (n)` before its extension, for a folder that has it already.
    #[must_use]
    pub fn numbered(&self, n: u32) -> Self {
        let (stem, extension) = split_extension(&self.0);
        let suffix = format!(" ({n})");
        let room = LONGEST.saturating_sub(suffix.len() + extension.len());
        let stem = cut(stem, room);
        Self(ByteStr::from(format!("{stem}{suffix}{extension}")))
    }
}

impl fmt::Display for SafeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*')
        // Marks that reorder what a person reads: `exe.gpj` shown for `jpg.exe`.
        || matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let (letters, digit) = stem.split_at_checked(3).unwrap_or((&stem, ""));
    match digit {
        "" => RESERVED.iter().take(4).any(|&device| letters == device),
        digit => {
            RESERVED.iter().skip(4).any(|&device| letters == device)
                && digit.chars().count() == 1
                && digit.chars().all(|c| c.is_ascii_digit() || matches!(c, '¹' | '²' | '³'))
        }
    }
}

/// Cuts to [`LONGEST`] octets at a character, and keeps the extension where it is a short one.
fn shorten(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let (stem, extension) = split_extension(name);
    format!("{}{extension}", cut(stem, LONGEST - extension.len()))
}

/// The stem, and the extension with its dot if it has at most 16 octets.
fn split_extension(name: &str) -> (&str, &str) {
    match name.rfind('.').and_then(|dot| name.split_at_checked(dot)) {
        Some((stem, extension)) if !stem.is_empty() && extension.len() <= 16 => (stem, extension),
        _ => (name, ""),
    }
}

/// The longest start of `text` that has at most `octets` octets.
fn cut(text: &str, octets: usize) -> &str {
    let end = (0..=octets.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(offered: &str, safe: &str) {
        assert_eq!(SafeName::from_offered(offered).as_str(), safe, "{offered:?}");
    }

    #[test]
    fn a_received_name_is_one_safe_path_segment() {
        check("plan.pdf", "plan.pdf");
        check("../../etc/passwd", "passwd");
        check("C:\\Windows\\system32\\cmd.exe", "cmd.exe");
        check("..", "file");
        check("", "file");
        check("/", "file");
        check(".bashrc", "bashrc");
        check("a\r\nb\0c", "a__b_c");
        check("nul", "_nul");
        check("NUL.txt", "_NUL.txt");
        check("COM1", "_COM1");
        check("com10", "com10");
        check("console", "console");
        check("what? \"really\": <yes>|*", "what_ _really__ _yes___");
        check("trailing. . ", "trailing");
        check("gpj.\u{202e}exe", "gpj._exe");
        check("naïve – 画像.png", "naïve – 画像.png");
    }

    #[test]
    fn a_long_name_keeps_its_extension_and_a_whole_last_character() {
        let safe = SafeName::from_offered(&format!("{}.jpeg", "ü".repeat(300)));
        assert!(safe.as_str().len() <= 255 && safe.as_str().ends_with("ü.jpeg"), "{safe}");
    }

    #[test]
    fn a_numbered_name_keeps_its_extension() {
        assert_eq!(SafeName::from_offered("a.txt").numbered(2).as_str(), "a (2).txt");
        assert_eq!(SafeName::from_offered("a").numbered(1).as_str(), "a (1)");
        assert!(SafeName::from_offered(&"x".repeat(400)).numbered(12).as_str().len() <= 255);
    }

    proptest! {
        #[test]
        fn no_name_escapes_the_folder(name in any::<String>()) {
            let safe = SafeName::from_offered(&name);
            let safe = safe.as_str();
            prop_assert!(!safe.is_empty() && safe.len() <= 255);
            prop_assert!(!safe.contains(['/', '\\', '\0', ':', '\r', '\n']));
            prop_assert!(!safe.starts_with('.') && safe != "..");
        }
    }
}
