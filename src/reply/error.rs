use super::MAX_TEXT;

/// Why a reply was not sealed: there is nobody to send it to, or WeChat would show its failure notice instead.
///
/// `#[non_exhaustive]`: WeChat may refuse more later.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The push names no sender or no receiver, as a few events do, so there is nobody to reply to.
    #[error("the push has no {0}, so there is nobody to reply to")]
    NoRecipient(&'static str),
    /// The text is blank: empty, or only white space and characters that XML cannot hold.
    #[error("the text is empty: to say nothing, return Reply::none()")]
    TextEmpty,
    /// An element that must not be blank is: a media id, a link, an agent's account.
    #[error("the reply's {0} is empty, for which WeChat shows its failure notice{hint}", hint = hint(.0))]
    Empty(&'static str),
    /// The text is too long. [`TextReply::split`](super::TextReply::split) splits it.
    #[error(
        "the text has {length} bytes, over {} of UTF-8 WeChat refuses it: see TextReply::split",
        MAX_TEXT
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
    /// A transfer to an agent in reply to an event.
    #[error("a transfer to an agent answers a user's message, not an event")]
    TransferToEvent,
}

fn hint(element: &str) -> &'static str {
    match element {
        "ThumbMediaId" => ": without a cover, use MusicReply::without_cover()",
        _ => "",
    }
}
