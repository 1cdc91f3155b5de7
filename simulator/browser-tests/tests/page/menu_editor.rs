//! The editor of the custom menu.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::support::{Visit, chat};

/// The menu of the page, as its server has it after a reload.
async fn menu(page: &Visit) -> serde_json::Value {
    page.promised("{ return new Promise((done) => { const source = new EventSource('/api/events'); source.onmessage = (message) => { source.close(); done(JSON.parse(message.data).menu) } }) }").await
}

async fn save(page: &Visit) {
    page.click("#menu-form .primary").await;
    page.until("!document.querySelector('#menu-dialog').open").await;
}

/// Opens the editor with this JSON.
async fn write_json(page: &Visit, json: &str) {
    page.click("#menu-raw[aria-pressed=false]").await;
    page.js(&format!("document.querySelector('#menu-json').value = {}", json!(json))).await;
}

const FIRST: &str = "#menu-fields > ol > li:first-child";

/// Fills in the field that is labelled like this.
async fn fill_in(page: &Visit, member: &str, text: &str) {
    let field = page.driver.find(By::Css(format!("{FIRST} .menu-field.{member} input"))).await.expect(member);
    field.clear().await.expect(member);
    field.send_keys(text).await.expect(member);
}

#[tokio::test]
async fn a_menu_is_changed_in_the_form_and_pressed() {
    chat("menu-form", async |page| {
        page.click("#edit-menu").await;
        page.shot("form").await;
        fill_in(page, "name", "天气").await;
        fill_in(page, "key", "WEATHER").await;
        save(page).await;
        page.click("#to-menu").await;
        page.until_text("#menu", "天气").await;
        page.click("#menu .menu-item button").await;
        page.until_text("#log", "按了 WEATHER").await;
        assert!(page.text("#log").await.contains("小明 点了菜单“天气”"));
    })
    .await;
}

#[tokio::test]
async fn a_mistake_is_shown_at_its_field_with_the_limit() {
    chat("menu-limits", async |page| {
        page.click("#edit-menu").await;
        assert_eq!(page.text(&format!("{FIRST} .name .count")).await, "6 / 16 字节");
        fill_in(page, "name", "六个字的名称").await;
        assert_eq!(page.text(&format!("{FIRST} .name .count")).await, "18 / 16 字节");
        page.until_text(&format!("{FIRST} .name .menu-fault"), "18 字节，最多 16 字节").await;
        fill_in(page, "key", "").await;
        page.click("#menu-form .primary").await;
        page.until_text(&format!("{FIRST} .key .menu-fault"), "必填").await;
        // The first field with a mistake has the focus, and screen readers find the text.
        let described = "document.getElementById(document.activeElement.getAttribute('aria-describedby').split(' ')[1]).innerText";
        assert!(page.js(described).await.as_str().is_some_and(|text| text.starts_with("18 字节")));
        assert_eq!(page.js("document.activeElement.getAttribute('aria-invalid')").await, "true");
        page.shot("mistakes").await;
        assert_eq!(page.js("document.querySelector('#menu-dialog').open").await, true);
        // Of another type, the button needs another member.
        page.click(&format!("{FIRST} select option[value=miniprogram]")).await;
        page.until(&format!("document.querySelectorAll('{FIRST} input').length === 4")).await;
        assert_eq!(page.count(&format!("{FIRST} .pagepath input, {FIRST} .appid input")).await, 2);
    })
    .await;
}

#[tokio::test]
async fn buttons_are_added_moved_and_removed_by_keyboard() {
    chat("menu-keys", async |page| {
        page.js("document.querySelector('#edit-menu').focus()").await;
        page.press(Key::Enter).await;
        page.until("document.querySelector('#menu-dialog').open").await;
        assert_eq!(page.js("document.querySelector('[data-key=add]').disabled").await, true, "three buttons are there");
        // The first one goes down twice, with the focus on it.
        page.js(&format!("document.querySelector('{FIRST} .menu-tools button:nth-child(2)').focus()")).await;
        page.press(Key::Enter).await;
        page.press(Key::Enter).await;
        let names = "[...document.querySelectorAll('#menu-fields > ol > li > fieldset > .menu-fields .name input')].map((input) => input.value)";
        page.until(&format!("{names}.join() === '更多,帮助,今日'")).await;
        // It is removed, and one with sub-buttons is added.
        page.js("document.querySelector('#menu-fields > ol > li:last-child .menu-tools button:last-child').focus()").await;
        page.press(Key::Enter).await;
        page.until(&format!("{names}.join() === '更多,帮助'")).await;
        page.js("document.querySelector('[data-key=add]').focus()").await;
        page.press(Key::Enter).await;
        page.until("document.activeElement.closest('.name')").await;
        page.press("新的").await;
        page.js("document.querySelector('#menu-fields > ol > li:last-child .key input').focus()").await;
        page.press("NEW").await;
        page.press(Key::Enter).await;
        page.until_text("#menu", "新的").await;
        let menu = menu(page).await;
        assert_eq!(menu["button"][2], json!({"name": "新的", "type": "click", "key": "NEW"}));
        assert_eq!(menu["button"][0]["sub_button"].as_array().map(Vec::len), Some(3));
    })
    .await;
}

#[tokio::test]
async fn the_raw_json_round_trips_with_what_the_form_does_not_know() {
    chat("menu-raw", async |page| {
        page.click("#edit-menu").await;
        let answer = r#"{"menu": {"button": [{"type": "view", "name": "官网", "url": "https://example.com/", "note": {"a": [1]}}], "menuid": 7}}"#;
        write_json(page, answer).await;
        page.click("#menu-raw").await;
        page.until(&format!("document.querySelector('{FIRST} .url input')")).await;
        fill_in(page, "name", "首页").await;
        page.click("#menu-raw").await;
        page.until("document.querySelector('#menu-json').value.includes('首页')").await;
        page.shot("json").await;
        save(page).await;
        page.until_text("#menu", "首页").await;
        let kept = json!({"button": [{"type": "view", "name": "首页", "url": "https://example.com/", "note": {"a": [1]}}], "menuid": 7});
        assert_eq!(menu(page).await, kept);
    })
    .await;
}

#[tokio::test]
async fn json_that_cannot_be_read_is_told_with_its_line_in_the_language_of_the_page() {
    chat("menu-json", async |page| {
        page.click("#edit-menu").await;
        for (json, said) in [
            ("{\n  \"button\": [,]\n}", "第 2 行第 14 列：不是 JSON"),
            ("{", "第 1 行第 2 列：不是 JSON"),
            ("", "第 1 行第 1 列：不是 JSON"),
            ("{\"菜单\": 1}}", "第 1 行第 10 列：不是 JSON"),
            ("{\"button\": 3}", "不是菜单：要有 button 列表"),
            ("{\"button\": []}", "有 0 个按钮，应当有 1 到 3 个"),
            ("{\"button\": [{\"name\": \"a\"}]}", "按钮 1 · 子按钮：至少要有一个子按钮"),
        ] {
            if page.count("#menu-raw[aria-pressed=true]").await == 0 {
                page.click("#menu-raw").await;
            }
            page.js(&format!("document.querySelector('#menu-json').value = {}", json!(json))).await;
            page.click("#menu-form .primary").await;
            page.until_text("#menu-error", said).await;
        }
        page.shot("fault").await;
        page.press(Key::Escape).await;
        page.click("#lang").await;
        page.click("#edit-menu").await;
        write_json(page, "{\"button\": [\n}").await;
        page.click("#menu-raw").await;
        page.until_text("#menu-error", "Line 2, column 1: not JSON").await;
    })
    .await;
}
