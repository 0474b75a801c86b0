//! `HeaderName`: the table of header field names and compact forms (RFC 3261 §7.3.3, §20 and the IANA registry).

use core::fmt;

use grammar::CharClass;

use crate::method::TOKEN;

/// A header field name of the table. Other names are kept as text; see [`super::Headers::get_other`].
///
/// [`super::Headers::get_other`]: crate::Headers::get_other
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HeaderName(u8);

/// What may follow the colon, as far as a reader of the whole message must know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Values separated by commas, in one field or in several.
    List,
    /// One value in one field.
    Single,
    /// One value in one field, and without it a message cannot be understood: never twice.
    Vital,
    /// Fields that may be repeated and whose commas belong to the value.
    Repeated,
}

/// One line for each name: constant, text, compact form or 0, shape, where it is defined.
macro_rules! names {
    ($($constant:ident $text:literal $compact:literal $shape:ident $clause:literal;)*) => {
        /// The position of each name in the table.
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "numbers the constants, nothing else")]
        enum Position { $($constant,)* }

        impl HeaderName {
            $(
                #[doc = concat!("`", $text, "`, ", $clause, ".")]
                pub const $constant: Self = Self(Position::$constant as u8);
            )*
        }

        const NAMES: &[&str] = &[$($text,)*];
        const LINE_STARTS: &[&str] = &[$(concat!($text, ": "),)*];
        const COMPACT: &[u8] = &[$($compact,)*];
        const SHAPES: &[Shape] = &[$(Shape::$shape,)*];
    };
}

