//! `dev`: the page of a bot that is started, stopped and restarted.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::dev::{Dev, dev, is_alive};
use crate::process::{PATIENCE, example, skip};
use crate::sim::sim;

/// The page of a running `dev`.
struct Page(String);

impl Page {
    /// The page, as soon as the bot has been started.
    fn of(dev: &Dev) -> Self {
        let started = dev.event("started");
        let url = started["page"].as_str().expect("a URL");
        Self(
            url.strip_prefix("http://").and_then(|url| url.strip_suffix('/')).expect("an address").to_owned(),
        )
    }

    fn request(&self, head: &str, body: &str) -> TcpStream {
        let Self(address) = self;
        let mut stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time");
        let length = body.len();
        let own = format!("host: {address}\r\norigin: http://{address}\r\ncontent-type: application/json");
        write!(stream, "{head} HTTP/1.1\r\n{own}\r\ncontent-length: {length}\r\n\r\n{body}")
            .expect("it reads");
        stream
    }

    /// The status and the body of the answer.
    fn post(&self, path: &str, body: &Value) -> (String, String) {
        let request = format!("POST {path}");
        let stream = self.request(&request, &body.to_string());
        let mut reader = BufReader::new(stream);
        let (mut status, mut length) = (String::new(), 0);
        reader.read_line(&mut status).expect("a status");
        for line in (&mut reader).lines().map_while(Result::ok).take_while(|line| !line.is_empty()) {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                length = value.parse().expect("a length");
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("a body");
        (status.split(' ').nth(1).expect("a status").to_owned(), String::from_utf8(body).expect("UTF-8"))
    }

    fn say(&self, text: &str) -> (String, String) {
        self.post("/api/send", &json!({"fan": "小明", "type": "text", "fields": [["Content", text]]}))
    }

    /// The state of the bot, when `is_found` accepts it.
    fn bot(&self, is_found: impl Fn(&Value) -> bool) -> Value {
        let lines = BufReader::new(self.request("GET /api/events", "")).lines().map_while(Result::ok);
        let events =
            lines.filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok());
        events.map(|event| event["bot"].clone()).find(|bot| is_found(bot)).expect("a state of the bot")
    }

    fn bot_that_is(&self, state: &str) -> Value {
        self.bot(|bot| bot["state"] == state)
    }
}

/// An empty folder for this test.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// `wechat-sim dev` with a page on a free port, in a folder.
fn dev_in(folder: &PathBuf, arguments: &[&str], script: &str) -> Command {
    let mut command = dev(&[&["--listen", "127.0.0.1:0"], arguments].concat(), script);
    command.current_dir(folder);
    command
}

#[test]
fn the_page_is_served_before_the_bot_listens_and_says_why_it_does_not_push() {
    let dev = Dev::start(dev(&["--listen", "127.0.0.1:0"], "echo '   Compiling everything'; sleep 1000"));
    let page = Page::of(&dev);
    let bot = page.bot(|bot| bot["lines"] != json!([]));
    assert_eq!((&bot["state"], &bot["lines"]), (&"starting".into(), &json!(["   Compiling everything"])));
    let (status, reason) = page.say("你好");
    assert_eq!(status, "503");
    assert!(reason.contains("does not listen yet") && reason.contains("还没有在监听"), "{reason}");
    assert_eq!(page.post("/api/verify", &json!({})).0, "503");
}

