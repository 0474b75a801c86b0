//! One media description: its lines, its typed attributes, its file, and what an answerer sees in it.

use ::sdp::attribute::{
    AcceptTypes, AcceptWrappedTypes, Attribute, Attributes, Candidate, Fingerprint, Fmtp, Group, IceOptions,
    IcePwd, IceUfrag, Label, MaxPacketTime, MaxSize, Mid, MsrpCema, PacketTime, Path, RawAttribute, RtpMap,
    Setup, TcpConnection,
};
use ::sdp::offer_answer::{Breach, MessageLine};
use ::sdp::{ByteStr, FileOffer, Leniency, MediaDescription, Reading};
use serde::Serialize;

use super::super::finding::Pardon;
use super::file::File;
use super::{Address, Rate, key, written};

#[derive(Debug, Serialize)]
pub(super) struct Media {
    media: String,
    port: u16,
    port_count: Option<u32>,
    proto: String,
    fmts: Vec<String>,
    title: Option<String>,
    /// That of the session where the description has none.
    connection: Option<Address>,
    bandwidths: Vec<Rate>,
    key: Option<String>,
    direction: &'static str,
    path: Vec<String>,
    accept_types: Vec<String>,
    accept_wrapped_types: Vec<String>,
    max_size: Option<u64>,
    setup: Option<&'static str>,
    tcp_connection: Option<String>,
    /// Those in force: of the description, or else of the session.
    fingerprints: Vec<String>,
    cema: bool,
    label: Option<String>,
    mid: Option<String>,
    rtpmaps: Vec<String>,
    fmtps: Vec<String>,
    ptime: Option<String>,
    maxptime: Option<String>,
    ice_ufrag: Option<String>,
    ice_pwd: Option<String>,
    ice_options: Option<String>,
    candidates: Vec<String>,
    file: Option<File>,
    /// What was let pass in the attributes of the file.
    file_forgiven: Vec<Pardon>,
    /// Whether the side says that it knows RFC 5547.
    knows_files: bool,
    /// What an answerer sees: `message`, `closed`, `foreign`, or the rule that the line breaks.
    offered: String,
    /// Attributes as they are written.
    attributes: Vec<String>,
    /// What is wrong with those that have a type and cannot be read as it.
    unreadable: Vec<String>,
}

impl Media {
    pub(super) fn of(media: &MediaDescription<'_>) -> Self {
        let mut leniency = Leniency::new(Reading::Lenient);
        let file = FileOffer::read_with(media, &mut leniency).ok().flatten();
        Self {
            media: media.media().to_owned(),
            port: media.port(),
            port_count: media.line().port_count,
            proto: media.proto().to_owned(),
            fmts: media.fmts().map(str::to_owned).collect(),
            title: media.title().map(str::to_owned),
            connection: media.connection().map(|connection| Address::of(&connection)),
            bandwidths: media.bandwidths().map(|bandwidth| Rate::of(&bandwidth)).collect(),
            key: key(media.key()),
            direction: media.direction().as_str(),
            path: texts(&media.path()),
            accept_types: texts(&media.accept_types()),
            accept_wrapped_types: texts(&media.accept_wrapped_types()),
            max_size: media.max_size(),
            setup: media.setup().map(Setup::as_str),
            tcp_connection: one::<TcpConnection>(media),
            fingerprints: media.fingerprints().iter().map(Fingerprint::to_string).collect(),
            cema: media.has_cema(),
            label: one::<Label<'_>>(media),
            mid: one::<Mid<'_>>(media),
            rtpmaps: all::<RtpMap<'_>>(media),
            fmtps: all::<Fmtp<'_>>(media),
            ptime: one::<PacketTime>(media),
            maxptime: one::<MaxPacketTime>(media),
            ice_ufrag: one::<IceUfrag<'_>>(media),
            ice_pwd: one::<IcePwd<'_>>(media),
            ice_options: one::<IceOptions<'_>>(media),
            candidates: all::<Candidate<'_>>(media),
            file: file.as_ref().map(File::of),
            file_forgiven: leniency.forgiven().iter().map(Pardon::from).collect(),
            knows_files: media.knows_files(),
            offered: offered(media),
            attributes: written(media.attributes()),
            unreadable: unreadable(media.attributes()),
        }
    }
}

/// What is wrong with the attributes that have a type.
pub(super) fn unreadable(attributes: Attributes<'_>) -> Vec<String> {
    fn fault<'a, A: Attribute<'a>>(attribute: &RawAttribute<'a>) -> Option<String> {
        let error = (attribute.name == A::NAME).then(|| attribute.parse::<A>().err())??;
        Some(format!("{}: {error}", A::NAME))
    }
    let faults = [
        fault::<Path<'_>>,
        fault::<AcceptTypes<'_>>,
        fault::<AcceptWrappedTypes<'_>>,
        fault::<MaxSize>,
        fault::<Setup>,
        fault::<TcpConnection>,
        fault::<Fingerprint>,
        fault::<MsrpCema>,
        fault::<Group<'_>>,
        fault::<Label<'_>>,
        fault::<Mid<'_>>,
        fault::<RtpMap<'_>>,
        fault::<Fmtp<'_>>,
        fault::<PacketTime>,
        fault::<MaxPacketTime>,
        fault::<IceUfrag<'_>>,
        fault::<IcePwd<'_>>,
        fault::<IceOptions<'_>>,
        fault::<Candidate<'_>>,
    ];
    attributes.filter_map(|attribute| faults.iter().find_map(|fault| fault(&attribute))).collect()
}

fn offered(media: &MediaDescription<'_>) -> String {
    match MessageLine::read(media) {
        _ if media.port() == 0 => "closed".to_owned(),
        Ok(_) => "message".to_owned(),
        Err(Breach::NotMsrp) => "foreign".to_owned(),
        Err(breach) => breach.to_string(),
    }
}

/// The attribute of the description or of the session, as it is printed.
fn one<'a, A: Attribute<'a>>(media: &MediaDescription<'a>) -> Option<String> {
    media.typed_or_session::<A>()?.ok().map(|attribute| attribute.to_string())
}

/// All attributes of the description, as they are printed; unreadable ones are left out.
fn all<'a, A: Attribute<'a>>(media: &MediaDescription<'a>) -> Vec<String> {
    media.attributes().typed::<A>().filter_map(Result::ok).map(|attribute| attribute.to_string()).collect()
}

fn texts(list: &[ByteStr]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}
