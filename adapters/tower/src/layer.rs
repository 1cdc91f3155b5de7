use std::time::Duration;

use tower_layer::Layer;
use wechat_callback::Reply;
use wechat_callback::accounts::AccountLookup;
use wechat_callback::delivery::DeliveryStore;
use wechat_callback::late_reply::{LateReply, RetrySchedule};
use wechat_callback::server::Engine;

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
    pub(crate) engine: Engine,
    pub(crate) body_limit: usize,
    pub(crate) body_timeout: Duration,
}

impl WechatLayer {
    /// Answers for the account of a [`Callback`](wechat_callback::Callback), or for each that an
    /// [`AccountLookup`](wechat_callback::accounts) finds, with the settings of [`Engine::new`]. Of a closure make one, and
    /// clone it.
    ///
    /// ```
    /// # use wechat_tower::{Callback, WechatLayer};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let layer = WechatLayer::new(callback);
    /// # Ok::<(), wechat_tower::ConfigError>(())
    /// ```
    pub fn new(accounts: impl AccountLookup) -> Self {
        let (body_limit, body_timeout) = (Engine::BODY_LIMIT, Engine::BODY_TIMEOUT);
        Self { engine: Engine::new(accounts), body_limit, body_timeout }
    }

    /// The longest body that is read, in bytes; [`Engine::BODY_LIMIT`] unless set. A longer one is refused with 413.
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

    /// How long reading the whole body may take; [`Engine::BODY_TIMEOUT`] unless set. A slower one is refused with 408.
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

    /// Where the deliveries of a push meet: see [`Engine::store`].
    ///
    /// ```
    /// # use wechat_tower::{Callback, WechatLayer, delivery::MemoryStore};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let layer = WechatLayer::new(callback).store(MemoryStore::new().capacity(10_000));
    /// # Ok::<(), wechat_tower::ConfigError>(())
    /// ```
    pub fn store(mut self, store: impl DeliveryStore) -> Self {
        self.engine = self.engine.store(store);
        self
    }

    /// What becomes of a reply that no delivery can carry: see [`Engine::late_reply`].
    ///
    /// ```
    /// # use wechat_tower::{Callback, TextReply, WechatLayer, late_reply::LateReply};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let policy = LateReply::fetch("继续", TextReply::new("还在想，过一会儿发“继续”来看。"));
    /// let layer = WechatLayer::new(callback).late_reply(policy);
    /// # Ok::<(), wechat_tower::ConfigError>(())
    /// ```
    pub fn late_reply(mut self, policy: LateReply) -> Self {
        self.engine = self.engine.late_reply(policy);
        self
    }

    /// When WeChat delivers a push: see [`Engine::retry_schedule`].
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wechat_tower::{Callback, WechatLayer, late_reply::RetrySchedule};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let schedule = RetrySchedule::new().answer_within(Duration::from_secs(4));
    /// let layer = WechatLayer::new(callback).retry_schedule(schedule);
    /// # Ok::<(), wechat_tower::ConfigError>(())
    /// ```
    pub fn retry_schedule(mut self, schedule: RetrySchedule) -> Self {
        self.engine = self.engine.retry_schedule(schedule);
        self
    }

    /// The reply that the user gets when the handler fails: see [`Engine::on_error`].
    ///
    /// ```
    /// # use wechat_tower::{Callback, TextReply, WechatLayer};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let layer = WechatLayer::new(callback).on_error(TextReply::new("出了点问题，请再发一次。"));
    /// # Ok::<(), wechat_tower::ConfigError>(())
    /// ```
    pub fn on_error(mut self, reply: impl Into<Reply>) -> Self {
        self.engine = self.engine.on_error(reply);
        self
    }

    /// How long the handler may run: see [`Engine::handler_timeout`].
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wechat_tower::{Callback, WechatLayer};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let layer = WechatLayer::new(callback).handler_timeout(Duration::from_secs(60));
    /// # Ok::<(), wechat_tower::ConfigError>(())
    /// ```
    pub fn handler_timeout(mut self, timeout: Duration) -> Self {
        self.engine = self.engine.handler_timeout(timeout);
        self
    }

    /// For a graceful shutdown: waits for the handlers, and answers what comes meanwhile, over HTTP/1 with
    /// `Connection: close`. Returns how many handlers still run: see [`Engine::drain`].
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
        self.engine.drain().await
    }
}

impl<S> Layer<S> for WechatLayer {
    type Service = WechatService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WechatService::new(inner, self.clone())
    }
}
