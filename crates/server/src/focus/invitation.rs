//! `Invitation`: what an INVITE to the focus asks for, and what is asked of each recipient (RFC 5366 §4 and §5).

use bytes::Bytes;
use grammar::{ByteStr, ParseErrorKind, Reading};
use mime::{ContentDisposition, DispositionKind, Entity, Handling, MultipartBuilder};
use resource_lists::{CopyControl, Entry, RecipientList};
use sdp::attribute::{Direction, Fingerprint};
use sdp::line::Origin;
use sdp::offer_answer::{LineAnswer, MessageLine, OfferedLine, Proto, offered};
use sdp::{Dialect, SessionDescription};
use sip::uri::{Scheme, UriRef, unescape};
use sip::{HeaderName, Request, StatusCode, Uri};
use sip_ua::{IdSource, Reply};

use crate::Config;

/// The option tag of RFC 5366 §8.
pub(crate) const OPTION_TAG: &str = "recipient-list-invite";

/// What an INVITE to the focus asks for.
#[derive(Debug)]
pub(crate) struct Invitation {
    /// What the sender offers.
    pub(crate) offer: SessionDescription,
    /// The m-lines; `None` for one that the focus refuses.
    pub(crate) lines: Vec<Option<MessageLine>>,
    /// Who is to get it, each once, the sender not among them.
    pub(crate) recipients: Vec<Entry>,
    /// Parts of the body that go along, such as icons.
    enclosures: Vec<Entity>,
    /// Whether they stand in one `multipart/related` with the offer.
    related: bool,
    dialect: Dialect,
    /// Our fingerprint, for lines inside TLS.
    pub(crate) fingerprint: Option<Fingerprint>,
}

impl Invitation {
    /// Reads an INVITE from `sender`: to the factory, or to a group of `members`.
    ///
    /// # Errors
    ///
    /// The response that refuses it.
    pub(crate) fn read(
        request: &Request,
        sender: &Uri,
        members: Option<&[ByteStr]>,
        protos: &[Proto],
        config: &Config,
    ) -> Result<Self, Box<Reply>> {
        let (limits, domain) = (&config.limits, config.domain.as_str());
        let headers: Vec<_> = request
            .headers()
            .iter()
            .map(|header| (header.name.map_or(header.raw_name, |name| name.as_str()), header.unfolded()))
            .collect();
        let headers = headers.iter().map(|(name, value)| (*name, value.as_ref()));
        let (body, _) = Entity::read(headers, request.body(), Reading::Lenient, &mime::Limits::default())
            .map_err(|_| refuse(StatusCode::BAD_REQUEST, "body cannot be taken apart"))?;
        let lists: Vec<_> = body.recipient_lists().collect();
        let recipients = match members {
            Some(_) if !lists.is_empty() => {
                return Err(refuse(StatusCode::BAD_REQUEST, "a group has its own list"));
            }
            Some(members) => group(members, sender, domain)?,
            None => listed(request, &lists, config)?,
        };
        let recipients = without(recipients, sender, domain);
        if recipients.is_empty() {
            return Err(refuse(StatusCode::BAD_REQUEST, "no recipients"));
        }
        if recipients.len() > limits.max_recipients {
            return Err(refuse(StatusCode::REQUEST_ENTITY_TOO_LARGE, "too many recipients"));
        }
        let part = body.offer().ok_or_else(|| refuse(StatusCode::NOT_ACCEPTABLE_HERE, "no offer"))?;
        let offer = part.body().and_then(SessionDescription::parse);
        let offer = offer.map_err(|_| refuse(StatusCode::BAD_REQUEST, "offer cannot be read"))?;
        let lines: Vec<_> = offered(&offer).into_iter().map(|line| usable(line, protos)).collect();
        if lines.len() > limits.max_lines {
            return Err(refuse(StatusCode::NOT_ACCEPTABLE_HERE, "too many m-lines"));
        }
        if lines.iter().all(Option::is_none) {
            return Err(refuse(
                StatusCode::NOT_ACCEPTABLE_HERE,
                "no m-line that sends over MSRP as it is spoken here",
            ));
        }
        let is_list = |entity: &Entity| lists.iter().any(|list| std::ptr::eq(*list, entity));
        let goes_along =
            |entity: &&Entity| entity.parts().is_empty() && !std::ptr::eq(*entity, part) && !is_list(entity);
        let enclosures = body.walk().filter(goes_along).cloned().collect();
        let is_related =
            |entity: &Entity| entity.content_type().is_ok_and(|ty| ty.is("multipart", "related"));
        let related = body.walk().any(is_related);
        let dialect = dialect(&lines);
        Ok(Self { offer, lines, recipients, enclosures, related, dialect, fingerprint: None })
    }

