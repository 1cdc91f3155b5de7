use std::collections::HashSet;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use redis::aio::{PubSubSink, PubSubStream};
use redis::{Client, RedisResult};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use crate::connection::CONNECT_TIMEOUT;
use crate::waiters::WeakWaiters;

/// The pause before the next attempt to connect. It is doubled after each failure, up to [`MAX_DELAY`].
const MIN_DELAY: Duration = Duration::from_millis(100);
const MAX_DELAY: Duration = Duration::from_secs(5);

/// How often the connection is checked while a delivery waits, and while none does.
const PING: Duration = Duration::from_millis(250);
const IDLE_PING: Duration = Duration::from_secs(5);

/// How long the answer to a check may take.
const PONG: Duration = Duration::from_millis(350);

/// How many channels are subscribed to or unsubscribed from in one round trip.
const BATCH: usize = 256;

/// Keeps a connection while there are waiters, until the store is dropped.
pub(crate) async fn subscribe(client: Client, waiters: WeakWaiters, mut changes: UnboundedReceiver<String>) {
    let mut delay = MIN_DELAY;
    let mut has_warned = false;
    loop {
        let Some(is_needed) = waiters.upgrade().map(|waiters| !waiters.is_empty()) else { return };
        if !is_needed && changes.recv().await.is_none() {
            return;
        }
        if let Ok(Ok(connection)) = timeout(CONNECT_TIMEOUT, client.get_async_pubsub()).await {
            let (sink, stream) = connection.split();
            let mut subscriber = Subscriber {
                sink,
                subscribed: HashSet::new(),
                answers: FuturesUnordered::new(),
                pinged: None,
                is_refused: false,
            };
            let began = Instant::now();
            // Whatever ended the connection, another one is made.
            let _ = subscriber.run(stream, &waiters, &mut changes).await;
            // The next connection subscribes to all channels that are waited for then.
            while changes.try_recv().is_ok() {}
            // Until then publications are missed.
            if let Some(waiters) = waiters.upgrade() {
                waiters.set_dead();
            }
            if !subscriber.is_refused {
                delay = MIN_DELAY;
                if began.elapsed() > PING {
                    continue;
                }
            } else if !has_warned {
                has_warned = true;
                tracing::warn!(
                    "Redis lets nobody subscribe here: what others complete is learned half a second late"
                );
            }
        }
        sleep(delay).await;
        delay = (delay * 2).min(MAX_DELAY);
    }
}

/// The connection failed, or is no longer needed.
struct Ended;

/// The answer to a command of the subscriber.
enum Answer {
    Subscribed(Vec<String>, RedisResult<()>),
    Unsubscribed(RedisResult<()>),
    Pong(RedisResult<redis::Value>),
    TooLate,
}

struct Subscriber {
    sink: PubSubSink,
    subscribed: HashSet<String>,
    /// Commands do not wait for the answers to earlier ones.
    answers: FuturesUnordered<BoxFuture<'static, Answer>>,
    pinged: Option<Instant>,
    /// Whether Redis refused a subscription.
    is_refused: bool,
}

impl Subscriber {
    async fn run(
        &mut self,
        mut stream: PubSubStream,
        waiters: &WeakWaiters,
        changes: &mut UnboundedReceiver<String>,
    ) -> Result<(), Ended> {
        let all = waiters.upgrade().ok_or(Ended)?.all();
        self.follow(all, waiters)?;
        let mut tick = interval(PING);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let mut changed = Vec::new();
            tokio::select! {
                message = stream.next() => {
                    let message = message.ok_or(Ended)?;
                    waiters.upgrade().ok_or(Ended)?.wake(&message);
                }
                Some(answer) = self.answers.next(), if !self.answers.is_empty() => {
                    self.handle(answer, waiters)?;
                }
                count = changes.recv_many(&mut changed, BATCH) => {
                    if count == 0 {
                        return Err(Ended);
                    }
                    self.follow(changed, waiters)?;
                }
                _ = tick.tick() => self.ping(waiters)?,
            }
        }
    }

    /// Subscribes to those of the channels that are waited for, and unsubscribes from the others.
    fn follow(&mut self, channels: Vec<String>, waiters: &WeakWaiters) -> Result<(), Ended> {
        let (mut new, mut old) = waiters.upgrade().ok_or(Ended)?.partition(channels);
        old.retain(|channel| self.subscribed.remove(channel));
        if !old.is_empty() {
            let mut sink = self.sink.clone();
            self.send(CONNECT_TIMEOUT, async move { Answer::Unsubscribed(sink.unsubscribe(&old).await) });
        }
        new.retain(|channel| self.subscribed.insert(channel.clone()));
        if !new.is_empty() {
            let mut sink = self.sink.clone();
            self.send(CONNECT_TIMEOUT, async move {
                let answer = sink.subscribe(&new).await;
                Answer::Subscribed(new, answer)
            });
        }
        Ok(())
    }

    fn ping(&mut self, waiters: &WeakWaiters) -> Result<(), Ended> {
        let pause = if waiters.upgrade().ok_or(Ended)?.is_empty() { IDLE_PING } else { PING };
        if self.pinged.is_none_or(|pinged| pinged.elapsed() + PING / 2 >= pause) {
            self.pinged = Some(Instant::now());
            let mut sink = self.sink.clone();
            self.send(PONG, async move { Answer::Pong(sink.ping().await) });
        }
        Ok(())
    }

    /// Sends a command now, after all earlier ones.
    fn send(&mut self, time: Duration, command: impl Future<Output = Answer> + Send + 'static) {
        let mut answer: BoxFuture<'static, Answer> =
            Box::pin(async move { timeout(time, command).await.unwrap_or(Answer::TooLate) });
        // A command is sent when it is first polled, and `FuturesUnordered` polls in any order.
        match futures_util::FutureExt::now_or_never(&mut answer) {
            Some(answer) => self.answers.push(Box::pin(std::future::ready(answer))),
            None => self.answers.push(answer),
        }
    }

    /// Wakes the waiters of channels that have just been subscribed to: they may have missed a publication.
    fn handle(&mut self, answer: Answer, waiters: &WeakWaiters) -> Result<(), Ended> {
        match answer {
            Answer::Subscribed(channels, Ok(())) => waiters.upgrade().ok_or(Ended)?.set_live(&channels),
            Answer::Subscribed(_, Err(error)) => {
                self.is_refused = error.code().is_some();
                return Err(Ended);
            }
            Answer::Unsubscribed(Ok(())) | Answer::Pong(Ok(_)) => {}
            Answer::Unsubscribed(Err(_)) | Answer::Pong(Err(_)) | Answer::TooLate => return Err(Ended),
        }
        Ok(())
    }
}
