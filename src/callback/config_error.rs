use std::fmt;

use crate::SecurityMode;
use crate::channel::ParseFormatError;
use crate::mode::ParseModeError;

/// What is wrong with a configuration, found before the first request.
///
/// The messages say what the right value looks like, and never repeat the value. `Debug` shows the message too, because
/// that is what a `main` that returns the error prints.
///
/// `#[non_exhaustive]`: more mistakes may be distinguished.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The app id, or in WeCom the corp id, is empty.
    #[error(
        "the AppID (in WeCom the CorpID, 企业ID) is empty: copy it from the console (开发者ID(AppID)); it looks like wx5823bf96d3bd56c7"
    )]
    AppIdEmpty,
    /// The app id starts with `gh_`: that is the account's original id.
    #[error(
        "the AppID starts with gh_: that is the original id (原始ID); the AppID (开发者ID(AppID)) looks like wx5823bf96d3bd56c7"
    )]
    AppIdIsOriginalId,
    /// The app id, or in WeCom the corp id, holds blanks, quotes or other characters that no such id has, or is over 64
    /// characters.
    #[error(
        "the AppID (in WeCom the CorpID, 企业ID) is at most 64 letters and digits without blanks or quotes; it looks like wx5823bf96d3bd56c7"
    )]
    AppIdMalformed,
    /// The token is empty. Without a token anybody could sign requests.
    #[error(
        "the Token is empty: choose 3 to 32 letters and digits, the same here and in the console (令牌(Token))"
    )]
    TokenEmpty,
    /// The token holds blanks, quotes, control or non-ASCII characters.
    #[error("the Token has a blank, a quote, a line end or the like in it: it is 3 to 32 letters and digits")]
    TokenMalformed,
    /// The token is 43 characters long, as an EncodingAESKey is.
    #[error("the Token has 43 characters: is it the EncodingAESKey? The Token is 3 to 32 letters and digits")]
    TokenIsEncodingAesKey,
    /// The token is shorter than 3 or longer than 32 characters.
    #[error("the Token has {length} characters: it is 3 to 32 letters and digits")]
    TokenLength {
        /// How many characters it has.
        length: usize,
    },
    /// The key is 44 characters with `=` at the end.
    #[error(
        "the EncodingAESKey ends in '=': leave it out, the key is the 43 characters that the console shows"
    )]
    KeyPadded,
    /// The key is 32 hexadecimal digits, as an AppSecret is.
    #[error(
        "the EncodingAESKey is 32 hexadecimal digits: is it the AppSecret? The EncodingAESKey has 43 letters and digits"
    )]
    KeyIsAppSecret,
    /// The key does not have 43 characters.
    #[error(
        "the EncodingAESKey has {length} characters: it must have 43 (no quotes, no blanks), as the console shows it (消息加解密密钥)"
    )]
    KeyLength {
        /// How many characters it has.
        length: usize,
    },
    /// The key has a character outside `A–Z a–z 0–9 + /`.
    #[error(
        "the EncodingAESKey has a character that is no letter or digit (a blank, a quote?): it is 43 letters and digits"
    )]
    KeyMalformed,
    /// Compatible and safe mode need an EncodingAESKey.
    #[error(
        "{mode} mode needs the EncodingAESKey (消息加解密密钥): 43 letters and digits; without one only plain mode is possible"
    )]
    KeyMissing {
        /// The mode asked for.
        mode: SecurityMode,
    },
    /// WeCom in another mode than safe.
    #[error("WeCom (企业微信) always encrypts: it has no {mode} mode")]
    WeComMode {
        /// The mode asked for.
        mode: SecurityMode,
    },
    /// WeCom with JSON.
    #[error("WeCom (企业微信) pushes XML to its apps: leave the data format at xml")]
    WeComJson,
    /// An AI bot of WeCom with XML.
    #[error("an AI bot of WeCom (企业微信智能机器人) pushes JSON: leave the data format at json")]
    AiBotXml,
    /// There is no such data format.
    #[error("the data format (WECHAT_FORMAT, 数据格式) is xml or json")]
    UnknownFormat,
    /// There is no such mode.
    #[error("the mode (WECHAT_MODE) is one of plain (明文模式), compatible (兼容模式) and safe (安全模式)")]
    UnknownMode,
    /// An environment variable is not set.
    #[error("the environment variable {name} is not set")]
    VariableMissing {
        /// Its name.
        name: &'static str,
    },
    /// An environment variable is set but empty, or is not Unicode.
    #[error("the environment variable {name} is set but empty or not Unicode: give it a value or unset it")]
    VariableUnreadable {
        /// Its name.
        name: &'static str,
    },
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<ParseFormatError> for ConfigError {
    fn from(_: ParseFormatError) -> Self {
        Self::UnknownFormat
    }
}

impl From<ParseModeError> for ConfigError {
    fn from(_: ParseModeError) -> Self {
        Self::UnknownMode
    }
}
