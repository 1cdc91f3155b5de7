//! The demo as an AI bot (智能机器人): it says a text word by word, and shows a card with buttons.

use std::time::Duration;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use wechat_tower::message::{Content, Event};
use wechat_tower::reply::TemplateCardReply;
use wechat_tower::reply::card::{Button, Heading, TemplateCard};
use wechat_tower::{
    Reply, StreamReply, StreamSender, TextReply, UpdateTemplateCardReply, WechatLayer, WechatMessage,
};

const HELP: &str = "我会这些：\n- 说什么，我就一个字一个字地重复什么\n- **卡片**：带按钮的卡片\n- **慢 30**：想 30 秒，一直在想";

pub(super) fn bot(layer: WechatLayer) -> Router {
    Router::new().route("/weixin", post(chat).layer(layer))
}

async fn chat(WechatMessage(message): WechatMessage) -> Response {
    match &message.content {
        Content::Event(Event::EnterChat(_)) => TextReply::new(format!("你好！{HELP}")).into_response(),
        Content::Event(Event::TemplateCardEvent(clicked)) => {
            let (card, word) = match clicked.event_key.as_str() {
                "agree" => (leave(&clicked.task_id), "已同意"),
                _ => (leave(&clicked.task_id), "已拒绝"),
            };
            UpdateTemplateCardReply::new(card.replace_text(word)).into_response()
        }
        Content::Event(_) => Reply::none().into_response(),
        _ => match message.text().map(str::trim) {
            Some("帮助") => TextReply::new(HELP).into_response(),
            Some("卡片") => TemplateCardReply::new(leave("leave-1")).into_response(),
            Some(text) => say(text).into_response(),
            None => say("看到了").into_response(),
        },
    }
}

fn leave(task_id: &str) -> TemplateCard {
    TemplateCard::button_interaction()
        .main_title(Heading::new("请假申请").desc("三天"))
        .task_id(task_id)
        .button_list([Button::new("同意", "agree"), Button::new("拒绝", "refuse")])
}

/// The text, a character at a time, with what it thought before.
fn say(text: &str) -> StreamReply {
    let seconds = text.strip_prefix('慢').and_then(|seconds| seconds.trim().parse::<u64>().ok());
    let thinks = seconds.filter(|seconds| *seconds <= 600);
    let text = format!("你说：{text}");
    let say = async move |out: StreamSender| {
        if let Some(seconds) = thinks {
            out.push("<think>").await;
            for second in 0..seconds {
                out.push(format!("{} ", second + 1)).await;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            out.push("</think>").await;
        }
        for char in text.chars() {
            out.push(char.to_string()).await;
            tokio::time::sleep(Duration::from_millis(120)).await;
        }
    };
    StreamReply::from_fn(say).feedback_id("demo")
}

#[cfg(test)]
mod tests {
    use wechat_tower::Callback;

    use super::*;
    use crate::{Account, AccountKind, Ended, FakeWechat, Message, Reply as Read, ServiceTarget};

    #[tokio::test(start_paused = true)]
    async fn it_talks_shows_a_card_and_replaces_it() {
        let account = Account::generate_as(AccountKind::AiBot);
        let callback =
            Callback::aibot(account.token(), account.encoding_aes_key()).build().expect("a callback");
        let bot = bot(WechatLayer::new(callback));
        let wechat = FakeWechat::new(account, ServiceTarget::new(bot, "/weixin"));
        let mut user = wechat.fan("zhangsan");
        let said = user.send_text("春风拂柳绿丝长，细雨无声润草堂").await.expect("reached");
        said.expect_text("你说：春风拂柳绿丝长，细雨无声润草堂");
        assert!(said.texts().len() > 1);
        assert_eq!(said.states()[0].state.feedback_id.as_deref(), Some("demo"));
        let thought = user.send_text("慢 3").await.expect("reached");
        thought.expect_text("<think>1 2 3 </think>你说：慢 3");
        let shown = user.send_text("卡片").await.expect("reached");
        assert_eq!((shown.ended, shown.failures().count()), (Ended::Finished, 0));
        assert!(shown.card.is_some(), "{shown:?}");
        let kind = crate::catalogue::event_of(AccountKind::AiBot, "template_card_event").expect("a kind");
        let clicked = user.converse(&Message::new(kind).field("event_key", "agree")).await.expect("reached");
        let Some(Read::UpdateBotCard { card, .. }) = clicked.exchange.reply() else { panic!("{clicked:?}") };
        assert_eq!(card["replace_text"], "已同意");
        let greeted = user.converse(&Message::event("enter_chat")).await.expect("reached");
        assert!(greeted.text().starts_with("你好"), "{greeted:?}");
        assert_eq!(greeted.failures().count(), 0);
    }
}
