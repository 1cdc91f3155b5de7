use std::borrow::Cow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING};
use http::{Request, Response, StatusCode, request};
use http_body::Body;
use tokio::runtime::Handle;
use tokio::time::Instant;
use tower_service::Service;
use wechat_callback::delivery::{Answerer, Arrival, CatchPanic, Handled};
use wechat_callback::{Message, Opened, ReplyContext};

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
        /// The handler runs for this delivery alone.
        Handling {
            #[pin]
            future: CatchPanic<Call<F>>,
            context: ReplyContext,
        },
        /// The delivery is joined with the others of its push.
        Delivering { future: Pin<Box<dyn Future<Output = Response<WechatBody<ResBody>>> + Send>> },
    }
}

pin_project_lite::pin_project! {
    /// A call of the handler's service.
    struct Call<F> {
        #[pin]
        future: F,
    }
}

/// What waits for the body.
struct Push<S> {
    service: S,
    layer: WechatLayer,
    parts: request::Parts,
    arrived: Instant,
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
        let push = Some(Push { service, layer: layer.clone(), parts, arrived: Instant::now() });
        Self { state: State::Reading { body, push } }
    }
}

impl<S, ReqBody, ResBody> Future for ResponseFuture<S, ReqBody, ResBody>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    ReqBody: Body + From<Bytes> + Send + 'static,
    ReqBody::Error: Into<BoxError>,
    ResBody: Body + Send + 'static,
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
                    match (read, push.layer.answerer.clone()) {
                        (Ok(body), Some(answerer)) => {
                            State::Delivering { future: Box::pin(push.deliver(answerer, body)) }
                        }
                        (Ok(body), None) => push.handle(&body),
                        (Err(status), _) => State::answered(answer::refusal(status)),
                    }
                }
                StateProj::Handling { future, context } => {
                    return Poll::Ready(Ok(answer::given(ready!(future.poll(cx)).answer(context))));
                }
                StateProj::Delivering { future } => return future.as_mut().poll(cx).map(Ok),
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
    fn handle<ReqBody, ResBody>(self, body: &Bytes) -> State<S, ReqBody, ResBody, S::Future>
    where
        S: Service<Request<ReqBody>>,
        ReqBody: From<Bytes>,
    {
        let Self { mut service, layer, parts, .. } = self;
        match layer.callback.open(parts.uri.query().unwrap_or_default(), body) {
            Ok(opened) => {
                let (request, context) = request(parts, opened, body);
                State::Handling { future: CatchPanic::new(Call { future: service.call(request) }), context }
            }
            Err(error) => State::answered(answer::refused(&error)),
        }
    }

    /// As [`handle`](Self::handle), unless another delivery of the same push has.
    async fn deliver<ReqBody, ResBody>(self, answerer: Answerer, body: Bytes) -> Response<WechatBody<ResBody>>
    where
        S: Service<Request<ReqBody>, Response = Response<ResBody>> + Send + 'static,
        S::Future: Send,
        S::Error: Into<BoxError>,
        ReqBody: From<Bytes> + Send + 'static,
        ResBody: Body + Send + 'static,
    {
        let Self { mut service, layer, parts, arrived } = self;
        let opened = match layer.callback.open(parts.uri.query().unwrap_or_default(), &body) {
            Ok(opened) => opened,
            Err(error) => return answer::refused(&error),
        };
        let turn = match answerer.arrive(&opened, arrived).await {
            Arrival::First(turn) => turn,
            Arrival::Answered(answer) => return answer::given(answer),
        };
        let (request, context) = request(parts, opened, &body);
        let (run, waiting) = turn.start(async move { Call { future: service.call(request) }.await });
        let detach = |run| {
            // Where there is no runtime the process is going down.
            if let Ok(runtime) = Handle::try_current() {
                runtime.spawn(run);
            }
        };
        answer::given(waiting.answer(Box::pin(run), detach, &context).await)
    }
}

/// The request that the handler sees: the message in its extensions, the plain XML as its body.
fn request<B: From<Bytes>>(
    mut parts: request::Parts,
    opened: Opened<'_>,
    body: &Bytes,
) -> (Request<B>, ReplyContext) {
    let Opened { message, xml, reply, .. } = opened;
    let xml = match xml {
        Cow::Owned(decrypted) => decrypted.into(),
        Cow::Borrowed(_) => body.clone(),
    };
    parts.headers.remove(TRANSFER_ENCODING);
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(xml.len()));
    parts.extensions.insert::<Message>(message);
    (Request::from_parts(parts, B::from(xml)), reply)
}

impl<F, B, E> Future for Call<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    E: Into<BoxError>,
{
    type Output = Handled<Response<B>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().future.poll(cx).map(answer::handled)
    }
}
