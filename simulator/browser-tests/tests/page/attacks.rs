//! The attacks: folded, run, and their forged requests in the inspector.

use thirtyfour::prelude::*;

use crate::support::{Visit, chat, quick, visit, weak_bot};

/// Unfolds the attacks.
async fn unfold(page: &Visit) {
    page.click("#attack-fold[aria-expanded=false]").await;
    page.until("document.querySelector('#attack-panel').checkVisibility()").await;
}

#[tokio::test]
async fn a_tamper_button_turns_green_where_the_bot_refuses() {
    chat("tamper-green", async |page| {
        unfold(page).await;
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
            unfold(page).await;
            page.click("[data-attack=bad-signature]").await;
            page.until("document.querySelector('[data-attack=bad-signature].accepted')").await;
            page.until_text("#attack-result", "漏洞").await;
        },
    )
    .await;
}

#[tokio::test]
async fn what_is_set_up_is_seen_without_scrolling() {
    chat("set-up", async |page| {
        page.size(1360, 900).await;
        for lang in ["zh-CN", "en"] {
            page.until(&format!("document.documentElement.lang === '{lang}'")).await;
            for part in ["#fans", "#modes", "#attack-fold", "#attack-all", "#account", "#rules", "#edit-menu", "#clear"] {
                let place = page.js(&format!("document.querySelector('{part}').getBoundingClientRect()")).await;
                assert!(place["bottom"].as_f64().is_some_and(|bottom| bottom <= 900.0), "{part} in {lang}: {place}");
            }
            let beyond = "[...document.querySelectorAll('#setup *')].filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > 264).map((e) => e.outerHTML)";
            assert_eq!(page.js(beyond).await, serde_json::json!([]), "{lang}");
            page.shot(lang).await;
            page.click("#lang").await;
        }
        assert_eq!(page.count("#attack-panel[hidden]").await, 1);
        page.until_text("#attack-fold", "攻击 21 项").await;
    })
    .await;
}

#[tokio::test]
async fn attacks_unfold_by_keyboard_and_stay_unfolded() {
    chat("attacks-fold", async |page| {
        page.js("document.querySelector('#attack-fold').focus()").await;
        page.press(Key::Enter).await;
        page.until("document.querySelector('#attack-fold').getAttribute('aria-expanded') === 'true'").await;
        assert_eq!(page.count("[data-attack]").await, 21);
        page.open().await;
        page.until("document.querySelector('[data-attack=doctype]').checkVisibility()").await;
        page.click("#attack-fold").await;
        page.until("!document.querySelector('#attack-panel').checkVisibility()").await;
    })
    .await;
}

#[tokio::test]
async fn all_attacks_run_while_they_are_folded_and_the_score_is_seen() {
    let weak = |_: &wechat_sim::Account| weak_bot();
    visit("attacks-all", weak, quick(), async |page| {
        page.click("#attack-all").await;
        page.until("document.querySelector('#attack-progress').value > 0").await;
        page.until("!document.querySelector('#attack-all').disabled").await;
        page.until_text("#attack-fold", "21").await;
        assert_eq!(page.text("#attack-news").await, "拒绝 0 · 接受 21");
        assert_eq!(page.count("#attack-panel[hidden]").await, 1);
        // What the bot accepted is listed, and opens in the inspector.
        page.until_text("#attack-missed", "另有 18 项").await;
        page.click("[data-key=missed-bad-signature]").await;
        page.until_text("#inspect", "机器人没有拒绝：有漏洞").await;
        page.shot("vulnerable").await;
    })
    .await;
}

#[tokio::test]
async fn a_run_of_all_attacks_ends_with_a_switch_of_the_mode() {
    let weak = |_: &wechat_sim::Account| weak_bot();
    visit("attacks-mode", weak, quick(), async |page| {
        page.click("#attack-all").await;
        page.click("#modes label:first-of-type span").await;
        page.until_text("#attack-fold", "攻击 13 项").await;
        page.until("!document.querySelector('#attack-all').disabled").await;
        page.click("#attack-all").await;
        page.until_text("#attack-news", "拒绝 0 · 接受 13").await;
    })
    .await;
}

#[tokio::test]
async fn a_forged_request_is_inspected_like_any_other() {
    chat("forged", async |page| {
        unfold(page).await;
        page.click("[data-attack=bad-signature]").await;
        page.until_text("#attack-result", "已拒绝").await;
        page.click("#attack-result .look").await;
        page.until_text("#inspect", "机器人拒绝了这个请求").await;
        page.until_text("#panel", "msg_signature 的第一位改了").await;
        page.shot("overview").await;
        page.click("#tab-signatures").await;
        page.until("document.querySelectorAll('.signature').length === 2").await;
        page.until_text("#panel", "请求里的 msg_signature 是").await;
        page.shot("signatures").await;
        page.click("#tab-request").await;
        page.until_text("#panel", "POST /weixin?signature=").await;
        page.until_text("#panel", "<Encrypt>").await;
        page.click("#tab-answer").await;
        page.until_text("#panel", "HTTP/1.1 403").await;
        page.click("#tab-again").await;
        page.until_text("#panel", "wechat-sim attack bad-signature").await;
        page.until_text("#panel", "curl -i 'http://").await;
        // A message takes the inspector again.
        page.ask("你好", "你说：你好").await;
        page.click(".row.own .meta").await;
        page.until_text("#inspect", "小明 看到了回复").await;
    })
    .await;
}

#[tokio::test]
async fn a_genuine_request_is_shown_beside_the_forged_one() {
    chat("pair", async |page| {
        unfold(page).await;
        page.click("[data-attack=replay-with-another-body]").await;
        page.until_text("#attack-result", "已拒绝").await;
        page.click("[data-key=probe-1]").await;
        page.until_text("#inspect", "请求体是另一条消息").await;
        page.until("document.querySelectorAll('#panel .two .block').length === 2").await;
        page.shot("overview").await;
        page.click("[data-key=look-0]").await;
        page.until_text("#inspect", "正常请求被接受了").await;
    })
    .await;
}

#[tokio::test]
async fn the_list_of_an_attacks_requests_stays_where_it_was_scrolled_to() {
    chat("probes", async |page| {
        unfold(page).await;
        page.click("[data-attack=bad-length]").await;
        page.until_text("#attack-result", "已拒绝").await;
        page.click("[data-key=probe-7]").await;
        page.until_text("#inspect", "长度字段写着 4294967295").await;
        page.size(380, 760).await;
        page.js("document.querySelector('.probes').scrollTop = 40").await;
        page.js("document.querySelector('[data-key=look-3]').click()").await;
        page.until_text(".probe[aria-pressed=true]", "长度字段写着").await;
        page.until_text("#panel", "长度字段写着").await;
        assert_eq!(
            page.js("document.querySelector('.probe[aria-pressed=true]').dataset.key").await,
            "look-3"
        );
        assert_eq!(page.js("document.querySelector('.probes').scrollTop").await, 40);
        page.shot("scrolled").await;
    })
    .await;
}

#[tokio::test]
async fn a_long_body_is_cut_with_a_note() {
    chat("long", async |page| {
        unfold(page).await;
        page.click("[data-attack=oversize]").await;
        page.until_text("#attack-result", "已拒绝").await;
        page.click("[data-key=probe-0]").await;
        page.until_text("#panel", "这里只保留前 16384 字节").await;
        page.click("#tab-again").await;
        page.until_text("#panel", "放不进一条 curl 命令").await;
        page.click("#tab-signatures").await;
        page.until_text("#panel", "没有可以计算的签名").await;
    })
    .await;
}
