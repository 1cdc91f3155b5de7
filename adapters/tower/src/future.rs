use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{CONNECTION, HeaderValue};
use http::{Request, Response, Version};
use http_body::Body;
use tower_service::Service;
use wechat_callback::server::Engine;

use crate::WechatBody;
use crate::answer::Answered;
use crate::push::Arriving;
use crate::read::BoxError;

pin_project_lite::pin_project! {
    /// The answer of a [`WechatService`](crate::WechatService) around an `S` for requests with a `ReqBody`. Its body is
    /// `WechatBody<ResBody>`, and its error one of `S`; a request that got as far as this has none.
    pub struct ResponseFuture<S, ReqBody, ResBody, E> {
        #[pin]
        state: State<S, ReqBody, ResBody>,
        version: Version,
        engine: Engine,
        error: PhantomData<fn() -> E>,
    }
}

/// What has to be waited for.
pub(crate) type Waiting<ResBody> = Pin<Box<dyn Future<Output = Answered<ResBody>> + Send>>;

pin_project_lite::pin_project! {
    #[project = StateProj]
    enum State<S, ReqBody, ResBody> {
        /// A push, up to the first poll of its handler: most are answered by then.
        Push { #[pin] push: Arriving<S, ReqBody> },
        Waiting { waiting: Waiting<ResBody> },
        Answered { answered: Option<Answered<ResBody>> },
    }
}

impl<S, ReqBody, ResBody, E> ResponseFuture<S, ReqBody, ResBody, E> {
    /// The answer to a request of `version`.
    const fn new(version: Version, engine: Engine, state: State<S, ReqBody, ResBody>) -> Self {
        Self { state, version, engine, error: PhantomData }
    }

    pub(crate) const fn push(version: Version, engine: Engine, push: Arriving<S, ReqBody>) -> Self {
        Self::new(version, engine, State::Push { push })
    }

    pub(crate) fn waiting(
        version: Version,
        engine: Engine,
        answer: impl Future<Output = Answered<ResBody>> + Send + 'static,
    ) -> Self {
        Self::new(version, engine, State::Waiting { waiting: Box::pin(answer) })
    }

    pub(crate) const fn answered(version: Version, engine: Engine, answered: Answered<ResBody>) -> Self {
        Self::new(version, engine, State::Answered { answered: Some(answered) })
    }
}

impl<S, ReqBody, ResBody, E> Future for ResponseFuture<S, ReqBody, ResBody, E>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    ReqBody: Body + From<Bytes> + Send + 'static,
    ReqBody::Error: Into<BoxError>,
    ResBody: Body + Send + 'static,
{
    type Output = Result<Response<WechatBody<ResBody>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Answered { mut response, is_refused } = loop {
            match this.state.as_mut().project() {
                StateProj::Push { push } => match ready!(push.poll(cx)) {
                    Ok(answered) => break answered,
                    Err(waiting) => this.state.set(State::Waiting { waiting }),
                },
                StateProj::Waiting { waiting } => break ready!(waiting.as_mut().poll(cx)),
                StateProj::Answered { answered } => break answered.take().expect("polled after its end"),
            }
        };
        // The connection is kept for no other request. (HTTP/2 has no such header: its server says that it goes away by
        // itself.)
        if *this.version < Version::HTTP_2 && (is_refused || this.engine.is_draining()) {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Poll::Ready(Ok(response))
    }
}
