//! The custom menu.

use crate::support::chat;

#[tokio::test]
async fn the_menu_is_changed_and_pressed() {
    chat("menu", async |page| {
        page.click("#to-menu").await;
        page.click("#edit-menu").await;
        page.click("#menu-raw").await;
        page.js("document.querySelector('#menu-json').value = '{'").await;
        page.click("#menu-form .primary").await;
        page.until_text("#menu-error", "不是 JSON").await;
        page.js(r#"document.querySelector('#menu-json').value = '{"button":[{"type":"click","name":"天气","key":"WEATHER"}]}'"#).await;
        page.click("#menu-form .primary").await;
        page.until_text("#menu", "天气").await;
        page.click("#menu .menu-item button").await;
        page.until_text("#log", "按了 WEATHER").await;
        assert!(page.text("#log").await.contains("小明 点了菜单“天气” (CLICK)"));
    })
    .await;
}

#[tokio::test]
async fn the_menu_and_the_text_box_take_turns() {
    chat("turns", async |page| {
        let shown = "['#menu', '#composer'].map((part) => document.querySelector(part).checkVisibility())";
        assert_eq!(page.js(shown).await, serde_json::json!([false, true]));
        page.click("#to-menu").await;
        assert_eq!(page.js(shown).await, serde_json::json!([true, false]));
        page.shot("menu").await;
        page.open().await;
        assert_eq!(page.js(shown).await, serde_json::json!([true, false]), "it is remembered");

        // The way to the text box for those who skip to it, and after a message of any kind.
        page.click("[data-key=menu-1]").await;
        page.until("document.activeElement.dataset.key === 'menu-1-0'").await;
        page.shot("sub-menu").await;
        page.js("document.querySelector('.skip').click()").await;
        page.until("document.activeElement.id === 'say'").await;
        page.ask("一", "你说：一").await;
        page.click("#to-menu").await;
        page.click("#to-text").await;
        page.until("document.activeElement.id === 'say'").await;
        assert_eq!(page.js(shown).await, serde_json::json!([false, true]));

        // Without a menu there is only the text box.
        page.click("#to-menu").await;
        let empty = "{ const { apply } = await import('/assets/store.js'); apply({ event: 'menu', menu: { button: [] } }) }";
        page.promised(empty).await;
        assert_eq!(page.js(shown).await, serde_json::json!([false, true]));
        assert_eq!(page.js("document.querySelector('#to-menu').checkVisibility()").await, false);
    })
    .await;
}

#[tokio::test]
async fn on_a_touch_screen_the_menu_is_first() {
    chat("touch", async |page| {
        let touch = serde_json::json!({"enabled": true});
        page.driver.cdp().send_raw("Emulation.setTouchEmulationEnabled", touch).await.expect("touch");
        page.size(380, 760).await;
        page.open().await;
        page.until("document.querySelector('#phone').dataset.input === 'menu'").await;
        assert_ne!(page.js("document.activeElement.id").await, "to-text", "no focus, no ring");
        page.shot("first").await;
    })
    .await;
}

#[tokio::test]
async fn an_item_of_a_text_menu_is_sent_while_the_menu_is_shown() {
    chat("text-menu", async |page| {
        page.ask("选择", "一").await;
        page.click("#to-menu").await;
        page.click(".row.theirs .text-link").await;
        page.until_text("#log", "你说：第一").await;
        assert_eq!(page.js("document.querySelector('#phone').dataset.input").await, "menu");
    })
    .await;
}

/// Whoever reads the conversation need not know the names of the events.
#[tokio::test]
async fn events_are_told_in_words_with_the_buttons_of_the_menu() {
    chat("events", async |page| {
        page.click("#to-menu").await;
        page.click("[data-key=menu-0]").await;
        page.until_text("#log", "小明 点了菜单“今日” (CLICK)").await;
        page.until_text("#log", "按了 MENU_TODAY").await;
        page.until_text("#inspect h2", "点击菜单 点了菜单“今日”").await;
        page.until_text("#inspect .subject p", "Event CLICK · EventKey MENU_TODAY").await;
        for (item, told) in [
            (1, "小明 用菜单“扫一扫”扫了码 (scancode_waitmsg)"),
            (2, "小明 用菜单“发位置”选了位置 (location_select)"),
        ] {
            page.click("[data-key=menu-1]").await;
            page.click(&format!("[data-key=menu-1-{item}]")).await;
            page.until_text("#log", told).await;
        }
        page.until_text("[data-key='fan-小明'] small", "收到").await;
        page.click("#follow").await;
        page.until_text("#log", "小明 关注了公众号 (subscribe)").await;
        page.click("#lang").await;
        page.until_text("#log", "小明 pressed “今日” in the menu (CLICK)").await;
        page.until_text("#log", "小明 followed the account (subscribe)").await;
        page.shot("english").await;
    })
    .await;
}