    /// Our end of line `at` towards the sender: we take what is offered, and messages in envelopes first of all.
    pub(crate) fn answer_line(&self, at: usize, own: &msrp::Uri) -> LineAnswer {
        let Some(Some(offered)) = self.lines.get(at) else { return LineAnswer::Refuse };
        let Ok(mut line) = MessageLine::new(own.text().clone(), Direction::RecvOnly) else {
            return LineAnswer::Refuse;
        };
        line.accept_types = accept_types(offered);
        line.accept_wrapped_types = vec![ByteStr::from_static("*")];
        line.fingerprints = self.fingerprints(offered);
        LineAnswer::Accept(line)
    }

    /// Our end of line `at` towards a recipient: what the sender offered, from us.
    pub(crate) fn offer_line(&self, at: usize, own: &msrp::Uri, ids: &mut IdSource) -> Option<MessageLine> {
        let offered = self.lines.get(at)?.as_ref()?;
        let mut line = MessageLine::new(own.text().clone(), Direction::SendOnly).ok()?;
        line.accept_types = accept_types(offered);
        line.accept_wrapped_types.clone_from(&offered.accept_wrapped_types);
        line.title.clone_from(&offered.title);
        line.fingerprints = self.fingerprints(offered);
        line.file.clone_from(&offered.file);
        if let Some(file) = line.file.as_mut().filter(|file| file.transfer_id.is_none()) {
            // RFC 5547 §6 wants one as soon as one line of the offer follows it.
            file.transfer_id = Some(ids.call_id());
        }
        Some(line)
    }

    /// Our fingerprints on a line: what the sender wants inside TLS goes on inside TLS.
    fn fingerprints(&self, offered: &MessageLine) -> Vec<Fingerprint> {
        self.fingerprint.iter().filter(|_| offered.proto == Proto::Tls).cloned().collect()
    }

    /// Whether line `at` runs inside TLS.
    pub(crate) fn proto(&self, at: usize) -> Proto {
        self.lines.get(at).and_then(Option::as_ref).map_or(Proto::Tcp, |line| line.proto)
    }

    /// The offer to a recipient.
    pub(crate) fn offer(&self, origin: &Origin, lines: &[MessageLine]) -> Option<SessionDescription> {
        sdp::offer_answer::offer(origin, lines, self.dialect).ok()
    }

    /// The body of the INVITE to a recipient: the offer, what goes along with it, and who else gets it.
    pub(crate) fn body(&self, offer: &SessionDescription, ids: &mut IdSource) -> Option<(String, Bytes)> {
        let mut seed = || {
            let mut seed = [0; 16];
            ids.fill(&mut seed);
            seed
        };
        let sdp = Entity::builder("application/sdp").body(offer.to_bytes()).ok()?;
        let enclosures = self.enclosures.iter().cloned();
        let mut body = MultipartBuilder::mixed();
        if self.related && !self.enclosures.is_empty() {
            let related = MultipartBuilder::related("application/sdp").part(sdp);
            let related = enclosures.fold(related, MultipartBuilder::part);
            body = body.part(related.build_entity(seed()).ok()?);
        } else {
            body = enclosures.fold(body.part(sdp), MultipartBuilder::part);
        }
        if let Some(history) = self.history() {
            let disposition = ContentDisposition::new(DispositionKind::RecipientListHistory)
                .with_handling(Handling::Optional);
            let list = Entity::builder(resource_lists::MEDIA_TYPE).disposition(&disposition);
            body = body.part(list.body(history.to_xml()).ok()?);
        }
        body.build(seed()).ok()
    }

    /// Who gets it, as everybody may know: not who is `bcc`, and who is anonymous only as a number.
    fn history(&self) -> Option<RecipientList> {
        let list: RecipientList = self.recipients.iter().cloned().collect();
        let list = list.history();
        (!list.entries().is_empty()).then_some(list)
    }
}

