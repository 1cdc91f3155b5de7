//! The examples, as processes: what WeChat and an operator meet on the wire.

use crate::support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread;

use roxmltree::Document;
use support::process::PATIENCE;
use support::{Wechat, assert_text_reply, fresh, text, text_of};
use wechat_callback::SecurityMode;

use crate::example::{Example, command, variables};

const EXAMPLES: [&str; 3] = ["axum_echo", "actix_echo", "hyper_echo"];

macro_rules! echoes {
    ($($promise:ident: $example:literal, $mode:ident;)+) => {$(
        #[test]
        fn $promise() {
            serves_wechat($example, &Wechat::new(SecurityMode::$mode));
        }
    )+};
}
echoes! {
    axum_echoes_in_plain_mode: "axum_echo", Plain;
    axum_echoes_in_compatible_mode: "axum_echo", Compatible;
    axum_echoes_in_safe_mode: "axum_echo", Safe;
    actix_echoes_in_plain_mode: "actix_echo", Plain;
    actix_echoes_in_compatible_mode: "actix_echo", Compatible;
    actix_echoes_in_safe_mode: "actix_echo", Safe;
    hyper_echoes_in_plain_mode: "hyper_echo", Plain;
    hyper_echoes_in_compatible_mode: "hyper_echo", Compatible;
    hyper_echoes_in_safe_mode: "hyper_echo", Safe;
}

#[test]
fn without_an_account_a_sandbox_is_printed_that_works() {
    for example in EXAMPLES {
        let mut server = Example::start(&mut command(example));
        let wechat = server.sandbox.take().expect("a line with a sandbox");
        assert_eq!(wechat.mode, SecurityMode::Safe);
        verifies(&server, &wechat);
        assert_text_reply(&wechat.read(&server.push(&wechat, &text("你好"))), "你好");
        assert_eq!(server.terminate().code(), Some(0), "{example}");
    }
}

#[test]
fn no_two_sandboxes_have_the_same_secrets() {
    for example in EXAMPLES {
        let [one, other] = [(); 2]
            .map(|()| Example::start(&mut command(example)).sandbox.take().expect("a line with a sandbox"));
        assert_ne!(one.token, other.token, "{example}");
        assert_ne!(one.encoding_aes_key, other.encoding_aes_key, "{example}");
    }
}

#[test]
fn a_signal_that_comes_early_is_not_lost() {
    for example in EXAMPLES {
        assert_eq!(Example::start(&mut command(example)).terminate().code(), Some(0), "{example}");
    }
}

/// (T34) In every example that listens, before the first request of a connection and behind it.
#[test]
fn headers_that_do_not_end_are_cut() {
    let examples = [
        "axum_echo",
        "actix_echo",
        "hyper_echo",
        "inspect",
        "slow_bot",
        "slow_bot --framework actix",
        "wecom_echo",
        "wecom_echo --framework actix",
        "json_echo",
        "json_echo --framework actix",
    ];
    let cases = examples.map(|example| {
        thread::spawn(move || {
            let (name, arguments) = example.split_once(' ').unwrap_or((example, ""));
            let server = Example::start(command(name).args(arguments.split_whitespace()));
            let head = "GET /elsewhere HTTP/1.1\r\nHost: localhost\r\n";
            let connections = ["", head, &format!("{head}\r\n"), &format!("{head}\r\n{head}")].map(|begun| {
                let mut stream = TcpStream::connect(&server.address).expect("it listens");
                stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
                stream.write_all(begun.as_bytes()).expect("it reads");
                stream
            });
            for mut stream in connections {
                // It may end with a reset: not everything that was sent has been read.
                if let Err(error) = stream.read_to_end(&mut Vec::new()) {
                    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{example}");
                }
            }
        })
    });
    for case in cases {
        case.join().expect("as it should be");
    }
}

/// (T17) In actix-web too, which would read on for as long as it comes.
#[test]
fn where_no_route_is_a_body_without_an_end_is_not_read() {
    for example in EXAMPLES {
        let server = Example::start(&mut command(example));
        let mut stream = TcpStream::connect(&server.address).expect("it listens");
        stream.set_write_timeout(Some(PATIENCE)).expect("a socket");
        let head = "POST /elsewhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).expect("it reads");
        // 16 MiB are more than any buffers on the way hold.
        let chunk = [b"10000\r\n", &[b'x'; 0x10000][..], b"\r\n"].concat();
        let sent = (0..256).try_for_each(|_| stream.write_all(&chunk));
        let ended = sent.expect_err("nobody reads it").kind();
        assert_ne!(ended, std::io::ErrorKind::WouldBlock, "{example}: the connection is still open");
    }
}

