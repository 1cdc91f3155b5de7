//! WeChat as it delivers: up to three times, five seconds apart, hanging up after five seconds each. On either adapter,
//! in process, on a clock that stands still while anybody has something to do.

use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::dev::Service;
use axum::body::Body;
use futures_util::future::{BoxFuture, LocalBoxFuture};
use http_body_util::BodyExt;
use tokio::time::{Instant, sleep, timeout};
use tower::ServiceExt;
use wechat_actix::WechatMiddleware;
use wechat_callback::accounts::AccountLookup;
use wechat_callback::delivery::DeliveryStore;
use wechat_callback::late_reply::{LateReply, RetrySchedule};
use wechat_callback::server::{Engine, HandlerOutput, Request};
use wechat_callback::{HandlerError, Message, Reply, SecurityMode, StreamReply, TextReply, WechatMessage};
use wechat_tower::WechatLayer;

use super::both::{self, Answer};
use super::{Push, Wechat, fresh, now, text_of};

pub type Texts = BoxFuture<'static, String>;

pub const USER: &str = "o6_bmjrPTlm6_2sgVt7hMZOPfL2M";
pub const OTHER_USER: &str = "oZ9_otherUser8sgVt7hMZOPf000";
/// How long WeChat waits for an answer.
pub const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adapter {
    Tower,
    Actix,
    /// Of a server without an adapter.
    Engine,
}

/// Those whose handlers make responses of their own.
pub const ADAPTERS: [Adapter; 2] = [Adapter::Tower, Adapter::Actix];

/// An account, and what answers for it.
#[derive(Clone, Debug)]
pub struct Stage {
    pub adapter: Adapter,
    pub wechat: Wechat,
}

/// Panics on purpose are not shown; all others are.
pub fn hush() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !panic.to_string().contains("on purpose") {
                hook(panic);
            }
        }));
    });
}

/// Plays `test` on both adapters, and on the engine alone, in plain and in safe mode.
pub fn everywhere(test: impl AsyncFn(Stage)) {
    on_adapters(&test);
    for mode in [SecurityMode::Plain, SecurityMode::Safe] {
        on(Adapter::Engine, mode, &test);
    }
}

/// Plays `test` on both adapters in plain and in safe mode.
pub fn on_adapters(test: impl AsyncFn(Stage)) {
    for mode in [SecurityMode::Plain, SecurityMode::Safe] {
        on_both(mode, &test);
    }
}

pub fn on_both(mode: SecurityMode, test: impl AsyncFn(Stage)) {
    for adapter in ADAPTERS {
        on(adapter, mode, &test);
    }
}

fn on(adapter: Adapter, mode: SecurityMode, test: &impl AsyncFn(Stage)) {
    println!("{adapter:?} in {mode} mode:");
    paused(test(Stage { adapter, wechat: Wechat::new(mode) }));
}

/// Runs `future` on one thread with a paused clock.
pub fn paused<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, future)
}

impl Stage {
    pub fn middleware(&self) -> Middleware {
        self.middleware_of(self.wechat.callback())
    }

    pub fn middleware_of(&self, callback: impl AccountLookup) -> Middleware {
        let adapter = match self.adapter {
            Adapter::Tower => Either::Tower(WechatLayer::new(callback)),
            Adapter::Actix => Either::Actix(WechatMiddleware::new(callback)),
            Adapter::Engine => Either::Engine(Engine::new(callback)),
        };
        Middleware { wechat: self.wechat.clone(), adapter }
    }
}

/// The middleware of one adapter. Both are set up alike.
#[derive(Clone)]
pub struct Middleware {
    wechat: Wechat,
    adapter: Either,
}

#[derive(Clone)]
enum Either {
    Tower(WechatLayer),
    Actix(WechatMiddleware),
    Engine(Engine),
}

impl Middleware {
    pub fn late_reply(self, policy: LateReply) -> Self {
        let adapter = match self.adapter {
            Either::Tower(layer) => Either::Tower(layer.late_reply(policy)),
            Either::Actix(middleware) => Either::Actix(middleware.late_reply(policy)),
            Either::Engine(engine) => Either::Engine(engine.late_reply(policy)),
        };
        Self { adapter, ..self }
    }

