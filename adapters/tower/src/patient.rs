use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// How long a client may leave unread what it is sent.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection that breaks off where the other side does not read.
pub(crate) struct Patient<T> {
    inner: T,
    /// Set while a write waits.
    overdue: Option<Pin<Box<Sleep>>>,
}

impl<T> Patient<T> {
    pub(crate) const fn new(inner: T) -> Self {
        Self { inner, overdue: None }
    }

    /// What a write comes to, or that it waits for too long.
    fn wait<R>(&mut self, cx: &mut Context<'_>, write: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        if write.is_ready() {
            self.overdue = None;
            return write;
        }
        let overdue = self.overdue.get_or_insert_with(|| Box::pin(tokio::time::sleep(PATIENCE)));
        ready!(overdue.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Patient<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Patient<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.wait(cx, write)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.inner).poll_write_vectored(cx, buffers);
        self.wait(cx, write)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::{Instant, sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_nobody_reads_breaks_off_after_ten_seconds() {
        let (client, server) = tokio::io::duplex(16);
        let started = Instant::now();
        let written = Patient::new(server).write_all(&[b'x'; 64]).await;
        assert_eq!(written.map_err(|error| error.kind()), Err(io::ErrorKind::TimedOut));
        assert_eq!(started.elapsed().as_secs(), 10);
        drop(client);
    }

    #[tokio::test(start_paused = true)]
    async fn who_reads_slowly_gets_everything() {
        let (mut client, server) = tokio::io::duplex(16);
        let read = async {
            let mut whole = Vec::new();
            let mut piece = [0; 16];
            while whole.len() < 64 {
                sleep(Duration::from_secs(9)).await;
                let length = client.read(&mut piece).await.expect("more");
                whole.extend_from_slice(&piece[..length]);
            }
            whole.len()
        };
        let mut server = Patient::new(server);
        let (read, written) = tokio::join!(read, server.write_all(&[b'x'; 64]));
        assert_eq!((read, written.is_ok()), (64, true));
    }
}
