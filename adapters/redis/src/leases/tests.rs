use redis::Value;
use wechat_callback::delivery::{ClaimState, MemoryStore, OutcomeStore};

use super::renewal::Update;
use super::*;
use crate::lease::RedisLease;
use crate::link::{Answers, Link};

/// The lease of a push that this process runs, without a Redis.
async fn owned(leases: &Leases, remote: &Remote) -> RedisLease {
    let key = "0".repeat(40).parse().expect("a key");
    let ClaimState::Owned(local) =
        MemoryStore::new().claim(key, Instant::now().into_std()).await.expect("room").state
    else {
        panic!("the first");
    };
    let lease = RedisLease::ask(leases, remote, key, 1, Duration::ZERO, local);
    lease.hold(1, Duration::ZERO, Ownership::Owned);
    lease
}

fn answers(value: Value, is_outcome: bool) -> Answers {
    let published = is_outcome.then_some(Ok(Value::Int(0)));
    let values = std::iter::once(Ok(value)).chain(published).collect();
    Answers { values, asked: Instant::now(), answered: Instant::now() }
}

fn renewed() -> Value {
    let numbers = [0, 0, 1, 0].map(Value::Int);
    Value::Array([&numbers[..], &[Value::Nil, Value::Int(0), Value::Int(0), Value::Int(-1)]].concat())
}

fn updates(leases: &Leases, remote: &Remote) -> Vec<Update> {
    leases.updates(remote).unwrap_or_default().into_iter().map(|(update, _)| update).collect()
}

#[tokio::test]
async fn an_outcome_that_is_completed_while_a_renewal_is_under_way_is_sent_until_it_is_written() {
    let leases = Leases::default();
    let remote = Remote::new(Link::new("redis://127.0.0.1:1/").expect("a URL"));
    let lease = owned(&leases, &remote).await;
    let renewal = updates(&leases, &remote);
    assert!(matches!(renewal[..], [Update { is_outcome: false, .. }]));
    // Its own write fails, and then the renewal is answered.
    leases.completed(&lease.run, "{}".to_owned(), Retention::ForRetries).expect("it is run here");
    leases.answered(&remote, &renewal, answers(renewed(), false));

    let outcome = updates(&leases, &remote);
    assert!(matches!(outcome[..], [Update { is_outcome: true, .. }]));
    leases.answered(&remote, &outcome, answers(Value::Int(0), true));
    assert!(updates(&leases, &remote).is_empty());
}

#[tokio::test]
async fn an_answer_about_one_run_is_not_applied_to_the_next() {
    let leases = Leases::default();
    let remote = Remote::new(Link::new("redis://127.0.0.1:1/").expect("a URL"));
    let before = owned(&leases, &remote).await;
    leases.completed(&before.run, "{}".to_owned(), Retention::ForRetries).expect("it is run here");
    let outcome = updates(&leases, &remote);
    let again = owned(&leases, &remote).await;
    leases.answered(&remote, &outcome, answers(Value::Int(0), true));
    assert!(leases.holds(again.run.key));
    drop((before, again));
}
