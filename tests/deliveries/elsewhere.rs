//! A store that forgot a push hears later what other processes know of it, and so does the delivery that runs it again.

use crate::support;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use support::deliveries::{Heard, Nothing, PATIENCE, Slow, Success, everywhere, says, seconds};
use support::text;
use tokio::sync::watch;
use tokio::time::Instant;
use wechat_callback::delivery::{
    Claim, ClaimState, ConcurrentRun, DeliveryKey, GrowingText, Lease, MemoryStore, OutcomeStore,
    PendingReply, PendingStore, Progress, Retention, SignatureKey, SignatureStore, StoreError, Timeliness,
    UserKey,
};
use wechat_callback::late_reply::{FetchWord, LateReply, Recipient, ReplySender, SendError};
use wechat_callback::{Reply, TextReply};

/// Knows nothing of earlier deliveries when it is asked, and then what it is told.
#[derive(Clone, Default)]
struct Forgetful {
    local: MemoryStore,
    known: watch::Sender<Known>,
    /// Whether it forgets who runs a push.
    forgets_owners: bool,
}

#[derive(Clone, Default)]
struct Known {
    began: Option<Instant>,
    outcome: Option<Arc<Reply>>,
}

struct Again {
    local: Box<dyn Lease>,
    known: watch::Sender<Known>,
}

/// The right to run a push that another runs, whose outcome stands.
struct Second;

struct Others(watch::Sender<Known>);

impl Forgetful {
    fn again(&self, claim: Claim) -> Claim {
        let Claim { delivery, age, state, .. } = claim;
        let state = match state {
            ClaimState::Owned(local) => {
                ClaimState::Owned(Box::new(Again { local, known: self.known.clone() }))
            }
            ClaimState::Running if self.forgets_owners => ClaimState::Owned(Box::new(Second)),
            state => state,
        };
        Claim::new(delivery, age, state)
    }
}

#[async_trait]
impl OutcomeStore for Forgetful {
    async fn claim(&self, key: DeliveryKey, arrived: std::time::Instant) -> Result<Claim, StoreError> {
        Ok(self.again(self.local.claim(key, arrived).await?))
    }

    async fn claim_again(&self, key: DeliveryKey, arrived: std::time::Instant) -> Result<Claim, StoreError> {
        Ok(self.again(self.local.claim_again(key, arrived).await?))
    }