#[test]
fn a_bot_that_has_ended_is_shown_with_its_last_lines_and_started_again_on_the_page() {
    let script = "if [ -e second ]; then exec $BOT; fi; touch second; \
                  echo out; printf '\\033[31m坏了\\033[0m\\n' >&2; exit 7";
    // Without a terminal it stays only for a change of a file.
    let folder = folder("ended");
    fs::write(folder.join("watched"), "").expect("a file");
    let mut dev = Dev::start(dev_in(&folder, &["--watch=watched"], script));
    let page = Page::of(&dev);
    assert_eq!(dev.event("ended")["reason"]["zh"], "退出码 7");
    let bot = page.bot_that_is("stopped");
    assert_eq!(bot["reason"]["en"], "exit status: 7");
    let mut lines: Vec<_> = bot["lines"].as_array().expect("lines").iter().collect();
    lines.sort_by_key(ToString::to_string);
    assert_eq!(lines, ["out", "坏了"]);
    let (status, reason) = page.say("你好");
    assert_eq!(status, "503");
    assert!(reason.contains("exit status: 7") && reason.contains("退出码 7"), "{reason}");
    assert_eq!(page.post("/api/restart", &json!({})).0, "204");
    assert_eq!(dev.event("verified")["verified"], true);
    assert_eq!(page.bot_that_is("listening")["lines"], json!([]));
    assert_eq!(page.say("你好").0, "200");
    dev.signal("-TERM");
    assert_eq!(dev.exits(), Some(0));
}

#[test]
fn who_stops_it_after_the_bot_has_ended_reads_exit_code_3() {
    let folder = folder("ended-for-good");
    let mut dev = Dev::start(dev_in(&folder, &["--watch"], "exit 7"));
    dev.event("ended");
    dev.signal("-INT");
    assert_eq!(dev.exits(), Some(3));
}

#[test]
fn a_mode_that_is_switched_on_the_page_is_the_bots_after_a_restart() {
    let script = "sleep 1000 & echo beside=$!; echo bot=$$; echo mode=$WECHAT_MODE; $BOT";
    let dev = Dev::start(dev(&["--listen", "127.0.0.1:0"], script));
    let page = Page::of(&dev);
    let before = [dev.line("beside="), dev.line("bot=")];
    assert_eq!(dev.line("mode="), "safe");
    assert_eq!(dev.event("verified")["verified"], true);
    assert_eq!(page.post("/api/mode", &json!({"mode": "plain"})).0, "204");
    assert_eq!(dev.line("mode="), "plain");
    assert_eq!(dev.event("verified")["verified"], true);
    page.bot_that_is("listening");
    assert_eq!(page.say("你好").0, "200");
    for process in before {
        assert!(!is_alive(&process), "{process} is left of the bot before");
    }
}

#[test]
fn who_stops_it_twice_during_a_restart_does_not_wait_for_the_grace() {
    let script = "trap 'echo asked=1' TERM; echo bot=$$; while :; do sleep 0.1; done";
    let mut dev = Dev::start(dev(&["--listen", "127.0.0.1:0", "--grace", "10m"], script));
    let page = Page::of(&dev);
    let bot = dev.line("bot=");
    page.post("/api/restart", &json!({}));
    dev.line("asked=");
    dev.signal("-INT");
    dev.signal("-TERM");
    assert_eq!(dev.exits(), Some(0));
    assert!(!is_alive(&bot));
}

