//! Many messages at once: each runs once and each delivery hears its own answer.

use crate::support;

use support::deliveries::{Retry, Slow, Stage, on_both, says, seconds};
use support::text;
use wechat_callback::SecurityMode;

#[test]
fn ten_thousand_messages_delivered_thrice_in_parallel_are_ten_thousand_runs() {
    on_both(SecurityMode::Plain, async |stage| assert_each_gets_its_own(&stage, 10_000).await);
}

#[test]
fn in_safe_mode_each_of_many_hears_its_own_answer_too() {
    on_both(SecurityMode::Safe, async |stage| assert_each_gets_its_own(&stage, 2_000).await);
}

async fn assert_each_gets_its_own(stage: &Stage, messages: u32) {
    let slow = Slow::default();
    let app = stage.middleware().around(slow.handler()).await;
    let message = |number: u32| {
        let (app, answer) = (app.clone(), format!("第{number}条"));
        // From none to 3.9 s, in no order.
        let time = f64::from(number * 7 % 40) / 10.0;
        let pushes = stage.wechat.deliveries(&text(&format!("{time} {answer}")), Retry::Same);
        let deliveries = pushes.into_iter().enumerate().map(move |(copy, push)| {
            let app = app.clone();
            async move {
                seconds(copy as f64 / 10.0).await;
                app.deliver_once(push).await
            }
        });
        let heard = futures_util::future::join_all(deliveries);
        async move { assert_eq!(heard.await, [(); 3].map(|()| says(&answer))) }
    };
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..messages {
        tasks.spawn_local(message(number));
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("each hears its own answer");
    }
    let mut begun = slow.begun();
    assert_eq!(begun.len(), messages as usize);
    begun.sort_unstable();
    begun.dedup();
    assert_eq!(begun.len(), messages as usize);
}
