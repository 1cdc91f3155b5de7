//! The chat page's server, for browsers and for clients that are not.
#![cfg(feature = "page")]

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::Receiver;
use wechat_sim::page::{BotReporter, BotRequest, BotState, BuildState, Page, Printer};
use wechat_sim::{Account, LocalizedText, Mode, Policy, ServiceTarget};

/// A page whose bot sends no reply, and its account.
struct Served {
    address: SocketAddr,
    account: Account,
}

impl Served {
    async fn new() -> Self {
        Self::with(Router::new().route("/weixin", post(async || "success"))).await
    }

    async fn with(bot: Router) -> Self {
        let mut policy = Policy::default();
        (policy.timeout, policy.interval) = (Duration::from_millis(50), Duration::from_millis(50));
        Self::with_policy(bot, policy).await
    }

    async fn with_policy(bot: Router, policy: Policy) -> Self {
        let account = Account::generate();
        let page = Page::for_target(account.clone(), ServiceTarget::new(bot, "/weixin")).with_policy(policy);
        Self::serve(account, page).await
    }

    async fn serve(account: Account, page: Page) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        tokio::spawn(page.serve(listener));
        Self { address, account }
    }

    fn request(&self, method: Method, path: &str) -> http::request::Builder {
        Request::builder().method(method).uri(path).header("host", self.address.to_string())
    }

    /// A request like one of the page's own script.
    fn order(&self, path: &str) -> http::request::Builder {
        let own = format!("http://{}", self.address);
        self.request(Method::POST, path).header("origin", own).header("content-type", "application/json")
    }

    async fn post(&self, path: &str, body: &Value) -> (StatusCode, String) {
        self.send(self.order(path), body.to_string()).await
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        self.send(self.request(Method::GET, path), "").await
    }

    async fn get_json(&self, path: String) -> Value {
        serde_json::from_str(&self.get(&path).await.1).expect("JSON")
    }

    async fn send(&self, request: http::request::Builder, body: impl Into<String>) -> (StatusCode, String) {
        let response = self.answer(request, body).await;
        let status = response.status();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        (status, String::from_utf8(body.into()).expect("UTF-8"))
    }

    async fn answer(
        &self,
        request: http::request::Builder,
        body: impl Into<String>,
    ) -> http::Response<Incoming> {
        let stream = TcpStream::connect(self.address).await.expect("it listens");
        let connection = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("HTTP");
        let (mut sender, connection) = connection;
        tokio::spawn(connection);
        let body = Full::new(Bytes::from(body.into()));
        sender.send_request(request.body(body).expect("a request")).await.expect("an answer")
    }

    /// Reads events until `found` accepts one.
    async fn wait_for(&self, found: impl Fn(&Value) -> bool) -> Value {
        let response = self.answer(self.request(Method::GET, "/api/events"), "").await;
        assert_eq!(response.status(), StatusCode::OK);
        let mut body = response.into_body();
        // A frame can end within a character.
        let mut bytes = Vec::new();
        loop {
            let frame = body.frame().await.expect("no end").expect("a frame");
            bytes.extend_from_slice(&frame.into_data().expect("data"));
            while let Some(end) = bytes.windows(2).position(|pair| pair == b"\n\n") {
                let event = String::from_utf8(bytes.drain(..end + 2).collect()).expect("UTF-8");
                let data = event.strip_prefix("data: ").map(|data| serde_json::from_str(data).expect("JSON"));
                if let Some(event) = data
                    && found(&event)
                {
                    return event;
                }
            }
        }
    }

    /// The exchange when it is done.
    async fn shown(&self, id: u64) -> Value {
        let is_done = |exchange: &Value| exchange["id"] == id && !exchange["shown"].is_null();
        let event = self.wait_for(|event| match event["exchanges"].as_array() {
            Some(exchanges) => exchanges.iter().any(is_done),
            None => is_done(&event["exchange"]),
        });
        let event = event.await;
        let exchanges = event["exchanges"].as_array().cloned().unwrap_or_default();
        exchanges.into_iter().find(is_done).unwrap_or_else(|| event["exchange"].clone())
    }

    async fn say(&self, text: &str) -> Value {
        let body = json!({"fan": "小明", "type": "text", "fields": [["Content", text]]});
        self.push("/api/send", &body).await
    }

    /// The exchange that the order starts, when it is done.
    async fn push(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.post(path, body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let id = serde_json::from_str::<Value>(&answer).expect("JSON")["id"].as_u64().expect("a number");
        self.shown(id).await
    }
}

