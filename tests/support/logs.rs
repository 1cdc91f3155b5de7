//! What is logged.

use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};

use tracing::Dispatch;
use tracing::subscriber::{DefaultGuard, NoSubscriber};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// While there is but one subscriber, a thread without it that comes by a place first switches that place off for all.
static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::default()));

/// Everything that is logged on this thread, down to TRACE, until `future` is done.
pub async fn logged(future: impl Future<Output = ()>) -> String {
    let capture = Capture::start(false);
    future.await;
    capture.end()
}

/// The same as lines of JSON.
pub async fn logged_as_json(future: impl Future<Output = ()>) -> String {
    let capture = Capture::start(true);
    future.await;
    capture.end()
}

/// Everything that is logged on this thread, down to TRACE, while `run` runs.
pub fn logged_while(run: impl FnOnce()) -> String {
    let capture = Capture::start(false);
    run();
    capture.end()
}

struct Capture {
    log: Log,
    guard: DefaultGuard,
}

impl Capture {
    fn start(json: bool) -> Self {
        LazyLock::force(&SECOND);
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone());
        let subscriber: Dispatch = if json { subscriber.json().into() } else { subscriber.into() };
        Self { log, guard: tracing::dispatcher::set_default(&subscriber) }
    }

    fn end(self) -> String {
        drop(self.guard);
        String::from_utf8(std::mem::take(&mut *self.log.0.lock().expect("not poisoned"))).expect("UTF-8")
    }
}
