use std::sync::Arc;
use std::time::Duration;

use redis::{RedisError, Value};
use wechat_callback::Reply;
use wechat_callback::delivery::{
    Claim, DeliveryKey, PendingReply, Retention, SignatureKey, Timeliness, UserKey,
};

use crate::clock::{self, CERTAIN};
use crate::error::AskError;
use crate::link::{Answers, Kind, Link};
use crate::scripts::{self, Call};
use crate::waiters::Waiters;

/// How long an owner has a push without renewing it. With so short a lease the next delivery, five seconds after the
/// one that an owner died with, finds the push free; with a longer one it would be the last that does.
pub(crate) const LEASE: Duration = Duration::from_secs(4);

/// The longest time that a signature is bound for: thirty days. Redis counts what is longer as an error at some point.
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

/// What can be asked of Redis. Each method is atomic, and about one key.
#[derive(Clone)]
pub(crate) struct Remote {
    pub(crate) link: Arc<Link>,
    pub(crate) waiters: Waiters,
    prefix: Arc<str>,
    /// The process, as an owner.
    id: Arc<str>,
}

/// What Redis says to a delivery.
pub(crate) struct Claimed {
    /// Which delivery of the push it is.
    pub(crate) delivery: u32,
    /// How long ago the first was claimed.
    pub(crate) age: Duration,
    pub(crate) state: State,
}

/// What Redis says to a renewal.
pub(crate) struct Renewed {
    pub(crate) age: Duration,
    pub(crate) is_late: bool,
    /// Whether another process runs it too.
    pub(crate) is_shared: bool,
    /// Free where the push is the asker's.
    pub(crate) state: State,
}

/// An outcome, to be written.
pub(crate) struct Completion {
    pub(crate) deliveries: u32,
    /// Whether its owner knows that it is late.
    pub(crate) is_late: bool,
    pub(crate) reply: Arc<str>,
    pub(crate) keep: Retention,
}

/// What became of a push, as far as Redis knows.
pub(crate) enum State {
    /// Nobody runs it; after a claim, the asker does.
    Free,
    /// Another runs it. Its lease lasts so long.
    Running(Duration),
    Completed(Arc<Reply>),
}

