//! The actix-web middleware: payloads that misbehave, what a handler may return, and wherever it can be mounted.

use crate::support;

use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{HttpServiceFactory, Payload, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, HttpRequest, HttpResponse, Responder, middleware, web};
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use support::{MODES, Push, Wechat, assert_text_reply, text};
use wechat_actix::{HandlerError, Reply, SecurityMode, TextReply, WechatMessage, WechatMiddleware};

fn post(push: Push) -> TestRequest {
    TestRequest::post().uri(&format!("/weixin?{}", push.query)).set_payload(push.body)
}

fn get(wechat: &Wechat) -> TestRequest {
    TestRequest::get().uri(&format!("/weixin?{}", wechat.verification("42")))
}

fn wechat_middleware(wechat: &Wechat) -> WechatMiddleware {
    WechatMiddleware::new(wechat.callback())
}

async fn echo(WechatMessage(message): WechatMessage) -> TextReply {
    TextReply::new(message.text().unwrap_or_default())
}

/// The status, the content type and the body of the answer.
async fn send(
    resource: impl HttpServiceFactory + 'static,
    request: TestRequest,
) -> (StatusCode, String, String) {
    let app = init_service(App::new().service(resource)).await;
    let response = call_service(&app, request.to_request()).await;
    let content_type =
        response.headers().get("content-type").map(|value| value.to_str().expect("ASCII").to_owned());
    (response.status(), content_type.unwrap_or_default(), text_of(response).await)
}

async fn text_of<B: MessageBody>(response: ServiceResponse<B>) -> String {
    String::from_utf8(read_body(response).await.to_vec()).expect("UTF-8")
}

/// Sends a body made of what a test says.
async fn send_payload<S>(wechat: &Wechat, middleware: WechatMiddleware, frames: S) -> StatusCode
where
    S: Stream<Item = Result<Bytes, PayloadError>> + 'static,
{
    let resource = web::resource("/weixin").wrap(middleware).route(web::post().to(echo));
    let app = init_service(App::new().service(resource)).await;
    let mut request = post(wechat.push(&text("x"))).to_request();
    request.headers_mut().remove("content-length");
    *request.payload() = Payload::Stream { payload: Box::pin(frames) };
    let response = call_service(&app, request).await;
    let status = response.status();
    if !status.is_success() {
        assert_eq!(text_of(response).await, "");
    }
    status
}

#[actix_web::test]
async fn a_payload_that_fails_is_400() {
    for wechat in MODES.map(Wechat::new) {
        let frames = stream::iter([Ok(Bytes::from("<xml>")), Err(PayloadError::Incomplete(None))]);
        assert_eq!(send_payload(&wechat, wechat_middleware(&wechat), frames).await, StatusCode::BAD_REQUEST);
    }
}

#[actix_web::test]
async fn a_payload_that_never_ends_is_408_after_five_seconds() {
    tokio::time::pause();
    for wechat in MODES.map(Wechat::new) {
        let started = tokio::time::Instant::now();
        let status = send_payload(&wechat, wechat_middleware(&wechat), stream::pending()).await;
        assert_eq!((status, started.elapsed().as_secs()), (StatusCode::REQUEST_TIMEOUT, 5));
    }
}

/// The deadline is for the whole payload: a byte now and then does not move it.
#[actix_web::test]
async fn a_payload_that_trickles_is_408_after_five_seconds() {
    tokio::time::pause();
    for wechat in MODES.map(Wechat::new) {
        let frames = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Some((Ok(Bytes::from_static(b" ")), ()))
        });
        let started = tokio::time::Instant::now();
        let status = send_payload(&wechat, wechat_middleware(&wechat), frames).await;
        assert_eq!((status, started.elapsed().as_secs()), (StatusCode::REQUEST_TIMEOUT, 5));
    }
}

#[actix_web::test]
async fn a_payload_without_end_is_413_at_the_limit() {
    for wechat in MODES.map(Wechat::new) {
        let frames = stream::repeat_with(|| Ok(Bytes::from_static(&[b' '; 4096])));
        assert_eq!(
            send_payload(&wechat, wechat_middleware(&wechat), frames).await,
            StatusCode::PAYLOAD_TOO_LARGE
        );
    }
}

#[actix_web::test]
async fn a_payload_in_many_pieces_is_one_body() {
    for wechat in MODES.map(Wechat::new) {
        let Push { query, body } = wechat.push(&text("你好"));
        let resource = web::resource("/weixin").wrap(wechat_middleware(&wechat)).route(web::post().to(echo));
        let app = init_service(App::new().service(resource)).await;
        let mut request = TestRequest::post().uri(&format!("/weixin?{query}")).to_request();
        let pieces: Vec<_> = body.chunks(7).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        *request.payload() = Payload::Stream { payload: Box::pin(stream::iter(pieces)) };
        let response = call_service(&app, request).await;
        assert_text_reply(&wechat.read(&text_of(response).await), "你好");
    }
}

