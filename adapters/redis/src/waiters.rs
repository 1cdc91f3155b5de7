use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::StreamExt;
use redis::Client;
use redis::aio::{PubSubSink, PubSubStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::link::{CONNECT_TIMEOUT, Link};

/// How long there is until the next try to connect: this, doubled after each failure, up to [`MAX_DELAY`].
const MIN_DELAY: Duration = Duration::from_millis(100);
const MAX_DELAY: Duration = Duration::from_secs(5);

/// How often it is looked whether the connection is still alive.
const PING: Duration = Duration::from_secs(5);

/// How many changes of what is waited for are told to Redis in one go.
const BATCH: usize = 256;

/// Those who wait for news of pushes that other processes run. They share one connection to Redis, on which nothing
/// else is said: a connection that subscribes takes no other commands.
#[derive(Clone, Default)]
pub(crate) struct Waiters(Arc<Mutex<Channels>>);

#[derive(Default)]
struct Channels {
    waited_for: HashMap<String, Channel>,
    /// To the task that subscribes: channels that have got their first waiter, or have lost their last.
    changes: Option<UnboundedSender<String>>,
}

struct Channel {
    waiters: usize,
    news: watch::Sender<()>,
}

/// One who waits for news of one channel.
pub(crate) struct Listener {
    waiters: Waiters,
    channel: String,
    news: watch::Receiver<()>,
}

impl Listener {
    /// Waits until it is time to look again: there is news, news arrive from now on, or may have been missed.
    pub(crate) async fn news(&mut self) {
        if self.news.changed().await.is_err() {
            // The listener keeps its channel, so this does not happen. It would be worse than no news.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut channels = self.waiters.channels();
        let Some(channel) = channels.waited_for.get_mut(&self.channel) else {
            return;
        };
        channel.waiters -= 1;
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
            link.home().spawn(subscribe(link.client.clone(), Arc::downgrade(&self.0), changes));
        }
        let entry = channels.waited_for.entry(channel.clone());
        let entry = entry.or_insert_with(|| Channel { waiters: 0, news: watch::Sender::new(()) });
        entry.waiters += 1;
        let (is_first, news) = (entry.waiters == 1, entry.news.subscribe());
        if is_first {
            channels.tell(&channel);
        }
        drop(channels);
        Listener { waiters: self.clone(), channel, news }
    }

    fn wake(&self, channel: &str) {
        if let Some(channel) = self.channels().waited_for.get(channel) {
            channel.news.send_replace(());
        }
    }

    fn wake_all(&self) {
        self.channels().waited_for.values().for_each(|channel| channel.news.send_replace(()));
    }

    fn channels(&self) -> MutexGuard<'_, Channels> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Keeps a connection while there are waiters, until the store is gone.
async fn subscribe(client: Client, waiters: Weak<Mutex<Channels>>, mut changes: UnboundedReceiver<String>) {
    let mut delay = MIN_DELAY;
    let mut has_warned = false;
    loop {
        let is_needed = match waiters.upgrade() {
            Some(waiters) => !Waiters(waiters).channels().waited_for.is_empty(),
            None => return,
        };
        if !is_needed && changes.recv().await.is_none() {
            return;
        }
        if let Ok(Ok(connection)) = timeout(CONNECT_TIMEOUT, client.get_async_pubsub()).await {
            let (sink, stream) = connection.split();
            let mut subscriber = Subscriber { sink, subscribed: HashSet::new(), is_refused: false };
            // Whatever ends it, the connection is made anew.
            let _ = subscriber.run(stream, &waiters, &mut changes).await;
            if !subscriber.is_refused {
                delay = MIN_DELAY;
            } else if !has_warned {
                has_warned = true;
                tracing::warn!(
                    "Redis lets nobody subscribe here: what others settle is learned up to four seconds late"
                );
            }
            // Those that are waited for are looked up anew.
            while changes.try_recv().is_ok() {}
            // What was said meanwhile is missed.
            if let Some(waiters) = waiters.upgrade() {
                Waiters(waiters).wake_all();
            }
        }
        sleep(delay).await;
        delay = (delay * 2).min(MAX_DELAY);
    }
}

/// The connection is of no use any more, or nobody needs it.
struct Ended;

struct Subscriber {
    sink: PubSubSink,
    subscribed: HashSet<String>,
    /// Whether Redis said no.
    is_refused: bool,
}

impl Subscriber {
    async fn run(
        &mut self,
        mut stream: PubSubStream,
        waiters: &Weak<Mutex<Channels>>,
        changes: &mut UnboundedReceiver<String>,
    ) -> Result<(), Ended> {
        let all = Waiters(waiters.upgrade().ok_or(Ended)?).channels().waited_for.keys().cloned().collect();
        self.follow(all, waiters).await?;
        let mut ping = interval(PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let mut changed = Vec::new();
            tokio::select! {
                count = changes.recv_many(&mut changed, BATCH) => {
                    if count == 0 {
                        return Err(Ended);
                    }
                    self.follow(changed, waiters).await?;
                }
                message = stream.next() => {
                    let message = message.ok_or(Ended)?;
                    Waiters(waiters.upgrade().ok_or(Ended)?).wake(message.get_channel_name());
                }
                _ = ping.tick() => in_time(self.sink.ping::<redis::Value>()).await.map(drop)?,
            }
        }
    }

    /// Subscribes to those of the channels that are waited for, and wakes their waiters, who may have missed something
    /// until now; unsubscribes from the others.
    async fn follow(&mut self, channels: Vec<String>, waiters: &Weak<Mutex<Channels>>) -> Result<(), Ended> {
        let waiters = Waiters(waiters.upgrade().ok_or(Ended)?);
        let (wanted, unwanted): (Vec<_>, Vec<_>) = {
            let known = waiters.channels();
            channels.into_iter().partition(|channel| known.waited_for.contains_key(channel))
        };
        let unwanted: Vec<_> =
            unwanted.into_iter().filter(|channel| self.subscribed.remove(channel)).collect();
        if !unwanted.is_empty() {
            in_time(self.sink.unsubscribe(&unwanted)).await?;
        }
        let new: Vec<_> =
            wanted.iter().filter(|channel| self.subscribed.insert((*channel).clone())).collect();
        if !new.is_empty() {
            let answer = timeout(CONNECT_TIMEOUT, self.sink.subscribe(&new)).await.map_err(|_| Ended)?;
            if let Err(error) = answer {
                self.is_refused = error.code().is_some();
                return Err(Ended);
            }
        }
        wanted.iter().for_each(|channel| waiters.wake(channel));
        Ok(())
    }
}

async fn in_time<T>(answer: impl Future<Output = redis::RedisResult<T>>) -> Result<T, Ended> {
    timeout(CONNECT_TIMEOUT, answer).await.ok().and_then(Result::ok).ok_or(Ended)
}
