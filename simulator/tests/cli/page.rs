//! The page, in a build that has it.

#[cfg(feature = "page")]
mod served {
    use std::io::{ErrorKind, Read, Write};
    use std::net::TcpStream;
    use std::process::Command;

    use serde_json::{Value, json};
    use wechat_sim::Mode;

    use crate::bots::bot;
    use crate::dev::{Dev, dev};
    use crate::sim::{Done, account, sim};

    /// The answer at the address of the page.
    fn page(url: &str) -> String {
        let address = url.strip_prefix("http://").and_then(|url| url.strip_suffix('/')).expect("an address");
        let mut stream = TcpStream::connect(address).expect("it listens");
        write!(stream, "GET / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    #[test]
    fn dev_serves_the_page_as_long_as_its_bot_runs() {
        let mut dev = Dev::start(dev(&["--listen", "127.0.0.1:0"], "exec $BOT"));
        assert_eq!(dev.event("verified")["verified"], true);
        let url = dev.event("page")["url"].as_str().expect("a URL").to_owned();
        let page = page(&url);
        assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("<html"), "{page}");
        dev.signal("-INT");
        assert_eq!(dev.exits(), Some(0));
    }

    #[test]
    fn without_a_command_the_page_is_served_and_needs_no_credentials() {
        let dev = Dev::start(sim(&["--json", "--listen", "127.0.0.1:0"]));
        let url = dev.event("page")["url"].as_str().expect("a URL").to_owned();
        assert!(page(&url).starts_with("HTTP/1.1 200 "));
    }

    /// A request as the page's own script makes it, and the JSON of the answer.
    fn call(page: &str, method: &str, path: &str, body: &Value) -> Value {
        let address = page.strip_prefix("http://").and_then(|url| url.strip_suffix('/')).expect("an address");
        let mut stream = TcpStream::connect(address).expect("it listens");
        let body = if method == "GET" { String::new() } else { body.to_string() };
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\norigin: http://{address}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 200 "), "{answer}");
        serde_json::from_str(body).expect("JSON")
    }

    /// What the page offers to copy for this message, once it is delivered.
    fn copied(page: &str, draft: &Value) -> (String, String) {
        let id = call(page, "POST", "/api/send", draft)["id"].clone();
        loop {
            let detail = call(page, "GET", &format!("/api/exchanges/{id}"), &Value::Null);
            if let Some(delivery) = detail["deliveries"].get(0) {
                let text = |value: &Value| value.as_str().expect("a text").to_owned();
                return (text(&detail["command"]), text(&delivery["curl"]));
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// The output of lines that are pasted in a new shell; `None` if the shell is not installed.
    fn pasted(shell: &str, lines: &str) -> Option<String> {
        let mut command = Command::new(shell);
        // A proxy that is not there must not be asked for a bot on this machine.
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("http_proxy", "http://127.0.0.1:9");
        let output = match command.env("LANG", "C.UTF-8").args(["-c", lines]).output() {
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            output => output.expect("it runs"),
        };
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        assert!(output.status.success(), "{lines}\n{}{}", text(output.stdout), text(output.stderr));
        Some(text(output.stdout))
    }

    #[test]
    fn what_is_copied_from_the_page_works_as_pasted_in_a_new_shell() {
        for account in Mode::ALL.map(account) {
            let url = bot(&account);
            let mut command = sim(&["--json", "--listen", "127.0.0.1:0", "--url", &url]);
            let dev = Dev::start({
                command.envs(account.environment());
                command
            });
            let page = dev.event("page")["url"].as_str().expect("a URL").to_owned();
            let secrets = call(&page, "POST", "/api/secrets", &Value::Null);
            let environment = secrets["environment"].as_str().expect("a line");
            for (draft, reply) in [
                (
                    json!({"fan": "小明", "type": "text", "fields": [["Content", "it's $HOME `id` \"!\n第二行"]]}),
                    "$HOME `id` \"!",
                ),
                (json!({"fan": "小明", "type": "text", "fields": [["Content", "--json"]]}), "你说：--json"),
                (json!({"fan": "阿花", "event": "CLICK", "fields": [["EventKey", "MENU_TODAY"]]}), "标题"),
                (json!({"fan": "小明", "event": "some_future_event", "fields": [["A.B", "1"]]}), ""),
                (
                    json!({"fan": "小明", "raw": "<xml><FromUserName>o1</FromUserName><ToUserName>g</ToUserName>\n\
                    <CreateTime>1</CreateTime><MsgType>text</MsgType><Content>生的</Content><MsgId>7</MsgId></xml>"}),
                    "生的",
                ),
            ] {
                let (command, curl) = copied(&page, &draft);
                assert!(!command.contains(account.token()) && command.contains(&url), "{command}");
                for shell in ["bash", "zsh", "dash"] {
                    let Some(output) = pasted(shell, &format!("{environment}\n{command}\n")) else {
                        continue;
                    };
                    assert!(output.starts_with("← ") && output.contains(reply), "{command}\n{output}");
                    let Some(output) = pasted(shell, &curl) else { continue };
                    assert!(output.starts_with("HTTP/1.1 200 OK"), "{curl}\n{output}");
                    let is_plain = account.mode() == Mode::Plain && !reply.is_empty();
                    assert!(!is_plain || output.contains(reply), "{curl}\n{output}");
                }
            }
        }
    }

    #[test]
    fn the_page_is_for_this_machine_alone() {
        for arguments in
            [&["--listen", "0.0.0.0:0"] as &[&str], &["dev", "--listen", "0.0.0.0:0", "--", "true"]]
        {
            Done::of(sim(arguments)).exits(2).says("loopback");
        }
    }
}

#[cfg(not(feature = "page"))]
#[test]
fn without_the_page_it_is_said_how_to_get_it() {
    use crate::sim::{Done, sim};

    Done::of(sim(&[])).exits(2).says("feature `page`");
}