/// The recipients that a request to the factory lists.
fn listed(request: &Request, lists: &[&Entity], config: &Config) -> Result<Vec<Entry>, Box<Reply>> {
    let required =
        request.headers().values(HeaderName::REQUIRE).any(|tag| tag.eq_ignore_ascii_case(OPTION_TAG));
    if lists.is_empty() {
        return Err(refuse(StatusCode::BAD_REQUEST, "no recipient list"));
    }
    if !required {
        // RFC 5366 §4.1: whoever sends a list MUST require the extension, or a server may pass over the list.
        let refusal = refuse(StatusCode::EXTENSION_REQUIRED, "a list and no Require");
        return Err(Box::new(refusal.header("Require", OPTION_TAG)));
    }
    // Of all lists together, before anything is compared: what is merged may be half of it, and no more.
    let mut left = config.limits.max_recipients.saturating_mul(2).max(1);
    let mut read = Vec::new();
    for list in lists {
        if !list.content_type().is_ok_and(|ty| ty.is("application", "resource-lists+xml")) {
            let refusal = refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "list in an unknown format");
            let accept = format!(
                "application/sdp, multipart/mixed, multipart/related, {}",
                resource_lists::MEDIA_TYPE
            );
            return Err(Box::new(refusal.header("Accept", accept)));
        }
        let list_limits = resource_lists::Limits { max_entries: left, ..Default::default() };
        let list = list.body().and_then(|document| RecipientList::parse(document, &list_limits));
        let list = list.map_err(|error| match error.kind() {
            ParseErrorKind::Limit => refuse(StatusCode::REQUEST_ENTITY_TOO_LARGE, "list is too large"),
            _ => refuse(StatusCode::BAD_REQUEST, "list cannot be read"),
        })?;
        left = left.saturating_sub(list.entries().len() + list.entry_refs() + list.externals());
        read.push(list);
    }
    let domain = config.domain.as_str();
    let same = |one: &str, other: &str| same(one, other, domain);
    Ok(resource_lists::merge_by(read, |uri| Person::of(uri, domain), same).into_entries())
}

/// The members of a group, to whom only a member may send.
fn group(members: &[ByteStr], sender: &Uri, domain: &str) -> Result<Vec<Entry>, Box<Reply>> {
    if !members.iter().any(|member| same(member, sender.as_str(), domain)) {
        return Err(refuse(StatusCode::FORBIDDEN, "not a member of the group"));
    }
    Ok(members.iter().filter_map(|member| Entry::new(member.clone(), CopyControl::To).ok()).collect())
}

/// The sender gets no copy of its own message.
fn without(mut recipients: Vec<Entry>, sender: &Uri, domain: &str) -> Vec<Entry> {
    recipients.retain(|entry| !same(entry.uri(), sender.as_str(), domain));
    recipients
}

/// Whether two URIs name the same person; texts that are no URIs are compared as texts.
///
/// Of our own domain the user part decides. By RFC 3261 §19.1.4 parameters can make others of one user, but all of them
/// ring here, and somebody who is listed twenty times is to be asked once.
fn same(a: &str, b: &str, domain: &str) -> bool {
    if let (Some(a), Some(b)) = (account(a, domain), account(b, domain)) {
        return a == b;
    }
    match (Uri::parse(a), Uri::parse(b)) {
        (Ok(a), Ok(b)) => a.equivalent(&b),
        _ => a == b,
    }
}

/// The user of our own domain that a URI names.
fn account(text: &str, domain: &str) -> Option<Vec<u8>> {
    let uri = UriRef::parse(text).ok()?;
    let host = uri.host_port()?.host.to_string();
    (uri.is_sip() && host.eq_ignore_ascii_case(domain))
        .then(|| unescape(uri.user().unwrap_or_default()).into_owned())
}

/// What all URIs that are the [`same`] have in common, and few others.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Person {
    /// In lower case; empty where the text is no URI.
    scheme: String,
    /// The user without escapes, or what stands in its place.
    user: Vec<u8>,
    /// In lower case, addresses in the one form they print in.
    host_port: String,
}

