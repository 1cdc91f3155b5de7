//! The text box brings back what was written.

use thirtyfour::prelude::*;

use crate::support::{Visit, chat};

async fn written(page: &Visit) -> String {
    page.js("document.querySelector('#say').value").await.as_str().expect("a text").to_owned()
}

#[tokio::test]
async fn the_arrow_keys_bring_back_what_was_written() {
    chat("history", async |page| {
        page.ask("一", "你说：一").await;
        page.ask("二", "你说：二").await;
        page.ask("二", "你说：二").await;
        page.click("[data-key='fan-阿花']").await;
        page.until_text("#speaker", "阿花").await;
        page.ask("三", "你说：三").await;
        page.press("草稿").await;
        for (key, text) in [
            (Key::Up, "三"),
            // The same text twice in a row is there once.
            (Key::Up, "二"),
            (Key::Up, "一"),
            (Key::Up, "一"),
            (Key::Down, "二"),
            (Key::Down, "三"),
            (Key::Down, "草稿"),
            (Key::Down, "草稿"),
        ] {
            page.press(key).await;
            assert_eq!(written(page).await, text);
        }
        // A reload keeps it, and nothing of it is in the storage that outlives the tab.
        page.open().await;
        page.js("document.querySelector('#say').focus()").await;
        page.press(Key::Up).await;
        page.until("document.querySelector('#say').value === '三'").await;
        page.press(Key::Enter).await;
        page.until("document.querySelectorAll('.row.own').length === 2").await;
        assert_eq!(page.js("/[一二三]/.test(localStorage.getItem('wechat-sim'))").await, false);
    })
    .await;
}

#[tokio::test]
async fn inside_of_a_text_the_arrow_keys_move_the_caret() {
    chat("history-lines", async |page| {
        page.ask("一", "你说：一").await;
        page.press("上").await;
        page.driver
            .action_chain()
            .key_down(Key::Shift)
            .send_keys(Key::Enter)
            .key_up(Key::Shift)
            .perform()
            .await
            .expect("keys");
        page.press("下").await;
        page.press(Key::Up).await;
        assert_eq!(written(page).await, "上\n下", "from the second line to the first");
        page.press(Key::Up).await;
        assert_eq!(written(page).await, "一");
        page.press(Key::Down).await;
        assert_eq!(written(page).await, "上\n下", "the draft is kept");

        // A long line is wrapped.
        page.js("document.querySelector('#say').select()").await;
        let long = "长".repeat(60);
        page.press(long.as_str()).await;
        page.press(Key::Up).await;
        assert_eq!(written(page).await, long);
        for _ in 0..4 {
            page.press(Key::Up).await;
        }
        assert_eq!(written(page).await, "一");
    })
    .await;
}

#[tokio::test]
async fn what_is_kept_of_it_is_bounded() {
    chat("history-bound", async |page| {
        let add = "{ const { addToHistory } = await import('/assets/history.js'); \
                   for (let n = 0; n < 70; n += 1) addToHistory(`${n}`); \
                   const many = JSON.parse(sessionStorage.getItem('wechat-sim.written')); \
                   for (let n = 0; n < 9; n += 1) addToHistory(`${n}`.repeat(20000)); \
                   const long = JSON.parse(sessionStorage.getItem('wechat-sim.written')); \
                   return [many.length, many.at(-1), long.length] }";
        assert_eq!(page.promised(add).await, serde_json::json!([50, "69", 5]));
    })
    .await;
}
