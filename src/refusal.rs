//! How refusals are logged: with the likely cause, and what comes in numbers so many times a minute.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::{Callback, OpenError, QueryError, query};

/// Why a middleware refused a request.
///
/// The reason is for the log; the caller gets [`status`](Self::status) and nothing else.
///
/// `#[non_exhaustive]`: a middleware may come to refuse more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It was not verified or not opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The signature came with another body before.
    #[error(
        "the signature came with another body before: in plain mode it covers no body, so it is bound to the first"
    )]
    Replayed,
    /// Another middleware around the same route has opened the push already.
    #[error(
        "the push was already opened by another WechatLayer or WechatMiddleware: put one around the route, not two"
    )]
    AlreadyOpened,
    /// The body is longer than the middleware reads.
    #[error("the body is longer than the limit")]
    BodyTooLong,
    /// The body did not come to its end in time.
    #[error("the body took longer than the time-out")]
    BodyTimeout,
    /// The body ended before its end, or was not framed as HTTP says.
    #[error("the body broke off")]
    BodyBroken,
}

impl Refusal {
    /// The HTTP status to refuse with: that of the [`OpenError`], 403 for a replayed signature, 500 for two middlewares
    /// around one route, 413, 408 and 400 for a body that is too long, too slow and broken.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Open(error) => error.status(),
            Self::Replayed => 403,
            Self::AlreadyOpened => 500,
            Self::BodyTooLong => 413,
            Self::BodyTimeout => 408,
            Self::BodyBroken => 400,
        }
    }
}

/// For how long so many lines are enough.
const WINDOW: Duration = Duration::from_secs(60);

/// How much of a path is shown.
const MAX_PATH: usize = 100;

impl Callback {
    /// Logs that a request was refused, with its method, its path, the reason and where it is known the likely cause,
    /// as the middlewares do: as a warning; at debug level where it is no request of WeChat's at all. Returns the status
    /// to answer with.
    ///
    /// A request whose query is not WeChat's is a warning where it carries a signature, or no query at all, which is
    /// what a proxy makes of a push when it strips the query. There are at most ten of these warnings a minute, and as
    /// many of bodies that could not be read; the others are at debug level.
    pub fn log_refusal(&self, refusal: impl Into<Refusal>, method: &str, path: &str, query: &str) -> u16 {
        let refusal = refusal.into();
        let (reason, status) = (&refusal as &(dyn std::error::Error + 'static), refusal.status());
        let end = path.char_indices().nth(MAX_PATH).map_or(path.len(), |(end, _)| end);
        let path = path.get(..end).unwrap_or_default();
        let (limit, cause) = match &refusal {
            Refusal::Open(OpenError::Query(mistake)) => {
                let is_suspicious = query.is_empty() || query::is_signed(query);
                (is_suspicious.then_some(&self.account.query_refusals), cause(mistake, query))
            }
            Refusal::BodyTooLong => (
                Some(&self.account.body_refusals),
                "not from WeChat, whose pushes are short, or a body limit that is set too low",
            ),
            Refusal::BodyTimeout => (
                Some(&self.account.body_refusals),
                "not from WeChat, or a proxy in front that passes the body on too slowly",
            ),
            Refusal::BodyBroken => (
                Some(&self.account.body_refusals),
                "whoever sent it, or a proxy in front, closed the connection or wrote no proper HTTP",
            ),
            _ => {
                if status >= 500 {
                    tracing::error!(reason, status, method, path, "refused a request");
                } else {
                    tracing::warn!(reason, status, method, path, "refused a request");
                }
                return status;
            }
        };
        match limit.and_then(|limit| limit.line(Instant::now())) {
            Some(left_out) => {
                tracing::warn!(reason, status, method, path, cause, left_out, "refused a request");
            }
            None => tracing::debug!(reason, status, method, path, "refused a request"),
        }
        status
    }
}

#[cfg(feature = "tokio-1")]
impl Callback {
    /// Logs once that this account is answered.
    pub(crate) fn announce(&self) {
        if !self.account.is_announced.swap(true, std::sync::atomic::Ordering::Relaxed) {
            let (app_id, mode) = (self.app_id(), self.mode());
            tracing::info!(app_id, %mode, "answering WeChat");
        }
    }
}

/// Why WeChat's own request would look like this.
const fn cause(mistake: &QueryError, query: &str) -> &'static str {
    if query.is_empty() {
        return "no query at all: a browser, or a proxy in front that strips the query from WeChat's requests";
    }
    match mistake {
        QueryError::Doubled(_) => "the URL in the console has a parameter of that name of its own: rename it",
        QueryError::Missing(_) => "a proxy in front that rewrites the query, or not from WeChat",
        QueryError::Malformed(_) => "a proxy in front that decodes or rewrites the query, or not from WeChat",
    }
}

/// Lets through so many lines a minute and counts the others.
pub(crate) struct Limit {
    lines: u32,
    window: Mutex<Window>,
}

struct Window {
    began: Option<Instant>,
    lines: u32,
    left_out: u64,
}

impl Limit {
    pub(crate) const fn new(lines: u32) -> Self {
        Self { lines, window: Mutex::new(Window { began: None, lines: 0, left_out: 0 }) }
    }

    /// Whether there is a line now, and how many were left out since the last one.
    fn line(&self, now: Instant) -> Option<u64> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.began.is_none_or(|began| now.saturating_duration_since(began) >= WINDOW) {
            window.began = Some(now);
            window.lines = 0;
        }
        if window.lines >= self.lines {
            window.left_out = window.left_out.saturating_add(1);
            return None;
        }
        window.lines = window.lines.saturating_add(1);
        Some(std::mem::take(&mut window.left_out))
    }

    /// Logs that a request is answered 503 because a store failed: at once, and then once a minute.
    #[cfg(feature = "tokio-1")]
    pub(crate) fn store_failed(&self, error: &crate::delivery::StoreError, now: Instant) {
        let error: &(dyn std::error::Error + 'static) = error;
        let consequence =
            "WeChat repeats a push at once, four requests in all; then its user reads the failure notice";
        match self.line(now) {
            Some(left_out) => {
                tracing::error!(error, status = 503, consequence, left_out, "refused a request");
            }
            None => tracing::debug!(error, status = 503, "refused a request"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_so_many_lines_a_minute_and_the_others_are_counted() {
        let (limit, start) = (Limit::new(2), Instant::now());
        assert_eq!(limit.line(start), Some(0));
        assert_eq!(limit.line(start), Some(0));
        assert_eq!(limit.line(start), None);
        assert_eq!(limit.line(start + WINDOW - Duration::from_nanos(1)), None);
        assert_eq!(limit.line(start + WINDOW), Some(2));
        assert_eq!(limit.line(start + WINDOW), Some(0));
    }
}
