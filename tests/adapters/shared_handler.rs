//! The promise of the two adapters: one handler function, mounted in both.

use crate::support;

use actix_web::{App, web};
use axum::Router;
use axum::routing::post;
use http_body_util::BodyExt;
use support::{MODES, Wechat, assert_text_reply, text};
use tower::ServiceExt;
use wechat_actix::WechatMiddleware;
use wechat_callback::{HandlerError, TextReply, WechatMessage};
use wechat_tower::WechatLayer;

async fn chat(WechatMessage(message): WechatMessage) -> Result<TextReply, HandlerError> {
    let said = message.text().ok_or("not a text")?;
    Ok(TextReply::new(format!("你说：{said}")))
}

#[test]
fn the_same_function_answers_under_axum_and_under_actix_web() {
    for wechat in MODES.map(Wechat::new) {
        let push = wechat.push(&text("你好"));
        let uri = format!("/weixin?{}", push.query);

        let app = Router::new().route("/weixin", post(chat).layer(WechatLayer::new(wechat.callback())));
        let request = axum::http::Request::post(&uri)
            .body(axum::body::Body::from(push.body.clone()))
            .expect("a request");
        let axum = support::both::block_on(async {
            app.oneshot(request)
                .await
                .expect("infallible")
                .into_body()
                .collect()
                .await
                .expect("a body")
                .to_bytes()
        });

        let actix = actix_web::rt::System::new().block_on(async {
            let middleware = WechatMiddleware::new(wechat.callback());
            let resource = web::resource("/weixin").wrap(middleware).route(web::post().to(chat));
            let app = actix_web::test::init_service(App::new().service(resource)).await;
            let request = actix_web::test::TestRequest::post().uri(&uri).set_payload(push.body);
            actix_web::test::call_and_read_body(&app, request.to_request()).await
        });

        for answer in [axum, actix] {
            assert_text_reply(&wechat.read(str::from_utf8(&answer).expect("UTF-8")), "你说：你好");
        }
    }
}
