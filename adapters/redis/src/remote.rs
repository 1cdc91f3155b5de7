use std::sync::Arc;
use std::time::Duration;

use redis::{RedisError, Value};
use wechat_callback::Reply;
use wechat_callback::delivery::{
    Claim, ConcurrentRun, DeliveryKey, PendingReply, Progress, Retention, SignatureKey, StreamText,
    Timeliness, UserKey,
};

use crate::clock::{self, CERTAIN};
use crate::error::AskError;
use crate::link::{Answers, Kind, Link};
use crate::run::Run;
use crate::scripts::{self, Call};
use crate::stream::{Append, StoredText};
use crate::waiters::Waiters;

/// How long a lease lasts without renewal. It is shorter than the five seconds between deliveries, so that the delivery
/// after a process has died finds the push free.
pub(crate) const LEASE: Duration = Duration::from_secs(4);

/// The longest time for which a signature is bound: thirty days. Redis refuses times that are far longer.
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

/// The questions to Redis. Each is atomic and about one key.
#[derive(Clone)]
pub(crate) struct Remote {
    pub(crate) link: Arc<Link>,
    pub(crate) waiters: Waiters,
    prefix: Arc<str>,
    /// Names this process as the owner of a lease.
    id: Arc<str>,
}

/// The answer to a claim.
pub(crate) struct Claimed {
    /// Which delivery of the push it is.
    pub(crate) delivery: u32,
    /// How long ago the first delivery was claimed.
    pub(crate) age: Duration,
    pub(crate) state: PushState,
}

/// The answer to a renewal.
pub(crate) struct Renewed {
    pub(crate) age: Duration,
    pub(crate) is_late: bool,
    /// Whether another process runs the push too.
    pub(crate) is_shared: bool,
    /// `Free` where this process has the lease.
    pub(crate) state: PushState,
    /// What Redis has of the text so far, where it said so.
    pub(crate) text: Option<StoredText>,
}

/// An outcome to be written.
pub(crate) struct Completion {
    pub(crate) deliveries: u32,
    /// Whether this process knows that it is late.
    pub(crate) is_late: bool,
    pub(crate) reply: Arc<str>,
    pub(crate) keep: Retention,
}

/// The state of a push, as far as Redis knows.
pub(crate) enum PushState {
    /// No other process runs it. After a claim this one does.
    Free,
    /// Another process runs it, whose lease lasts this long.
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

    /// The key of a push, which is also the name of its channel. A cluster hashes the part in braces.
    pub(crate) fn key(&self, key: DeliveryKey) -> String {
        format!("{}:{{{key}}}", self.prefix)
    }

    fn user(&self, user: UserKey) -> String {
        format!("{}:{{{user}}}:user", self.prefix)
    }