#[tokio::test]
async fn what_a_fan_says_is_delivered_and_told() {
    let served = Served::new().await;
    let exchange = served.say("你好").await;
    assert_eq!(exchange["shown"]["shown"], "nothing");
    assert_eq!(exchange["lanes"].as_array().map(Vec::len), Some(1));
    let (status, detail) = served.get(&format!("/api/exchanges/{}", exchange["id"])).await;
    let detail: Value = serde_json::from_str(&detail).expect("JSON");
    assert_eq!((status, &detail["command"]), (StatusCode::OK, &json!("wechat-sim send text '你好'")));
    assert!(detail["xml"].as_str().is_some_and(|xml| xml.contains("你好")));
    assert!(
        detail["deliveries"][0]["curl"].as_str().is_some_and(|curl| curl.starts_with("curl -i 'http://"))
    );
    assert_eq!(detail["deliveries"][0]["signatures"][1]["name"], "msg_signature");
}

/// The value of a field of the exchange's message.
fn field<'e>(exchange: &'e Value, name: &str) -> &'e str {
    let fields = exchange["fields"].as_array().expect("fields");
    fields.iter().find(|field| field[0] == name).and_then(|field| field[1].as_str()).expect(name)
}

#[tokio::test]
async fn what_is_sent_again_is_a_new_message_of_the_same_fan() {
    let served = Served::new().await;
    let body = json!({"fan": "阿花", "type": "text", "fields": [["Content", "你好"]]});
    let first = served.push("/api/send", &body).await;
    let second = served.push("/api/resend", &json!({"id": first["id"]})).await;
    assert_ne!(first["id"], second["id"]);
    assert_ne!(field(&first, "MsgId"), field(&second, "MsgId"));
    for name in ["FromUserName", "MsgType", "Content"] {
        assert_eq!(field(&first, name), field(&second, name));
    }
    assert_eq!((&second["fan"], &second["repeats"]), (&json!("阿花"), &Value::Null));
}

#[tokio::test]
async fn a_push_that_is_repeated_is_the_same_message_with_a_new_signature() {
    let served = Served::new().await;
    for mode in Mode::ALL {
        served.post("/api/mode", &json!({"mode": mode})).await;
        let first = served.say("你好").await;
        let second = served.push("/api/repeat", &json!({"id": first["id"]})).await;
        assert_eq!(first["fields"], second["fields"]);
        assert_eq!(second["repeats"], first["id"]);
        let details = [&first["id"], &second["id"]].map(|id| served.get_json(format!("/api/exchanges/{id}")));
        let [first, second] = details;
        let (first, second) = (first.await, second.await);
        assert_eq!((&first["xml"], &first["command"]), (&second["xml"], &second["command"]));
        assert_ne!(first["deliveries"][0]["request"]["url"], second["deliveries"][0]["request"]["url"]);
    }
}

/// A follow that is sent again changes the list of fans; a retry of it does not.
#[tokio::test]
async fn only_what_is_sent_again_changes_the_fan() {
    let served = Served::new().await;
    let follow = served.push("/api/send", &json!({"fan": "小明", "event": "subscribe"})).await;
    served.push("/api/send", &json!({"fan": "小明", "event": "unsubscribe"})).await;
    for (path, following) in [("/api/repeat", false), ("/api/resend", true)] {
        let again = served.push(path, &json!({"id": follow["id"]})).await;
        assert_eq!(again["kind"], "subscribe");
        let state = served.wait_for(|event| event["event"] == "state").await;
        assert_eq!(state["fans"][0]["following"], following, "{path}");
    }
}

