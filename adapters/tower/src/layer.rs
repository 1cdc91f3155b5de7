use std::time::Duration;

use tower_layer::Layer;
use wechat_callback::Callback;
use wechat_callback::delivery::{Answerer, Deliveries, LateReply, Running};

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
    pub(crate) handlers: Running,
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
        let (answerer, handlers) = (Some(Answerer::new(&callback)), Running::of(&callback));
        let body_timeout = Duration::from_secs(5);
        Self { callback, answerer, handlers, body_limit: 64 * 1024, body_timeout }
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
    /// # use wechat_tower::{Callback, WechatLayer, delivery::InProcess};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let layer = WechatLayer::new(callback).deliveries(InProcess::new().capacity(10_000));
    /// # Ok::<(), wechat_tower::ConfigError>(())
    /// ```
    pub fn deliveries(mut self, store: impl Deliveries) -> Self {
        self.answerer =
            Some(self.answerer.unwrap_or_else(|| Answerer::new(&self.callback)).deliveries(store));
        self
    }

    /// Each delivery stands for itself: a slow handler runs again for each, and is cancelled when WeChat hangs up. In
    /// plain mode a signature is not bound to the first body that it came with, and the log has no span for a push.
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
        self.handlers.drain().await
    }
}

impl<S> Layer<S> for WechatLayer {
    type Service = WechatService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WechatService::new(inner, self.clone())
    }
}
