use serde::Serialize;

use crate::LocalizedText;

/// One check of an answer and its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was checked.
    pub name: CheckName,
    /// Whether it passed.
    pub passed: bool,
    /// What was found.
    pub detail: LocalizedText,
}

macro_rules! names {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal,)+) => {
        /// What WeChat checks in an answer.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum CheckName {
            $($(#[doc = $doc])+ $name,)+
        }

        impl CheckName {
            /// All of them, in the order in which they are made.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its name, in lower case with dashes.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

names! {
    /// An answer arrived within five seconds.
    Answered = "answered",
    /// The HTTP status is 200. (Only WeCom (企业微信) documents that no other status is accepted.)
    Status = "status",
    /// The answer is at most [`MAX_ANSWER`](crate::MAX_ANSWER) long.
    Size = "size",
    /// The answer is UTF-8 without a byte order mark.
    Utf8 = "utf8",
    /// An answer without a reply is empty, or `success` without quotes. That to a system event is `success`.
    Acknowledgement = "acknowledgement",
    /// The answer is well-formed XML, without a document type; or JSON, if that is the account's data format.
    WellFormed = "well-formed",
    /// The answer is encrypted if, and only if, the mode requires it.
    Encrypted = "encrypted",
    /// The envelope has `Encrypt`, `MsgSignature`, `TimeStamp` and `Nonce`. In JSON, `TimeStamp` is a number and `Nonce` a
    /// string.
    Envelope = "envelope",
    /// The envelope's signature is right.
    MsgSignature = "msg-signature",
    /// `Encrypt` decrypts: base64, block size, padding and length are right.
    Decryption = "decryption",
    /// The reply was encrypted for this account.
    AppId = "app-id",
    /// The decrypted reply is well-formed, too.
    InnerWellFormed = "inner-well-formed",
    /// `ToUserName` is the push's `FromUserName`.
    ToUserName = "to-user-name",
    /// `FromUserName` is the push's `ToUserName`.
    FromUserName = "from-user-name",
    /// `CreateTime` is a number.
    CreateTime = "create-time",
    /// `MsgType` is one that a reply of the account's kind can have.
    MsgType = "msg-type",
    /// A text is not empty.
    TextEmpty = "text-empty",
    /// A text has at most 2,047 bytes, in `WeCom` 2,048, of an AI bot 20,480.
    TextLength = "text-length",
    /// An image, a voice message or a video has a `MediaId`.
    MediaId = "media-id",
    /// The `ThumbMediaId` of a piece of music is absent or not empty.
    ThumbMediaId = "thumb-media-id",
    /// `MusicUrl` and `HQMusicUrl` of a piece of music are absent or not empty.
    MusicUrl = "music-url",
    /// `ArticleCount` is the number of articles.
    ArticleCount = "article-count",
    /// A reply to a message has one article, a reply to an event up to eight. In `WeCom` both can have eight.
    Articles = "articles",
    /// Each article has `Title`, `Description`, `PicUrl` and a `Url` that is not empty.
    ArticleFields = "article-fields",
    /// Only a message is transferred, not an event; `TransInfo` names an agent.
    Transfer = "transfer",
    /// A card is updated only in reply to the event of a card.
    CardEvent = "card-event",
    /// The new text of a button, `ReplaceName`, is not empty.
    ReplaceName = "replace-name",
    /// `CardType` is one that a card can have.
    CardType = "card-type",
    /// The nonce of an AI bot's answer is the request's.
    Nonce = "nonce",
    /// An AI bot's reply is one that the push can have: `text` only after `enter_chat`.
    ReplyTo = "reply-to",
    /// `stream.id` is present, and that of a refresh is the request's.
    StreamId = "stream-id",
    /// `stream.finish` is `true` or `false`.
    StreamFinish = "stream-finish",
    /// `stream.msg_item` comes with the end: at most ten pictures, each with its MD5.
    StreamImages = "stream-images",
    /// `feedback.id` has at most 256 bytes.
    FeedbackId = "feedback-id",
    /// A message of an AI bot's user is answered with one card.
    OneCard = "one-card",
}

/// The checks of one answer, collected as they are made.
#[derive(Debug, Default)]
pub(crate) struct Checks(pub(crate) Vec<Check>);

impl Checks {
    /// Notes a check. Returns whether it passed.
    pub(crate) fn note(&mut self, name: CheckName, passed: bool, detail: LocalizedText) -> bool {
        self.0.push(Check { name, passed, detail });
        passed
    }

    pub(crate) fn all_passed(&self) -> bool {
        self.0.iter().all(|check| check.passed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_in_json() {
        for name in CheckName::ALL {
            assert_eq!(serde_json::to_value(name).expect("JSON"), name.as_str());
        }
    }
}
