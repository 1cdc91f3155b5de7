//! Answers that stream, told by two processes that share a Redis. In real time: a paused clock knows no sockets.

use crate::support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use support::aibot::{Bot, Shown};
use support::deliveries::{ADAPTERS, Adapter, App, Heard, Middleware, Nothing, Retry, Stage, from, says};
use support::redis_server::RedisServer;
use support::{Wechat, text};
use tokio::time::{sleep, timeout};
use wechat_callback::late_reply::{FetchWord, LateReply, RetrySchedule};
use wechat_callback::{Message, SecurityMode, StreamReply, TextReply};
use wechat_redis::RedisStore;

const NOTICE: &str = "还在想";
const MARK: &str = "\n……【继续】";
/// How long anything may take before WeChat or WeCom gives it up.
const PATIENCE: Duration = Duration::from_secs(5);

fn sentence(number: u32) -> String {
    format!("这是第{number}句话。")
}

fn whole(count: u32) -> String {
    (0..count).map(sentence).collect()
}

/// Says so many sentences, in pieces of a few characters: four sentences a second.
fn speak(count: u32) -> StreamReply {
    StreamReply::from_fn(move |out| async move {
        for number in 0..count {
            for piece in sentence(number).split_inclusive('第') {
                sleep(Duration::from_millis(125)).await;
                out.push(piece).await;
            }
        }
    })
}

/// Two processes, and what they share.
struct Processes {
    redis: RedisServer,
    apps: [App; 2],
    runs: Arc<AtomicUsize>,
}

impl Processes {
    /// `None` where redis-server is not installed; in CI that is a failure.
    async fn start(middleware: impl Fn() -> Middleware) -> Option<Self> {
        let redis = RedisServer::start()?;
        let url = format!("redis://127.0.0.1:{}/", redis.port);
        let runs = Arc::<AtomicUsize>::default();
        let app = async || {
            let middleware = middleware().store(RedisStore::connect(&url).expect("a URL"));
            let runs = runs.clone();
            let handler = move |message: Message| {
                let text = message.text().unwrap_or_default().to_owned();
                runs.fetch_add(usize::from(text != "继续"), Ordering::SeqCst);
                async move {
                    match text.parse() {
                        Ok(count) => speak(count),
                        Err(_) => StreamReply::from_fn(move |out| async move { out.push(">").await }),
                    }
                }
            };
            middleware.around(handler).await
        };
        let apps = [app().await, app().await];
        Some(Self { redis, apps, runs })
    }

    fn flush(&self) {
        let mut connection = TcpStream::connect(("127.0.0.1", self.redis.port)).expect("it listens");
        connection.write_all(b"FLUSHALL\r\n").expect("it reads");
        let mut answer = [0; 5];
        connection.read_exact(&mut answer).expect("an answer");
        assert_eq!(&answer, b"+OK\r\n");
    }

    fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }
}

/// Plays `test` on both adapters, beside each other, on the clock of this world.
fn on_adapters(test: impl AsyncFn(Adapter) + Send + Sync) {
    std::thread::scope(|scope| {
        for adapter in ADAPTERS {
            let test = &test;
            scope.spawn(move || {
                let mut builder = tokio::runtime::Builder::new_current_thread();
                let runtime = builder.enable_all().build().expect("a runtime");
                tokio::task::LocalSet::new().block_on(&runtime, test(adapter));
            });
        }
    });
}

async fn bots(adapter: Adapter, bot: &Bot) -> Option<Processes> {
    let stage = Stage { adapter, wechat: Wechat::new(SecurityMode::Safe) };
    Processes::start(|| stage.middleware_of(bot.callback())).await
}

/// What is shown by a refresh, which is answered in time whatever happens.
async fn refresh(bot: &Bot, app: &App, id: &str, whole: &str) -> Option<Shown> {
    let message = bot.refresh(id);
    let shown = timeout(PATIENCE, bot.show(app, &message)).await.expect("it is answered in time")?;
    assert!(whole.starts_with(&shown.content), "{shown:?}");
    assert_eq!(shown.is_finished, shown.content == whole, "{shown:?}");
    Some(shown)
}

