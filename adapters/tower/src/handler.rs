//! What a handler returns.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use http::{Response, response};
use http_body::Body;
use wechat_callback::server::{HandlerOutput, OwnResponse};
use wechat_callback::{HandlerError, Reply, StreamReply};

use crate::WechatBody;
use crate::answer::{Kept, beside_reply};
use crate::read::BoxError;

/// What a handler returned, and the response that its headers are taken from.
type Output<B> = (HandlerOutput, Option<Kept<B>>);

pin_project_lite::pin_project! {
    /// A call of the handler's service. The service's future is kept until this one is dropped: what it does in its
    /// destructor does not change the output.
    #[project = CallProj]
    pub(crate) enum Call<F, ResBody> {
        Called {
            #[pin]
            future: F,
        },
        /// The response is the handler's own, and may be a reply.
        Reading { body: Pin<Box<OwnBody<ResBody>>> },
    }
}

impl<F, ResBody> Call<F, ResBody> {
    pub(crate) const fn new(future: F) -> Self {
        Self::Called { future }
    }
}

impl<F, ResBody, E> Future for Call<F, ResBody>
where
    F: Future<Output = Result<Response<ResBody>, E>>,
    ResBody: Body,
    E: Into<BoxError>,
{
    type Output = Output<ResBody>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match self.as_mut().project() {
                CallProj::Called { future } => match returned(ready!(future.poll(cx))) {
                    Returned::Output(output) => return Poll::Ready(output),
                    Returned::Unread(body) => self.set(Self::Reading { body: Box::pin(body) }),
                },
                CallProj::Reading { body } => return body.as_mut().poll(cx),
            }
        }
    }
}

enum Returned<B> {
    Output(Output<B>),
    /// What it is depends on its body.
    Unread(OwnBody<B>),
}

fn returned<B: Body, E: Into<BoxError>>(result: Result<Response<B>, E>) -> Returned<B> {
    let mut response = match result {
        Ok(response) => response,
        Err(error) => return Returned::Output((HandlerOutput::Failed(error.into().into()), None)),
    };
    let extensions = response.extensions_mut();
    let output = if let Some(reply) = extensions.remove::<Reply>() {
        HandlerOutput::Reply(reply)
    } else if let Some(reply) = extensions.remove::<StreamReply>() {
        HandlerOutput::Stream(reply)
    } else if let Some(error) = extensions.remove::<HandlerError>() {
        HandlerOutput::Failed(error)
    } else {
        return own(response);
    };
    // The body goes here, where a panic in its destructor is one of the handler's.
    Returned::Output((output, beside_reply(response)))
}

/// A response that the handler made itself.
fn own<B: Body>(response: Response<B>) -> Returned<B> {
    let (parts, body) = response.into_parts();
    let length = body.size_hint().exact();
    match length.filter(|_| described(&parts, length).needs_body()) {
        Some(length) => {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            Returned::Unread(OwnBody { body, parts: Some(parts), read: BytesMut::new(), length })
        }
        None => {
            let output = described(&parts, length).output(None);
            Returned::Output((output, Some(Box::new(Response::from_parts(parts, WechatBody::new(body))))))
        }
    }
}

fn described(parts: &response::Parts, length: Option<u64>) -> OwnResponse<'_> {
    OwnResponse {
        status: parts.status.as_u16(),
        content_type: parts.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes),
        is_encoded: parts.headers.contains_key(CONTENT_ENCODING),
        length,
    }
}

pin_project_lite::pin_project! {
    /// Reads the body of a response, whose length is known and short.
    pub(crate) struct OwnBody<B> {
        #[pin]
        body: B,
        parts: Option<response::Parts>,
        read: BytesMut,
        length: usize,
    }
}

impl<B: Body> OwnBody<B> {
    /// Whether it is as long as it said.
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let mut this = self.project();
        while let Some(frame) = ready!(this.body.as_mut().poll_frame(cx)) {
            let Ok(frame) = frame else { return Poll::Ready(false) };
            if let Ok(data) = frame.into_data() {
                if data.remaining() > this.length.saturating_sub(this.read.len()) {
                    return Poll::Ready(false);
                }
                this.read.put(data);
            }
        }
        Poll::Ready(this.read.len() == *this.length)
    }
}

impl<B: Body> Future for OwnBody<B> {
    type Output = Output<B>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let is_whole = ready!(self.as_mut().poll_read(cx));
        let this = self.project();
        let parts = this.parts.take().expect("polled after its end");
        if !is_whole {
            let error = "the body of the handler's own response broke off";
            return Poll::Ready((HandlerOutput::Failed(error.into()), None));
        }
        let body = std::mem::take(this.read).freeze();
        let output = described(&parts, Some(body.len() as u64)).output(Some(&body));
        let body = if matches!(output, HandlerOutput::Passthrough(_)) { body } else { Bytes::new() };
        Poll::Ready((output, Some(Box::new(Response::from_parts(parts, body.into())))))
    }
}
