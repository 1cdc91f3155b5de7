//! `dev`: starts a bot and stops it, whatever happens.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use wechat_sim::Mode;

use crate::bots::nowhere;
use crate::process::example;
use crate::scenarios::Scenario;
use crate::sim::{Done, account, sim};

/// How long to wait for anything before a test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running `wechat-sim dev`. It ends with the test.
pub(crate) struct Dev {
    process: Child,
    /// Its JSON events, until it exits.
    events: Receiver<Value>,
    /// The lines that it and the bot print as text.
    lines: Receiver<String>,
}

impl Dev {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let events = lines(process.stdout.take().expect("a pipe"), |line| {
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}"))
        });
        let lines = lines(process.stderr.take().expect("a pipe"), |line| line);
        Self { process, events, lines }
    }

    pub(crate) fn event(&self, name: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let event = self.events.recv_timeout(deadline - Instant::now()).expect(name);
            if event["event"] == name {
                return event;
            }
        }
    }

    /// The rest of the next line that starts with `begin`.
    pub(crate) fn line(&self, begin: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let line = self.lines.recv_timeout(deadline - Instant::now()).expect(begin);
            if let Some(rest) = line.strip_prefix(begin) {
                return rest.to_owned();
            }
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(name, &self.process.id().to_string());
    }

    /// Its exit code. It has to exit soon.
    pub(crate) fn exits(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.process.try_wait().expect("a process") {
                return status.code();
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("it does not stop");
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        // SIGTERM, so that it stops its bot.
        if matches!(self.process.try_wait(), Ok(None)) {
            self.signal("-TERM");
            self.signal("-TERM");
            _ = self.process.wait();
        }
    }
}

fn lines<T: Send + 'static>(from: impl Read + Send + 'static, read: fn(String) -> T) -> Receiver<T> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let lines = BufReader::new(from).lines().map_while(Result::ok);
        lines.map(read).try_for_each(|line| sender.send(line))
    });
    receiver
}

fn signal(name: &str, process: &str) -> bool {
    let mut command = Command::new("kill");
    command.args([name, process]).stderr(Stdio::null());
    command.status().expect("kill").success()
}

pub(crate) fn is_alive(process: &str) -> bool {
    signal("-0", process)
}

/// `wechat-sim dev -- sh -c SCRIPT`, where `$BOT` is an unmodified bot.
pub(crate) fn dev(arguments: &[&str], script: &str) -> Command {
    let mut command = sim(&[&["dev", "--json"], arguments, &["--", "sh", "-c", script]].concat());
    command.env("BOT", example("weak_bot"));
    command
}

#[test]
fn a_bot_that_knows_nothing_of_it_is_started_verified_and_stopped() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        // The shell keeps running, like cargo, and so does another process.
        let mut dev = Dev::start(dev(&[], "sleep 1000 & echo beside=$!; echo bot=$$; $BOT; exit 1"));
        let processes = [dev.line("beside="), dev.line("bot=")];
        let listen = dev.event("started")["listen"].as_str().expect("an address").to_owned();
        assert_eq!(dev.event("listening")["url"], format!("http://{listen}/weixin"));
        let verified = dev.event("verified");
        assert_eq!((&verified["verified"], &verified["diagnosis"]), (&true.into(), &"verified".into()));
        dev.signal(signal);
        assert_eq!(dev.exits(), Some(0), "{signal}");
        assert_eq!(dev.event("stopped")["event"], "stopped");
        for process in processes {
            assert!(!is_alive(&process), "{process} is left after {signal}");
        }
        assert!(std::net::TcpStream::connect(listen).is_err(), "the bot is left after {signal}");
    }
}

#[test]
fn the_credentials_of_the_environment_are_the_bots() {
    let account = account(Mode::Plain);
    let mut command =
        dev(&[], "echo app=$WECHAT_APP_ID mode=$WECHAT_MODE key=$WECHAT_ENCODING_AES_KEY; exec $BOT");
    command.envs(account.environment());
    let dev = Dev::start(command);
    assert_eq!(dev.line("app="), format!("{} mode=plain key=", account.app_id()));
    assert_eq!(dev.event("verified")["verified"], true);
}

#[test]
fn a_mode_that_is_asked_for_is_the_bots() {
    let dev = Dev::start(dev(&["--mode", "compatible"], "echo mode=$WECHAT_MODE; exec $BOT"));
    assert_eq!(dev.line("mode="), "compatible");
    assert_eq!(dev.event("verified")["verified"], true);
}

