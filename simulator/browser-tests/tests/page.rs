//! The chat page in a real Chromium. Screenshots are written to `tmp/page` in the target folder.

mod support;

use support::{Visit, WAIT, bot, elsewhere, hanging_bot, quick, visit, weak_bot};
use thirtyfour::prelude::*;
use wechat_sim::{Account, Policy};

/// A test in a browser, with a bot with the library and shortened times.
async fn chat(name: &'static str, test: impl AsyncFnOnce(&Visit)) {
    visit(name, |account: &Account| bot(account, &quick(), ""), quick(), test).await;
}

#[tokio::test]
async fn what_is_typed_is_a_bubble_and_so_is_the_answer() {
    chat("bubble", async |page| {
        page.ask("你好", "你说：你好").await;
        assert_eq!(page.text(".row.own .bubble").await, "你好");
        assert_eq!(page.text(".row.theirs .bubble").await, "你说：你好");
        page.click(".row.own .meta").await;
        page.until("document.querySelector('#tab-again')").await;
        page.click("#tab-again").await;
        page.until_text("#panel", "wechat-sim send text '你好'").await;
        page.until_text("#panel", "curl -i 'http://").await;
    })
    .await;
}

#[tokio::test]
async fn a_slow_answer_has_three_lanes_and_one_reply() {
    chat("slow", async |page| {
        page.say("慢").await;
        page.until("document.querySelector('.ring')").await;
        page.click(".row.own .meta").await;
        page.shot("running").await;
        page.until_text("#log", "细雨无声").await;
        page.until("document.querySelectorAll('.lane[data-ending]').length === 3").await;
        let endings =
            page.js("[...document.querySelectorAll('.lane')].map((lane) => lane.dataset.ending)").await;
        assert_eq!(endings, serde_json::json!(["timed_out", "timed_out", "answered"]));
        assert_eq!(page.count(".row.theirs").await, 1);
        assert!(page.text(".row.own .meta").await.contains("第 3 次有回答"));
    })
    .await;
}

#[tokio::test]
async fn a_news_reply_is_a_card() {
    chat("news", async |page| {
        page.ask("图文", "一条消息的十五秒").await;
        let title = page.driver.find(By::Css(".news a.news-title")).await.expect("a card");
        assert_eq!(title.attr("href").await.expect("a link").as_deref(), Some("https://example.com/a"));
        assert_eq!(title.attr("rel").await.expect("a link").as_deref(), Some("noopener noreferrer"));
        assert_eq!(title.attr("target").await.expect("a link").as_deref(), Some("_blank"));
    })
    .await;
}

#[tokio::test]
async fn a_message_that_is_handed_over_or_taken_in_silence_says_so() {
    chat("quiet", async |page| {
        page.ask("客服", "已转给人工客服").await;
        page.ask("安静", "已收下，不回复").await;
        assert_eq!(page.count(".row.theirs").await, 0);
    })
    .await;
}

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

#[tokio::test]
async fn markup_of_the_bots_stays_text() {
    chat("script", async |page| {
        page.ask("脚本", "<script>").await;
        page.click(".row.own .meta").await;
        page.until_text("#inspect", "onerror").await;
        for tab in ["signatures", "request", "answer", "again"] {
            page.click(&format!("#tab-{tab}")).await;
        }
        assert_eq!(page.count("#log script, #log img, #inspect script, #inspect img").await, 0);
        assert_ne!(page.js("document.title").await, "owned");
    })
    .await;
}

#[tokio::test]
async fn only_links_of_the_web_are_live() {
    chat("links", async |page| {
        page.ask("链接", "好的").await;
        let live = page.js("[...document.querySelectorAll('#log a')].map((link) => link.href)").await;
        assert_eq!(live, serde_json::json!(["https://example.com/?a=1"]));
        page.click(".dead-link").await;
        page.ask("坏图文", "<b>点我</b>").await;
        page.click(".news .news-title").await;
        assert_eq!(page.count("#log b, .news a").await, 0);
        assert_ne!(page.js("document.title").await, "owned");
    })
    .await;
}

