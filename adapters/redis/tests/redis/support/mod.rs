//! A Redis of the test's own.

pub mod proxy;

use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use redis::FromRedisValue;
use wechat_callback::delivery::{Claim, ClaimState, DeliveryKey, DeliveryStore, Lease};
use wechat_callback::{Reply, TextReply};
use wechat_redis::RedisStore;

/// A `redis-server` on a free port. It does not outlive the test.
pub struct Redis {
    process: Option<Child>,
    pub port: u16,
    directory: PathBuf,
    /// Each test has one, because `tracing` learns what is listened to from whoever says something first.
    pub log: Log,
}

impl Redis {
    /// `None`, and a word about it, where it is not installed; in CI that is a failure.
    pub fn start() -> Option<Self> {
        let mut redis = Self::prepare();
        redis.run().then_some(redis)
    }

    /// Not running yet.
    pub fn prepare() -> Self {
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
        let directory = std::env::temp_dir().join(format!("wechat-redis-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory");
        Self { process: None, port, directory, log: Log::start() }
    }

    /// Starts it, empty. `false` where it is not installed.
    pub fn run(&mut self) -> bool {
        let port = self.port.to_string();
        let process = Command::new("redis-server")
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
            .arg(&self.directory)
            .stdout(Stdio::null())
            .spawn();
        match process {
            Ok(process) => self.process = Some(process),
            Err(error) if error.kind() == ErrorKind::NotFound && std::env::var_os("CI").is_none() => {
                eprintln!("skipped: redis-server is not installed");
                return false;
            }
            Err(error) => panic!("redis-server: {error}"),
        }
        let start = Instant::now();
        let client = redis::Client::open(self.url()).expect("a URL");
        while client.get_connection().and_then(|mut it| redis::cmd("PING").exec(&mut it)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(10), "it listens");
            std::thread::sleep(Duration::from_millis(10));
        }
        true
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
        let mut process = self.process.take().expect("it runs");
        process.kill().expect("it runs");
        process.wait().expect("it ends");
    }

    pub fn stop(&self) {
        self.signal("-STOP");
    }

    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.process.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill").success());
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // Both fail harmlessly where it has exited.
            _ = process.kill();
            _ = process.wait();
        }
        _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// The key of the `number`th push.
pub fn key(number: u64) -> DeliveryKey {
    format!("{number:040x}").parse().expect("forty digits")
}

pub fn reply(text: &str) -> Arc<Reply> {
    Arc::new(TextReply::new(text).into())
}

/// What a claim comes to, in words, and its lease.
pub async fn claim(
    store: &impl DeliveryStore,
    key: DeliveryKey,
) -> (u32, &'static str, Option<Box<dyn Lease>>) {
    let Claim { delivery, state, .. } = store.claim(key).await.expect("a claim");
    match state {
        ClaimState::First(lease) => (delivery, "first", Some(lease)),
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

    /// How many lines have this in them.
    pub fn count(&self, part: &str) -> usize {
        self.text().lines().filter(|line| line.contains(part)).count()
    }

    fn text(&self) -> String {
        String::from_utf8(self.written.lock().expect("not poisoned").clone()).expect("UTF-8")
    }
}
