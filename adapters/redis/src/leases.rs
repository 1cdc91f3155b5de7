use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::Value;
use tokio::time::{Instant, MissedTickBehavior, interval};
use wechat_callback::delivery::{ConcurrentRun, DeliveryKey, Lease, Retention, Timeliness};

use crate::lease::Owner;
use crate::link::{Answers, Kind};
use crate::remote::{Claimed, Completion, Remote, Renewed, State};
use crate::run::Run;
use crate::scripts::Call;

/// How often leases are renewed: three may fail before one is lost.
const RENEWAL: Duration = Duration::from_secs(1);

/// How many are renewed in one go.
const BATCH: usize = 256;

/// How long it is tried to write an outcome that Redis did not take at first. WeChat asks for no longer.
const STUBBORN: Duration = Duration::from_secs(15);

/// How often it is said in the log that pushes ran twice.
const DUPLICATES: Duration = Duration::from_secs(60);

/// What this process runs, and tells Redis about until Redis has the outcome.
#[derive(Clone, Default)]
pub(crate) struct Leases(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    pushes: HashMap<DeliveryKey, Push>,
    is_renewing: bool,
    /// How many ran twice since that was last said.
    duplicates: u64,
    said: Option<Instant>,
}

struct Push {
    run: Arc<Run>,
    asked: Instant,
    stage: Stage,
    deliveries: u32,
    /// Whether the last delivery was answered without the outcome.
    is_late: bool,
    /// Whether it is listened for the outcome of another process that runs it too.
    is_watched: bool,
    outcome: Option<Outcome>,
}

/// Whose the push is, after all that Redis said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Redis is being asked.
    Asking,
    /// Redis did not answer in time, and will.
    Unheard,
    /// This process's, or Redis was not there to be asked.
    Held,
    /// Another process runs it too.
    Duplicate,
}

struct Outcome {
    completion: Arc<Completion>,
    /// Until when it is tried to write it.
    until: Instant,
}

/// What Redis was told about a push: what it then knows is what was told, and not what has become of the push since.
#[derive(Clone)]
struct Told {
    run: Arc<Run>,
    is_outcome: bool,
}

impl Leases {
    /// The lease of a push whose `local` lease is the caller's, while Redis is asked for it.
    pub(crate) fn ask(
        &self,
        remote: &Remote,
        key: DeliveryKey,
        deliveries: u32,
        age: Duration,
        local: Box<dyn Lease>,
    ) -> Owner {
        let run = Arc::new(Run::new(key, age, local));
        let (asked, stage) = (Instant::now(), Stage::Asking);
        let push = Push {
            run: run.clone(),
            asked,
            stage,
            deliveries,
            is_late: false,
            is_watched: false,
            outcome: None,
        };
        self.held().pushes.insert(key, push);
        Owner { leases: self.clone(), remote: remote.clone(), run, is_completed: false }
    }

    /// The push is run here. Its lease is renewed from now on; where Redis did not hear of it, it will.
    pub(crate) fn hold(&self, owner: &Owner, deliveries: u32, age: Duration, stage: Stage) {
        owner.run.is_at_least(age);
        let mut held = self.held();
        if let Some(push) = held.of(&owner.run) {
            push.deliveries = deliveries;
            if push.stage == Stage::Asking {
                push.stage = stage;
            }
        }
        if !held.is_renewing {
            held.is_renewing = true;
            owner.remote.link.home().spawn(self.clone().renew(owner.remote.clone()));
        }
    }

