//! A bot at a URL, with real connections and a real clock.

use std::time::Duration;

use crate::support;
use axum::Router;
use axum::response::Redirect;
use axum::routing::post;
use support::{account, callback, chat};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wechat_sim::{
    Account, CheckName, Ending, FakeWechat, HttpTarget, MAX_ANSWER, Message, Mode, Policy, SendError, Target,
    Wechat, attack,
};
use wechat_tower::WechatLayer;

async fn serve(app: Router) -> HttpTarget {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move { axum::serve(listener, app).await });
    HttpTarget::new(&format!("http://{address}/weixin")).expect("a URL")
}

fn once() -> Policy {
    let mut policy = Policy::once();
    policy.timeout = Duration::from_millis(500);
    policy
}

#[tokio::test]
async fn a_fan_chats_with_a_bot_at_a_url_in_every_mode() {
    for account in Mode::ALL.map(account) {
        let layer = WechatLayer::new(callback(&account));
        let target = serve(Router::new().route("/weixin", post(chat).layer(layer))).await;
        let wechat = FakeWechat::new(account, target);
        let mut fan = wechat.fan("小明");
        fan.follow().await.expect("reached").expect_text("subscribe");
        fan.text("你好").await.expect("reached").expect_text("你说：你好");
    }
}

#[tokio::test]
async fn a_bot_in_actix_web_is_served_as_well() {
    for account in Mode::ALL.map(account) {
        let server = support::actix_server(&account);
        let target = HttpTarget::new(&format!("http://{}/weixin", server.address)).expect("a URL");
        let wechat = FakeWechat::new(account, target);
        wechat.fan("小明").text("你好").await.expect("reached").expect_text("你说：你好");
    }
}

/// Runs every attack over real connections.
async fn every_attack_is_refused(account: Account, target: &HttpTarget) {
    for result in attack::run_all(&Wechat::new(account), target, |_| {}).await {
        assert_eq!(result.verdict, attack::Verdict::Refused, "{result:#?}");
    }
}

#[tokio::test]
async fn attacks_are_refused_over_real_connections_too() {
    for account in Mode::ALL.map(account) {
        let layer = WechatLayer::new(callback(&account)).body_timeout(Duration::from_millis(200));
        let target = serve(Router::new().route("/weixin", post(chat).layer(layer))).await;
        every_attack_is_refused(account.clone(), &target).await;

        let server = support::actix_server(&account);
        let target = HttpTarget::new(&format!("http://{}/weixin", server.address)).expect("a URL");
        every_attack_is_refused(account, &target).await;
    }
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn a_server_without_tls_is_not_reached_over_https() {
    let target = serve(Router::new()).await;
    let target = HttpTarget::new(&target.url().replace("http://", "https://")).expect("a URL");
    let wechat = FakeWechat::new(account(Mode::Safe), target);
    let error = wechat.fan("小明").text("你好").await.expect_err("no TLS");
    assert_eq!(error, SendError::Unreachable(wechat_sim::ConnectionError::NotTls));
}

#[tokio::test]
async fn another_machine_is_not_pushed_to_unless_it_is_allowed() {
    // Reserved for documentation, so it is never in use.
    let target = HttpTarget::new("http://192.0.2.1/weixin").expect("a URL");
    let wechat = FakeWechat::new(account(Mode::Safe), target);
    let error = wechat.fan("小明").text("你好").await.expect_err("not pushed");
    assert_eq!(error, SendError::Remote("192.0.2.1".to_owned()));
}

#[test]
fn what_is_no_url_is_refused() {
    for url in ["", "localhost", "127.0.0.1:3000/weixin", "ftp://127.0.0.1/", "http://", "/weixin"] {
        assert!(matches!(HttpTarget::new(url), Err(SendError::Url(_))), "{url}");
    }
    let target = HttpTarget::new("http://[::1]:3000/weixin?c_id=21#x").expect("a URL");
    assert_eq!(target.url(), "http://[::1]:3000/weixin?c_id=21");
    assert_eq!(HttpTarget::new("https://127.0.0.1/").is_ok(), cfg!(feature = "tls"));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let app = Router::new()
        .route("/weixin", post(async || Redirect::temporary("/weixin/")))
        .route("/weixin/", post(async || "success"));
    let wechat = FakeWechat::new(account(Mode::Safe), serve(app).await);
    let exchange = wechat.fan("小明").text("你好").await.expect("reached");
    exchange.expect_failure_notice();
    let answer = exchange.deliveries[0].ending.answer().expect("an answer");
    assert_eq!((answer.status, answer.header("location")), (307, Some("/weixin/")));
}

#[tokio::test]
async fn an_endless_answer_is_cut() {
    let app = Router::new().route("/weixin", post(async || "x".repeat(MAX_ANSWER + 1)));
    let wechat = FakeWechat::new(account(Mode::Safe), serve(app).await);
    let exchange = wechat.fan("小明").text("你好").await.expect("reached");
    assert_eq!(exchange.failures().map(|check| check.name).collect::<Vec<_>>(), [CheckName::Size]);
    let answer = exchange.deliveries[0].ending.answer().expect("an answer");
    assert_eq!((answer.body.len(), answer.truncated), (MAX_ANSWER, true));
}

/// What the server sees when WeChat hangs up.
#[tokio::test]
async fn wechat_hangs_up_when_its_time_is_over() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = Vec::new();
        // Until the connection is closed: there is never an answer.
        stream.read_to_end(&mut request).await.expect("closed in order");
        String::from_utf8(request).expect("UTF-8")
    });
    let target = HttpTarget::new(&format!("http://{address}/weixin?c_id=21")).expect("a URL");
    let wechat = Wechat::new(account(Mode::Plain)).with_policy(once());
    let exchange = wechat.send(&Message::text("你好"), "o1", &target).await;
    assert_eq!(exchange.deliveries[0].ending, Ending::TimedOut);
    let request = server.await.expect("closed");
    assert!(request.starts_with("POST /weixin?c_id=21&signature="), "{request}");
    for header in [
        &format!("host: {address}\r\n"),
        "content-type: text/xml\r\n",
        "user-agent: Mozilla/4.0\r\n",
        "connection: close\r\n",
    ] {
        assert!(request.contains(header), "{header} in {request}");
    }
    assert!(request.ends_with("</xml>"), "{request}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_broken() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nsucc").await.expect("written");
    });
    let target = HttpTarget::new(&format!("http://{address}/weixin")).expect("a URL");
    let wechat = Wechat::new(account(Mode::Plain)).with_policy(once());
    let exchange = wechat.send(&Message::text("你好"), "o1", &target).await;
    assert!(
        matches!(exchange.deliveries[0].ending, Ending::Broken { .. }),
        "{:?}",
        exchange.deliveries[0].ending
    );
}

/// A page that plays many fans at once needs this.
#[test]
fn a_delivery_to_a_url_can_be_spawned() {
    fn is_send<T: Send>(_: T) {}
    let wechat = Wechat::new(account(Mode::Safe));
    let target = HttpTarget::new("http://127.0.0.1:3000/weixin").expect("a URL");
    is_send(wechat.deliver(wechat.push(&Message::text("你好"), "o1"), &target, |_| {}));
    is_send(attack::run_all(&wechat, &target, |_| {}));
    is_send(wechat_sim::handshake::Handshake::of(wechat.account(), &target).run(&target));
}