impl Remote {
    pub(crate) fn new(link: Link) -> Self {
        let id = format!("{:032x}", rand::random::<u128>());
        Self { link: Arc::new(link), waiters: Waiters::default(), prefix: "wechat".into(), id: id.into() }
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(crate) fn set_prefix(&mut self, prefix: String) {
        self.prefix = prefix.into();
    }

    /// The key of a push, and the channel of its news. The braces keep a cluster from looking further.
    pub(crate) fn key(&self, key: DeliveryKey) -> String {
        format!("{}:{{{key}}}", self.prefix)
    }

    fn user(&self, user: UserKey) -> String {
        format!("{}:{{{user}}}:user", self.prefix)
    }

    /// Counts a delivery, unless it `is_counted`, to a process that knows the push for as long as it `told`, and makes it the owner where nobody
    /// runs the push. An answer that comes late goes to `late`.
    pub(crate) async fn claim(
        &self,
        key: DeliveryKey,
        is_counted: bool,
        at_least: u32,
        told: Duration,
        late: impl FnOnce(Claimed) + Send + 'static,
    ) -> Result<Claimed, AskError> {
        let call = Call::script(&scripts::CLAIM, self.key(key))
            .arg(&*self.id)
            .arg(&LEASE.as_millis())
            .arg(&Retention::OUTCOME_TTL.as_millis())
            .arg(&at_least)
            .arg(&told.as_millis())
            .arg(&Claim::RETRY_GAP.as_millis())
            .arg(&CERTAIN.as_millis())
            .arg(&u8::from(is_counted));
        let read = {
            let this = self.clone();
            move |mut answers: Answers| -> Result<Claimed, AskError> {
                let (delivery, age, since, time, state, reply) = answers.first()?;
                let age = this.age(age, since, time, &answers);
                Ok(Claimed { delivery, age, state: State::of(state, reply, LEASE)? })
            }
        };
        let late_read = read.clone();
        let late = move |answers| {
            if let Ok(claimed) = late_read(answers) {
                late(claimed);
            }
        };
        read(self.link.ask_all(Kind::Write, vec![call], Some(Box::new(late))).await?)
    }

    /// Counts a delivery, and nothing else. The number of the delivery, and the age of the push.
    pub(crate) async fn count(
        &self,
        key: DeliveryKey,
        at_least: u32,
        told: Duration,
    ) -> Result<(u32, Duration), AskError> {
        let call = Call::script(&scripts::COUNT, self.key(key))
            .arg(&Retention::OUTCOME_TTL.as_millis())
            .arg(&at_least)
            .arg(&told.as_millis())
            .arg(&Claim::RETRY_GAP.as_millis())
            .arg(&CERTAIN.as_millis());
        let mut answers = self.link.ask_all(Kind::Write, vec![call], None).await?;
        let (n, age, since, time) = answers.first()?;
        Ok((n, self.age(age, since, time, &answers)))
    }

    /// The age of a push that was `age` old `since` ago, where both are milliseconds, and it is `time` now on the clock
    /// of Redis.
    fn age(&self, age: u64, since: u64, time: i64, answers: &Answers) -> Duration {
        let clock = &self.link.connections.clock;
        clock.observe(time, answers.asked, answers.answered);
        let [age, since] = [age, since].map(Duration::from_millis);
        clock::age(age, since, clock.steady(answers.answered))
    }

    pub(crate) async fn read(&self, key: DeliveryKey) -> Result<State, AskError> {
        let call = Call::script(&scripts::READ, self.key(key)).arg(&LEASE.as_millis());
        let (state, reply, left): (_, _, u64) = self.link.ask(Kind::Waiting, call).await?;
        State::of(state, reply, Duration::from_millis(left).min(LEASE))
    }

    /// The renewal of a push that the owner knows for as long as it `told`.
    pub(crate) fn renewal(&self, key: DeliveryKey, deliveries: u32, told: Duration, is_late: bool) -> Call {
        Call::script(&scripts::RENEW, self.key(key))
            .arg(&*self.id)
            .arg(&LEASE.as_millis())
            .arg(&Retention::OUTCOME_TTL.as_millis())
            .arg(&deliveries)
            .arg(&told.as_millis())
            .arg(&CERTAIN.as_millis())
            .arg(&u8::from(is_late))
    }

    /// What a renewal was answered, in answers to several things.
    pub(crate) fn renewed(&self, value: Value, answers: &Answers) -> Result<Renewed, AskError> {
        let (age, since, time, state, reply, late, also): (_, _, _, u8, Option<String>, u8, u8) =
            redis::from_redis_value(value).map_err(RedisError::from)?;
        let age = self.age(age, since, time, answers);
        Ok(Renewed { age, is_late: late == 1, is_shared: also == 1, state: State::of(state, reply, LEASE)? })
    }

    /// The outcome, and the news of it. What is kept unless it is late is no news until it is known whether it is.
    pub(crate) fn completion(&self, key: DeliveryKey, completion: &Completion) -> [Call; 2] {
        let Completion { deliveries, is_late, reply, keep } = completion;
        let call = Call::script(&scripts::COMPLETE, self.key(key))
            .arg(&Retention::OUTCOME_TTL.as_millis())
            .arg(&Retention::LATE_OUTCOME_TTL.as_millis())
            .arg(match keep {
                Retention::ForRetries => "repeats",
                Retention::ForUser => "user",
                Retention::UnlessLate => "unless late",
            })
            .arg(deliveries)
            .arg(&u8::from(*is_late))
            .arg(&serde_json::json!(Reply::None))
            // The last, so that Redis does not quote it in an error.
            .arg(&**reply);
        let news = (*keep != Retention::UnlessLate).then_some(&**reply);
        [call, Call::publish(self.key(key), news)]
    }

    /// `None` where another outcome stands.
    pub(crate) fn completed(value: Value) -> Result<Option<Timeliness>, AskError> {
        Ok(match redis::from_redis_value(value).map_err(RedisError::from)? {
            0 => Some(Timeliness::InTime),
            1 => Some(Timeliness::Late),
            _ => None,
        })
    }

    pub(crate) async fn give_up(&self, key: DeliveryKey) -> Result<(), AskError> {
        let call = Call::script(&scripts::GIVE_UP, self.key(key))
            .arg(&*self.id)
            .arg(&Retention::OUTCOME_TTL.as_millis());
        self.link.ask_all(Kind::Other, vec![call, Call::publish(self.key(key), None)], None).await.map(drop)
    }

    pub(crate) async fn mark_late(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, AskError> {
        let call = Call::script(&scripts::MARK_LATE, self.key(key));
        let reply: Option<String> = self.link.ask(Kind::Other, call).await?;
        Ok(reply.map(|reply| serde_json::from_str(&reply)).transpose()?.map(Arc::new))
    }

    /// Binds a signature to the first body, named by its digest, that it came with.
    pub(crate) async fn bind(
        &self,
        signature: SignatureKey,
        body: &str,
        lifetime: Duration,
    ) -> Result<bool, AskError> {
        let lifetime = lifetime.clamp(Duration::from_millis(1), MAX_LIFETIME);
        let call = Call::script(&scripts::BIND, format!("{}:{{{signature}}}:body", self.prefix))
            .arg(body)
            .arg(&lifetime.as_millis());
        self.link.ask(Kind::Other, call).await
    }

    pub(crate) async fn add_pending(&self, user: UserKey, pending: PendingReply) -> Result<(), AskError> {
        let call = Call::script(&scripts::ADD_PENDING, self.user(user))
            .arg(&written(pending))
            .arg(&PendingReply::MAX_PER_USER)
            .arg(&PendingReply::TTL.as_millis());
        self.link.ask::<Value>(Kind::Other, call).await.map(drop)
    }

    pub(crate) async fn next_pending(&self, user: UserKey) -> Result<Option<PendingReply>, AskError> {
        let call = Call::command("LINDEX", self.user(user)).arg(&0);
        let written: Option<String> = self.link.ask(Kind::Other, call).await?;
        Ok(written.as_deref().and_then(read_pending))
    }

    pub(crate) async fn advance_pending(
        &self,
        user: UserKey,
        kept: PendingReply,
        then: Option<PendingReply>,
    ) -> Result<bool, AskError> {
        let call = Call::script(&scripts::ADVANCE_PENDING, self.user(user))
            .arg(&written(kept))
            .arg(&then.map(written).unwrap_or_default());
        self.link.ask(Kind::Other, call).await
    }
}

impl State {
    fn of(state: u8, reply: Option<String>, left: Duration) -> Result<Self, AskError> {
        Ok(match (state, reply) {
            (2, Some(reply)) => Self::Completed(Arc::new(serde_json::from_str(&reply)?)),
            (1, _) => Self::Running(left),
            _ => Self::Free,
        })
    }
}

fn written(pending: PendingReply) -> String {
    format!("{}:{}", pending.key, pending.part)
}

fn read_pending(written: &str) -> Option<PendingReply> {
    let (key, part) = written.split_once(':')?;
    Some(PendingReply::new(key.parse().ok()?, part.parse().ok()?))
}
