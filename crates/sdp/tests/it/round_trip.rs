//! Every type of a line and of an attribute: what follows its rule prints as it was read, and whatever is read from any
//! text prints as something that is read as the same.

use std::fmt;

use proptest::prelude::*;
use simple_im_sdp::ParseError;
use simple_im_sdp::attribute::{
    AcceptTypes, AcceptWrappedTypes, Attribute, Candidate, Fingerprint, Fmtp, Group, IceOptions, IcePwd,
    IceUfrag, Label, MaxPacketTime, MaxSize, Mid, MsrpCema, PacketTime, Path, RtpMap, Setup, TcpConnection,
};
use simple_im_sdp::file::FileRange;
use simple_im_sdp::line::{Bandwidth, Connection, EncryptionKey, MediaLine, OriginRef, Repeat, Timing, Zone};

/// A value that follows its rule is read and prints as it was.
#[track_caller]
fn exact<'a, T: fmt::Display>(value: &'a str, parse: impl Fn(&'a str) -> Result<T, ParseError>) {
    match parse(value) {
        Ok(read) => assert_eq!(read.to_string(), value),
        Err(error) => panic!("{value:?}: {error}"),
    }
}

/// Any text is read or refused inside it; what is read prints as what is read as the same.
#[track_caller]
fn stable<'a, T: fmt::Display>(
    text: &'a str,
    parse: impl Fn(&'a str) -> Result<T, ParseError>,
) -> Option<String> {
    match parse(text) {
        Ok(read) => Some(read.to_string()),
        Err(error) => {
            assert!(error.offset() <= text.len(), "{text:?}: {error}");
            None
        }
    }
}

/// One test for a type: the pattern of its rule, and its reader.
macro_rules! round_trips {
    ($($name:ident: $pattern:literal => $parse:path,)*) => {
        proptest! {
            $(
                #[test]
                fn $name(value in $pattern) {
                    exact(&value, $parse);
                }
            )*

            #[test]
            fn any_text_is_read_stably_or_refused_inside_it(
                text in prop_oneof![any::<String>(), "[ -~]{0,40}", $($pattern,)*],
                at in any::<prop::sample::Index>(),
                byte in prop::option::of(" |/|:|-|0|x"),
            ) {
                // A byte out of place, where one is to be.
                let mut text = text;
                if let Some(byte) = byte {
                    let places: Vec<_> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
                    text.insert_str(places[at.index(places.len())], &byte);
                }
                $(
                    if let Some(printed) = stable(&text, $parse) {
                        let again = stable(&printed, $parse);
                        prop_assert_eq!(again.as_ref(), Some(&printed), "{:?}", text);
                    }
                )*
            }
        }
    };
}

