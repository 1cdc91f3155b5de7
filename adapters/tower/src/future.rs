use std::borrow::Cow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING};
use http::{Request, Response, Uri, Version, request};
use http_body::Body;
use tokio::runtime::Handle;
use tokio::time::Instant;
use tower_service::Service;
use wechat_callback::delivery::{
    Alone, Answer, Answering, Arrival, Arriving, Handled, Run, Running as Handlers, Runs,
};
use wechat_callback::{Opened, PushXml, Refusal, ReplyContext};

use crate::own::{OwnBody, Returned};
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
        // Whether the connection is kept for another request: HTTP/1 is told with each answer, while it drains and where
        // the request was refused.
        handlers: Option<Handlers>,
    }
}

/// How a delivery waits for the handler that it runs.
type Running<S, ReqBody, ResBody, F> =
    Answering<BoxedRun<S, ReqBody, ResBody, F>, fn(BoxedRun<S, ReqBody, ResBody, F>)>;

type BoxedRun<S, ReqBody, ResBody, F> =
    Pin<Box<Run<Call<S, ReqBody, ResBody, F>, Response<WechatBody<ResBody>>>>>;

pin_project_lite::pin_project! {
    #[project = StateProj]
    enum State<S, ReqBody, ResBody, F> {
        /// The answer is there without the handler.
        Answered { response: Option<Response<WechatBody<ResBody>>> },
        /// The URL is being verified.
        Verifying { verifying: Pin<Box<dyn Future<Output = Result<String, u16>> + Send>> },
        /// The body is being read.
        Reading {
            #[pin]
            body: ReadBody<ReqBody>,
            push: Option<Push<S>>,
        },
        /// The handler runs for this delivery alone.
        Alone {
            #[pin]
            alone: Alone<Call<S, ReqBody, ResBody, F>>,
            runs: Runs,
        },
        /// Another delivery of the same push may run the handler.
        Arriving { arriving: Arriving, call: Option<(Call<S, ReqBody, ResBody, F>, ReplyContext)> },
        /// This delivery runs the handler for all of them.
        Running { answering: Running<S, ReqBody, ResBody, F> },
    }
}

pin_project_lite::pin_project! {
    /// A call of the handler's service, made when it is first polled.
    #[project = CallProj]
    enum Call<S, ReqBody, ResBody, F> {
        Ready { call: Option<(S, Request<ReqBody>)> },
        Called {
            #[pin]
            future: F,
        },
        /// The response is the handler's own, and may be a reply.
        Reading {
            #[pin]
            body: OwnBody<ResBody>,
        },
    }
}

/// What waits for the body.
struct Push<S> {
    service: S,
    layer: WechatLayer,
    parts: request::Parts,
    arrived: Instant,
    /// When the connection was taken in, where the server says so, or the push arrived.
    admitted: Instant,
    /// Whether the query was looked at because the body was not there.
    checked: bool,
}

/// When a connection was taken in: `serve` puts it into each request's extensions.
#[derive(Clone, Copy)]
pub(crate) struct Admitted(pub(crate) Instant);

