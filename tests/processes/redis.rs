//! Two bots on one Redis, as processes of their own, answer as one. In real seconds.

use crate::support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::redis_server::RedisServer;
use support::{Wechat, assert_text_reply, text};
use wechat_callback::SecurityMode;

use crate::example::{Example, command, variables};

const SECOND: Duration = Duration::from_secs(1);

/// How long WeChat waits.
const WECHAT: Duration = Duration::from_secs(5);

/// Which framework the first bot is in, and which the second.
const PAIRS: [[&str; 2]; 3] = [["axum", "axum"], ["actix", "actix"], ["actix", "axum"]];

#[test]
fn seven_seconds_reach_the_user_with_the_second_delivery() {
    thread::scope(|scope| {
        for pair in PAIRS {
            scope.spawn(move || {
                let Some(bots) = Bots::start(pair) else { return };
                bots.answers(&text("慢 7"), "想了 7 秒。", 2);
            });
        }
    });
}

#[test]
fn twelve_seconds_reach_the_user_with_the_third_delivery() {
    thread::scope(|scope| {
        for pair in PAIRS {
            scope.spawn(move || {
                let Some(bots) = Bots::start(pair) else { return };
                bots.answers(&text("慢 12"), "想了 12 秒。", 3);
            });
        }
    });
}

#[test]
fn the_next_delivery_runs_what_a_killed_bot_ran() {
    let Some(mut bots) = Bots::start(["axum", "actix"]) else { return };
    let (xml, start) = (text("慢 3"), Instant::now());
    let first = bots.bots[0].deliver_in_thread(&bots.wechat, &xml);
    wait_until(start + SECOND * 2);
    assert_eq!(bots.runs(), 1);
    bots.bots[0].example.kill();
    assert_eq!(first.join().expect("no panic"), None, "the connection breaks off");
    wait_until(start + WECHAT);
    let answer = bots.bots[1].deliver(&bots.wechat, &xml).expect("an answer to the second delivery");
    assert_text_reply(&bots.wechat.read(&answer), "想了 3 秒。");
    assert_eq!(bots.runs(), 2);
}

