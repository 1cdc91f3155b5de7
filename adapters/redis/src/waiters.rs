use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use redis::Msg;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::time::timeout;
use wechat_callback::Reply;

use crate::link::Link;
use crate::subscriber;

/// How often an outcome is looked for while no publication can arrive: over a dead connection, or where Redis allows no
/// subscription.
const POLL: Duration = Duration::from_millis(500);

/// The deliveries that wait for pushes of other processes. They share one connection to Redis, which serves nothing
/// else, because a connection that subscribes takes no other commands.
#[derive(Clone, Default)]
pub(crate) struct Waiters(Arc<Mutex<Channels>>);

#[derive(Default)]
pub(crate) struct Channels {
    waited_for: HashMap<String, Channel>,
    /// Sends the subscriber the channels that have got their first waiter or lost their last one.
    changes: Option<UnboundedSender<String>>,
}

struct Channel {
    waiters: usize,
    news: watch::Sender<News>,
}

/// What is known about a channel.
#[derive(Clone, Default)]
struct News {
    /// Whether publications arrive.
    is_live: bool,
    outcome: Option<Arc<Reply>>,
}

/// One delivery that waits for a channel.
pub(crate) struct Listener {
    waiters: Waiters,
    channel: String,
    news: watch::Receiver<News>,
}

impl Listener {
    /// Waits for a publication, or until it is time to look in Redis: after `max_wait`, or when publications may have
    /// been missed. Returns the outcome if it was published.
    pub(crate) async fn news(&mut self, max_wait: Duration) -> Option<Arc<Reply>> {
        let News { is_live, outcome } = self.news.borrow_and_update().clone();
        if outcome.is_some() {
            return outcome;
        }
        let max_wait = if is_live { max_wait } else { max_wait.min(POLL) };
        // A change without an outcome and the end of the wait mean the same: look in Redis.
        match timeout(max_wait, self.news.changed()).await {
            Ok(Ok(())) => self.news.borrow().outcome.clone(),
            Ok(Err(_)) | Err(_) => None,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut channels = self.waiters.channels();
        let Some(channel) = channels.waited_for.get_mut(&self.channel) else {
            return;
        };
        channel.waiters = channel.waiters.saturating_sub(1);
        if channel.waiters == 0 {
            channels.waited_for.remove(&self.channel);
            channels.changed(&self.channel);
        }
    }
}

impl Waiters {
    pub(crate) fn listen(&self, link: &Link, channel: String) -> Listener {
        let mut channels = self.channels();
        if channels.changes.is_none() {
            let (sender, changes) = unbounded_channel();
            channels.changes = Some(sender);
            let client = link.connections.client.clone();
            link.runtime().spawn(subscriber::subscribe(
                client,
                WeakWaiters(Arc::downgrade(&self.0)),
                changes,
            ));
        }
        let entry = channels.waited_for.entry(channel.clone());
        let entry = entry.or_insert_with(|| Channel { waiters: 0, news: watch::Sender::default() });
        entry.waiters = entry.waiters.saturating_add(1);
        let (is_first, news) = (entry.waiters == 1, entry.news.subscribe());
        if is_first {
            channels.changed(&channel);
        }
        drop(channels);
        Listener { waiters: self.clone(), channel, news }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.channels().waited_for.is_empty()
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.channels().waited_for.keys().cloned().collect()
    }

    /// Splits the channels into those that are waited for and those that are not.
    pub(crate) fn partition(&self, channels: Vec<String>) -> (Vec<String>, Vec<String>) {
        let known = self.channels();
        channels.into_iter().partition(|channel| known.waited_for.contains_key(channel))
    }

    /// Passes a published outcome on. If there is none, or it cannot be read, the waiters look in Redis.
    pub(crate) fn wake(&self, message: &Msg) {
        let channels = self.channels();
        if let Some(channel) = channels.waited_for.get(message.get_channel_name()) {
            let outcome = serde_json::from_slice(message.get_payload_bytes()).ok().map(Arc::new);
            channel.news.send_modify(|news| news.outcome = outcome.or(news.outcome.take()));
        }
    }

    /// Publications on these channels arrive from now on; earlier ones may have been missed.
    pub(crate) fn set_live(&self, subscribed: &[String]) {
        let channels = self.channels();
        for channel in subscribed.iter().filter_map(|channel| channels.waited_for.get(channel)) {
            channel.news.send_modify(|news| news.is_live = true);
        }
    }

    /// No publications arrive any more.
    pub(crate) fn set_dead(&self) {
        self.channels().waited_for.values().for_each(|channel| {
            channel.news.send_modify(|news| news.is_live = false);
        });
    }

    fn channels(&self) -> MutexGuard<'_, Channels> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the subscriber holds, so that it ends with the store.
pub(crate) struct WeakWaiters(Weak<Mutex<Channels>>);

impl WeakWaiters {
    pub(crate) fn upgrade(&self) -> Option<Waiters> {
        self.0.upgrade().map(Waiters)
    }
}

impl Channels {
    fn changed(&self, channel: &str) {
        if let Some(changes) = &self.changes {
            // The receiver ends with the runtime, and then there are no waiters either.
            let _ = changes.send(channel.to_owned());
        }
    }
}
