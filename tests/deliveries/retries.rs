//! Retries join: the handler runs once, outlives the connection, and its answer reaches the user.

use crate::support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::deliveries::{
    Adapter, App, Heard, Middleware, Nothing, OTHER_USER, PATIENCE, RETRIES, Retry, Slow, Stage, Success,
    USER, everywhere, from, on_adapters, paused, says, seconds, tenths,
};
use support::made::Made;
use support::{Push, Wechat, text};
use tokio::time::{Instant, timeout};
use wechat_callback::delivery::MemoryStore;
use wechat_callback::late_reply::RetrySchedule;
use wechat_callback::server::{Engine, Request};
use wechat_callback::{Reply, SecurityMode, TextReply};

async fn slow_app(middleware: &Middleware) -> (App, Slow) {
    let slow = Slow::default();
    (middleware.around(slow.handler()).await, slow)
}

#[test]
fn a_handler_of_2_7_or_12_seconds_runs_once_and_delivery_1_2_or_3_carries_its_answer() {
    everywhere(async |stage| {
        for retry in RETRIES {
            let (app, slow) = slow_app(&stage.middleware()).await;
            let deliver = |said| app.deliver(stage.wechat.deliveries(&text(said), retry));
            assert_eq!(deliver("2 好").await, [(2.0, says("好"))]);
            assert_eq!(deliver("7 好").await, [(5.0, Nothing), (7.0, says("好"))]);
            assert_eq!(deliver("12 好").await, [(5.0, Nothing), (10.0, Nothing), (12.0, says("好"))]);
            assert_eq!(slow.begun(), ["2 好", "7 好", "12 好"]);
        }
    });
}

#[test]
fn a_handler_of_20_seconds_runs_once_to_its_end_and_the_third_delivery_is_answered_success_at_its_4500_ms() {
    everywhere(async |stage| {
        for retry in RETRIES {
            let (app, slow) = slow_app(&stage.middleware()).await;
            let deliveries = app.deliver(stage.wechat.deliveries(&text("20 好"), retry)).await;
            assert_eq!(deliveries, [(5.0, Nothing), (10.0, Nothing), (14.5, Success)]);
            assert!(slow.ended().is_empty());
            seconds(6.0).await;
            assert_eq!((slow.begun().len(), slow.ended().len()), (1, 1));
        }
    });
}

#[test]
fn a_quick_answer_comes_again_for_a_minute_and_then_the_push_is_a_new_one() {
    everywhere(async |stage| {
        let (app, slow) = slow_app(&stage.middleware()).await;
        let push = stage.wechat.push(&text("你好"));
        for at in [0.0, 5.0, 54.0] {
            seconds(at).await;
            assert_eq!(app.ask(push.clone()).await, says(">你好"));
        }
        assert_eq!(slow.begun().len(), 1);
        seconds(1.1).await;
        assert_eq!(app.ask(push).await, says(">你好"));
        assert_eq!(slow.begun().len(), 2);
    });
}

/// The contents, not the bytes: each delivery is sealed afresh.
#[test]
fn a_hundred_copies_at_once_are_one_run_and_one_answer() {
    everywhere(async |stage| {
        for (said, retry) in [("1 好", Retry::Same), ("1 好", Retry::Fresh), ("好", Retry::Same)] {
            let (app, slow) = slow_app(&stage.middleware()).await;
            let xml = text(said);
            let push = stage.wechat.push(&xml);
            let copies = (0..100).map(|_| match retry {
                Retry::Same => push.clone(),
                Retry::Fresh => stage.wechat.push_afresh(&xml),
            });
            let heard = futures_util::future::join_all(copies.map(|copy| app.deliver_once(copy))).await;
            let answer = if said == "1 好" { says("好") } else { says(">好") };
            assert_eq!(heard, vec![answer; 100]);
            assert_eq!(slow.begun(), [said]);
        }
    });
}

