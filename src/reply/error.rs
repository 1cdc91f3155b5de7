use crate::channel::{Channel, PushKind};

/// Why a reply was not sealed: there is nobody to send it to, or WeChat would show its failure notice instead.
///
/// `#[non_exhaustive]`: WeChat may refuse more later.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The push names no sender or no receiver, as a few events do, or is an event that WeCom itself (`sys`) reports, so
    /// there is nobody to reply to.
    #[error("the push has no {0}, so there is nobody to reply to")]
    NoRecipient(&'static str),
    /// The push is a system event, which has `InfoType`: it is answered `success` and nothing else.
    #[error(
        "the push is a system event (InfoType), for which every answer but success is a failure: return Reply::none()"
    )]
    ToSystemEvent,
    /// The account is not one that can answer with this kind of reply.
    #[error("{channel} has no reply of the kind {kind}{hint}", hint = instead(.kind, .channel))]
    Unsupported {
        /// `MsgType` of the reply.
        kind: &'static str,
        /// What pushes: `an Official Account`, `a mini-program` (and what else pushes JSON), `WeCom` or `an AI bot`.
        channel: &'static str,
    },
    /// An AI bot has this kind of reply, but not in answer to this push.
    #[error("an AI bot has no {kind} in answer to {to}{hint}", hint = answer(.to))]
    NotInAnswerTo {
        /// The kind of the reply.
        kind: &'static str,
        /// What was pushed: `a message`, `the refresh of a stream`, `enter_chat`, `template_card_event` or `an event`.
        to: &'static str,
    },
    /// The text is blank: empty, or only white space and characters that XML cannot hold.
    #[error("the text is empty: to say nothing, return Reply::none()")]
    TextEmpty,
    /// An element that must not be blank is: a media id, a link, an agent's account.
    #[error("the reply's {0} is empty, for which WeChat shows its failure notice{hint}", hint = hint(.0))]
    Empty(&'static str),
    /// The text is too long. [`TextReply::split`](super::TextReply::split) splits it.
    #[error("the text has {length} bytes, {limit} of UTF-8 at most: see TextReply::split")]
    TextTooLong {
        /// How many bytes it has.
        length: usize,
        /// How many it may have.
        limit: usize,
    },
    /// A news reply has no article.
    #[error("the news reply has no article: to say nothing, return Reply::none()")]
    NewsEmpty,
    /// A news reply has too many articles.
    #[error("the news reply has {count} articles, {limit} at most here{hint}", hint = articles(*.limit))]
    NewsTooMany {
        /// How many it has.
        count: usize,
        /// How many it may have.
        limit: usize,
    },
    /// A transfer to an agent in reply to an event.
    #[error("a transfer to an agent answers a user's message, not an event")]
    TransferToEvent,
    /// An update of a card, of this `MsgType`, in reply to a message.
    #[error("{0} answers the event of a click on a card, not a message")]
    UpdateToMessage(&'static str),
    /// The feedback id of a stream or a card is empty or too long.
    #[error("the feedback id has {length} bytes: it has 1 to 256")]
    FeedbackId {
        /// How many bytes it has.
        length: usize,
    },
    /// Images with a stream that is not finished.
    #[error("a stream has images with its last answer alone, and this one is not finished")]
    ImagesBeforeEnd,
    /// A stream has too many images.
    #[error("the stream has {count} images, {limit} at most")]
    ImagesTooMany {
        /// How many it has.
        count: usize,
        /// How many it may have.
        limit: usize,
    },
    /// An image of a stream is too large.
    #[error("an image of the stream has {length} bytes, {limit} at most")]
    ImageTooLarge {
        /// How many bytes it has.
        length: usize,
        /// How many it may have.
        limit: usize,
    },
    /// An image of a stream is neither JPG nor PNG.
    #[error("an image of the stream is neither JPG nor PNG")]
    ImageFormat,
    /// The name of an element of one's own is not one: ASCII letters and digits, a letter first.
    #[error("an element of the card has a name that is not ASCII letters and digits, with a letter first")]
    ElementName,
}

fn hint(element: &str) -> &'static str {
    match element {
        "ThumbMediaId" => ": without a cover, use MusicReply::without_cover()",
        _ => "",
    }
}

/// What to do in place of a reply that the channel does not have.
fn instead(kind: &str, channel: &str) -> &'static str {
    if channel == Channel::MiniProgram.name() {
        ", which has transfer_customer_service alone: return Reply::none(), and send it by the customer-service API \
         (custom/send)"
    } else if channel == Channel::WeCom.name() {
        ", which has text, image, voice, video, news and updates of a card: return one of these, or Reply::none() and send \
         it by the API (message/send)"
    } else if channel == Channel::AiBot.name() {
        ", which has text, stream, template_card and update_template_card: return one of these, or Reply::none()"
    } else if kind.starts_with("update_") {
        ", because it updates a card of WeCom's: return another kind, or Reply::none()"
    } else {
        ""
    }
}

/// What answers this push to an AI bot.
fn answer(to: &str) -> &'static str {
    if to == PushKind::CardClick.of_aibot() {
        ", which update_template_card alone answers"
    } else if to == PushKind::Event.of_aibot() {
        ", which has no answer: return Reply::none()"
    } else if to == PushKind::EnterChat.of_aibot() {
        ", which text and template_card alone answer"
    } else {
        ", which text, stream and template_card alone answer"
    }
}

/// Why there may be no more articles.
fn articles(limit: usize) -> &'static str {
    if limit == 1 { ": an Official Account may answer an event with up to 8, a message with 1" } else { "" }
}
