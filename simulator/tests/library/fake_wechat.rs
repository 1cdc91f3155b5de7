//! A test of a bot, as users of this crate write it.

use std::time::Duration;

use crate::support::{account, actix, axum};
use wechat_sim::{FakeWechat, Message, Mode, Target, Wechat};

async fn chats<T: Target>(wechat: &FakeWechat<T>) {
    assert!(wechat.verify().await.diagnosis.is_verified());
    let mut fan = wechat.fan("小明");
    fan.follow().await.expect("reached").expect_text("subscribe");
    let exchange = fan.text("你好").await.expect("reached");
    exchange.expect_text("你说：你好").expect_deliveries(1).expect_within(Duration::from_secs(4));
    fan.text("nothing").await.expect("reached").expect_nothing();
}

#[tokio::test]
async fn a_fan_chats_with_a_bot_in_axum_in_every_mode() {
    for account in Mode::ALL.map(account) {
        chats(&FakeWechat::new(account.clone(), axum(&account))).await;
    }
}

#[actix_web::test]
async fn a_fan_chats_with_a_bot_in_actix_web_in_every_mode() {
    for account in Mode::ALL.map(account) {
        chats(&FakeWechat::new(account.clone(), actix(&account).await)).await;
    }
}

/// A text is read as the fan sent it, in both ways in which WeChat can write it.
async fn says_xml<T: Target>(wechat: &FakeWechat<T>) {
    let mut fan = wechat.fan("小明");
    for said in [
        "<root><status><![CDATA[1]]></status></root>",
        "a ]]> b",
        "x]]></Content><bizmsgmenuid>101</bizmsgmenuid><Content><![CDATA[y",
        "]]></FromUserName><FromUserName><![CDATA[oSomebodyElse]]></FromUserName></xml>",
    ] {
        fan.text(said).await.expect("reached").expect_text(&format!("你说：{said}"));
    }
}

#[tokio::test]
async fn a_fan_says_xml_to_a_bot_in_axum_split_and_unsplit() {
    for account in Mode::ALL.map(account) {
        for split in [false, true] {
            says_xml(&FakeWechat::new(account.clone(), axum(&account)).with_split_cdata(split)).await;
        }
    }
}

#[actix_web::test]
async fn a_fan_says_xml_to_a_bot_in_actix_web_split_and_unsplit() {
    for account in Mode::ALL.map(account) {
        for split in [false, true] {
            says_xml(&FakeWechat::new(account.clone(), actix(&account).await).with_split_cdata(split)).await;
        }
    }
}

#[tokio::test]
async fn a_fan_does_all_that_fans_do() {
    let account = account(Mode::Safe);
    let wechat = FakeWechat::new(account.clone(), axum(&account));
    let mut fan = wechat.fan("小明");
    fan.image("http://example.com/p", "m1").await.expect("reached").expect_text("image");
    fan.voice("m1").await.expect("reached").expect_text("voice");
    fan.video("m1", "t1").await.expect("reached").expect_text("video");
    fan.location(30.27, 120.15, "西湖").await.expect("reached").expect_text("location");
    fan.link("题", "文", "http://example.com/?a=1&b=2").await.expect("reached").expect_text("link");
    fan.follow_by("42").await.expect("reached").expect_text("subscribe");
    fan.scan("42").await.expect("reached").expect_text("SCAN");
    fan.click("HELP").await.expect("reached").expect_text_with("CLICK");
    fan.view("https://example.com/").await.expect("reached").expect_text("VIEW");
    fan.location_report(30.27, 120.15).await.expect("reached").expect_text("LOCATION");
    fan.event("user_get_card", &[("CardId", "p1")]).await.expect("reached").expect_text("user_get_card");
    fan.event("some_future_event", &[("A.B", "1")]).await.expect("reached").expect_text("some_future_event");
    fan.unfollow().await.expect("reached").expect_nothing();
    let xml = wechat.wechat().xml(&wechat_sim::Message::text("原样"), "o1");
    fan.raw(&xml).await.expect("reached").expect_text("你说：原样");
}

#[test]
fn a_push_knows_its_sender_whatever_a_text_of_it_holds() {
    for account in Mode::ALL.map(account) {
        for split in [false, true] {
            let wechat = Wechat::new(account.clone()).with_split_cdata(split);
            for said in [
                "a ]]> b",
                "]]></FromUserName>",
                "x]]></Content><FromUserName><![CDATA[o2]]></FromUserName><Content><![CDATA[y",
                "x]]></Content><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[unsubscribe]]></Event></xml>",
            ] {
                let push = wechat.push(&Message::text(said), "o1");
                assert_eq!((push.openid(), push.kind()), ("o1", "text"), "{said}");
                let raw = wechat.push_xml(&push.xml, &wechat_sim::Stamp::now());
                assert_eq!((raw.openid(), raw.kind()), ("o1", "text"), "{said}");
                assert!(push.query.contains("openid=o1"), "{said}");
            }
        }
    }
}