#[test]
fn what_the_handler_does_after_the_connection_is_gone_happens() {
    everywhere(async |stage| {
        let after = Arc::new(AtomicUsize::new(0));
        let counted = after.clone();
        let handler = move |_| {
            let counted = counted.clone();
            async move {
                for _ in 0..3 {
                    seconds(2.0).await;
                    counted.fetch_add(1, Ordering::Relaxed);
                }
                Reply::None
            }
        };
        let app = stage.middleware().around(handler).await;
        let push = stage.wechat.push(&text("x"));
        assert_eq!(app.deliver_for(Duration::from_secs(3), push.clone()).await, Nothing);
        assert_eq!(after.load(Ordering::Relaxed), 1);
        seconds(3.5).await;
        assert_eq!(after.load(Ordering::Relaxed), 3);
        assert_eq!(app.deliver_once(push).await, Success);
        assert_eq!(after.load(Ordering::Relaxed), 3);
    });
}

#[test]
fn a_run_goes_on_when_the_app_is_gone_too() {
    everywhere(async |stage| {
        let (app, slow) = slow_app(&stage.middleware()).await;
        let push = stage.wechat.push(&text("3 好"));
        assert_eq!(app.deliver_for(Duration::from_secs(1), push).await, Nothing);
        drop(app);
        seconds(3.0).await;
        assert_eq!(slow.ended().len(), 1);
    });
}

fn click(created: u32, key: &str) -> String {
    format!(
        "<xml><ToUserName>gh_1ea4fc76af61</ToUserName><FromUserName>{USER}</FromUserName>\
         <CreateTime>{created}</CreateTime><MsgType>event</MsgType><Event>CLICK</Event>\
         <EventKey>{key}</EventKey></xml>"
    )
}

#[test]
fn two_events_of_one_user_in_one_second_are_two_runs_and_a_repeated_one_is_one() {
    everywhere(async |stage| {
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = runs.clone();
        let handler = move |message: wechat_callback::Message| {
            counted.fetch_add(1, Ordering::Relaxed);
            let key = message.fields().get("EventKey").unwrap_or_default().to_owned();
            async move { TextReply::new(key) }
        };
        let app = stage.middleware().around(handler).await;
        let (first, second) = (click(1_714_036_504, "V1001"), click(1_714_036_504, "V1002"));
        for xml in [&first, &second, &first, &second] {
            let key = if *xml == first { "V1001" } else { "V1002" };
            assert_eq!(app.deliver_once(stage.wechat.push_afresh(xml)).await, says(key));
        }
        assert_eq!(runs.load(Ordering::Relaxed), 2);
        app.deliver_once(stage.wechat.push(&click(1_714_036_505, "V1001"))).await;
        assert_eq!(runs.load(Ordering::Relaxed), 3);
    });
}

#[test]
fn one_msgid_from_two_users_is_two_runs() {
    everywhere(async |stage| {
        let (app, slow) = slow_app(&stage.middleware()).await;
        let xml = text("1 好");
        let other = from(OTHER_USER, &xml).replace("1 好", "1 坏");
        let heard = tokio::join!(
            app.deliver_once(stage.wechat.push(&xml)),
            app.deliver_once(stage.wechat.push(&other))
        );
        assert_eq!(heard, (says("好"), says("坏")));
        assert_eq!(slow.begun(), ["1 好", "1 坏"]);
    });
}

#[test]
fn a_message_without_msgid_and_createtime_is_handled_each_time() {
    everywhere(async |stage| {
        let (app, slow) = slow_app(&stage.middleware()).await;
        let xml = format!(
            "<xml><ToUserName>gh_1ea4fc76af61</ToUserName><FromUserName>{USER}</FromUserName>\
             <MsgType>text</MsgType><Content>好</Content></xml>"
        );
        for runs in 1..3 {
            assert_eq!(app.deliver_once(stage.wechat.push_afresh(&xml)).await, says(">好"));
            assert_eq!(slow.begun().len(), runs);
        }
    });
}