/// The user asks a little early, and the bot that they ask did not run the handler.
#[test]
fn what_one_bot_promised_the_other_tells() {
    let Some(bots) = Bots::start_late("fetch", ["axum", "actix"]) else { return };
    let [a, b] = &bots.bots;
    let (xml, start) = (text("慢 17"), Instant::now());
    assert_eq!(a.deliver(&bots.wechat, &xml), None);
    assert_eq!(b.deliver(&bots.wechat, &xml), None);
    let notice = a.deliver(&bots.wechat, &xml).expect("a notice in time");
    assert_text_reply(&bots.wechat.read(&notice), "还在想，过一会儿发“继续”来看。");
    let answer = b.deliver(&bots.wechat, &text("继续")).expect("the answer, once it is there");
    assert_text_reply(&bots.wechat.read(&answer), "想了 17 秒。");
    assert!((17..19).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    assert_eq!(bots.runs(), 1);
}

#[test]
fn a_bot_that_shuts_down_leaves_its_answer_to_the_other() {
    for framework in ["axum", "actix"] {
        let Some(mut bots) = Bots::start([framework, "axum"]) else { return };
        let (xml, start) = (text("慢 3"), Instant::now());
        let mut connection = bots.bots[0].send(&bots.wechat, &xml);
        wait_until(start + SECOND);
        assert!(bots.bots[0].example.terminate().success());
        // Its answer to the first delivery is lost on the way.
        let _ = connection.read(&mut [0]);
        drop(connection);
        wait_until(start + WECHAT);
        let answer = bots.bots[1].deliver(&bots.wechat, &xml).expect("an answer to the second delivery");
        assert!(start.elapsed() < WECHAT + SECOND / 2, "it is there");
        assert_text_reply(&bots.wechat.read(&answer), "想了 3 秒。");
        assert_eq!(bots.runs(), 1);
    }
}

fn wait_until(time: Instant) {
    thread::sleep(time.saturating_duration_since(Instant::now()));
}

/// Two processes and the Redis that they share.
struct Bots {
    wechat: Wechat,
    bots: [Bot; 2],
    _redis: RedisServer,
}

impl Bots {
    /// `None` where redis-server is not installed; in CI that is a failure.
    fn start(frameworks: [&str; 2]) -> Option<Self> {
        Self::start_late("drop", frameworks)
    }

    /// What is `late` is lost or claimed.
    fn start_late(late: &str, frameworks: [&str; 2]) -> Option<Self> {
        let redis = RedisServer::start()?;
        let wechat = Wechat::new(SecurityMode::Safe);
        let bots = frameworks.map(|framework| Bot::start(framework, late, &wechat, redis.port));
        Some(Self { wechat, bots, _redis: redis })
    }

    /// WeChat delivers the message to one and the other in turn until it is answered, which is with the
    /// `delivery`th. The handler runs once.
    fn answers(&self, xml: &str, reply: &str, delivery: u32) {
        let start = Instant::now();
        let bots = self.bots.iter().cycle();
        for (number, bot) in (1..=3).zip(bots) {
            wait_until(start + WECHAT * (number - 1));
            let answer = bot.deliver(&self.wechat, xml);
            if number < delivery {
                assert_eq!(answer, None, "WeChat hangs up on delivery {number}");
                continue;
            }
            let answer = answer.unwrap_or_else(|| panic!("no answer to delivery {number}"));
            assert_text_reply(&self.wechat.read(&answer), reply);
            break;
        }
        assert_eq!(self.runs(), 1);
    }

    /// How often a handler began to run.
    fn runs(&self) -> usize {
        self.bots.iter().map(|bot| bot.runs.load(Ordering::SeqCst)).sum()
    }
}

struct Bot {
    example: Example,
    runs: Arc<AtomicUsize>,
}

impl Bot {
    fn start(framework: &str, late: &str, wechat: &Wechat, redis: u16) -> Self {
        let mut example = Example::start(
            command("slow_bot")
                .args(["--framework", framework])
                .envs(variables(wechat))
                .env("REDIS_URL", format!("redis://127.0.0.1:{redis}/"))
                .env("RUST_LOG", "info")
                .env("LATE", late)
                .stderr(Stdio::piped()),
        );
        let (runs, stderr) = (Arc::<AtomicUsize>::default(), example.stderr());
        let counted = runs.clone();
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                eprintln!("{line}");
                counted.fetch_add(usize::from(line.contains("thinking")), Ordering::SeqCst);
            }
        });
        Self { example, runs }
    }

    /// Delivers the message as WeChat does, signed anew. `None` where there is no answer in time.
    fn deliver(&self, wechat: &Wechat, xml: &str) -> Option<String> {
        answer(self.send(wechat, xml))
    }

    fn deliver_in_thread(&self, wechat: &Wechat, xml: &str) -> thread::JoinHandle<Option<String>> {
        let connection = self.send(wechat, xml);
        thread::spawn(move || answer(connection))
    }

    fn send(&self, wechat: &Wechat, xml: &str) -> TcpStream {
        let push = wechat.push(xml);
        let head = format!(
            "POST /weixin?{} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            push.query,
            self.example.address,
            push.body.len()
        );
        let mut connection = TcpStream::connect(&self.example.address).expect("it listens");
        connection.set_read_timeout(Some(WECHAT)).expect("a socket");
        connection.write_all(&[head.as_bytes(), &push.body].concat()).expect("it reads");
        connection
    }
}

/// The body of an answer that comes in time and is whole.
fn answer(mut connection: TcpStream) -> Option<String> {
    let mut answer = String::new();
    connection.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    Some(body.to_owned())
}
