use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use redis::io::tcp::TcpSettings;
use redis::{Client, FromRedisValue, IntoConnectionInfo, ProtocolVersion, RedisError, RedisResult, Value};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};

use crate::ConnectError;
use crate::breaker::{Breaker, Permit, SILENCE};
use crate::connection::{Connections, missing};
use crate::error::{AskError, BUDGET};
use crate::metrics::{self, Failure, Outage};
use crate::scripts::Call;

/// How long a late answer is waited for.
const LATE_ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// The connections to Redis, and the breaker that says whether to use them.
pub(crate) struct Link {
    pub(crate) connections: Arc<Connections>,
    /// The runtime of the connections: that in which the store was made. The runtime of an actix-web worker can end
    /// while handlers of other workers still run.
    runtime: OnceLock<Handle>,
    breaker: Breaker,
    /// While it lasts.
    outage: Mutex<Option<Outage>>,
}

/// When a question is asked, and what its answer proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It writes in any case, so an answer proves that an outage is over.
    Write,
    /// It is not asked during an outage, and an answer does not end one.
    Other,
    /// It is asked even during an outage.
    Waiting,
}

/// The answers to questions of one round trip.
pub(crate) struct Answers {
    pub(crate) values: Vec<RedisResult<Value>>,
    /// When they were asked and when answered.
    pub(crate) asked: Instant,
    pub(crate) answered: Instant,
}

impl Answers {
    /// The first answer, whatever the others are.
    pub(crate) fn first<T: FromRedisValue>(&mut self) -> Result<T, AskError> {
        let first = if self.values.is_empty() { Err(missing()) } else { self.values.swap_remove(0) };
        Ok(redis::from_redis_value(first?).map_err(RedisError::from)?)
    }
}

/// What is done with answers that arrive after the budget.
pub(crate) type Late = Box<dyn FnOnce(Answers) + Send>;