/// Refreshes come to both in turn until both say that it is finished. `happens` is told how many there were, four a second. Returns
/// what was shown, and by which.
async fn watch(
    bot: &Bot,
    processes: &mut Processes,
    count: u32,
    mut happens: impl FnMut(usize, &mut Processes),
) -> Vec<(usize, Shown)> {
    let whole = whole(count);
    let first = bot.show(&processes.apps[0], &bot.message(&count.to_string())).await.expect("an answer");
    let mut shown = Vec::new();
    for turn in 0..80_usize {
        happens(turn, processes);
        let which = turn % 2;
        if let Some(now) = refresh(bot, &processes.apps[which], &first.id, &whole).await {
            assert_eq!(now.id, first.id);
            shown.push((which, now));
        }
        let has_ended = |which| shown.iter().any(|(by, shown)| *by == which && shown.is_finished);
        if has_ended(0) && has_ended(1) {
            return shown;
        }
        sleep(Duration::from_millis(250)).await;
    }
    panic!("it has no end in both: {shown:?}");
}

#[test]
fn the_bubble_grows_whichever_process_is_asked_and_the_handler_runs_once() {
    on_adapters(async |adapter| {
        let bot = Bot::new();
        let Some(mut processes) = bots(adapter, &bot).await else { return };
        let shown = watch(&bot, &mut processes, 8, |_, _| {}).await;
        for which in [0, 1] {
            let texts: Vec<_> =
                shown.iter().filter(|(by, _)| *by == which).map(|(_, shown)| &shown.content).collect();
            assert!(texts.windows(2).all(|two| two[1].starts_with(two[0].as_str())), "it grows: {texts:?}");
            assert!(texts.len() >= 3 && texts[0] != texts[1], "while it is said: {texts:?}");
        }
        assert_eq!(processes.runs(), 1);
    });
}

/// Nothing but a process that died ends a bubble early.
#[test]
fn a_redis_that_is_flushed_in_mid_stream_loses_nothing() {
    on_adapters(async |adapter| {
        let bot = Bot::new();
        let Some(mut processes) = bots(adapter, &bot).await else { return };
        watch(&bot, &mut processes, 12, |turn, processes| {
            if [2, 5].contains(&turn) {
                processes.flush();
            }
        })
        .await;
        assert_eq!(processes.runs(), 1);
    });
}

#[test]
fn a_redis_that_is_killed_in_mid_stream_leaves_no_refresh_unanswered_and_has_the_whole_when_it_is_back() {
    on_adapters(async |adapter| {
        let bot = Bot::new();
        let Some(mut processes) = bots(adapter, &bot).await else { return };
        watch(&bot, &mut processes, 24, |turn, processes| match turn {
            2 => processes.redis.kill(),
            8 => assert!(processes.redis.run()),
            _ => {}
        })
        .await;
        assert_eq!(processes.runs(), 1);
    });
}

#[test]
fn what_is_finished_while_redis_is_away_is_told_by_all_when_it_is_back() {
    on_adapters(async |adapter| {
        let bot = Bot::new();
        let Some(mut processes) = bots(adapter, &bot).await else { return };
        watch(&bot, &mut processes, 8, |turn, processes| match turn {
            2 => processes.redis.kill(),
            12 => assert!(processes.redis.run()),
            _ => {}
        })
        .await;
        assert_eq!(processes.runs(), 1);
    });
}

#[test]
fn a_redis_that_hangs_in_mid_stream_keeps_no_refresh_waiting_and_has_the_whole_when_it_goes_on() {
    on_adapters(async |adapter| {
        let bot = Bot::new();
        let Some(mut processes) = bots(adapter, &bot).await else { return };
        watch(&bot, &mut processes, 32, |turn, processes| match turn {
            2 => processes.redis.signal("-STOP"),
            8 => processes.redis.signal("-CONT"),
            _ => {}
        })
        .await;
        assert_eq!(processes.runs(), 1);
    });
}

async fn accounts(adapter: Adapter) -> Option<(Wechat, Processes)> {
    let wechat = Wechat::new(SecurityMode::Safe);
    let stage = Stage { adapter, wechat: wechat.clone() };
    let schedule = RetrySchedule::new().timeout(TIMEOUT).answer_within(Duration::from_millis(800));
    let middleware = || {
        let word = FetchWord::new("继续", TextReply::new(NOTICE));
        stage.middleware().late_reply(LateReply::Fetch(word)).retry_schedule(schedule)
    };
    Some((wechat, Processes::start(middleware).await?))
}

/// How long this WeChat waits for each answer.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The word is written to both in turn, until all was told. Adds up what is told.
async fn ask_for_the_rest(wechat: &Wechat, processes: &Processes, mut said: String, whole: &str) {
    for turn in 0..60 {
        if said == whole {
            return;
        }
        let asked = timeout(PATIENCE, processes.apps[1 - turn % 2].ask(wechat.push(&text("继续"))));
        match asked.await.expect("it is answered in time") {
            Heard::Text(told) if told == NOTICE => {}
            Heard::Text(told) => said.push_str(told.strip_suffix(MARK).unwrap_or(&told)),
            other => panic!("{other:?}"),
        }
        assert!(whole.starts_with(&said), "each character once and in order: {said}");
        sleep(Duration::from_millis(300)).await;
    }
    panic!("it has no end: {said}");
}

