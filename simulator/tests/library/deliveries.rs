//! WeChat waits five seconds, hangs up and retries, for three deliveries in all. With a paused clock.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::{account, actix_slow, callback, paused};
use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::post;
use tower::ServiceExt;
use wechat_sim::{
    Answer, CheckName, ConnectionError, Ending, FakeWechat, Message, Mode, Policy, Progress, Request,
    SendError, ServiceTarget, Target, Wechat,
};
use wechat_tower::{TextReply, WechatLayer, WechatMessage};

/// A bot that takes this long for each delivery and does not join them. The last duration is also for all that follow.
fn slow_bot(mode: Mode, seconds: &'static [f64]) -> (FakeWechat<ServiceTarget<Router>>, Arc<AtomicUsize>) {
    let account = account(mode);
    let (finished, calls) = (Arc::new(AtomicUsize::new(0)), AtomicUsize::new(0));
    let (done, calls) = (finished.clone(), Arc::new(calls));
    let handler = move |_: WechatMessage| {
        let (done, call) = (done.clone(), calls.fetch_add(1, Ordering::Relaxed));
        async move {
            let seconds = seconds.get(call).or(seconds.last()).copied().unwrap_or_default();
            tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
            done.fetch_add(1, Ordering::Relaxed);
            TextReply::new(format!("第{}次", call + 1))
        }
    };
    let layer =
        WechatLayer::new(callback(&account)).late_reply(wechat_tower::late_reply::LateReply::RunAgain);
    let app = Router::new().route("/weixin", post(handler).layer(layer));
    (FakeWechat::new(account, ServiceTarget::new(app, "/weixin")), finished)
}

fn times(exchange: &wechat_sim::Exchange) -> Vec<(u64, u64)> {
    exchange.deliveries.iter().map(|delivery| (delivery.started_ms, delivery.took_ms)).collect()
}

