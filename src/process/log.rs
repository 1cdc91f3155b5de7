//! How often what was logged.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// For how long so many lines are enough.
const WINDOW: Duration = Duration::from_secs(60);

/// How often what was logged.
pub(crate) struct Log {
    /// Requests whose query is not WeChat's.
    pub(crate) queries: Limit,
    /// Requests whose body could not be read.
    pub(crate) bodies: Limit,
    /// Requests that are for no account.
    pub(crate) accounts: Limit,
    /// Look-ups of accounts that panicked.
    #[cfg(feature = "tokio-1")]
    pub(crate) lookups: Limit,
    /// Pushes that a store could not be asked about.
    #[cfg(feature = "tokio-1")]
    pub(crate) claims: Limit,
    /// Signatures that a store could not bind.
    #[cfg(feature = "tokio-1")]
    pub(crate) bindings: Limit,
    /// Pushes that came too late for this process.
    #[cfg(feature = "tokio-1")]
    pub(crate) shutdown: Limit,
    #[cfg(feature = "tokio-1")]
    pub(crate) is_announced: std::sync::atomic::AtomicBool,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            queries: Limit::new(10),
            bodies: Limit::new(10),
            accounts: Limit::new(10),
            #[cfg(feature = "tokio-1")]
            lookups: Limit::new(10),
            #[cfg(feature = "tokio-1")]
            claims: Limit::new(1),
            #[cfg(feature = "tokio-1")]
            bindings: Limit::new(1),
            #[cfg(feature = "tokio-1")]
            shutdown: Limit::new(1),
            #[cfg(feature = "tokio-1")]
            is_announced: false.into(),
        }
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
    const fn new(lines: u32) -> Self {
        Self { lines, window: Mutex::new(Window { began: None, lines: 0, left_out: 0 }) }
    }

    /// Whether there is a line now, and how many were left out since the last one.
    pub(crate) fn line(&self, now: Instant) -> Option<u64> {
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
