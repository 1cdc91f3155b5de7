use std::borrow::Cow;
use std::future::{Ready, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{
    Payload, ResponseHead, Service, ServiceRequest, ServiceResponse, Transform, forward_ready,
};
use actix_web::error::InternalError;
use actix_web::http::{ConnectionType, Method};
use actix_web::web::Bytes;
use actix_web::{Either, Error, HttpMessage};
use futures_core::future::LocalBoxFuture;
use tokio::time::Instant;
use wechat_callback::delivery::{Answerer, Arrival, DeliveryStore, HandlerPolicy, LateReply, Running};
use wechat_callback::{Callback, Opened, PushXml, Refusal, Reply, ReplyContext};

use crate::{answer, payload};

/// Answers WeChat around a handler.
///
/// | request | what happens |
/// |---|---|
/// | `GET` with `echostr` | verified and echoed; the handler is not called |
/// | `GET` without | 400 |
/// | `POST` | verified, decrypted, parsed; the handler is called with an `Arc` of the [`Message`](wechat_callback::Message) in the request's extensions and the plain XML as the body |
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
    callback: Callback,
    /// `None` where each delivery stands for itself.
    answerer: Option<Answerer>,
    handlers: HandlerPolicy,
    running: Running,
    body_limit: usize,
    body_timeout: Duration,
}

impl WechatMiddleware {
    /// Answers for the account of `callback`.
    ///
    /// ```
    /// # use wechat_actix::{Callback, WechatMiddleware};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let middleware = WechatMiddleware::new(callback);
    /// # Ok::<(), wechat_actix::ConfigError>(())
    /// ```
    pub fn new(callback: Callback) -> Self {
        let (answerer, running) = (Some(Answerer::new(&callback)), Running::of(&callback));
        let (handlers, body_timeout) = (HandlerPolicy::new(), Duration::from_secs(5));
        Self { callback, answerer, handlers, running, body_limit: 64 * 1024, body_timeout }
    }

    /// The longest body that is read, in bytes; 64 KiB unless set. A longer one is refused with 413. WeChat's
    /// own stay far below.
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

    /// How long reading the whole body may take; five seconds unless set. A slower one is refused with 408.
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

    /// Where the deliveries of a push meet: unless set, in the memory of this process, which all middlewares of one
    /// [`Callback`] share. With a store such as `wechat-redis` has, many processes answer as one.
    ///
    /// ```
    /// # use wechat_actix::{Callback, WechatMiddleware, delivery::MemoryStore};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let middleware = WechatMiddleware::new(callback).store(MemoryStore::new().capacity(10_000));
    /// # Ok::<(), wechat_actix::ConfigError>(())
    /// ```
    pub fn store(mut self, store: impl DeliveryStore) -> Self {
        let answerer = self.answerer.unwrap_or_else(|| Answerer::new(&self.callback));
        self.answerer = Some(answerer.handlers(self.handlers.clone()).store(store));
        self
    }

    /// Each delivery stands for itself: a slow handler runs again for each, and is cancelled when WeChat hangs up. In
    /// plain mode a signature is not bound to the first body that it came with, and the log has no span for a push.
    ///
    /// ```
    /// # use wechat_actix::{Callback, WechatMiddleware};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let middleware = WechatMiddleware::new(callback).without_deliveries();
    /// # Ok::<(), wechat_actix::ConfigError>(())
    /// ```
    pub fn without_deliveries(mut self) -> Self {
        self.answerer = None;
        self
    }

    /// What becomes of an answer that takes longer than WeChat waits; [`LateReply::ride`] unless set. Without
    /// deliveries it does nothing.
    ///
    /// ```
    /// # use wechat_actix::{Callback, TextReply, WechatMiddleware, delivery::LateReply};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let policy = LateReply::ride().or_claim("继续", TextReply::new("还在想，过一会儿发“继续”来看。"));
    /// let middleware = WechatMiddleware::new(callback).late_reply(policy);
    /// # Ok::<(), wechat_actix::ConfigError>(())
    /// ```
    pub fn late_reply(mut self, policy: LateReply) -> Self {
        self.answerer = self.answerer.map(|answerer| answerer.late_reply(policy));
        self
    }