#[test]
fn a_bot_that_listens_elsewhere_and_says_so_is_found() {
    let dev = Dev::start(dev(&[], "LISTEN=127.0.0.1:0 exec $BOT"));
    let (started, listening) = (dev.event("started"), dev.event("listening"));
    let listen = started["listen"].as_str().expect("an address");
    assert!(!listening["url"].as_str().expect("a URL").contains(listen), "{listening}");
    assert_eq!(dev.event("verified")["verified"], true);
}

#[test]
fn a_url_that_is_given_is_where_the_bot_is_told_to_listen() {
    let url = nowhere();
    let dev = Dev::start(dev(&["--url", &url], "exec $BOT"));
    assert_eq!(dev.event("listening")["url"], url);
    assert_eq!(dev.event("verified")["verified"], true);
}

#[test]
fn what_is_wrong_with_the_url_is_told_and_the_bot_stays() {
    let mut dev = Dev::start(dev(&[], "WECHAT_TOKEN=anotherToken exec $BOT"));
    assert_eq!(dev.event("verified")["diagnosis"], "wrong_token");
    dev.signal("-TERM");
    assert_eq!(dev.exits(), Some(0));
}

#[test]
fn a_path_that_the_bot_does_not_have_is_told_with_the_option_for_it() {
    let dev = Dev::start(dev(&["--path", "/other"], "exec $BOT > /dev/null"));
    assert_eq!(dev.event("verified")["diagnosis"], "not_found");
    assert_eq!(
        dev.line("  give the bot's path with --path"),
        "; the default is /weixin, for an AI bot /aibot"
    );
}

#[test]
fn a_bot_that_ends_by_itself_is_exit_code_3_and_leaves_nothing() {
    let mut dev = Dev::start(dev(&[], "sleep 1000 & echo beside=$!; exit 7"));
    let beside = dev.line("beside=");
    assert_eq!(dev.exits(), Some(3));
    assert_eq!(dev.line("wechat-sim: the bot ended by itself: exit status: "), "7");
    assert!(!is_alive(&beside));
}

#[test]
fn a_bot_that_cannot_be_started_is_exit_code_2() {
    let mut dev = Dev::start(sim(&["dev", "--json", "--", "/nowhere/bot"]));
    assert_eq!(dev.exits(), Some(2));
}

#[test]
fn a_bot_that_does_not_stop_is_killed_after_its_grace() {
    let mut dev =
        Dev::start(dev(&["--grace", "300ms"], "trap '' TERM; echo bot=$$; while :; do sleep 0.1; done"));
    let bot = dev.line("bot=");
    dev.signal("-TERM");
    assert_eq!(dev.exits(), Some(0));
    assert!(!is_alive(&bot));
}

#[test]
fn who_asks_twice_does_not_wait_for_the_grace() {
    let mut dev = Dev::start(dev(
        &["--grace", "10m"],
        "trap 'echo asked=1' TERM; echo bot=$$; while :; do sleep 0.1; done",
    ));
    let bot = dev.line("bot=");
    dev.signal("-INT");
    dev.line("asked=");
    dev.signal("-INT");
    assert_eq!(dev.exits(), Some(0));
    assert!(!is_alive(&bot));
}

#[test]
fn what_the_bot_prints_passes_through() {
    let mut command = sim(&["dev", "--", "sh", "-c", "echo out; echo err >&2; printf 'no end'"]);
    let output = command.output().expect("it starts");
    let (stdout, stderr) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
    assert_eq!(stdout.expect("UTF-8"), "out\nno end");
    assert!(stderr.expect("UTF-8").contains("err\n"));
    assert_eq!(output.status.code(), Some(3));
}

/// `wechat-sim ARGUMENTS -- sh -c SCRIPT`, where `$BOT` is an unmodified bot.
fn with_bot(arguments: &[&str], script: &str) -> Command {
    let mut command = sim(&[arguments, &["--", "sh", "-c", script]].concat());
    command.env("BOT", example("weak_bot"));
    command
}

#[test]
fn any_command_starts_a_bot_for_itself_and_stops_it() {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let scenario = format!("{folder}/with_bot.toml");
    std::fs::write(&scenario, "[[step]]\nverify = true\n\n[[step]]\ntext = \"hi\"\n").expect("written");
    let script = "sleep 1000 & echo beside=$!; $BOT; exit 1";
    for arguments in [&["send", "text", "hi", "--expect-nothing"] as &[&str], &["run", &scenario]] {
        let done = Done::of(with_bot(&[&["--json"], arguments].concat(), script)).exits(0);
        assert_eq!(done.json()["passed"], true);
        let beside = done.stderr.lines().find_map(|line| line.strip_prefix("beside=")).expect("printed");
        assert!(!is_alive(beside), "{beside} is left");
    }
    let done = Done::of(with_bot(&["attack", "doctype", "other-key"], "exec $BOT doctype")).exits(4);
    assert!(done.stdout.ends_with("1 refused, 1 accepted\n"), "{done:?}");
    Done::of(with_bot(
        &["event", "subscribe", "--mode", "plain"],
        "test -z \"$WECHAT_ENCODING_AES_KEY\" && exec $BOT",
    ))
    .exits(0);
}

