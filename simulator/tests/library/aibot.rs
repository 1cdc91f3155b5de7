//! AI bots: answers that grow.

use std::time::Duration;

use axum::Router;
use axum::routing::post;
use wechat_sim::{Account, AccountKind, Ended, FakeWechat, ServiceTarget};
use wechat_tower::{Callback, StreamReply, WechatLayer, WechatMessage};

fn account() -> Account {
    Account::generate_as(AccountKind::AiBot)
}

fn library_bot(account: &Account, pause: Duration) -> ServiceTarget<Router> {
    let callback = Callback::aibot(account.token(), account.encoding_aes_key()).build().expect("a callback");
    let chat = async move |WechatMessage(message): WechatMessage| {
        let text = message.text().unwrap_or("欢迎").to_owned();
        StreamReply::from_fn(move |out| async move {
            for char in text.chars() {
                out.push(char.to_string()).await;
                tokio::time::sleep(pause).await;
            }
        })
    };
    let app = Router::new().route("/aibot", post(chat).layer(WechatLayer::new(callback)));
    ServiceTarget::new(app, "/aibot")
}

#[tokio::test(start_paused = true)]
async fn a_text_of_the_library_s_bot_grows_to_its_end() {
    let account = account();
    let target = library_bot(&account, Duration::from_secs(3));
    let wechat = FakeWechat::new(account, target);
    let conversation = wechat.fan("zhangsan").send_text("你好世界").await.expect("a conversation");
    conversation.expect_text("你好世界");
    assert!(conversation.texts().len() > 3, "{:?}", conversation.texts());
    assert_eq!(conversation.ended, Ended::Finished);
}
