//! One request, both adapters: each test states its table of requests and answers once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::{App, web};
use axum::Router;
use axum::body::Body;
use axum::routing::post;
use http_body_util::BodyExt;
use tower::ServiceExt;
use wechat_callback::accounts::{AccountLookup, AccountRequest, Accounts};
use wechat_callback::server::{self, Engine};
use wechat_callback::{Callback, Message, TextReply, WechatMessage};

use super::{Push, Wechat};

/// A request, as far as the adapters look at one.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: &'static str,
    pub query: String,
    pub body: Vec<u8>,
    pub content_length: bool,
}

impl Request {
    pub fn get(query: impl Into<String>) -> Self {
        Self { method: "GET", query: query.into(), body: Vec::new(), content_length: true }
    }

    pub fn post(query: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self { method: "POST", query: query.into(), body: body.into(), content_length: true }
    }

    fn uri(&self) -> String {
        format!("/weixin?{}", self.query)
    }
}

impl From<Push> for Request {
    fn from(Push { query, body }: Push) -> Self {
        Self::post(query, body)
    }
}

/// An answer, whole: its bytes are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Sorted, without `date`.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// What one adapter did with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub answer: Answer,
    /// How often the handler was called.
    pub calls: usize,
}

/// The handler of these tests: it says the text that it was sent.
async fn say(WechatMessage(message): WechatMessage) -> TextReply {
    TextReply::new(message.text().unwrap_or("(no text)"))
}

/// Sends the request to both adapters. Both must answer the same.
pub fn send(wechat: &Wechat, request: impl Into<Request>) -> Outcome {
    let (callback, request) = (&wechat.callback(), &request.into());
    let (axum, actix) = (axum(callback, request), actix(callback, request));
    assert_eq!(axum.answer.status, actix.answer.status, "both adapters answer {request:?} alike");
    assert_eq!(axum.calls, actix.calls, "both adapters call the handler alike for {request:?}");
    if axum.answer.status != 413 {
        let engine = engine(callback, request);
        assert_eq!((engine.answer.status, engine.calls), (axum.answer.status, axum.calls), "for {request:?}");
        for header in ["content-type", "x-content-type-options"] {
            assert_eq!(engine.answer.header(header), axum.answer.header(header), "for {request:?}");
        }
    }
    // Framed by hyper and by actix-http in their own ways, and a sealed reply is random.
    if axum.answer.header("content-type") == Some("text/plain; charset=utf-8") {
        assert_eq!(axum.answer.body, actix.answer.body);
        assert_eq!(axum.answer.header("content-type"), actix.answer.header("content-type"));
    }
    axum
}

/// The promise of every refusal: the handler is not called, and the answer is a status and nothing else.
#[track_caller]
pub fn assert_refused(wechat: &Wechat, request: impl Into<Request>, status: u16) {
    assert_refused_by(&wechat.callback(), &request.into(), status);
}