#[tokio::test(start_paused = true)]
async fn an_answer_within_five_seconds_is_the_only_delivery() {
    for mode in Mode::ALL {
        let (wechat, _) = slow_bot(mode, &[4.9]);
        let exchange = wechat.fan("小明").text("你好").await.expect("reached");
        exchange.expect_text("第1次").expect_deliveries(1);
        assert_eq!(times(&exchange), [(0, 4900)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_bot_that_is_slow_once_is_asked_twice() {
    for mode in Mode::ALL {
        let (wechat, finished) = slow_bot(mode, &[6.0, 1.0]);
        let exchange = wechat.fan("小明").text("你好").await.expect("reached");
        exchange.expect_text("第2次").expect_deliveries(2).expect_within(Duration::from_secs(6));
        assert_eq!(times(&exchange), [(0, 5000), (5000, 1000)]);
        // WeChat hung up, so the first call of this handler never returned.
        assert_eq!(finished.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_bot_that_is_always_slow_is_asked_three_times_and_the_user_sees_the_failure_notice() {
    let (wechat, _) = slow_bot(Mode::Safe, &[6.0]);
    let exchange = wechat.fan("小明").text("你好").await.expect("reached");
    exchange.expect_failure_notice().expect_deliveries(3);
    assert_eq!(times(&exchange), [(0, 5000), (5000, 5000), (10_000, 5000)]);
    let failed: Vec<_> = exchange.failures().map(|check| check.name).collect();
    assert_eq!(failed, [CheckName::Answered]);
    assert_eq!(wechat_sim::FAILURE_NOTICE, "该公众号提供的服务出现故障，请稍后再试");
}

#[test]
fn an_actix_app_is_hung_up_on_and_asked_again_too() {
    paused(async {
        let account = account(Mode::Safe);
        let wechat = FakeWechat::new(account.clone(), actix_slow(&account, Duration::from_secs(6)).await);
        let exchange = wechat.fan("小明").text("你好").await.expect("reached");
        exchange.expect_failure_notice().expect_deliveries(3);
    });
}

#[tokio::test(start_paused = true)]
async fn a_repeat_is_the_same_to_the_byte_unless_it_is_signed_anew() {
    for (sign_anew, same) in [(false, true), (true, false)] {
        let (wechat, _) = slow_bot(Mode::Safe, &[6.0]);
        let mut policy = Policy::default();
        policy.sign_anew = sign_anew;
        let exchange = wechat.with_policy(policy).fan("小明").text("你好").await.expect("reached");
        let [one, two, three] = &exchange.deliveries[..] else { panic!("three deliveries") };
        for (one, other) in [(one, two), (two, three)] {
            assert_eq!(one.request == other.request, same);
            assert_eq!(one.signatures == other.signatures, same);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn time_out_interval_and_count_are_settings() {
    let (wechat, _) = slow_bot(Mode::Plain, &[6.0]);
    let mut policy = Policy::once();
    policy.timeout = Duration::from_secs(1);
    policy.interval = Duration::from_secs(3);
    policy.deliveries = 2;
    let exchange = wechat.with_policy(policy).fan("小明").text("你好").await.expect("reached");
    assert_eq!(times(&exchange), [(0, 1000), (3000, 1000)]);
}

#[tokio::test]
async fn an_answer_of_200_that_wechat_does_not_take_is_final() {
    let app = Router::new().route("/weixin", post(async || "oops"));
    let wechat = FakeWechat::new(account(Mode::Safe), ServiceTarget::new(app, "/weixin"));
    let exchange = wechat.fan("小明").text("你好").await.expect("reached");
    exchange.expect_failure_notice().expect_deliveries(1);
    let failed: Vec<_> = exchange.failures().map(|check| check.name).collect();
    assert_eq!(failed, [CheckName::Acknowledgement]);
}

#[tokio::test(start_paused = true)]
async fn another_status_than_200_is_repeated_at_once_with_the_same_request_up_to_four_in_all() {
    for status in [StatusCode::CREATED, StatusCode::FORBIDDEN, StatusCode::SERVICE_UNAVAILABLE] {
        let app = Router::new().route("/weixin", post(async move || (status, "success")));
        let wechat = FakeWechat::new(account(Mode::Safe), ServiceTarget::new(app, "/weixin"));
        let mut policy = Policy::default();
        policy.sign_anew = true;
        let exchange = wechat.with_policy(policy).fan("小明").text("你好").await.expect("reached");
        exchange.expect_failure_notice().expect_deliveries(4);
        assert_eq!(times(&exchange), [(0, 0); 4]);
        let failed: Vec<_> = exchange.failures().map(|check| check.name).collect();
        assert_eq!(failed, [CheckName::Status]);
        let requests: Vec<_> = exchange.deliveries.iter().map(|delivery| &delivery.request).collect();
        assert!(requests.windows(2).all(|pair| pair[0] == pair[1]));
    }
}

/// As with a bot that is starting, or a load balancer with one dead process.
#[tokio::test(start_paused = true)]
async fn a_bot_that_answers_the_second_request_well_is_heard() {
    let calls = AtomicUsize::new(0);
    let account = account(Mode::Safe);
    let layer = WechatLayer::new(callback(&account));
    let bot = Router::new().route("/weixin", post(async || TextReply::new("好")).layer(layer));
    let calls = Arc::new(calls);
    let app = Router::new().fallback(move |request: axum::extract::Request| {
        let (bot, call) = (bot.clone(), calls.fetch_add(1, Ordering::Relaxed));
        async move {
            match call {
                0 => StatusCode::BAD_GATEWAY.into_response(),
                _ => bot.oneshot(request).await.into_response(),
            }
        }
    });
    let wechat = FakeWechat::new(account, ServiceTarget::new(app, "/weixin"));
    let exchange = wechat.fan("小明").text("你好").await.expect("reached");
    exchange.expect_text("好").expect_deliveries(2);
}

/// A target whose connections are lost at once, except for the last one, which is answered.
struct Breaking(Mutex<Vec<Result<Answer, SendError>>>);

impl Target for Breaking {
    fn url(&self) -> &str {
        "http://127.0.0.1/weixin"
    }

    async fn send(&self, _: Request) -> Result<Answer, SendError> {
        self.0.lock().expect("one at a time").remove(0)
    }
}

fn broken() -> Result<Answer, SendError> {
    Err(SendError::Broken(ConnectionError::Reset))
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_off_is_repeated_five_seconds_on() {
    let answer = Answer { status: 200, headers: vec![], body: "success".into(), truncated: false };
    let target = Breaking(Mutex::new(vec![broken(), broken(), Ok(answer)]));
    let wechat = FakeWechat::new(account(Mode::Safe), target);
    let exchange = wechat.fan("小明").text("你好").await.expect("reached");
    exchange.expect_nothing().expect_deliveries(3);
    assert_eq!(times(&exchange), [(0, 0), (5000, 0), (10_000, 0)]);
}

#[tokio::test]
async fn a_bot_that_is_not_there_is_an_error_and_asked_once() {
    let target = Breaking(Mutex::new(vec![Err(SendError::Unreachable(ConnectionError::Refused))]));
    let wechat = FakeWechat::new(account(Mode::Safe), target);
    let error = wechat.fan("小明").text("你好").await.expect_err("not reached");
    assert_eq!(error, SendError::Unreachable(ConnectionError::Refused));
}

#[tokio::test(start_paused = true)]
async fn each_delivery_is_told_as_it_begins_and_ends() {
    let (wechat, _) = slow_bot(Mode::Safe, &[6.0, 1.0]);
    let push = wechat.wechat().push(&Message::text("你好"), "o1");
    let mut told = Vec::new();
    let watch = |progress: Progress<'_>| {
        told.push(match progress {
            Progress::Started { number, .. } => format!("{number} begins"),
            Progress::Ended(delivery) => match delivery.ending {
                Ending::TimedOut => format!("{} times out", delivery.number),
                _ => format!("{} ends", delivery.number),
            },
            _ => "something new".to_owned(),
        });
    };
    wechat.wechat().deliver(push, wechat.target(), watch).await;
    assert_eq!(told, ["1 begins", "1 times out", "2 begins", "2 ends"]);
}

#[tokio::test(start_paused = true)]
async fn a_record_is_json_and_holds_no_secret() {
    for mode in Mode::ALL {
        let (wechat, _) = slow_bot(mode, &[6.0, 1.0]);
        let exchange = wechat.fan("小明").text("你好").await.expect("reached");
        let json = serde_json::to_string_pretty(&exchange).expect("JSON");
        for part in ["第2次", "timed_out", "answered", "msg-type", "signatures"] {
            assert!(json.contains(part), "{part}: {json}");
        }
        let account = wechat.wechat().account();
        for secret in [account.token(), account.encoding_aes_key()] {
            assert!(!json.contains(secret) && !format!("{exchange:?}{wechat:?}").contains(secret));
        }
    }
}

#[tokio::test]
async fn a_test_that_fails_says_what_was_there() {
    let (wechat, _) = slow_bot(Mode::Safe, &[0.0]);
    let exchange = wechat.fan("小明").text("你好").await.expect("reached");
    let panic = std::panic::catch_unwind(|| {
        exchange.expect_text("再见");
    });
    let message = *panic.expect_err("another text").downcast::<String>().expect("a message");
    assert!(
        message.contains("再见") && message.contains("第1次") && message.contains("delivery 1 answered 200"),
        "{message}"
    );
}

#[test]
fn wechats_numbers_are_the_default() {
    let Policy { timeout, interval, deliveries, deliveries_after_bad_status, sign_anew, .. } =
        Policy::default();
    assert_eq!((timeout, interval), (Duration::from_secs(5), Duration::from_secs(5)));
    assert_eq!((deliveries, deliveries_after_bad_status, sign_anew), (3, 4, false));
    assert_eq!(Wechat::new(account(Mode::Safe)).policy(), &Policy::default());
}
