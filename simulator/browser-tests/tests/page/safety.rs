//! What neither a bot nor another page can make the page do, and secrets.

use crate::support::{chat, elsewhere};

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
