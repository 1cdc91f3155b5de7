//! The two secrets of an account. Their `Debug` shows nothing and their memory is wiped on drop.

use std::fmt;

use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, Engine};
use zeroize::Zeroizing;

use crate::ConfigError;

/// The Token (令牌) that signs requests and replies.
pub(crate) struct Token(Zeroizing<String>);

impl Token {
    /// Takes 3 to 32 visible ASCII characters but quotes. WeChat's console says letters and digits; what it took
    /// in the past may hold others.
    pub(crate) fn new(token: Zeroizing<String>) -> Result<Self, ConfigError> {
        let length = token.chars().count();
        match length {
            0 => Err(ConfigError::TokenEmpty),
            43 => Err(ConfigError::TokenIsEncodingAesKey),
            _ if !token.bytes().all(is_of_token) => Err(ConfigError::TokenMalformed),
            3..=32 => Ok(Self(token)),
            _ => Err(ConfigError::TokenLength { length }),
        }
    }

    /// Dangerous: whoever knows it signs requests in WeChat's name. It is meant for the hash alone.
    pub(crate) fn secret(&self) -> &str {
        &self.0
    }

    /// Under 16 characters a token can be guessed from a single logged URL.
    pub(crate) fn is_short(&self) -> bool {
        self.0.len() < 16
    }
}

fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'`')
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// The EncodingAESKey (消息加解密密钥): 43 characters that stand for the 32 bytes of an AES-256 key.
pub(crate) struct EncodingAesKey(Zeroizing<[u8; 32]>);

/// The 43 characters carry 258 bits; the last two are thrown away and are often not zero, so a strict decoder
/// refuses most of the keys that the console makes.
const KEY_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

impl EncodingAesKey {
    pub(crate) fn new(key: &str) -> Result<Self, ConfigError> {
        let length = key.chars().count();
        if length == 44 && key.ends_with('=') {
            return Err(ConfigError::KeyPadded);
        }
        if length == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(ConfigError::KeyIsAppSecret);
        }
        if length != 43 {
            return Err(ConfigError::KeyLength { length });
        }
        // The decoder wants room for whole groups of three bytes.
        let mut bytes = Zeroizing::new([0; 33]);
        match KEY_BASE64.decode_slice(key, bytes.as_mut_slice()) {
            Ok(32) => {
                let mut key = Zeroizing::new([0; 32]);
                key.copy_from_slice(&bytes[..32]);
                Ok(Self(key))
            }
            _ => Err(ConfigError::KeyMalformed),
        }
    }

    /// Dangerous: whoever knows it reads and writes the account's messages. It is meant for the cipher alone.
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

    fn token(text: &str) -> Result<Token, ConfigError> {
        Token::new(Zeroizing::new(text.to_owned()))
    }

    const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

    #[test]
    fn a_token_of_3_to_32_visible_characters_is_taken() {
        for text in ["abc", "Ab3", "a-b_c", &"x".repeat(32)] {
            assert!(token(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_token_that_is_empty_short_or_long_is_refused() {
        assert_eq!(token("").err(), Some(ConfigError::TokenEmpty));
        assert_eq!(token("ab").err(), Some(ConfigError::TokenLength { length: 2 }));
        assert_eq!(token(&"x".repeat(33)).err(), Some(ConfigError::TokenLength { length: 33 }));
    }

    #[test]
    fn a_token_with_blanks_quotes_or_control_characters_is_refused() {
        for text in [" token", "token\n", "\"token\"", "'token'", "to ken", "tok\0en", "令牌令牌"] {
            assert_eq!(token(text).err(), Some(ConfigError::TokenMalformed), "{text:?}");
        }
    }

    #[test]
    fn a_token_of_43_characters_is_taken_for_a_key() {
        assert_eq!(token(KEY).err(), Some(ConfigError::TokenIsEncodingAesKey));
    }

    #[test]
    fn all_62_last_characters_of_a_key_are_taken() {
        for last in ('A'..='Z').chain('a'..='z').chain('0'..='9') {
            let key = format!("{}{last}", &KEY[..42]);
            assert!(EncodingAesKey::new(&key).is_ok(), "{last}");
        }
    }

    #[test]
    fn keys_that_are_something_else_are_told_apart() {
        let refusal = |key: &str| EncodingAesKey::new(key).err();
        assert_eq!(refusal(&format!("{KEY}=")), Some(ConfigError::KeyPadded));
        assert_eq!(refusal("0123456789abcdef0123456789ABCDEF"), Some(ConfigError::KeyIsAppSecret));
        assert_eq!(refusal(""), Some(ConfigError::KeyLength { length: 0 }));
        assert_eq!(refusal(&KEY[..42]), Some(ConfigError::KeyLength { length: 42 }));
        assert_eq!(refusal(&format!("{KEY}A")), Some(ConfigError::KeyLength { length: 44 }));
        for wrong in [' ', '"', '=', '-', '_', '钥'] {
            let key = format!("{wrong}{}", &KEY[1..]);
            assert_eq!(refusal(&key), Some(ConfigError::KeyMalformed), "{wrong}");
        }
    }

    #[test]
    fn debug_shows_neither_secret() {
        assert_eq!(format!("{:?}", token("topsecret").expect("valid")), "Token(..)");
        assert_eq!(format!("{:?}", EncodingAesKey::new(KEY).expect("valid")), "EncodingAesKey(..)");
    }
}
