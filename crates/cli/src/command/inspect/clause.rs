//! The clause behind a rule, for people who have to convince the maker of the other side.

use crate::args::Kind;

/// Where the rule of this name is written down, as far as we know; else where the grammar is.
pub(super) fn clause(kind: Kind, rule: &str) -> &'static str {
    if rule.starts_with("max_") {
        return "a limit of this implementation";
    }
    let (table, grammar) = match kind {
        Kind::Sip | Kind::SipStream => (SIP, "RFC 3261 §25.1"),
        Kind::Sdp => (SDP, "RFC 8866 §9"),
        Kind::Msrp => (MSRP, "RFC 4975 §9"),
        Kind::ResourceLists => (RESOURCE_LISTS, "RFC 4826 §3.2"),
        Kind::Multipart => (MULTIPART, "RFC 2046 §5.1.1"),
        Kind::Cpim => (CPIM, "RFC 3862 §4"),
        Kind::Imdn => (IMDN, "RFC 5438 §11.1.9"),
    };
    table.iter().find(|(name, _)| name.eq_ignore_ascii_case(rule)).map_or(grammar, |(_, clause)| clause)
}

type Table = &'static [(&'static str, &'static str)];

const SIP: Table = &[
    ("start-line", "RFC 3261 §7"),
    ("UTF-8", "RFC 3261 §7"),
    ("sess-uuid", "RFC 7989 §5"),
    ("Request-URI", "RFC 3261 §7.1"),
    ("Method", "RFC 3261 §7.1"),
    ("SIP-Version", "RFC 3261 §7.1"),
    ("Status-Code", "RFC 3261 §7.2"),
    ("headers", "RFC 3261 §7.3"),
    ("header-name", "RFC 3261 §7.3.1"),
    ("HCOLON", "RFC 3261 §7.3.1"),
    ("LWS", "RFC 3261 §7.3.1"),
    ("CRLF", "RFC 3261 §7"),
    ("URI", "RFC 3261 §19.1"),
    ("user", "RFC 3261 §19.1.1"),
    ("password", "RFC 3261 §19.1.1"),
    ("uri-parameter", "RFC 3261 §19.1.1"),
    ("Call-ID", "RFC 3261 §20.8"),
    ("Contact", "RFC 3261 §20.10"),
    ("STAR", "RFC 3261 §20.10"),
    ("Content-Disposition", "RFC 3261 §20.11"),
    ("Content-Length", "RFC 3261 §20.14"),
    ("Content-Type", "RFC 3261 §20.15"),
    ("CSeq", "RFC 3261 §20.16"),
    ("CSeq-num", "RFC 3261 §20.16"),
    ("SIP-date", "RFC 3261 §20.17"),
    ("Expires", "RFC 3261 §20.19"),
    ("From", "RFC 3261 §20.20"),
    ("Max-Forwards", "RFC 3261 §20.22"),
    ("To", "RFC 3261 §20.39"),
    ("Via", "RFC 3261 §20.42"),
    ("branch", "RFC 3261 §8.1.1.7"),
    ("protocol-version", "RFC 3261 §20.42"),
    ("warn-code", "RFC 3261 §20.43"),
    ("warn-agent", "RFC 3261 §20.43"),
    ("option-tag", "RFC 3261 §19.2"),
    ("RAck", "RFC 3262 §7.2"),
    ("RSeq", "RFC 3262 §7.1"),
    ("response-num", "RFC 3262 §7.1"),
    ("refresher", "RFC 4028 §4"),
];

const SDP: Table = &[
    ("proto-version", "RFC 8866 §5.1"),
    ("version-field", "RFC 8866 §5.1"),
    ("origin-field", "RFC 8866 §5.2"),
    ("username", "RFC 8866 §5.2"),
    ("sess-id", "RFC 8866 §5.2"),
    ("sess-version", "RFC 8866 §5.2"),
    ("unicast-address", "RFC 8866 §5.2"),
    ("nettype", "RFC 8866 §5.2"),
    ("addrtype", "RFC 8866 §5.2"),
    ("session-name-field", "RFC 8866 §5.3"),
    ("connection-field", "RFC 8866 §5.7"),
    ("connection-address", "RFC 8866 §5.7"),
    ("ttl", "RFC 8866 §5.7"),
    ("bandwidth-field", "RFC 8866 §5.8"),
    ("bwtype", "RFC 8866 §5.8"),
    ("bandwidth", "RFC 8866 §5.8"),
    ("time-field", "RFC 8866 §5.9"),
    ("time-description", "RFC 8866 §5.9"),
    ("start-time", "RFC 8866 §5.9"),
    ("stop-time", "RFC 8866 §5.9"),
    ("repeat-field", "RFC 8866 §5.10"),
    ("zone-field", "RFC 8866 §5.11"),
    ("att-field", "RFC 8866 §5.13"),
    ("att-value", "RFC 8866 §5.13"),
    ("media-field", "RFC 8866 §5.14"),
    ("media", "RFC 8866 §5.14"),
    ("port", "RFC 8866 §5.14"),
    ("proto", "RFC 8866 §5.14"),
    ("fmt", "RFC 8866 §5.14"),
    ("CRLF", "RFC 8866 §5"),
    ("MSRP-URI", "RFC 4975 §8.2"),
    ("path", "RFC 4975 §8.2"),
    ("accept-types", "RFC 4975 §8.6"),
    ("max-size-value", "RFC 4975 §8.6"),
    ("format-entry", "RFC 4975 §8.6"),
    ("setup", "RFC 6135 §4.2"),
    ("fingerprint", "RFC 8122 §5"),
    ("file-selector", "RFC 5547 §6"),
    ("selector", "RFC 5547 §6"),
    ("hash-selector", "RFC 5547 §6"),
    ("filesize-selector", "RFC 5547 §6"),
    ("file-range", "RFC 5547 §6"),
    ("date-param", "RFC 5547 §6"),
    ("msrp-cema", "RFC 6714 §5"),
];

