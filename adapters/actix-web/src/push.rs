//! A push, from its request to its answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Instant as StdInstant;

use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::{Error, HttpMessage};
use tokio::time::Instant;
use wechat_callback::server::{Delivery, HandlerRun, HandlerTask, HandlerWait};
use wechat_callback::{Message, Opened, Refusal};

use crate::WechatMiddleware;
use crate::answer::{self, Answered, Response};
use crate::future::Waiting;
use crate::handler::Call;
use crate::payload::{ReadBody, Whole};

/// A push whose body is read, and which is then answered by a service, or as another delivery of it is.
pub(crate) struct Arriving<S> {
    // `None` once the body is read.
    head: Option<Head<S>>,
    body: ReadBody,
}

/// All of a push but its body.
struct Head<S> {
    service: Rc<S>,
    request: ServiceRequest,
    arrived: StdInstant,
}

impl<S> Arriving<S> {
    pub(crate) fn new(limit: usize, service: Rc<S>, mut request: ServiceRequest) -> Self {
        let arrived = Instant::now().into_std();
        let body = ReadBody::new(&mut request, limit);
        Self { head: Some(Head { service, request, arrived }), body }
    }

    /// Reads the body, and polls the handler once. Most pushes are answered then; of the others the rest is returned.
    pub(crate) fn poll<B>(
        &mut self,
        middleware: &WechatMiddleware,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Answered<B>, Waiting<B>>>
    where
        S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
        B: MessageBody + 'static,
    {
        let Head { request, .. } = self.head.as_ref().expect("polled after its end");
        let check_query = || middleware.engine.check_query(request.path(), request.query_string());
        let read = ready!(self.body.poll(cx, middleware.body_timeout, check_query));
        let mut head = self.head.take().expect("looked at above");
        let rest = self.body.take_rest();
        let body = match read {
            Ok(body) => body,
            Err(refusal) => {
                head.request.set_payload(rest);
                return Poll::Ready(Ok(head.refused(middleware, refusal)));
            }
        };
        if head.request.extensions().contains::<Message>() {
            return Poll::Ready(Ok(head.refused(middleware, Refusal::AlreadyOpened)));
        }
        let (path, query) = (head.request.path(), head.request.query_string());
        let opened = match middleware.engine.open(path, query, &body) {
            Ok(opened) => opened,
            Err(refusal) => return Poll::Ready(Ok(head.refused(middleware, refusal))),
        };
        // It is not kept while the handler runs.
        drop((body, rest));
        Poll::Ready(head.deliver(middleware, opened, cx))
    }
}

impl<S> Head<S> {
    /// Logs why the push is refused, and says so.
    fn refused<B>(self, middleware: &WechatMiddleware, refusal: Refusal) -> Answered<B> {
        let Self { request, .. } = self;
        let refused = middleware.engine.refuse(refusal, "POST", request.path(), request.query_string());
        answer::without_handler(request, refused)
    }

    fn deliver<B>(
        self,
        middleware: &WechatMiddleware,
        opened: Opened,
        cx: &mut Context<'_>,
    ) -> Result<Answered<B>, Waiting<B>>
    where
        S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
        B: MessageBody + 'static,
    {
        match middleware.engine.deliver_now(&opened, self.arrived, self.arrived) {
            Ok(Delivery::Answered(response)) => Ok(answer::without_handler(self.request, response)),
            Ok(Delivery::Run(task)) => {
                let (run, wait) = self.start(task, opened);
                match wait.poll_answer(run, detach, cx) {
                    Ok(answer) => Ok(answer::given(answer)),
                    Err(waiting) => Err(Box::pin(async move { answer::given(waiting.await) })),
                }
            }
            Err(undecided) => Err(Box::pin(async move {
                match undecided.decide(&opened).await {
                    Delivery::Answered(response) => answer::without_handler(self.request, response),
                    Delivery::Run(task) => {
                        let (run, wait) = self.start(task, opened);
                        answer::given(wait.answer(run, detach).await)
                    }
                }
            })),
        }
    }

    /// Calls the handler with the message in the request's extensions, and its plaintext as the payload.
    fn start<B>(self, task: HandlerTask, opened: Opened) -> (Run<S::Future, B>, HandlerWait)
    where
        S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody + 'static,
    {
        let Self { service, mut request, .. } = self;
        let Opened { message, plaintext, context, .. } = opened;
        // The headers stay as they came: actix-web panics where they are changed while anything outside holds the
        // request, and the Content-Length of an envelope is an upper bound of the message's.
        request.set_payload(Whole::payload(plaintext));
        request.extensions_mut().insert(message);
        task.start(move || Call::new(service.call(request)), context)
    }
}

/// The run of a handler whose service returned an `F`.
type Run<F, B> = Pin<Box<HandlerRun<Call<F, B>, Response<B>>>>;

/// Leaves the rest of a run to this worker.
fn detach(run: impl Future + 'static) {
    // Where a worker goes down there is nothing left to run it, and to panic in a destructor would be worse.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        actix_web::rt::spawn(async move {
            run.await;
        })
    }));
}
