//! How refusals are logged: with the likely cause, and what comes in numbers so many times a minute.

use std::error::Error;
use std::time::Instant;

#[cfg(feature = "tokio-1")]
use crate::delivery::StoreError;
#[cfg(feature = "tokio-1")]
use crate::process::Limit;
use crate::process::Log;
use crate::{Callback, OpenError, QueryError, Refusal, metrics, query};

/// As `tracing` takes an error, with its causes.
pub(crate) fn as_dyn<E: Error + 'static>(error: &E) -> &(dyn Error + 'static) {
    error
}

/// How much of a path is shown.
const MAX_PATH: usize = 100;

impl Callback {
    /// Logs that a request was refused, with its method, its path, the reason and where it is known the likely cause,
    /// as the middlewares do: as a warning; at debug level where it is no request of WeChat's at all. Returns the status
    /// to answer with.
    ///
    /// A request whose query is not WeChat's is a warning where it carries a signature, or no query at all, which is
    /// what a proxy makes of a push when it strips the query. There are at most ten of these warnings a minute, and as
    /// many of bodies that could not be read; the others are at debug level. With the feature `metrics` it is counted as well.
    pub fn log_refusal(&self, refusal: impl Into<Refusal>, method: &str, path: &str, query: &str) -> u16 {
        self.process.log.refusal(&refusal.into(), method, path, query)
    }
}

impl Log {
    /// As [`Callback::log_refusal`].
    pub(crate) fn refusal(&self, refusal: &Refusal, method: &str, path: &str, query: &str) -> u16 {
        metrics::refused(refusal);
        let (reason, status) = (as_dyn(refusal), refusal.status());
        let end = path.char_indices().nth(MAX_PATH).map_or(path.len(), |(end, _)| end);
        let path = path.get(..end).unwrap_or_default();
        let (limit, cause) = match refusal {
            Refusal::Open(OpenError::Query(mistake)) => {
                let is_suspicious = query.is_empty() || query::is_signed(query);
                (is_suspicious.then_some(&self.queries), cause(mistake, query))
            }
            Refusal::UnknownAccount => (
                Some(&self.accounts),
                "not from WeChat, or the URL in a console names an account that was not inserted, or was removed",
            ),
            Refusal::BodyTooLong => (
                Some(&self.bodies),
                "not from WeChat, whose pushes are short, or a body limit that is set too low",
            ),
            Refusal::BodyTimeout => (
                Some(&self.bodies),
                "not from WeChat, or a proxy in front that passes the body on too slowly",
            ),
            Refusal::BodyBroken => (
                Some(&self.bodies),
                "whoever sent it, or a proxy in front, closed the connection or wrote no proper HTTP",
            ),
            _ => {
                if matches!(refusal, Refusal::AlreadyOpened) {
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
impl Log {
    /// Logs once that WeChat is answered, for `account` or for many.
    pub(crate) fn announce(&self, account: Option<&Callback>) {
        if self.is_announced.swap(true, std::sync::atomic::Ordering::Relaxed) {
            return;
        }
        match account {
            Some(callback) => {
                let (app_id, mode) = (callback.app_id(), callback.mode());
                tracing::info!(app_id, %mode, "answering WeChat");
            }
            None => tracing::info!("answering WeChat for many accounts"),
        }
    }

    /// Logs that the look-up of an account panicked.
    pub(crate) fn lookup_panicked(&self, panic: &str) {
        match self.lookups.line(now()) {
            Some(left_out) => {
                tracing::error!(
                    panic,
                    left_out,
                    "the look-up of the account panicked; the request is refused"
                );
            }
            None => tracing::debug!(panic, "the look-up of the account panicked; the request is refused"),
        }
    }

    /// Logs, in the span of its delivery, that a signature was replayed.
    pub(crate) fn replayed(&self) {
        let (refusal, status) = (Refusal::Replayed, Refusal::Replayed.status());
        metrics::refused(&refusal);
        tracing::warn!(reason = as_dyn(&refusal), status, "refused a request");
    }

    /// Logs that a push is refused because the process is going down: at once, and then once a minute.
    pub(crate) fn shutting_down(&self) {
        let (refusal, status) = (Refusal::ShuttingDown, Refusal::ShuttingDown.status());
        metrics::refused(&refusal);
        let reason = as_dyn(&refusal);
        match self.shutdown.line(now()) {
            Some(left_out) => {
                tracing::warn!(reason, status, left_out, "refused a request; WeChat will ask again");
            }
            None => tracing::debug!(reason, status, "refused a request; WeChat will ask again"),
        }
    }

    /// Logs that a push is refused because the store failed.
    pub(crate) fn unclaimed(&self, error: &StoreError) {
        store_failed(&self.claims, error);
    }

    /// Logs that a request is refused because the store could not bind its signature.
    pub(crate) fn unbound(&self, error: &StoreError) {
        store_failed(&self.bindings, error);
    }
}

/// By tokio's clock, which a test can pause.
#[cfg(feature = "tokio-1")]
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
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

/// Logs that a request is answered 503 because a store failed: at once, and then once a minute.
#[cfg(feature = "tokio-1")]
fn store_failed(limit: &Limit, error: &StoreError) {
    metrics::refused(&Refusal::StoreFailed);
    let error = as_dyn(error);
    let consequence =
        "WeChat repeats a push at once, four requests in all; then its user reads the failure notice";
    match limit.line(now()) {
        Some(left_out) => {
            tracing::error!(error, status = 503, consequence, left_out, "refused a request");
        }
        None => tracing::debug!(error, status = 503, "refused a request"),
    }
}