#[actix_web::test]
async fn the_limits_are_the_callers() {
    tokio::time::pause();
    let wechat = Wechat::new(SecurityMode::Safe);
    let push = wechat.push(&text("你好"));
    let length = push.body.len();
    for (limit, status) in [(length, StatusCode::OK), (length - 1, StatusCode::PAYLOAD_TOO_LARGE)] {
        let resource = web::resource("/weixin")
            .wrap(wechat_middleware(&wechat).body_limit(limit))
            .route(web::post().to(echo));
        assert_eq!(send(resource, post(push.clone())).await.0, status);
    }
    let started = tokio::time::Instant::now();
    let quick = wechat_middleware(&wechat).body_timeout(Duration::from_secs(1));
    let status = send_payload(&wechat, quick, stream::pending()).await;
    assert_eq!((status, started.elapsed().as_secs()), (StatusCode::REQUEST_TIMEOUT, 1));
}

#[actix_web::test]
async fn a_response_of_the_handlers_own_passes_untouched() {
    async fn own() -> impl Responder {
        HttpResponse::ImATeapot().insert_header(("x-own", "1")).content_type("text/html").body("<p>tea</p>")
    }
    for wechat in MODES.map(Wechat::new) {
        let resource = web::resource("/weixin").wrap(wechat_middleware(&wechat)).route(web::post().to(own));
        let app = init_service(App::new().service(resource)).await;
        let response = call_service(&app, post(wechat.push(&text("x"))).to_request()).await;
        assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
        assert_eq!(response.headers().get("x-own").expect("it"), "1");
        assert_eq!(response.headers().get("content-type").expect("it"), "text/html");
        assert_eq!(text_of(response).await, "<p>tea</p>");
    }
}

#[actix_web::test]
async fn headers_beside_a_reply_stay() {
    async fn chat() -> impl Responder {
        TextReply::new("好").customize().insert_header(("x-own", "1"))
    }
    for wechat in MODES.map(Wechat::new) {
        let resource = web::resource("/weixin").wrap(wechat_middleware(&wechat)).route(web::post().to(chat));
        let app = init_service(App::new().service(resource)).await;
        let response = call_service(&app, post(wechat.push(&text("x"))).to_request()).await;
        assert_eq!(response.headers().get("x-own").expect("it"), "1");
        assert_text_reply(&wechat.read(&text_of(response).await), "好");
    }
}

#[actix_web::test]
async fn a_handler_that_takes_a_string_sees_the_decrypted_xml() {
    async fn relay(xml: String) -> impl Responder {
        xml
    }
    for wechat in [SecurityMode::Plain, SecurityMode::Safe].map(Wechat::new) {
        let resource = web::resource("/weixin").wrap(wechat_middleware(&wechat)).route(web::post().to(relay));
        let xml = text("你好");
        let (_, _, body) = send(resource, post(wechat.push(&xml))).await;
        assert_text_reply(&wechat.read(&body), &xml);
    }
}

#[actix_web::test]
async fn nothing_and_none_are_answered_success() {
    async fn none() -> Reply {
        None::<TextReply>.into()
    }
    async fn option() -> Option<TextReply> {
        None
    }
    async fn nothing() -> Result<(), HandlerError> {
        Ok(())
    }
    async fn empty() -> impl Responder {
        HttpResponse::Ok()
    }
    for wechat in MODES.map(Wechat::new) {
        for route in
            [web::post().to(none), web::post().to(option), web::post().to(nothing), web::post().to(empty)]
        {
            let resource = web::resource("/weixin").wrap(wechat_middleware(&wechat)).route(route);
            let answer = send(resource, post(wechat.push(&text("x")))).await;
            assert_eq!(
                answer,
                (StatusCode::OK, "text/plain; charset=utf-8".to_owned(), "success".to_owned())
            );
        }
    }
}

#[actix_web::test]
async fn a_path_without_a_handler_stays_404() {
    let wechat = Wechat::new(SecurityMode::Safe);
    let app =
        init_service(App::new().wrap(wechat_middleware(&wechat)).route("/other", web::post().to(echo))).await;
    let response = call_service(&app, post(wechat.push(&text("x"))).to_request()).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_failing_handler_is_answered_success() {
    async fn fails(WechatMessage(message): WechatMessage) -> Result<TextReply, HandlerError> {
        let number: u8 = message.text().unwrap_or_default().parse()?;
        Ok(TextReply::new(number.to_string()))
    }
    for wechat in MODES.map(Wechat::new) {
        let resource =
            || web::resource("/weixin").wrap(wechat_middleware(&wechat)).route(web::post().to(fails));
        let (status, _, body) = send(resource(), post(wechat.push(&text("not a number")))).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, "success"));
        let (_, _, body) = send(resource(), post(wechat.push(&text("7")))).await;
        assert_text_reply(&wechat.read(&body), "7");
    }
}