    /// What the user is told when the handler fails (an error, a panic, the [time-out](Self::handler_timeout)), or when
    /// its reply is one that WeChat would not take; nothing unless set, and never where the push names no sender.
    ///
    /// All deliveries of the push are told it. A failure that is too late for them goes where late answers go: by
    /// [`LateReply::ride`] nowhere, by [`or_claim`](LateReply::or_claim) to the user who writes the word, by
    /// [`or_push`](LateReply::or_push) to the sender. If this reply cannot be sealed either, that is logged, and WeChat
    /// is answered `success`.
    ///
    /// ```
    /// # use wechat_actix::{Callback, TextReply, WechatMiddleware};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let middleware = WechatMiddleware::new(callback).on_error(TextReply::new("出了点问题，请再发一次。"));
    /// # Ok::<(), wechat_actix::ConfigError>(())
    /// ```
    pub fn on_error(mut self, reply: impl Into<Reply>) -> Self {
        self.handlers = self.handlers.on_error(reply);
        self.with_handlers()
    }

    /// How long the handler may run; ten minutes unless set. One that takes longer is dropped and has failed, which is
    /// logged: without an end it would hold its place among the pushes that are remembered for ever.
    ///
    /// It is counted from when the handler first waits for something. One that never does, because it blocks its
    /// thread, cannot be ended, and holds up every other push of that thread: see [`web::block`](actix_web::web::block).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wechat_actix::{Callback, WechatMiddleware};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let middleware = WechatMiddleware::new(callback).handler_timeout(Duration::from_secs(60));
    /// # Ok::<(), wechat_actix::ConfigError>(())
    /// ```
    pub fn handler_timeout(mut self, timeout: Duration) -> Self {
        self.handlers = self.handlers.timeout(timeout);
        self.with_handlers()
    }

    fn with_handlers(mut self) -> Self {
        self.answerer = self.answerer.map(|answerer| answerer.handlers(self.handlers.clone()));
        self
    }

