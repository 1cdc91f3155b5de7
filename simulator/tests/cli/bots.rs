//! Bots in this process, and as processes that are built with this test.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use tokio::net::TcpListener;
use wechat_sim::{Account, AccountKind};
use wechat_tower::{Article, Callback, NewsReply, Reply, TextReply, WechatLayer, WechatMessage};

use crate::process::{Process, example};

/// Serves the app until the tests end, and returns its URL.
pub(crate) fn serve(app: Router) -> String {
    let address = serve_with(async move |listener| axum::serve(listener, app).await.expect("served"));
    format!("http://{address}/weixin")
}

/// Calls `serve` with a listener, on a thread of its own, and returns the address.
pub(crate) fn serve_with(serve: impl AsyncFnOnce(TcpListener) + Send + 'static) -> SocketAddr {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            sender.send(listener.local_addr().expect("bound")).expect("waited for");
            serve(listener).await;
        });
    });
    receiver.recv().expect("an address")
}

/// A URL without a server.
pub(crate) fn nowhere() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("http://{}/weixin", listener.local_addr().expect("bound"))
}

/// A bot with the library, with a menu and slow answers.
pub(crate) fn bot(account: &Account) -> String {
    let builder = match account.kind() {
        AccountKind::WeCom => Callback::wecom(account.app_id(), account.token(), account.encoding_aes_key()),
        _ => Callback::builder(account.app_id(), account.token())
            .encoding_aes_key(account.encoding_aes_key())
            .mode(account.mode().name().parse().expect("a mode")),
    };
    let callback = builder.build().expect("an account");
    serve(Router::new().route("/weixin", post(chat).layer(WechatLayer::new(callback))))
}

async fn chat(WechatMessage(message): WechatMessage) -> Reply {
    if let Some(event) = message.event() {
        let key = message.fields().get("EventKey").unwrap_or_default();
        return match (event.name(), key) {
            ("subscribe", _) => TextReply::new("欢迎关注！").into(),
            ("CLICK", "MENU_TODAY") => NewsReply::new([Article::new("标题", "https://example.com/1")]).into(),
            ("CLICK", _) => TextReply::new("帮助").into(),
            _ => Reply::none(),
        };
    }
    let Some(text) = message.text() else { return Reply::none() };
    if let Some(seconds) = text.strip_prefix("慢 ").and_then(|seconds| seconds.parse().ok()) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        return TextReply::new(format!("{seconds} 秒之后")).into();
    }
    match text {
        "nothing" => Reply::none(),
        "escape" => TextReply::new("\u{9b}31m").into(),
        text => TextReply::new(format!("你说：{text}")).into(),
    }
}

/// An example of this workspace, as a process. It does not outlive the test.
pub(crate) struct Example {
    _process: Process,
    pub(crate) url: String,
}

impl Example {
    pub(crate) fn start(name: &str, account: &Account, arguments: &[&str]) -> Self {
        let mut command = Command::new(example(name));
        command.args(arguments).env_remove("WECHAT_ENCODING_AES_KEY").envs(account.environment());
        command.env("LISTEN", "127.0.0.1:0").env("RUST_LOG", "error");
        let process = Process::start(&mut command);
        let line = process.next_line().expect("a line");
        let url = line.strip_prefix("listening on ").expect("an address").to_owned();
        Self { _process: process, url }
    }
}