impl<S, ReqBody, ResBody> ResponseFuture<S, ReqBody, ResBody>
where
    S: Service<Request<ReqBody>>,
    ReqBody: Body,
{
    /// `response`, to a request of `version`.
    pub(crate) fn answered(
        response: Response<WechatBody<ResBody>>,
        version: Version,
        layer: &WechatLayer,
    ) -> Self {
        Self::new(State::answered(response), version, layer)
    }

    pub(crate) fn verify(uri: &Uri, version: Version, layer: &WechatLayer) -> Self {
        let (answering, uri) = (layer.clone(), uri.clone());
        let verifying = Box::pin(async move {
            let layer = answering;
            let (path, query) = (uri.path(), uri.query().unwrap_or_default());
            match &layer.answerer {
                Some(answerer) => answerer.verify(&layer.callback, path, query).await,
                None => layer
                    .callback
                    .verify_url(query)
                    .map_err(|error| layer.callback.log_refusal(error, "GET", path, query)),
            }
        });
        Self::new(State::Verifying { verifying }, version, layer)
    }

    pub(crate) fn open(service: S, request: Request<ReqBody>, layer: &WechatLayer) -> Self {
        let (mut parts, body) = request.into_parts();
        let arrived = Instant::now();
        let admitted = parts.extensions.remove::<Admitted>().map_or(arrived, |Admitted(at)| at);
        let version = parts.version;
        // Its Content-Length gives a long body away before a byte is read.
        let is_too_long = body.size_hint().lower() > layer.body_limit as u64;
        let push = Push { service, layer: layer.clone(), parts, arrived, admitted, checked: false };
        if is_too_long {
            return Self::answered(push.refused(Refusal::BodyTooLong), version, layer);
        }
        let body = ReadBody::new(body, layer.body_limit, layer.body_timeout);
        Self::new(State::Reading { body, push: Some(push) }, version, layer)
    }

    fn new(state: State<S, ReqBody, ResBody, S::Future>, version: Version, layer: &WechatLayer) -> Self {
        // HTTP/2 has no such header: its server says that it goes away by itself.
        let handlers = (version < Version::HTTP_2).then(|| layer.running.clone());
        Self { state, handlers }
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
        let this = self.project();
        let (mut response, is_refused) = ready!(this.state.poll_response(cx));
        if this.handlers.as_ref().is_some_and(|handlers| is_refused || handlers.is_draining()) {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Poll::Ready(Ok(response))
    }
}

impl<S, ReqBody, ResBody> State<S, ReqBody, ResBody, S::Future>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    ReqBody: Body + From<Bytes> + Send + 'static,
    ReqBody::Error: Into<BoxError>,
    ResBody: Body + Send + 'static,
{
    /// The answer, and whether the middleware refused the request.
    fn poll_response(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<(Response<WechatBody<ResBody>>, bool)> {
        let mut state = self;
        loop {
            let next = match state.as_mut().project() {
                StateProj::Answered { response } => {
                    let response = response.take().expect("polled after it was ready");
                    let is_refused = !response.status().is_success();
                    return Poll::Ready((response, is_refused));
                }
                StateProj::Verifying { verifying } => {
                    let verified = ready!(verifying.as_mut().poll(cx));
                    State::answered(answer::verification(verified))
                }
                StateProj::Reading { body, push } => {
                    let read = body.poll(cx);
                    let waiting = push.as_mut().expect("taken once, as the state changes");
                    let read = match read {
                        Poll::Ready(read) => read.map(Some),
                        Poll::Pending => waiting.check().map(|()| None),
                    };
                    match read {
                        Ok(Some(body)) => push.take().expect("taken once, as the state changes").open(&body),
                        Ok(None) => return Poll::Pending,
                        Err(refusal) => State::answered(waiting.refused(refusal)),
                    }
                }
                StateProj::Alone { alone, .. } => {
                    return alone.poll(cx).map(|answer| (answer::given(answer), false));
                }
                StateProj::Arriving { arriving, call } => {
                    let arrival = ready!(Pin::new(arriving).poll(cx));
                    let (call, context) = call.take().expect("taken once, as the state changes");
                    State::arrived(arrival, call, context)
                }
                StateProj::Running { answering } => {
                    return Pin::new(answering).poll(cx).map(|answer| (answer::given(answer), false));
                }
            };
            state.set(next);
        }
    }
}

/// Leaves the rest of a run to the runtime. Where there is none the process is going down.
fn detach<R: Future<Output: Send> + Send + 'static>(run: R) {
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(run);
    }
}

impl<S, ReqBody, ResBody, F> State<S, ReqBody, ResBody, F> {
    const fn answered(response: Response<WechatBody<ResBody>>) -> Self {
        Self::Answered { response: Some(response) }
    }
}

