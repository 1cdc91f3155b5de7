use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::Timestamp;

/// What is wrong with a configuration, found before the first request.
///
/// The messages say what the right value looks like. None of them repeats the value. `Debug` shows the message too,
/// because that is what a `main` that returns the error prints.
///
/// `#[non_exhaustive]`: more mistakes may be told apart.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The app id is empty.
    #[error(
        "the AppID is empty: copy it from the console (开发者ID(AppID)); it looks like wx5823bf96d3bd56c7"
    )]
    AppIdEmpty,
    /// The app id starts with `gh_`: that is the account's original id.
    #[error(
        "the AppID starts with gh_: that is the original id (原始ID); the AppID (开发者ID(AppID)) looks like wx5823bf96d3bd56c7"
    )]
    AppIdIsOriginalId,
    /// The app id holds blanks, quotes or other characters that no app id has, or is over 64 characters.
    #[error(
        "the AppID is at most 64 letters and digits without blanks or quotes; it looks like wx5823bf96d3bd56c7"
    )]
    AppIdMalformed,
    /// The token is empty. Anybody could sign for an account without a token.
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
        mode: crate::SecurityMode,
    },
    /// No such mode.
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

/// What is wrong with a query string.
///
/// `#[non_exhaustive]`: more may be told apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// One of WeChat's parameters is not there.
    #[error("the parameter {0} is missing")]
    Missing(&'static str),
    /// One of WeChat's parameters is there twice.
    #[error("the parameter {0} is there more than once")]
    Doubled(&'static str),
    /// A parameter is not what WeChat sends: `timestamp` is up to ten digits, `nonce` up to 64 of
    /// `A–Z a–z 0–9 _ -`, `echostr` up to 1,024 bytes.
    #[error("the parameter {0} is malformed")]
    Malformed(&'static str),
}

/// Why XML was not read. Positions are byte offsets.
///
/// `#[non_exhaustive]`: more reasons may be told apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum XmlError {
    /// It is JSON.
    #[error("JSON, where XML is expected: set the data format (数据格式) in the console to XML")]
    Json,
    /// Not well-formed.
    #[error("not well-formed XML near byte {position}")]
    Malformed {
        /// Where reading stopped.
        position: u64,
    },
    /// A document type declaration. Nothing that WeChat sends has one; entity bombs do.
    #[error("a document type declaration")]
    DocType,
    /// Declared in another encoding than UTF-8.
    #[error("declared in another encoding than UTF-8")]
    Encoding,
    /// The root element is not `xml`.
    #[error("the root element is not <xml>")]
    Root,
    /// Elements nested deeper than 16 levels.
    #[error("elements nested deeper than {} levels", crate::xml::MAX_DEPTH)]
    Depth,
    /// More than 4,096 elements.
    #[error("more than {} elements", crate::xml::MAX_ELEMENTS)]
    Elements,
    /// An element that names sender, receiver, time, kind or identity is there twice.
    #[error("the element {0} is there more than once")]
    Doubled(&'static str),
}

/// Why a message whose signature was right was not decrypted or not read.
///
/// For the owner's log alone: towards the caller all of these are one answer, because CBC lets
/// whoever can tell them apart forge messages.
///
/// `#[non_exhaustive]`: more reasons may be told apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptError {
    /// `Encrypt` is not base64 (standard alphabet, with `=`, no blanks).
    #[error("Encrypt is not base64")]
    Base64,
    /// The ciphertext is empty or no multiple of 16 bytes.
    #[error("the ciphertext is not a positive multiple of 16 bytes")]
    Length,
    /// The padding is wrong. With a right signature this says: another EncodingAESKey.
    #[error("the padding is wrong: is it another EncodingAESKey?")]
    Padding,
    /// The frame is shorter than its own length field says.
    #[error("the frame is shorter than its length field says")]
    Frame,
    /// The message is meant for another account.
    #[error("the message is meant for another AppID{}, not for {expected}: is the AppID the one in the console?", found.as_deref().map(|id| format!(" ({id})")).unwrap_or_default())]
    AppId {
        /// The app id of this callback.
        expected: String,
        /// The app id found, where it looks like one.
        found: Option<String>,
    },
    /// The message is not UTF-8.
    #[error("the message is not UTF-8")]
    Utf8,
    /// The message is not the XML that a message is.
    #[error("the decrypted message is not the XML of a push")]
    Xml(#[source] XmlError),
}

/// Why a request was not verified or not opened.
///
/// The reason is for the owner's log. The caller gets [`status`](Self::status) and nothing else.
///
/// `#[non_exhaustive]`: more reasons may be told apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The query string is not one of WeChat's.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The timestamp lies too far from now: an old request played again, or a wrong clock.
    #[error(
        "the timestamp is {} s {} the clock here, more than {} s: an old request, or a wrong clock?",
        timestamp.distance(*now).as_secs(),
        if timestamp < now { "behind" } else { "ahead of" },
        freshness.as_secs()
    )]
    Stale {
        /// What the request says.
        timestamp: Timestamp,
        /// What the clock says.
        now: Timestamp,
        /// How far apart they may be.
        freshness: Duration,
    },
    /// The signature that this mode asks for is not there.
    #[error("the parameter {parameter} is missing")]
    SignatureMissing {
        /// `signature` or `msg_signature`.
        parameter: &'static str,
    },
    /// The signature is wrong: another Token here than in the console, or not from WeChat.
    #[error("{parameter} is wrong: is the Token here the one in the console?")]
    Signature {
        /// `signature` or `msg_signature`.
        parameter: &'static str,
    },
    /// A plaintext body where the mode asks for an encrypted one.
    #[error("the body has no Encrypt, but this endpoint is in {mode} mode: is the console in plain mode?")]
    Unencrypted {
        /// The mode of this endpoint.
        mode: crate::SecurityMode,
    },
    /// An encrypted body where the mode is plain.
    #[error("the body is encrypted, but this endpoint is in plain mode: is the console in safe mode?")]
    Encrypted,
    /// The body is not UTF-8.
    #[error("the body is not UTF-8")]
    Utf8,
    /// The body is not the XML that a push is.
    #[error("the body is not the XML of a push")]
    Xml(#[from] XmlError),
    /// The signature was right, what it covers was not.
    #[error(transparent)]
    Decrypt(#[from] DecryptError),
}

impl OpenError {
    /// The HTTP status to refuse with: 400 for what cannot be read, 403 for what is not WeChat's.
    ///
    /// Everything that comes after the signature in an encrypted mode is 403, whatever failed.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Query(_) | Self::Utf8 | Self::Xml(_) => 400,
            Self::Stale { .. }
            | Self::SignatureMissing { .. }
            | Self::Signature { .. }
            | Self::Unencrypted { .. }
            | Self::Encrypted
            | Self::Decrypt(_) => 403,
        }
    }
}

