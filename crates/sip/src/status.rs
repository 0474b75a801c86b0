//! `StatusCode`: how a request ended (RFC 3261 §21 and the registry built on it).

use core::fmt;

use grammar::{ParseError, ParseErrorKind};

/// The three-digit code of a response, 100 to 699.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusCode(u16);

/// One line for each registered code: constant, number, default reason phrase.
macro_rules! codes {
    ($($constant:ident $code:literal $reason:literal;)*) => {
        impl StatusCode {
            $(
                #[doc = concat!("`", $code, " ", $reason, "`.")]
                pub const $constant: Self = Self($code);
            )*

            /// The reason phrase the code is registered with; that of its class if it is not registered.
            #[must_use]
            pub const fn reason(self) -> &'static str {
                match self.0 {
                    $($code => $reason,)*
                    100..=199 => "Session Progress",
                    200..=299 => "OK",
                    300..=399 => "Multiple Choices",
                    400..=499 => "Bad Request",
                    500..=599 => "Server Internal Error",
                    _ => "Busy Everywhere",
                }
            }
        }
    };
}

codes! {
    TRYING 100 "Trying";
    RINGING 180 "Ringing";
    CALL_IS_BEING_FORWARDED 181 "Call Is Being Forwarded";
    QUEUED 182 "Queued";
    SESSION_PROGRESS 183 "Session Progress";
    EARLY_DIALOG_TERMINATED 199 "Early Dialog Terminated";
    OK 200 "OK";
    ACCEPTED 202 "Accepted";
    NO_NOTIFICATION 204 "No Notification";
    MULTIPLE_CHOICES 300 "Multiple Choices";
    MOVED_PERMANENTLY 301 "Moved Permanently";
    MOVED_TEMPORARILY 302 "Moved Temporarily";
    USE_PROXY 305 "Use Proxy";
    ALTERNATIVE_SERVICE 380 "Alternative Service";
    BAD_REQUEST 400 "Bad Request";
    UNAUTHORIZED 401 "Unauthorized";
    PAYMENT_REQUIRED 402 "Payment Required";
    FORBIDDEN 403 "Forbidden";
    NOT_FOUND 404 "Not Found";
    METHOD_NOT_ALLOWED 405 "Method Not Allowed";
    NOT_ACCEPTABLE 406 "Not Acceptable";
    PROXY_AUTHENTICATION_REQUIRED 407 "Proxy Authentication Required";
    REQUEST_TIMEOUT 408 "Request Timeout";
    GONE 410 "Gone";
    CONDITIONAL_REQUEST_FAILED 412 "Conditional Request Failed";
    REQUEST_ENTITY_TOO_LARGE 413 "Request Entity Too Large";
    REQUEST_URI_TOO_LONG 414 "Request-URI Too Long";
    UNSUPPORTED_MEDIA_TYPE 415 "Unsupported Media Type";
    UNSUPPORTED_URI_SCHEME 416 "Unsupported URI Scheme";
    UNKNOWN_RESOURCE_PRIORITY 417 "Unknown Resource-Priority";
    BAD_EXTENSION 420 "Bad Extension";
    EXTENSION_REQUIRED 421 "Extension Required";
    SESSION_INTERVAL_TOO_SMALL 422 "Session Interval Too Small";
    INTERVAL_TOO_BRIEF 423 "Interval Too Brief";
    BAD_LOCATION_INFORMATION 424 "Bad Location Information";
    USE_IDENTITY_HEADER 428 "Use Identity Header";
    PROVIDE_REFERRER_IDENTITY 429 "Provide Referrer Identity";
    FLOW_FAILED 430 "Flow Failed";
    ANONYMITY_DISALLOWED 433 "Anonymity Disallowed";
    BAD_IDENTITY_INFO 436 "Bad Identity Info";
    UNSUPPORTED_CREDENTIAL 437 "Unsupported Credential";
    INVALID_IDENTITY_HEADER 438 "Invalid Identity Header";
    FIRST_HOP_LACKS_OUTBOUND_SUPPORT 439 "First Hop Lacks Outbound Support";
    MAX_BREADTH_EXCEEDED 440 "Max-Breadth Exceeded";
    BAD_INFO_PACKAGE 469 "Bad Info Package";
    CONSENT_NEEDED 470 "Consent Needed";
    TEMPORARILY_UNAVAILABLE 480 "Temporarily Unavailable";
    CALL_OR_TRANSACTION_DOES_NOT_EXIST 481 "Call/Transaction Does Not Exist";
    LOOP_DETECTED 482 "Loop Detected";
    TOO_MANY_HOPS 483 "Too Many Hops";
    ADDRESS_INCOMPLETE 484 "Address Incomplete";
    AMBIGUOUS 485 "Ambiguous";
    BUSY_HERE 486 "Busy Here";
    REQUEST_TERMINATED 487 "Request Terminated";
    NOT_ACCEPTABLE_HERE 488 "Not Acceptable Here";
    BAD_EVENT 489 "Bad Event";
    REQUEST_PENDING 491 "Request Pending";
    UNDECIPHERABLE 493 "Undecipherable";
    SECURITY_AGREEMENT_REQUIRED 494 "Security Agreement Required";
    SERVER_INTERNAL_ERROR 500 "Server Internal Error";
    NOT_IMPLEMENTED 501 "Not Implemented";
    BAD_GATEWAY 502 "Bad Gateway";
    SERVICE_UNAVAILABLE 503 "Service Unavailable";
    SERVER_TIMEOUT 504 "Server Time-out";
    VERSION_NOT_SUPPORTED 505 "Version Not Supported";
    MESSAGE_TOO_LARGE 513 "Message Too Large";
    PUSH_NOTIFICATION_SERVICE_NOT_SUPPORTED 555 "Push Notification Service Not Supported";
    PRECONDITION_FAILURE 580 "Precondition Failure";
    BUSY_EVERYWHERE 600 "Busy Everywhere";
    DECLINE 603 "Decline";
    DOES_NOT_EXIST_ANYWHERE 604 "Does Not Exist Anywhere";
    NOT_ACCEPTABLE_ANYWHERE 606 "Not Acceptable";
    UNWANTED 607 "Unwanted";
    REJECTED 608 "Rejected";
}