impl<S, ReqBody, ResBody> State<S, ReqBody, ResBody, S::Future>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    ReqBody: Send + 'static,
    ResBody: Body + Send + 'static,
{
    fn arrived(arrival: Arrival, call: Call<S, ReqBody, ResBody, S::Future>, context: ReplyContext) -> Self {
        match arrival {
            Arrival::First(turn) => {
                let (run, waiting) = turn.start(call, context);
                Self::Running { answering: waiting.answer(Box::pin(run), detach) }
            }
            Arrival::Answered(sealed) => Self::answered(answer::given(Answer::Sealed(sealed, None))),
            Arrival::Refused(status) => Self::answered(answer::empty(status)),
        }
    }
}

impl<S> Push<S> {
    /// Logs why this request is refused, and says so.
    fn refused<B>(&self, refusal: impl Into<Refusal>) -> Response<WechatBody<B>> {
        let uri = &self.parts.uri;
        let query = uri.query().unwrap_or_default();
        answer::empty(self.layer.callback.log_refusal(refusal, "POST", uri.path(), query))
    }

    /// Before it is waited for the body: whether the request is refused anyway.
    fn check(&mut self) -> Result<(), Refusal> {
        if std::mem::replace(&mut self.checked, true) {
            return Ok(());
        }
        Ok(self.layer.callback.check_query(self.parts.uri.query().unwrap_or_default())?)
    }

    /// Verifies and decrypts `body` and has the handler called with what it says.
    fn open<ReqBody, ResBody>(self, body: &Bytes) -> State<S, ReqBody, ResBody, S::Future>
    where
        S: Service<Request<ReqBody>, Response = Response<ResBody>> + Send + 'static,
        S::Future: Send,
        S::Error: Into<BoxError>,
        ReqBody: From<Bytes> + Send + 'static,
        ResBody: Body + Send + 'static,
    {
        let query = self.parts.uri.query().unwrap_or_default();
        let opened = match self.parts.extensions.get::<PushXml>() {
            Some(_) => Err(Refusal::AlreadyOpened),
            None => self.layer.callback.open(query, body).map_err(Refusal::from),
        };
        let opened = match opened {
            Ok(opened) => opened,
            Err(refusal) => return State::answered(self.refused(refusal)),
        };
        let Self { service, layer, mut parts, arrived, admitted, .. } = self;
        let arriving =
            layer.answerer.as_ref().map(|answerer| answerer.arrive_over(&opened, arrived, admitted));

        let Opened { message, xml, context, .. } = opened;
        let xml = match xml {
            Cow::Owned(decrypted) => Bytes::from(decrypted),
            Cow::Borrowed(_) => body.clone(),
        };
        parts.headers.remove(TRANSFER_ENCODING);
        parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(xml.len()));
        parts.extensions.insert(message);
        parts.extensions.insert(PushXml::new(xml.clone()));
        let call = Call::Ready { call: Some((service, Request::from_parts(parts, ReqBody::from(xml)))) };
        match arriving {
            Some(mut arriving) => match arriving.now() {
                Some(arrival) => State::arrived(arrival, call, context),
                None => State::Arriving { arriving, call: Some((call, context)) },
            },
            None => match layer.running.start(arrived, admitted) {
                Some(runs) => State::Alone { alone: layer.handlers.alone(call, context), runs },
                None => State::answered(answer::shutting_down()),
            },
        }
    }
}

impl<S, ReqBody, ResBody, E> Future for Call<S, ReqBody, ResBody, S::Future>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>, Error = E>,
    ResBody: Body,
    E: Into<BoxError>,
{
    type Output = Handled<Response<WechatBody<ResBody>>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match self.as_mut().project() {
                CallProj::Ready { call } => {
                    let (mut service, request) = call.take().expect("taken once, as the state changes");
                    self.set(Self::Called { future: service.call(request) });
                }
                CallProj::Called { future } => match answer::handled(ready!(future.poll(cx))) {
                    Returned::Handled(handled) => return Poll::Ready(handled),
                    Returned::Unread(body) => self.set(Self::Reading { body }),
                },
                CallProj::Reading { body } => return body.poll(cx),
            }
        }
    }
}
