//! A response that the handler made itself.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use http::{Response, response};
use http_body::Body;
use wechat_callback::delivery::{Handled, Outcome, OwnResponse};

use crate::WechatBody;

/// What comes back from a handler.
pub(crate) enum Returned<B> {
    Handled(Handled<Response<WechatBody<B>>>),
    /// What it is depends on its body.
    Unread(OwnBody<B>),
}

/// Tells what a response is, if its body need not be read for it.
pub(crate) fn look_at<B: Body>(response: Response<B>) -> Returned<B> {
    let (parts, body) = response.into_parts();
    let length = body.size_hint().exact();
    let own = described(&parts, length);
    match length {
        Some(length) if own.needs_body() => {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            Returned::Unread(OwnBody { body, parts: Some(parts), read: BytesMut::new(), length })
        }
        _ => {
            let outcome = own.outcome(None);
            let response = Response::from_parts(parts, WechatBody::new(body));
            Returned::Handled(Handled { outcome, response: Some(response) })
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
    type Output = Handled<Response<WechatBody<B>>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let is_whole = ready!(self.as_mut().poll_read(cx));
        let this = self.project();
        let parts = this.parts.take().expect("polled after its end");
        if !is_whole {
            let outcome = Outcome::Failed("the body of the handler's own response broke off".into());
            return Poll::Ready(Handled { outcome, response: None });
        }
        let body = std::mem::take(this.read).freeze();
        let outcome = described(&parts, Some(body.len() as u64)).outcome(Some(&body));
        let body = if matches!(outcome, Outcome::Own(_)) { body } else { Bytes::new() };
        let response = Some(Response::from_parts(parts, body.into()));
        Poll::Ready(Handled { outcome, response })
    }
}
