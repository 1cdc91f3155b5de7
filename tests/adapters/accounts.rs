//! Many accounts, whose key is in the path.

use crate::support;

use std::time::Duration;

use actix_web::{App, web};
use axum::Router;
use axum::body::Body;
use axum::routing::post;
use http_body_util::BodyExt;
use support::both::block_on;
use support::{MODES, Push, Wechat, assert_text_reply, text};
use tower::ServiceExt;
use wechat_actix::WechatMiddleware;
use wechat_callback::accounts::{AccountRequest, Accounts};
use wechat_callback::message::Text;
use wechat_callback::{AccountId, TextReply};
use wechat_tower::WechatLayer;

async fn name(account: AccountId, text: Text) -> TextReply {
    TextReply::new(format!("{account}：{}", text.content))
}

fn table(wechat: &Wechat) -> Accounts {
    let accounts = Accounts::by_path_segment();
    accounts.insert(wechat.app_id.as_str(), wechat.callback());
    accounts
}

/// What axum answers, whatever the body: `None` never comes.
fn axum(wechat: &Wechat, method: &str, uri: &str, body: Option<Vec<u8>>) -> (u16, String) {
    let layer = WechatLayer::new(table(wechat));
    let app: Router = Router::new().route("/weixin/{account}", post(name).layer(layer));
    let body = body.map_or_else(
        || Body::from_stream(futures_util::stream::pending::<std::io::Result<Vec<u8>>>()),
        Body::from,
    );
    let request = axum::http::Request::builder().method(method).uri(uri).body(body).expect("a request");
    block_on(async {
        let response = app.oneshot(request).await.expect("infallible");
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        (status, String::from_utf8(body.to_vec()).expect("UTF-8"))
    })
}

fn actix(wechat: &Wechat, method: &str, uri: &str, body: Option<Vec<u8>>) -> (u16, String) {
    actix_web::rt::System::new().block_on(async {
        let resource = web::resource("/weixin/{account}").wrap(WechatMiddleware::new(table(wechat)));
        let app =
            actix_web::test::init_service(App::new().service(resource.route(web::post().to(name)))).await;
        let request = actix_web::test::TestRequest::with_uri(uri).method(method.parse().expect("a method"));
        let is_never = body.is_none();
        let mut request = request.set_payload(body.unwrap_or_default()).to_request();
        if is_never {
            let never = futures_util::stream::pending::<Result<web::Bytes, actix_web::error::PayloadError>>();
            *request.payload() = actix_web::dev::Payload::Stream { payload: Box::pin(never) };
        }
        let response = actix_web::test::call_service(&app, request).await;
        let status = response.status().as_u16();
        let body = actix_web::test::read_body(response).await;
        (status, String::from_utf8(body.to_vec()).expect("UTF-8"))
    })
}

#[test]
fn an_account_is_found_by_the_last_segment_of_the_path_and_extracted() {
    for wechat in MODES.map(Wechat::new) {
        for send in [axum, actix] {
            let Push { query, body } = wechat.push(&text("你好"));
            let (status, reply) =
                send(&wechat, "POST", &format!("/weixin/wx5823bf96d3bd56c7?{query}"), Some(body));
            assert_eq!(status, 200);
            assert_text_reply(&wechat.read(&reply), "wx5823bf96d3bd56c7：你好");
            let query = wechat.verification("4375120948345356249");
            let verified =
                send(&wechat, "GET", &format!("/weixin/%77x5823bf96d3bd56c7?{query}"), Some(Vec::new()));
            assert_eq!(verified, (200, "4375120948345356249".to_owned()));
        }
    }
}

