use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Notify;

/// How many handlers run, so that a shutdown can wait for them.
#[derive(Clone, Default)]
pub(crate) struct Running(Arc<Inner>);

#[derive(Default)]
struct Inner {
    count: AtomicUsize,
    closed: AtomicBool,
    all_done: Notify,
}

/// One handler that runs.
pub(super) struct Runs(Arc<Inner>);

impl Running {
    /// `None` once no more may start.
    pub(super) fn start(&self) -> Option<Runs> {
        // Counted before the look, so that whoever closes either counts it or is seen.
        self.0.count.fetch_add(1, Ordering::SeqCst);
        let runs = Runs(self.0.clone());
        (!self.0.closed.load(Ordering::SeqCst)).then_some(runs)
    }

    /// Lets no more start.
    pub(super) fn close(&self) {
        self.0.closed.store(true, Ordering::SeqCst);
    }

    pub(super) fn count(&self) -> usize {
        self.0.count.load(Ordering::SeqCst)
    }

    /// Waits until none runs, once it is closed.
    pub(super) async fn all_done(&self) {
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

impl Drop for Runs {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::SeqCst) == 1 && self.0.closed.load(Ordering::SeqCst) {
            self.0.all_done.notify_waiters();
        }
    }
}