/// Why a reply was not sealed.
///
/// `#[non_exhaustive]`: WeChat may come to refuse more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The push named no sender or no receiver (a few events do not), so there is nobody to reply to.
    #[error("the push has no {0}, so there is nobody to reply to")]
    NoRecipient(&'static str),
    /// A text reply says nothing: it is empty, or only white space and characters that XML cannot hold.
    #[error("the text is empty: to say nothing, return Reply::none()")]
    TextEmpty,
    /// An element that WeChat does not take empty is, or holds white space alone: a media id, a link, an agent's account.
    #[error("the reply's {0} is empty, for which WeChat shows its failure notice{hint}", hint = hint(.0))]
    Empty(&'static str),
    /// A text reply is too long; the user would see WeChat's failure notice instead.
    #[error(
        "the text has {length} bytes, over {} of UTF-8 WeChat refuses it: see TextReply::split",
        crate::reply::MAX_TEXT
    )]
    TextTooLong {
        /// How many bytes it has.
        length: usize,
    },
    /// A news reply has no article.
    #[error("the news reply has no article: 1 in answer to a message, up to 8 to an event")]
    NewsEmpty,
    /// A news reply has too many articles.
    #[error(
        "the news reply has {count} articles, {limit} at most here: 1 in answer to a message, up to 8 to an event"
    )]
    NewsTooMany {
        /// How many it has.
        count: usize,
        /// How many it may have.
        limit: usize,
    },
    /// A transfer to an agent in answer to an event.
    #[error("a transfer to an agent answers a user's message, not an event")]
    TransferToEvent,
}

