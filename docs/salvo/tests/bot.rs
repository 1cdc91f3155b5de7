//! The bot of the pages, over real connections, as WeChat meets it.

use salvo::conn::tcp::TcpAcceptor;
use salvo::prelude::*;
use wechat_callback::Callback;
use wechat_callback::server::Engine;
use wechat_in_salvo::Weixin;
use wechat_sim::handshake::Diagnosis;
use wechat_sim::{Account, Answer, Ending, FakeWechat, HttpTarget, Request, Target, Wechat, attack};

/// WeChat, and the bot of an account of its own.
async fn wechat() -> FakeWechat<HttpTarget> {
    let account = Account::generate();
    let callback = Callback::builder(account.app_id(), account.token())
        .encoding_aes_key(account.encoding_aes_key())
        .build()
        .expect("an account");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let acceptor = TcpAcceptor::try_from(listener).expect("an acceptor");
    let router = Router::with_path("weixin").goal(Weixin(Engine::new(callback)));
    tokio::spawn(Server::new(acceptor).try_serve(router));
    FakeWechat::new(account, HttpTarget::new(&format!("http://{address}/weixin")).expect("a URL"))
}

async fn send(wechat: &FakeWechat<HttpTarget>, change: impl FnOnce(&mut Request)) -> Answer {
    let push = wechat.wechat().push(&wechat_sim::Message::text("你好"), "openid");
    let mut request = push.request(wechat.target().url());
    change(&mut request);
    wechat.target().send(request).await.expect("an answer")
}

#[tokio::test]
async fn the_url_is_verified() {
    assert_eq!(wechat().await.verify().await.diagnosis, Diagnosis::Verified);
}

#[tokio::test]
async fn a_text_is_answered() {
    let wechat = wechat().await;
    let mut fan = wechat.fan("小明");
    fan.text("你好").await.expect("reached").expect_text("你说：你好");
    fan.follow().await.expect("reached").expect_nothing();
}

#[tokio::test]
async fn the_second_delivery_carries_what_takes_seven_seconds() {
    let wechat = wechat().await;
    let exchange = wechat.fan("小明").text("慢").await.expect("reached");
    exchange.expect_text("你说：慢");
    let endings: Vec<_> = exchange.deliveries.iter().map(|delivery| &delivery.ending).collect();
    assert!(matches!(endings[..], [Ending::TimedOut, Ending::Answered { .. }]), "{endings:?}");
}

#[tokio::test]
async fn another_method_is_answered_405() {
    let wechat = wechat().await;
    let answer = send(&wechat, |request| request.method = "PUT").await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, POST")));
    assert_eq!((&*answer.body, answer.header("connection")), (&b""[..], Some("close")));
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused() {
    let wechat = wechat().await;
    let answer = send(&wechat, |request| request.body = vec![b'x'; Engine::BODY_LIMIT + 1].into()).await;
    assert_eq!((answer.status, &*answer.body), (413, &b""[..]));
}

#[tokio::test]
async fn what_a_bot_must_refuse_is_refused() {
    let wechat = wechat().await;
    let account = wechat.wechat().account().clone();
    for result in attack::run_all(&Wechat::new(account), wechat.target(), |_| {}).await {
        assert_eq!(result.verdict, attack::Verdict::Refused, "{result:#?}");
    }
}