names! {
    VIA "Via" b'v' List "RFC 3261 §20.42";
    FROM "From" b'f' Vital "RFC 3261 §20.20";
    TO "To" b't' Vital "RFC 3261 §20.39";
    CALL_ID "Call-ID" b'i' Vital "RFC 3261 §20.8";
    CSEQ "CSeq" 0 Vital "RFC 3261 §20.16";
    MAX_FORWARDS "Max-Forwards" 0 Vital "RFC 3261 §20.22";
    CONTACT "Contact" b'm' List "RFC 3261 §20.10";
    CONTENT_LENGTH "Content-Length" b'l' Vital "RFC 3261 §20.14";
    CONTENT_TYPE "Content-Type" b'c' Vital "RFC 3261 §20.15";
    ROUTE "Route" 0 List "RFC 3261 §20.34";
    RECORD_ROUTE "Record-Route" 0 List "RFC 3261 §20.30";
    ACCEPT "Accept" 0 List "RFC 3261 §20.1";
    ACCEPT_CONTACT "Accept-Contact" b'a' List "RFC 3841 §9.2";
    ACCEPT_ENCODING "Accept-Encoding" 0 List "RFC 3261 §20.2";
    ACCEPT_LANGUAGE "Accept-Language" 0 List "RFC 3261 §20.3";
    ACCEPT_RESOURCE_PRIORITY "Accept-Resource-Priority" 0 List "RFC 4412 §3.2";
    ALERT_INFO "Alert-Info" 0 List "RFC 3261 §20.4";
    ALLOW "Allow" 0 List "RFC 3261 §20.5";
    ALLOW_EVENTS "Allow-Events" b'u' List "RFC 6665 §8.2.2";
    ANSWER_MODE "Answer-Mode" 0 Single "RFC 5373 §3";
    AUTHENTICATION_INFO "Authentication-Info" 0 Repeated "RFC 3261 §20.6";
    AUTHORIZATION "Authorization" 0 Repeated "RFC 3261 §20.7";
    CALL_INFO "Call-Info" 0 List "RFC 3261 §20.9";
    CONTENT_DISPOSITION "Content-Disposition" 0 Single "RFC 3261 §20.11";
    CONTENT_ENCODING "Content-Encoding" b'e' List "RFC 3261 §20.12";
    CONTENT_ID "Content-ID" 0 Single "RFC 8262 §3";
    CONTENT_LANGUAGE "Content-Language" 0 List "RFC 3261 §20.13";
    CONTRIBUTION_ID "Contribution-ID" 0 Single "OMA CPM 2.2 Conversation Functions, appendix";
    CONVERSATION_ID "Conversation-ID" 0 Single "OMA CPM 2.2 Conversation Functions, appendix";
    DATE "Date" 0 Single "RFC 3261 §20.17";
    ENCRYPTION "Encryption" 0 Repeated "RFC 2543 §6.18, deprecated";
    ERROR_INFO "Error-Info" 0 List "RFC 3261 §20.18";
    EVENT "Event" b'o' Single "RFC 6665 §8.2.1";
    EXPIRES "Expires" 0 Single "RFC 3261 §20.19";
    FEATURE_CAPS "Feature-Caps" 0 List "RFC 6809 §6";
    FLOW_TIMER "Flow-Timer" 0 Single "RFC 5626 §10";
    GEOLOCATION "Geolocation" 0 List "RFC 6442 §4.1";
    GEOLOCATION_ROUTING "Geolocation-Routing" 0 Single "RFC 6442 §4.2";
    HIDE "Hide" 0 Repeated "RFC 2543 §6.22, deprecated";
    HISTORY_INFO "History-Info" 0 List "RFC 7044 §5";
    IDENTITY "Identity" b'y' List "RFC 8224 §4";
    IDENTITY_INFO "Identity-Info" b'n' Single "RFC 4474 §9, deprecated";
    INFO_PACKAGE "Info-Package" 0 Single "RFC 6086 §7.2";
    IN_REPLY_TO "In-Reply-To" 0 List "RFC 3261 §20.21";
    IN_REPLY_TO_CONTRIBUTION_ID "InReplyTo-Contribution-ID" 0 Single "OMA CPM 2.2 Conversation Functions, appendix";
    JOIN "Join" 0 Single "RFC 3911 §7.1";
    MAX_BREADTH "Max-Breadth" 0 Single "RFC 5393 §5.8";
    MIME_VERSION "MIME-Version" 0 Single "RFC 3261 §20.24";
    MIN_EXPIRES "Min-Expires" 0 Single "RFC 3261 §20.23";
    MIN_SE "Min-SE" 0 Single "RFC 4028 §5";
    ORGANIZATION "Organization" 0 Single "RFC 3261 §20.25";
    P_ACCESS_NETWORK_INFO "P-Access-Network-Info" 0 List "RFC 7315 §4.4";
    P_ASSERTED_IDENTITY "P-Asserted-Identity" 0 List "RFC 3325 §9.1";
    P_ASSERTED_SERVICE "P-Asserted-Service" 0 List "RFC 6050 §4.1";
    P_ASSOCIATED_URI "P-Associated-URI" 0 List "RFC 7315 §4.1";
    P_CALLED_PARTY_ID "P-Called-Party-ID" 0 Single "RFC 7315 §4.2";
    P_CHARGING_FUNCTION_ADDRESSES "P-Charging-Function-Addresses" 0 Single "RFC 7315 §4.5";
    P_CHARGING_VECTOR "P-Charging-Vector" 0 Single "RFC 7315 §4.6";
    P_EARLY_MEDIA "P-Early-Media" 0 List "RFC 5009 §8";
    P_PREFERRED_IDENTITY "P-Preferred-Identity" 0 List "RFC 3325 §9.2";
    P_PREFERRED_SERVICE "P-Preferred-Service" 0 List "RFC 6050 §4.2";
    P_PROFILE_KEY "P-Profile-Key" 0 Single "RFC 5002 §5";
    P_REFUSED_URI_LIST "P-Refused-URI-List" 0 List "RFC 5318 §5";
    P_SERVED_USER "P-Served-User" 0 Single "RFC 5502 §6";
    P_USER_DATABASE "P-User-Database" 0 Single "RFC 4457 §4";
    P_VISITED_NETWORK_ID "P-Visited-Network-ID" 0 List "RFC 7315 §4.3";
    PATH "Path" 0 List "RFC 3327 §4";
    PERMISSION_MISSING "Permission-Missing" 0 List "RFC 5360 §5.9.3";
    PRIORITY "Priority" 0 Single "RFC 3261 §20.26";
    PRIVACY "Privacy" 0 Single "RFC 3323 §4.2";
    PROXY_AUTHENTICATE "Proxy-Authenticate" 0 Repeated "RFC 3261 §20.27";
    PROXY_AUTHORIZATION "Proxy-Authorization" 0 Repeated "RFC 3261 §20.28";
    PROXY_REQUIRE "Proxy-Require" 0 List "RFC 3261 §20.29";
    RACK "RAck" 0 Single "RFC 3262 §7.2";
    REASON "Reason" 0 List "RFC 3326 §2";
    RECV_INFO "Recv-Info" 0 List "RFC 6086 §7.3";
    REFER_SUB "Refer-Sub" 0 Single "RFC 4488 §4";
    REFER_TO "Refer-To" b'r' Single "RFC 3515 §2.1";
    REFERRED_BY "Referred-By" b'b' Single "RFC 3892 §3";
    REJECT_CONTACT "Reject-Contact" b'j' List "RFC 3841 §9.2";
    REPLACES "Replaces" 0 Single "RFC 3891 §6.1";
    REPLY_TO "Reply-To" 0 Single "RFC 3261 §20.31";
    REQUEST_DISPOSITION "Request-Disposition" b'd' List "RFC 3841 §9.1";
    REQUIRE "Require" 0 List "RFC 3261 §20.32";
    RESOURCE_PRIORITY "Resource-Priority" 0 List "RFC 4412 §3.1";
    RESPONSE_KEY "Response-Key" 0 Repeated "RFC 2543 §6.33, deprecated";
    RETRY_AFTER "Retry-After" 0 Single "RFC 3261 §20.33";
    RSEQ "RSeq" 0 Single "RFC 3262 §7.1";
    SECURITY_CLIENT "Security-Client" 0 List "RFC 3329 §2.2";
    SECURITY_SERVER "Security-Server" 0 List "RFC 3329 §2.2";
    SECURITY_VERIFY "Security-Verify" 0 List "RFC 3329 §2.2";
    SERVER "Server" 0 Single "RFC 3261 §20.35";
    SERVICE_ROUTE "Service-Route" 0 List "RFC 3608 §5";
    SESSION_EXPIRES "Session-Expires" b'x' Single "RFC 4028 §4";
    SESSION_ID "Session-ID" 0 Single "RFC 7989 §5";
    SIP_ETAG "SIP-ETag" 0 Single "RFC 3903 §11.3.1";
    SIP_IF_MATCH "SIP-If-Match" 0 Single "RFC 3903 §11.3.2";
    SUBJECT "Subject" b's' Single "RFC 3261 §20.36";
    SUBSCRIPTION_STATE "Subscription-State" 0 Single "RFC 6665 §8.2.3";
    SUPPORTED "Supported" b'k' List "RFC 3261 §20.37";
    SUPPRESS_IF_MATCH "Suppress-If-Match" 0 Single "RFC 5839 §7.1";
    TARGET_DIALOG "Target-Dialog" 0 Single "RFC 4538 §7";
    TIMESTAMP "Timestamp" 0 Single "RFC 3261 §20.38";
    TRIGGER_CONSENT "Trigger-Consent" 0 List "RFC 5360 §5.11.2";
    UNSUPPORTED "Unsupported" 0 List "RFC 3261 §20.40";
    USER_AGENT "User-Agent" 0 Single "RFC 3261 §20.41";
    USER_TO_USER "User-to-User" 0 List "RFC 7433 §4.1";
    WARNING "Warning" 0 List "RFC 3261 §20.43";
    WWW_AUTHENTICATE "WWW-Authenticate" 0 Repeated "RFC 3261 §20.44";
}