#[test]
fn keys_are_taken_exactly_and_what_is_unknown_is_404_before_the_body_is_read() {
    for wechat in MODES.map(Wechat::new) {
        for send in [axum, actix] {
            let Push { query, .. } = wechat.push(&text("你好"));
            for path in ["/weixin/wx5823bf96d3bd56c8", "/weixin/WX5823BF96D3BD56C7", "/weixin/%ff"] {
                assert_eq!(send(&wechat, "POST", &format!("{path}?{query}"), None), (404, String::new()));
            }
            // What is no query of WeChat's is refused as such, whatever the account.
            assert_eq!(send(&wechat, "POST", "/weixin/x?id=1", None), (400, String::new()));
        }
    }
}

/// How much of a body is there is chance.
#[test]
fn a_body_that_is_too_long_for_an_unknown_account_is_404() {
    let wechat = Wechat::new(support::MODES[0]);
    for send in [axum, actix] {
        let Push { query, .. } = wechat.push(&text("你好"));
        let long = vec![b' '; 64 * 1024 + 1];
        assert_eq!(send(&wechat, "POST", &format!("/weixin/x?{query}"), Some(long)), (404, String::new()));
    }
}

/// The account cannot be known before the body is there, and is not asked for.
#[test]
fn where_the_envelope_is_needed_the_query_is_checked_before_the_body() {
    for (query, status) in [("id=1", 400), ("signature=x&timestamp=1&nonce=1", 408)] {
        let find = |request: &AccountRequest<'_>| {
            assert!(request.envelope().is_some(), "it is asked for a body");
            None
        };
        let layer = WechatLayer::new(find).body_timeout(Duration::ZERO);
        let app: Router = Router::new().route("/weixin", post(name).layer(layer));
        let body = Body::from_stream(futures_util::stream::pending::<std::io::Result<Vec<u8>>>());
        let request = axum::http::Request::post(format!("/weixin?{query}")).body(body).expect("a request");
        let response = block_on(app.oneshot(request)).expect("infallible");
        assert_eq!(response.status().as_u16(), status, "{query}");
    }
}

#[test]
fn without_the_middleware_an_account_id_is_a_500_that_names_it() {
    let app: Router = Router::new().route("/", post(async |account: AccountId| account.to_string()));
    let request = axum::http::Request::post("/").body(Body::empty()).expect("a request");
    let (status, body) = block_on(async {
        let response = app.oneshot(request).await.expect("infallible");
        let status = response.status().as_u16();
        (status, response.into_body().collect().await.expect("a body").to_bytes())
    });
    assert_eq!(status, 500);
    assert!(String::from_utf8_lossy(&body).contains("WechatLayer"));
}

#[test]
fn whatever_the_method_and_the_path_both_frameworks_answer_the_same() {
    let wechat = Wechat::new(support::MODES[2]);
    let long = "x".repeat(300);
    for segment in [
        "wx5823bf96d3bd56c7",
        "wx5823bf96d3bd56c7/",
        "./wx5823bf96d3bd56c7",
        "../weixin/wx5823bf96d3bd56c7",
        "..",
        "%2e%2e",
        "a%2Fwx5823bf96d3bd56c7",
        "a%2fwx5823bf96d3bd56c7",
        "wx5823bf96d3bd56c7%00",
        "wx5823bf96d3bd56c7%20",
        "wx5823bf96d3bd56c7%0A",
        "%2577x5823bf96d3bd56c7",
        "wx5823bf96d3bd56c7;a=b",
        "%77%785823bf96d3bd56c7",
        "%ff",
        "%E5%BA%97",
        "%",
        "",
        long.as_str(),
    ] {
        for method in ["POST", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "QUERY"] {
            let Push { query, body } = wechat.push(&text("你好"));
            let query = format!("{query}&echostr=1");
            let uri = format!("/weixin/{segment}?{query}");
            let [one, other] = [axum, actix].map(|send| send(&wechat, method, &uri, Some(body.clone())).0);
            assert_eq!(one, other, "{method} {segment}");
            let is_answered = method == "POST" || method == "GET";
            assert!(is_answered || one != 200, "{method} {segment}");
        }
    }
}
