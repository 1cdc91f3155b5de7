//! The custom menu.

use crate::support::chat;

#[tokio::test]
async fn the_menu_is_changed_and_pressed() {
    chat("menu", async |page| {
        page.click("#edit-menu").await;
        page.click("#menu-raw").await;
        page.js("document.querySelector('#menu-json').value = '{'").await;
        page.click("#menu-form .primary").await;
        page.until_text("#menu-error", "不是 JSON").await;
        page.js(r#"document.querySelector('#menu-json').value = '{"button":[{"type":"click","name":"天气","key":"WEATHER"}]}'"#).await;
        page.click("#menu-form .primary").await;
        page.until_text("#menu", "天气").await;
        page.click("#menu button").await;
        page.until_text("#log", "按了 WEATHER").await;
        assert!(page.text("#log").await.contains("小明 点了菜单“天气”"));
    })
    .await;
}
