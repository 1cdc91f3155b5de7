//! The two secrets of an account. Their `Debug` shows nothing and their memory is wiped on drop.

use std::fmt;

use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, Engine};
use zeroize::Zeroizing;

/// The Token (令牌) that signs requests and replies. Compared with another Token of its owner alone, so not in constant time.
#[derive(Clone, PartialEq)]
pub(crate) struct Token(Zeroizing<String>);

impl Token {
    pub(crate) const fn new(token: Zeroizing<String>) -> Self {
        Self(token)
    }

    /// Dangerous: with it anyone can sign requests in WeChat's name. Only the signature may use it.
    pub(crate) fn secret(&self) -> &str {
        &self.0
    }

    /// Under 16 characters a token can be guessed from a single logged URL.
    pub(crate) fn is_short(&self) -> bool {
        self.0.len() < 16
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// The EncodingAESKey (消息加解密密钥): 43 characters that stand for the 32 bytes of an AES-256 key.
pub(crate) struct EncodingAesKey(Zeroizing<[u8; 32]>);

/// The 43 characters carry 258 bits. The last two are dropped and are often not zero, so a strict decoder would refuse
/// most of the keys that the console makes.
const KEY_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

impl EncodingAesKey {
    /// `None` where `key` is not 43 characters of base64.
    pub(crate) fn from_base64(key: &str) -> Option<Self> {
        // The decoder needs room for whole groups of three bytes.
        let mut bytes = Zeroizing::new([0; 33]);
        if KEY_BASE64.decode_slice(key, bytes.as_mut_slice()) != Ok(32) {
            return None;
        }
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(&bytes[..32]);
        Some(Self(key))
    }

    /// Dangerous: with it anyone can read and write the account's messages. Only the cipher may use it.
    pub(crate) fn secret(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for EncodingAesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncodingAesKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

    #[test]
    fn all_62_last_characters_of_a_key_are_taken() {
        for last in ('A'..='Z').chain('a'..='z').chain('0'..='9') {
            let key = format!("{}{last}", &KEY[..42]);
            assert!(EncodingAesKey::from_base64(&key).is_some(), "{last}");
        }
    }

    #[test]
    fn a_key_is_43_characters_of_base64() {
        for wrong in ["", &KEY[..42], &format!("{KEY}A"), &format!("{KEY}="), &KEY.replace('m', "-")] {
            assert!(EncodingAesKey::from_base64(wrong).is_none(), "{wrong}");
        }
    }

    /// The promise is the type's; this compiles only as long as it has it.
    #[test]
    fn t27_secrets_are_wiped_when_they_are_dropped() {
        fn is_wiped(_: &impl zeroize::ZeroizeOnDrop) {}
        is_wiped(&Token::new(Zeroizing::new("topsecret".to_owned())).0);
        is_wiped(&EncodingAesKey::from_base64(KEY).expect("valid").0);
    }

    #[test]
    fn debug_shows_neither_secret() {
        assert_eq!(format!("{:?}", Token::new(Zeroizing::new("topsecret".to_owned()))), "Token(..)");
        assert_eq!(format!("{:?}", EncodingAesKey::from_base64(KEY).expect("valid")), "EncodingAesKey(..)");
    }
}
