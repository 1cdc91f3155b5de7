use std::pin::Pin;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{
    Client, ErrorKind, FromRedisValue, IntoConnectionInfo, Pipeline, ProtocolVersion, RedisError,
    RedisResult, ServerErrorKind, Value,
};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout};

use crate::breaker::{Breaker, Leave};
use crate::scripts::Call;
use crate::{ConnectError, error::StoreError};

/// How long one question to Redis may take. What a push needs of it must leave the handler its five seconds.
pub(crate) const BUDGET: Duration = Duration::from_millis(200);

/// How long making a connection may take. It goes on when the question that needed it was answered without it.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The connection to Redis, and whether it is to be used.
pub(crate) struct Link {
    pub(crate) client: Client,
    /// The runtime that the connections live in: the one that the store was made in. A worker's of actix-web ends
    /// before the handlers of its neighbours.
    home: OnceLock<Handle>,
    manager: Mutex<Option<(Instant, ConnectionManager)>>,
    breaker: Breaker,
}

/// What a question has to do with outages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It always writes, so that it shows whether an outage is over.
    Write,
    /// It is not asked during an outage, and does not end one.
    Other,
    /// It is asked in any case.
    Waiting,
}

impl Link {
    /// It connects when it is first asked, so that a start needs no Redis.
    pub(crate) fn new(url: &str) -> Result<Self, ConnectError> {
        let info = url.into_connection_info()?;
        // What stands between in managed clusters knows neither RESP3 nor CLIENT SETINFO.
        let settings =
            info.redis_settings().clone().set_protocol(ProtocolVersion::RESP2).set_skip_set_lib_name();
        #[cfg(feature = "tls")]
        if matches!(info.addr(), redis::ConnectionAddr::TcpTls { .. }) {
            // Where a program is built with two of them rustls would panic for want of a choice. One that it has made
            // stays.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let client = Client::open(info.set_redis_settings(settings))?;
        let home = Handle::try_current().map_or_else(|_| OnceLock::new(), OnceLock::from);
        Ok(Self { client, home, manager: Mutex::new(None), breaker: Breaker::new() })
    }

    pub(crate) fn home(&self) -> &Handle {
        self.home.get_or_init(Handle::current)
    }

    /// Asks one thing.
    pub(crate) async fn ask<T: FromRedisValue>(&self, kind: Kind, call: Call) -> Result<T, StoreError> {
        Ok(redis::from_redis_value(self.ask_and(kind, [call]).await?).map_err(RedisError::from)?)
    }

    /// Asks several things in one go, and returns the answer to the first; the others may fail.
    pub(crate) async fn ask_and<const N: usize>(
        &self,
        kind: Kind,
        calls: [Call; N],
    ) -> Result<Value, StoreError> {
        let answer = self.ask_all(kind, &calls).await?.into_iter().next();
        Ok(answer.unwrap_or_else(|| Err(missing()))?)
    }

    /// Asks many things in one go. It fails where Redis cannot be asked; each may fail on its own besides.
    pub(crate) async fn ask_all(
        &self,
        kind: Kind,
        calls: &[Call],
    ) -> Result<Vec<RedisResult<Value>>, StoreError> {
        let leave = match kind {
            Kind::Waiting => None,
            Kind::Write | Kind::Other => {
                Some(self.breaker.leave(kind == Kind::Write).ok_or(StoreError::Away)?)
            }
        };
        let answers = match timeout(BUDGET, AtHome { home: self.home(), future: self.send(calls) }).await {
            Ok(answers) => answers.map_err(StoreError::Redis),
            Err(_) => Err(StoreError::Slow),
        };
        if let Some(leave) = leave {
            match &answers {
                Ok(answers) => self.judge(leave, failure(calls, answers).as_ref()),
                Err(error) => self.judge(leave, Some(error)),
            }
        }
        answers
    }

    /// Once an outage, it is said that it begins and that it ends.
    fn judge(&self, leave: Leave<'_>, failure: Option<&StoreError>) {
        match failure {
            Some(error) if error.is_of_one_key() => {}
            Some(error) => {
                if leave.failed() {
                    let error: &(dyn std::error::Error + 'static) = error;
                    tracing::warn!(error, "Redis cannot be asked; until it can, this process is on its own");
                }
                self.forget_connection();
            }
            None => {
                if leave.succeeded() {
                    tracing::info!("Redis can be asked again");
                }
            }
        }
    }

    /// One that failed is made anew: its peer may be gone without a word, or have become a replica. One that is still
    /// being made is left alone.
    fn forget_connection(&self) {
        let mut manager = self.manager.lock().unwrap_or_else(PoisonError::into_inner);
        if manager.as_ref().is_some_and(|(made, _)| made.elapsed() >= CONNECT_TIMEOUT) {
            *manager = None;
        }
    }

    async fn send(&self, calls: &[Call]) -> RedisResult<Vec<RedisResult<Value>>> {
        let mut connection = self.connection()?;
        match send(&mut connection, calls).await {
            // It was closed while it was idle. It is made anew once.
            Err(error) if error.is_connection_dropped() => send(&mut connection, calls).await,
            answers => answers,
        }
    }

    fn connection(&self) -> RedisResult<ConnectionManager> {
        let mut manager = self.manager.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, manager)) = &*manager {
            return Ok(manager.clone());
        }
        // The breaker decides when it is tried again.
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(BUDGET))
            .set_number_of_retries(0)
            .set_pipeline_buffer_size(1024);
        let made = ConnectionManager::new_lazy_with_config(self.client.clone(), config)?;
        *manager = Some((Instant::now(), made.clone()));
        // Whoever asks first waits for BUDGET alone; the connection is made even so.
        let mut warm_up = made.clone();
        tokio::spawn(async move { redis::cmd("PING").exec_async(&mut warm_up).await });
        Ok(made)
    }
}

async fn send(connection: &mut ConnectionManager, calls: &[Call]) -> RedisResult<Vec<RedisResult<Value>>> {
    let mut pipeline = Pipeline::with_capacity(calls.len());
    for call in calls {
        pipeline.add_command(call.short());
    }
    let mut answers: Vec<RedisResult<Value>> = pipeline.ignore_errors().query_async(connection).await?;
    if !answers.iter().any(is_unknown_script) {
        return Ok(answers);
    }
    // What was published was published too early.
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

/// The first answer that is an error of Redis.
fn failure(calls: &[Call], answers: &[RedisResult<Value>]) -> Option<StoreError> {
    let mut answers = answers.iter().zip(calls).filter(|(_, call)| !call.is_publish());
    answers.find_map(|(answer, _)| answer.clone().err()).map(StoreError::Redis)
}

fn missing() -> RedisError {
    (ErrorKind::UnexpectedReturnType, "Redis left an answer out").into()
}

pin_project_lite::pin_project! {
    /// Polls a future in the runtime that the connections live in, wherever it is awaited.
    struct AtHome<'a, F> {
        home: &'a Handle,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for AtHome<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let _home = this.home.enter();
        this.future.poll(cx)
    }
}