#[test]
fn a_forged_push_does_not_take_the_real_ones_place() {
    everywhere(async |stage| {
        let (app, slow) = slow_app(&stage.middleware()).await;
        let xml = text("你好");
        let forger = Wechat { token: "aGuessedToken123".to_owned(), ..stage.wechat.clone() };
        assert_eq!(app.deliver_once(forger.push(&xml)).await, Heard::Refused(403));
        let mut cut = stage.wechat.push(&xml);
        cut.query = cut.query.replace("signature=", "signature=0");
        assert_eq!(app.deliver_once(cut).await, Heard::Refused(403));
        assert_eq!(slow.begun().len(), 0);
        assert_eq!(app.deliver_once(stage.wechat.push(&xml)).await, says(">你好"));
        assert_eq!(slow.begun(), ["你好"]);
    });
}

/// Joins the deliveries of one push, of which each app gets one.
async fn assert_they_join(wechat: &Wechat, first: &Middleware, second: &Middleware) {
    let slow = Slow::default();
    let (first, second) = (first.around(slow.handler()).await, second.around(slow.handler()).await);
    let [one, two, _] = wechat.deliveries(&text("7 好"), Retry::Same);
    assert_eq!(first.deliver_once(one).await, Nothing);
    assert_eq!(second.deliver_once(two).await, says("好"));
    assert_eq!(slow.begun().len(), 1);
}

#[test]
fn middlewares_of_one_callback_answer_as_one() {
    everywhere(async |stage| {
        let callback = stage.wechat.callback();
        let [first, second] = [(); 2].map(|()| stage.middleware_of(callback.clone()));
        assert_they_join(&stage.wechat, &first, &second).await;
    });
}

#[test]
fn middlewares_of_one_store_answer_as_one() {
    everywhere(async |stage| {
        let store = MemoryStore::new();
        let [first, second] = [(); 2].map(|()| stage.middleware().store(store.clone()));
        assert_they_join(&stage.wechat, &first, &second).await;
    });
}

#[test]
fn both_frameworks_of_one_process_answer_as_one() {
    let wechat = Wechat::new(SecurityMode::Safe);
    let callback = wechat.callback();
    let of = |adapter| Stage { adapter, wechat: wechat.clone() }.middleware_of(callback.clone());
    let (tower, actix) = (of(Adapter::Tower), of(Adapter::Actix));
    paused(async {
        assert_they_join(&wechat, &tower, &actix).await;
        assert_they_join(&wechat, &actix, &tower).await;
    });
}