    pub fn store(self, store: impl DeliveryStore) -> Self {
        let adapter = match self.adapter {
            Either::Tower(layer) => Either::Tower(layer.store(store)),
            Either::Actix(middleware) => Either::Actix(middleware.store(store)),
            Either::Engine(engine) => Either::Engine(engine.store(store)),
        };
        Self { adapter, ..self }
    }

    pub fn on_error(self, reply: impl Into<Reply>) -> Self {
        let adapter = match self.adapter {
            Either::Tower(layer) => Either::Tower(layer.on_error(reply)),
            Either::Actix(middleware) => Either::Actix(middleware.on_error(reply)),
            Either::Engine(engine) => Either::Engine(engine.on_error(reply)),
        };
        Self { adapter, ..self }
    }

    pub fn handler_timeout(self, timeout: Duration) -> Self {
        let adapter = match self.adapter {
            Either::Tower(layer) => Either::Tower(layer.handler_timeout(timeout)),
            Either::Actix(middleware) => Either::Actix(middleware.handler_timeout(timeout)),
            Either::Engine(engine) => Either::Engine(engine.handler_timeout(timeout)),
        };
        Self { adapter, ..self }
    }

    pub fn retry_schedule(self, schedule: RetrySchedule) -> Self {
        let adapter = match self.adapter {
            Either::Tower(layer) => Either::Tower(layer.retry_schedule(schedule)),
            Either::Actix(middleware) => Either::Actix(middleware.retry_schedule(schedule)),
            Either::Engine(engine) => Either::Engine(engine.retry_schedule(schedule)),
        };
        Self { adapter, ..self }
    }

    pub fn run_again(self) -> Self {
        self.late_reply(LateReply::RunAgain)
    }

    pub async fn drain(&self) -> usize {
        match &self.adapter {
            Either::Tower(layer) => layer.drain().await,
            Either::Actix(middleware) => middleware.drain().await,
            Either::Engine(engine) => engine.drain().await,
        }
    }

    /// An app with this middleware around `handler`.
    pub async fn around<H, F, R>(&self, handler: H) -> App
    where
        H: Fn(Message) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = R> + Send + 'static,
        R: axum::response::IntoResponse + actix_web::Responder + 'static,
    {
        let plain = handler.clone();
        let handler = move |WechatMessage(message): WechatMessage| handler(message);
        let send: Rc<Deliver> = match &self.adapter {
            Either::Engine(engine) => {
                let engine = engine.clone();
                Rc::new(move |method, push| Box::pin(to_engine(engine.clone(), plain.clone(), method, push)))
            }
            Either::Tower(layer) => {
                let route = axum::routing::post(handler).layer(layer.clone());
                let app: axum::Router = axum::Router::new().route("/weixin", route);
                Rc::new(move |method, push| Box::pin(to_axum(app.clone(), method, push)))
            }
            Either::Actix(middleware) => {
                let resource = actix_web::web::resource("/weixin").wrap(middleware.clone());
                let resource = resource.route(actix_web::web::post().to(handler));
                let app = actix_web::test::init_service(actix_web::App::new().service(resource)).await;
                let app = Rc::new(app);
                Rc::new(move |method, Push { query, body }| {
                    let request = actix_web::test::TestRequest::default();
                    let request = request.method(method.parse().expect("a method"));
                    let request = request.uri(&format!("/weixin?{query}"));
                    let (app, request) = (app.clone(), request.set_payload(body).to_request());
                    Box::pin(async move { read_actix(app.call(request).await).await })
                })
            }
        };
        App { wechat: self.wechat.clone(), send }
    }
}

