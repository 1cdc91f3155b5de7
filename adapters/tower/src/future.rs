use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::{CONNECTION, HeaderValue};
use http::{Response, Version};
use wechat_callback::server::Engine;

use crate::WechatBody;
use crate::answer::Answered;

/// The answer of a [`WechatService`](crate::WechatService), whose body is `WechatBody<B>`. `E` is the error of the inner
/// service; a request that got as far as this has none.
pub struct ResponseFuture<B, E> {
    answer: Pin<Box<dyn Future<Output = Answered<B>> + Send>>,
    version: Version,
    engine: Engine,
    error: PhantomData<fn() -> E>,
}

impl<B, E> ResponseFuture<B, E> {
    /// The answer to a request of `version`.
    pub(crate) fn new(
        version: Version,
        engine: Engine,
        answer: impl Future<Output = Answered<B>> + Send + 'static,
    ) -> Self {
        Self { answer: Box::pin(answer), version, engine, error: PhantomData }
    }
}

impl<B, E> Future for ResponseFuture<B, E> {
    type Output = Result<Response<WechatBody<B>>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Answered { mut response, is_refused } = ready!(self.answer.as_mut().poll(cx));
        // The connection is kept for no other request. (HTTP/2 has no such header: its server says that it goes away by
        // itself.)
        if self.version < Version::HTTP_2 && (is_refused || self.engine.is_draining()) {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Poll::Ready(Ok(response))
    }
}