fn hint(element: &str) -> &'static str {
    match element {
        "ThumbMediaId" => ": without a cover, use MusicReply::without_cover()",
        _ => "",
    }
}

/// Why a message's elements were not read into a type of your own.
///
/// `path` says where: names with dots between them, `CopyrightCheckResult.ResultList.item`; empty for the message
/// itself. No error repeats what stands in the message.
///
/// `#[non_exhaustive]`: more reasons may be told apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldsError {
    /// No such element.
    #[error("{path} is missing")]
    Missing {
        /// Where it would be.
        path: String,
    },
    /// Something else stands there.
    #[error("{}expected {expected}", prefix(path))]
    Unexpected {
        /// Where.
        path: String,
        /// What the type asks for: `i64`, `a string`, `struct Item`.
        expected: String,
    },
    /// An element that the type does not have, where it has `#[serde(deny_unknown_fields)]`.
    #[error("{}the type has no such element", prefix(path))]
    Unknown {
        /// Where.
        path: String,
    },
    /// Two elements that are one field of the type, by `#[serde(alias)]`.
    #[error("{path} is there in more than one spelling")]
    Doubled {
        /// Where, as the type spells it.
        path: String,
    },
    /// What the type's own code says, in its own words.
    #[error("{}{message}", prefix(path))]
    Custom {
        /// Where.
        path: String,
        /// What it says.
        message: String,
    },
}

fn prefix(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

/// Why [`WechatMessage`](crate::WechatMessage), or a part of it, was not extracted.
///
/// It is answered with 500, because the mistake is in the server; a message of [another kind](Self::OtherKind) is
/// answered `success`.
///
/// `#[non_exhaustive]`: more reasons may be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageRejection {
    /// No middleware is around the route.
    #[error(
        "WechatMessage needs the middleware: put WechatLayer (axum, tower) or WechatMiddleware (actix-web) around this route"
    )]
    NoMiddleware,
    /// The message is of another kind than the handler asks for.
    #[error("the message is of another kind than the handler asks for")]
    OtherKind,
}

/// Any error of a handler, so that `?` works in one: `async fn chat(..) -> Result<TextReply, HandlerError>`.
///
/// The middleware logs it with its causes and answers WeChat `success`, or tells the user what its `on_error` says, so
/// that one bug does not make WeChat block the whole account.
///
/// ```
/// use wechat_callback::{HandlerError, TextReply, WechatMessage};
///
/// async fn chat(WechatMessage(message): WechatMessage) -> Result<TextReply, HandlerError> {
///     let number: i64 = message.text().unwrap_or_default().parse()?;
///     Ok(TextReply::new(format!("{}", number.wrapping_add(1))))
/// }
/// ```
#[derive(Clone)]
pub struct HandlerError(Arc<dyn StdError + Send + Sync>);

impl HandlerError {
    /// What the handler failed with.
    #[must_use]
    pub fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &*self.0
    }
}

impl<E: Into<Box<dyn StdError + Send + Sync>>> From<E> for HandlerError {
    fn from(error: E) -> Self {
        Self(error.into().into())
    }
}

impl fmt::Debug for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_after_the_signature_has_one_status() {
        let reasons = [
            DecryptError::Base64,
            DecryptError::Length,
            DecryptError::Padding,
            DecryptError::Frame,
            DecryptError::AppId { expected: String::new(), found: None },
            DecryptError::Utf8,
            DecryptError::Xml(XmlError::DocType),
        ];
        for reason in reasons {
            assert_eq!(OpenError::from(reason).status(), 403);
        }
    }

    #[test]
    fn a_handler_error_keeps_its_cause() {
        let error = HandlerError::from("x".parse::<i32>().expect_err("not a number"));
        assert!(error.as_error().is::<std::num::ParseIntError>());
        assert_eq!(error.to_string(), "invalid digit found in string");
    }
}
