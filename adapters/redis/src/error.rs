use wechat_callback::delivery::StoreError;

/// No [`RedisStore`](crate::RedisStore) can be made of this URL. It never shows the URL, which may hold a
/// password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a URL of a Redis that can be connected to: {reason}")]
#[non_exhaustive]
pub struct ConnectError {
    reason: String,
}

impl From<redis::RedisError> for ConnectError {
    fn from(error: redis::RedisError) -> Self {
        // What stands before the dash is fixed; behind it may stand parts of the URL.
        let reason = error.to_string().split(" - ").next().unwrap_or_default().to_owned();
        Self { reason }
    }
}

/// Redis could not be asked, or what it says cannot be used. Never taken for a duplicate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// It failed a moment ago and is not asked.
    #[error("Redis failed a moment ago")]
    Away,
    #[error("Redis did not answer within {}ms; what it was asked is not taken back", crate::link::BUDGET.as_millis())]
    Slow,
    #[error(transparent)]
    Redis(#[from] redis::RedisError),
    /// Without its cause, which repeats what stands in the reply.
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
    /// One key holds something else than it should; the rest of Redis is well.
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
