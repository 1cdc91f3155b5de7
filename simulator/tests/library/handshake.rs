//! The URL verification, with a diagnosis of each failure.

use std::time::Duration;

use crate::support::{account, actix, axum, callback, chat};
use axum::Router;
use axum::extract::{RawQuery, Request};
use axum::http::{Response, StatusCode, Uri};
use axum::middleware::map_request;
use axum::routing::{get, post};
use wechat_sim::handshake::{Diagnosis, Handshake};
use wechat_sim::{HttpTarget, Mode, ServiceTarget};
use wechat_tower::WechatLayer;

const ECHOSTR: &str = "4375120948345356249";

/// The diagnosis of a bot with this answer.
async fn diagnosis(status: u16, header: (&'static str, &'static str), body: impl Into<String>) -> Diagnosis {
    let body = body.into();
    let answer = move || {
        let response = Response::builder().status(status).header(header.0, header.1);
        std::future::ready(response.body(body.clone()).expect("a response"))
    };
    diagnosis_of(Router::new().route("/weixin", get(answer))).await
}

async fn diagnosis_of(app: Router) -> Diagnosis {
    let handshake = Handshake::new(&account(Mode::Safe), "http://127.0.0.1/weixin", ECHOSTR);
    handshake.run(&ServiceTarget::new(app, "/weixin")).await.diagnosis
}

#[actix_web::test]
async fn a_right_bot_is_verified_in_every_mode() {
    for account in Mode::ALL.map(account) {
        for _ in 0..10 {
            let bot = axum(&account);
            assert_eq!(Handshake::of(&account, &bot).run(&bot).await.diagnosis, Diagnosis::Verified);
            let bot = actix(&account).await;
            assert_eq!(Handshake::of(&account, &bot).run(&bot).await.diagnosis, Diagnosis::Verified);
        }
    }
}

#[tokio::test]
async fn another_token_is_told() {
    let (here, there) = (account(Mode::Safe), account(Mode::Safe));
    let bot = axum(&there);
    let result = Handshake::of(&here, &bot).run(&bot).await;
    assert_eq!(result.diagnosis, Diagnosis::WrongToken { status: 403, query_may_be_lost: false });
    assert!(result.diagnosis.explanation().zh.contains("Token"));
}