/// Marks a slot of [`SLOTS`] and [`INITIALS`] that holds no name.
const EMPTY: u8 = u8::MAX;
/// Slots of the hash table: a power of two, some four times the names.
const SLOT_COUNT: usize = 512;
/// Names by [`slot`], collisions in the slots after it.
static SLOTS: [u8; SLOT_COUNT] = slots();
/// The key of each name; those of other numbers belong to no name.
static KEYS: [Key; 256] = keys();
/// Compact forms by letter.
static INITIALS: [u8; 26] = initials();

/// The first 16 bytes of a name in lower case, zero where it is shorter: no two names share them.
type Key = [u64; 2];

/// A word with its letters in lower case. Bytes that are no letters stay apart from those that are in a name.
const fn fold(word: u64) -> u64 {
    const LETTERS: u64 = u64::MAX / 0xff * 0x40;
    word | ((word & LETTERS) >> 1)
}

/// The key of a whole name.
#[expect(clippy::as_conversions, clippy::indexing_slicing, reason = "const; widening; bounded by the loop")]
const fn key(name: &[u8]) -> Key {
    let mut key = [0; 2];
    let mut i = 0;
    while i < name.len() && i < 16 {
        key[i / 8] |= (name[i] as u64) << (8 * (i % 8));
        i += 1;
    }
    [fold(key[0]), fold(key[1])]
}