#[test]
fn a_response_of_the_handlers_own_goes_to_the_first_delivery_untouched_and_a_repeat_is_answered_success() {
    on_adapters(async |stage| {
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = runs.clone();
        let handler = move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            async { Made::new(200, "text/html", "my own") }
        };
        let app = stage.middleware().around(handler).await;
        let push = stage.wechat.push(&text("x"));
        let Heard::Own(own) = app.deliver_once(push.clone()).await else { panic!("the handler's own") };
        assert_eq!((own.status, own.body.as_str()), (200, "my own"));
        assert_eq!(own.header("content-type"), Some("text/html"));
        assert_eq!(app.deliver_once(push).await, Success);
        assert_eq!(runs.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn run_again_each_runs_for_itself_and_ends_with_its_connection() {
    everywhere(async |stage| {
        let (app, slow) = slow_app(&stage.middleware().run_again()).await;
        let deliveries = app.deliver(stage.wechat.deliveries(&text("7 好"), Retry::Same)).await;
        assert_eq!(deliveries, [(5.0, Nothing), (10.0, Nothing), (15.0, Nothing)]);
        seconds(10.0).await;
        assert_eq!((slow.begun().len(), slow.ended().len()), (3, 0));
        let push = stage.wechat.push(&text("好"));
        for _ in 0..2 {
            assert_eq!(app.deliver_once(push.clone()).await, says(">好"));
        }
        assert_eq!(slow.begun().len(), 5);
    });
}

/// A proxy makes several of one, or a request is played again: WeChat still asks two more times.
#[test]
fn copies_are_not_taken_for_the_last_delivery() {
    everywhere(async |stage| {
        let slow = Slow::default();
        let app = stage.middleware().around(slow.handler()).await;
        let push = stage.wechat.push(&text("12 好"));
        let copies = tokio::join!(
            app.deliver_once(push.clone()),
            app.deliver_once(push.clone()),
            app.deliver_once(push.clone()),
        );
        assert_eq!(copies, (Nothing, Nothing, Nothing), "nobody is told success before the time");
        assert_eq!(app.deliver_once(push.clone()).await, Nothing);
        assert_eq!(app.deliver_once(push).await, says("好"));
        assert_eq!(slow.begun().len(), 1);
    });
}

/// The second one never arrives.
#[test]
fn the_last_delivery_is_known_where_one_is_lost_on_its_way() {
    everywhere(async |stage| {
        let slow = Slow::default();
        let app = stage.middleware().around(slow.handler()).await;
        let push = stage.wechat.push(&text("20 好"));
        assert_eq!(app.deliver_once(push.clone()).await, Nothing);
        seconds(5.0).await;
        assert_eq!(app.deliver_once(push).await, Success);
    });
}

#[test]
fn the_numbers_are_settings() {
    everywhere(async |stage| {
        let slow = Slow::default();
        let schedule = RetrySchedule::new()
            .timeout(Duration::from_secs(2))
            .deliveries(2)
            .answer_within(Duration::from_millis(1500));
        let app = stage.middleware().retry_schedule(schedule).around(slow.handler()).await;
        let push = stage.wechat.push(&text("9 好"));
        assert_eq!(app.deliver_for(Duration::from_secs(2), push.clone()).await, Nothing);
        let second = Instant::now();
        assert_eq!(app.deliver_for(Duration::from_secs(2), push).await, Success);
        assert_eq!(second.elapsed().as_millis() / 10, 150);
        let endless = RetrySchedule::new().timeout(Duration::MAX).answer_within(Duration::MAX);
        let app = stage.middleware().retry_schedule(endless).around(slow.handler()).await;
        assert_eq!(app.deliver_once(stage.wechat.push(&text("4 好"))).await, says("好"));
    });
}

/// When each of the deliveries of a push is answered whose bodies take so long on their way, or hung up on. WeChat hangs
/// up five seconds after it began to send.
async fn with_bodies_on_their_way(handler_takes: u32, bodies: [f64; 3]) -> Vec<(f64, bool)> {
    let (wechat, slow) = (Wechat::new(SecurityMode::Plain), Slow::default());
    let engine = Engine::new(wechat.callback());
    let Push { query, body } = wechat.push(&text(&format!("{handler_takes} 好")));
    let (start, mut heard) = (Instant::now(), Vec::new());
    for on_its_way in bodies {
        let (arrived, handler) = (Instant::now(), slow.handler());
        seconds(on_its_way).await;
        let handler = async move |message| Ok(handler(message).await);
        let request = Request::new("POST", "/weixin", &query, &body).arrived(arrived.into_std());
        let answer = engine.handle(request, handler);
        let answer = timeout(PATIENCE - arrived.elapsed(), answer).await;
        heard.push((tenths(start.elapsed()), answer.is_ok()));
        if answer.is_ok() {
            break;
        }
    }
    heard
}

#[test]
fn which_delivery_is_the_last_does_not_hang_on_how_long_bodies_are_on_their_way() {
    for (handler_takes, bodies, end) in [
        (30, [4.0, 0.0, 0.0], 14.5),
        (30, [4.0, 4.0, 4.0], 14.5),
        (12, [0.0, 4.0, 0.0], 12.0),
        (12, [0.0, 4.0, 1.0], 12.0),
    ] {
        let heard = paused(with_bodies_on_their_way(handler_takes, bodies));
        assert_eq!(heard, [(5.0, false), (10.0, false), (end, true)], "{bodies:?}");
    }
}
