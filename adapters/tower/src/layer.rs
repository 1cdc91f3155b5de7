use std::time::Duration;

use tower_layer::Layer;
use wechat_callback::Callback;

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
    pub const fn new(callback: Callback) -> Self {
        Self { callback, body_limit: 64 * 1024, body_timeout: Duration::from_secs(5) }
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
}

impl<S> Layer<S> for WechatLayer {
    type Service = WechatService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WechatService::new(inner, self.clone())
    }
}
