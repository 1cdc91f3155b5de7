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

/// How often it is looked for an outcome while nobody can be told of it. Over a connection that is dead, or where Redis
/// lets nobody subscribe, an outcome is learned so late.
const POLL: Duration = Duration::from_millis(500);

/// Those who wait for news of pushes that other processes run. They share one connection to Redis, on which nothing
/// else is said: a connection that subscribes takes no other commands.
#[derive(Clone, Default)]
pub(crate) struct Waiters(Arc<Mutex<Channels>>);

#[derive(Default)]
pub(crate) struct Channels {
    waited_for: HashMap<String, Channel>,
    /// To the task that subscribes: channels that have got their first waiter, or have lost their last.
    changes: Option<UnboundedSender<String>>,
}

struct Channel {
    waiters: usize,
    news: watch::Sender<News>,
}

/// What is known of a channel.
#[derive(Clone, Default)]
struct News {
    /// Whether news arrive.
    is_live: bool,
    outcome: Option<Arc<Reply>>,
}

/// One who waits for news of one channel.
pub(crate) struct Listener {
    waiters: Waiters,
    channel: String,
    news: watch::Receiver<News>,
}

impl Listener {
    /// Waits until it is time to look again, for so long at most: there is news, news arrive from now on, or may have
    /// been missed. The outcome, where that is the news.
    pub(crate) async fn news(&mut self, patience: Duration) -> Option<Arc<Reply>> {
        let News { is_live, outcome } = self.news.borrow_and_update().clone();
        if outcome.is_some() {
            return outcome;
        }
        let patience = if is_live { patience } else { patience.min(POLL) };
        // The news and the end of the patience come to the same: it is time to look.
        match timeout(patience, self.news.changed()).await {
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
            channels.tell(&self.channel);
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
            link.home().spawn(subscriber::subscribe(client, WeakWaiters(Arc::downgrade(&self.0)), changes));
        }
        let entry = channels.waited_for.entry(channel.clone());
        let entry = entry.or_insert_with(|| Channel { waiters: 0, news: watch::Sender::default() });
        entry.waiters = entry.waiters.saturating_add(1);
        let (is_first, news) = (entry.waiters == 1, entry.news.subscribe());
        if is_first {
            channels.tell(&channel);
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

    /// Those that are waited for, and those that are not.
    pub(crate) fn partition(&self, channels: Vec<String>) -> (Vec<String>, Vec<String>) {
        let known = self.channels();
        channels.into_iter().partition(|channel| known.waited_for.contains_key(channel))
    }

    /// An outcome where it is told; where it is not, or cannot be read, it is time to look.
    pub(crate) fn wake(&self, message: &Msg) {
        let channels = self.channels();
        if let Some(channel) = channels.waited_for.get(message.get_channel_name()) {
            let outcome = serde_json::from_slice(message.get_payload_bytes()).ok().map(Arc::new);
            channel.news.send_modify(|news| news.outcome = outcome.or(news.outcome.take()));
        }
    }

    /// News of these arrive from now on; some may have been missed.
    pub(crate) fn set_live(&self, subscribed: &[String]) {
        let channels = self.channels();
        for channel in subscribed.iter().filter_map(|channel| channels.waited_for.get(channel)) {
            channel.news.send_modify(|news| news.is_live = true);
        }
    }

    /// No news arrive any more.
    pub(crate) fn set_dead(&self) {
        self.channels().waited_for.values().for_each(|channel| {
            channel.news.send_modify(|news| news.is_live = false);
        });
    }

    fn channels(&self) -> MutexGuard<'_, Channels> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task that subscribes ends with the store.
pub(crate) struct WeakWaiters(Weak<Mutex<Channels>>);

impl WeakWaiters {
    pub(crate) fn upgrade(&self) -> Option<Waiters> {
        self.0.upgrade().map(Waiters)
    }
}

impl Channels {
    fn tell(&self, channel: &str) {
        if let Some(changes) = &self.changes {
            // Its receiver ends with the runtime, and then nobody waits any more.
            let _ = changes.send(channel.to_owned());
        }
    }
}
