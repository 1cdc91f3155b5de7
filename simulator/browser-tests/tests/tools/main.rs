//! The tools of the page in a real Chromium: attacks, the menu editor, scenarios; and all of the page by the rules of
//! accessibility. Screenshots are written to `tmp/page` in the target folder.

mod attacks;
mod menu;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "shared with the other tests of the page")]
mod support;

use support::{Visit, bot, quick, visit};
use wechat_sim::Account;

/// A test in a browser, with a bot with the library and shortened times.
async fn chat(name: &'static str, test: impl AsyncFnOnce(&Visit)) {
    visit(name, |account: &Account| bot(account, &quick(), ""), quick(), test).await;
}
