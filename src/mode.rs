use std::fmt;
use std::str::FromStr;

/// The message security mode (消息加解密方式) as it is set in WeChat's console.
///
/// The mode is configuration, never the request's choice: `encrypt_type` in a request is ignored, because a forged
/// request could otherwise opt out of the encryption.
///
/// Exhaustive: WeChat has these three modes, and code that matches on them should not compile if there is a fourth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecurityMode {
    /// Plain (明文模式): `signature` is checked, the body is the message itself, and the reply is not encrypted.
    ///
    /// The signature covers neither the body nor the sender. Use this mode only if there is no other (the sandbox
    /// account), or if nothing depends on who the sender is.
    Plain,
    /// Compatible (兼容模式): the body holds the message twice, plain and encrypted. `signature` and
    /// `msg_signature` are checked, only the encrypted message is read, and the reply is encrypted.
    ///
    /// A request without a valid encrypted part is refused, as in [`Safe`](Self::Safe).
    Compatible,
    /// Safe (安全模式): `msg_signature` is checked, and the body and the reply are encrypted.
    Safe,
}

impl SecurityMode {
    /// Whether messages and replies are encrypted.
    #[must_use]
    pub const fn is_encrypted(self) -> bool {
        !matches!(self, Self::Plain)
    }
}

/// The text is not the name of a [`SecurityMode`].
///
/// `#[non_exhaustive]`: only parsing makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the mode is one of plain (明文模式), compatible (兼容模式) and safe (安全模式)")]
#[non_exhaustive]
pub struct ParseModeError;

/// Reads `plain`, `compatible` or `safe`, ignoring case.
impl FromStr for SecurityMode {
    type Err = ParseModeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Plain, Self::Compatible, Self::Safe]
            .into_iter()
            .find(|mode| text.eq_ignore_ascii_case(mode.name()))
            .ok_or(ParseModeError)
    }
}

impl SecurityMode {
    const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Compatible => "compatible",
            Self::Safe => "safe",
        }
    }
}

impl fmt::Display for SecurityMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_reads_back_from_its_name() {
        for mode in [SecurityMode::Plain, SecurityMode::Compatible, SecurityMode::Safe] {
            assert_eq!(mode.to_string().parse(), Ok(mode));
            assert_eq!(mode.to_string().to_uppercase().parse(), Ok(mode));
        }
    }

    #[test]
    fn another_word_is_refused() {
        assert_eq!("aes".parse::<SecurityMode>(), Err(ParseModeError));
    }
}
