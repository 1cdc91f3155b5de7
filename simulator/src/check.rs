use serde::Serialize;

use crate::Sentence;

/// One thing that WeChat looks at in an answer, and whether it was right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: CheckName,
    /// Whether it was right.
    pub passed: bool,
    /// What was found, in a sentence.
    pub detail: Sentence,
}

macro_rules! names {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal,)+) => {
        /// What WeChat looks at in an answer.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum CheckName {
            $($(#[doc = $doc])+ $name,)+
        }

        impl CheckName {
            /// Every one, in the order in which they are looked at.
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
    /// An answer came, within five seconds.
    Answered = "answered",
    /// The HTTP status is 200. (That nothing else counts is known of WeCom (企业微信) alone.)
    Status = "status",
    /// The answer is no longer than is read of it.
    Size = "size",
    /// The answer is UTF-8 without a byte order mark.
    Utf8 = "utf8",
    /// An answer that is no reply is `success`, without quotes, or empty.
    Acknowledgement = "acknowledgement",
    /// The answer is well-formed XML, without a document type.
    WellFormed = "well-formed",
    /// The answer is encrypted where the mode asks for it, and only there.
    Encrypted = "encrypted",
    /// The envelope has `Encrypt`, `MsgSignature`, `TimeStamp` and `Nonce`.
    Envelope = "envelope",
    /// The envelope's signature.
    MsgSignature = "msg-signature",
    /// Base64, whole blocks, padding and length.
    Decryption = "decryption",
    /// The reply was encrypted for this account.
    AppId = "app-id",
    /// What was encrypted is well-formed XML too.
    InnerWellFormed = "inner-well-formed",
    /// `ToUserName` is the push's `FromUserName`.
    ToUserName = "to-user-name",
    /// `FromUserName` is the push's `ToUserName`.
    FromUserName = "from-user-name",
    /// `CreateTime` is a number.
    CreateTime = "create-time",
    /// `MsgType` is one of those that a reply can have.
    MsgType = "msg-type",
    /// A text has something in it.
    TextEmpty = "text-empty",
    /// A text has 2,047 bytes at most.
    TextLength = "text-length",
    /// A picture, a voice message, a video has its `MediaId`.
    MediaId = "media-id",
    /// A piece of music has a `ThumbMediaId` that says something, or none.
    ThumbMediaId = "thumb-media-id",
    /// A piece of music has a `MusicUrl` and an `HQMusicUrl` that say something, or none.
    MusicUrl = "music-url",
    /// `ArticleCount` is the number of articles.
    ArticleCount = "article-count",
    /// One article in answer to a message, up to eight to an event.
    Articles = "articles",
    /// Each article has `Title`, `Description`, `PicUrl` and `Url`, of which the last says something.
    ArticleFields = "article-fields",
    /// A message is handed over, not an event, and a named agent is named.
    Transfer = "transfer",
}

/// The checks of one answer, as they are made.
#[derive(Debug, Default)]
pub(crate) struct Checks(pub(crate) Vec<Check>);

impl Checks {
    /// Notes a check. Returns whether it passed.
    pub(crate) fn note(&mut self, name: CheckName, passed: bool, detail: Sentence) -> bool {
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