impl Link {
    /// Inside a runtime it begins to connect at once, so that the first push does not wait for it. It does not fail
    /// without a Redis.
    pub(crate) fn new(url: &str) -> Result<Self, ConnectError> {
        let info = url.into_connection_info()?;
        // The proxies of managed clusters know neither RESP3 nor CLIENT SETINFO.
        let settings =
            info.redis_settings().clone().set_protocol(ProtocolVersion::RESP2).set_skip_set_lib_name();
        #[cfg(feature = "tls")]
        if matches!(info.addr(), redis::ConnectionAddr::TcpTls { .. }) {
            // A program that is built with two crypto providers must choose, or rustls panics. An earlier choice stays.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        // Otherwise a question may wait forty milliseconds for the acknowledgement of the one before.
        let tcp = TcpSettings::default().set_nodelay(true);
        let client = Client::open(info.set_redis_settings(settings).set_tcp_settings(tcp))?;
        let connections = Arc::new(Connections::new(client));
        let runtime = match Handle::try_current() {
            Ok(runtime) => {
                connections.begin(&runtime);
                OnceLock::from(runtime)
            }
            Err(_) => OnceLock::new(),
        };
        metrics::describe();
        Ok(Self { connections, runtime, breaker: Breaker::new(), outage: Mutex::default() })
    }

    pub(crate) fn runtime(&self) -> &Handle {
        self.runtime.get_or_init(Handle::current)
    }

    /// Whether a question is taking too long now. Whatever need not wait for Redis then does not.
    pub(crate) fn is_slow(&self) -> bool {
        self.breaker.is_slow()
    }

    /// Whether every question of this process in the last `time` was answered in time.
    pub(crate) fn has_been_well_for(&self, time: Duration) -> bool {
        self.breaker.well_for().is_none_or(|well| well >= time)
    }

    /// Whether an outage began, and was logged, after `moment`.
    pub(crate) fn has_failed_since(&self, moment: Instant) -> bool {
        self.breaker.has_opened_since(moment)
    }

    /// Asks one question.
    pub(crate) async fn ask<T: FromRedisValue>(
        self: &Arc<Self>,
        kind: Kind,
        call: Call,
    ) -> Result<T, AskError> {
        self.ask_all(kind, vec![call], None).await?.first()
    }

    /// Asks several questions in one round trip. It fails where Redis cannot be asked; besides, each question may fail
    /// on its own.
    ///
    /// Questions are not withdrawn when they exceed the [`BUDGET`] or when the caller is dropped: later answers go to
    /// `late`.
    pub(crate) async fn ask_all(
        self: &Arc<Self>,
        kind: Kind,
        calls: Vec<Call>,
        late: Option<Late>,
    ) -> Result<Answers, AskError> {
        let permit = match kind {
            Kind::Waiting => None,
            Kind::Write | Kind::Other => {
                Some(self.breaker.permit(kind == Kind::Write).ok_or(AskError::Away)?)
            }
        };
        let (sender, answers) = oneshot::channel();
        self.runtime().spawn(self.clone().send(permit, calls, sender, late));
        // The task ends early only with the runtime.
        answers.await.unwrap_or_else(|_| Err(missing().into()))
    }

    async fn send(
        self: Arc<Self>,
        permit: Option<Permit>,
        calls: Vec<Call>,
        sender: oneshot::Sender<Result<Answers, AskError>>,
        late: Option<Late>,
    ) {
        let asked = Instant::now();
        let mut answers = std::pin::pin!(self.connections.ask(&calls, self.runtime()));
        let mut permit = permit;
        let values = match timeout(BUDGET, &mut answers).await {
            Ok(answers) => {
                let answers = answers.map(|values| Answers { values, asked, answered: Instant::now() });
                let failure = match &answers {
                    Ok(answers) => {
                        self.breaker.answered();
                        failure(&calls, &answers.values)
                    }
                    Err(error) => Some(AskError::Redis(error.clone())),
                };
                self.judge(permit, failure.as_ref());
                if let (Err(Ok(answers)), Some(late)) = (sender.send(answers.map_err(AskError::Redis)), late)
                {
                    late(answers);
                }
                return;
            }
            Err(_) => {
                self.breaker.slow();
                metrics::failed(Failure::Slow);
                if let Some(permit) = &mut permit
                    && permit.failed()
                {
                    self.outage_begins(&AskError::Slow);
                }
                let _ = sender.send(Err(AskError::Slow));
                self.runtime().spawn(self.clone().probe_connection());
                match timeout_at(asked + SILENCE, &mut answers).await {
                    Ok(values) => values,
                    Err(_) => {
                        self.unanswered(permit, asked);
                        let Ok(values) = timeout_at(asked + LATE_ANSWER_TIMEOUT, answers).await else {
                            return;
                        };
                        values
                    }
                }
            }
        };
        if let Ok(values) = values {
            self.breaker.answered();
            if let Some(late) = late {
                late(Answers { values, asked, answered: Instant::now() });
            }
        }
    }

    /// Logs the beginning and the end of an outage, once each.
    fn judge(&self, permit: Option<Permit>, failure: Option<&AskError>) {
        match failure {
            Some(error) if error.is_of_one_key() => metrics::failed(Failure::WrongType),
            Some(_) => {
                self.breaker.unanswered();
                metrics::failed(Failure::Error);
            }
            None => {}
        }
        let Some(mut permit) = permit else { return };
        match failure {
            Some(error) if error.is_of_one_key() => {}
            Some(error) => {
                if permit.failed() {
                    self.outage_begins(error);
                }
            }
            None => {
                if permit.succeeded() {
                    self.set_outage(None);
                    tracing::info!("Redis can be asked again");
                    self.connections.recovered.notify_one();
                }
            }
        }
    }

    /// A second has gone by without the answer.
    fn unanswered(&self, permit: Option<Permit>, asked: Instant) {
        if self.breaker.is_silent_since(asked) {
            self.connections.forget_older_than(asked);
        }
        if permit.is_some_and(|permit| permit.is_unanswered()) {
            self.outage_begins(&AskError::Slow);
        }
    }

    fn outage_begins(&self, error: &AskError) {
        self.set_outage(Some(Outage::begin()));
        let error: &(dyn std::error::Error + 'static) = error;
        tracing::warn!(error, "Redis cannot be asked; until it can, this process is on its own");
    }

    fn set_outage(&self, outage: Option<Outage>) {
        *self.outage.lock().unwrap_or_else(PoisonError::into_inner) = outage;
    }

    /// A question takes long. If a second connection is answered sooner, the first one is dead, and is replaced. If
    /// Redis is only slow, the first one is kept, because the answer arrives on it.
    async fn probe_connection(self: Arc<Self>) {
        let began = Instant::now();
        let is_dead = || self.breaker.is_silent_since(began);
        if let Ok(true) = timeout(LATE_ANSWER_TIMEOUT, self.connections.replace_if(is_dead)).await {
            self.breaker.answered();
        }
    }
}

/// The first error among the answers.
fn failure(calls: &[Call], answers: &[RedisResult<Value>]) -> Option<AskError> {
    let mut answers = answers.iter().zip(calls).filter(|(_, call)| !call.is_publish());
    answers.find_map(|(answer, _)| answer.clone().err()).map(AskError::Redis)
}