/// The same for any account.
#[track_caller]
pub fn assert_refused_by(callback: &Callback, request: &Request, status: u16) {
    let outcomes = [
        axum(callback, request),
        actix(callback, request),
        axum_of(table(callback), request),
        actix_of(table(callback), request),
    ];
    for mut outcome in outcomes {
        if request.method == "GET" {
            // axum's `post(..)` puts it on whatever its fallback answers, behind any layer's back.
            outcome
                .answer
                .headers
                .retain(|(name, value)| (name.as_str(), value.as_str()) != ("allow", "POST"));
        }
        assert_eq!(outcome.calls, 0, "the handler was called for {request:?}");
        assert_eq!(outcome.answer.status, status, "for {request:?} in {} mode", callback.mode());
        assert_eq!(outcome.answer.body, "", "for {request:?}");
        // Nobody listens to them any longer.
        let close = ("connection".to_owned(), "close".to_owned());
        assert_eq!(outcome.answer.headers, [close], "for {request:?}");
    }
    // A body's length is its server's to bound.
    if status != 413 {
        let found = callback.clone();
        let of_closure = engine_of(move |_: &AccountRequest<'_>| Some(found.clone()), request);
        for Outcome { answer, calls } in [engine(callback, request), of_closure] {
            assert_eq!((calls, answer.status, answer.body.as_str()), (0, status, ""), "for {request:?}");
            assert_eq!(answer.headers, [], "for {request:?}");
        }
    }
}

/// The request reaches the handler, which sees `text` and whose reply WeChat reads.
#[track_caller]
pub fn assert_answered(wechat: &Wechat, request: impl Into<Request>, text: &str) {
    let request = request.into();
    let of_table = |request: &Request| axum_of(table(&wechat.callback()), request);
    for outcome in [axum, actix, engine]
        .map(|send| send(&wechat.callback(), &request))
        .into_iter()
        .chain([of_table(&request)])
    {
        assert_eq!(
            (outcome.calls, outcome.answer.status),
            (1, 200),
            "for {request:?} in {} mode",
            wechat.mode
        );
        assert_eq!(outcome.answer.header("content-type"), Some("text/xml; charset=utf-8"));
        super::assert_text_reply(&wechat.read(&outcome.answer.body), text);
    }
}

/// A table with one account, whose key is what the path ends in.
fn table(callback: &Callback) -> Accounts {
    let accounts = Accounts::by_path_segment();
    accounts.insert("weixin", callback.clone());
    accounts
}

pub fn axum(callback: &Callback, request: &Request) -> Outcome {
    axum_of(callback.clone(), request)
}

pub fn engine(callback: &Callback, request: &Request) -> Outcome {
    engine_of(callback.clone(), request)
}

pub fn actix(callback: &Callback, request: &Request) -> Outcome {
    actix_of(callback.clone(), request)
}

pub fn axum_of(accounts: impl AccountLookup, request: &Request) -> Outcome {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let handler = move |message: WechatMessage| {
        counted.fetch_add(1, Ordering::Relaxed);
        say(message)
    };
    let app = Router::new().route("/weixin", post(handler).layer(wechat_tower::WechatLayer::new(accounts)));
    let mut builder = axum::http::Request::builder().method(request.method).uri(request.uri());
    let body = if request.content_length {
        builder = builder.header("content-length", request.body.len());
        Body::from(request.body.clone())
    } else {
        let chunks: Vec<_> =
            request.body.chunks(1000).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect();
        Body::from_stream(futures_util::stream::iter(chunks))
    };
    let http_request = builder.body(body).expect("a request");
    let answer = block_on(async {
        let response = app.oneshot(http_request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        answer(parts.status.as_u16(), headers, &body.collect().await.expect("a body").to_bytes())
    });
    Outcome { answer, calls: calls.load(Ordering::Relaxed) }
}

/// What the engine answers, for a server that has read the body.
pub fn engine_of(accounts: impl AccountLookup, request: &Request) -> Outcome {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let handler = move |message: Message| {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Ok(say(WechatMessage(message)).await) }
    };
    let engine = Engine::new(accounts);
    let Request { method, query, body, .. } = request;
    let answered = block_on(engine.handle(server::Request::new(method, "/weixin", query, body), handler));
    let headers = answered.headers().map(|(name, value)| (name, value.as_bytes()));
    let answer = answer(answered.status, headers, answered.body.as_bytes());
    Outcome { answer, calls: calls.load(Ordering::Relaxed) }
}

pub fn actix_of(accounts: impl AccountLookup, request: &Request) -> Outcome {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let answer = actix_web::rt::System::new().block_on(async {
        let handler = move |message: WechatMessage| {
            counted.fetch_add(1, Ordering::Relaxed);
            say(message)
        };
        let app = actix_web::test::init_service(
            App::new().service(
                web::resource("/weixin")
                    .wrap(wechat_actix::WechatMiddleware::new(accounts))
                    .route(web::post().to(handler)),
            ),
        )
        .await;
        let method = request.method.parse().expect("a method");
        let mut builder = actix_web::test::TestRequest::with_uri(&request.uri()).method(method);
        if request.content_length {
            builder = builder.insert_header(("content-length", request.body.len()));
        }
        let response =
            actix_web::test::call_service(&app, builder.set_payload(request.body.clone()).to_request()).await;
        let status = response.status().as_u16();
        let mut headers: Vec<_> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
            .collect();
        // The server makes the header of it.
        if !response.response().head().keep_alive() {
            headers.push(("connection".to_owned(), b"close".to_vec()));
        }
        let body = actix_web::test::read_body(response).await;
        answer(status, headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())), &body)
    });
    Outcome { answer, calls: calls.load(Ordering::Relaxed) }
}

pub fn answer<'a>(status: u16, headers: impl Iterator<Item = (&'a str, &'a [u8])>, body: &[u8]) -> Answer {
    let mut headers: Vec<_> = headers
        .filter(|(name, _)| *name != "date" && *name != "content-length")
        .map(|(name, value)| (name.to_owned(), String::from_utf8_lossy(value).into_owned()))
        .collect();
    headers.sort_unstable();
    Answer { status, headers, body: String::from_utf8_lossy(body).into_owned() }
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}