#[tokio::test]
async fn what_is_not_kept_cannot_be_sent_again() {
    let served = Served::new().await;
    let id = served.say("你好").await["id"].clone();
    served.post("/api/clear", &json!({})).await;
    for path in ["/api/resend", "/api/repeat"] {
        assert_eq!(served.post(path, &json!({"id": id})).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_bot_that_hangs_is_asked_three_times_and_the_notice_is_shown() {
    let hang = post(async || std::future::pending::<&str>().await);
    let served = Served::with(Router::new().route("/weixin", hang)).await;
    let exchange = served.say("你好").await;
    assert_eq!(exchange["shown"]["shown"], "failure_notice");
    let lanes = exchange["lanes"].as_array().expect("lanes");
    assert_eq!(lanes.iter().map(|lane| &lane["ending"]).collect::<Vec<_>>(), ["timed_out"; 3]);
}

#[tokio::test]
async fn a_bot_at_a_url_that_is_not_there_is_told_as_not_reached() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/weixin", nobody.local_addr().expect("bound"));
    drop(nobody);
    let account = Account::generate();
    let served = Served::serve(account.clone(), Page::new(account, url)).await;
    let exchange = served.say("你好").await;
    assert_eq!(exchange["shown"]["shown"], "failure_notice");
    assert_eq!(exchange["lanes"][0]["ending"], "unreachable");
}

#[tokio::test]
async fn a_new_visitor_is_told_what_happened_before() {
    let served = Served::new().await;
    let id = served.say("你好").await["id"].clone();
    let state = served.wait_for(|event| event["event"] == "state").await;
    assert_eq!(state["exchanges"][0]["id"], id);
    assert_eq!(state["fans"][0]["name"], "小明");
}

#[tokio::test]
async fn following_and_leaving_are_kept() {
    let served = Served::new().await;
    for (event, following) in [("subscribe", true), ("unsubscribe", false)] {
        served.post("/api/send", &json!({"fan": "阿花", "event": event})).await;
        let state = served.wait_for(|event| event["event"] == "state").await;
        assert_eq!(state["fans"][1]["following"], following, "{event}");
    }
}

#[tokio::test]
async fn a_switch_of_the_mode_is_told_and_the_next_push_follows_it() {
    let served = Served::new().await;
    for mode in Mode::ALL {
        let (status, _) = served.post("/api/mode", &json!({"mode": mode})).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert_eq!(served.say("你好").await["mode"], json!(mode));
    }
}

#[tokio::test]
async fn a_switch_of_the_kind_is_told_with_another_state_and_the_next_push_follows_it() {
    let served = Served::new().await;
    served.say("以前的").await;
    let (status, _) = served.post("/api/account", &json!({"kind": "wecom"})).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let state = served.wait_for(|event| event["event"] == "state" && event["kind"] == "wecom").await;
    assert_eq!((&state["mode"], &state["format"]), (&json!("safe"), &json!("xml")));
    assert_eq!(state["exchanges"], json!([]), "the conversation was with another account");
    assert_eq!(
        (&state["fans"][0]["openid"], &state["rules"]["max_text"]),
        (&json!("xiaoming"), &json!(2048))
    );
    let fields = served.say("你好").await["fields"].to_string();
    assert!(fields.contains("AgentID") && fields.contains("xiaoming"), "{fields}");

    let (status, _) = served.post("/api/account", &json!({"kind": "mini-program", "format": "json"})).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let sent = served.say("你好").await;
    let (_, detail) = served.get(&format!("/api/exchanges/{}", sent["id"])).await;
    let detail: Value = serde_json::from_str(&detail).expect("JSON");
    assert!(detail["xml"].as_str().is_some_and(|text| text.starts_with('{')), "{detail}");
    let (_, scenario) = served.post("/api/scenario", &json!({})).await;
    assert!(scenario.contains("kind = \\\"mini-program\\\"\\nformat = \\\"json\\\""), "{scenario}");
}

#[tokio::test]
async fn what_no_account_of_the_kind_has_is_refused_on_the_page() {
    let served = Served::new().await;
    for body in [json!({"kind": "official", "format": "json"}), json!({"kind": "store", "format": "xml"})] {
        assert_eq!(served.post("/api/account", &body).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    }
    served.post("/api/account", &json!({"kind": "platform"})).await;
    assert_eq!(served.post("/api/mode", &json!({"mode": "plain"})).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_text_is_pushed_as_it_is_until_it_is_to_be_split() {
    let served = Served::new().await;
    let text = "a]]>b]]></Content><MsgId>1</MsgId>";
    for (split, written) in
        [(false, "<![CDATA[a]]>b]]></Content>"), (true, "<![CDATA[a]]]]><![CDATA[>b]]]]>")]
    {
        let (status, _) = served.post("/api/split-cdata", &json!({"split_cdata": split})).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        served.wait_for(|event| event["event"] == "state" && event["split_cdata"] == split).await;
        let exchange = served.say(text).await;
        let (_, detail) = served.get(&format!("/api/exchanges/{}", exchange["id"])).await;
        let detail: Value = serde_json::from_str(&detail).expect("JSON");
        let xml = detail["xml"].as_str().expect("the XML");
        assert!(xml.contains(written), "{xml}");
        // The page shows the text as it was sent, however it was written.
        assert!(exchange["fields"].to_string().contains(&json!(text).to_string()), "{exchange}");
    }
}

#[tokio::test]
async fn an_attack_on_a_bot_that_takes_all_is_told_as_accepted() {
    let served = Served::new().await;
    let (status, _) = served.post("/api/attack", &json!({"name": "bad-signature"})).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let accepted = |event: &Value| {
        event["status"]["verdict"] == "accepted"
            || event["attack_statuses"]["bad-signature"]["verdict"] == "accepted"
    };
    served.wait_for(accepted).await;
    assert_eq!(served.post("/api/attack", &json!({"name": "no-such"})).await.0, StatusCode::NOT_FOUND);
}

/// Runs the attack and returns what is told of it.
async fn attacked(served: &Served, name: &str) -> Value {
    let (status, _) = served.post("/api/attack", &json!({"name": name})).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let ended = |event: &Value| {
        let status = if event["name"] == name { &event["status"] } else { &event["attack_statuses"][name] };
        status["verdict"].is_string()
    };
    served.wait_for(ended).await;
    let (status, detail) = served.get(&format!("/api/attacks/{name}")).await;
    assert_eq!(status, StatusCode::OK);
    for secret in [served.account.token(), served.account.encoding_aes_key()] {
        assert!(!detail.contains(secret));
    }
    serde_json::from_str(&detail).expect("JSON")
}

#[tokio::test]
async fn a_forged_request_is_told_with_its_answer_and_the_signatures_that_it_should_have() {
    let served = Served::new().await;
    assert_eq!(served.get("/api/attacks/bad-signature").await.0, StatusCode::NOT_FOUND);
    let detail = attacked(&served, "bad-signature").await;
    let probe = &detail["probes"][0];
    assert_eq!((&detail["verdict"], &probe["expected"]), (&json!("accepted"), &json!("refused")));
    assert_eq!(probe["forgery"]["zh"], "msg_signature 的第一位改了");
    assert_eq!(
        (&probe["ending"]["answer"]["status"], &probe["ending"]["answer"]["body"]),
        (&json!(200), &json!("success"))
    );
    let url = probe["request"]["url"].as_str().expect("a URL");
    let right = |at: usize| probe["signatures"][at]["value"].as_str().expect("a signature");
    assert!(url.contains(&format!("?signature={}&", right(0))), "{url}");
    assert!(url.contains("&msg_signature=") && !url.contains(right(1)), "{url}");
    assert!(probe["curl"].as_str().is_some_and(|curl| curl.contains(url)));
}

#[tokio::test]
async fn of_a_long_request_and_a_long_answer_only_the_start_is_kept() {
    let long = Router::new().route("/weixin", post(async || "x".repeat(100_000)));
    let served = Served::with(long).await;
    let probe = &attacked(&served, "oversize").await["probes"][0];
    let length = |value: &Value| value.as_str().map(str::len);
    assert!(probe["body_length"].as_u64().is_some_and(|length| length > 1024 * 1024));
    assert_eq!(length(&probe["request"]["body"]), Some(16 * 1024));
    assert_eq!(length(&probe["ending"]["answer"]["body"]), Some(16 * 1024));
    assert_eq!((&probe["ending"]["answer"]["truncated"], &probe["curl"]), (&json!(true), &Value::Null));
}

#[tokio::test]
async fn a_name_that_is_not_this_machines_own_is_refused() {
    let served = Served::new().await;
    let port = served.address.port();
    for host in ["evil.example", "127.0.0.1", "127.0.0.1.evil.example:80", &format!("evil.example:{port}")] {
        for path in ["/", "/assets/main.js", "/api/events", "/api/kinds"] {
            let request = Request::get(path).header("host", host);
            assert_eq!(served.send(request, "").await.0, StatusCode::FORBIDDEN, "{host} {path}");
        }
    }
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        let request = Request::get("/").header("host", format!("{host}:{port}"));
        assert_eq!(served.send(request, "").await.0, StatusCode::OK, "{host}");
    }
    let twice = served.request(Method::GET, "/").header("host", "evil.example");
    assert_ne!(served.send(twice, "").await.0, StatusCode::OK);
}

const ORDERS: [&str; 13] = [
    "/api/send",
    "/api/resend",
    "/api/repeat",
    "/api/fans",
    "/api/mode",
    "/api/account",
    "/api/split-cdata",
    "/api/menu",
    "/api/attack",
    "/api/scenario",
    "/api/verify",
    "/api/clear",
    "/api/secrets",
];

#[tokio::test]
async fn an_order_from_another_origin_is_refused() {
    let served = Served::new().await;
    let other_port = format!("http://127.0.0.1:{}", served.address.port() ^ 1);
    let other_name = format!("http://localhost:{}", served.address.port());
    for origin in ["https://evil.example", "null", "", &other_port, &other_name] {
        for path in ORDERS {
            let request = served.request(Method::POST, path).header("content-type", "application/json");
            let answer = served.send(request.header("origin", origin), "{}").await;
            assert_eq!(answer, (StatusCode::FORBIDDEN, String::new()), "{origin} {path}");
        }
    }
}

#[tokio::test]
async fn an_order_without_an_origin_is_refused() {
    let served = Served::new().await;
    for path in ORDERS {
        let request = served.request(Method::POST, path).header("content-type", "application/json");
        assert_eq!(served.send(request, "{}").await.0, StatusCode::FORBIDDEN, "{path}");
    }
}

/// The requests that a form of another page can send without a preflight.
#[tokio::test]
async fn an_order_that_is_not_json_is_refused() {
    let served = Served::new().await;
    let own = format!("http://{}", served.address);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let request = served.request(Method::POST, "/api/clear").header("origin", &own);
        let answer = served.send(request.header("content-type", kind), "{}").await;
        assert_eq!(answer.0, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
}

#[tokio::test]
async fn events_and_records_are_not_for_other_pages() {
    let served = Served::new().await;
    for path in ["/api/events", "/api/kinds", "/api/exchanges/1", "/api/attacks/doctype"] {
        let origin = served.request(Method::GET, path).header("origin", "https://evil.example");
        assert_eq!(served.send(origin, "").await.0, StatusCode::FORBIDDEN, "{path}");
        for site in ["cross-site", "same-site"] {
            let request = served.request(Method::GET, path).header("sec-fetch-site", site);
            assert_eq!(served.send(request, "").await.0, StatusCode::FORBIDDEN, "{path} {site}");
        }
    }
}

#[tokio::test]
async fn each_answer_says_what_a_browser_may_do_with_it() {
    let served = Served::new().await;
    for path in ["/", "/assets/main.js", "/api/kinds", "/nothing"] {
        let response = served.answer(served.request(Method::GET, path), "").await;
        let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
    }
}

#[tokio::test]
async fn no_secret_leaves_before_it_is_asked_for() {
    let served = Served::new().await;
    let secrets = [served.account.token(), served.account.encoding_aes_key()];
    let id = served.say("你好").await["id"].clone();
    let state = served.wait_for(|event| event["event"] == "state").await.to_string();
    let detail = served.get(&format!("/api/exchanges/{id}")).await.1;
    for secret in secrets {
        assert!(!state.contains(secret) && !detail.contains(secret));
    }
    let (status, answer) = served.post("/api/secrets", &json!({})).await;
    assert_eq!(status, StatusCode::OK);
    for secret in secrets {
        assert!(answer.contains(secret));
    }
}

#[tokio::test]
async fn what_is_too_long_is_refused() {
    let served = Served::new().await;
    let raw = json!({"fan": "小明", "raw": "x".repeat(200 * 1024)});
    assert_eq!(served.post("/api/send", &raw).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let name = json!({"name": "长".repeat(21)});
    assert_eq!(served.post("/api/fans", &name).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn fans_and_deliveries_are_bounded() {
    let hang = post(async || std::future::pending::<&str>().await);
    let served = Served::with_policy(Router::new().route("/weixin", hang), Policy::default()).await;
    let mut statuses = Vec::new();
    for number in 0..40 {
        statuses.push(served.post("/api/fans", &json!({"name": format!("f{number}")})).await.0);
    }
    assert_eq!(statuses.iter().filter(|status| status.is_success()).count(), 28);

    let text = json!({"fan": "小明", "type": "text"});
    let mut refused = false;
    for _ in 0..40 {
        refused |= served.post("/api/send", &text).await.0 == StatusCode::TOO_MANY_REQUESTS;
    }
    assert!(refused);
}

#[tokio::test]
async fn a_field_cannot_be_markup() {
    let served = Served::new().await;
    for path in ["", "a b", "a><b", "1a", "a..b", "x/"] {
        let body = json!({"fan": "小明", "type": "text", "fields": [[path, "1"]]});
        assert_eq!(served.post("/api/send", &body).await.0, StatusCode::UNPROCESSABLE_ENTITY, "{path:?}");
    }
    let body = json!({"fan": "小明", "type": "a><b"});
    assert_eq!(served.post("/api/send", &body).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_fan_that_is_not_there_cannot_speak() {
    let served = Served::new().await;
    let body = json!({"fan": "谁", "type": "text"});
    assert_eq!(served.post("/api/send", &body).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn only_this_machine_is_served() {
    let listener = TcpListener::bind("0.0.0.0:0").await.expect("a port");
    let page = Page::new(Account::generate(), "http://127.0.0.1:3000/weixin".to_owned());
    let error = page.serve(listener).await.expect_err("not loopback");
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}

#[tokio::test]
async fn a_bot_s_url_must_be_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let page = Page::new(Account::generate(), "localhost".to_owned());
    let error = page.serve(listener).await.expect_err("no URL");
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}

/// Every file that the markup and the scripts refer to.
#[tokio::test]
async fn every_file_of_the_page_is_served() {
    let served = Served::new().await;
    let mut wanted = vec!["/".to_owned()];
    let mut seen = Vec::new();
    while let Some(path) = wanted.pop() {
        if seen.contains(&path) {
            continue;
        }
        let (status, text) = served.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(text.lines().count() < 300, "{path} has more than one job");
        for quoted in text.split('"') {
            let name = quoted.strip_prefix("./").or_else(|| quoted.strip_prefix("/assets/"));
            let name = name.and_then(|name| name.split('#').next()).filter(|name| !name.contains('$'));
            wanted.extend(name.map(|name| format!("/assets/{name}")));
        }
        seen.push(path);
    }
    assert!(seen.len() > 25, "{seen:?}");
    assert_eq!(served.get("/assets/no.js").await.0, StatusCode::NOT_FOUND);
}

/// The page shows replies as text only, so no script may use an API that parses markup.
#[tokio::test]
async fn no_script_makes_markup_of_text() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/page/web");
    for entry in std::fs::read_dir(folder).expect("the files") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "srcdoc"] {
            assert!(!text.contains(way), "{way} in {}", path.display());
        }
    }
}

/// A bot in this process at a URL, which prints a line for each message; its page knows it as a supervised one.
async fn supervised() -> (Served, BotReporter, Receiver<BotRequest>, BotState) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/weixin", listener.local_addr().expect("bound"));
    let account = Account::generate();
    let (page, bot, requests) = Page::new(account.clone(), url.clone()).supervised();
    let printer = bot.clone();
    let app = post(async move || {
        printer.line(Printer::Bot, "\u{1b}[33m WARN\u{1b}[0m wechat_callback::log: refused a request");
        printer.line(Printer::Bot, r#" INFO wechat_push{kind="image"}: bot: of another push"#);
        printer.line(Printer::Bot, r#" INFO wechat_push{kind="text"}: bot: 你好"#);
        printer.line(Printer::Build, "   Compiling bot");
        "success"
    });
    let printer = bot.clone();
    let verify = async move || {
        printer.line(Printer::Bot, "ERROR wrong echostr");
        ""
    };
    let app = Router::new().route("/weixin", app.get(verify));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (Served::serve(account, page).await, bot, requests, BotState::Listening { url })
}

#[tokio::test]
async fn what_the_bot_prints_during_a_push_stands_beside_it() {
    let (served, bot, _requests, listening) = supervised().await;
    bot.state(listening);
    served.wait_for(|event| event["verified"]["passed"] == false).await;
    bot.line(Printer::Bot, "before");
    let exchange = served.say("你好").await;
    let path = format!("/api/exchanges/{}", exchange["id"]);
    let lines = || async {
        let (_, detail) = served.get(&path).await;
        let detail: Value = serde_json::from_str(&detail).expect("JSON");
        detail["log"].as_array().expect("lines").clone()
    };
    assert_eq!(
        lines().await,
        [
            json!({"text": " WARN wechat_callback::log: refused a request", "serious": true}),
            json!({"text": " INFO wechat_push{kind=\"text\"}: bot: 你好", "serious": false}),
        ]
    );
    // What is printed later is not the push's, and what was is kept when the bot prints a lot.
    tokio::time::sleep(Duration::from_millis(400)).await;
    for number in 0..5000 {
        bot.line(Printer::Bot, &format!("line {number}"));
    }
    assert_eq!(lines().await.len(), 2);
}

#[tokio::test]
async fn a_bot_that_is_down_is_pushed_nothing_and_can_be_restarted() {
    let (served, bot, mut requests, listening) = supervised().await;
    let hello = json!({"fan": "小明", "type": "text", "fields": [["Content", "你好"]]});
    bot.build(BuildState::Failed);
    let (status, answer) = served.post("/api/send", &hello).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.contains("could not be built"), "{answer}");
    bot.build(BuildState::Succeeded);
    bot.state(listening);
    served.say("你好").await;

    bot.state(BotState::Starting);
    bot.line(Printer::Bot, "the last line");
    let reason = LocalizedText { zh: "退出码 7".to_owned(), en: "exit status: 7".to_owned() };
    bot.state(BotState::Stopped { reason });
    let state = served.wait_for(|event| event["bot"]["state"] == "stopped").await;
    assert_eq!(state["bot"]["reason"]["zh"], "退出码 7");
    // Without those from before it was started.
    assert_eq!(state["bot"]["lines"], json!(["the last line"]));
    let (status, answer) = served.post("/api/send", &hello).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.contains("退出码 7") && answer.contains("exit status: 7"), "{answer}");
    let attack = json!({"name": "bad-signature"});
    assert_eq!(served.post("/api/attack", &attack).await.0, StatusCode::SERVICE_UNAVAILABLE);

    assert_eq!(served.post("/api/restart", &json!({})).await.0, StatusCode::NO_CONTENT);
    assert_eq!(requests.recv().await, Some(BotRequest::Restart));
    served.wait_for(|event| event["bot"]["state"] == "restarting").await;
    assert_eq!(served.post("/api/mode", &json!({"mode": "plain"})).await.0, StatusCode::NO_CONTENT);
    assert_eq!(requests.recv().await, Some(BotRequest::Mode(Mode::Plain)));
}

#[tokio::test]
async fn a_bot_that_the_program_did_not_start_is_not_restarted() {
    let served = Served::new().await;
    assert_eq!(served.post("/api/restart", &json!({})).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_supervised_bot_is_verified_each_time_that_it_listens() {
    let (served, bot, _requests, listening) = supervised().await;
    bot.state(listening.clone());
    // The bot of this test returns no echostr, and says so.
    let failed =
        served.wait_for(|event| event["verified"]["log"].as_array().is_some_and(|log| !log.is_empty()));
    let failed = failed.await;
    assert_eq!(failed["verified"]["passed"], false);
    assert_eq!(failed["verified"]["log"][0], json!({"text": "ERROR wrong echostr", "serious": true}));
    bot.state(BotState::Restarting);
    served.wait_for(|event| event["bot"]["state"] == "restarting" && event["verified"].is_null()).await;
    bot.state(listening);
    served.wait_for(|event| event["verified"]["passed"] == false).await;
}

#[tokio::test]
async fn a_menu_is_set_and_a_mistake_in_it_is_told_in_both_languages_with_its_place() {
    let served = Served::new().await;
    let menu = json!({"menu": {"button": [{"name": "天气", "type": "click", "key": "WEATHER", "note": 1}]}});
    assert_eq!(served.post("/api/menu", &menu).await.0, StatusCode::NO_CONTENT);
    let state = served.wait_for(|event| event["event"] == "state").await;
    assert_eq!(state["menu"], menu["menu"]);
    for (json, zh, en) in [
        ("{\n  \"button\" []}", "第 2 行第 12 列：JSON 格式不正确", "line 2, column 12: not JSON"),
        (r#"{"button":[{"name":"a"}]}"#, "按钮 1：缺少 type", "button 1: type is missing"),
    ] {
        let (status, answer) = served.send(served.order("/api/menu"), json).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(serde_json::from_str::<Value>(&answer).expect("JSON"), json!({"zh": zh, "en": en}));
    }
}
