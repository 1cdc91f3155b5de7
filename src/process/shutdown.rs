use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::deadline::after;

/// How long a shutdown waits for handlers and for pushes that still come.
const DRAIN: Duration = Duration::from_secs(10);

/// After how long without a push a shutdown assumes that none is on its way.
const QUIET: Duration = Duration::from_millis(500);

/// The handlers of an account that run in this process, and whether more may start.
#[derive(Default)]
pub(crate) struct Shutdown {
    /// Closed while draining.
    handlers: TaskTracker,
    /// Looked at while draining alone.
    door: Mutex<Door>,
}

#[derive(Default)]
struct Door {
    /// When the last push came, or when the draining began.
    last: Option<Instant>,
    /// From when on no handler starts.
    closed: Option<Instant>,
}

impl Shutdown {
    /// Counts a handler for as long as the token lives.
    pub(crate) fn token(&self) -> TaskTrackerToken {
        self.handlers.token()
    }

    /// Whether a handler may start for a push that arrived at `arrived`, over a connection that was accepted at
    /// `admitted`. It counts as a push that came, whether a handler is needed for it or not.
    pub(crate) fn admits(&self, arrived: Instant, admitted: Instant) -> bool {
        if !self.is_draining() {
            return true;
        }
        let mut door = self.door();
        door.last = door.last.max(Some(arrived));
        door.closed.is_none_or(|closed| admitted < closed)
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.handlers.is_closed()
    }

    /// Waits until no handler runs and no push came for half a second, for ten seconds at most, and then lets no more
    /// handlers start. Returns how many still run.
    ///
    /// If pushes came to the very end, those of the next half second are let in too: the server that is waited for has
    /// not stopped to listen yet.
    pub(crate) async fn drain(&self) -> usize {
        let began = Instant::now();
        self.door().last.get_or_insert(began);
        self.handlers.close();
        // What runs out of time is counted below.
        let _ = timeout_at(after(began, DRAIN), self.quiet()).await;
        self.close();
        self.handlers.len()
    }

    /// Waits until no handler runs and no push came for a while.
    async fn quiet(&self) {
        loop {
            self.handlers.wait().await;
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
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
