//! The mode of the account.

use crate::support::{quick, visit, weak_bot};

#[tokio::test]
async fn a_switch_of_the_mode_changes_what_is_pushed() {
    visit(
        "mode",
        |_| weak_bot(),
        quick(),
        async |page| {
            page.say("加密的").await;
            page.click("#modes label:first-of-type span").await;
            page.until_text("#mode-hint", "plain").await;
            page.say("明文的").await;
            page.click(".row.own:last-of-type .meta").await;
            page.until_text(".subject", "明文").await;
            page.click("#tab-request").await;
            page.until_text("#panel", "明文的").await;
            assert!(!page.text("#panel").await.contains("msg_signature"));
            assert_eq!(page.count("[data-attack=other-key]").await, 0, "an attack on what is not there");
        },
    )
    .await;
}
