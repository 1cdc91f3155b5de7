use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, Shared};
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, ErrorKind, Pipeline, RedisError, RedisResult, ServerErrorKind, Value,
};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::scripts::Call;

/// How long connecting may take. It continues even if the question that needed the connection has given up.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The connection on which Redis is asked. It is replaced when it is closed or dead.
pub(crate) struct Connections {
    pub(crate) client: Client,
    pub(crate) clock: Clock,
    /// Notified when questions that were not answered are worth asking again.
    pub(crate) recovered: Notify,
    current: Mutex<Option<Current>>,
    /// How many connections there have been.
    count: AtomicU64,
    is_replacing: AtomicBool,
}

#[derive(Clone)]
struct Current {
    number: u64,
    began: Instant,
    connection: Shared<BoxFuture<'static, RedisResult<MultiplexedConnection>>>,
}

impl Connections {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            clock: Clock::default(),
            recovered: Notify::new(),
            current: Mutex::new(None),
            count: AtomicU64::new(0),
            is_replacing: AtomicBool::new(false),
        }
    }

    /// Begins to connect unless it already has.
    pub(crate) fn begin(self: &Arc<Self>, runtime: &Handle) {
        let _ = self.current(runtime);
    }

    /// Asks several questions in one round trip. It fails where there is no connection; besides, each question may fail
    /// on its own.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        calls: &[Call],
        runtime: &Handle,
    ) -> RedisResult<Vec<RedisResult<Value>>> {
        let asked = Instant::now();
        let current = self.current(runtime);
        let error = match self.ask_on(&current, calls).await {
            Ok(answers) => return Ok(answers),
            Err(error) => error,
        };
        self.forget(current.number);
        // The connection was closed while idle, or was attempted some time ago and failed: one more attempt is made.
        if error.is_connection_dropped() || current.began < asked {
            let current = self.current(runtime);
            let answers = self.ask_on(&current, calls).await;
            if answers.is_err() {
                self.forget(current.number);
            }
            return answers;
        }
        Err(error)
    }

    async fn ask_on(&self, current: &Current, calls: &[Call]) -> RedisResult<Vec<RedisResult<Value>>> {
        let mut connection = current.connection.clone().await?;
        send(&mut connection, calls).await
    }

    /// Makes another connection, and replaces the current one with it if that `is_dead` by the time the other is
    /// answered.
    /// Returns whether it did.
    pub(crate) async fn replace_if(&self, is_dead: impl Fn() -> bool) -> bool {
        if self.is_replacing.swap(true, Ordering::AcqRel) {
            return false;
        }
        let _end = Replacing(&self.is_replacing);
        let before = self.slot().as_ref().map(|current| current.number);
        let Ok(connection) = connect(&self.client, &self.clock).await else {
            return false;
        };
        let mut slot = self.slot();
        let is_replaced = is_dead() && slot.as_ref().map(|current| current.number) == before;
        if is_replaced {
            let connection = std::future::ready(Ok(connection)).boxed().shared();
            *slot = Some(Current { number: self.next(), began: Instant::now(), connection });
            drop(slot);
            self.recovered.notify_one();
        }
        is_replaced
    }

    /// Drops the connection unless it is newer than `moment`: the next question gets another one.
    pub(crate) fn forget_older_than(&self, moment: Instant) {
        self.slot().take_if(|current| current.began < moment);
    }

    fn forget(&self, number: u64) {
        self.slot().take_if(|current| current.number == number);
    }

    fn current(self: &Arc<Self>, runtime: &Handle) -> Current {
        let mut slot = self.slot();
        let current = slot.get_or_insert_with(|| {
            let this = self.clone();
            let made = runtime.spawn(async move {
                let made = connect(&this.client, &this.clock).await;
                if made.is_ok() {
                    this.recovered.notify_one();
                }
                made
            });
            // The task connects even if the question that started it gives up.
            let connection = async { made.await.unwrap_or_else(|_| Err(missing())) }.boxed().shared();
            Current { number: self.next(), began: Instant::now(), connection }
        });
        current.clone()
    }

    fn next(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    fn slot(&self) -> MutexGuard<'_, Option<Current>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// At most one replacement is made at a time.
struct Replacing<'a>(&'a AtomicBool);

impl Drop for Replacing<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// A connection that has answered a first question: the time.
async fn connect(client: &Client, clock: &Clock) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        // Questions give up on their own, and late answers are used.
        .set_response_timeout(None)
        .set_pipeline_buffer_size(1024);
    let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    let asked = Instant::now();
    let (seconds, micros): (i64, i64) = redis::cmd("TIME").query_async(&mut connection).await?;
    clock.observe(seconds.saturating_mul(1000).saturating_add(micros / 1000), asked, Instant::now());
    Ok(connection)
}

async fn send(
    connection: &mut MultiplexedConnection,
    calls: &[Call],
) -> RedisResult<Vec<RedisResult<Value>>> {
    let mut pipeline = Pipeline::with_capacity(calls.len());
    for call in calls {
        pipeline.add_command(call.short());
    }
    let mut answers: Vec<RedisResult<Value>> = pipeline.ignore_errors().query_async(connection).await?;
    if !answers.iter().any(is_unknown_script) {
        return Ok(answers);
    }
    // A publication among them came before what it announces, so it is repeated.
    let mut again = Pipeline::new();
    let mut places = Vec::new();
    for ((place, answer), call) in answers.iter().enumerate().zip(calls) {
        if is_unknown_script(answer) || call.is_publish() {
            again.add_command(call.whole());
            places.push(place);
        }
    }
    let late: Vec<RedisResult<Value>> = again.ignore_errors().query_async(connection).await?;
    for (place, answer) in places.into_iter().zip(late) {
        if let Some(earlier) = answers.get_mut(place) {
            *earlier = answer;
        }
    }
    Ok(answers)
}

fn is_unknown_script(answer: &RedisResult<Value>) -> bool {
    matches!(answer, Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript))
}

pub(crate) fn missing() -> RedisError {
    (ErrorKind::UnexpectedReturnType, "Redis left an answer out").into()
}
