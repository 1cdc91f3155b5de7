use super::Message;

/// The extractor of any message: what WeChat pushed, verified, decrypted and typed by the middleware.
///
/// It implements axum's `FromRequestParts` and actix-web's `FromRequest`. Without the middleware around the route the
/// answer is a 500 that names the middleware.
///
/// A handler for one kind asks for that kind instead: [`Text`], [`Image`], …, [`event::Subscribe`],
/// [`event::Click`], …, and beside it, in any order, [`Head`] for who and when, or the whole `WechatMessage`. Messages
/// of another kind are answered `success` without calling the handler.
///
/// If axum rejects a handler without saying why, put `#[axum::debug_handler]` above the handler.
///
/// ```
/// use wechat_callback::{TextReply, WechatMessage};
///
/// async fn chat(WechatMessage(message): WechatMessage) -> TextReply {
///     TextReply::new(format!("你说：{}", message.text().unwrap_or("（不是文字）")))
/// }
/// ```
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WechatMessage(pub Message);

/// For tests that call a handler themselves.
impl From<Message> for WechatMessage {
    fn from(message: Message) -> Self {
        Self(message)
    }
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
