//! The tower layer: against services and bodies that misbehave, and wherever it can be mounted.

use crate::support;

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{any, post};
use bytes::Bytes;
use futures_util::stream;
use http_body::Frame;
use http_body_util::BodyExt;
use support::both::block_on;
use support::{MODES, Push, Wechat, assert_text_reply, text};
use tower::{Layer, Service, ServiceExt, service_fn};
use wechat_tower::{
    HandlerError, Message, Reply, SecurityMode, TextReply, WechatBody, WechatLayer, WechatMessage, message,
};

fn request(push: Push) -> Request<Body> {
    Request::post(format!("/weixin?{}", push.query)).body(Body::from(push.body)).expect("a request")
}

fn layer(wechat: &Wechat) -> WechatLayer {
    WechatLayer::new(wechat.callback())
}

async fn body<B: http_body::Body>(response: Response<B>) -> String
where
    B::Error: std::fmt::Debug,
{
    let bytes = response.into_body().collect().await.expect("a body").to_bytes();
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

async fn echo(WechatMessage(message): WechatMessage) -> TextReply {
    TextReply::new(message.text().unwrap_or_default())
}

/// Ready only once it was polled, and its clone is not.
struct Forgetful {
    ready: bool,
}

impl Clone for Forgetful {
    fn clone(&self) -> Self {
        Self { ready: false }
    }
}

impl Service<Request<Body>> for Forgetful {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without being ready");
        let message = request.extensions().get::<Message>().expect("the message");
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(Reply::from(TextReply::new(message.text().unwrap_or_default())));
        std::future::ready(Ok(response))
    }
}

#[tokio::test]
async fn the_instance_that_was_polled_ready_is_the_one_that_is_called() {
    for wechat in MODES.map(Wechat::new) {
        let mut service = layer(&wechat).layer(Forgetful { ready: false });
        for said in ["一", "二"] {
            let response =
                service.ready().await.expect("ready").call(request(wechat.push(&text(said)))).await;
            assert_text_reply(&wechat.read(&body(response.expect("infallible")).await), said);
        }
    }
}

/// A body made of what a test says.
struct Scripted<S>(Pin<Box<S>>);

impl<S: stream::Stream<Item = Result<Frame<Bytes>, std::io::Error>>> http_body::Body for Scripted<S> {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.as_mut().poll_next(cx)
    }
}

fn scripted<S>(wechat: &Wechat, frames: S) -> Request<Body>
where
    S: stream::Stream<Item = Result<Frame<Bytes>, std::io::Error>> + Send + 'static,
{
    let query = wechat.push(&text("x")).query;
    Request::post(format!("/weixin?{query}")).body(Body::new(Scripted(Box::pin(frames)))).expect("a request")
}

async fn send(wechat: &Wechat, request: Request<Body>) -> StatusCode {
    let app = Router::new().route("/weixin", post(echo).layer(layer(wechat)));
    let response = app.oneshot(request).await.expect("infallible");
    let status = response.status();
    if !status.is_success() {
        assert_eq!(body(response).await, "");
    }
    status
}

