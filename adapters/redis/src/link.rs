use std::sync::{Arc, OnceLock};
use std::time::Duration;

use redis::io::tcp::TcpSettings;
use redis::{Client, FromRedisValue, IntoConnectionInfo, ProtocolVersion, RedisError, RedisResult, Value};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};

use crate::ConnectError;
use crate::breaker::{Breaker, Leave, SILENCE};
use crate::connection::{Connections, missing};
use crate::error::AskError;
use crate::scripts::Call;

/// How long one question to Redis may take. What a push needs of it must leave the handler its five seconds.
pub(crate) const BUDGET: Duration = Duration::from_millis(200);

/// How long it is listened for the answer to a question that took longer than that.
const LISTEN: Duration = Duration::from_secs(10);

/// The connection to Redis, and whether it is to be used.
pub(crate) struct Link {
    pub(crate) connections: Arc<Connections>,
    /// The runtime that the connections live in: the one that the store was made in. A worker's of actix-web ends
    /// before the handlers of its neighbours.
    home: OnceLock<Handle>,
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

/// The answers to what was asked in one go.
pub(crate) struct Answers {
    pub(crate) values: Vec<RedisResult<Value>>,
    /// When it was asked and when answered.
    pub(crate) asked: Instant,
    pub(crate) answered: Instant,
}

impl Answers {
    /// The first; the others may fail.
    pub(crate) fn first<T: FromRedisValue>(&mut self) -> Result<T, AskError> {
        let first = if self.values.is_empty() { Err(missing()) } else { self.values.swap_remove(0) };
        Ok(redis::from_redis_value(first?).map_err(RedisError::from)?)
    }
}

/// What becomes of answers that come when the asker has gone on.
pub(crate) type Late = Box<dyn FnOnce(Answers) + Send>;

impl Link {
    /// In a runtime it begins to connect at once, so that the first push need not wait for that; but a start needs no
    /// Redis.
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
        // Else a question waits until what was asked before it is acknowledged, which takes forty milliseconds.
        let tcp = TcpSettings::default().set_nodelay(true);
        let client = Client::open(info.set_redis_settings(settings).set_tcp_settings(tcp))?;
        let connections = Arc::new(Connections::new(client));
        let home = match Handle::try_current() {
            Ok(home) => {
                connections.begin(&home);
                OnceLock::from(home)
            }
            Err(_) => OnceLock::new(),
        };
        Ok(Self { connections, home, breaker: Breaker::new() })
    }

    pub(crate) fn home(&self) -> &Handle {
        self.home.get_or_init(Handle::current)
    }

    /// Whether a question takes too long just now: what need not wait for an answer does not.
    pub(crate) fn is_slow(&self) -> bool {
        self.breaker.is_slow()
    }

    /// Whether an outage began after `moment`, which was said then.
    pub(crate) fn has_failed_since(&self, moment: Instant) -> bool {
        self.breaker.has_opened_since(moment)
    }

    /// Asks one thing.
    pub(crate) async fn ask<T: FromRedisValue>(
        self: &Arc<Self>,
        kind: Kind,
        call: Call,
    ) -> Result<T, AskError> {
        self.ask_all(kind, vec![call], None).await?.first()
    }

    /// Asks many things in one go. It fails where Redis cannot be asked; each may fail on its own besides.
    ///
    /// The questions are not taken back where that takes longer than the [`BUDGET`], or the asker goes away: answers
    /// that come then are `late`.
    pub(crate) async fn ask_all(
        self: &Arc<Self>,
        kind: Kind,
        calls: Vec<Call>,
        late: Option<Late>,
    ) -> Result<Answers, AskError> {
        let leave = match kind {
            Kind::Waiting => None,
            Kind::Write | Kind::Other => Some(self.breaker.leave(kind == Kind::Write).ok_or(AskError::Away)?),
        };
        let (heard, answers) = oneshot::channel();
        self.home().spawn(self.clone().send(leave, calls, heard, late));
        // It ends early with the runtime alone.
        answers.await.unwrap_or_else(|_| Err(missing().into()))
    }

    async fn send(
        self: Arc<Self>,
        leave: Option<Leave>,
        calls: Vec<Call>,
        heard: oneshot::Sender<Result<Answers, AskError>>,
        late: Option<Late>,
    ) {
        let asked = Instant::now();
        let mut answers = std::pin::pin!(self.connections.ask(&calls, self.home()));
        let mut leave = leave;
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
                self.judge(leave, failure.as_ref());
                if let (Err(Ok(answers)), Some(late)) = (heard.send(answers.map_err(AskError::Redis)), late) {
                    late(answers);
                }
                return;
            }
            Err(_) => {
                self.breaker.slow();
                if let Some(leave) = &mut leave
                    && leave.failed()
                {
                    log_outage(&AskError::Slow);
                }
                let _ = heard.send(Err(AskError::Slow));
                self.home().spawn(self.clone().try_another());
                match timeout_at(asked + SILENCE, &mut answers).await {
                    Ok(values) => values,
                    Err(_) => {
                        self.ignored(leave, asked);
                        let Ok(values) = timeout_at(asked + LISTEN, answers).await else { return };
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

    /// Once an outage, it is said that it begins and that it ends.
    fn judge(&self, leave: Option<Leave>, failure: Option<&AskError>) {
        let Some(mut leave) = leave else { return };
        match failure {
            Some(error) if error.is_of_one_key() => {}
            Some(error) => {
                if leave.failed() {
                    log_outage(error);
                }
            }
            None => {
                if leave.succeeded() {
                    tracing::info!("Redis can be asked again");
                    self.connections.recovered.notify_one();
                }
            }
        }
    }

    /// A second has gone by without the answer.
    fn ignored(&self, leave: Option<Leave>, asked: Instant) {
        if self.breaker.is_silent_since(asked) {
            self.connections.forget_older_than(asked);
        }
        if leave.is_some_and(|leave| leave.is_ignored()) {
            log_outage(&AskError::Slow);
        }
    }

    /// A question takes long. Where another connection is answered sooner the first is dead: its other end, or what
    /// stands between, is gone without a word. Where Redis is only slow it is kept, for it brings the answer.
    async fn try_another(self: Arc<Self>) {
        let begun = Instant::now();
        let is_dead = || self.breaker.is_silent_since(begun);
        if let Ok(true) = timeout(LISTEN, self.connections.replace_if(is_dead)).await {
            self.breaker.answered();
        }
    }
}

fn log_outage(error: &AskError) {
    let error: &(dyn std::error::Error + 'static) = error;
    tracing::warn!(error, "Redis cannot be asked; until it can, this process is on its own");
}

/// The first answer that is an error of Redis.
fn failure(calls: &[Call], answers: &[RedisResult<Value>]) -> Option<AskError> {
    let mut answers = answers.iter().zip(calls).filter(|(_, call)| !call.is_publish());
    answers.find_map(|(answer, _)| answer.clone().err()).map(AskError::Redis)
}
