use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::time::Instant;
use wechat_callback::Reply;
use wechat_callback::delivery::{ConcurrentRun, DeliveryKey, GrowingText, Lease};

use crate::stream::{Append, Stream};

/// One run of a push in this process.
pub(crate) struct Run {
    pub(crate) key: DeliveryKey,
    /// When the first delivery of the push was claimed, in whichever process.
    began: Mutex<Instant>,
    /// The lease in this process's own store. `None` once the push is completed there.
    local: Mutex<Option<Box<dyn Lease>>>,
    /// The reply, where it streams.
    stream: Mutex<Option<Stream>>,
    /// The outcome of another process.
    outcome: watch::Sender<Option<Arc<Reply>>>,
}

impl Run {
    pub(crate) fn new(key: DeliveryKey, age: Duration, local: Box<dyn Lease>) -> Self {
        let (began, local) = (Mutex::new(ago(age)), Mutex::new(Some(local)));
        Self { key, began, local, stream: Mutex::new(None), outcome: watch::Sender::new(None) }
    }

    pub(crate) fn take_local(&self) -> Option<Box<dyn Lease>> {
        self.local.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What the reply says so far, where it streams.
    pub(crate) fn share_text(&self, text: Arc<GrowingText>) {
        if let Some(local) = &*self.local.lock().unwrap_or_else(PoisonError::into_inner) {
            local.share_text(text.clone());
        }
        *self.stream() = Some(Stream::new(text));
    }

    /// What Redis is to be sent of the text so far.
    pub(crate) fn next_append(&self) -> Option<Append> {
        self.stream().as_mut().and_then(Stream::next)
    }

    pub(crate) fn on_stream(&self, then: impl FnOnce(&mut Stream)) {
        self.stream().as_mut().map(then);
    }

    pub(crate) fn stream_id(&self) -> Option<u64> {
        self.stream().as_ref().map(Stream::id)
    }

    /// The push is at least `age` old.
    pub(crate) fn is_at_least(&self, age: Duration) {
        let mut began = self.began();
        *began = ago(age).min(*began);
    }

    /// Takes over the outcome of another process. The caller completes the lease that is returned, so that deliveries
    /// to this process get the outcome too.
    pub(crate) fn adopt(&self, outcome: Arc<Reply>) -> Option<Box<dyn Lease>> {
        self.outcome.send_replace(Some(outcome));
        self.take_local()
    }

    pub(crate) fn is_adopted(&self) -> bool {
        self.outcome.borrow().is_some()
    }

    fn stream(&self) -> MutexGuard<'_, Option<Stream>> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn began(&self) -> MutexGuard<'_, Instant> {
        self.began.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ConcurrentRun for Run {
    fn age(&self) -> Duration {
        self.began().elapsed()
    }

    async fn outcome(&self) -> Arc<Reply> {
        let mut outcome = self.outcome.subscribe();
        loop {
            if let Some(outcome) = &*outcome.borrow_and_update() {
                return outcome.clone();
            }
            if outcome.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

fn ago(age: Duration) -> Instant {
    let now = Instant::now();
    now.checked_sub(age).unwrap_or(now)
}
