//! What is logged: the reason of a refusal, and never a secret or what a user wrote.

mod support;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::post;
use support::both::block_on;
use support::logs::logged_while as logged;
use support::{MODES, Push, Wechat, now, text};
use tower::ServiceExt;
use wechat_tower::{Callback, HandlerError, SecurityMode, TextReply, WechatLayer, WechatMessage};

async fn fails(WechatMessage(message): WechatMessage) -> Result<TextReply, HandlerError> {
    match message.text() {
        Some("fail") => Err("the database is away".into()),
        _ => Ok(TextReply::new("the secret answer")),
    }
}

fn send(wechat: &Wechat, Push { query, body }: Push) {
    let app = Router::new().route("/weixin", post(fails).layer(WechatLayer::new(wechat.callback())));
    let request = Request::post(format!("/weixin?{query}")).body(Body::from(body)).expect("a request");
    block_on(app.oneshot(request)).expect("infallible");
}

#[test]
fn a_short_token_in_plain_mode_is_warned_of() {
    let build = |token: &str| {
        let builder = Callback::builder("wx5823bf96d3bd56c7", token);
        logged(|| drop(builder.build().expect("an account")))
    };
    let warning = build("shortToken12345");
    assert!(warning.contains("WARN") && warning.contains("shorter than 16"), "{warning}");
    assert!(!warning.contains("shortToken12345"), "{warning}");
    assert_eq!(build("longEnoughToken1"), "");
}

#[test]
fn a_refusal_is_logged_with_its_reason() {
    for wechat in MODES.map(Wechat::new) {
        let stale = logged(|| send(&wechat, wechat.push_at(&text("x"), now() - 1000, "1")));
        assert!(stale.contains("refused") && stale.contains("a wrong clock?"), "{stale}");
        let other = Wechat { token: "anotherToken1234".to_owned(), ..wechat.clone() };
        let signature = logged(|| send(&wechat, other.push(&text("x"))));
        assert!(signature.contains("is the Token here the one in the console?"), "{signature}");
    }
    let wechat = Wechat::new(SecurityMode::Safe);
    let other = Wechat { app_id: "wx0000000000000000".to_owned(), ..wechat.clone() };
    let app_id = logged(|| send(&wechat, other.push(&text("x"))));
    assert!(app_id.contains("another AppID (wx0000000000000000)"), "{app_id}");
}

#[test]
fn a_failing_handler_is_logged_with_its_cause() {
    for wechat in MODES.map(Wechat::new) {
        let log = logged(|| send(&wechat, wechat.push(&text("fail"))));
        assert!(log.contains("ERROR") && log.contains("the database is away"), "{log}");
    }
}

/// What a handler has in hand, and may log with `{:?}`.
#[test]
fn debug_shows_neither_secrets_nor_messages_nor_users() {
    for wechat in MODES.map(Wechat::new) {
        let push = wechat.push(&text("the secret question"));
        let callback = wechat.callback();
        let opened = callback.open(&push.query, &push.body).expect("a push");
        let untyped = callback.open_xml(&push.query, &push.body).expect("a push");
        let sealed = opened.reply.seal(&TextReply::new("the secret answer").into()).expect("a recipient");
        let message = &opened.message;
        let shown = format!(
            "{callback:?} {opened:?} {untyped:?} {message:?} {:?} {:?} {:?} {sealed:?} {:?}",
            message.head,
            message.content,
            message.fields(),
            TextReply::new("the secret answer"),
        );
        for secret in [&wechat.token, &wechat.encoding_aes_key, "secret", "o6_bmjrPTlm6_2sgVt7hMZOPfL2M"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}

#[test]
fn actix_web_logs_refusals_and_failures_too_and_a_verification_logs_nothing() {
    async fn fails() -> Result<TextReply, HandlerError> {
        Err("the database is away".into())
    }
    let wechat = Wechat::new(SecurityMode::Safe);
    let send = |request: actix_web::test::TestRequest| {
        actix_web::rt::System::new().block_on(async {
            let middleware = wechat_actix::WechatMiddleware::new(wechat.callback());
            let resource = actix_web::web::resource("/weixin").wrap(middleware);
            let resource = resource.route(actix_web::web::post().to(fails));
            let app = actix_web::test::init_service(actix_web::App::new().service(resource)).await;
            actix_web::test::call_service(&app, request.to_request()).await;
        });
    };
    let post = |Push { query, body }: Push| {
        actix_web::test::TestRequest::post().uri(&format!("/weixin?{query}")).set_payload(body)
    };
    let stale = logged(|| send(post(wechat.push_at(&text("x"), now() - 1000, "1"))));
    assert!(stale.contains("refused") && stale.contains("a wrong clock?"), "{stale}");
    let failed = logged(|| send(post(wechat.push(&text("x")))));
    assert!(failed.contains("ERROR") && failed.contains("the database is away"), "{failed}");
    let long = logged(|| send(post(wechat.push(&text(&"x".repeat(70_000))))));
    assert!(long.contains("the body is longer than the limit"), "{long}");
    let verified = logged(|| {
        send(actix_web::test::TestRequest::get().uri(&format!("/weixin?{}", wechat.verification("42"))));
    });
    assert!(!verified.contains("signature"), "{verified}");
}

#[test]
fn neither_secrets_nor_messages_nor_users_are_logged() {
    for wechat in MODES.map(Wechat::new) {
        let log = logged(|| {
            let push = wechat.push(&text("the secret question"));
            send(&wechat, push.clone());
            send(&wechat, wechat.push(&text("fail")));
            let query = push.query.replace("signature=", "signature=0");
            send(&wechat, Push { query, ..push.clone() });
            send(&wechat, Push { body: b"<xml><Content>the secret question".to_vec(), ..push });
            let other_key: String = wechat.encoding_aes_key.chars().rev().collect();
            send(
                &wechat,
                Wechat { encoding_aes_key: other_key, ..wechat.clone() }.push(&text("the secret question")),
            );
            send(
                &wechat,
                wechat.push("<xml><MsgType>text</MsgType><MsgType>the secret question</MsgType></xml>"),
            );
        });
        assert!(log.contains("refused"), "{log}");
        for secret in [&wechat.token, &wechat.encoding_aes_key, "secret", "o6_bmjrPTlm6_2sgVt7hMZOPfL2M"] {
            assert!(!log.contains(secret), "{secret} in {log}");
        }
    }
}
