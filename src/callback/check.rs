//! What is wrong with a credential that was copied from the console.

use zeroize::Zeroizing;

use super::ConfigError;
use crate::SecurityMode;
use crate::channel::{Channel, DataFormat};
use crate::secret::{EncodingAesKey, Token};

/// An AI bot has no id, and is not asked for one.
pub(super) fn app_id(app_id: &str, channel: Channel) -> Result<(), ConfigError> {
    if channel == Channel::AiBot {
        Ok(())
    } else if app_id.is_empty() {
        Err(ConfigError::AppIdEmpty)
    } else if app_id.starts_with("gh_") {
        Err(ConfigError::AppIdIsOriginalId)
    } else if app_id.len() > 64 || !app_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Err(ConfigError::AppIdMalformed)
    } else {
        Ok(())
    }
}

/// Takes 3 to 32 visible ASCII characters except quotes. The console asks for letters and digits; tokens that it took
/// in the past may hold others.
pub(super) fn token(token: Zeroizing<String>) -> Result<Token, ConfigError> {
    let is_of_token = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'`');
    let length = token.chars().count();
    match length {
        0 => Err(ConfigError::TokenEmpty),
        43 => Err(ConfigError::TokenIsEncodingAesKey),
        _ if !token.bytes().all(is_of_token) => Err(ConfigError::TokenMalformed),
        3..=32 => Ok(Token::new(token)),
        _ => Err(ConfigError::TokenLength { length }),
    }
}

/// The channel of an account with this format and mode.
pub(super) fn channel(
    channel: Channel,
    format: DataFormat,
    mode: SecurityMode,
) -> Result<Channel, ConfigError> {
    match (channel, format) {
        (Channel::WeCom | Channel::AiBot, _) if mode != SecurityMode::Safe => {
            Err(ConfigError::WeComMode { mode })
        }
        (Channel::AiBot, DataFormat::Json) => Ok(Channel::AiBot),
        (Channel::AiBot, DataFormat::Xml) => Err(ConfigError::AiBotXml),
        (Channel::WeCom, DataFormat::Json) => Err(ConfigError::WeComJson),
        (Channel::WeCom, DataFormat::Xml) => Ok(Channel::WeCom),
        (_, DataFormat::Json) => Ok(Channel::MiniProgram),
        (channel, DataFormat::Xml) => Ok(channel),
    }
}

pub(super) fn encoding_aes_key(key: &str) -> Result<EncodingAesKey, ConfigError> {
    let length = key.chars().count();
    if length == 44 && key.ends_with('=') {
        Err(ConfigError::KeyPadded)
    } else if length == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Err(ConfigError::KeyIsAppSecret)
    } else if length != 43 {
        Err(ConfigError::KeyLength { length })
    } else {
        EncodingAesKey::from_base64(key).ok_or(ConfigError::KeyMalformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

    fn token(text: &str) -> Result<Token, ConfigError> {
        super::token(Zeroizing::new(text.to_owned()))
    }

    #[test]
    fn an_app_id_that_is_something_else_is_refused() {
        for (app_id, refusal) in [
            ("", ConfigError::AppIdEmpty),
            ("gh_1ea4fc76af61", ConfigError::AppIdIsOriginalId),
            (" wx5823bf96d3bd56c7", ConfigError::AppIdMalformed),
            ("\"wx5823bf96d3bd56c7\"", ConfigError::AppIdMalformed),
            ("wx5823bf96d3bd56c7\n", ConfigError::AppIdMalformed),
            (&"x".repeat(65), ConfigError::AppIdMalformed),
        ] {
            assert_eq!(super::app_id(app_id, Channel::OfficialAccount), Err(refusal), "{app_id:?}");
        }
    }

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
    fn keys_that_are_something_else_are_told_apart() {
        let refusal = |key: &str| encoding_aes_key(key).err();
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
}
