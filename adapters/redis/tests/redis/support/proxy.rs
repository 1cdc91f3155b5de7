//! What stands between a process and its Redis.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use wechat_redis::RedisStore;

/// Passes everything on: later, or not at all. It goes with the test's runtime.
#[derive(Clone)]
pub struct Proxy {
    port: u16,
    delay: Arc<AtomicU64>,
    /// Connections made before this many were are swallowed.
    swallowed: Arc<AtomicU64>,
    made: Arc<AtomicU64>,
}

impl Proxy {
    /// In front of the Redis on `port`.
    pub async fn start(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let own = listener.local_addr().expect("an address").port();
        let proxy =
            Self { port: own, delay: Arc::default(), swallowed: Arc::default(), made: Arc::default() };
        let this = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let number = this.made.fetch_add(1, Ordering::SeqCst);
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { continue };
                for socket in [&client, &server] {
                    socket.set_nodelay(true).expect("a socket");
                }
                let ((from_client, to_client), (from_server, to_server)) =
                    (client.into_split(), server.into_split());
                this.clone().pass(number, from_client, to_server);
                this.clone().pass(number, from_server, to_client);
            }
        });
        proxy
    }

    /// The store of another process, which reaches Redis through this.
    pub fn store(&self) -> RedisStore {
        RedisStore::connect(&format!("redis://127.0.0.1:{}/", self.port)).expect("a URL")
    }

    /// So long it takes from now on each way.
    pub fn delay(&self, delay: Duration) {
        let delay = u64::try_from(delay.as_millis()).expect("a short time");
        self.delay.store(delay, Ordering::SeqCst);
    }

    /// The connections that there are pass nothing on any more, and say nothing about it. New ones do.
    pub fn swallow(&self) {
        self.swallowed.store(self.made.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    fn pass(self, number: u64, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let this = self.clone();
        tokio::spawn(async move {
            let mut buffer = vec![0; 65536];
            while let Ok(count @ 1..) = from.read(&mut buffer).await {
                let due = Instant::now() + Duration::from_millis(this.delay.load(Ordering::SeqCst));
                if sender.send((due, buffer[..count].to_vec())).is_err() {
                    return;
                }
            }
            // It is closed on the other side too, once everything is through.
        });
        tokio::spawn(async move {
            while let Some((due, bytes)) = receiver.recv().await {
                sleep_until(due).await;
                let is_swallowed = number < self.swallowed.load(Ordering::SeqCst);
                if !is_swallowed && to.write_all(&bytes).await.is_err() {
                    return;
                }
            }
        });
    }
}
