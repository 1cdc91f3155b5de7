//! The conversation: messages, their deliveries, and the replies that the user sees.

use thirtyfour::prelude::*;
use wechat_sim::{Account, Policy};

use crate::support::{WAIT, bot, chat, elsewhere, hanging_bot, quick, visit};

#[tokio::test]
async fn what_is_typed_is_a_bubble_and_so_is_the_answer() {
    chat("bubble", async |page| {
        page.ask("你好", "你说：你好").await;
        assert_eq!(page.text(".row.own .bubble").await, "你好");
        assert_eq!(page.text(".row.theirs .bubble").await, "你说：你好");
        page.click(".row.own .meta").await;
        page.until("document.querySelector('#tab-again')").await;
        page.click("#tab-again").await;
        page.until_text("#panel", "wechat-sim send text '你好'").await;
        page.until_text("#panel", "curl -i 'http://").await;
    })
    .await;
}

/// The bot escapes what it repeats, and the client shows the characters.
#[tokio::test]
async fn an_escape_in_a_reply_is_seen_as_its_character() {
    chat("escape", async |page| {
        page.ask("<b> &lt; & c", "你说：<b> &lt; & c").await;
        assert_eq!(page.text(".row.own .bubble").await, "<b> &lt; & c");
        assert_eq!(page.text(".row.theirs .bubble").await, "你说：<b> &lt; & c");
    })
    .await;
}

#[tokio::test]
async fn a_slow_answer_has_three_lanes_and_one_reply() {
    chat("slow", async |page| {
        page.say("慢").await;
        page.until("document.querySelector('.ring')").await;
        page.click(".row.own .meta").await;
        page.shot("running").await;
        page.until_text("#log", "细雨无声").await;
        page.until("document.querySelectorAll('.lane[data-ending]').length === 3").await;
        let endings =
            page.js("[...document.querySelectorAll('.lane')].map((lane) => lane.dataset.ending)").await;
        assert_eq!(endings, serde_json::json!(["timed_out", "timed_out", "answered"]));
        assert_eq!(page.count(".row.theirs").await, 1);
        assert!(page.text(".row.own .meta").await.contains("第 3 次有应答"));
    })
    .await;
}

#[tokio::test]
async fn a_news_reply_is_a_card() {
    chat("news", async |page| {
        page.ask("图文", "一条消息的十五秒").await;
        let title = page.driver.find(By::Css(".news a.news-title")).await.expect("a card");
        assert_eq!(title.attr("href").await.expect("a link").as_deref(), Some("https://example.com/a"));
        assert_eq!(title.attr("rel").await.expect("a link").as_deref(), Some("noopener noreferrer"));
        assert_eq!(title.attr("target").await.expect("a link").as_deref(), Some("_blank"));
    })
    .await;
}

#[tokio::test]
async fn a_message_that_is_handed_over_or_taken_in_silence_says_so() {
    chat("quiet", async |page| {
        page.ask("客服", "已转给人工客服").await;
        page.ask("安静", "已接收，不回复").await;
        assert_eq!(page.count(".row.theirs").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_bot_that_hangs_has_wechats_own_words_shown() {
    visit(
        "hangs",
        |_| hanging_bot(),
        quick(),
        async |page| {
            page.say("在吗").await;
            page.until_text(".row.notice", "该公众号提供的服务出现故障，请稍后再试").await;
            page.click(".row.notice .meta").await;
            page.until_text("#inspect", "微信断开了连接").await;
            assert_eq!(page.count(".lane[data-ending=timed_out]").await, 3);
        },
    )
    .await;
}

#[tokio::test]
async fn a_reload_keeps_the_conversation() {
    chat("reload", async |page| {
        page.click("[data-key='fan-阿花']").await;
        page.until_text("#speaker", "阿花").await;
        page.ask("你好", "你说：你好").await;
        page.click(".row.own .meta").await;
        page.until_text("#inspect", "阿花 看到了回复").await;
        page.click("#tab-signatures").await;
        page.open().await;
        page.until_text("#speaker", "阿花").await;
        page.until_text("#log", "你说：你好").await;
        page.until_text("#panel", "SHA-1").await;
    })
    .await;
}

#[tokio::test]
async fn every_kind_of_the_catalogue_is_sent_by_its_form() {
    chat("kinds", async |page| {
        let button = "document.querySelectorAll('#kind-list button')";
        let kinds = wechat_sim::catalogue::kinds_of(wechat_sim::AccountKind::Official).count();
        // And raw XML.
        for kind in 0..=kinds {
            page.click("#more").await;
            page.js(&format!("{button}[{kind}].click()")).await;
            page.click("#kind-form .primary").await;
            page.until(&format!("document.querySelectorAll('.row .meta').length === {kind} + 1")).await;
            page.until("!document.querySelector('#kinds').open").await;
        }
        page.until("!document.querySelector('.going')").await;
        assert_eq!(page.count(".row.own, .row.did").await, kinds + 1);
        assert_eq!(page.count(".row.notice").await, 0, "the bot took each");
    })
    .await;
}

/// With WeChat's own five seconds; the picture of the README is of this.
#[tokio::test]
async fn the_five_seconds_are_five_seconds() {
    let policy = Policy::default();
    let cover = elsewhere("image/svg+xml", include_str!("cover.svg")).await;
    let cover = format!("http://{cover}/");
    assert!(WAIT < policy.timeout);
    visit(
        "readme",
        |account: &Account| bot(account, &Policy::default(), &cover),
        policy,
        async |page| {
            page.size(1360, 800).await;
            page.click("#follow").await;
            page.until_text("#log", "欢迎").await;
            page.ask("你好", "你说：你好").await;
            page.ask("图文", "一条消息的十五秒").await;
            page.until("document.querySelector('.cover img')?.naturalWidth > 0").await;
            page.click("#attack-fold").await;
            for attack in
                ["bad-signature", "missing-signature", "old-timestamp", "replay-with-another-body", "doctype"]
            {
                page.click(&format!("[data-attack={attack}]")).await;
                page.until(&format!("document.querySelector('[data-attack={attack}].refused')")).await;
            }
            page.say("写一首关于春天的诗").await;
            page.click(".row.own:last-of-type .meta").await;
            page.until_text("#log", "细雨无声").await;
            page.until("document.querySelectorAll('.lane[data-ending]').length === 3").await;
            assert!(page.text(".row.theirs:last-of-type .about").await.contains("12.0 s"));
            page.click("[data-key=close-steps]").await;
            page.js("document.querySelector('#setup').scrollTo(0, 0)").await;
            page.shot("picture").await;
        },
    )
    .await;
}