#[actix_web::test]
async fn without_the_middleware_extractor_and_reply_fail_loudly_and_name_it() {
    async fn reply() -> TextReply {
        TextReply::new("secret")
    }
    for route in [web::post().to(echo), web::post().to(reply)] {
        let wechat = Wechat::new(SecurityMode::Plain);
        let resource = web::resource("/weixin").route(route);
        let (status, _, body) = send(resource, post(wechat.push(&text("secret")))).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(body.contains("WechatMiddleware") && !body.contains("secret"), "{body}");
    }
}

#[actix_web::test]
async fn it_works_around_a_resource_a_scope_and_an_app() {
    for wechat in MODES.map(Wechat::new) {
        let wrapped = wechat_middleware(&wechat);
        let route = || web::resource("/weixin").route(web::post().to(echo));
        let resource = init_service(App::new().service(route().wrap(wrapped.clone()))).await;
        let scope =
            init_service(App::new().service(web::scope("").wrap(wrapped.clone()).service(route()))).await;
        let app = init_service(App::new().wrap(wrapped).service(route())).await;
        macro_rules! assert_mounted {
            ($($app:ident),+) => {$(
                assert_eq!(text_of(call_service(&$app, get(&wechat).to_request()).await).await, "42");
                let response = call_service(&$app, post(wechat.push(&text("你好"))).to_request()).await;
                assert_text_reply(&wechat.read(&text_of(response).await), "你好");
            )+};
        }
        assert_mounted!(resource, scope, app);
    }
}

#[actix_web::test]
async fn behind_the_choice_of_method_it_does_not_see_get() {
    let wechat = Wechat::new(SecurityMode::Safe);
    let resource = web::resource("/weixin").route(web::post().to(echo).wrap(wechat_middleware(&wechat)));
    assert_eq!(send(resource, get(&wechat)).await.0, StatusCode::METHOD_NOT_ALLOWED);
}

/// actix-web lets nobody change a request that somebody else holds.
#[actix_web::test]
async fn a_middleware_around_it_may_hold_the_request() {
    async fn holding<B: MessageBody>(
        request: actix_web::dev::ServiceRequest,
        next: middleware::Next<B>,
    ) -> Result<ServiceResponse<B>, actix_web::Error> {
        let held: HttpRequest = request.request().clone();
        let response = next.call(request).await;
        drop(held);
        response
    }
    for wechat in MODES.map(Wechat::new) {
        let resource = web::resource("/weixin")
            .wrap(wechat_middleware(&wechat))
            .wrap(middleware::from_fn(holding))
            .route(web::post().to(echo));
        let (status, _, body) = send(resource, post(wechat.push(&text("你好")))).await;
        assert_eq!(status, StatusCode::OK);
        assert_text_reply(&wechat.read(&body), "你好");
    }
}

#[actix_web::test]
async fn headers_that_describe_the_old_body_go_and_bodiless_errors_stay_errors() {
    async fn chat() -> impl Responder {
        TextReply::new("好")
            .customize()
            .insert_header(("content-encoding", "gzip"))
            .insert_header(("etag", "1"))
    }
    async fn broken() -> impl Responder {
        HttpResponse::ServiceUnavailable()
    }
    let wechat = Wechat::new(SecurityMode::Safe);
    let resource = |route| web::resource("/weixin").wrap(wechat_middleware(&wechat)).route(route);
    let app = init_service(App::new().service(resource(web::post().to(chat)))).await;
    let response = call_service(&app, post(wechat.push(&text("x"))).to_request()).await;
    assert!(!response.headers().contains_key("content-encoding") && !response.headers().contains_key("etag"));
    let (status, ..) = send(resource(web::post().to(broken)), post(wechat.push(&text("x")))).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
}

#[actix_web::test]
async fn a_content_length_over_the_limit_is_413_before_a_byte_is_read() {
    let wechat = Wechat::new(SecurityMode::Safe);
    let resource = web::resource("/weixin").wrap(wechat_middleware(&wechat)).route(web::post().to(echo));
    let app = init_service(App::new().service(resource)).await;
    let request = post(wechat.push(&text("x"))).insert_header(("content-length", "65537"));
    let mut request = request.to_request();
    let unread = stream::poll_fn(|_| panic!("a byte was read"));
    *request.payload() = Payload::Stream { payload: Box::pin(unread) };
    assert_eq!(call_service(&app, request).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
}
