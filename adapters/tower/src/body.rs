use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;

pin_project_lite::pin_project! {
    /// A body that was there before, or one that was put in its place.
    ///
    /// Responses of [`WechatService`](crate::WechatService) have it. Around a plain hyper server requests have it
    /// too, because the decrypted message takes the place of the body and hyper's own `Incoming` cannot be made
    /// from bytes: `request.map(WechatBody::new)`.
    #[derive(Debug)]
    pub struct WechatBody<B> {
        #[pin]
        inner: Inner<B>,
    }
}

pin_project_lite::pin_project! {
    #[project = InnerProj]
    #[derive(Debug)]
    enum Inner<B> {
        Before { #[pin] body: B },
        Whole { body: Full<Bytes> },
    }
}

impl<B> WechatBody<B> {
    /// The body that was there before.
    pub const fn new(body: B) -> Self {
        Self { inner: Inner::Before { body } }
    }
}

impl<B> From<Bytes> for WechatBody<B> {
    fn from(bytes: Bytes) -> Self {
        Self { inner: Inner::Whole { body: Full::new(bytes) } }
    }
}

impl<B: Body<Data = Bytes>> Body for WechatBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().inner.project() {
            InnerProj::Before { body } => body.poll_frame(cx),
            InnerProj::Whole { body } => {
                Pin::new(body).poll_frame(cx).map_err(|never: std::convert::Infallible| match never {})
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Inner::Before { body } => body.is_end_stream(),
            Inner::Whole { body } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Inner::Before { body } => body.size_hint(),
            Inner::Whole { body } => body.size_hint(),
        }
    }
}
