//! The in-process store beside a simple one that says the same, whatever is asked of it and when.

use crate::support;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use proptest::prelude::*;
use support::deliveries::paused;
use wechat_callback::delivery::{
    Claim, ClaimState, DeliveryKey, Lease, MemoryStore, OutcomeStore, Retention, Timeliness,
};
use wechat_callback::{ImageReply, Reply, TextReply};

#[derive(Debug, Clone)]
enum Step {
    Claim(u8),
    ClaimAgain(u8),
    Complete(u8, Reply, Retention),
    GiveUp(u8),
    MarkLate(u8),
    Wait(u8),
    Pass(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || 0..6_u8;
    let reply = prop_oneof![
        Just(Reply::None),
        "[a好]{0,5}".prop_map(|text| TextReply::new(text).into()),
        Just(TextReply::new("好".repeat(1000)).into()),
        Just(ImageReply::new("ID").into()),
    ];
    let retention =
        prop_oneof![Just(Retention::ForRetries), Just(Retention::ForUser), Just(Retention::UnlessLate)];
    let pause = prop_oneof![0..6_000_u64, 0..70_000_u64, 0..700_000_u64, Just(2_499_u64), Just(2_500)];
    let step = prop_oneof![
        6 => key().prop_map(Step::Claim),
        1 => key().prop_map(Step::ClaimAgain),
        4 => (key(), reply, retention).prop_map(|(key, reply, kept)| Step::Complete(key, reply, kept)),
        1 => key().prop_map(Step::GiveUp),
        1 => key().prop_map(Step::MarkLate),
        2 => key().prop_map(Step::Wait),
        4 => pause.prop_map(Step::Pass),
    ];
    proptest::collection::vec(step, 0..120)
}

#[derive(Default)]
struct Model(HashMap<u8, Push>);

struct Push {
    since: Instant,
    last: Instant,
    deliveries: u32,
    state: State,
    /// Until when it is remembered, if nobody runs it.
    end: Option<Instant>,
}

#[derive(Clone, PartialEq)]
enum State {
    Running { is_late: bool },
    GivenUp,
    Completed(Reply),
}

impl Model {
    /// Which delivery it is, its age and the state; `GivenUp` where the asker owns the push from now on.
    fn claim(&mut self, key: u8, is_counted: bool, now: Instant) -> (u32, Duration, State) {
        self.0.retain(|_, push| push.end.is_none_or(|end| end > now));
        let new = || Push { since: now, last: now, deliveries: 1, state: State::GivenUp, end: None };
        let push = self.0.entry(key).or_insert_with(new);
        if !is_counted {
            push.deliveries += u32::from(now - push.last >= Claim::RETRY_GAP);
            push.last = now;
        }
        let before = push.state.clone();
        if before == State::GivenUp {
            (push.state, push.end) = (State::Running { is_late: false }, None);
        }
        (push.deliveries, now - push.since, before)
    }

    fn complete(&mut self, key: u8, reply: Reply, retention: Retention, now: Instant) -> Timeliness {
        let push = self.0.get_mut(&key).expect("what runs is remembered");
        let timeliness = match push.state {
            State::Running { is_late: true } => Timeliness::Late,
            _ => Timeliness::InTime,
        };
        push.state = State::Completed((*retention.kept(Arc::new(reply), timeliness)).clone());
        push.end = Some(now + retention.ttl(timeliness));
        timeliness
    }

    fn give_up(&mut self, key: u8, now: Instant) {
        let push = self.0.get_mut(&key).expect("what runs is remembered");
        (push.state, push.end) = (State::GivenUp, Some(now + Retention::OUTCOME_TTL));
    }

    /// Nothing of what nobody asks for need be there, nor need it be gone.
    fn running(&mut self, key: u8) -> Option<&mut bool> {
        match &mut self.0.get_mut(&key)?.state {
            State::Running { is_late } => Some(is_late),
            _ => None,
        }
    }

    fn outcome(&self, key: u8, now: Instant) -> Option<Reply> {
        match self.0.get(&key) {
            Some(Push { state: State::Completed(reply), end: Some(end), .. }) if *end > now => {
                Some(reply.clone())
            }
            _ => None,
        }
    }
}

fn key(number: u8) -> DeliveryKey {
    [number; 20].into()
}

fn state(state: ClaimState, number: u8, leases: &mut HashMap<u8, Box<dyn Lease>>) -> State {
    match state {
        ClaimState::Owned(lease) => {
            assert!(leases.insert(number, lease).is_none(), "{number} has two owners");
            State::GivenUp
        }
        ClaimState::Running => State::Running { is_late: false },
        ClaimState::Completed(reply) => State::Completed((*reply).clone()),
    }
}

async fn both(steps: Vec<Step>) {
    let (store, mut model, mut leases) = (MemoryStore::new(), Model::default(), HashMap::new());
    for step in steps {
        let now = tokio::time::Instant::now().into_std();
        match step {
            Step::Claim(number) | Step::ClaimAgain(number) => {
                let is_counted = matches!(step, Step::ClaimAgain(_));
                let claim = match is_counted {
                    true => store.claim_again(key(number), now).await,
                    false => store.claim(key(number), now).await,
                };
                let Claim { delivery, age, state, .. } = claim.expect("room");
                let claimed = self::state(state, number, &mut leases);
                let (deliveries, old, before) = model.claim(number, is_counted, now);
                assert_eq!((delivery, age), (deliveries, old));
                match before {
                    State::Running { .. } => assert!(matches!(claimed, State::Running { .. })),
                    before => assert!(claimed == before),
                }
            }
            Step::Complete(number, reply, retention) => {
                if let Some(lease) = leases.remove(&number) {
                    let completed = lease.complete(Arc::new(reply.clone()), retention).await.expect("it");
                    assert_eq!(completed, model.complete(number, reply, retention, now));
                }
            }
            Step::GiveUp(number) => {
                if leases.remove(&number).is_some() {
                    model.give_up(number, now);
                }
            }
            Step::MarkLate(number) => {
                let marked = store.mark_late(key(number)).await.expect("it");
                if let Some(is_late) = model.running(number) {
                    *is_late = true;
                    assert_eq!(marked, None);
                } else if let Some(outcome) = model.outcome(number, now) {
                    assert_eq!(marked.as_deref(), Some(&outcome));
                }
            }
            Step::Wait(number) => {
                let waited = store.wait(key(number)).now_or_never().map(|waited| waited.expect("it"));
                if model.running(number).is_some() {
                    assert_eq!(waited, None);
                } else if let Some(outcome) = model.outcome(number, now) {
                    assert_eq!(waited.flatten().as_deref(), Some(&outcome));
                } else {
                    assert!(waited.is_some());
                }
            }
            Step::Pass(milliseconds) => tokio::time::advance(Duration::from_millis(milliseconds)).await,
        }
    }
}

proptest! {
    #[test]
    fn it_says_what_a_simple_store_says(steps in steps()) {
        paused(both(steps));
    }
}
