//! Languages, sizes, and the page without a mouse.

use thirtyfour::prelude::*;

use crate::support::chat;

#[tokio::test]
async fn english_is_a_switch_away_and_stays() {
    chat("english", async |page| {
        page.click("#follow").await;
        page.until_text("#log", "小明 关注了公众号").await;
        page.click("#lang").await;
        page.until_text("#log", "小明 followed the account").await;
        let chinese = "[...document.querySelectorAll('[data-t], #setup h2, #setup dt')].map((e) => e.innerText)\
                       .filter((text) => /[一-龥]/.test(text) && text !== '中文')";
        assert_eq!(page.js(chinese).await, serde_json::json!([]));
        page.click(".row.did .meta").await;
        page.until_text("#inspect", "sees the reply").await;
        page.shot("inspector").await;
        page.open().await;
        page.until_text("#log", "followed the account").await;
        assert_eq!(page.js("document.documentElement.lang").await, "en");
    })
    .await;
}

/// Everything from the address bar on, without a mouse.
#[tokio::test]
async fn the_keyboard_alone_will_do() {
    chat("keyboard", async |page| {
        let focused = async || page.js("document.activeElement.id || document.activeElement.className").await;
        page.js("document.activeElement.blur()").await;
        // The first stop is a link to the text box.
        page.press(Key::Tab).await;
        assert_eq!(focused().await, "skip");
        page.press(Key::Enter).await;
        page.until("document.activeElement.id === 'say'").await;
        page.press("你好").await;
        page.press(Key::Enter).await;
        page.until_text("#log", "你说：你好").await;

        // Back over the menu to the line below the bubble, and into the inspector.
        let mut steps = 0;
        while page.js("document.activeElement.classList.contains('meta')").await != true {
            page.press_back().await;
            steps += 1;
            assert!(steps < 12, "no way back to the conversation");
        }
        page.press(Key::Enter).await;
        page.until_text("#inspect", "小明 看到了回复").await;

        // To the inspector's tabs, and from one to the next.
        page.js("document.querySelector('#tab-overview').focus()").await;
        page.press(Key::Right).await;
        page.until("document.activeElement.id === 'tab-signatures'").await;
        page.until_text("#panel", "SHA-1").await;
        let outline = page.js("getComputedStyle(document.activeElement).outlineStyle").await;
        assert_eq!(outline, "solid", "the focus is seen");
        page.shot("focus").await;

        // A sub-menu opens, has a focus that moves, and closes again.
        page.js("document.querySelector('[data-key=menu-1]').focus()").await;
        page.press(Key::Enter).await;
        page.until("document.activeElement.dataset.key === 'menu-1-0'").await;
        page.press(Key::Down).await;
        page.until("document.activeElement.dataset.key === 'menu-1-1'").await;
        page.shot("menu").await;
        page.press(Key::Escape).await;
        page.until("document.activeElement.dataset.key === 'menu-1'").await;

        // Any kind of message is found by its name, filled in and sent.
        page.js("document.querySelector('#more').focus()").await;
        page.press(Key::Enter).await;
        page.until("document.activeElement.id === 'find-kind'").await;
        page.press("user_get_card").await;
        page.press(Key::Enter).await;
        page.until("document.activeElement.name === 'CardId'").await;
        page.shot("kind").await;
        page.press(Key::Enter).await;
        page.until_text("#log", "收到").await;
        page.until("document.activeElement.id === 'say'").await;
    })
    .await;
}

#[tokio::test]
async fn a_narrow_screen_needs_no_scrolling_sideways() {
    chat("narrow", async |page| {
        page.size(380, 760).await;
        page.click("#follow").await;
        page.ask("图文", "一条消息的十五秒").await;
        page.ask(&"长".repeat(200), "你说：长长").await;
        page.ask(&"http://example.com/".repeat(9), "你说：http").await;
        for pane in ["setup", "inspect", "chat"] {
            if pane == "inspect" {
                page.click("[data-show=chat]").await;
                page.click(".row.own:last-of-type .meta, .row.own .meta").await;
                page.until_text("#inspect", "小明 看到了回复").await;
            } else {
                page.click(&format!("[data-show={pane}]")).await;
            }
            for part in ["document.documentElement", "document.querySelector('#log')", "document.querySelector('#inspect')"] {
                let wide = page.js(&format!("{part}.scrollWidth > {part}.clientWidth")).await;
                assert_eq!(wide, false, "{part} in {pane}");
            }
            let beyond = "[...document.querySelectorAll('body *')].filter((e) => e.checkVisibility() \
                          && !e.closest('.tabs, .hidden, svg') && e.getBoundingClientRect().right > 381).map((e) => e.outerHTML)";
            assert_eq!(page.js(beyond).await, serde_json::json!([]), "{pane}");
            page.shot(pane).await;
        }
        page.click("#more").await;
        page.until("document.querySelector('#kinds').open").await;
        page.shot("kinds").await;
    })
    .await;
}
