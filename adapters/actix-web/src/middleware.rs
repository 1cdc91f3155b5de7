use std::borrow::Cow;
use std::future::{Ready, ready};
use std::rc::Rc;
use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::Method;
use actix_web::{Error, HttpMessage, HttpResponse};
use futures_core::future::LocalBoxFuture;
use wechat_callback::{Callback, Opened, ReplyContext};

use crate::{answer, payload};

/// Answers WeChat around a handler.
///
/// | request | what happens |
/// |---|---|
/// | `GET` with `echostr` | verified and echoed; the handler is not called |
/// | `GET` without | 400 |
/// | `POST` | verified, decrypted, parsed; the handler is called with the [`Message`](wechat_callback::Message) in the request's extensions and the plain XML as the body |
/// | another method | 405 |
///
/// A refusal is a response with a status and nothing else, never an `Err`; why is logged.
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
    pub const fn new(callback: Callback) -> Self {
        Self { callback, body_limit: 64 * 1024, body_timeout: Duration::from_secs(5) }
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

    /// Reads and opens the push, and puts the message and the plain XML in its place.
    async fn open(&self, request: &mut ServiceRequest) -> Result<ReplyContext, HttpResponse> {
        let body = payload::read(request, self.body_limit, self.body_timeout).await?;
        let opened = self.callback.open(request.query_string(), &body);
        let (message, xml, context) = match opened {
            Ok(Opened { message, xml: Cow::Owned(decrypted), reply, .. }) => {
                (message, decrypted.into(), reply)
            }
            Ok(Opened { message, reply, .. }) => (message, body.clone(), reply),
            Err(error) => return Err(answer::refused(&error)),
        };
        // The headers stay as they came: actix-web panics where they are changed while anything outside holds the
        // request, and the Content-Length of an envelope is an upper bound of the message's.
        request.set_payload(Payload::from(xml));
        request.extensions_mut().insert(message);
        Ok(context)
    }
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

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let Self { middleware, service } = self;
        let (middleware, service) = (middleware.clone(), service.clone());
        Box::pin(async move {
            let answer = match *request.method() {
                Method::POST => match middleware.open(&mut request).await {
                    Ok(context) => return Ok(answer::sealed(&context, service.call(request).await?)),
                    Err(refusal) => refusal,
                },
                Method::GET => answer::verification(&middleware.callback, request.query_string()),
                _ => answer::method_not_allowed(),
            };
            Ok(request.into_response(answer).map_into_right_body())
        })
    }
}