#[expect(clippy::as_conversions, reason = "const; nine bits")]
const fn slot([start, rest]: Key) -> usize {
    (start ^ rest.rotate_left(29)).wrapping_mul(MIX).wrapping_shr(55) as usize % SLOT_COUNT
}

/// Chosen so that most names have a slot of their own.
const MIX: u64 = 0x415b_3627_70d0_c4fd;

#[expect(clippy::as_conversions, clippy::indexing_slicing, reason = "const; at compile time")]
const fn slots() -> [u8; SLOT_COUNT] {
    let mut slots = [EMPTY; SLOT_COUNT];
    let mut i = 0;
    while i < NAMES.len() {
        let mut at = slot(key(NAMES[i].as_bytes()));
        while slots[at] != EMPTY {
            at = (at + 1) % SLOT_COUNT;
        }
        slots[at] = i as u8;
        i += 1;
    }
    slots
}

#[expect(clippy::indexing_slicing, reason = "const; at compile time")]
const fn keys() -> [Key; 256] {
    let mut keys = [[u64::MAX; 2]; 256];
    let mut i = 0;
    while i < NAMES.len() {
        keys[i] = key(NAMES[i].as_bytes());
        i += 1;
    }
    keys
}

#[expect(clippy::as_conversions, clippy::indexing_slicing, reason = "const; at compile time")]
const fn initials() -> [u8; 26] {
    let mut initials = [EMPTY; 26];
    let mut i = 0;
    while i < COMPACT.len() {
        if COMPACT[i] != 0 {
            initials[(COMPACT[i] - b'a') as usize] = i as u8;
        }
        i += 1;
    }
    initials
}

/// The number of the name with this key, [`EMPTY`] if there is none.
#[inline]
#[expect(clippy::indexing_slicing, reason = "a u8 indexes 256 entries, a slot 512")]
fn find(key: Key) -> u8 {
    let mut at = slot(key);
    loop {
        let found = SLOTS[at % SLOT_COUNT];
        if found == EMPTY || KEYS[usize::from(found)] == key {
            return found;
        }
        at += 1;
    }
}

/// The number of the name that is the first `len` bytes of a line, at most 15, [`HeaderName::UNKNOWN_ID`] if it
/// is not in the table.
#[inline]
#[expect(clippy::indexing_slicing, reason = "bounded by the remainder")]
pub(crate) fn id_of_short(line: &[u8; 16], len: u32) -> u8 {
    let [start, rest] = words(u128::from_le_bytes(*line));
    let [start_mask, rest_mask] = MASKS[crate::index::offset(len) % MASKS.len()];
    match len {
        1 => initial(start.to_le_bytes()[0]),
        _ => find([fold(start & start_mask), fold(rest & rest_mask)]),
    }
}

/// The two halves of 16 bytes, the first one first.
#[inline]
#[expect(clippy::as_conversions, reason = "cut in half on purpose")]
const fn words(whole: u128) -> Key {
    [whole as u64, (whole >> 64) as u64]
}

/// All bits of so many bytes at the front of 16.
static MASKS: [Key; 16] = masks();

