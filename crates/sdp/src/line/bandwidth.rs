//! `b=`: proposed bandwidth, RFC 8866 §5.8; `TIAS` of RFC 3890.

use core::fmt;

use grammar::{CharClass, ParseError};

use super::cut::Cut;

/// The `b=` line in someone else's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bandwidth<'a> {
    /// `CT`, `AS`, `TIAS`, `RS`, `RR`, or another type.
    pub bwtype: &'a str,
    /// Kilobits per second; bits per second where the type says so, as `TIAS` does.
    pub bandwidth: u64,
}

impl<'a> Bandwidth<'a> {
    /// Reads the value of a `b=` line.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where the value leaves the rule.
    pub fn parse(value: &'a str) -> Result<Self, ParseError> {
        // bandwidth-field = bwtype ":" bandwidth
        let mut cut = Cut::new(value);
        let bwtype = cut.take("bwtype", &CharClass::TOKEN)?;
        cut.byte(":", b':')?;
        let bandwidth = cut.number("bandwidth")?;
        cut.end("bandwidth-field")?;
        Ok(Self { bwtype, bandwidth })
    }

    /// The type, as far as it is known.
    #[must_use]
    pub fn kind(&self) -> BandwidthType {
        match self.bwtype {
            "CT" => BandwidthType::ConferenceTotal,
            "AS" => BandwidthType::ApplicationSpecific,
            "TIAS" => BandwidthType::TransportIndependent,
            "RS" => BandwidthType::RtcpSenders,
            "RR" => BandwidthType::RtcpReceivers,
            _ => BandwidthType::Other,
        }
    }

    /// Bits per second; `None` for a type that is not known, and beyond 64 bits.
    #[must_use]
    pub fn bits_per_second(&self) -> Option<u64> {
        match self.kind() {
            BandwidthType::ConferenceTotal | BandwidthType::ApplicationSpecific => {
                self.bandwidth.checked_mul(1000)
            }
            BandwidthType::TransportIndependent
            | BandwidthType::RtcpSenders
            | BandwidthType::RtcpReceivers => Some(self.bandwidth),
            BandwidthType::Other => None,
        }
    }
}

/// The value of the line.
impl fmt::Display for Bandwidth<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.bwtype, self.bandwidth)
    }
}

/// The registered types of bandwidth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BandwidthType {
    /// `CT`: all sites of a conference together, in kilobits per second.
    ConferenceTotal,
    /// `AS`: this sender with all headers, in kilobits per second.
    ApplicationSpecific,
    /// `TIAS`: this sender without the headers of lower layers, in bits per second (RFC 3890 §6.2).
    TransportIndependent,
    /// `RS`: RTCP of active senders, in bits per second (RFC 3556 §2).
    RtcpSenders,
    /// `RR`: RTCP of all others, in bits per second (RFC 3556 §2).
    RtcpReceivers,
    /// Another one.
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc8866_5_8_units_differ_by_type() {
        let bits = |value| Bandwidth::parse(value).unwrap().bits_per_second();
        assert_eq!(bits("AS:128"), Some(128_000));
        assert_eq!(bits("CT:1"), Some(1_000));
        assert_eq!(bits("X-YZ:128"), None);
        assert_eq!(bits("AS:18446744073709551615"), None);
    }

    #[test]
    fn rfc3890_6_2_tias_is_in_bits() {
        let tias = Bandwidth::parse("TIAS:50780").unwrap();
        assert_eq!(
            (tias.kind(), tias.bits_per_second()),
            (BandwidthType::TransportIndependent, Some(50_780))
        );
        assert_eq!(Bandwidth::parse("RR:0").unwrap().bits_per_second(), Some(0));
    }
}
