//! Messages that are passed on to others, as a conference focus does: answered hop by hop, reported end to end
//! (RFC 4975 §7.1.2 and §7.2).

use std::time::Instant;

use super::{AbortReason, Connection, Event, MessageKey};
use crate::encode::check_value;
use crate::header::FailureReport;
use crate::session::Progress;
use crate::{ByteRange, Status, StatusCode};

impl Connection {
    /// Answers chunks of an incoming message 200 as they come, the last one included: for one who passes the
    /// message on, and whose verdict may take longer than the sender waits for a response.
    ///
    /// [`Self::accept`] then only REPORTs, if asked to, and [`Self::report`] tells of a failure.
    pub fn pass_on(&mut self, message: MessageKey) {
        let Some(incoming) = self.incoming.get_mut(&message) else { return };
        incoming.passed_on = true;
        if let Some(answer) = incoming.held.take() {
            self.answer(&answer, StatusCode::OK);
        }
    }

    /// The message did not arrive where it was passed on to: REPORTs `status` with a comment of one line, unless
    /// the sender does not want to hear of failures. A status that is no error is 408.
    ///
    /// As [`Self::reject`] if the last chunk was not answered.
    pub fn report(&mut self, message: MessageKey, status: u16, comment: &str, now: Instant) {
        let answered = self.incoming.get(&message).filter(|incoming| incoming.passed_on);
        let Some((incoming, size)) = answered.and_then(|incoming| Some((incoming, incoming.whole()?))) else {
            return self.reject(message, status, now);
        };
        let told = incoming.progress == Progress::Told;
        let code =
            StatusCode::new(status).filter(|status| status.as_u16() >= 300).unwrap_or(StatusCode::TIMEOUT);
        let (session, id, to_path) = (incoming.session, incoming.id.clone(), incoming.from_path.clone());
        if incoming.failure_report != FailureReport::No {
            let comment = if check_value("Status", comment).is_ok() { comment } else { code.comment() };
            let status = Status { namespace: 0, code, comment };
            self.send_report(session, &to_path, &id, ByteRange::whole(size), status);
        }
        self.close_message(message, code);
        if !told {
            self.event(Event::Aborted { message, reason: AbortReason::Refused });
        }
    }
}
