//! Answers: RFC 3264 §6, the drafts' §6.3 and §6.4, RFC 5547 §8.3.

use bytes::BytesMut;

use super::line::{MessageLine, Proto};
use super::offer::{BuildError, LineFault, check_line, finish, read_back, refused_head, write_line};
use super::role::answer_setup;
use crate::file::{Dialect, FileOffer};
use crate::line::Origin;
use crate::writer::Writer;
use crate::{MediaDescription, SessionDescription};

/// The answer to one line of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    clippy::large_enum_variant,
    reason = "a line is accepted or refused; few are made"
)]
pub enum LineAnswer {
    /// The session is made; this is our end of it.
    ///
    /// The file attributes are copied from the offer. `file` of the line counts only if we are the one who sends (the
    /// offer asked for a file): then its digest, disposition and icon are added.
    Accept(MessageLine),
    /// Port 0.
    Refuse,
}

/// Builds the answer to `offer`: one line for each of its lines, in its order.
///
/// An accepted line gets our end of the session, the direction and `a=setup` that the offer leaves, and the file
/// attributes that its dialect wants back, byte for byte as they came: `filename`, `filetype`, `filesize` (2006);
/// `file-selector`, `file-transfer-id`, `file-range` (RFC 5547). A refused line gets port 0 and `a=inactive` (2006),
/// `file-selector` and `file-transfer-id` (RFC 5547). `t=` is that of the offer. A line that is not MSRP can only be
/// refused.
///
/// # Errors
///
/// [`BuildError`] if there is not one answer for each line, or with the first line that breaks a rule.
pub fn answer(
    offer: &SessionDescription,
    origin: &Origin,
    answers: &[LineAnswer],
) -> Result<SessionDescription, BuildError> {
    let lines = offer.media_count();
    if answers.len() != lines {
        return Err(BuildError::LineCount { lines, answers: answers.len() });
    }
    let mut out = BytesMut::with_capacity(256 + 640 * lines);
    let mut writer = Writer::new(&mut out);
    writer.head(origin).connection(&origin.address);
    times(offer, &mut writer);
    for (at, (media, answer)) in offer.media().zip(answers).enumerate() {
        match answer {
            LineAnswer::Refuse => refuse(&media, &mut writer),
            LineAnswer::Accept(line) => {
                accept(&media, line, &mut writer).map_err(|fault| BuildError::Line { line: at, fault })?;
            }
        }
    }
    finish(&writer)?;
    read_back(out)
}

/// The times of the offer (RFC 3264 §6): `t=` and `r=` as they came; `0 0` where it has none.
fn times(offer: &SessionDescription, out: &mut Writer<'_>) {
    if offer.timing().is_none() {
        out.line('t', format_args!("0 0"));
    }
    let session = offer.lines().take_while(|line| line.kind != 'm');
    let mut timed = false;
    for line in session.filter(|line| matches!(line.kind, 't' | 'r')) {
        timed |= line.kind == 't';
        if timed {
            out.raw_line(line.kind, line.value);
        }
    }
}

fn refuse(media: &MediaDescription<'_>, out: &mut Writer<'_>) {
    refused_head(media, out);
    if !media.is_msrp() {
        return;
    }
    let dialect = media.file().map(|file| file.dialect);
    if dialect.is_some_and(Dialect::has_rfc5547) {
        mirror(media, &["file-selector", "file-transfer-id"], out);
    }
    if dialect.is_none_or(Dialect::has_legacy) {
        out.property("inactive");
    }
}

fn accept(media: &MediaDescription<'_>, line: &MessageLine, out: &mut Writer<'_>) -> Result<(), LineFault> {
    if !media.is_msrp() {
        return Err(LineFault::NotMsrp);
    }
    if media.port() == 0 || line.port == 0 {
        return Err(LineFault::Closed);
    }
    check_line(line)?;
    if (line.proto == Proto::Tls) != media.is_msrp_tls() {
        return Err(LineFault::Proto);
    }
    let setup = answer_setup(media.setup(), line.setup);
    if line.port == 9 && setup != crate::attribute::Setup::Active {
        return Err(LineFault::Unreachable);
    }
    let offered = media.file();
    // What the answer adds of its own file goes by the file sender's rules.
    let own = line.file.as_ref().filter(|_| media.direction().receives() && !media.direction().sends());
    let ours = MessageLine {
        direction: line.direction.with_peer(media.direction()),
        title: line.title.clone(),
        file: None,
        // Said only to who said it (RFC 6714 §4.3).
        cema: line.cema && media.has_cema(),
        ..line.clone()
    };
    write_line(&ours, setup, out);
    let dialect = offered.as_ref().map(|file| file.dialect);
    if dialect.is_some_and(Dialect::has_rfc5547) {
        match own {
            Some(own) => pulled_selector(media, offered.as_ref(), own, out),
            None => mirror(media, &["file-selector"], out),
        }
        mirror(media, &["file-transfer-id"], out);
        if let Some(range) = offered.as_ref().and_then(|file| file.range) {
            out.attribute("file-range", range);
        }
        if let Some(own) = own {
            let companions = FileOffer {
                disposition: own.disposition.clone(),
                icon: own.icon.clone(),
                ..FileOffer::default()
            };
            companions.write(Dialect::Rfc5547, out);
        }
    }
    if dialect.is_some_and(Dialect::has_legacy) {
        mirror(media, &["filename", "filetype", "filesize"], out);
        if let Some(own) = own {
            let companions = FileOffer {
                disposition: own.disposition.clone(),
                icon: own.icon.clone(),
                hashes: own.hashes.clone(),
                ..FileOffer::default()
            };
            companions.write(Dialect::Legacy, out);
        }
    }
    Ok(())
}

/// Gives attributes back as they came: of each name the first with a value, which is the one that counts, or one that
/// has no colon.
fn mirror(media: &MediaDescription<'_>, names: &[&str], out: &mut Writer<'_>) {
    for name in names {
        if let Some(value) = valued(media, name) {
            out.raw_attribute(name, value);
        } else if media.attributes().named(name).any(|attribute| attribute.value.is_none()) {
            out.property(name);
        }
    }
}

/// The first value that an attribute has, as it came.
fn valued<'a>(media: &MediaDescription<'a>, name: &str) -> Option<&'a [u8]> {
    media.attributes().named(name).find_map(|attribute| attribute.value.filter(|value| !value.is_empty()))
}

/// The offered selector, and the digests of the file it selected that it does not name yet (RFC 5547 §8.3.2).
fn pulled_selector(
    media: &MediaDescription<'_>,
    offered: Option<&FileOffer>,
    own: &FileOffer,
    out: &mut Writer<'_>,
) {
    let Some(offered_value) = valued(media, "file-selector") else { return };
    let mut value = offered_value.to_vec();
    let known = offered.map_or(&[][..], |file| &file.hashes);
    for hash in own.hashes.iter().filter(|hash| known.iter().all(|known| known.algorithm != hash.algorithm)) {
        value.extend_from_slice(b" hash:");
        value.extend_from_slice(crate::file::name::text(hash).as_bytes());
    }
    out.raw_attribute("file-selector", &value);
}
