use super::Message;

/// The extractor of any message: the middleware has verified, decrypted and typed it.
///
/// It implements `FromRequestParts` of axum and `FromRequest` of actix-web. Without the middleware around the route the
/// response is a 500 that names the middleware ([`MessageRejection`]).
///
/// ```
/// use wechat_callback::{TextReply, WechatMessage};
///
/// async fn chat(WechatMessage(message): WechatMessage) -> TextReply {
///     TextReply::literal(&format!("你说：{}", message.text().unwrap_or("（不是文字）")))
/// }
/// ```
///
/// A handler for one kind takes that kind instead: [`Text`](super::Text), [`Image`](super::Image), …,
/// [`event::Subscribe`](super::event::Subscribe), [`event::Click`](super::event::Click), …; and beside it, in any
/// order, [`Head`](super::Head) for who and when, or the whole `WechatMessage`. A message of another kind is answered
/// `success` without calling the handler.
///
/// ```
/// use wechat_callback::TextReply;
/// use wechat_callback::message::{Head, event::Subscribe};
///
/// async fn welcome(head: Head, subscribe: Subscribe) -> TextReply {
///     tracing::info!(created = ?head.created, has_scene = subscribe.scene.is_some(), "a new follower");
///     TextReply::new("欢迎关注！")
/// }
/// ```
///
/// If axum rejects a handler without saying why, put `#[axum::debug_handler]` above the handler.
///
/// Exhaustive, so that handlers can destructure it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WechatMessage(pub Message);

/// For tests that call a handler directly.
impl From<Message> for WechatMessage {
    fn from(message: Message) -> Self {
        Self(message)
    }
}

/// Why [`WechatMessage`], or the type of one kind of message, was not extracted.
///
/// A message of [another kind](Self::OtherKind) is answered `success`; anything else is the server's mistake and
/// answered 500.
///
/// `#[non_exhaustive]`: more reasons may be distinguished.
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
