//! The export of a conversation.

use std::path::Path;
use std::time::Duration;

use thirtyfour::prelude::*;
use tokio::time::{Instant, sleep};

use crate::support::{PATIENCE, chat};

#[tokio::test]
async fn a_conversation_is_exported_for_one_fan_or_all() {
    chat("export", async |page| {
        page.js("document.querySelector('#export').focus()").await;
        page.press(Key::Enter).await;
        page.until_text("#scenario-steps", "还没有可以导出的消息").await;
        assert_eq!(page.count("#scenario footer button:disabled").await, 2);
        page.press(Key::Escape).await;
        page.ask("你好", "你说：你好").await;
        page.click("[data-key='fan-阿花']").await;
        page.until_text("#speaker", "阿花").await;
        page.ask(r"a\b", r"你说：a\b").await;
        page.click("#export").await;
        page.until_text("#scenario-steps", "1 步").await;
        page.until_text("#scenario-run", "wechat-sim run 阿花.toml").await;
        page.until_text("#scenario-toml", "text = \"a\\\\b\"\nexpect = { text = \"你说：a\\\\b\" }").await;
        page.click("#scenario-fan option:last-child").await;
        page.until_text("#scenario-steps", "2 步").await;
        page.until_text("#scenario-toml", "fan = \"小明\"\ntext = \"你好\"").await;
        page.shot("dialog").await;
        // What is downloaded is what is shown.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("downloads");
        let file = folder.join("conversation.toml");
        _ = std::fs::remove_file(&file);
        let allow = serde_json::json!({"behavior": "allow", "downloadPath": folder});
        page.driver.cdp().send_raw("Browser.setDownloadBehavior", allow).await.expect("allowed");
        page.click("#scenario-save").await;
        let shown = page.js("document.querySelector('#scenario-toml').textContent").await;
        let since = Instant::now();
        while std::fs::read_to_string(&file).ok().as_deref() != shown.as_str() {
            assert!(since.elapsed() < PATIENCE, "{} is not there", file.display());
            sleep(Duration::from_millis(30)).await;
        }
    })
    .await;
}