    async fn renew(self, remote: Remote) {
        let mut tick = interval(RENEWAL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tick.tick().await;
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                // What Redis did not hear is said at once.
                () = remote.link.connections.recovered.notified() => {}
            }
            let Some(told) = self.to_tell(&remote) else { return };
            for told in told.chunks(BATCH) {
                let calls = told.iter().flat_map(|(_, calls)| calls.iter().cloned()).collect();
                let told: Arc<[Told]> = told.iter().map(|(told, _)| told.clone()).collect();
                let late = {
                    let (this, remote, told) = (self.clone(), remote.clone(), told.clone());
                    Box::new(move |answers| this.heard(&remote, &told, answers))
                };
                match remote.link.ask_all(Kind::Write, calls, Some(late)).await {
                    Ok(answers) => self.heard(&remote, &told, answers),
                    Err(_) => break,
                }
            }
        }
    }

    /// What is to be said about which push. `None` where nothing is held any more.
    fn to_tell(&self, remote: &Remote) -> Option<Vec<(Told, Vec<Call>)>> {
        let mut held = self.held();
        let now = Instant::now();
        held.pushes.retain(|_, push| push.outcome.as_ref().is_none_or(|outcome| now < outcome.until));
        held.is_renewing = !held.pushes.is_empty();
        let pushes = held.pushes.iter().filter(|(_, push)| push.stage != Stage::Asking);
        let told = pushes.map(|(key, push)| {
            let calls = match &push.outcome {
                None => vec![remote.renewal(*key, push.deliveries, push.run.age(), push.is_late)],
                Some(outcome) => remote.completion(*key, &outcome.completion).into(),
            };
            (Told { run: push.run.clone(), is_outcome: push.outcome.is_some() }, calls)
        });
        held.is_renewing.then(|| told.collect())
    }

    fn heard(&self, remote: &Remote, told: &[Told], mut answers: Answers) {
        let mut values = std::mem::take(&mut answers.values).into_iter();
        for Told { run, is_outcome } in told {
            let Some(value) = values.next() else { return };
            if *is_outcome {
                // That of its news.
                values.next();
            }
            match value {
                Ok(value) if *is_outcome => drop(self.written(remote, run, value)),
                Ok(value) => {
                    if let Ok(renewed) = remote.renewed(value, &answers) {
                        self.renewed(remote, run, renewed);
                    }
                }
                Err(_) => {}
            }
        }
    }

    /// An outcome of `run` was written, and need not be any more. `None` where another stands.
    pub(crate) fn written(&self, remote: &Remote, run: &Arc<Run>, value: Value) -> Option<Timeliness> {
        let completed = Remote::completed(value).ok().flatten();
        let mut held = self.held();
        if completed.is_none() {
            held.is_duplicate(remote, run);
        }
        held.forget(run);
        completed
    }

    /// The answer to a claim that came late.
    pub(crate) fn claimed(&self, remote: &Remote, run: &Arc<Run>, claimed: Claimed) {
        self.renewed(
            remote,
            run,
            Renewed { age: claimed.age, is_late: false, is_shared: false, state: claimed.state },
        );
    }

    fn renewed(&self, remote: &Remote, run: &Arc<Run>, renewed: Renewed) {
        let Renewed { age, is_late, is_shared, state } = renewed;
        run.is_at_least(age);
        let mut held = self.held();
        let Some(push) = held.of(run) else { return };
        push.is_late |= is_late;
        let is_shared = is_shared || matches!(state, State::Running(_));
        if is_shared && push.outcome.is_none() && !std::mem::replace(&mut push.is_watched, true) {
            remote.link.home().spawn(self.clone().watch(remote.clone(), run.clone()));
        }
        match state {
            State::Free => {
                if push.stage == Stage::Unheard {
                    push.stage = Stage::Held;
                }
            }
            State::Running(_) => held.is_duplicate(remote, run),
            // It is not written over; what is completed here meanwhile is answered here.
            State::Completed(_) if push.outcome.is_some() => {}
            State::Completed(reply) => {
                held.is_duplicate(remote, run);
                held.forget(run);
                if let Some(local) = run.adopt(reply.clone()) {
                    remote.link.home().spawn(local.complete(reply, Retention::ForRetries));
                }
            }
        }
    }

    /// Another process runs the push too. Whatever it completes first is heard at once.
    async fn watch(self, remote: Remote, run: Arc<Run>) {
        let mut listener = remote.waiters.listen(&remote.link, remote.key(run.key));
        while self.held().of(&run).is_some_and(|push| push.outcome.is_none()) {
            if let Some(reply) = listener.news(RENEWAL).await {
                let state = State::Completed(reply);
                let renewed = Renewed { age: Duration::ZERO, is_late: false, is_shared: true, state };
                return self.renewed(&remote, &run, renewed);
            }
        }
    }

    /// The outcome to write, and whether Redis has not said yet whose the push is. `None` where another process's
    /// stands.
    pub(crate) fn completed(
        &self,
        run: &Arc<Run>,
        reply: String,
        keep: Retention,
    ) -> Option<(Arc<Completion>, bool)> {
        let mut held = self.held();
        let push = held.of(run)?;
        let Push { deliveries, is_late, .. } = *push;
        let completion = Arc::new(Completion { deliveries, is_late, reply: reply.into(), keep });
        push.outcome = Some(Outcome { completion: completion.clone(), until: Instant::now() + STUBBORN });
        Some((completion, push.stage == Stage::Unheard))
    }

    /// The last delivery was answered without the outcome.
    pub(crate) fn mark_late(&self, key: DeliveryKey) {
        if let Some(push) = self.held().pushes.get_mut(&key) {
            push.is_late = true;
        }
    }

    pub(crate) fn forget(&self, run: &Arc<Run>) {
        self.held().forget(run);
    }

    pub(crate) fn holds(&self, key: DeliveryKey) -> bool {
        self.held().pushes.contains_key(&key)
    }

    /// The age of a push that is run here, and whether Redis has not said yet whose it is.
    pub(crate) fn known(&self, key: DeliveryKey) -> Option<(Duration, bool)> {
        self.held()
            .pushes
            .get(&key)
            .map(|push| (push.run.age(), matches!(push.stage, Stage::Asking | Stage::Unheard)))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Unless the push is run anew by now.
    fn of(&mut self, run: &Arc<Run>) -> Option<&mut Push> {
        self.pushes.get_mut(&run.key).filter(|push| Arc::ptr_eq(&push.run, run))
    }

    fn forget(&mut self, run: &Arc<Run>) {
        if self.of(run).is_some() {
            self.pushes.remove(&run.key);
        }
    }

    /// Another process runs it too.
    fn is_duplicate(&mut self, remote: &Remote, run: &Arc<Run>) {
        let Some(push) = self.of(run) else { return };
        let (before, asked) = (std::mem::replace(&mut push.stage, Stage::Duplicate), push.asked);
        if before != Stage::Duplicate {
            tracing::debug!(duplicate = true, "another process runs this push too");
        }
        // In an outage it is expected, and has been said.
        if matches!(before, Stage::Asking | Stage::Unheard) && !remote.link.has_failed_since(asked) {
            self.duplicates = self.duplicates.saturating_add(1);
            if self.said.is_none_or(|said| said.elapsed() >= DUPLICATES) {
                let duplicates = std::mem::take(&mut self.duplicates);
                self.said = Some(Instant::now());
                tracing::warn!(
                    duplicates,
                    "pushes ran in two processes, because Redis took too long to answer"
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use wechat_callback::delivery::{ClaimState, MemoryStore, OutcomeStore};

    use super::*;
    use crate::link::Link;

    /// A push that is held, by a process whose Redis is away.
    async fn held(leases: &Leases, remote: &Remote) -> Owner {
        let key = "0".repeat(40).parse().expect("a key");
        let ClaimState::First(local) =
            MemoryStore::new().claim(key, Duration::ZERO).await.expect("room").state
        else {
            panic!("the first");
        };
        let owner = leases.ask(remote, key, 1, Duration::ZERO, local);
        leases.hold(&owner, 1, Duration::ZERO, Stage::Held);
        owner
    }

    fn answers(value: Value, is_outcome: bool) -> Answers {
        let published = is_outcome.then_some(Ok(Value::Int(0)));
        let values = std::iter::once(Ok(value)).chain(published).collect();
        Answers { values, asked: Instant::now(), answered: Instant::now() }
    }

    fn renewed() -> Value {
        let numbers = [0, 0, 1, 0].map(Value::Int);
        Value::Array([&numbers[..], &[Value::Nil, Value::Int(0), Value::Int(0)]].concat())
    }

    fn told(leases: &Leases, remote: &Remote) -> Vec<Told> {
        leases.to_tell(remote).unwrap_or_default().into_iter().map(|(told, _)| told).collect()
    }

    #[tokio::test]
    async fn an_outcome_that_is_completed_while_a_renewal_is_under_way_is_told_until_it_is_written() {
        let leases = Leases::default();
        let remote = Remote::new(Link::new("redis://127.0.0.1:1/").expect("a URL"));
        let owner = held(&leases, &remote).await;
        let renewal = told(&leases, &remote);
        assert!(matches!(renewal[..], [Told { is_outcome: false, .. }]));
        // Its own write fails, and then the renewal is answered.
        leases.completed(&owner.run, "{}".to_owned(), Retention::ForRetries).expect("it is held");
        leases.heard(&remote, &renewal, answers(renewed(), false));

        let outcome = told(&leases, &remote);
        assert!(matches!(outcome[..], [Told { is_outcome: true, .. }]));
        leases.heard(&remote, &outcome, answers(Value::Int(0), true));
        assert!(told(&leases, &remote).is_empty());
    }

    #[tokio::test]
    async fn what_was_said_about_one_run_is_not_taken_for_the_next() {
        let leases = Leases::default();
        let remote = Remote::new(Link::new("redis://127.0.0.1:1/").expect("a URL"));
        let before = held(&leases, &remote).await;
        leases.completed(&before.run, "{}".to_owned(), Retention::ForRetries).expect("it is held");
        let outcome = told(&leases, &remote);
        let again = held(&leases, &remote).await;
        leases.heard(&remote, &outcome, answers(Value::Int(0), true));
        assert!(leases.holds(again.run.key));
        drop((before, again));
    }
}