#[test]
fn inspect_shows_every_sample_as_json_in_both_frameworks() {
    for framework in ["axum", "actix"] {
        inspect_shows_every_sample(command("inspect").args(["--framework", framework]));
    }
}

fn inspect_shows_every_sample(command: &mut Command) {
    let mut server = Example::start(command);
    let wechat = server.sandbox.clone().expect("a sandbox");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/samples");
    let mut whole = 0;
    for entry in std::fs::read_dir(folder).expect("the samples") {
        let xml = std::fs::read_to_string(entry.expect("an entry").path()).expect("UTF-8");
        let message =
            wechat_callback::Message::from_xml(&xml).expect("a message").to_account(&*wechat.app_id);
        let body = server.push(&wechat, &xml);
        if message.openid().is_none() || message.system().is_some() {
            assert_eq!(body, "success");
            continue;
        }
        let reply = wechat.read(&body);
        let reply = roxmltree::Document::parse(&reply).expect("well-formed");
        let shown = support::text_of(&reply, "Content")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&");
        let json = serde_json::to_string_pretty(&message).expect("JSON");
        assert!(json.starts_with(&shown) && shown.len() > 300, "{shown}");
        whole += usize::from(json == shown);
    }
    assert!(whole > 20, "{whole}");
    assert_eq!(server.terminate().code(), Some(0));
}

#[test]
fn a_mistake_in_the_configuration_is_one_line_and_exit_code_2() {
    let mistakes = [
        (vec![("WECHAT_APP_ID", "wx5823bf96d3bd56c7"), ("WECHAT_TOKEN", "")], "WECHAT_TOKEN"),
        (vec![("WECHAT_TOKEN", "QDG6eKxyrqUnkq3M")], "WECHAT_APP_ID"),
        (vec![("LISTEN", "nowhere")], "LISTEN"),
    ];
    for example in EXAMPLES {
        for (variables, named) in &mistakes {
            let output = command(example).envs(variables.iter().copied()).output().expect("it starts");
            let stderr = String::from_utf8(output.stderr).expect("UTF-8");
            assert_eq!(output.status.code(), Some(2), "{example}: {stderr}");
            assert!(stderr.contains(named) && stderr.lines().count() == 1, "{example}: {stderr}");
        }
    }
}

/// The whole life of an example: every kind of request, and an end.
fn serves_wechat(example: &str, wechat: &Wechat) {
    let mut server = Example::start(command(example).envs(variables(wechat)));
    assert!(server.sandbox.is_none());
    verifies(&server, wechat);
    echoes_every_kind(&server, wechat);
    acknowledges_what_it_has_no_answer_to(&server, wechat);
    refuses_strangers(&server, wechat);
    assert_eq!(server.terminate().code(), Some(0));
}

fn verifies(server: &Example, wechat: &Wechat) {
    let answer = server.send("GET", &wechat.verification("4375120948345356249"), b"");
    assert_eq!((answer.status, answer.body.as_str()), (200, "4375120948345356249"));
    assert!(answer.head.contains("\r\ncontent-type: text/plain"), "{}", answer.head);
}

fn echoes_every_kind(server: &Example, wechat: &Wechat) {
    let answer = |xml: &str| wechat.read(&server.push(wechat, xml));

    // The user sees what they wrote: the client reads `&lt;` as `<`.
    let literal = "你好 😀 &lt;a&amp;b&gt; ]]&gt; &lt;a href=\"x\"&gt;\n[微笑]";
    assert_text_reply(&answer(&text("你好 😀 <a&b> ]]> <a href=\"x\">\n[微笑]")), literal);

    let image = answer(&message("image", "<PicUrl>http://mmbiz.qpic.cn/0</PicUrl><MediaId>Pic_-1</MediaId>"));
    assert_media_reply(&image, "image", "Image", "Pic_-1");
    let voice = answer(&message("voice", "<MediaId>Voice_-2</MediaId><Format>amr</Format>"));
    assert_media_reply(&voice, "voice", "Voice", "Voice_-2");

    let place = "<Location_X>30.27</Location_X><Location_Y>120.15</Location_Y><Scale>16</Scale>";
    let location = message("location", &format!("{place}<Label><![CDATA[西湖 & 断桥]]></Label>"));
    assert_text_reply(&answer(&location), "西湖 &amp; 断桥");

    let subscribe = message("event", "<Event>subscribe</Event><EventKey></EventKey>");
    assert_text_reply(&answer(&subscribe), "欢迎关注！");
}

