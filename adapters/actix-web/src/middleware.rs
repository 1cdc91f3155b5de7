use std::future::{Ready, ready};
use std::rc::Rc;
use std::time::Duration;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::Method;
use wechat_callback::Reply;
use wechat_callback::accounts::AccountLookup;
use wechat_callback::delivery::DeliveryStore;
use wechat_callback::late_reply::{LateReply, RetrySchedule};
use wechat_callback::server::Engine;

use crate::answer;
use crate::future::Answering;
use crate::push::Arriving;

/// Answers WeChat around a handler.
///
/// | request | what happens |
/// |---|---|
/// | `GET` with `echostr` | verified and echoed; the handler is not called |
/// | `GET` without | 400 |
/// | `POST` | verified, decrypted, parsed; the handler is called with the [`Message`](wechat_callback::Message) in the request's extensions and the plaintext (the XML or JSON of the message) as the body |
/// | another method | 405 |
///
/// A refusal is a response with a status and nothing else, never an `Err`; why is logged. So is an error of the inner
/// service, and WeChat is answered `success` or what [`on_error`](Self::on_error) says. Where the handler has not given
/// the request back, because it runs on, panicked or took too long, the answer is an `Err` whose response it is: a
/// middleware outside of this one sees it so.
///
/// ```
/// use actix_web::{App, web};
/// use wechat_actix::{Callback, TextReply, WechatMessage, WechatMiddleware};
///
/// async fn chat(WechatMessage(message): WechatMessage) -> TextReply {
///     TextReply::new(format!("你说：{}", message.text().unwrap_or("（不是文字）")))
/// }
///
/// let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
/// let app = App::new().service(
///     web::resource("/weixin").wrap(WechatMiddleware::new(callback)).route(web::post().to(chat)),
/// );
/// # Ok::<(), wechat_actix::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a middleware does nothing until it is wrapped around a service"]
pub struct WechatMiddleware {
    pub(crate) engine: Engine,
    pub(crate) body_limit: usize,
    pub(crate) body_timeout: Duration,
}

impl WechatMiddleware {
    /// Answers for the account of a [`Callback`](wechat_callback::Callback), or for each that an
    /// [`AccountLookup`](wechat_callback::accounts) finds, with the settings of [`Engine::new`]. Of a closure make one, and
    /// clone it.
    ///
    /// ```
    /// # use wechat_actix::{Callback, WechatMiddleware};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let middleware = WechatMiddleware::new(callback);
    /// # Ok::<(), wechat_actix::ConfigError>(())
    /// ```
    pub fn new(accounts: impl AccountLookup) -> Self {
        let (body_limit, body_timeout) = (Engine::BODY_LIMIT, Engine::BODY_TIMEOUT);
        Self { engine: Engine::new(accounts), body_limit, body_timeout }
    }

    /// The longest body that is read, in bytes; [`Engine::BODY_LIMIT`] unless set. A longer one is refused with 413.
    ///
    /// ```
    /// # use wechat_actix::{Callback, WechatMiddleware};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let middleware = WechatMiddleware::new(callback).body_limit(16 * 1024);
    /// # Ok::<(), wechat_actix::ConfigError>(())
    /// ```
    pub const fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// How long reading the whole body may take; [`Engine::BODY_TIMEOUT`] unless set. A slower one is refused with 408.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wechat_actix::{Callback, WechatMiddleware};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let middleware = WechatMiddleware::new(callback).body_timeout(Duration::from_secs(2));
    /// # Ok::<(), wechat_actix::ConfigError>(())
    /// ```
    pub const fn body_timeout(mut self, timeout: Duration) -> Self {
        self.body_timeout = timeout;
        self
    }

    /// Where the deliveries of a push meet: see [`Engine::store`].
    ///
    /// ```
    /// # use wechat_actix::{Callback, WechatMiddleware, delivery::MemoryStore};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let middleware = WechatMiddleware::new(callback).store(MemoryStore::new().capacity(10_000));
    /// # Ok::<(), wechat_actix::ConfigError>(())
    /// ```
    pub fn store(mut self, store: impl DeliveryStore) -> Self {
        self.engine = self.engine.store(store);
        self
    }

