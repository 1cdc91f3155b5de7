//! What is counted of Redis.

use crate::support;

use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use support::{Redis, claim, key, own};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

fn recorder() -> PrometheusRecorder {
    PrometheusBuilder::new().build_recorder()
}

/// What `series` is.
fn value(recorder: &PrometheusRecorder, series: &str) -> f64 {
    let rendered = recorder.handle().render();
    let mut lines = rendered.lines().filter_map(|line| line.strip_prefix(series));
    let value = lines.next().unwrap_or_else(|| panic!("{series} is not in {rendered}"));
    value.trim().parse().expect("a number")
}

#[tokio::test]
async fn an_outage_is_a_gauge_while_it_lasts_and_its_errors_are_counted() {
    let Some(mut redis) = Redis::start() else { return };
    let recorder = recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let store = redis.store();
    drop(own(&store, key(1)).await);
    assert_eq!(value(&recorder, "wechat_redis_away"), 0.0);
    assert_eq!(value(&recorder, r#"wechat_redis_errors_total{reason="error"}"#), 0.0);
    redis.kill();
    for number in 100..150 {
        drop(own(&store, key(number)).await);
    }
    assert_eq!(value(&recorder, "wechat_redis_away"), 1.0);
    assert!(value(&recorder, r#"wechat_redis_errors_total{reason="error"}"#) >= 1.0);
    redis.run();
    let start = Instant::now();
    for number in 200.. {
        drop(own(&store, key(number)).await);
        if value(&recorder, "wechat_redis_away") == 0.0 {
            break;
        }
        assert!(start.elapsed() < 3 * SECOND, "the outage is over");
        sleep(SECOND / 20).await;
    }
}

#[tokio::test]
async fn a_store_that_is_dropped_in_an_outage_is_not_away_for_ever() {
    let Some(mut redis) = Redis::start() else { return };
    let recorder = recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let store = redis.store();
    drop(own(&store, key(1)).await);
    redis.kill();
    for number in 100..150 {
        drop(own(&store, key(number)).await);
    }
    assert_eq!(value(&recorder, "wechat_redis_away"), 1.0);
    drop(store);
    let start = Instant::now();
    while value(&recorder, "wechat_redis_away") != 0.0 {
        assert!(start.elapsed() < 15 * SECOND, "what it still does ends");
        sleep(SECOND / 20).await;
    }
}

#[tokio::test]
async fn a_slow_answer_and_a_foreign_key_are_counted_and_are_no_outage() {
    let Some(redis) = Redis::start() else { return };
    let recorder = recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let store = redis.store();
    drop(own(&store, key(1)).await);
    redis.ask::<()>(&format!("SET wechat:{{{}}} x", key(2)));
    assert_eq!(claim(&store, key(2)).await.1, "first");
    assert!(value(&recorder, r#"wechat_redis_errors_total{reason="wrong_type"}"#) >= 1.0);
    redis.stop();
    drop(own(&store, key(3)).await);
    redis.go_on();
    assert!(value(&recorder, r#"wechat_redis_errors_total{reason="slow"}"#) >= 1.0);
    assert_eq!(value(&recorder, "wechat_redis_away"), 0.0);
}

#[tokio::test]
async fn what_ran_twice_is_counted() {
    let Some(redis) = Redis::start() else { return };
    let recorder = recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let (a, b) = (redis.store(), redis.store());
    drop((own(&a, key(99)).await, own(&b, key(98)).await));
    redis.stop();
    let both = tokio::join!(own(&a, key(1)), own(&b, key(1)));
    redis.go_on();
    let start = Instant::now();
    while value(&recorder, "wechat_redis_duplicate_runs_total") == 0.0 {
        assert!(start.elapsed() < 5 * SECOND, "one of them hears of it");
        sleep(SECOND / 20).await;
    }
    drop(both);
}