const MSRP: Table = &[
    ("msrp-req-or-resp", "RFC 4975 §7.1"),
    ("transact-id", "RFC 4975 §7.1"),
    ("method", "RFC 4975 §7.1"),
    ("header", "RFC 4975 §7.1"),
    ("headers", "RFC 4975 §7.1"),
    ("To-Path", "RFC 4975 §7.1"),
    ("From-Path", "RFC 4975 §7.1"),
    ("Message-ID", "RFC 4975 §7.1.1"),
    ("byte-range", "RFC 4975 §7.1.1"),
    ("range-start", "RFC 4975 §7.1.1"),
    ("range-end", "RFC 4975 §7.1.1"),
    ("total", "RFC 4975 §7.1.1"),
    ("Content-Type", "RFC 4975 §7.1.1"),
    ("Success-Report", "RFC 4975 §7.1.1"),
    ("Failure-Report", "RFC 4975 §7.1.1"),
    ("Status", "RFC 4975 §7.1.2"),
    ("namespace", "RFC 4975 §7.1.2"),
    ("status-code", "RFC 4975 §7.2"),
    ("end-line", "RFC 4975 §7.1"),
    ("MSRP-URI", "RFC 4975 §6"),
    ("msrp-scheme", "RFC 4975 §6"),
    ("session-id", "RFC 4975 §6"),
    ("transport", "RFC 4975 §6"),
    ("URI-parameter", "RFC 4975 §6"),
];

const RESOURCE_LISTS: Table = &[
    ("DOCTYPE", "refused: entities are how XML documents attack their readers"),
    ("copyControl", "RFC 5364 §4"),
    ("anonymize", "RFC 5364 §4"),
    ("count", "RFC 5364 §4"),
    ("Char", "XML 1.0 §2.2"),
    ("AttValue", "XML 1.0 §2.3"),
    ("QName", "Namespaces in XML §4"),
    ("NCName", "Namespaces in XML §3"),
    ("XMLDecl", "XML 1.0 §2.8"),
    ("encoding", "XML 1.0 §4.3.3"),
    ("CharData", "XML 1.0 §2.4"),
    ("Comment", "XML 1.0 §2.5"),
    ("PI", "XML 1.0 §2.6"),
    ("PITarget", "XML 1.0 §2.6"),
    ("CDSect", "XML 1.0 §2.7"),
    ("ETag", "XML 1.0 §3.1"),
    ("Attribute", "XML 1.0 §3.1"),
    ("Reference", "XML 1.0 §4.1"),
    ("markup", "XML 1.0 §2.4"),
    ("element", "XML 1.0 §3"),
    ("document", "XML 1.0 §2.1"),
    ("prefix", "Namespaces in XML §4"),
    ("UTF-8", "XML 1.0 §4.3.3"),
    ("UTF-16", "XML 1.0 §4.3.3"),
];

const MULTIPART: Table = &[
    ("boundary", "RFC 2046 §5.1.1"),
    ("delimiter", "RFC 2046 §5.1.1"),
    ("close-delimiter", "RFC 2046 §5.1.1"),
    ("start", "RFC 2387 §3.2"),
    ("msg-id", "RFC 2045 §7"),
    ("base64", "RFC 2045 §6.8"),
    ("quoted-printable", "RFC 2045 §6.7"),
    ("Content-Transfer-Encoding", "RFC 2045 §6"),
    ("disposition-type", "RFC 2183 §2"),
    ("field-name", "RFC 5322 §2.2"),
    ("field-value", "RFC 5322 §2.2"),
    ("type", "RFC 2045 §5.1"),
    ("subtype", "RFC 2045 §5.1"),
];

const CPIM: Table = &[
    ("Header", "RFC 3862 §2.2"),
    ("Header-name", "RFC 3862 §2.2"),
    ("Header-value", "RFC 3862 §2.4"),
    ("Address", "RFC 3862 §4.1"),
    ("datetime", "RFC 3862 §4.4"),
    ("NS", "RFC 3862 §4.6"),
    ("blank line", "RFC 3862 §2"),
];

const IMDN: Table = &[
    ("DOCTYPE", "refused: entities are how XML documents attack their readers"),
    ("message-id", "RFC 5438 §7.1.2"),
    ("datetime", "RFC 5438 §7.1.3"),
    ("status", "RFC 5438 §7.2.1"),
    ("disposition", "RFC 5438 §7.2.1.1"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_clauses_and_unknown_ones_the_grammar() {
        assert_eq!(clause(Kind::Sip, "CSeq"), "RFC 3261 §20.16");
        assert_eq!(clause(Kind::SipStream, "gen-value"), "RFC 3261 §25.1");
        assert_eq!(clause(Kind::Msrp, "range-end"), "RFC 4975 §7.1.1");
        assert_eq!(clause(Kind::Sdp, "max_media"), "a limit of this implementation");
    }
}
