use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::Body;
use tower_service::Service;

use crate::push::Arriving;
use crate::read::BoxError;
use crate::{ResponseFuture, WechatBody, WechatLayer, answer};

/// Answers WeChat around an inner service, which is the handler. Made by [`WechatLayer`].
///
/// | request | what happens |
/// |---|---|
/// | `GET` with `echostr` | verified and echoed; the handler is not called |
/// | `GET` without | 400 |
/// | `POST` | verified, decrypted, parsed; the handler is called with the [`Message`](wechat_callback::Message) in the request's extensions and the plaintext (the XML or JSON of the message) as the body |
/// | another method | 405 |
///
/// A refusal is an `Ok` response with a status and nothing else; why is logged. An error of the inner service is
/// logged, and WeChat answered `success` or what [`on_error`](WechatLayer::on_error) says; only one from `poll_ready`
/// is passed on.
#[derive(Debug, Clone)]
pub struct WechatService<S> {
    inner: S,
    layer: WechatLayer,
}

impl<S> WechatService<S> {
    pub(crate) const fn new(inner: S, layer: WechatLayer) -> Self {
        Self { inner, layer }
    }

    /// The inner service.
    ///
    /// ```
    /// # use tower_layer::Layer;
    /// # use wechat_tower::{Callback, WechatLayer};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let service = WechatLayer::new(callback).layer("the handler");
    /// assert_eq!(*service.get_ref(), "the handler");
    /// # Ok::<(), wechat_tower::ConfigError>(())
    /// ```
    #[must_use]
    pub const fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The inner service, to be changed.
    #[must_use]
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Gives the inner service back.
    ///
    /// ```
    /// # use tower_layer::Layer;
    /// # use wechat_tower::{Callback, WechatLayer};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let service = WechatLayer::new(callback).layer("the handler");
    /// assert_eq!(service.into_inner(), "the handler");
    /// # Ok::<(), wechat_tower::ConfigError>(())
    /// ```
    #[must_use]
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for WechatService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    ReqBody: Body + From<Bytes> + Send + 'static,
    ReqBody::Error: Into<BoxError>,
    ResBody: Body + Send + 'static,
{
    type Response = Response<WechatBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, ReqBody, ResBody, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let (version, engine) = (request.version(), self.layer.engine.clone());
        match *request.method() {
            Method::POST => {
                // The instance that was polled ready goes with the request; its clone stays.
                let clone = self.inner.clone();
                let ready = std::mem::replace(&mut self.inner, clone);
                let layer = self.layer.clone();
                ResponseFuture::push(version, engine, Arriving::new(layer, ready, request))
            }
            Method::GET => {
                let (uri, verifier) = (request.uri().clone(), engine.clone());
                ResponseFuture::waiting(version, engine, async move {
                    let query = uri.query().unwrap_or_default();
                    answer::without_handler(verifier.verify_url(uri.path(), query).await)
                })
            }
            _ => {
                let refused = answer::without_handler(engine.method_not_allowed());
                ResponseFuture::answered(version, engine, refused)
            }
        }
    }
}
