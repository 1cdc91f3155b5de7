//! An AI bot: its answer grows in one bubble, its cards are clicked, and feedback is given.

use std::time::Duration;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::time::sleep;
use wechat_sim::page::Page;
use wechat_sim::{Account, AccountKind, ServiceTarget};
use wechat_tower::message::{Content, Event};
use wechat_tower::reply::TemplateCardReply;
use wechat_tower::reply::card::{Button, Heading, TemplateCard};
use wechat_tower::{
    Callback, Reply, StreamReply, StreamSender, UpdateTemplateCardReply, WechatLayer, WechatMessage,
};

use crate::support::{Visit, visit_page};

fn leave(task_id: &str) -> TemplateCard {
    TemplateCard::button_interaction()
        .main_title(Heading::new("请假申请").desc("三天"))
        .task_id(task_id)
        .button_list([Button::new("同意", "agree"), Button::new("拒绝", "refuse")])
}

/// Says each part a second and a half after the one before.
fn say(parts: Vec<String>) -> StreamReply {
    StreamReply::from_fn(async move |out: StreamSender| {
        for part in parts {
            out.push(part).await;
            sleep(Duration::from_millis(1500)).await;
        }
    })
}

async fn chat(WechatMessage(message): WechatMessage) -> Response {
    match &message.content {
        Content::Event(Event::TemplateCardEvent(clicked)) => {
            let word = if clicked.event_key == "agree" { "已同意" } else { "已拒绝" };
            UpdateTemplateCardReply::new(leave(&clicked.task_id).replace_text(word)).into_response()
        }
        Content::Event(_) => Reply::none().into_response(),
        _ => match message.text().unwrap_or_default() {
            "卡片" => TemplateCardReply::new(leave("leave-1")).into_response(),
            "坏" => say(vec!["<img src=x onerror=\"document.title='owned'\"> **<b>粗</b>** [点](javascript:alert(1)) [好的](https://example.com/)".to_owned()])
                .into_response(),
            text => say(
                ["<think>想一想</think># 标题\n\n", "**粗体** `代码`\n\n- 一\n- 二\n\n```\nlet a = 1;\n```\n", text, "。完"]
                    .map(str::to_owned)
                    .into(),
            )
            .feedback_id("feedback-7")
            .into_response(),
        },
    }
}

async fn aibot(name: &'static str, test: impl AsyncFnOnce(&Visit)) {
    let account = Account::generate_as(AccountKind::AiBot);
    let callback = Callback::aibot(account.token(), account.encoding_aes_key()).build().expect("a callback");
    let bot = Router::new().route("/weixin", post(chat).layer(WechatLayer::new(callback)));
    let page = Page::for_target(account.clone(), ServiceTarget::new(bot, "/weixin"));
    visit_page(name, account, page, test).await;
}

#[tokio::test]
async fn the_answer_of_an_ai_bot_grows_in_one_bubble_and_takes_feedback() {
    aibot("aibot-grows", async |page| {
        page.say("写一段").await;
        page.until_text("#log", "…正在输入").await;
        assert!(!page.text(".growing").await.contains("完"));
        page.shot("growing").await;
        page.until("document.querySelector('.growing[data-ended=finished]')").await;
        assert_eq!(page.count(".row.theirs").await, 1);
        assert!(page.text(".growing .bubble").await.contains("写一段。完"));
        assert_eq!(page.count(".growing .typing, .growing details[open]").await, 0);
        assert_eq!(page.count(".growing details, .growing pre, .growing li, .growing p strong").await, 5);
        page.click("[data-feedback='2']").await;
        page.until("document.querySelectorAll('.row.did .meta:not(.going)').length === 1").await;
        assert!(page.text(".row.did").await.contains("feedback_event"));
        assert_eq!(page.count(".row.notice").await, 0, "the bot took it");
    })
    .await;
}

#[tokio::test]
async fn a_card_of_an_ai_bot_is_clicked_and_replaced() {
    aibot("aibot-card", async |page| {
        page.say("再来").await;
        page.say("卡片").await;
        page.until_text(".bot-card", "请假申请").await;
        page.shot("beside").await;
        page.click("[data-card=agree]").await;
        page.until_text(".bot-card", "已同意").await;
        assert_eq!(page.count(".bot-card").await, 1);
        assert_eq!(page.count(".bot-card button").await, 0);
        page.size(390, 844).await;
        page.shot("narrow").await;
    })
    .await;
}

#[tokio::test]
async fn what_an_ai_bot_writes_is_no_markup() {
    aibot("aibot-markup", async |page| {
        page.say("坏").await;
        page.until("document.querySelector('.growing[data-ended=finished]')").await;
        assert!(page.text(".growing").await.contains("<img src=x onerror="));
        assert_eq!(page.count("#log img, #log b, #log script").await, 0);
        let links = page.js("[...document.querySelectorAll('#log a')].map((a) => [a.href, a.rel])").await;
        assert_eq!(links, serde_json::json!([["https://example.com/", "noopener noreferrer"]]));
        assert_ne!(page.js("document.title").await, "owned");
    })
    .await;
}

#[tokio::test]
async fn a_fourth_message_to_an_ai_bot_is_refused_with_the_reason() {
    aibot("aibot-fourth", async |page| {
        for text in ["一", "二", "三"] {
            page.say(text).await;
        }
        page.js("document.querySelector('#say').value = '四'").await;
        page.click("#go").await;
        page.until_text("#notice", "三条消息").await;
        assert_eq!(page.count(".row.own").await, 3);
    })
    .await;
}
