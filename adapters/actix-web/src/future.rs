use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ResponseHead, Service, ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::ConnectionType;
use futures_core::future::LocalBoxFuture;

use crate::WechatMiddleware;
use crate::answer::{Answered, Response};
use crate::push::Arriving;

/// What has to be waited for.
pub(crate) type Waiting<B> = LocalBoxFuture<'static, Answered<B>>;

/// The answer of [`WechatMiddleware`] around an `S`.
pub struct Answering<S, B> {
    middleware: Rc<WechatMiddleware>,
    state: State<S, B>,
}

enum State<S, B> {
    /// A push, up to the first poll of its handler: most are answered by then.
    Push(Arriving<S>),
    Waiting(Waiting<B>),
}

impl<S, B> Answering<S, B> {
    pub(crate) const fn push(middleware: Rc<WechatMiddleware>, push: Arriving<S>) -> Self {
        Self { middleware, state: State::Push(push) }
    }

    pub(crate) fn waiting(
        middleware: Rc<WechatMiddleware>,
        answer: impl Future<Output = Answered<B>> + 'static,
    ) -> Self {
        Self { middleware, state: State::Waiting(Box::pin(answer)) }
    }
}

impl<S, B> Future for Answering<S, B>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Output = Result<Response<B>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { middleware, state } = &mut *self;
        let answered = loop {
            match state {
                State::Push(push) => match ready!(push.poll(middleware, cx)) {
                    Ok(answered) => break answered,
                    Err(waiting) => *state = State::Waiting(waiting),
                },
                State::Waiting(waiting) => break ready!(waiting.as_mut().poll(cx)),
            }
        };
        Poll::Ready(match answered {
            Ok(mut response) => {
                close_if_draining(middleware, response.response_mut().head_mut());
                Ok(response)
            }
            // A response belongs to a request, and the handler has not given it back: it runs on, or it panicked. A
            // clone cannot be kept for this, for then actix-web would panic where it routes further inside. As an
            // error the answer goes out as well.
            Err(mut bare) => {
                close_if_draining(middleware, bare.head_mut());
                Err(InternalError::from_response("the handler has no response", *bare).into())
            }
        })
    }
}

/// While it drains, nobody shall send another request over the connection.
fn close_if_draining(middleware: &WechatMiddleware, head: &mut ResponseHead) {
    if middleware.engine.is_draining() {
        head.set_connection_type(ConnectionType::Close);
    }
}
