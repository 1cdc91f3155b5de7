//! A message is sent again from the inspector.

use crate::support::{Visit, chat};

/// The `MsgId` of each message in the conversation, in order.
async fn msg_ids(page: &Visit) -> Vec<String> {
    let script = "{ const { state } = await import('/assets/store.js'); \
                  return [...state.exchanges.values()].map((exchange) => exchange.field.MsgId) }";
    serde_json::from_value(page.promised(script).await).expect("ids")
}

#[tokio::test]
async fn a_message_is_sent_again_as_a_new_one() {
    chat("resend", async |page| {
        page.ask("一", "你说：一").await;
        page.ask("二", "你说：二").await;
        page.click(".row.own .meta").await;
        page.until_text("#inspect h2", "一").await;
        page.click("#tab-again").await;
        page.until_text("#panel", "wechat-sim send text '一'").await;
        // It is the fan of the message who sends it, whoever is in the chat.
        page.click("[data-key='fan-阿花']").await;
        page.until_text("#speaker", "阿花").await;
        page.click("[data-key=resend]").await;
        page.until_text("#speaker", "小明").await;
        page.until("document.querySelectorAll('.row.theirs').length === 3").await;
        assert_eq!(page.count(".row.own").await, 3);
        // The inspector shows the new one, and its panel.
        page.until("document.querySelectorAll('#follow-newest').length === 0").await;
        page.until_text("#panel", "再发一次").await;
        page.shot("panel").await;
        // The tab stays in view where there is no room for all of them.
        page.size(300, 700).await;
        page.click("[data-show=inspect]").await;
        page.click("#lang").await;
        page.until_text("#panel", "Repeat this push").await;
        let tab = "document.querySelector('#tab-again').getBoundingClientRect()";
        assert_eq!(page.js(&format!("{tab}.left > 0 && {tab}.right <= 300")).await, true);
        page.shot("narrow").await;
        let ids = msg_ids(page).await;
        assert!(ids.len() == 3 && ids[0] != ids[2], "{ids:?}");
    })
    .await;
}

/// The bot answers a retry with the reply that it has.
#[tokio::test]
async fn a_push_is_repeated_with_the_same_id() {
    chat("repeat", async |page| {
        page.ask("一", "你说：一").await;
        page.until("document.querySelector('#tab-again')").await;
        page.click("#tab-again").await;
        page.until("document.querySelector('[data-key=repeat]')").await;
        page.click("[data-key=repeat]").await;
        page.until_text(".row.did", "同一条消息再次推送：一").await;
        page.until("document.querySelectorAll('.row.theirs').length === 2").await;
        assert_eq!(page.count(".row.own").await, 1, "the user wrote it once");
        let ids = msg_ids(page).await;
        assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
        page.shot("row").await;
    })
    .await;
}

#[tokio::test]
async fn raw_xml_is_only_repeated() {
    chat("resend-raw", async |page| {
        page.click("#more").await;
        page.js("[...document.querySelectorAll('#kind-list button')].at(-1).click()").await;
        page.click("#kind-form .primary").await;
        page.until_text("#log", "你说：你好").await;
        page.until("document.querySelector('#tab-again')").await;
        page.click("#tab-again").await;
        page.until("document.querySelector('[data-key=repeat]')").await;
        assert_eq!(page.count("[data-key=resend]").await, 0);
    })
    .await;
}
