//! What a first visitor sees: a text box, and three things to try.

use thirtyfour::prelude::*;

use crate::support::{Visit, chat};

async fn steps(page: &Visit) -> serde_json::Value {
    page.js("[...document.querySelectorAll('#first-steps li')].map((step) => step.className)").await
}

#[tokio::test]
async fn what_was_tried_is_crossed_out_and_then_the_list_goes() {
    chat("steps", async |page| {
        page.until("!document.querySelector('#first-steps').hidden").await;
        assert_eq!(steps(page).await, serde_json::json!(["", "", ""]));
        page.shot("new").await;
        page.click("[data-key=step-say]").await;
        page.until("document.activeElement.id === 'say'").await;
        page.press(Key::Enter).await;
        page.until_text("#log", "你说：你好").await;
        page.until("document.querySelector('#first-steps li.done s')").await;
        page.click("[data-key=step-menu]").await;
        page.until("document.activeElement.dataset.key === 'menu-0'").await;
        page.press(Key::Enter).await;
        page.until_text("#log", "按了 MENU_TODAY").await;
        page.until("document.querySelectorAll('#first-steps li.done').length === 2").await;
        page.shot("two").await;
        // What was tried is known after a reload.
        page.open().await;
        page.until("document.querySelectorAll('#first-steps li.done').length === 2").await;
        page.click("[data-key=step-attack]").await;
        page.until("document.activeElement.id === 'attack-all'").await;
        page.press(Key::Enter).await;
        page.until_text("#first-steps", "三步都试过了").await;
        page.until("document.querySelector('#first-steps').hidden").await;
        page.open().await;
        page.until_text("#log", "你说：你好").await;
        assert_eq!(page.js("document.querySelector('#first-steps').hidden").await, true);
    })
    .await;
}

#[tokio::test]
async fn the_list_is_closed_by_hand_and_stays_away() {
    chat("steps-closed", async |page| {
        page.until("!document.querySelector('#first-steps').hidden").await;
        page.js("document.querySelector('[data-key=close-steps]').focus()").await;
        page.press(Key::Enter).await;
        page.until("document.querySelector('#first-steps').hidden").await;
        assert_eq!(page.js("document.activeElement.id").await, "say", "the focus is not lost");
        page.open().await;
        page.ask("你好", "你说：你好").await;
        assert_eq!(page.js("document.querySelector('#first-steps').hidden").await, true);
    })
    .await;
}

#[tokio::test]
async fn whoever_opens_the_page_can_type_at_once() {
    chat("typing", async |page| {
        assert_eq!(page.js("document.activeElement.id").await, "say");
        page.press("你好").await;
        page.press(Key::Enter).await;
        page.until_text("#log", "你说：你好").await;
    })
    .await;
}