/// Delivery 1 comes to the one, 2 and 3 to the other, which tells what the first says so far.
#[test]
fn the_word_brings_what_another_process_says_so_far_and_then_the_rest() {
    on_adapters(async |adapter| {
        let Some((wechat, processes)) = accounts(adapter).await else { return };
        let (xml, [a, b]) = (text("24"), &processes.apps);
        assert_eq!(a.deliver_for(TIMEOUT, wechat.push(&xml)).await, Nothing);
        assert_eq!(b.deliver_for(TIMEOUT, wechat.push(&xml)).await, Nothing);
        let Heard::Text(told) = b.deliver_for(TIMEOUT, wechat.push(&xml)).await else {
            panic!("the last delivery is answered");
        };
        let said = told.strip_suffix(MARK).expect("more is to come");
        assert!(said.contains("第3句") && said.ends_with('。'), "{said}");
        ask_for_the_rest(&wechat, &processes, said.to_owned(), &whole(24)).await;
        assert_eq!(b.ask(wechat.push(&text("继续"))).await, says(">"), "nothing is left");
        assert_eq!(processes.runs(), 1);
    });
}

#[test]
fn what_is_done_in_time_is_told_by_whichever_process_the_next_delivery_reaches() {
    on_adapters(async |adapter| {
        let Some((wechat, processes)) = accounts(adapter).await else { return };
        let (xml, [a, b]) = (text("6"), &processes.apps);
        assert_eq!(a.deliver_for(TIMEOUT, wechat.push(&xml)).await, Nothing);
        assert_eq!(b.deliver_for(TIMEOUT, wechat.push(&xml)).await, says(whole(6)));
        assert_eq!(processes.runs(), 1);
    });
}

/// The bubble, shown by both in turn, of a reply of so many sentences.
async fn grows(bot: &Bot, processes: &Processes, count: u32) {
    let whole = whole(count);
    let first = bot.show(&processes.apps[0], &bot.message(&count.to_string())).await.expect("an answer");
    let mut shown = String::new();
    for turn in 0..usize::MAX {
        sleep(Duration::from_millis(500)).await;
        let Some(now) = refresh(bot, &processes.apps[turn % 2], &first.id, &whole).await else { continue };
        if now.is_finished && shown == whole {
            return;
        }
        shown = now.content;
    }
}

/// What the user of an Official Account reads, whose deliveries and words go to both in turn.
async fn is_told(wechat: &Wechat, processes: &Processes, user: &str, count: u32) {
    let mut told = Nothing;
    for (number, push) in
        wechat.deliveries(&from(user, &text(&count.to_string())), Retry::Same).into_iter().enumerate()
    {
        told = processes.apps[number % 2].deliver_once(push).await;
        if told != Nothing {
            break;
        }
    }
    let mut said = String::new();
    for turn in 0..usize::MAX {
        let Heard::Text(text) = &told else { panic!("{told:?}") };
        if text != NOTICE {
            said.push_str(text.strip_suffix(MARK).unwrap_or(text));
        }
        if text != NOTICE && !text.ends_with(MARK) {
            break;
        }
        sleep(Duration::from_secs(1)).await;
        told = processes.apps[turn % 2].deliver_once(wechat.push(&from(user, &support::text("继续")))).await;
    }
    assert_eq!(said, whole(count));
}

/// As long as a model takes, on the clock of this world.
#[test]
fn replies_of_three_to_forty_seconds_reach_users_through_both_processes() {
    on_adapters(async |adapter| {
        let (bot, stage) = (Bot::new(), Stage { adapter, wechat: Wechat::new(SecurityMode::Safe) });
        let Some(bots) = bots(adapter, &bot).await else { return };
        let word = || FetchWord::new("继续", TextReply::new(NOTICE));
        let accounts = Processes::start(|| stage.middleware().late_reply(LateReply::Fetch(word()))).await;
        let Some(accounts) = accounts else { return };
        // Four sentences a second.
        let lengths = [3, 8, 13, 40].map(|seconds| seconds * 4);
        let bubbles = join_all(lengths.map(|count| grows(&bot, &bots, count)));
        let users = ["user-0", "user-1", "user-2", "user-3"];
        let told =
            users.iter().zip(lengths).map(|(user, count)| is_told(&stage.wechat, &accounts, user, count));
        tokio::join!(bubbles, join_all(told));
        assert_eq!((bots.runs(), accounts.runs()), (4, 4));
    });
}
