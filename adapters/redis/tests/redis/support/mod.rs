//! A Redis of the test's own.

#[path = "../../../../../tests/support/process.rs"]
#[allow(dead_code, reason = "shared with the tests of wechat-callback")]
mod process;
pub mod proxy;
#[path = "../../../../../tests/support/redis_server.rs"]
mod redis_server;

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use redis::FromRedisValue;
use redis_server::RedisServer;
use tokio::time::{Instant, sleep};
use wechat_callback::delivery::{Claim, ClaimState, DeliveryKey, DeliveryStore, Lease};
use wechat_callback::{Reply, TextReply};
use wechat_redis::RedisStore;

/// A `redis-server` on a free port. It does not outlive the test.
pub struct Redis {
    server: RedisServer,
    pub port: u16,
    /// Each test has one, because `tracing` learns what is listened to from whoever says something first.
    pub log: Log,
}

impl Redis {
    /// `None`, and a word about it, where it is not installed; in CI that is a failure.
    pub fn start() -> Option<Self> {
        RedisServer::start().map(Self::logged)
    }

    /// Not running yet.
    pub fn prepare() -> Self {
        Self::logged(RedisServer::prepare())
    }

    /// With a log of what is said about it.
    fn logged(server: RedisServer) -> Self {
        Self { port: server.port, server, log: Log::start() }
    }

    /// Starts it, empty. `false` where it is not installed.
    pub fn run(&mut self) -> bool {
        self.server.run()
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// The store of another process.
    pub fn store(&self) -> RedisStore {
        RedisStore::connect(&self.url()).expect("a URL")
    }

    /// Asks it itself.
    pub fn ask<T: FromRedisValue>(&self, command: &str) -> T {
        let mut connection =
            redis::Client::open(self.url()).and_then(|client| client.get_connection()).expect("it listens");
        let mut words = command.split(' ');
        let mut command = redis::cmd(words.next().expect("a command"));
        words.for_each(|word| {
            command.arg(word);
        });
        command.query(&mut connection).expect("an answer")
    }

    pub fn kill(&mut self) {
        self.server.kill();
    }

    pub fn stop(&self) {
        self.server.signal("-STOP");
    }

    pub fn go_on(&self) {
        self.server.signal("-CONT");
    }
}

/// The key of the `number`th push.
/// The present, by the clock that a test can pause.
pub fn now() -> std::time::Instant {
    tokio::time::Instant::now().into_std()
}

/// As evenly spread as digests are: a store need not keep all of their bytes.
pub fn key(number: u64) -> DeliveryKey {
    let spread = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).swap_bytes();
    format!("{spread:016x}{number:024x}").parse().expect("forty digits")
}

pub fn reply(text: &str) -> Arc<Reply> {
    Arc::new(TextReply::new(text).into())
}

/// What a claim comes to, in words, and its lease.
pub async fn claim(
    store: &impl DeliveryStore,
    key: DeliveryKey,
) -> (u32, &'static str, Option<Box<dyn Lease>>) {
    let Claim { delivery, state, .. } = store.claim(key, now()).await.expect("a claim");
    match state {
        ClaimState::Owned(lease) => (delivery, "first", Some(lease)),
        ClaimState::Running => (delivery, "running", None),
        ClaimState::Completed(_) => (delivery, "completed", None),
    }
}

/// The claim makes the store the owner.
pub async fn own(store: &impl DeliveryStore, key: DeliveryKey) -> Box<dyn Lease> {
    claim(store, key).await.2.expect("the first")
}

/// What is logged from INFO up by this thread, while it lives.
pub struct Log {
    written: Arc<Mutex<Vec<u8>>>,
    _guard: tracing::subscriber::DefaultGuard,
}

#[derive(Clone)]
struct Writer(Arc<Mutex<Vec<u8>>>);

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn start() -> Self {
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let writer = Writer(written.clone());
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::INFO)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        Self { written, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// How many warnings, and how many words that it is over.
    #[track_caller]
    pub fn assert(&self, warnings: usize, ends: usize) {
        assert_eq!((self.count(" WARN "), self.count(" INFO ")), (warnings, ends), "{}", self.text());
    }

    /// The same, once the second store too has noticed that the outage is over.
    pub async fn assert_over(&self, warnings: usize, ends: usize) {
        let start = Instant::now();
        while self.count(" INFO ") < ends && start.elapsed() < Duration::from_secs(5) {
            sleep(Duration::from_millis(50)).await;
        }
        self.assert(warnings, ends);
    }

    /// How many lines have this in them.
    pub fn count(&self, part: &str) -> usize {
        self.text().lines().filter(|line| line.contains(part)).count()
    }

    fn text(&self) -> String {
        String::from_utf8(self.written.lock().expect("not poisoned").clone()).expect("UTF-8")
    }
}