fn acknowledges_what_it_has_no_answer_to(server: &Example, wechat: &Wechat) {
    for (kind, fields) in [
        ("event", "<Event>some_future_event</Event>"),
        ("event", "<Event>unsubscribe</Event>"),
        ("some_future_kind", ""),
        ("image", "<PicUrl>http://mmbiz.qpic.cn/0</PicUrl>"),
        ("location", "<Location_X>30.27</Location_X><Location_Y>120.15</Location_Y><Label></Label>"),
        ("text", "<Content></Content>"),
    ] {
        assert_eq!(server.push(wechat, &message(kind, fields)), "success", "{kind} {fields}");
    }
}

fn refuses_strangers(server: &Example, wechat: &Wechat) {
    let stranger = Wechat { token: "anotherToken1234".to_owned(), ..wechat.clone() };
    let push = stranger.push(&text("你好"));
    let refusals = [
        server.send("POST", &push.query, &push.body),
        server.send("GET", &stranger.verification("4375120948345356249"), b""),
    ];
    for refusal in refusals {
        assert_eq!((refusal.status, refusal.body.as_str()), (403, ""));
    }
}

/// What a reply's XML must be for the user to see the image, or hear the voice, `media_id`.
fn assert_media_reply(xml: &str, kind: &str, element: &str, media_id: &str) {
    let reply = Document::parse(xml).expect("well-formed");
    assert_eq!(text_of(&reply, "ToUserName"), "o6_bmjrPTlm6_2sgVt7hMZOPfL2M");
    assert_eq!(text_of(&reply, "FromUserName"), "gh_1ea4fc76af61");
    assert_eq!(text_of(&reply, "MsgType"), kind);
    let media = reply.descendants().find(|node| node.has_tag_name("MediaId")).expect("a MediaId");
    assert!(media.parent().is_some_and(|parent| parent.has_tag_name(element)), "{xml}");
    assert_eq!(text_of(&reply, "MediaId"), media_id);
}

/// A message of any kind, from the user and to the account of [`text`].
fn message(kind: &str, fields: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[gh_1ea4fc76af61]]></ToUserName>\n\
         <FromUserName><![CDATA[o6_bmjrPTlm6_2sgVt7hMZOPfL2M]]></FromUserName>\n\
         <CreateTime>1714036504</CreateTime>\n\
         <MsgType><![CDATA[{kind}]]></MsgType>\n\
         {fields}<MsgId>{}</MsgId>\n\
         </xml>",
        fresh()
    )
}

impl Example {
    /// Pushes the message and returns the body of the answer.
    fn push(&self, wechat: &Wechat, xml: &str) -> String {
        let push = wechat.push(xml);
        let Answer { status, head, body } = self.send("POST", &push.query, &push.body);
        assert_eq!(status, 200);
        let content_type = if body == "success" { "text/plain" } else { "text/xml" };
        assert!(head.contains(&format!("\r\ncontent-type: {content_type}; charset=utf-8\r\n")), "{head}");
        body
    }

    /// A request with the headers that WeChat's own have.
    fn send(&self, method: &str, query: &str, body: &[u8]) -> Answer {
        let address = &self.address;
        let length = body.len();
        let mut head = format!(
            "{method} /weixin?{query} HTTP/1.1\r\n\
             Host: {address}\r\n\
             User-Agent: Mozilla/4.0\r\n\
             Accept: */*\r\n\
             Pragma: no-cache\r\n\
             Connection: close\r\n"
        );
        if method == "POST" {
            head += &format!("Content-Type: text/xml\r\nContent-Length: {length}\r\n");
        }
        let mut stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        stream.write_all(&[head.as_bytes(), b"\r\n", body].concat()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        Answer::parse(&answer)
    }
}

struct Answer {
    status: u16,
    /// With the header names in lower case.
    head: String,
    body: String,
}

impl Answer {
    fn parse(answer: &str) -> Self {
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.strip_prefix("HTTP/1.1 ").expect("HTTP/1.1").get(..3).expect("a status");
        let head = format!("{head}\r\n").to_ascii_lowercase();
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())), "{head}");
        Self { status: status.parse().expect("a number"), head, body: body.to_owned() }
    }
}