    /// What becomes of a reply that no delivery can carry: see [`Engine::late_reply`].
    ///
    /// ```
    /// # use wechat_actix::{Callback, TextReply, WechatMiddleware, late_reply::LateReply};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let policy = LateReply::fetch("继续", TextReply::new("还在想，过一会儿发“继续”来看。"));
    /// let middleware = WechatMiddleware::new(callback).late_reply(policy);
    /// # Ok::<(), wechat_actix::ConfigError>(())
    /// ```
    pub fn late_reply(mut self, policy: LateReply) -> Self {
        self.engine = self.engine.late_reply(policy);
        self
    }

    /// When WeChat delivers a push: see [`Engine::retry_schedule`].
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wechat_actix::{Callback, WechatMiddleware, late_reply::RetrySchedule};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let schedule = RetrySchedule::new().answer_within(Duration::from_secs(4));
    /// let middleware = WechatMiddleware::new(callback).retry_schedule(schedule);
    /// # Ok::<(), wechat_actix::ConfigError>(())
    /// ```
    pub fn retry_schedule(mut self, schedule: RetrySchedule) -> Self {
        self.engine = self.engine.retry_schedule(schedule);
        self
    }

    /// The reply that the user gets when the handler fails: see [`Engine::on_error`].
    ///
    /// ```
    /// # use wechat_actix::{Callback, TextReply, WechatMiddleware};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let middleware = WechatMiddleware::new(callback).on_error(TextReply::new("出了点问题，请再发一次。"));
    /// # Ok::<(), wechat_actix::ConfigError>(())
    /// ```
    pub fn on_error(mut self, reply: impl Into<Reply>) -> Self {
        self.engine = self.engine.on_error(reply);
        self
    }

    /// How long the handler may run: see [`Engine::handler_timeout`].
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wechat_actix::{Callback, WechatMiddleware};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let middleware = WechatMiddleware::new(callback).handler_timeout(Duration::from_secs(60));
    /// # Ok::<(), wechat_actix::ConfigError>(())
    /// ```
    pub fn handler_timeout(mut self, timeout: Duration) -> Self {
        self.engine = self.engine.handler_timeout(timeout);
        self
    }

    /// For a graceful shutdown: waits for the handlers, and answers what comes meanwhile, with
    /// `Connection: close`. Returns how many handlers still run: see [`Engine::drain`].
    ///
    /// ```no_run
    /// # use actix_web::{App, HttpServer, web};
    /// # use wechat_actix::{TextReply, WechatMiddleware};
    /// # async fn chat() -> TextReply { TextReply::new("x") }
    /// # async fn serve(middleware: WechatMiddleware) -> std::io::Result<()> {
    /// let wechat = middleware.clone();
    /// let app = move || {
    ///     App::new().service(web::resource("/weixin").wrap(wechat.clone()).route(web::post().to(chat)))
    /// };
    /// let shutdown = async move {
    ///     let _ = actix_web::rt::signal::ctrl_c().await;
    ///     middleware.drain().await;
    /// };
    /// HttpServer::new(app).shutdown_signal(shutdown).bind("127.0.0.1:3000")?.run().await
    /// # }
    /// ```
    pub async fn drain(&self) -> usize {
        self.engine.drain().await
    }
}

impl<S, B> Transform<S, ServiceRequest> for WechatMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = answer::Response<B>;
    type Error = Error;
    type Transform = WechatService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(WechatService { middleware: Rc::new(self.clone()), service: Rc::new(service) }))
    }
}

/// What [`WechatMiddleware`] makes.
#[doc(hidden)]
pub struct WechatService<S> {
    middleware: Rc<WechatMiddleware>,
    service: Rc<S>,
}

impl<S, B> Service<ServiceRequest> for WechatService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = answer::Response<B>;
    type Error = Error;
    type Future = Answering<S, B>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let middleware = self.middleware.clone();
        match *request.method() {
            Method::POST => {
                let push = Arriving::new(middleware.body_limit, self.service.clone(), request);
                Answering::push(middleware, push)
            }
            Method::GET => Answering::waiting(middleware.clone(), async move {
                let verified = middleware.engine.verify_url(request.path(), request.query_string()).await;
                answer::without_handler(request, verified)
            }),
            _ => {
                let refused = answer::without_handler(request, middleware.engine.method_not_allowed());
                Answering::waiting(middleware, ready(refused))
            }
        }
    }
}
