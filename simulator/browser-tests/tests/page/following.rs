//! The list of fans and the inspector keep up with the conversation.

use thirtyfour::prelude::*;

use crate::support::chat;

#[tokio::test]
async fn the_preview_of_a_fan_is_the_last_text_of_either_side() {
    chat("preview", async |page| {
        let preview = "[data-key='fan-小明'] small";
        page.say("慢").await;
        page.until_text(preview, "未关注 · 慢").await;
        page.until_text(preview, "未关注 · 春风拂柳绿丝长").await;
        page.ask("链接", "好的").await;
        page.until_text(preview, "坏的 也坏 好的").await;
        page.ask("图文", "一条消息的十五秒").await;
        page.until_text(preview, "[图文] 一条消息的十五秒").await;
        page.ask("安静", "已接收").await;
        page.until_text(preview, "· 安静").await;

        // That of another fan changes, too, with a dot for what is new.
        page.say("慢").await;
        page.click("[data-key='fan-阿花']").await;
        page.until_text("#speaker", "阿花").await;
        assert_eq!(page.count("#fans .dot").await, 0);
        page.until_text(preview, "春风拂柳绿丝长").await;
        page.until("document.querySelectorAll('#fans .dot').length === 1").await;
        page.click("#follow").await;
        page.until_text("[data-key='fan-阿花'] small", "已关注 · 欢迎").await;
        page.click(&preview.replace(" small", "")).await;
        page.until("document.querySelectorAll('#fans .dot').length === 0").await;
        page.click("#clear").await;
        page.until(&format!("document.querySelector({preview:?}).innerText === '未关注'")).await;
    })
    .await;
}

#[tokio::test]
async fn the_inspector_follows_the_newest_message_unless_one_was_chosen() {
    chat("follow", async |page| {
        page.ask("一", "你说：一").await;
        page.until_text("#inspect h2", "一").await;
        page.ask("二", "你说：二").await;
        page.until_text("#inspect h2", "二").await;
        assert_eq!(page.count("#follow-newest").await, 0);

        page.click(".row.own .meta").await;
        page.until_text("#inspect h2", "一").await;
        page.ask("三", "你说：三").await;
        assert!(page.text("#inspect h2").await.contains('一'));
        page.open().await;
        page.until_text("#inspect h2", "一").await;
        page.shot("chosen").await;
        page.click("#follow-newest").await;
        page.until_text("#inspect h2", "三").await;
        page.ask("四", "你说：四").await;
        page.until_text("#inspect h2", "四").await;

        // To choose the newest one is to follow again.
        page.click(".row.own .meta").await;
        page.until_text("#inspect h2", "一").await;
        page.js("[...document.querySelectorAll('.row.own .meta')].at(-1).focus()").await;
        page.press(Key::Enter).await;
        page.until_text("#inspect h2", "四").await;
        page.ask("五", "你说：五").await;
        page.until_text("#inspect h2", "五").await;

        // Each fan has a newest message of their own.
        page.click("[data-key='fan-阿花']").await;
        page.until_text("#inspect", "发一条消息").await;
        page.ask("六", "你说：六").await;
        page.click("[data-key='fan-小明']").await;
        page.until_text("#inspect h2", "五").await;
    })
    .await;
}

#[tokio::test]
async fn on_a_phone_a_new_message_does_not_leave_the_chat() {
    chat("follow-phone", async |page| {
        page.size(380, 760).await;
        page.ask("一", "你说：一").await;
        page.ask("二", "你说：二").await;
        assert_eq!(page.js("document.body.dataset.pane").await, "chat");
        page.click("[data-show=inspect]").await;
        page.until_text("#inspect h2", "二").await;
    })
    .await;
}