/// What a page from another origin can try in the same browser.
#[tokio::test]
async fn a_page_from_another_origin_cannot_drive_it() {
    chat("other-origin", async |page| {
        let own = page.url();
        let other = elsewhere("text/html", "<!doctype html><title>other</title><iframe></iframe>").await;
        page.driver.goto(format!("http://{other}/")).await.expect("it opens");
        let body = r#"{"fan":"小明","type":"text","fields":[["Content","偷来的"]]}"#;
        for (mode, kind) in [("no-cors", "text/plain"), ("cors", "application/json"), ("cors", "text/plain")]
        {
            let script = format!(
                "{{ const answer = await fetch('{own}api/send', {{ method: 'POST', mode: '{mode}', \
                 headers: {{ 'content-type': '{kind}' }}, body: '{body}' }}); return answer.type }}"
            );
            let answer = page.promised(&script).await;
            assert!(
                answer == "opaque" || answer.as_str().is_some_and(|text| text.contains("Failed")),
                "{answer}"
            );
        }
        for path in ["api/kinds", "api/exchanges/1"] {
            let script = format!("{{ return (await fetch('{own}{path}')).status }}");
            let read = page.promised(&script).await;
            assert!(read.as_str().is_some_and(|text| text.contains("Failed")), "{read}");
        }
        let events = format!(
            "{{ const source = new EventSource('{own}api/events'); return new Promise((done) => {{ \
             source.onmessage = () => done('told'); source.onerror = () => done('refused') }}) }}"
        );
        assert_eq!(page.promised(&events).await, "refused");
        let frame = format!(
            "{{ const frame = document.querySelector('iframe'); frame.src = '{own}'; \
             await new Promise((done) => frame.onload = done); return frame.contentWindow.length }}"
        );
        page.promised(&frame).await;
        page.shot("framed").await;
        page.open().await;
        page.ask("还在", "你说：还在").await;
        assert!(!page.text("#log").await.contains("偷来的"));
    })
    .await;
}

#[tokio::test]
async fn a_name_that_was_rebound_to_this_machine_is_refused() {
    chat("rebound", async |page| {
        let port = page.address.port();
        page.driver.goto(format!("http://rebound.example:{port}/")).await.expect("an answer");
        page.until_text("body", "403").await;
        assert_eq!(page.count("#log").await, 0);
        page.driver.goto(format!("http://localhost:{port}/")).await.expect("it opens");
        page.until("document.querySelectorAll('#fans button').length > 0").await;
    })
    .await;
}

#[tokio::test]
async fn a_reload_keeps_the_conversation() {
    chat("reload", async |page| {
        page.click("[data-key='fan-阿花']").await;
        page.until_text("#speaker", "阿花").await;
        page.ask("你好", "你说：你好").await;
        page.click(".row.own .meta").await;
        page.until_text("#inspect", "阿花 看到了回复").await;
        page.click("#tab-signatures").await;
        page.open().await;
        page.until_text("#speaker", "阿花").await;
        page.until_text("#log", "你说：你好").await;
        page.until_text("#panel", "SHA-1").await;
    })
    .await;
}

#[tokio::test]
async fn a_bot_that_hangs_has_wechats_own_words_shown() {
    visit(
        "hangs",
        |_| hanging_bot(),
        quick(),
        async |page| {
            page.say("在吗").await;
            page.until_text(".row.notice", "该公众号提供的服务出现故障，请稍后再试").await;
            page.click(".row.notice .meta").await;
            page.until_text("#inspect", "微信断开了连接").await;
            assert_eq!(page.count(".lane[data-ending=timed_out]").await, 3);
        },
    )
    .await;
}

