//! What is logged: the reason of a refusal, and never a secret or what a user wrote.

use crate::support;

use std::time::Duration;

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
    assert!(
        app_id.contains("another AppID or CorpID (wx0000000000000000), not for wx5823bf96d3bd56c7"),
        "{app_id}"
    );
}

#[test]
fn a_stale_request_is_said_to_be_so_many_seconds_behind_or_ahead() {
    let wechat = Wechat::new(SecurityMode::Plain);
    // The clock may go on by a second meanwhile.
    for (offset, said) in
        [(-1000, ["is 1000 s behind", "is 1001 s behind"]), (900, ["900 s ahead of", "899 s ahead of"])]
    {
        let log = logged(|| send(&wechat, wechat.push_at(&text("x"), now() + offset, "1")));
        assert!(said.iter().any(|said| log.contains(said)), "{log}");
    }
}

/// Whoever made it may have been WeChat: a proxy in front may have changed the query.
#[test]
fn a_query_that_is_refused_but_signed_or_empty_is_a_warning_with_the_path_and_the_cause() {
    for wechat in MODES.map(Wechat::new) {
        let Push { query, body } = wechat.push(&text("x"));
        for (query, cause) in [
            (format!("{query}&nonce=1"), "the URL in the console has a parameter of that name of its own"),
            (query.replace("timestamp=", "time="), "a proxy in front that rewrites the query"),
            (query.replace("nonce=", "nonce=%20"), "a proxy in front that decodes or rewrites the query"),
            (String::new(), "a proxy in front that strips the query"),
        ] {
            let log = logged(|| send(&wechat, Push { query: query.clone(), body: body.clone() }));
            let line = log.lines().find(|line| line.contains("refused")).expect("a line");
            assert!(line.contains("WARN") && line.contains(cause), "{line}");
            assert!(line.contains(r#"method="POST" path="/weixin""#), "{line}");
        }
        let scan = Push { query: "id=1".to_owned(), body };
        let log = logged(|| send(&wechat, scan));
        assert!(log.contains("DEBUG") && !log.contains("WARN"), "{log}");
    }
}

#[test]
fn json_at_an_xml_endpoint_is_named_with_the_setting_in_the_console() {
    for wechat in MODES.map(Wechat::new) {
        let message =
            r#"{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":1,"MsgType":"text","Content":"x"}"#;
        let log = logged(|| send(&wechat, wechat.push(message)));
        assert!(log.contains("JSON") && log.contains("数据格式"), "{log}");
        let Push { query, .. } = wechat.push(message);
        let log = logged(|| send(&wechat, Push { query, body: br#" {"Encrypt":"x"}"#.to_vec() }));
        assert!(log.contains("JSON") && log.contains("数据格式"), "{log}");
    }
}

/// A body whose pieces are `pieces`, or one that does not come where there are none.
type Pieces = Vec<Result<&'static [u8], std::io::Error>>;

/// The log of `requests` requests whose body is made by `pieces`, in front of each adapter.
fn unread(requests: usize, pieces: fn() -> Pieces) -> [String; 2] {
    use futures_util::StreamExt;
    let stream = move || {
        let pieces = pieces();
        match pieces.is_empty() {
            true => futures_util::stream::pending().boxed(),
            false => futures_util::stream::iter(pieces).boxed(),
        }
    };
    let wechat = Wechat::new(SecurityMode::Safe);
    let uri = format!("/weixin?{}", wechat.push(&text("x")).query);
    let layer = WechatLayer::new(wechat.callback()).body_timeout(Duration::ZERO);
    let tower = logged(|| {
        for _ in 0..requests {
            let app = Router::new().route("/weixin", post(fails).layer(layer.clone()));
            let request = Request::post(&uri).body(Body::from_stream(stream())).expect("a request");
            block_on(app.oneshot(request)).expect("infallible");
        }
    });
    let middleware = wechat_actix::WechatMiddleware::new(wechat.callback()).body_timeout(Duration::ZERO);
    let actix = logged(|| {
        actix_web::rt::System::new().block_on(async {
            let resource = actix_web::web::resource("/weixin").wrap(middleware);
            let resource = resource.route(actix_web::web::post().to(fails));
            let app = actix_web::test::init_service(actix_web::App::new().service(resource)).await;
            for _ in 0..requests {
                let payload =
                    stream().map(|piece| Ok(actix_web::web::Bytes::from_static(piece?))).boxed_local();
                let payload = actix_web::dev::Payload::Stream { payload };
                let request = actix_web::test::TestRequest::post().uri(&uri).to_request();
                actix_web::test::call_service(&app, request.replace_payload(payload).0).await;
            }
        });
    });
    [tower, actix]
}

#[test]
fn a_body_that_cannot_be_read_is_a_warning_with_the_path_and_the_cause_ten_times_a_minute() {
    let cases: [(fn() -> Pieces, _, _, _); 3] = [
        (|| vec![Ok(&[b'x'; 70_000])], 413, "longer than the limit", "a body limit that is set too low"),
        (Vec::new, 408, "took longer than the time-out", "passes the body on too slowly"),
        (|| vec![Err(std::io::ErrorKind::BrokenPipe.into())], 400, "broke off", "closed the connection"),
    ];
    for (pieces, status, reason, cause) in cases {
        for log in unread(12, pieces) {
            let refused: Vec<_> = log.lines().filter(|line| line.contains("refused")).collect();
            let warnings = refused.iter().filter(|line| line.contains("WARN"));
            assert_eq!((refused.len(), warnings.count()), (12, 10), "{log}");
            for said in [reason, cause, r#"method="POST" path="/weixin""#, &format!("status={status}")] {
                assert!(refused[0].contains(said), "{said} is not in {log}");
            }
        }
    }
}

#[test]
fn two_layers_around_one_route_are_named() {
    for wechat in MODES.map(Wechat::new) {
        let layer = || WechatLayer::new(wechat.callback());
        let app = Router::new().route("/weixin", post(fails)).layer(layer()).layer(layer());
        let Push { query, body } = wechat.push(&text("x"));
        let request = Request::post(format!("/weixin?{query}")).body(Body::from(body)).expect("a request");
        let log = logged(|| drop(block_on(app.oneshot(request))));
        assert!(log.contains("ERROR") && log.contains("already opened by another WechatLayer"), "{log}");

        let middleware = || wechat_actix::WechatMiddleware::new(wechat.callback());
        let Push { query, body } = wechat.push(&text("x"));
        let log = logged(|| {
            block_on(async {
                let resource = actix_web::web::resource("/weixin").wrap(middleware()).wrap(middleware());
                let app = actix_web::App::new().service(resource.route(actix_web::web::post().to(fails)));
                let app = actix_web::test::init_service(app).await;
                let request = actix_web::test::TestRequest::post().uri(&format!("/weixin?{query}"));
                let _ = actix_web::test::try_call_service(&app, request.set_payload(body).to_request()).await;
            });
        });
        assert!(log.contains("ERROR") && log.contains("already opened by another WechatLayer"), "{log}");
    }
}

#[test]
fn a_key_in_plain_mode_is_warned_of() {
    let Wechat { app_id, token, encoding_aes_key, .. } = Wechat::new(SecurityMode::Plain);
    let builder = Callback::builder(app_id, token).encoding_aes_key(&encoding_aes_key);
    let warning = logged(|| drop(builder.mode(SecurityMode::Plain).build()));
    assert!(warning.contains("WARN") && warning.contains("the mode is plain"), "{warning}");
    assert!(!warning.contains(&encoding_aes_key), "{warning}");
}

#[test]
fn that_an_account_is_answered_is_said_once_with_its_mode() {
    for wechat in MODES.map(Wechat::new) {
        let callback = wechat.callback();
        let log = logged(|| {
            let _ = [WechatLayer::new(callback.clone()), WechatLayer::new(callback.clone())];
            let _ = wechat_actix::WechatMiddleware::new(callback.clone());
        });
        assert_eq!(log.matches("answering WeChat").count(), 1, "{log}");
        assert!(log.contains("INFO") && log.contains(&format!("mode={}", wechat.mode)), "{log}");
    }
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
        let untyped = callback.open_raw(&push.query, &push.body).expect("a push");
        let sealed = opened.context.seal(TextReply::new("the secret answer")).expect("a recipient");
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
    assert!(failed.contains("at=tests/adapters/"), "the place of the error: {failed}");
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
