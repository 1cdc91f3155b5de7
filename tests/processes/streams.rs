//! A process that goes away while it says a reply, and another that is asked for the rest. In real seconds.

use crate::support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::aibot::{Bot, Shown};
use support::redis_server::RedisServer;
use support::{Push, Wechat, text, text_of};
use wechat_callback::SecurityMode;

use crate::example::{Example, command, variables};

const SECOND: Duration = Duration::from_secs(1);
/// How long WeCom waits.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a process is believed to live that says nothing more.
const LEASE: Duration = Duration::from_secs(4);
const MARK: &str = "\n……【继续】";
const NOTICE: &str = "还在想";

fn whole(count: u32) -> String {
    (0..count).map(|number| format!("这是第{number}句话。")).collect()
}

/// Two processes, and the Redis that they share.
struct Processes {
    wechat: Wechat,
    bot: Bot,
    examples: [Example; 2],
    _redis: RedisServer,
}

impl Processes {
    /// `None` where redis-server is not installed; in CI that is a failure.
    fn start() -> Option<Self> {
        let redis = RedisServer::start()?;
        let wechat = Wechat::new(SecurityMode::Safe);
        let url = format!("redis://127.0.0.1:{}/", redis.port);
        let start =
            || Example::start(command("streaming_bot").envs(variables(&wechat)).env("REDIS_URL", &url));
        let examples = [start(), start()];
        Some(Self { examples, wechat, bot: Bot::new(), _redis: redis })
    }

    /// What the bot of one process shows.
    fn show(&self, which: usize, message: &Value) -> Option<Shown> {
        let push = self.bot.push(message);
        let answer = self.deliver(which, "/aibot", &push, PATIENCE).expect("it is answered in time");
        self.bot.read(&push, &answer)
    }

    /// What the account of one process tells. `None` where it does not in time.
    fn tell(&self, which: usize, xml: &str) -> Option<String> {
        let answer = self.deliver(which, "/weixin", &self.wechat.push(xml), SECOND)?;
        let xml = self.wechat.read(&answer);
        Some(text_of(&roxmltree::Document::parse(&xml).expect("well-formed"), "Content"))
    }

    fn deliver(&self, which: usize, path: &str, push: &Push, patience: Duration) -> Option<String> {
        let address = &self.examples[which].address;
        let head = format!(
            "POST {path}?{} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            push.query,
            push.body.len()
        );
        let mut connection = TcpStream::connect(address).expect("it listens");
        connection.set_read_timeout(Some(patience)).expect("a socket");
        connection.write_all(&[head.as_bytes(), &push.body].concat()).expect("it reads");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        Some(body.to_owned())
    }
}

#[test]
fn when_a_process_is_killed_another_ends_its_bubble_with_what_there_is_and_a_notice() {
    let Some(mut processes) = Processes::start() else { return };
    let first = processes.show(0, &processes.bot.message("80")).expect("an answer");
    thread::sleep(SECOND * 2);
    let refresh = |processes: &Processes| processes.show(1, &processes.bot.refresh(&first.id));
    let before = refresh(&processes).expect("what the other says so far");
    assert!(!before.is_finished && before.content.len() > first.content.len(), "{before:?}");
    processes.examples[0].kill();
    let killed = Instant::now();

    let mut shown = before.content;
    let end = loop {
        let asked = killed.elapsed();
        let now = refresh(&processes);
        if let Some(end) = now.as_ref().filter(|now| now.is_finished) {
            break end.content.clone();
        }
        assert!(asked < LEASE + SECOND / 2, "it has an end once the lease is over");
        if let Some(now) = now {
            assert!(now.content.starts_with(&shown), "{now:?} behind {shown}");
            shown = now.content;
        }
        thread::sleep(SECOND / 4);
    };
    let (said, notice) = end.split_once("\n\n").expect("a notice");
    assert!(said.starts_with(&shown) && whole(80).starts_with(said) && !notice.is_empty(), "{end}");
    // Whoever asks again hears the same.
    assert_eq!(refresh(&processes).map(|shown| (shown.content, shown.is_finished)), Some((end, true)));
}

/// Nothing that was told is told again.
#[test]
fn when_a_process_is_killed_the_word_brings_the_text_it_left_and_a_notice() {
    let Some(mut processes) = Processes::start() else { return };
    let xml = text("80");
    assert_eq!(processes.tell(0, &xml), None);
    assert_eq!(processes.tell(1, &xml), None);
    let told = processes.tell(1, &xml).expect("the last delivery is answered");
    let mut said = told.strip_suffix(MARK).expect("more is to come").to_owned();
    assert!(whole(80).starts_with(&said) && said.contains("第3句"), "{said}");
    thread::sleep(SECOND);
    processes.examples[0].kill();

    let (killed, at_kill) = (Instant::now(), said.len());
    let mut is_over = false;
    while !is_over && killed.elapsed() < LEASE * 3 {
        // Whatever is left is told, and then nothing is kept.
        match processes.tell(1, &text("继续")) {
            Some(told) if told == NOTICE => {}
            Some(told) => {
                said.push_str(told.strip_suffix(MARK).unwrap_or(&told));
                is_over = !told.ends_with(MARK) && killed.elapsed() > LEASE / 2;
            }
            None => {}
        }
        thread::sleep(SECOND / 4);
    }
    assert!(is_over && said.len() > at_kill, "what it left is told: {said}");
    let (said, notice) = said.split_once("\n\n").expect("the end that it has is not its own");
    assert!(whole(80).starts_with(said) && said.contains("第8句"), "each character once: {said}");
    assert!(!notice.is_empty());
}

#[test]
fn a_process_that_shuts_down_says_its_reply_to_the_end_and_another_tells_it() {
    let Some(mut processes) = Processes::start() else { return };
    let first = processes.show(0, &processes.bot.message("16")).expect("an answer");
    let xml = text("14");
    assert_eq!(processes.tell(0, &xml), None);
    assert!(processes.examples[0].terminate().success());
    let end = processes.show(1, &processes.bot.refresh(&first.id)).expect("the end");
    assert_eq!((end.content, end.is_finished), (whole(16), true));
    assert_eq!(processes.tell(1, &xml), Some(whole(14)));
}

/// A shutdown waits for ten seconds. What was said by then is what the other tells.
#[test]
fn what_is_not_said_before_a_shutdown_is_over_is_ended_by_another_process() {
    let Some(mut processes) = Processes::start() else { return };
    let first = processes.show(0, &processes.bot.message("400")).expect("an answer");
    assert!(processes.examples[0].terminate().success());
    let ended = Instant::now();
    let end = loop {
        let shown = processes.show(1, &processes.bot.refresh(&first.id));
        if let Some(end) = shown.filter(|shown| shown.is_finished) {
            break end.content;
        }
        assert!(ended.elapsed() < LEASE + SECOND, "it has an end");
        thread::sleep(SECOND / 4);
    };
    let (said, _) = end.split_once("\n\n").expect("a notice");
    assert!(whole(400).starts_with(said) && said.contains("第30句"), "{end}");
}