#[tokio::test]
async fn a_body_that_fails_is_400() {
    for wechat in MODES.map(Wechat::new) {
        let frames =
            stream::iter([Ok(Frame::data(Bytes::from("<xml>"))), Err(std::io::ErrorKind::Other.into())]);
        assert_eq!(send(&wechat, scripted(&wechat, frames)).await, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_408_after_five_seconds() {
    for wechat in MODES.map(Wechat::new) {
        let started = tokio::time::Instant::now();
        assert_eq!(send(&wechat, scripted(&wechat, stream::pending())).await, StatusCode::REQUEST_TIMEOUT);
        assert_eq!(started.elapsed().as_secs(), 5);
    }
}

/// The deadline is for the whole body: a byte now and then does not move it.
#[tokio::test(start_paused = true)]
async fn a_body_that_trickles_is_408_after_five_seconds() {
    for wechat in MODES.map(Wechat::new) {
        let frames = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Some((Ok(Frame::data(Bytes::from_static(b" "))), ()))
        });
        let started = tokio::time::Instant::now();
        assert_eq!(send(&wechat, scripted(&wechat, frames)).await, StatusCode::REQUEST_TIMEOUT);
        assert_eq!(started.elapsed().as_secs(), 5);
    }
}

#[tokio::test]
async fn a_body_without_end_is_413_at_the_limit() {
    for wechat in MODES.map(Wechat::new) {
        let frames = stream::repeat_with(|| Ok(Frame::data(Bytes::from_static(&[b' '; 4096]))));
        assert_eq!(send(&wechat, scripted(&wechat, frames)).await, StatusCode::PAYLOAD_TOO_LARGE);
    }
}

#[tokio::test]
async fn a_body_in_many_pieces_is_one_body() {
    for wechat in MODES.map(Wechat::new) {
        let Push { query, body: whole } = wechat.push(&text("你好"));
        let pieces: Vec<_> = whole.chunks(7).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
        let request = Request::post(format!("/weixin?{query}")).body(Body::from_stream(stream::iter(pieces)));
        assert_eq!(send(&wechat, request.expect("a request")).await, StatusCode::OK);
    }
}

#[tokio::test(start_paused = true)]
async fn the_limits_are_the_callers() {
    let wechat = Wechat::new(SecurityMode::Safe);
    let push = wechat.push(&text("你好"));
    let length = push.body.len();
    let app = |limit| {
        let layer = layer(&wechat).body_limit(limit).body_timeout(Duration::from_secs(1));
        Router::new().route("/weixin", post(echo).layer(layer))
    };
    let response = app(length).oneshot(request(push.clone())).await.expect("infallible");
    assert_eq!(response.status(), StatusCode::OK);
    let response = app(length - 1).oneshot(request(push)).await.expect("infallible");
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let started = tokio::time::Instant::now();
    let response = app(length).oneshot(scripted(&wechat, stream::pending())).await.expect("infallible");
    assert_eq!((response.status(), started.elapsed().as_secs()), (StatusCode::REQUEST_TIMEOUT, 1));
}

#[tokio::test]
async fn a_response_of_the_handlers_own_passes_untouched() {
    async fn own() -> impl IntoResponse {
        (StatusCode::IM_A_TEAPOT, [("x-own", "1"), ("content-type", "text/html")], "<p>tea</p>")
    }
    for wechat in MODES.map(Wechat::new) {
        let app = Router::new().route("/weixin", post(own).layer(layer(&wechat)));
        let response = app.oneshot(request(wechat.push(&text("x")))).await.expect("infallible");
        assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
        assert_eq!(response.headers()["x-own"], "1");
        assert_eq!(response.headers()["content-type"], "text/html");
        assert_eq!(response.headers()["content-length"], "10");
        assert_eq!(body(response).await, "<p>tea</p>");
    }
}

#[tokio::test]
async fn headers_beside_a_reply_stay() {
    async fn chat() -> impl IntoResponse {
        ([("x-own", "1")], TextReply::new("好"))
    }
    for wechat in MODES.map(Wechat::new) {
        let app = Router::new().route("/weixin", post(chat).layer(layer(&wechat)));
        let response = app.oneshot(request(wechat.push(&text("x")))).await.expect("infallible");
        assert_eq!(
            (response.status(), &response.headers()["x-own"]),
            (StatusCode::OK, &"1".parse().expect("a value"))
        );
        let length: usize =
            response.headers()["content-length"].to_str().expect("digits").parse().expect("digits");
        let body = body(response).await;
        assert_eq!(length, body.len());
        assert_text_reply(&wechat.read(&body), "好");
    }
}

#[tokio::test]
async fn a_handler_that_takes_a_string_sees_the_decrypted_xml() {
    async fn relay(body: Body) -> String {
        assert!(http_body::Body::size_hint(&body).exact().is_some());
        axum::body::to_bytes(body, usize::MAX)
            .await
            .map(|xml| String::from_utf8_lossy(&xml).into())
            .expect("XML")
    }
    for wechat in [SecurityMode::Plain, SecurityMode::Safe].map(Wechat::new) {
        let app = Router::new().route("/weixin", post(relay).layer(layer(&wechat)));
        let xml = text("你好");
        let response = app.oneshot(request(wechat.push(&xml))).await.expect("infallible");
        assert_text_reply(&wechat.read(&body(response).await), &xml);
    }
}

#[tokio::test]
async fn nothing_and_none_are_answered_success() {
    async fn nothing() {}
    async fn none() -> Reply {
        None::<TextReply>.into()
    }
    for wechat in MODES.map(Wechat::new) {
        for handler in [post(nothing), post(none)] {
            let app = Router::new().route("/weixin", handler.layer(layer(&wechat)));
            let response = app.oneshot(request(wechat.push(&text("x")))).await.expect("infallible");
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
            assert_eq!(body(response).await, "success");
        }
    }
}

#[tokio::test]
async fn a_failing_handler_is_answered_success() {
    async fn fails(WechatMessage(message): WechatMessage) -> Result<TextReply, HandlerError> {
        let number: u8 = message.text().unwrap_or_default().parse()?;
        Ok(TextReply::new(number.to_string()))
    }
    for wechat in MODES.map(Wechat::new) {
        let app = Router::new().route("/weixin", post(fails).layer(layer(&wechat)));
        let response =
            app.clone().oneshot(request(wechat.push(&text("not a number")))).await.expect("infallible");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(body(response).await, "success");
        let response = app.oneshot(request(wechat.push(&text("7")))).await.expect("infallible");
        assert_text_reply(&wechat.read(&body(response).await), "7");
    }
}

#[tokio::test]
async fn a_reply_to_a_message_without_a_sender_is_answered_success() {
    async fn chat() -> TextReply {
        TextReply::new("谁？")
    }
    let wechat = Wechat::new(SecurityMode::Safe);
    let app = Router::new().route("/weixin", post(chat).layer(layer(&wechat)));
    let push =
        wechat.push("<xml><MsgType>event</MsgType><Event>minigame_coin_deliver_completed</Event></xml>");
    let response = app.oneshot(request(push)).await.expect("infallible");
    assert_eq!(body(response).await, "success");
}

#[tokio::test]
async fn an_error_of_the_inner_service_is_answered_success() {
    let wechat = Wechat::new(SecurityMode::Safe);
    let failing = service_fn(|_: Request<Body>| async { Err::<Response<Body>, _>("broken") });
    for layer in [layer(&wechat), layer(&wechat).late_reply(wechat_callback::late_reply::LateReply::RunAgain)]
    {
        let response = layer.layer(failing).oneshot(request(wechat.push(&text("x")))).await;
        assert_eq!(body(response.expect("a response")).await, "success");
    }
    let mut service = layer(&wechat).layer(failing);
    let refused = service.call(Request::post("/weixin").body(Body::empty()).expect("a request")).await;
    assert_eq!(refused.expect("a response").status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn without_the_layer_extractor_and_reply_fail_loudly_and_name_it() {
    async fn reply() -> TextReply {
        TextReply::new("secret")
    }
    for handler in [post(echo), post(reply)] {
        let app = Router::new().route("/weixin", handler);
        let wechat = Wechat::new(SecurityMode::Plain);
        let response = app.oneshot(request(wechat.push(&text("secret")))).await.expect("infallible");
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = body(response).await;
        assert!(body.contains("WechatLayer") && !body.contains("secret"), "{body}");
    }
}

/// WeChat's two verbs, as far as a mounting matters.
async fn assert_mounted<S, B>(wechat: &Wechat, service: S)
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone,
    B: http_body::Body,
    B::Error: std::fmt::Debug,
{
    let verification = Request::get(format!("/weixin?{}", wechat.verification("42"))).body(Body::empty());
    let response = service.clone().oneshot(verification.expect("a request")).await.expect("infallible");
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(body(response).await, "42");
    let response = service.oneshot(request(wechat.push(&text("你好")))).await.expect("infallible");
    assert_text_reply(&wechat.read(&body(response).await), "你好");
}

#[tokio::test]
async fn it_works_as_a_layer_of_the_route_of_the_router_and_of_a_plain_service() {
    for wechat in MODES.map(Wechat::new) {
        let layer = layer(&wechat);
        assert_mounted(&wechat, Router::new().route("/weixin", post(echo).layer(layer.clone()))).await;
        assert_mounted(&wechat, Router::new().route("/weixin", any(echo).layer(layer.clone()))).await;
        assert_mounted(&wechat, Router::new().route("/weixin", post(echo)).route_layer(layer.clone())).await;
        assert_mounted(&wechat, Router::new().route("/weixin", post(echo)).layer(layer.clone())).await;
        assert_mounted(&wechat, layer.layer(Forgetful { ready: false })).await;
    }
}

#[tokio::test]
async fn behind_the_choice_of_method_it_does_not_see_get() {
    let wechat = Wechat::new(SecurityMode::Safe);
    let app = Router::new().route("/weixin", post(echo).route_layer(layer(&wechat)));
    let verification = Request::get(format!("/weixin?{}", wechat.verification("42"))).body(Body::empty());
    let response = app.oneshot(verification.expect("a request")).await.expect("infallible");
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
}

/// What a hyper server hands over cannot be made from bytes; `WechatBody` can.
#[tokio::test]
async fn around_a_body_that_cannot_be_made_from_bytes_wechat_body_takes_its_place() {
    async fn handle(
        request: Request<WechatBody<http_body_util::Empty<Bytes>>>,
    ) -> Result<Response<String>, Infallible> {
        let xml = request.into_body().collect().await.expect("infallible").to_bytes();
        Ok(Response::new(String::from_utf8(xml.to_vec()).expect("UTF-8")))
    }
    let wechat = Wechat::new(SecurityMode::Safe);
    let xml = text("你好");
    let Push { query, body: envelope } = wechat.push(&xml);
    let request = Request::post(format!("/weixin?{query}")).body(WechatBody::from(Bytes::from(envelope)));
    let response = layer(&wechat).layer(service_fn(handle)).oneshot(request.expect("a request")).await;
    assert_eq!(body(response.expect("infallible")).await, xml);
}

#[tokio::test]
async fn head_is_405() {
    let wechat = Wechat::new(SecurityMode::Safe);
    let request =
        Request::builder().method(Method::HEAD).uri("/weixin").body(Body::empty()).expect("a request");
    let response =
        layer(&wechat).layer(Forgetful { ready: false }).oneshot(request).await.expect("infallible");
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[test]
fn the_layer_its_service_and_its_future_are_send_and_the_first_two_clone() {
    fn clone_and_send<T: Clone + Send + Sync + 'static>(_: &T) {}
    fn send<T: Send + 'static>(_: &T) {}
    let wechat = Wechat::new(SecurityMode::Safe);
    let layer = layer(&wechat);
    clone_and_send(&layer);
    let mut service = layer.layer(Forgetful { ready: true });
    send(&service.call(request(wechat.push(&text("x")))));
    clone_and_send(
        &layer.layer(service_fn(|_: Request<Body>| async {
            Ok::<_, Infallible>(Response::new(Body::empty()))
        })),
    );
}

#[tokio::test]
async fn the_message_is_typed_in_the_extensions() {
    async fn handle(request: Request<Body>) -> Result<Response<Body>, Infallible> {
        let message = request.extensions().get::<Message>().expect("the message");
        assert_eq!(*message, Message::from_xml(&text("你好")).expect("a message"));
        assert!(matches!(message.content, message::Content::Text(_)));
        Ok(Response::new(Body::empty()))
    }
    for wechat in [SecurityMode::Plain, SecurityMode::Safe].map(Wechat::new) {
        let response =
            layer(&wechat).layer(service_fn(handle)).oneshot(request(wechat.push(&text("你好")))).await;
        assert_eq!(body(response.expect("infallible")).await, "success");
    }
}

#[tokio::test]
async fn headers_that_describe_the_old_body_go_and_bodiless_errors_stay_errors() {
    async fn chat() -> impl IntoResponse {
        ([("content-encoding", "gzip"), ("etag", "1"), ("content-length", "7")], TextReply::new("好"))
    }
    async fn broken() -> StatusCode {
        StatusCode::SERVICE_UNAVAILABLE
    }
    let wechat = Wechat::new(SecurityMode::Safe);
    let app =
        |handler: axum::routing::MethodRouter| Router::new().route("/weixin", handler.layer(layer(&wechat)));
    let response = app(post(chat)).oneshot(request(wechat.push(&text("x")))).await.expect("infallible");
    assert!(!response.headers().contains_key("content-encoding") && !response.headers().contains_key("etag"));
    let length: usize =
        response.headers()["content-length"].to_str().expect("digits").parse().expect("digits");
    assert_eq!(length, body(response).await.len());
    let response = app(post(broken)).oneshot(request(wechat.push(&text("x")))).await.expect("infallible");
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_length_over_the_limit_is_413_before_a_byte_is_read() {
    struct Announced;
    impl http_body::Body for Announced {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            panic!("a byte was read")
        }

        fn size_hint(&self) -> http_body::SizeHint {
            http_body::SizeHint::with_exact(64 * 1024 + 1)
        }
    }
    let wechat = Wechat::new(SecurityMode::Safe);
    let query = wechat.push(&text("x")).query;
    let request = Request::post(format!("/weixin?{query}")).body(Body::new(Announced)).expect("a request");
    assert_eq!(send(&wechat, request).await, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn the_handler_reads_no_header_that_says_how_the_push_was_sent() {
    async fn framing(headers: axum::http::HeaderMap, xml: String) -> impl IntoResponse {
        assert!(!headers.contains_key("transfer-encoding") && !headers.contains_key("content-length"));
        assert!(xml.starts_with("<xml>"));
    }
    let wechat = Wechat::new(SecurityMode::Safe);
    let mut request = request(wechat.push(&text("x")));
    request.headers_mut().insert("transfer-encoding", "chunked".parse().expect("a value"));
    let app = Router::new().route("/weixin", post(framing).layer(layer(&wechat)));
    assert_eq!(body(app.oneshot(request).await.expect("infallible")).await, "success");
}

/// HTTP/2 has no such header.
#[test]
fn a_refusal_closes_the_connection_of_http_1_and_a_response_of_the_handlers_own_does_not() {
    use axum::http::Version;
    let wechat = Wechat::new(SecurityMode::Plain);
    let app = Router::new()
        .route("/weixin", post(async || StatusCode::NOT_FOUND).layer(WechatLayer::new(wechat.callback())));
    let closes = |version, Push { query, body }: Push| {
        let request = Request::post(format!("/weixin?{query}")).version(version);
        let request = request.body(Body::from(body)).expect("a request");
        let response = block_on(app.clone().oneshot(request)).expect("infallible");
        (response.status().as_u16(), response.headers().contains_key("connection"))
    };
    let refused = || Push { query: "id=1".to_owned(), ..wechat.push(&text("x")) };
    for version in [Version::HTTP_10, Version::HTTP_11] {
        assert_eq!(closes(version, refused()), (400, true));
        assert_eq!(closes(version, wechat.push(&text("x"))), (404, false));
    }
    assert_eq!(closes(Version::HTTP_2, refused()), (400, false));
}