    async fn wait(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, StoreError> {
        self.local.wait(key).await
    }

    async fn mark_late(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, StoreError> {
        self.local.mark_late(key).await
    }

    async fn progress(&self, key: DeliveryKey) -> Result<Progress, StoreError> {
        self.local.progress(key).await
    }
}

#[async_trait]
impl SignatureStore for Forgetful {
    async fn bind(
        &self,
        signature: SignatureKey,
        body: &[u8],
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        self.local.bind(signature, body, lifetime).await
    }
}

#[async_trait]
impl PendingStore for Forgetful {
    async fn add_pending(&self, user: UserKey, pending: PendingReply) -> Result<PendingReply, StoreError> {
        self.local.add_pending(user, pending).await
    }

    async fn next_pending(&self, user: UserKey) -> Result<Option<PendingReply>, StoreError> {
        self.local.next_pending(user).await
    }

    async fn advance_pending(
        &self,
        user: UserKey,
        kept: PendingReply,
        then: Option<PendingReply>,
    ) -> Result<bool, StoreError> {
        self.local.advance_pending(user, kept, then).await
    }
}

#[async_trait]
impl Lease for Again {
    async fn complete(
        self: Box<Self>,
        outcome: Arc<Reply>,
        keep: Retention,
    ) -> Result<Timeliness, StoreError> {
        self.local.complete(outcome, keep).await
    }

    fn share_text(&self, text: Arc<GrowingText>) {
        self.local.share_text(text);
    }

    fn concurrent_run(&self) -> Option<Arc<dyn ConcurrentRun>> {
        Some(Arc::new(Others(self.known.clone())))
    }
}

#[async_trait]
impl Lease for Second {
    async fn complete(self: Box<Self>, _: Arc<Reply>, _: Retention) -> Result<Timeliness, StoreError> {
        Ok(Timeliness::InTime)
    }

    fn share_text(&self, _: Arc<GrowingText>) {}
}

#[async_trait]
impl ConcurrentRun for Others {
    fn age(&self) -> Duration {
        self.0.borrow().began.map_or(Duration::ZERO, |began| began.elapsed())
    }

    async fn outcome(&self) -> Arc<Reply> {
        let mut known = self.0.subscribe();
        let known = known.wait_for(|known| known.outcome.is_some()).await.expect("it is kept");
        known.outcome.clone().expect("it is there")
    }
}

/// What a delivery of a push that takes 20 seconds is answered and when, where `change` becomes known after `after`.
async fn heard(
    stage: &support::deliveries::Stage,
    after: f64,
    change: impl FnOnce(&mut Known),
) -> (Heard, Duration, Slow) {
    let (store, slow, start) = (Forgetful::default(), Slow::default(), Instant::now());
    let app = stage.middleware().store(store.clone()).around(slow.handler()).await;
    let change = async {
        seconds(after).await;
        store.known.send_modify(change);
    };
    let (heard, ()) = tokio::join!(app.deliver_once(stage.wechat.push(&text("20 好"))), change);
    (heard, start.elapsed(), slow)
}

#[test]
fn the_outcome_of_another_process_answers_the_delivery_that_runs_the_push_again() {
    everywhere(async |stage| {
        let outcome = Arc::new(Reply::from(TextReply::new("别处的回答")));
        let completed = |known: &mut Known| known.outcome = Some(outcome);
        let (heard, took, slow) = heard(&stage, 3.0, completed).await;
        assert_eq!((heard, took.as_secs()), (says("别处的回答"), 3));
        seconds(20.0).await;
        assert_eq!(slow.ended().len(), 1, "the handler runs to its end");
    });
}

#[test]
fn a_delivery_that_turns_out_to_be_the_last_is_answered_at_its_4500_ms() {
    everywhere(async |stage| {
        let began = Instant::now();
        seconds(10.0).await;
        let (heard, took, _) = heard(&stage, 2.0, |known| known.began = Some(began)).await;
        assert_eq!((heard, took.as_millis()), (Success, 4500));
    });
}

#[test]
fn one_that_is_the_second_after_all_waits_for_as_long_as_wechat() {
    everywhere(async |stage| {
        let began = Instant::now();
        seconds(5.0).await;
        let (heard, took, _) = heard(&stage, 2.0, |known| known.began = Some(began)).await;
        assert_eq!((heard, took), (Nothing, PATIENCE));
    });
}

struct Nobody;

#[async_trait]
impl ReplySender for Nobody {
    async fn send(&self, _: &Recipient, _: &Reply) -> Result<(), SendError> {
        Err(SendError::Final("nobody is there".into()))
    }
}

#[test]
fn the_rest_of_a_text_that_two_deliveries_ran_is_fetched_once() {
    everywhere(async |stage| {
        let word = || FetchWord::new("继续", TextReply::new("还在想"));
        for policy in [LateReply::Fetch(word()), LateReply::push_or_fetch(Nobody, word())] {
            let (store, slow) = (Forgetful { forgets_owners: true, ..Forgetful::default() }, Slow::default());
            let middleware = stage.middleware().late_reply(policy.clone()).store(store);
            let app = middleware.around(slow.handler()).await;
            let long = "长".repeat(1000);
            let push = stage.wechat.push(&text(&format!("3 {long}")));
            assert_eq!(app.deliver_for(Duration::from_secs(1), push.clone()).await, Nothing);
            let Heard::Text(first) = app.ask(push).await else { panic!("the first part") };
            assert_eq!(slow.begun().len(), 2);
            let Heard::Text(rest) = app.tell(&text("继续")).await else { panic!("the rest") };
            assert_eq!(format!("{}{rest}", first.strip_suffix("\n……【继续】").expect("a mark")), long);
            assert_eq!(app.tell(&text("继续")).await, says(">继续"), "{policy:?}");
        }
    });
}
