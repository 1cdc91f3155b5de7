use std::time::Duration;

use tower_layer::Layer;
use wechat_callback::delivery::{Answerer, DeliveryStore, HandlerPolicy, LateReply, Running};
use wechat_callback::{Callback, Reply};

use crate::WechatService;

/// Puts [`WechatService`] around a handler.
///
/// ```
/// use axum::{Router, routing::post};
/// use wechat_tower::{Callback, TextReply, WechatLayer, WechatMessage};
///
/// async fn chat(WechatMessage(message): WechatMessage) -> TextReply {
///     TextReply::new(format!("你说：{}", message.text().unwrap_or("（不是文字）")))
/// }
///
/// let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
/// let app: Router = Router::new().route("/weixin", post(chat).layer(WechatLayer::new(callback)));
/// # Ok::<(), wechat_tower::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a layer does nothing until it is put around a service"]
pub struct WechatLayer {
    pub(crate) callback: Callback,
    /// `None` where each delivery stands for itself.
    pub(crate) answerer: Option<Answerer>,
    pub(crate) handlers: HandlerPolicy,
    pub(crate) running: Running,
    pub(crate) body_limit: usize,
    pub(crate) body_timeout: Duration,
}

impl WechatLayer {
    /// Answers for the account of `callback`.
    ///
    /// ```
    /// # use wechat_tower::{Callback, WechatLayer};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let layer = WechatLayer::new(callback);
    /// # Ok::<(), wechat_tower::ConfigError>(())
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
    /// # use wechat_tower::{Callback, WechatLayer};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let layer = WechatLayer::new(callback).body_limit(16 * 1024);
    /// # Ok::<(), wechat_tower::ConfigError>(())
    /// ```
    pub const fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// How long reading the whole body may take; five seconds unless set. A slower one is refused with 408.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wechat_tower::{Callback, WechatLayer};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let layer = WechatLayer::new(callback).body_timeout(Duration::from_secs(2));
    /// # Ok::<(), wechat_tower::ConfigError>(())
    /// ```
    pub const fn body_timeout(mut self, timeout: Duration) -> Self {
        self.body_timeout = timeout;
        self
    }

    /// Where the deliveries of a push meet: unless set, in the memory of this process, which all layers of one
    /// [`Callback`] share. With a store such as `wechat-redis` has, many processes answer as one.
    ///
    /// ```
    /// # use wechat_tower::{Callback, WechatLayer, delivery::MemoryStore};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let layer = WechatLayer::new(callback).store(MemoryStore::new().capacity(10_000));
    /// # Ok::<(), wechat_tower::ConfigError>(())
    /// ```
    pub fn store(mut self, store: impl DeliveryStore) -> Self {
        let answerer = self.answerer.unwrap_or_else(|| Answerer::new(&self.callback));
        self.answerer = Some(answerer.handlers(self.handlers.clone()).store(store));
        self
    }

    /// Each delivery stands for itself: a slow handler runs again for each, and is cancelled when the server says that
    /// WeChat hung up, which [`serve`](crate::serve()) does not. In plain mode a signature is not bound to the first body
    /// that it came with, and the log has no span for a push.
    ///
    /// ```
    /// # use wechat_tower::{Callback, WechatLayer};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let layer = WechatLayer::new(callback).without_deliveries();
    /// # Ok::<(), wechat_tower::ConfigError>(())
    /// ```
    pub fn without_deliveries(mut self) -> Self {
        self.answerer = None;
        self
    }

    /// What becomes of an answer that takes longer than WeChat waits; [`LateReply::ride`] unless set. Without
    /// deliveries it does nothing.
    ///
    /// ```
    /// # use wechat_tower::{Callback, TextReply, WechatLayer, delivery::LateReply};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let policy = LateReply::ride().or_claim("继续", TextReply::new("还在想，过一会儿发“继续”来看。"));
    /// let layer = WechatLayer::new(callback).late_reply(policy);
    /// # Ok::<(), wechat_tower::ConfigError>(())
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
    /// # use wechat_tower::{Callback, TextReply, WechatLayer};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let layer = WechatLayer::new(callback).on_error(TextReply::new("出了点问题，请再发一次。"));
    /// # Ok::<(), wechat_tower::ConfigError>(())
    /// ```
    pub fn on_error(mut self, reply: impl Into<Reply>) -> Self {
        self.handlers = self.handlers.on_error(reply);
        self.with_handlers()
    }

    /// How long the handler may run; ten minutes unless set. One that takes longer is dropped and has failed, which is
    /// logged: without an end it would hold its place among the pushes that are remembered for ever.
    ///
    /// It is counted from when the handler first waits for something. One that never does, because it blocks its
    /// thread, cannot be ended, and holds up every other push of that thread: see `tokio::task::spawn_blocking`.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wechat_tower::{Callback, WechatLayer};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let layer = WechatLayer::new(callback).handler_timeout(Duration::from_secs(60));
    /// # Ok::<(), wechat_tower::ConfigError>(())
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
    /// no push came for half a second, for ten seconds at most. What comes meanwhile is answered as ever, over HTTP/1
    /// with `Connection: close`, so that nobody sends another push over that connection. From then on a push that needs
    /// a handler is answered 503, on which WeChat asks again. Returns how many handlers still run.
    ///
    /// Keep listening until it returns, and take the process out of its load balancer before: what still waits in the
    /// system's queue when the listener is closed is reset.
    ///
    /// Await the signal that your system sends: SIGTERM under systemd, Docker and Kubernetes. (`docker stop` kills after
    /// ten seconds; give it `-t 30`.)
    ///
    /// ```no_run
    /// # use wechat_tower::WechatLayer;
    /// # async fn serve(app: axum::Router, layer: WechatLayer) -> std::io::Result<()> {
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    /// let shutdown = async move {
    ///     let _ = tokio::signal::ctrl_c().await;
    ///     layer.drain().await;
    /// };
    /// wechat_tower::serve(listener, app).with_graceful_shutdown(shutdown).await
    /// # }
    /// ```
    pub async fn drain(&self) -> usize {
        self.running.drain().await
    }
}

impl<S> Layer<S> for WechatLayer {
    type Service = WechatService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WechatService::new(inner, self.clone())
    }
}