#[expect(clippy::indexing_slicing, reason = "const; at compile time")]
const fn masks() -> [Key; 16] {
    let mut masks = [[0; 2]; 16];
    let mut len = 1;
    while len < masks.len() {
        masks[len] = words(u128::MAX >> (128 - 8 * len));
        len += 1;
    }
    masks
}

#[inline]
fn initial(letter: u8) -> u8 {
    let i = (letter | 0x20).wrapping_sub(b'a');
    INITIALS.get(usize::from(i)).copied().unwrap_or(EMPTY)
}

impl HeaderName {
    /// The name written as `text`, in full or in compact form, in any case; `None` if the table has no such name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_bytes(text.as_bytes())
    }

    /// As [`HeaderName::parse`].
    #[inline]
    pub(crate) fn from_bytes(text: &[u8]) -> Option<Self> {
        let id = match text {
            [letter] => initial(*letter),
            _ => find(key(text)),
        };
        let name = Self::from_id(id)?;
        // The key tells names of the table apart, not the rest of a long one, nor zeros behind a short one.
        let same = text.len() == 1 || name.as_str().as_bytes().eq_ignore_ascii_case(text);
        same.then_some(name)
    }

    /// The name in full, as its RFC writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        NAMES.get(usize::from(self.0)).copied().unwrap_or_default()
    }

    /// As [`HeaderName::as_str`], with what comes between it and the value.
    pub(crate) fn with_colon(self) -> &'static str {
        LINE_STARTS.get(usize::from(self.0)).copied().unwrap_or_default()
    }

    /// The compact form (RFC 3261 §7.3.3), if the name has one.
    #[must_use]
    pub fn compact(self) -> Option<char> {
        COMPACT.get(usize::from(self.0)).filter(|&&byte| byte != 0).map(|&byte| char::from(byte))
    }

    /// Every name of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..EMPTY).take(NAMES.len()).map(Self)
    }

    pub(crate) fn shape(self) -> Shape {
        SHAPES.get(usize::from(self.0)).copied().unwrap_or(Shape::Repeated)
    }

    /// The number kept in the header index.
    pub(crate) const fn id(self) -> u8 {
        self.0
    }

    /// The name with this number; `None` for [`HeaderName::UNKNOWN_ID`].
    pub(crate) fn from_id(id: u8) -> Option<Self> {
        (usize::from(id) < NAMES.len()).then_some(Self(id))
    }

    /// The number that stands for a name outside the table.
    pub(crate) const UNKNOWN_ID: u8 = EMPTY;
}

/// The bytes of a header name: `token`.
pub(crate) const NAME: CharClass = TOKEN;

impl fmt::Debug for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3261_7_3_1_names_are_found_in_any_case() {
        assert!(NAMES.len() < usize::from(EMPTY));
        for name in HeaderName::all() {
            let text = name.as_str();
            assert_eq!(HeaderName::parse(text), Some(name));
            assert_eq!(HeaderName::parse(&text.to_ascii_uppercase()), Some(name));
            assert_eq!(HeaderName::parse(&text.to_ascii_lowercase()), Some(name));
        }
        assert_eq!(HeaderName::CSEQ.as_str(), "CSeq");
    }

    #[test]
    fn rfc3261_7_3_3_compact_forms_of_the_registry() {
        let listed: String =
            ('a'..='z').filter(|c| HeaderName::parse(c.encode_utf8(&mut [0; 4])).is_some()).collect();
        assert_eq!(listed, "abcdefijklmnorstuvxy");
        for (compact, name) in
            [("L", "Content-Length"), ("x", "Session-Expires"), ("o", "Event"), ("K", "Supported")]
        {
            assert_eq!(HeaderName::parse(compact).unwrap().as_str(), name);
        }
        assert_eq!(HeaderName::VIA.compact(), Some('v'));
        assert_eq!(HeaderName::CSEQ.compact(), None);
    }

    #[test]
    fn other_names_are_not_found() {
        for text in ["", "X-Foo", "z", "C%6Fntact", "Vi", "Viaa", "\u{e9}", "@", "{"] {
            assert_eq!(HeaderName::parse(text), None, "{text}");
        }
    }

    use alloc::string::String;
}