#[tokio::test]
async fn secrets_are_shown_on_a_click_and_are_nowhere_before() {
    chat("secrets", async |page| {
        page.ask("你好", "你说：你好").await;
        page.click(".row.own .meta").await;
        page.until("document.querySelector('#tab-signatures')").await;
        page.click("#tab-signatures").await;
        page.until_text("#panel", "‹token›").await;
        let whole = "document.documentElement.outerHTML + JSON.stringify(localStorage)";
        let secrets = [page.account.token(), page.account.encoding_aes_key()];
        let before = page.js(whole).await.to_string();
        assert!(secrets.iter().all(|secret| !before.contains(secret)));
        page.click("#show-secrets").await;
        page.until_text("#token", page.account.token()).await;
        page.until_text("#aes-key", page.account.encoding_aes_key()).await;
        page.until_text("#panel .joined", page.account.token()).await;
        page.click("#show-secrets").await;
        page.until_text("#token", "••••").await;
        let after = page.js(whole).await.to_string();
        assert!(secrets.iter().all(|secret| !after.contains(secret)));
    })
    .await;
}

#[tokio::test]
async fn every_kind_of_the_catalogue_is_sent_by_its_form() {
    chat("kinds", async |page| {
        let button = "document.querySelectorAll('#kind-list button')";
        let kinds = wechat_sim::catalogue::kinds().len();
        // And raw XML.
        for kind in 0..=kinds {
            page.click("#more").await;
            page.js(&format!("{button}[{kind}].click()")).await;
            page.click("#kind-form .primary").await;
            page.until(&format!("document.querySelectorAll('.row .meta').length === {kind} + 1")).await;
            page.until("!document.querySelector('#kinds').open").await;
        }
        page.until("!document.querySelector('.going')").await;
        assert_eq!(page.count(".row.own, .row.did").await, kinds + 1);
        assert_eq!(page.count(".row.notice").await, 0, "the bot took each");
    })
    .await;
}

#[tokio::test]
async fn nothing_is_said_to_the_console() {
    chat("console", async |page| {
        // The page itself complies with its policy against inline scripts and styles.
        let violations = "document.addEventListener('securitypolicyviolation', (event) => (window.broken ??= []).push(event.violatedDirective))";
        page.js(violations).await;
        page.ask("你好", "你说：你好").await;
        page.say("慢").await;
        page.click(".row.own:last-of-type .meta, .row.own .meta").await;
        page.until_text("#log", "细雨无声").await;
        page.click("#more").await;
        assert_eq!(page.js("window.broken ?? []").await, serde_json::json!([]));
    })
    .await;
}

/// With WeChat's own five seconds; the picture of the README is of this.
#[tokio::test]
async fn the_five_seconds_are_five_seconds() {
    let policy = Policy::default();
    let cover = elsewhere("image/svg+xml", include_str!("cover.svg")).await;
    let cover = format!("http://{cover}/");
    assert!(WAIT < policy.timeout);
    visit(
        "readme",
        |account: &Account| bot(account, &Policy::default(), &cover),
        policy,
        async |page| {
            page.size(1360, 800).await;
            page.click("#follow").await;
            page.until_text("#log", "欢迎").await;
            page.ask("你好", "你说：你好").await;
            page.ask("图文", "一条消息的十五秒").await;
            page.until("document.querySelector('.cover img')?.naturalWidth > 0").await;
            page.click("#attack-fold").await;
            for attack in
                ["bad-signature", "missing-signature", "old-timestamp", "replay-with-another-body", "doctype"]
            {
                page.click(&format!("[data-attack={attack}]")).await;
                page.until(&format!("document.querySelector('[data-attack={attack}].refused')")).await;
            }
            page.say("写一首关于春天的诗").await;
            page.click(".row.own:last-of-type .meta").await;
            page.until_text("#log", "细雨无声").await;
            page.until("document.querySelectorAll('.lane[data-ending]').length === 3").await;
            assert!(page.text(".row.theirs:last-of-type .about").await.contains("12.0 s"));
            page.js("document.querySelector('#setup').scrollTo(0, 0)").await;
            page.shot("picture").await;
        },
    )
    .await;
}
