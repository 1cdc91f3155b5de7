//! What of the conversation is in view.

use crate::support::{Visit, bot, chat, elsewhere, quick, visit};

const LEFT: &str = "(document.querySelector('#log').scrollHeight - document.querySelector('#log').scrollTop \
                    - document.querySelector('#log').clientHeight)";

async fn fill(page: &Visit) {
    for _ in 0..4 {
        page.ask("一\n二\n三\n四\n五\n六", "你说：一").await;
        page.ask(&"长".repeat(200), "你说：长长").await;
    }
}

#[tokio::test]
async fn a_conversation_is_at_its_end_at_first_and_stays_there() {
    chat("scroll", async |page| {
        page.size(1440, 500).await;
        fill(page).await;
        page.until(&format!("{LEFT} < 2")).await;
        // The menu and the list of things to try are drawn later than the conversation.
        page.open().await;
        page.until("document.querySelectorAll('.row').length >= 16").await;
        page.until("!document.querySelector('#first-steps').hidden").await;
        page.until(&format!("{LEFT} < 2")).await;
        page.click("#to-menu").await;
        page.until(&format!("{LEFT} < 2")).await;
        page.size(1440, 420).await;
        page.until(&format!("{LEFT} < 2")).await;
        page.size(900, 640).await;
        page.until(&format!("{LEFT} < 2")).await;
    })
    .await;
}

#[tokio::test]
async fn an_image_that_loads_later_leaves_the_end_in_view() {
    let picture = elsewhere("image/svg+xml", include_str!("cover.svg")).await;
    let url = format!("http://{picture}/");
    visit(
        "scroll-image",
        |account| bot(account, &quick(), ""),
        quick(),
        async |page| {
            page.size(1440, 500).await;
            fill(page).await;
            let body = serde_json::json!({"fan": "小明", "type": "image", "fields": [["PicUrl", url]]});
            let send = format!(
                "{{ await fetch('/api/send', {{ method: 'POST', headers: {{ 'content-type': \
                 'application/json' }}, body: JSON.stringify({body}) }}) }}"
            );
            page.promised(&send).await;
            page.until("document.querySelector('.picture img')?.naturalWidth > 0").await;
            page.until(&format!("{LEFT} < 2")).await;
        },
    )
    .await;
}

#[tokio::test]
async fn whoever_reads_what_was_before_is_left_there() {
    chat("scroll-up", async |page| {
        page.size(1440, 500).await;
        fill(page).await;
        page.say("慢").await;
        page.js("document.querySelector('#log').scrollTo(0, 20)").await;
        page.until("document.querySelector('#log').scrollTop === 20").await;
        page.until_text("#log", "细雨无声").await;
        page.click("#to-menu").await;
        page.until("document.querySelector('#phone').dataset.input === 'menu'").await;
        assert_eq!(page.js("document.querySelector('#log').scrollTop").await, 20);
    })
    .await;
}