impl Person {
    fn of(text: &str, domain: &str) -> Self {
        if let Some(user) = account(text, domain) {
            return Self { scheme: "sip".to_owned(), user, host_port: domain.to_ascii_lowercase() };
        }
        let Ok(uri) = UriRef::parse(text) else {
            return Self { scheme: String::new(), user: text.into(), host_port: String::new() };
        };
        let user = match uri.scheme() {
            Scheme::Sip | Scheme::Sips => unescape(uri.user().unwrap_or_default()).into_owned(),
            Scheme::Tel => uri.opaque().bytes().filter(u8::is_ascii_digit).collect(),
            _ => unescape(uri.opaque()).to_ascii_lowercase(),
        };
        let host_port = uri.host_port().map(|host_port| host_port.to_string().to_ascii_lowercase());
        Self {
            scheme: uri.scheme_text().to_ascii_lowercase(),
            user,
            host_port: host_port.unwrap_or_default(),
        }
    }
}

/// The m-line, if the focus can take its content: MSRP as it is spoken here, and the sender sends.
fn usable(line: OfferedLine, protos: &[Proto]) -> Option<MessageLine> {
    let agreed = |line: &MessageLine| line.own().is_some_and(|own| own.secure == (line.proto == Proto::Tls));
    match line {
        OfferedLine::Message(line)
            if protos.contains(&line.proto) && agreed(&line) && line.direction.sends() =>
        {
            Some(line)
        }
        OfferedLine::Message(_) | OfferedLine::Closed | OfferedLine::Foreign | OfferedLine::Broken(_) => None,
    }
}

/// What may be sent: what the sender means to send, and that in an envelope.
fn accept_types(offered: &MessageLine) -> Vec<ByteStr> {
    let cpim = ByteStr::from_static("message/cpim");
    let others = offered.accept_types.iter().filter(|ty| !ty.eq_ignore_ascii_case(&cpim)).cloned();
    let mut types: Vec<_> = std::iter::once(cpim.clone()).chain(others).collect();
    if offered.accept_types.is_empty() {
        types.push(ByteStr::from_static("*"));
    }
    types
}

/// The dialect that says all that the lines of the sender say.
fn dialect(lines: &[Option<MessageLine>]) -> Dialect {
    let files = || lines.iter().flatten().filter_map(|line| line.file.as_ref());
    let legacy = files().any(|file| file.dialect.has_legacy());
    let rfc5547 = files().any(|file| file.dialect.has_rfc5547());
    match (legacy, rfc5547) {
        (true, false) => Dialect::Legacy,
        (false, true) => Dialect::Rfc5547,
        (true, true) | (false, false) => Dialect::Dual,
    }
}

/// A refusal that says why, for people (RFC 3261 §20.43, code 399).
fn refuse(status: StatusCode, why: &'static str) -> Box<Reply> {
    Box::new(Reply::new(status).header("Warning", format!("399 focus \"{why}\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(one: &str, other: &str, expected: bool) {
        const DOMAIN: &str = "home1.example";
        assert_eq!(same(one, other, DOMAIN), expected, "{one} {other}");
        let alike = Person::of(one, DOMAIN) == Person::of(other, DOMAIN);
        assert!(alike || !expected, "{one} {other} would not be compared");
    }

    #[test]
    fn rfc5363_4_1_who_is_the_same_is_compared() {
        check("sip:%61@x", "SIP:a@X;lr", true);
        check("sip:a@[::1]", "sip:a@[0:0::1]", true);
        check("sips:x", "sips:X", true);
        check("tel:+1-(2)", "TEL:+12", true);
        check("tel:*A", "tel:*a", true);
        check("pres:a@x", "pres:a@X", true);
        check("im:%61@x", "IM:a@X", true);
        check("urn:uuid:F8", "URN:UUID:f8", true);
        check("http://x/a", "HTTP://x/a", true);
        check("mailto", "mailto", true);
        check("sip:a@x", "sip:b@x", false);
        check("sip:a@x", "sips:a@x", false);
        check("sip:a@x;ttl=1", "sip:a@x;ttl=2", false);
        check("sip:a@home1.example;ttl=1", "sips:%61@HOME1.example:5061;ttl=2", true);
        check("sip:a@home1.example", "sip:A@home1.example", false);
        check("sip:a@home1.example", "sip:a@home2.example", false);
    }

    #[test]
    fn rfc5363_4_1_who_is_not_the_same_is_seldom_compared() {
        let uris =
            ["sip:a@x", "sip:b@x", "sip:a@y", "sips:a@x", "tel:+1", "tel:+2", "im:a@x", "pres:a@x", "a"];
        let people: std::collections::BTreeSet<_> =
            uris.into_iter().map(|uri| Person::of(uri, "home1.example")).collect();
        assert_eq!(people.len(), uris.len());
    }
}