round_trips! {
    rfc8866_5_2_origin: "[!-~]{1,9} [1-9][0-9]{0,18} [1-9][0-9]{0,18} IN IP[46] [a-z0-9.:]{1,20}" => OriginRef::parse,
    rfc8866_5_7_connection: "IN (IP4 [a-z0-9.]{1,20}(/[1-9][0-9]?(/[1-9][0-9]{0,8})?)?|IP6 [a-f0-9:]{1,20}(/[1-9][0-9]{0,8})?)"
        => Connection::parse,
    rfc8866_5_8_bandwidth: "(CT|AS|TIAS|RS|RR|X-[A-Z]{1,5}):(0|[1-9][0-9]{0,18})" => Bandwidth::parse,
    rfc8866_5_9_timing: "(0|[1-9][0-9]{9,18}) (0|[1-9][0-9]{9,18})" => Timing::parse,
    rfc8866_5_10_repeat: "[1-9][0-9]{0,5}[dhms]? [1-9][0-9]{0,5}[dhms]?( (0|[1-9][0-9]{0,5}[dhms]?)){1,4}" => Repeat::parse,
    rfc8866_5_11_zone: "[1-9][0-9]{9} -?[0-9]{1,5}[dhms]?( [1-9][0-9]{9} -?[0-9]{1,5}[dhms]?){0,3}" => Zone::parse,
    rfc4566_5_12_key: "(prompt|(clear|base64|uri):[ -~]{1,20})" => EncryptionKey::parse,
    rfc8866_5_14_media: "[a-z]{1,9} [1-9][0-9]{0,3}(/[1-9][0-9]{0,4})? [A-Z]{1,5}(/[A-Z]{1,5}){0,3}( [!#-'*+.0-9a-z]{1,5}){1,4}"
        => MediaLine::parse,
    rfc5547_6_range: "[1-4][0-9]{0,3}-(\\*|[5-9][0-9]{4,9})" => FileRange::parse,
    rfc4975_8_2_path: "msrps?://([a-z0-9]{1,8}@)?[a-z][a-z0-9]{0,9}(:[1-9][0-9]{0,3})?/[A-Za-z0-9]{1,16};tcp( msrp://[a-z]{1,9}:1/x;tcp){0,2}"
        => Path::parse,
    rfc4975_8_6_accept_types: "(\\*|[a-z]{1,8}/(\\*|[a-z]{1,8}(;[a-z]{1,5}=(\"[ a-z]{0,5}\"|[a-z]{1,5}))?))( \\*){0,2}"
        => AcceptTypes::parse,
    rfc4975_8_6_accept_wrapped_types: "(\\*|[a-z]{1,8}/[a-z]{1,8})( [a-z]{1,8}/\\*){0,2}" => AcceptWrappedTypes::parse,
    rfc4975_8_6_max_size: "(0|[1-9][0-9]{0,18})" => MaxSize::parse,
    rfc4145_4_setup: "(active|passive|actpass|holdconn)" => Setup::parse,
    rfc4145_5_connection: "(new|existing)" => TcpConnection::parse,
    rfc8122_5_fingerprint: "(SHA-1 [0-9A-F]{2}(:[0-9A-F]{2}){19}|SHA-256 [0-9A-F]{2}(:[0-9A-F]{2}){31}|x-[a-z]{1,4} [0-9A-F]{2}(:[0-9A-F]{2}){0,40})"
        => Fingerprint::parse,
    rfc6714_5_2_cema: "" => MsrpCema::parse,
    rfc4574_4_label: "[!#-'*+.0-9A-Za-z-]{1,10}" => Label::parse,
    rfc5888_4_mid: "[!#-'*+.0-9A-Za-z-]{1,10}" => Mid::parse,
    rfc5888_5_group: "(LS|FID|BUNDLE)( [a-z0-9]{1,4}){0,4}" => Group::parse,
    rfc8866_6_4_ptime: "[1-9][0-9]{0,4}" => PacketTime::parse,
    rfc8866_6_5_maxptime: "[1-9][0-9]{0,4}" => MaxPacketTime::parse,
    rfc8866_6_6_rtpmap: "(0|[1-9][0-9]|1[01][0-9]) [A-Za-z0-9-]{1,10}/[1-9][0-9]{0,8}(/[1-9])?" => RtpMap::parse,
    rfc8866_6_15_fmtp: "[0-9]{1,3} [ -~]{1,30}" => Fmtp::parse,
    rfc8839_5_6_ice_options: "[a-z0-9+]{1,8}( [a-z0-9+]{1,8}){0,3}" => IceOptions::parse,
    rfc8839_5_4_ice_ufrag: "[A-Za-z0-9+/]{4,32}" => IceUfrag::parse,
    rfc8839_5_4_ice_pwd: "[A-Za-z0-9+/]{22,64}" => IcePwd::parse,
    rfc8839_5_1_candidate: "[A-Za-z0-9+/]{1,32} [1-9][0-9]? (UDP|TCP) [1-9][0-9]{0,8} [a-f0-9.:]{1,20} [1-9][0-9]{0,3} typ (host|srflx)( raddr [0-9.]{7} rport [1-9][0-9]{0,3})?( [a-z]{1,5} [a-z0-9]{1,5}){0,2}"
        => Candidate::parse,
}
