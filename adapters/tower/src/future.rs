use std::borrow::Cow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING};
use http::{Request, Response, StatusCode, request};
use http_body::Body;
use tower_service::Service;
use wechat_callback::{Callback, Opened, ReplyContext};

use crate::read::{BoxError, ReadBody};
use crate::{WechatBody, WechatLayer, answer};

pin_project_lite::pin_project! {
    /// The answer of a [`WechatService`](crate::WechatService).
    pub struct ResponseFuture<S, ReqBody, ResBody>
    where
        S: Service<Request<ReqBody>>,
    {
        #[pin]
        state: State<S, ReqBody, ResBody, S::Future>,
    }
}

pin_project_lite::pin_project! {
    #[project = StateProj]
    enum State<S, ReqBody, ResBody, F> {
        /// The answer is there without the handler.
        Answered { response: Option<Response<WechatBody<ResBody>>> },
        /// The body is being read.
        Reading {
            #[pin]
            body: ReadBody<ReqBody>,
            push: Option<Push<S>>,
        },
        /// The handler runs.
        Handling {
            #[pin]
            future: F,
            context: ReplyContext,
        },
    }
}

/// What waits for the body.
struct Push<S> {
    service: S,
    callback: Callback,
    parts: request::Parts,
}

impl<S, ReqBody, ResBody> ResponseFuture<S, ReqBody, ResBody>
where
    S: Service<Request<ReqBody>>,
    ReqBody: Body,
{
    pub(crate) const fn answered(response: Response<WechatBody<ResBody>>) -> Self {
        Self { state: State::answered(response) }
    }

    pub(crate) fn open(service: S, request: Request<ReqBody>, layer: &WechatLayer) -> Self {
        let (parts, body) = request.into_parts();
        // Its Content-Length gives a long body away before a byte is read.
        if body.size_hint().lower() > layer.body_limit as u64 {
            return Self::answered(answer::refusal(StatusCode::PAYLOAD_TOO_LARGE));
        }
        let body = ReadBody::new(body, layer.body_limit, layer.body_timeout);
        let push = Some(Push { service, callback: layer.callback.clone(), parts });
        Self { state: State::Reading { body, push } }
    }
}

impl<S, ReqBody, ResBody> Future for ResponseFuture<S, ReqBody, ResBody>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ReqBody: Body + From<Bytes>,
    ReqBody::Error: Into<BoxError>,
    ResBody: Body,
{
    type Output = Result<Response<WechatBody<ResBody>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                StateProj::Answered { response } => {
                    let response = response.take().expect("polled after it was ready");
                    return Poll::Ready(Ok(response));
                }
                StateProj::Reading { body, push } => {
                    let read = ready!(body.poll(cx));
                    let push = push.take().expect("taken once, as the state changes");
                    match read {
                        Ok(body) => push.open(&body),
                        Err(status) => State::answered(answer::refusal(status)),
                    }
                }
                StateProj::Handling { future, context } => {
                    return Poll::Ready(Ok(answer::sealed(context, ready!(future.poll(cx))?)));
                }
            };
            state.set(next);
        }
    }
}

impl<S, ReqBody, ResBody, F> State<S, ReqBody, ResBody, F> {
    const fn answered(response: Response<WechatBody<ResBody>>) -> Self {
        Self::Answered { response: Some(response) }
    }
}

impl<S> Push<S> {
    /// Verifies and decrypts `body` and calls the handler with what it says.
    fn open<ReqBody, ResBody>(self, body: &Bytes) -> State<S, ReqBody, ResBody, S::Future>
    where
        S: Service<Request<ReqBody>>,
        ReqBody: From<Bytes>,
    {
        let Self { mut service, callback, mut parts } = self;
        let (message, xml, context) = match callback.open(parts.uri.query().unwrap_or_default(), body) {
            Ok(Opened { message, xml: Cow::Owned(decrypted), reply, .. }) => {
                (message, decrypted.into(), reply)
            }
            Ok(Opened { message, reply, .. }) => (message, body.clone(), reply),
            Err(error) => return State::answered(answer::refused(&error)),
        };
        parts.headers.remove(TRANSFER_ENCODING);
        parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(xml.len()));
        parts.extensions.insert(message);
        let future = service.call(Request::from_parts(parts, ReqBody::from(xml)));
        State::Handling { future, context }
    }
}