async fn to_engine<H, F, R>(engine: Engine, handler: H, method: &str, Push { query, body }: Push) -> Answer
where
    H: Fn(Message) -> F + Send + 'static,
    F: Future<Output = R> + Send + 'static,
    R: axum::response::IntoResponse + 'static,
{
    let handler = move |message| {
        let handling = handler(message);
        async move { reply_of(handling.await) }
    };
    let response = engine.handle(Request::new(method, "/weixin", &query, &body), handler).await;
    let headers = response.headers().map(|(name, value)| (name, value.as_bytes()));
    both::answer(response.status, headers, response.body.as_bytes())
}

/// What a handler returned, as the engine takes it.
fn reply_of(returned: impl axum::response::IntoResponse) -> Result<HandlerOutput, HandlerError> {
    let mut response = returned.into_response();
    let extensions = response.extensions_mut();
    if let Some(error) = extensions.remove::<HandlerError>() {
        return Err(error);
    }
    if let Some(reply) = extensions.remove::<StreamReply>() {
        return Ok(reply.into());
    }
    Ok(extensions.remove::<Reply>().expect("a reply, and no response of its own").into())
}

async fn to_axum(app: axum::Router, method: &str, Push { query, body }: Push) -> Answer {
    let request = axum::http::Request::builder().method(method).uri(format!("/weixin?{query}"));
    let request = request.body(Body::from(body));
    let response = app.oneshot(request.expect("a request")).await.expect("infallible");
    let (parts, body) = response.into_parts();
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    both::answer(parts.status.as_u16(), headers, &body.collect().await.expect("a body").to_bytes())
}

/// An error is answered as the server would answer it.
async fn read_actix<B: actix_web::body::MessageBody + 'static>(
    result: Result<actix_web::dev::ServiceResponse<B>, actix_web::Error>,
) -> Answer {
    let response = match result {
        Ok(response) => response.into_parts().1.map_into_boxed_body(),
        Err(error) => error.error_response(),
    };
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let body = actix_web::body::to_bytes(response.into_body()).await;
    both::answer(status, headers, &body.unwrap_or_else(|_| panic!("a body")))
}

type Deliver = dyn Fn(&'static str, Push) -> LocalBoxFuture<'static, Answer>;

/// What answers WeChat.
#[derive(Clone)]
pub struct App {
    wechat: Wechat,
    send: Rc<Deliver>,
}

/// What WeChat hears of one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing for five seconds, so it hangs up.
    Nothing,
    /// That there is nothing to say.
    Success,
    Text(String),
    /// A status and nothing else.
    Refused(u16),
    /// A response that the library did not make.
    Own(Answer),
}
pub use Heard::{Nothing, Refused, Success};

pub fn says(text: impl Into<String>) -> Heard {
    Heard::Text(text.into())
}

/// How WeChat repeats a push.
#[derive(Clone, Copy, Debug)]
pub enum Retry {
    /// As it was.
    Same,
    /// The same message in another request.
    Fresh,
}

pub const RETRIES: [Retry; 2] = [Retry::Same, Retry::Fresh];

impl Wechat {
    /// The three deliveries of a message.
    pub fn deliveries(&self, xml: &str, retry: Retry) -> [Push; 3] {
        let push = self.push(xml);
        match retry {
            Retry::Same => [push.clone(), push.clone(), push],
            Retry::Fresh => [push, self.push_afresh(xml), self.push_afresh(xml)],
        }
    }

    /// A push with a nonce and, where it is encrypted, a ciphertext of its own.
    pub fn push_afresh(&self, xml: &str) -> Push {
        if self.mode == SecurityMode::Plain {
            return self.push(xml);
        }
        let random = format!("{:016x}", fresh()).into_bytes().try_into().expect("sixteen bytes");
        self.push_encrypted(&self.encrypt_with(xml.as_bytes(), random), now(), &fresh().to_string())
    }
}

impl App {
    /// The answer as it is, however long it takes.
    pub async fn send(&self, push: Push) -> Answer {
        (self.send)("POST", push).await
    }

    /// The status and the body of the answer to a GET.
    pub async fn verify(&self, query: &str) -> (u16, String) {
        let answer = (self.send)("GET", Push { query: query.to_owned(), body: Vec::new() }).await;
        (answer.status, answer.body)
    }

