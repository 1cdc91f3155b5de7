use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::deadline::after;
use crate::Callback;

/// How long a shutdown waits for handlers and for pushes that still come.
const DRAIN: Duration = Duration::from_secs(10);

/// How long no push comes before a shutdown believes that none is on its way.
const QUIET: Duration = Duration::from_millis(500);

/// The handlers of a [`Callback`] that run in this process, so that a shutdown can wait for them.
///
/// Cheap to clone; all clones, and all that are made of clones of one [`Callback`], are one.
#[derive(Clone, Default)]
pub struct Running(Arc<Inner>);

#[derive(Default)]
struct Inner {
    count: AtomicUsize,
    draining: AtomicBool,
    /// Looked at while draining alone.
    door: Mutex<Door>,
    all_done: Notify,
}

#[derive(Default)]
struct Door {
    /// When the last push came, or when the draining began.
    last: Option<Instant>,
    /// From when on no handler starts.
    closed: Option<Instant>,
}

/// One handler that runs, for as long as it is kept.
#[must_use = "dropped, it counts no more"]
pub struct Runs(Arc<Inner>);

impl Running {
    /// Those of `callback`.
    #[must_use]
    pub fn of(callback: &Callback) -> Self {
        callback.account.running.clone()
    }

    /// A handler is to run for a push that arrived at `arrived`, over a connection that was taken in at `admitted` (or
    /// at `arrived`, where that is not known). `None` where that was after the [draining](Self::drain).
    #[must_use]
    pub fn start(&self, arrived: Instant, admitted: Instant) -> Option<Runs> {
        let runs = self.count_up();
        self.admits(arrived, admitted).then_some(runs)
    }

    /// Whether a handler may start for a push that arrived at `arrived`. It counts as one that came, whether a handler
    /// is needed for it or not.
    pub(super) fn admits(&self, arrived: Instant, admitted: Instant) -> bool {
        if !self.is_draining() {
            return true;
        }
        let mut door = self.door();
        door.last = door.last.max(Some(arrived));
        door.closed.is_none_or(|closed| admitted < closed)
    }

    /// Whether the process is going down: no connection shall be kept for another push.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::SeqCst)
    }

    /// For a graceful shutdown: waits until no handler runs and no push came for half a second, for ten seconds at
    /// most, and lets no more handlers start then. Returns how many still run.
    ///
    /// Where pushes came to the very end, those of the next half second are let in too, for the server that is waited
    /// for has not stopped to listen yet.
    pub async fn drain(&self) -> usize {
        let began = Instant::now();
        self.door().last.get_or_insert(began);
        // Told before the handlers are counted: whoever starts one is counted, or sees this.
        self.0.draining.store(true, Ordering::SeqCst);
        // Whoever runs out of time is counted below.
        let _ = timeout_at(after(began, DRAIN), self.quiet()).await;
        self.close();
        self.count()
    }

    /// Waits until no handler runs and no push came for a while.
    async fn quiet(&self) {
        loop {
            self.all_done().await;
            match self.quiet_at() {
                Some(quiet) if quiet > Instant::now() => sleep_until(quiet).await,
                _ => return,
            }
        }
    }

    /// `None` once the door is closed.
    fn quiet_at(&self) -> Option<Instant> {
        let door = self.door();
        door.last.filter(|_| door.closed.is_none()).map(|last| after(last, QUIET))
    }

    fn close(&self) {
        let now = Instant::now();
        let mut door = self.door();
        let is_quiet = door.last.is_none_or(|last| after(last, QUIET) <= now);
        door.closed.get_or_insert(if is_quiet { now } else { after(now, QUIET) });
    }

    fn door(&self) -> MutexGuard<'_, Door> {
        self.0.door.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts one whatever the time.
    pub(super) fn count_up(&self) -> Runs {
        self.0.count.fetch_add(1, Ordering::SeqCst);
        Runs(self.0.clone())
    }

    fn count(&self) -> usize {
        self.0.count.load(Ordering::SeqCst)
    }

    /// Waits until none runs, once it is draining.
    async fn all_done(&self) {
        loop {
            let notified = self.0.all_done.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            if self.count() == 0 {
                return;
            }
            notified.await;
        }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("count", &self.count())
            .field("is_draining", &self.is_draining())
            .finish_non_exhaustive()
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::SeqCst) == 1 && self.0.draining.load(Ordering::SeqCst) {
            self.0.all_done.notify_waiters();
        }
    }
}
