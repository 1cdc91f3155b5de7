use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::{CONNECTION, HeaderValue};
use http::{Response, Version};
use wechat_callback::server::Engine;

use crate::WechatBody;
use crate::answer::Answered;

/// The answer of a [`WechatService`](crate::WechatService), whose body is `WechatBody<B>`. `E` is the error of the inner
/// service; a request that got as far as this has none.
pub struct ResponseFuture<B, E> {
    future: Pin<Box<dyn Future<Output = Response<WechatBody<B>>> + Send>>,
    error: PhantomData<fn() -> E>,
}

impl<B, E> ResponseFuture<B, E> {
    /// The answer to a request of `version`. Over HTTP/1 its connection is closed behind it where the request was refused,
    /// and while the engine drains. (HTTP/2 has no such header: its server says by itself that it goes away.)
    pub(crate) fn new(
        version: Version,
        engine: Engine,
        answer: impl Future<Output = Answered<B>> + Send + 'static,
    ) -> Self {
        let future = Box::pin(async move {
            let Answered { mut response, is_refused } = answer.await;
            if version < Version::HTTP_2 && (is_refused || engine.is_draining()) {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            response
        });
        Self { future, error: PhantomData }
    }
}

impl<B, E> Future for ResponseFuture<B, E> {
    type Output = Result<Response<WechatBody<B>>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.future.as_mut().poll(cx).map(Ok)
    }
}
