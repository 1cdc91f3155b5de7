use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use http_body::Body;
use http_body_util::{LengthLimitError, Limited};
use tokio::time::Sleep;
use wechat_callback::Refusal;

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

pin_project_lite::pin_project! {
    /// Reads a whole body, bounded in length and in time.
    pub(crate) struct ReadBody<B> {
        #[pin]
        body: Limited<B>,
        // Its Content-Length gives a long body away before a byte is read.
        is_too_long: bool,
        // Mostly one frame is the whole body, and is not copied.
        single: Option<Bytes>,
        joined: BytesMut,
        timeout: Duration,
        // Set once the body keeps us waiting. Most are there at once.
        deadline: Option<Pin<Box<Sleep>>>,
    }
}

impl<B: Body> ReadBody<B> {
    pub(crate) fn new(body: B, limit: usize, timeout: Duration) -> Self {
        Self {
            is_too_long: body.size_hint().lower() > limit as u64,
            body: Limited::new(body, limit),
            single: None,
            joined: BytesMut::new(),
            timeout,
            deadline: None,
        }
    }
}

impl<B> Future for ReadBody<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    type Output = Result<Bytes, Refusal>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if *this.is_too_long {
            return Poll::Ready(Err(Refusal::BodyTooLong));
        }
        while let Poll::Ready(frame) = this.body.as_mut().poll_frame(cx) {
            let Some(frame) = frame else {
                let joined = std::mem::take(this.joined);
                return Poll::Ready(Ok(this.single.take().unwrap_or_else(|| joined.freeze())));
            };
            let frame = frame.map_err(|error| match error.is::<LengthLimitError>() {
                true => Refusal::BodyTooLong,
                false => Refusal::BodyBroken,
            })?;
            if let Ok(mut data) = frame.into_data() {
                let data = data.copy_to_bytes(data.remaining());
                if this.single.is_none() && this.joined.is_empty() {
                    *this.single = Some(data);
                } else {
                    this.joined.extend(this.single.take());
                    this.joined.extend_from_slice(&data);
                }
            }
        }
        let timeout = *this.timeout;
        let deadline = this.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        deadline.as_mut().poll(cx).map(|()| Err(Refusal::BodyTimeout))
    }
}