#[test]
fn a_mode_in_which_the_bot_does_not_start_is_told() {
    let folder = folder("no-such-mode");
    let script = "[ $WECHAT_MODE = safe ] || { echo no $WECHAT_MODE; exit 9; }; exec $BOT";
    let dev = Dev::start(dev_in(&folder, &["--watch"], script));
    let page = Page::of(&dev);
    dev.event("verified");
    page.post("/api/mode", &json!({"mode": "compatible"}));
    let bot = page.bot_that_is("stopped");
    assert_eq!((&bot["reason"]["en"], &bot["lines"][0]), (&"exit status: 9".into(), &"no compatible".into()));
    page.post("/api/mode", &json!({"mode": "safe"}));
    assert_eq!(dev.event("verified")["verified"], true);
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
#[test]
fn a_bot_that_ignores_listen_is_found_by_its_socket() {
    // The bot is a child of the shell, and nobody reads its address.
    let dev = Dev::start(dev(&["--path", "/weixin"], "LISTEN=127.0.0.1:0 $BOT >/dev/null; exit"));
    let listen = dev.event("started")["listen"].as_str().expect("an address").to_owned();
    dev.line("the bot does not read LISTEN; it listens on 127.0.0.1:");
    let listening = dev.event("listening");
    assert!(!listening["url"].as_str().expect("a URL").contains(&listen), "{listening}");
    assert_eq!(dev.event("verified")["verified"], true);
}

/// A program that listens on two ports of its own and hangs up on everyone. It needs Python.
const TWO_PORTS: &str = "python3 -c '
import socket, threading

def serve(listener):
    while True:
        listener.accept()[0].close()

for listener in [socket.create_server((\"127.0.0.1\", 0)) for _ in range(2)]:
    threading.Thread(target=serve, args=[listener]).start()
'";

fn has_python() -> bool {
    let found = Command::new("python3").arg("--version").output();
    found.map_err(|error| skip(format_args!("python3: {error}"))).is_ok()
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
#[test]
fn a_bot_that_ignores_listen_and_is_configured_wrongly_is_found_and_the_cause_is_told() {
    let dev = Dev::start(dev(&[], "LISTEN=127.0.0.1:0 WECHAT_TOKEN=anotherToken $BOT >/dev/null; exit"));
    dev.line("the bot does not read LISTEN; it listens on 127.0.0.1:");
    assert_eq!(dev.event("verified")["diagnosis"], "wrong_token");
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
#[test]
fn of_several_sockets_the_one_that_can_be_verified_is_the_bots() {
    if has_python() {
        let dev = Dev::start(dev(&[], &format!("{TWO_PORTS} & LISTEN=127.0.0.1:0 $BOT >/dev/null; exit")));
        assert_eq!(dev.event("verified")["verified"], true);
    }
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
#[test]
fn several_sockets_that_cannot_be_verified_are_named() {
    if !has_python() {
        return;
    }
    let dev = Dev::start(dev(&["--listen", "127.0.0.1:0"], TWO_PORTS));
    let page = Page::of(&dev);
    let said = dev.line("the bot does not read LISTEN. It listens on ");
    assert!(said.matches("127.0.0.1:").count() == 2 && said.contains("--url"), "{said}");
    let hint = page.bot(|bot| !bot["hint"].is_null())["hint"].clone();
    assert!(hint["en"].as_str().is_some_and(|hint| hint.ends_with(&said)), "{hint}");
}

#[test]
fn a_changed_file_restarts_the_bot() {
    let folder = folder("changed");
    let bot = folder.join("bot.sh");
    fs::write(&bot, "echo version=1; echo bot=$$; exec $BOT").expect("a script");
    let dev = Dev::start(dev_in(&folder, &["--watch"], ". ./bot.sh"));
    assert_eq!(dev.line("version="), "1");
    let before = dev.line("bot=");
    dev.event("verified");
    // What is left out, and then, by a move as in an editor, what counts.
    fs::create_dir(folder.join("target")).expect("a folder");
    fs::write(folder.join("target/x"), "").expect("a file");
    fs::write(folder.join("bot.sh~"), "").expect("a file");
    fs::write(folder.join("new~"), "echo version=2; exec $BOT").expect("a script");
    fs::rename(folder.join("new~"), &bot).expect("a move");
    assert_eq!(dev.line("changed: "), "bot.sh");
    assert_eq!(dev.line("version="), "2");
    assert_eq!(dev.event("verified")["verified"], true);
    assert!(!is_alive(&before), "the bot before is left");
    // A folder that is new.
    fs::create_dir(folder.join("src")).expect("a folder");
    assert_eq!(dev.line("version="), "2");
    dev.event("verified");
    fs::write(folder.join("src/main.rs"), "").expect("a file");
    assert_eq!(dev.line("version="), "2");
}

/// A `cargo` whose `build` fails if a source says so, and whose `run` starts the bot.
fn cargo(folder: &std::path::Path) -> PathBuf {
    let cargo = folder.join("cargo");
    let script = "#!/bin/sh\n\
                  echo \"cargo $1\"\n\
                  case $1 in\n\
                  build) grep -q broken source && { echo \"error: $2 is $(cat source)\" >&2; exit 101; }; exit 0;;\n\
                  run) echo \"version=$(cat source)\"; exec $BOT;;\n\
                  esac\n";
    fs::write(&cargo, script).expect("a script");
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("a program");
    cargo
}

#[test]
fn a_build_that_fails_is_shown_while_the_old_bot_goes_on() {
    let folder = folder("built");
    let source = folder.join("source");
    fs::write(&source, "first").expect("a source");
    let cargo = cargo(&folder);
    let mut command = sim(&["dev", "--json", "--listen", "127.0.0.1:0", "--watch=source", "--"]);
    command.arg(cargo).args(["run", "--example=bot", "--", "x"]);
    command.env("BOT", example("weak_bot")).current_dir(&folder);
    let dev = Dev::start(command);
    assert_eq!(dev.event("built")["succeeded"], true);
    let page = Page::of(&dev);
    assert_eq!(dev.line("version="), "first");
    dev.event("verified");

    fs::write(&source, "broken").expect("a source");
    assert_eq!(dev.event("built")["succeeded"], false);
    let bot = page.bot(|bot| bot["build"] == "failed");
    assert_eq!(bot["state"], "listening");
    let lines = bot["build_lines"].as_array().expect("lines");
    assert!(lines.contains(&json!("error: --example=bot is broken")), "{lines:?}");
    assert_eq!(page.say("你好").0, "200");

    fs::write(&source, "third").expect("a source");
    assert_eq!(dev.event("built")["succeeded"], true);
    assert_eq!(dev.line("version="), "third");
    assert_eq!(dev.event("verified")["verified"], true);
    assert_eq!(page.bot_that_is("listening")["build"], "succeeded");
}

#[test]
fn a_bot_that_cannot_be_built_at_first_is_built_when_its_source_changes() {
    let folder = folder("built-at-last");
    let source = folder.join("source");
    fs::write(&source, "broken").expect("a source");
    let cargo = cargo(&folder);
    let mut command = sim(&["dev", "--json", "--watch=source", "--"]);
    command.arg(cargo).arg("run").env("BOT", example("weak_bot")).current_dir(&folder);
    let dev = Dev::start(command);
    assert_eq!(dev.event("built")["succeeded"], false);
    dev.line("the build failed");
    fs::write(&source, "right").expect("a source");
    assert_eq!(dev.event("built")["succeeded"], true);
    assert_eq!(dev.event("verified")["verified"], true);
}

#[test]
fn a_build_is_started_anew_by_another_change_and_does_not_outlive_the_command() {
    let folder = folder("building");
    let source = folder.join("source");
    fs::write(&source, "").expect("a source");
    let cargo = cargo(&folder);
    // A compiler that never ends, as a child of cargo.
    fs::write(&cargo, "#!/bin/sh\nsleep 1000 & echo compiler=$!; wait").expect("a script");
    let mut command = sim(&["dev", "--json", "--watch=source", "--"]);
    command.arg(&cargo).arg("run").current_dir(&folder);
    let mut dev = Dev::start(command);
    let first = dev.line("compiler=");
    fs::write(&source, "changed").expect("a source");
    let second = dev.line("compiler=");
    ends(&first);
    dev.signal("-TERM");
    assert_eq!(dev.exits(), Some(0));
    ends(&second);
}

/// Waits until a process that was killed is gone.
fn ends(process: &str) {
    let since = Instant::now();
    while is_alive(process) {
        assert!(since.elapsed() < PATIENCE, "{process} is left");
        thread::sleep(Duration::from_millis(10));
    }
}