    /// What WeChat hears who waits for the answer as long as it takes.
    pub async fn ask(&self, push: Push) -> Heard {
        self.hear(self.send(push).await)
    }

    /// What WeChat hears of one delivery.
    pub async fn deliver_once(&self, push: Push) -> Heard {
        self.deliver_for(PATIENCE, push).await
    }

    /// What WeChat hears whose connection lasts for `patience`.
    pub async fn deliver_for(&self, patience: Duration, push: Push) -> Heard {
        timeout(patience, self.ask(push)).await.unwrap_or(Nothing)
    }

    /// Delivers until there is an answer. What each delivery heard, and in which second since the first began.
    pub async fn deliver(&self, pushes: [Push; 3]) -> Vec<(f64, Heard)> {
        let (started, mut deliveries) = (Instant::now(), Vec::new());
        for push in pushes {
            let heard = self.deliver_once(push).await;
            let is_over = heard != Nothing;
            deliveries.push((tenths(started.elapsed()), heard));
            if is_over {
                break;
            }
        }
        deliveries
    }

    /// What the user who writes `xml` sees in the end.
    pub async fn tell(&self, xml: &str) -> Heard {
        let mut deliveries = self.deliver(self.wechat.deliveries(xml, Retry::Same)).await;
        deliveries.pop().expect("at least one delivery").1
    }

    fn hear(&self, answer: Answer) -> Heard {
        match (answer.status, answer.header("content-type"), answer.body.as_str()) {
            (200, Some("text/plain; charset=utf-8"), "success") => Success,
            (200, Some("text/xml; charset=utf-8"), body) => {
                let reply = self.wechat.read(body);
                let reply = roxmltree::Document::parse(&reply).expect("well-formed");
                assert_eq!(text_of(&reply, "MsgType"), "text");
                Heard::Text(text_of(&reply, "Content"))
            }
            (status, None, "") if status >= 400 => Refused(status),
            _ => Heard::Own(answer),
        }
    }
}

/// Seconds, to the tenth: timers go by whole milliseconds.
pub fn tenths(time: Duration) -> f64 {
    (time.as_secs_f64() * 10.0).round() / 10.0
}

pub async fn seconds(seconds: f64) {
    sleep(Duration::from_secs_f64(seconds)).await;
}

/// The same message from another user.
pub fn from(user: &str, xml: &str) -> String {
    assert!(xml.contains(USER), "{xml}");
    xml.replace(USER, user)
}

/// A handler that takes its time, and what it did so far. To `7 好` it says `好` after seven seconds; any other text it
/// says back at once, behind a `>`.
#[derive(Clone, Default)]
pub struct Slow {
    begun: Arc<Mutex<Vec<String>>>,
    ended: Arc<Mutex<Vec<String>>>,
}

impl Slow {
    /// The texts whose handling began.
    pub fn begun(&self) -> Vec<String> {
        self.begun.lock().expect("not poisoned").clone()
    }

    /// The texts whose handling ended, those too whose connection was gone.
    pub fn ended(&self) -> Vec<String> {
        self.ended.lock().expect("not poisoned").clone()
    }

    pub fn handler(&self) -> impl Fn(Message) -> BoxFuture<'static, Reply> + Clone + use<> {
        let slow = self.clone();
        move |message| Box::pin(slow.clone().handle(message))
    }

    async fn handle(self, message: Message) -> Reply {
        let text = message.text().unwrap_or_default().to_owned();
        self.begun.lock().expect("not poisoned").push(text.clone());
        let slow = text.split_once(' ').and_then(|(time, said)| Some((time.parse().ok()?, said)));
        let reply = match slow {
            Some((time, said)) => {
                if time > 0.0 {
                    seconds(time).await;
                }
                said.to_owned()
            }
            None => format!(">{text}"),
        };
        self.ended.lock().expect("not poisoned").push(text);
        TextReply::new(reply).into()
    }
}