#[tokio::test]
async fn what_stands_around_the_echostr_is_told() {
    let plain = ("content-type", "text/plain");
    for (body, expected) in [
        (ECHOSTR.to_owned(), Diagnosis::Verified),
        (format!("\"{ECHOSTR}\""), Diagnosis::Quoted),
        (format!("'{ECHOSTR}'\n"), Diagnosis::Quoted),
        (format!("\u{feff}{ECHOSTR}"), Diagnosis::ByteOrderMark),
        (format!("{ECHOSTR}\n"), Diagnosis::Blanks),
        (format!("<html>{ECHOSTR}</html>"), Diagnosis::Html),
        (String::new(), Diagnosis::Empty),
        ("error".to_owned(), Diagnosis::Other { start: "error".to_owned() }),
        ("1".to_owned(), Diagnosis::Other { start: "1".to_owned() }),
    ] {
        assert_eq!(diagnosis(200, plain, body).await, expected);
    }
    let page = diagnosis(200, ("content-type", "text/html; charset=utf-8"), "login first").await;
    assert_eq!(page, Diagnosis::Html);
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed_and_a_slash_is_told_apart() {
    for (location, slash) in [
        ("/weixin/", true),
        ("http://127.0.0.1/weixin/?signature=x", true),
        ("/login", false),
        ("https://example.com/weixin/", false),
    ] {
        let expected = match slash {
            true => Diagnosis::TrailingSlash { location: location.to_owned() },
            false => Diagnosis::Redirect { location: location.to_owned() },
        };
        assert_eq!(diagnosis(301, ("location", location), "").await, expected);
    }
}

#[tokio::test]
async fn a_redirect_to_https_is_told() {
    for location in ["https://127.0.0.1/weixin", "https://127.0.0.1/weixin/?signature=x"] {
        let expected = Diagnosis::HttpsRedirect { location: location.to_owned() };
        // What is to be entered has no signature.
        assert!(!expected.explanation().en.contains("signature"), "{}", expected.explanation());
        assert_eq!(diagnosis(308, ("location", location), "").await, expected);
    }
}

#[tokio::test]
async fn a_slash_that_is_missing_or_too_much_is_told_where_no_one_redirects() {
    let account = account(Mode::Safe);
    for (route, url) in [("/weixin", "/weixin/"), ("/weixin/", "/weixin")] {
        let layer = WechatLayer::new(callback(&account));
        let app = Router::new().route(route, post(chat).layer(layer));
        let bot = ServiceTarget::new(app, &format!("{url}?c_id=21"));
        let expected = Diagnosis::OtherSlash { url: format!("http://127.0.0.1{route}?c_id=21") };
        assert_eq!(Handshake::of(&account, &bot).run(&bot).await.diagnosis, expected);
    }
    // Another page at that URL is not the bot.
    let page = Router::new().route("/weixin/", get(async || "welcome"));
    assert_eq!(diagnosis_of(page).await, Diagnosis::NotFound);
}

#[tokio::test]
async fn a_query_that_does_not_arrive_is_told() {
    let account = account(Mode::Safe);
    let layer = WechatLayer::new(callback(&account));
    let app = Router::new().route("/weixin", post(chat).layer(layer));
    let proxy = app.layer(map_request(async |mut request: Request| {
        *request.uri_mut() = Uri::from_static("/weixin");
        request
    }));
    let bot = ServiceTarget::new(proxy, "/weixin");
    let diagnosis = Handshake::of(&account, &bot).run(&bot).await.diagnosis;
    assert!(matches!(diagnosis, Diagnosis::NoQuery { .. }), "{diagnosis:?}");
    // A bot that answers anything alike can have another Token just as well, and both are said.
    let text = diagnosis.explanation();
    for (text, parts) in [(text.zh, ["参数没有到达", "Token 不一致"]), (text.en, ["query", "Token"])]
    {
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    }
}

#[tokio::test]
async fn a_refusal_that_depends_on_the_query_is_another_token() {
    for status in [400, 401, 403, 422] {
        let answer = move |RawQuery(query): RawQuery| {
            let status = if query.is_some() { status } else { 418 };
            std::future::ready(StatusCode::from_u16(status).expect("a status"))
        };
        let diagnosis = diagnosis_of(Router::new().route("/weixin", get(answer))).await;
        assert_eq!(diagnosis, Diagnosis::WrongToken { status, query_may_be_lost: false });
    }
}

#[tokio::test]
async fn compression_that_no_one_asked_for_is_told() {
    let gzip = Diagnosis::Compressed { encoding: "gzip".to_owned() };
    let body = "\u{1f}\u{8b}";
    assert_eq!(diagnosis(200, ("content-encoding", "gzip"), body).await, gzip);
    let brotli = Diagnosis::Compressed { encoding: "br".to_owned() };
    assert_eq!(diagnosis(200, ("content-encoding", "br"), "x").await, brotli);
    assert_eq!(diagnosis(200, ("content-encoding", "identity"), ECHOSTR).await, Diagnosis::Verified);
    // Without the header, by its first bytes.
    let bytes = get(async || [0x1f, 0x8b, 8, 0]);
    assert_eq!(diagnosis_of(Router::new().route("/weixin", bytes)).await, gzip);
}

#[tokio::test]
async fn a_login_is_told() {
    let basic = ("www-authenticate", "Basic realm=\"x\"");
    assert_eq!(diagnosis(401, basic, "").await, Diagnosis::Login { status: 401 });
    for field in ["<input type=\"password\">", "<INPUT TYPE='password'>", "<input type=password>"] {
        let form = format!("<form><input name=\"user\">{field}</form>");
        let html = ("content-type", "text/html");
        assert_eq!(diagnosis(200, html, form).await, Diagnosis::Login { status: 200 });
    }
}

#[tokio::test]
async fn a_status_is_told() {
    let none = ("x-none", "");
    let expected = Diagnosis::WrongToken { status: 401, query_may_be_lost: true };
    assert_eq!(diagnosis(401, none, "").await, expected);
    assert!(expected.explanation().zh.contains("代理去掉了"), "{:?}", expected.explanation());
    assert_eq!(diagnosis(400, none, "").await, Diagnosis::NoQuery { status: 400 });
    assert_eq!(diagnosis(404, none, "").await, Diagnosis::NotFound);
    assert_eq!(diagnosis(500, none, "").await, Diagnosis::Status { status: 500 });
    assert_eq!(diagnosis(204, none, "").await, Diagnosis::Status { status: 204 });
    let post_only = Router::new().route("/weixin", post(async || "success"));
    assert_eq!(diagnosis_of(post_only).await, Diagnosis::GetNotAllowed);
}

#[tokio::test(start_paused = true)]
async fn a_slow_bot_is_told_after_five_seconds() {
    let slow = get(async || {
        tokio::time::sleep(Duration::from_secs(6)).await;
        ECHOSTR
    });
    let handshake = Handshake::new(&account(Mode::Safe), "http://127.0.0.1/weixin", ECHOSTR);
    let target = ServiceTarget::new(Router::new().route("/weixin", slow), "/weixin");
    let result = handshake.run(&target).await;
    assert_eq!((result.diagnosis, result.took_ms), (Diagnosis::Slow, 5000));
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_unreachable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    drop(listener);
    let target = HttpTarget::new(&format!("http://{address}/weixin")).expect("a URL");
    let result = Handshake::of(&account(Mode::Safe), &target).run(&target).await;
    assert!(matches!(result.diagnosis, Diagnosis::Unreachable { .. }), "{:?}", result.diagnosis);
}

#[tokio::test]
async fn a_server_that_hangs_up_is_told_from_one_that_is_not_there() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let hang_up = tokio::spawn(async move { drop(listener.accept().await) });
    let target = HttpTarget::new(&format!("http://{address}/weixin")).expect("a URL");
    let result = Handshake::of(&account(Mode::Safe), &target).run(&target).await;
    assert!(matches!(result.diagnosis, Diagnosis::Broken { .. }), "{:?}", result.diagnosis);
    hang_up.await.expect("hung up");
}
