//! A bot that sends back what it gets.

use wechat_callback::message::Content;
use wechat_callback::{ImageReply, Message, Reply, TextReply, VoiceReply, WechatMessage};

/// The handler, the same one in axum and in actix-web.
pub(crate) async fn chat(WechatMessage(message): WechatMessage) -> Reply {
    echo(message)
}

/// The reply to a message.
pub(crate) fn echo(message: Message) -> Reply {
    match message.content {
        Content::Text(text) => say(&text.content),
        Content::Image(image) => image.media_id.map(ImageReply::new).into(),
        Content::Voice(voice) => VoiceReply::new(voice.media_id).into(),
        Content::Location(location) => say(&location.label),
        Content::Event(event) if event.is("subscribe") => TextReply::new("欢迎关注！").into(),
        _ => Reply::none(),
    }
}

/// A user's own words: escaped, so that they hold no markup, and cut to what a reply may hold. WeChat takes no blank
/// text.
pub(crate) fn say(words: &str) -> Reply {
    let part = TextReply::literal(words).split().into_iter().next();
    part.filter(|part| !part.content().trim().is_empty()).into()
}
