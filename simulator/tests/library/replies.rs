//! Replies of every kind are read.

use crate::support::{account, callback};
use axum::Router;
use axum::routing::post;
use wechat_sim::{Account, Article, FakeWechat, Message, Mode, Reply, ServiceTarget};
use wechat_tower::{
    ImageReply, MusicReply, NewsReply, TextReply, TransferReply, VideoReply, VoiceReply, WechatLayer,
    WechatMessage,
};

/// A bot with the library that always sends this reply.
fn bot(account: &Account, reply: wechat_tower::Reply) -> FakeWechat<ServiceTarget<Router>> {
    let layer = WechatLayer::new(callback(account));
    let handler = move |_: WechatMessage| std::future::ready(reply.clone());
    let app = Router::new().route("/weixin", post(handler).layer(layer));
    FakeWechat::new(account.clone(), ServiceTarget::new(app, "/weixin"))
}

fn every_kind() -> Vec<(wechat_tower::Reply, Reply)> {
    let some = |text: &str| Some(text.to_owned());
    let article = |number: &str| {
        wechat_tower::Article::new(number, "https://example.com/")
            .description("说明")
            .pic_url("https://example.com/p")
    };
    let read = |number: &str| Article {
        title: number.to_owned(),
        description: "说明".to_owned(),
        pic_url: "https://example.com/p".to_owned(),
        url: "https://example.com/".to_owned(),
    };
    vec![
        (
            TextReply::new("a]]>b <a href=\"https://example.com/\">链接</a>").into(),
            Reply::Text { content: "a]]>b <a href=\"https://example.com/\">链接</a>".to_owned() },
        ),
        (ImageReply::new("i1").into(), Reply::Image { media_id: "i1".to_owned() }),
        (VoiceReply::new("v1").into(), Reply::Voice { media_id: "v1".to_owned() }),
        (
            VideoReply::new("v2").title("标题").description("说明").into(),
            Reply::Video { media_id: "v2".to_owned(), title: some("标题"), description: some("说明") },
        ),
        (
            VideoReply::new("v2").into(),
            Reply::Video { media_id: "v2".to_owned(), title: None, description: None },
        ),
        (
            MusicReply::new("t1")
                .title("歌")
                .url("https://example.com/m")
                .hq_url("https://example.com/hq")
                .into(),
            Reply::Music {
                title: some("歌"),
                description: None,
                url: some("https://example.com/m"),
                hq_url: some("https://example.com/hq"),
                thumb_media_id: some("t1"),
            },
        ),
        (
            MusicReply::without_cover().url("https://example.com/m").into(),
            Reply::Music {
                title: None,
                description: None,
                url: some("https://example.com/m"),
                hq_url: None,
                thumb_media_id: None,
            },
        ),
        (NewsReply::new([article("一")]).into(), Reply::News { articles: vec![read("一")] }),
        (TransferReply::to_any_agent().into(), Reply::Transfer { account: None }),
        (TransferReply::to_agent("test1@test").into(), Reply::Transfer { account: some("test1@test") }),
    ]
}

#[tokio::test]
async fn a_reply_of_every_kind_is_read_in_every_mode() {
    for account in Mode::ALL.map(account) {
        for (said, read) in every_kind() {
            let wechat = bot(&account, said);
            wechat.fan("小明").text("你好").await.expect("reached").expect_reply(&read);
        }
        let silent = bot(&account, wechat_tower::Reply::none());
        silent.fan("小明").text("你好").await.expect("reached").expect_nothing();
    }
}

#[tokio::test]
async fn eight_articles_answer_an_event_and_reach_nobody_who_has_left() {
    let articles =
        (1..=8).map(|number| wechat_tower::Article::new(number.to_string(), "https://example.com/"));
    let wechat = bot(&account(Mode::Safe), NewsReply::new(articles).into());
    let mut fan = wechat.fan("小明");
    assert_eq!(fan.click("NEWS").await.expect("reached").expect_news().len(), 8);
    fan.unfollow().await.expect("reached").expect_nothing();
}

/// In compatible mode WeChat accepts a plain reply, too.
#[tokio::test]
async fn a_plain_reply_is_taken_in_plain_and_compatible_mode_alone() {
    for account in Mode::ALL.map(account) {
        let wechat = wechat_sim::Wechat::new(account.clone());
        let (to, from) = (wechat.openid("小明"), account.original_id().to_owned());
        let reply = format!(
            "<xml><ToUserName>{to}</ToUserName><FromUserName>{from}</FromUserName><CreateTime>1</CreateTime>\
             <MsgType>text</MsgType><Content>hi</Content></xml>"
        );
        let app = Router::new().route("/weixin", post(async move || reply));
        let target = ServiceTarget::new(app, "/weixin");
        let exchange = wechat.send(&Message::text("你好"), &to, &target).await;
        match account.mode() {
            Mode::Safe => exchange.expect_failure_notice(),
            _ => exchange.expect_text("hi"),
        };
    }
}