impl StatusCode {
    /// A code by its number.
    ///
    /// # Errors
    ///
    /// `Status-Code` out of range if `code` is not within 100 to 699.
    pub const fn new(code: u16) -> Result<Self, ParseError> {
        match code {
            100..=699 => Ok(Self(code)),
            _ => Err(ParseError::new(ParseErrorKind::OutOfRange, "Status-Code", 0)),
        }
    }

    /// The number.
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// 1xx: the request is still being worked on.
    #[must_use]
    pub const fn is_provisional(self) -> bool {
        self.0 < 200
    }

    /// 2xx to 6xx: the request is over.
    #[must_use]
    pub const fn is_final(self) -> bool {
        self.0 >= 200
    }

    /// 2xx.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self.0, 200..=299)
    }

    /// 3xx.
    #[must_use]
    pub const fn is_redirection(self) -> bool {
        matches!(self.0, 300..=399)
    }

    /// 4xx, 5xx and 6xx.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        self.0 >= 400
    }
}

impl PartialEq<u16> for StatusCode {
    fn eq(&self, other: &u16) -> bool {
        self.0 == *other
    }
}

impl fmt::Debug for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3261_7_2_classes() {
        assert!(StatusCode::RINGING.is_provisional() && !StatusCode::RINGING.is_final());
        assert!(StatusCode::ACCEPTED.is_success());
        assert!(StatusCode::USE_PROXY.is_redirection() && !StatusCode::USE_PROXY.is_failure());
        assert!(StatusCode::DECLINE.is_failure() && StatusCode::DECLINE.is_final());
        assert!(StatusCode::new(99).is_err() && StatusCode::new(700).is_err());
    }

    #[test]
    fn rfc3261_8_1_3_2_an_unknown_code_reads_as_its_class() {
        assert_eq!(StatusCode::new(431).unwrap().reason(), "Bad Request");
        assert_eq!(StatusCode::BUSY_HERE.reason(), "Busy Here");
    }
}
