use std::time::Duration;

use wechat_callback::delivery::StoreError;

/// How long one question to Redis may take. The questions about a push must leave its handler the five seconds.
pub(crate) const BUDGET: Duration = Duration::from_millis(200);

/// The URL is not one of a Redis that [`RedisStore`](crate::RedisStore) can connect to. The URL is never shown, because
/// it may hold a password.
///
/// `#[non_exhaustive]`: only [`RedisStore::connect`](crate::RedisStore::connect) makes one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a URL of a Redis that can be connected to: {reason}")]
#[non_exhaustive]
pub struct ConnectError {
    reason: String,
}

impl From<redis::RedisError> for ConnectError {
    fn from(error: redis::RedisError) -> Self {
        // The text before the dash is fixed; parts of the URL may follow it.
        let reason = error.to_string().split(" - ").next().unwrap_or_default().to_owned();
        Self { reason }
    }
}

/// Redis could not be asked, or its answer cannot be used. It is never treated as a retry.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// During an outage Redis is not asked.
    #[error("Redis failed a moment ago")]
    Away,
    #[error("Redis did not answer within {}ms; what it was asked is not taken back", BUDGET.as_millis())]
    Slow,
    #[error(transparent)]
    Redis(#[from] redis::RedisError),
    /// Whoever has it could not renew it, or it only seems to be over.
    #[error("a lease has run out, but not long enough is known of Redis and its clock to believe it")]
    NotRenewed,
    /// Without the cause, whose text repeats parts of the reply.
    #[error(
        "the reply in Redis cannot be read ({category:?} error in column {column}): was it written by another version?"
    )]
    Reply { category: serde_json::error::Category, column: usize },
}

impl From<serde_json::Error> for AskError {
    fn from(error: serde_json::Error) -> Self {
        Self::Reply { category: error.classify(), column: error.column() }
    }
}

impl AskError {
    /// Whether one key holds something else than it should while the rest of Redis works.
    pub(crate) fn is_of_one_key(&self) -> bool {
        // Before Redis 7 a script's error has the code `ERR`.
        matches!(self, Self::Redis(error) if error.to_string().contains("WRONGTYPE"))
    }
}

impl From<AskError> for StoreError {
    fn from(error: AskError) -> Self {
        Self::new(error)
    }
}
