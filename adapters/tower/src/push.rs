//! A push, from its request to its answer.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Request, Response, request};
use http_body::Body;
use tokio::time::Instant;
use tower_service::Service;
use wechat_callback::server::{Delivery, HandlerRun, HandlerTask, HandlerWait, detach};
use wechat_callback::{Message, Opened, Refusal};

use crate::WechatLayer;
use crate::answer::{self, Answered, Kept};
use crate::future::Waiting;
use crate::handler::Call;
use crate::read::{BoxError, ReadBody};

/// When a connection was accepted: `serve` puts it into each request's extensions.
#[derive(Clone, Copy)]
pub(crate) struct Admitted(pub(crate) Instant);

pin_project_lite::pin_project! {
    /// A push whose body is read, and which is then answered by a service, or as another delivery of it is.
    pub(crate) struct Arriving<S, B> {
        // `None` once it is read.
        head: Option<Head<S>>,
        #[pin]
        body: ReadBody<B>,
        is_checked: bool,
    }
}

/// All of a push but its body.
struct Head<S> {
    layer: WechatLayer,
    service: S,
    parts: request::Parts,
    arrived: Instant,
    admitted: Instant,
}

impl<S, B: Body> Arriving<S, B> {
    pub(crate) fn new(layer: WechatLayer, service: S, request: Request<B>) -> Self {
        let arrived = Instant::now();
        let (mut parts, body) = request.into_parts();
        let admitted = parts.extensions.remove::<Admitted>().map_or(arrived, |Admitted(at)| at);
        let body = ReadBody::new(body, layer.body_limit, layer.body_timeout);
        Self { head: Some(Head { layer, service, parts, arrived, admitted }), body, is_checked: false }
    }
}

impl<S, B> Arriving<S, B>
where
    B: Body + From<Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    /// Reads the body, and polls the handler once. Most pushes are answered then; of the others the rest is returned.
    pub(crate) fn poll<ResBody>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Answered<ResBody>, Waiting<ResBody>>>
    where
        S: Service<Request<B>, Response = Response<ResBody>> + Send + 'static,
        S::Future: Send,
        S::Error: Into<BoxError>,
        ResBody: Body + Send + 'static,
    {
        let this = self.project();
        let body = match this.body.poll(cx) {
            Poll::Ready(body) => body,
            Poll::Pending if *this.is_checked => return Poll::Pending,
            Poll::Pending => {
                let Head { layer, parts, .. } = this.head.as_ref().expect("polled after its end");
                *this.is_checked = true;
                match layer.engine.check_query(parts.uri.path(), parts.uri.query().unwrap_or_default()) {
                    Ok(()) => return Poll::Pending,
                    Err(refusal) => Err(refusal),
                }
            }
        };
        let head = this.head.take().expect("polled after its end");
        let body = match body {
            Ok(_) if head.parts.extensions.get::<Message>().is_some() => Err(Refusal::AlreadyOpened),
            body => body,
        };
        let body = match body {
            Ok(body) => body,
            Err(refusal) => return Poll::Ready(Ok(head.refused(refusal))),
        };
        let uri = &head.parts.uri;
        let opened = head.layer.engine.open(uri.path(), uri.query().unwrap_or_default(), &body);
        Poll::Ready(match opened {
            Ok(opened) => {
                // In plain mode it is what the handler gets.
                let body = opened.query_signature().is_some().then_some(body);
                deliver(head, opened, body, cx)
            }
            Err(refusal) => Ok(head.refused(refusal)),
        })
    }
}

impl<S> Head<S> {
    fn refused<B>(&self, refusal: Refusal) -> Answered<B> {
        let (path, query) = (self.parts.uri.path(), self.parts.uri.query().unwrap_or_default());
        answer::without_handler(self.layer.engine.refuse(refusal, "POST", path, query))
    }
}

fn deliver<S, B, ResBody>(
    head: Head<S>,
    opened: Opened,
    body: Option<Bytes>,
    cx: &mut Context<'_>,
) -> Result<Answered<ResBody>, Waiting<ResBody>>
where
    S: Service<Request<B>, Response = Response<ResBody>> + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Body + From<Bytes> + Send + 'static,
    ResBody: Body + Send + 'static,
{
    let Head { layer, service, parts, arrived, admitted } = head;
    match layer.engine.deliver_now(&opened, arrived.into_std(), admitted.into_std()) {
        Ok(Delivery::Answered(response)) => Ok(answer::without_handler(response)),
        Ok(Delivery::Run(task)) => {
            let (run, wait) = start::<S, B, ResBody>(task, service, parts, opened, body);
            match wait.poll_answer(run, detach, cx) {
                Ok(answer) => Ok(answer::given(answer)),
                Err(waiting) => Err(Box::pin(async move { answer::given(waiting.await) })),
            }
        }
        Err(undecided) => Err(Box::pin(async move {
            match undecided.decide(&opened).await {
                Delivery::Answered(response) => answer::without_handler(response),
                Delivery::Run(task) => {
                    let (run, wait) = start::<S, B, ResBody>(task, service, parts, opened, body);
                    answer::given(wait.answer(run, detach).await)
                }
            }
        })),
    }
}

/// The run of a handler, and how its delivery waits for it.
type Started<F, B> = (Pin<Box<HandlerRun<Call<F, B>, Kept<B>>>>, HandlerWait);

/// Calls the handler with the message in the request's extensions, and its plaintext as the body. The headers that say how
/// long the body of the push was, and how it was sent, are gone.
fn start<S, B, ResBody>(
    task: HandlerTask,
    mut service: S,
    mut parts: request::Parts,
    opened: Opened,
    body: Option<Bytes>,
) -> Started<S::Future, ResBody>
where
    S: Service<Request<B>, Response = Response<ResBody>>,
    S::Error: Into<BoxError>,
    B: From<Bytes>,
    ResBody: Body,
{
    if !parts.headers.is_empty() {
        parts.headers.remove(TRANSFER_ENCODING);
        parts.headers.remove(CONTENT_LENGTH);
    }
    parts.extensions.insert(opened.message);
    let plaintext = body.unwrap_or_else(|| Bytes::from_owner(opened.plaintext));
    let mut request = Some(Request::from_parts(parts, B::from(plaintext)));
    let call = || Call::new(service.call(request.take().expect("called once")));
    task.start(call, opened.context)
}
