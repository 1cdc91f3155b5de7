//! The forged requests.

use crate::support::{chat, quick, visit, weak_bot};

#[tokio::test]
async fn a_tamper_button_turns_green_where_the_bot_refuses() {
    chat("tamper-green", async |page| {
        page.click("[data-attack=bad-signature]").await;
        page.until("document.querySelector('[data-attack=bad-signature].refused')").await;
        page.until_text("#attack-result", "已拒绝").await;
    })
    .await;
}

#[tokio::test]
async fn a_tamper_button_turns_red_where_the_bot_accepts() {
    visit(
        "tamper-red",
        |_| weak_bot(),
        quick(),
        async |page| {
            page.click("[data-attack=bad-signature]").await;
            page.until("document.querySelector('[data-attack=bad-signature].accepted')").await;
            page.until_text("#attack-result", "漏洞").await;
        },
    )
    .await;
}
