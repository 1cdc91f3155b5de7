//! A store that forgot a push hears later what other processes know of it, and so does the delivery that runs it again.

mod support;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use support::deliveries::{Heard, Nothing, PATIENCE, Slow, Success, everywhere, says, seconds};
use support::text;
use tokio::sync::watch;
use tokio::time::Instant;
use wechat_callback::delivery::{
    Claim, ClaimState, Deliveries, DeliveriesError, DeliveryKey, Elsewhere, InProcess, Keep, Lease, Promise,
    Settled, SignatureKey, UserKey,
};
use wechat_callback::{Reply, TextReply};

/// Knows nothing of earlier deliveries when it is asked, and then what it is told.
#[derive(Clone, Default)]
struct Forgetful {
    local: InProcess,
    known: watch::Sender<Known>,
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

struct Others(watch::Sender<Known>);

#[async_trait]
impl Deliveries for Forgetful {
    async fn claim(&self, key: DeliveryKey) -> Result<Claim, DeliveriesError> {
        let Claim { delivery, age, state, .. } = self.local.claim(key).await?;
        Ok(match state {
            ClaimState::First(local) => {
                let lease = Again { local, known: self.known.clone() };
                Claim::new(delivery, age, ClaimState::First(Box::new(lease)))
            }
            state => Claim::new(delivery, age, state),
        })
    }

    async fn wait(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, DeliveriesError> {
        self.local.wait(key).await
    }

    async fn defer(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, DeliveriesError> {
        self.local.defer(key).await
    }

    async fn bind(
        &self,
        signature: SignatureKey,
        body: &[u8],
        lifetime: Duration,
    ) -> Result<bool, DeliveriesError> {
        self.local.bind(signature, body, lifetime).await
    }

    async fn promise(&self, user: UserKey, promise: Promise) -> Result<(), DeliveriesError> {
        self.local.promise(user, promise).await
    }

    async fn promised(&self, user: UserKey) -> Result<Option<Promise>, DeliveriesError> {
        self.local.promised(user).await
    }

    async fn keep_promise(
        &self,
        user: UserKey,
        kept: Promise,
        then: Option<Promise>,
    ) -> Result<bool, DeliveriesError> {
        self.local.keep_promise(user, kept, then).await
    }
}

#[async_trait]
impl Lease for Again {
    async fn settle(self: Box<Self>, outcome: Arc<Reply>, keep: Keep) -> Result<Settled, DeliveriesError> {
        self.local.settle(outcome, keep).await
    }

    fn elsewhere(&self) -> Option<Arc<dyn Elsewhere>> {
        Some(Arc::new(Others(self.known.clone())))
    }
}

#[async_trait]
impl Elsewhere for Others {
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
    let app = stage.middleware().deliveries(store.clone()).around(slow.handler()).await;
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
        let settled = |known: &mut Known| known.outcome = Some(outcome);
        let (heard, took, slow) = heard(&stage, 3.0, settled).await;
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