    /// For a graceful shutdown: waits until no handler of its [`Callback`] runs, those too whose connection is gone, and
    /// no push came for half a second, for ten seconds at most. What comes meanwhile is answered as ever, with
    /// `Connection: close`, so that nobody sends another push over that connection. From then on a push that needs
    /// a handler is answered 503, on which WeChat asks again. Returns how many handlers still run.
    ///
    /// Keep listening until it returns, and take the process out of its load balancer before: what still waits in the
    /// system's queue when the listener is closed is reset.
    ///
    /// Await the signal that your system sends: SIGTERM under systemd, Docker and Kubernetes. (`docker stop` kills after
    /// ten seconds; give it `-t 30`.)
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
        self.running.drain().await
    }

    /// While it drains, nobody shall send another request over the connection.
    fn close_if_draining(&self, head: &mut ResponseHead) {
        if self.running.is_draining() {
            head.set_connection_type(ConnectionType::Close);
        }
    }

    /// The echostr, or the status of a refusal, which is logged.
    async fn verify(&self, path: &str, query: &str) -> Result<String, u16> {
        match &self.answerer {
            Some(answerer) => answerer.verify(&self.callback, path, query).await,
            None => self
                .callback
                .verify_url(query)
                .map_err(|error| self.callback.log_refusal(error, "GET", path, query)),
        }
    }

    /// Logs why a push is refused, and says so.
    fn refuse<B>(&self, request: ServiceRequest, refusal: Refusal) -> ServiceResponse<EitherBody<B>> {
        let (path, query) = (request.path(), request.query_string());
        let status = self.callback.log_refusal(refusal, "POST", path, query);
        answer::instead(request, answer::empty(status))
    }

    /// Opens the push and has it answered: by `service`, or as another delivery of it is.
    async fn answer<S, B>(
        &self,
        service: Rc<S>,
        mut request: ServiceRequest,
    ) -> Result<ServiceResponse<EitherBody<B>>, Error>
    where
        S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
        B: MessageBody + 'static,
    {
        let arrived = Instant::now();
        let body = match payload::read(&mut request, &self.callback, self.body_limit, self.body_timeout).await
        {
            Ok(body) => body,
            Err(refusal) => return Ok(self.refuse(request, refusal)),
        };
        let opened = match request.extensions().contains::<PushXml>() {
            true => Err(Refusal::AlreadyOpened),
            false => self.callback.open(request.query_string(), &body).map_err(Refusal::from),
        };
        let opened = match opened {
            Ok(opened) => opened,
            Err(refusal) => return Ok(self.refuse(request, refusal)),
        };
        let arrival = match &self.answerer {
            Some(answerer) => match answerer.arrive(&opened, arrived).await {
                Arrival::First(turn) => Either::Left(turn),
                Arrival::Answered(sealed) => return Ok(answer::instead(request, answer::bare(sealed))),
                Arrival::Refused(status) => return Ok(answer::instead(request, answer::empty(status))),
            },
            None => match self.running.start(arrived, arrived) {
                Some(runs) => Either::Right(runs),
                None => return Ok(answer::instead(request, answer::shutting_down())),
            },
        };
        let context = put_into(&mut request, opened, &body);
        let handler = async move { answer::handled(service.call(request).await).await };
        let answer = match arrival {
            Either::Left(turn) => {
                let (run, waiting) = turn.start(handler, context);
                waiting.answer(Box::pin(run), detach).await
            }
            Either::Right(_runs) => self.handlers.alone(handler, context).await,
        };
        match answer::given(answer) {
            Either::Left(response) => Ok(response),
            // A response belongs to a request, and the handler has not given it back: it runs on, or it panicked. A
            // clone cannot be kept for this, for then actix-web would panic where it routes further inside. As an
            // error the answer goes out as well.
            Either::Right(mut bare) => {
                self.close_if_draining(bare.head_mut());
                Err(InternalError::from_response("the handler has no response", bare).into())
            }
        }
    }
}

/// Puts the message and the plain XML in the place of the push.
fn put_into(request: &mut ServiceRequest, opened: Opened<'_>, body: &Bytes) -> ReplyContext {
    let Opened { message, xml, context, .. } = opened;
    let xml = match xml {
        Cow::Owned(decrypted) => Bytes::from(decrypted),
        Cow::Borrowed(_) => body.clone(),
    };
    // The headers stay as they came: actix-web panics where they are changed while anything outside holds the
    // request, and the Content-Length of an envelope is an upper bound of the message's.
    request.set_payload(Payload::from(xml.clone()));
    let mut extensions = request.extensions_mut();
    extensions.insert(message);
    extensions.insert(PushXml::new(xml));
    drop(extensions);
    context
}

/// Leaves the rest of a run to this worker.
fn detach(run: impl Future + 'static) {
    // Where a worker goes down there is nothing left to run it, and to panic in a destructor would be worse.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        actix_web::rt::spawn(async move {
            run.await;
        })
    }));
}

impl<S, B> Transform<S, ServiceRequest> for WechatMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
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
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Self::Error>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let Self { middleware, service } = self;
        let (middleware, service) = (middleware.clone(), service.clone());
        Box::pin(async move {
            let mut response = match *request.method() {
                Method::POST => middleware.answer(service, request).await?,
                Method::GET => {
                    let verified = middleware.verify(request.path(), request.query_string()).await;
                    answer::instead(request, answer::verification(verified))
                }
                _ => answer::instead(request, answer::method_not_allowed()),
            };
            middleware.close_if_draining(response.response_mut().head_mut());
            Ok(response)
        })
    }
}