    /// Counts a delivery unless it `is_counted`, and takes the lease where nobody runs the push. `known_age` is the age
    /// of the push by this process's clock. An answer after the budget goes to `late`.
    pub(crate) async fn claim(
        &self,
        key: DeliveryKey,
        is_counted: bool,
        at_least: u32,
        known_age: Duration,
        late: impl FnOnce(Claimed) + Send + 'static,
    ) -> Result<Claimed, AskError> {
        let call = Call::script(&scripts::CLAIM, self.key(key))
            .arg(&*self.id)
            .arg(&LEASE.as_millis())
            .arg(&Retention::OUTCOME_TTL.as_millis())
            .arg(&at_least)
            .arg(&known_age.as_millis())
            .arg(&Claim::RETRY_GAP.as_millis())
            .arg(&CERTAIN.as_millis())
            .arg(&u8::from(is_counted));
        let read = {
            let this = self.clone();
            move |mut answers: Answers| -> Result<Claimed, AskError> {
                let (delivery, age, since, time, state, reply) = answers.first()?;
                let age = this.age(age, since, time, &answers);
                Ok(Claimed { delivery, age, state: PushState::of(state, reply, LEASE)? })
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

    /// Counts a delivery and does nothing else. Returns the number of the delivery and the age of the push.
    pub(crate) async fn count(
        &self,
        key: DeliveryKey,
        at_least: u32,
        known_age: Duration,
    ) -> Result<(u32, Duration), AskError> {
        let call = Call::script(&scripts::COUNT, self.key(key))
            .arg(&Retention::OUTCOME_TTL.as_millis())
            .arg(&at_least)
            .arg(&known_age.as_millis())
            .arg(&Claim::RETRY_GAP.as_millis())
            .arg(&CERTAIN.as_millis());
        let mut answers = self.link.ask_all(Kind::Write, vec![call], None).await?;
        let (n, age, since, time) = answers.first()?;
        Ok((n, self.age(age, since, time, &answers)))
    }

    /// The age now of a push that was `age` old `since` ago. All are milliseconds; `time` is the clock of Redis now.
    fn age(&self, age: u64, since: u64, time: i64, answers: &Answers) -> Duration {
        let clock = &self.link.connections.clock;
        clock.observe(time, answers.asked, answers.answered);
        let [age, since] = [age, since].map(Duration::from_millis);
        clock::age(age, since, clock.steady(answers.answered))
    }

    pub(crate) async fn read(&self, key: DeliveryKey) -> Result<PushState, AskError> {
        let call = Call::script(&scripts::READ, self.key(key)).arg(&LEASE.as_millis());
        let (state, reply, left): (_, _, u64) = self.link.ask(Kind::Waiting, call).await?;
        PushState::of(state, reply, Duration::from_millis(left).min(LEASE))
    }

    /// What Redis knows of the reply to a push, and whether that is this process's own run. It is asked during an
    /// outage too: a process that only reads would not find out that it is over.
    pub(crate) async fn progress(&self, key: DeliveryKey) -> Result<(Progress, bool), AskError> {
        let call = Call::script(&scripts::PROGRESS, self.key(key)).arg(&*self.id).arg(&LEASE.as_millis());
        let mut answers = self.link.ask_all(Kind::Waiting, vec![call], None).await?;
        let (time, state, reply, is_own, streams, feedback_id, text): ProgressAnswer = answers.first()?;
        let clock = &self.link.connections.clock;
        clock.observe(time, answers.asked, answers.answered);
        let [text, feedback_id] = [text, feedback_id].map(|bytes| {
            // Others may have written into the key.
            bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        });
        let text = StreamText::new(text.unwrap_or_default(), feedback_id);
        let progress = match (state, reply) {
            (4, Some(reply)) => Progress::Completed(Arc::new(serde_json::from_str(&reply)?)),
            (3, _) => Progress::Abandoned(text),
            (2, _) if self.link.has_been_well_for(LEASE) && clock.steady(answers.answered) >= LEASE => {
                Progress::Abandoned(text)
            }
            // Whoever runs it may be well.
            (2, _) => return Err(AskError::NotRenewed),
            (1, _) => Progress::Running((streams == 1).then_some(text)),
            _ => Progress::Unknown,
        };
        Ok((progress, is_own == 1))
    }

    /// Appends to the text so far of a reply.
    pub(crate) fn append(&self, key: DeliveryKey, append: &Append) -> Call {
        Call::script(&scripts::APPEND, self.key(key))
            .arg(&*self.id)
            .arg(&append.sent.id)
            .arg(&Retention::LATE_OUTCOME_TTL.as_millis())
            .arg(&append.offset)
            .arg(append.feedback_id.as_deref().unwrap_or_default())
            // Last, so that Redis does not quote it in an error.
            .arg(&append.text)
    }

    /// Reads the answer to an append: how long the text is by now. `None` where this process does not have the push.
    pub(crate) fn appended(value: Value) -> Result<Option<usize>, AskError> {
        let length: i64 = redis::from_redis_value(value).map_err(RedisError::from)?;
        Ok(usize::try_from(length).ok())
    }

    /// The renewal of the lease of a push.
    pub(crate) fn renewal(&self, run: &Run, deliveries: u32, is_late: bool) -> Call {
        Call::script(&scripts::RENEW, self.key(run.key))
            .arg(&*self.id)
            .arg(&LEASE.as_millis())
            .arg(&Retention::OUTCOME_TTL.as_millis())
            .arg(&deliveries)
            .arg(&run.age().as_millis())
            .arg(&CERTAIN.as_millis())
            .arg(&u8::from(is_late))
            .arg(&run.stream_id().map(|id| id.to_string()).unwrap_or_default())
            .arg(&Retention::LATE_OUTCOME_TTL.as_millis())
    }

    /// Reads the answer to a renewal, which is one of `answers`.
    pub(crate) fn renewed(&self, value: Value, answers: &Answers) -> Result<Renewed, AskError> {
        let (age, since, time, state, reply, late, also, text): (_, _, _, u8, Option<String>, u8, u8, i64) =
            redis::from_redis_value(value).map_err(RedisError::from)?;
        let age = self.age(age, since, time, answers);
        Ok(Renewed {
            age,
            is_late: late == 1,
            is_shared: also == 1,
            state: PushState::of(state, reply, LEASE)?,
            text: Some(StoredText { asked: answers.asked, length: usize::try_from(text).ok() }),
        })
    }

    /// Writes the outcome and publishes it. An outcome that is kept only in time is not published with its reply:
    /// whether it is late is not known yet.
    pub(crate) fn completion(&self, key: DeliveryKey, completion: &Completion) -> [Call; 2] {
        let Completion { deliveries, is_late, reply, keep } = completion;
        let call = Call::script(&scripts::COMPLETE, self.key(key))
            .arg(&Retention::OUTCOME_TTL.as_millis())
            .arg(&Retention::LATE_OUTCOME_TTL.as_millis())
            .arg(match keep {
                Retention::ForRetries => "retries",
                Retention::ForUser => "user",
                Retention::UnlessLate => "unless late",
            })
            .arg(deliveries)
            .arg(&u8::from(*is_late))
            .arg(&serde_json::json!(Reply::None))
            // Last, so that Redis does not quote it in an error.
            .arg(&**reply);
        let published = (*keep != Retention::UnlessLate).then_some(&**reply);
        [call, Call::publish(self.key(key), published)]
    }

    /// Reads the answer to a completion. `None` where Redis has another outcome.
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
            .arg(&Retention::OUTCOME_TTL.as_millis())
            .arg(&Retention::LATE_OUTCOME_TTL.as_millis());
        self.link.ask_all(Kind::Other, vec![call, Call::publish(self.key(key), None)], None).await.map(drop)
    }

    pub(crate) async fn mark_late(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, AskError> {
        let call = Call::script(&scripts::MARK_LATE, self.key(key));
        let reply: Option<String> = self.link.ask(Kind::Other, call).await?;
        Ok(reply.map(|reply| serde_json::from_str(&reply)).transpose()?.map(Arc::new))
    }

    /// Binds a signature to the first body that it came with, which is given as its digest.
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

    /// Returns the pending reply of the push that stands.
    pub(crate) async fn add_pending(
        &self,
        user: UserKey,
        pending: PendingReply,
    ) -> Result<PendingReply, AskError> {
        let call = Call::script(&scripts::ADD_PENDING, self.user(user))
            .arg(&written(pending))
            .arg(&PendingReply::MAX_PER_USER)
            .arg(&PendingReply::TTL.as_millis());
        let stands: String = self.link.ask(Kind::Other, call).await?;
        Ok(read_pending(&stands).unwrap_or(pending))
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

/// The time, the state, the reply, whether this process has the lease, whether the reply streams, its feedback id and its
/// text.
type ProgressAnswer = (i64, u8, Option<String>, u8, u8, Option<Vec<u8>>, Option<Vec<u8>>);

impl PushState {
    fn of(state: u8, reply: Option<String>, left: Duration) -> Result<Self, AskError> {
        Ok(match (state, reply) {
            (2, Some(reply)) => Self::Completed(Arc::new(serde_json::from_str(&reply)?)),
            (1, _) => Self::Running(left),
            _ => Self::Free,
        })
    }
}

fn written(pending: PendingReply) -> String {
    format!("{}:{}", pending.key, pending.offset)
}

fn read_pending(written: &str) -> Option<PendingReply> {
    let (key, offset) = written.split_once(':')?;
    Some(PendingReply::new(key.parse().ok()?, offset.parse().ok()?))
}