#[test]
fn python_prints_at_once_unless_it_is_told_otherwise() {
    let script = "echo python=$PYTHONUNBUFFERED; exit 7";
    Done::of(with_bot(&["send", "text", "hi"], script)).exits(3).says("python=1\n");
    let mut command = with_bot(&["send", "text", "hi"], script);
    command.env("PYTHONUNBUFFERED", "");
    Done::of(command).exits(3).says("python=\n");
    Done::of(sim(&["dev", "--help"])).exits(0).says("PYTHONUNBUFFERED");
}

#[test]
fn a_bot_with_credentials_of_its_own_is_told_what_to_set() {
    let own = "WECHAT_TOKEN=anotherToken exec $BOT";
    let (refused, generated) =
        ("refused: are Token, AppID, EncodingAESKey and mode the same", "generated credentials;");
    for arguments in [&["send", "text", "hi"] as &[&str], &["event", "subscribe"]] {
        Done::of(with_bot(arguments, own)).exits(1).says(refused).says(generated);
    }
    let zh = Done::of(with_bot(&["send", "text", "hi", "--lang", "zh"], own)).exits(1);
    zh.says("  被拒绝：两边的 Token、AppID、EncodingAESKey 和模式一致吗？").says("自动生成的账号");
    let scenario = Scenario::new("own.toml", "[[step]]\ntext = \"hi\"\n");
    Done::of(with_bot(&["run", scenario.path()], own)).exits(1).says(refused).says(generated);
    // Those of the environment are not generated.
    let mut command = with_bot(&["send", "text", "hi"], own);
    command.envs(account(Mode::Safe).environment());
    let done = Done::of(command).exits(1).says(refused);
    assert!(!done.stdout.contains(generated), "{done:?}");
    Dev::start(dev(&[], own)).line("  (this bot was started with generated credentials;");
}

#[test]
fn a_path_that_is_not_the_bots_is_told_after_a_push() {
    let done = Done::of(with_bot(&["send", "text", "hi", "--path", "/other"], "exec $BOT > /dev/null"));
    done.exits(1).says("  is the path right? Give it with --path (default /weixin, for an AI bot /aibot)\n");
}

#[test]
fn the_report_is_written_when_the_bot_dies() {
    let scenario = Scenario::new(
        "dies.toml",
        "[[step]]\ntext = \"a\"\n[[step]]\nwait = \"20s\"\n[[step]]\ntext = \"b\"\n",
    );
    let report = Scenario::new("dies.xml", "");
    let script = "$BOT & sleep 2; kill $!; exit 7";
    let arguments = ["run", scenario.path(), scenario.path(), "--junit", report.path()];
    Done::of(with_bot(&arguments, script)).exits(3).says("the bot ended by itself: exit status: 7");
    let xml = std::fs::read_to_string(report.path()).expect("a report");
    let document = roxmltree::Document::parse(&xml).expect("well-formed");
    let totals = ["tests", "failures", "errors"].map(|name| document.root_element().attribute(name));
    assert_eq!(totals, [Some("6"), Some("0"), Some("5")], "{xml}");
    let errors = document.descendants().filter(|node| node.has_tag_name("error"));
    for error in errors {
        assert_eq!(error.attribute("message"), Some("the bot ended by itself: exit status: 7"));
    }
}

#[test]
fn a_bot_that_ends_before_the_command_does_is_exit_code_3() {
    let done = Done::of(with_bot(&["send", "text", "hi"], "exit 7")).exits(3);
    done.says("the bot ended by itself: exit status: 7");
}

#[test]
fn a_bot_is_not_started_for_a_command_with_a_mistake() {
    for arguments in [&["attack", "all-of-it"] as &[&str], &["run", "/nowhere.toml"], &["send", "txt", "hi"]]
    {
        let done = Done::of(with_bot(arguments, "echo started; exec $BOT")).exits(2);
        assert!(!done.stderr.contains("started"), "{done:?}");
    }
}

#[test]
fn a_signal_stops_the_command_and_its_bot() {
    let mut command = with_bot(&["--json", "send", "text", "hi"], "echo bot=$$; exec sleep 1000");
    command.env("LC_ALL", "C");
    let mut running = Dev::start(command);
    let bot = running.line("bot=");
    running.signal("-TERM");
    assert_eq!(running.exits(), Some(1));
    assert!(!is_alive(&bot));
}
