//! Every refusal, in every dialect: one table of requests and answers for Official Accounts, open platforms, mini-programs
//! and WeCom. `refusals.rs` has what is deeper than a table, for Official Accounts.

use crate::support;

use std::collections::HashSet;

use serde_json::json;
use support::both::{Request, actix, assert_refused_by, axum, engine};
use support::logs::logged_while;
use support::{Wechat, fresh, now, text};
use wechat_callback::{Callback, DataFormat, SecurityMode};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    OfficialAccount,
    Platform,
    MiniProgram,
    WeCom,
}

/// An account of a kind, and what is sent to it.
#[derive(Clone, Debug)]
struct Dialect {
    kind: Kind,
    wechat: Wechat,
}

/// What a request is answered with, and how its reason is logged.
struct Refusal {
    name: &'static str,
    request: Request,
    status: u16,
    reason: &'static str,
}

fn dialects() -> Vec<Dialect> {
    use Kind::{MiniProgram, OfficialAccount, Platform, WeCom};
    use SecurityMode::{Compatible, Plain, Safe};
    let all = [
        (OfficialAccount, Plain),
        (OfficialAccount, Compatible),
        (OfficialAccount, Safe),
        (Platform, Safe),
        (MiniProgram, Plain),
        (MiniProgram, Compatible),
        (MiniProgram, Safe),
        (WeCom, Safe),
    ];
    all.map(|(kind, mode)| Dialect { kind, wechat: Wechat::new(mode) }).into()
}

impl Dialect {
    fn name(&self) -> String {
        format!("{:?} in {} mode", self.kind, self.wechat.mode)
    }

    fn callback(&self) -> Callback {
        let Wechat { app_id, token, encoding_aes_key, .. } = &self.wechat;
        match self.kind {
            Kind::OfficialAccount | Kind::Platform => self.wechat.callback(),
            Kind::WeCom => Callback::wecom(app_id, token, encoding_aes_key).build().expect("an account"),
            Kind::MiniProgram => {
                let builder =
                    Callback::builder(app_id, token).mode(self.wechat.mode).format(DataFormat::Json);
                let builder =
                    if self.is_encrypted() { builder.encoding_aes_key(encoding_aes_key) } else { builder };
                builder.build().expect("an account")
            }
        }
    }

    fn is_encrypted(&self) -> bool {
        self.wechat.mode != SecurityMode::Plain
    }

    fn is_json(&self) -> bool {
        self.kind == Kind::MiniProgram
    }

    /// The same, but for its secrets or its id.
    fn with(&self, change: impl FnOnce(&mut Wechat)) -> Self {
        let mut other = self.clone();
        change(&mut other.wechat);
        other
    }

    /// The parameters that a push must have, with right signatures, whatever is signed as `encrypt`.
    fn parameters(&self, encrypt: Option<&str>, timestamp: i64) -> Vec<(&'static str, String)> {
        let (timestamp, nonce) = (timestamp.to_string(), fresh().to_string());
        let mut parameters = vec![];
        if self.kind != Kind::WeCom {
            parameters.push(("signature", self.wechat.sign(&[&timestamp, &nonce])));
        }
        if let Some(encrypt) = encrypt {
            parameters.push(("msg_signature", self.wechat.sign(&[&timestamp, &nonce, encrypt])));
        }
        parameters.extend([("timestamp", timestamp), ("nonce", nonce)]);
        parameters
    }

    fn message(&self) -> String {
        if !self.is_json() {
            return text("你好");
        }
        let message = json!({
            "ToUserName": "gh_1ea4fc76af61", "FromUserName": "o6_bmjrPTlm6_2sgVt7hMZOPfL2M", "CreateTime": 1_714_036_504,
            "MsgType": "text", "Content": "你好", "MsgId": fresh(),
        });
        message.to_string()
    }

    /// The envelope around `encrypt`, in compatible mode with a message beside it.
    fn envelope(&self, encrypt: &str) -> String {
        let beside = (self.wechat.mode == SecurityMode::Compatible).then(|| self.message());
        if self.is_json() {
            let beside = beside.unwrap_or_else(|| json!({"ToUserName": "gh_1ea4fc76af61"}).to_string());
            return format!("{},\"Encrypt\":{}}}", beside.trim_end_matches('}'), json!(encrypt));
        }
        let around = match self.kind {
            Kind::Platform => format!("<xml><AppId>{}</AppId>", self.wechat.app_id),
            Kind::WeCom => format!("<xml><AgentID></AgentID><ToUserName>{}</ToUserName>", self.wechat.app_id),
            _ => "<xml><ToUserName>gh_1ea4fc76af61</ToUserName>".to_owned(),
        };
        let around = beside.map_or(around, |message| message.trim_end_matches("</xml>").to_owned());
        format!("{around}<Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>")
    }

    /// A push of `encrypt`, rightly signed whatever it is.
    fn sealed(&self, encrypt: &str) -> Push {
        Push { parameters: self.parameters(Some(encrypt), now()), body: self.envelope(encrypt).into_bytes() }
    }

    /// A right push of `message`.
    fn push_at(&self, message: &str, timestamp: i64) -> Push {
        if !self.is_encrypted() {
            let parameters = self.parameters(None, timestamp);
            return Push { parameters, body: message.as_bytes().to_vec() };
        }
        let encrypt = self.wechat.encrypt(message);
        Push {
            parameters: self.parameters(Some(&encrypt), timestamp),
            body: self.envelope(&encrypt).into_bytes(),
        }
    }

    fn push(&self) -> Push {
        self.push_at(&self.message(), now())
    }

    /// A right verification.
    fn verification_at(&self, echo: &str, timestamp: i64) -> Push {
        let (echostr, signed) = match self.kind {
            Kind::WeCom => {
                let echostr = self.wechat.encrypt(echo);
                (echostr.clone(), Some(echostr))
            }
            _ => (echo.to_owned(), None),
        };
        let mut parameters = self.parameters(signed.as_deref(), timestamp);
        parameters.push(("echostr", echostr));
        Push { parameters, body: vec![] }
    }

    fn verification(&self) -> Push {
        self.verification_at("4375120948345356249", now())
    }

    /// The parameter that decides about a push.
    fn signature(&self) -> &'static str {
        if self.is_encrypted() { "msg_signature" } else { "signature" }
    }

    /// The parameter that decides about a verification.
    fn verifying_signature(&self) -> &'static str {
        if self.kind == Kind::WeCom { "msg_signature" } else { "signature" }
    }
}

/// What is sent, before it is written down as a request.
#[derive(Clone, Debug)]
struct Push {
    parameters: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Push {
    fn with(&self, name: &'static str, change: impl Fn(&str) -> String) -> Self {
        let mut other = self.clone();
        for (_, value) in other.parameters.iter_mut().filter(|(found, _)| *found == name) {
            *value = change(value);
        }
        other
    }

    fn without(&self, name: &str) -> Self {
        let mut other = self.clone();
        other.parameters.retain(|(found, _)| *found != name);
        other
    }

    fn and(&self, name: &'static str, value: &str) -> Self {
        let mut other = self.clone();
        other.parameters.push((name, value.to_owned()));
        other
    }

    fn body(&self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self.clone() }
    }

    /// The body with `more` in front of everything else in it.
    fn beginning(&self, more: &str) -> Self {
        let body = str::from_utf8(&self.body).expect("UTF-8");
        let open = if body.starts_with('{') { "{" } else { "<xml>" };
        self.body(body.replacen(open, &format!("{open}{more}"), 1))
    }

    fn query(&self) -> String {
        let escape = |value: &str| {
            value.replace(' ', "%20").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
        };
        let pairs = self.parameters.iter().map(|(name, value)| format!("{name}={}", escape(value)));
        pairs.collect::<Vec<_>>().join("&")
    }

    fn post(&self) -> Request {
        Request::post(self.query(), self.body.clone())
    }

    fn get(&self) -> Request {
        Request::get(self.query())
    }
}

fn zeros(_: &str) -> String {
    "0".repeat(40)
}

fn row(name: &'static str, request: Request, status: u16, reason: &'static str) -> Refusal {
    Refusal { name, request, status, reason }
}

const WRONG: &str = "is the Token here the one in the console?";
const MISSING: &str = "is missing";
const CLOCK: &str = "a wrong clock?";
const FORMAT: &str = "数据格式";

/// T1, T4, T8, T28: what the query alone is refused for.
fn of_the_query(dialect: &Dialect) -> Vec<Refusal> {
    let (push, name) = (dialect.push(), dialect.signature());
    let other = dialect.with(|wechat| wechat.token = "anotherToken1234".to_owned());
    let (get, verifying) = (dialect.verification(), dialect.verifying_signature());
    let long = dialect.verification_at(&"1".repeat(1025), now());
    let at = |offset| dialect.push_at(&dialect.message(), now() + offset).post();
    let verified_at = |offset| dialect.verification_at("1", now() + offset).get();
    let mut rows = vec![
        row("no signature", push.without(name).post(), 403, MISSING),
        row("an empty signature", push.with(name, |_| String::new()).post(), 403, WRONG),
        row("a wrong signature", push.with(name, zeros).post(), 403, WRONG),
        row("a cut signature", push.with(name, |right| right[..39].to_owned()).post(), 403, WRONG),
        row("an extended signature", push.with(name, |right| format!("{right}0")).post(), 403, WRONG),
        row("another Token", other.push().post(), 403, WRONG),
        row("another nonce", push.with("nonce", |_| "1".to_owned()).post(), 403, WRONG),
        row("an old push", at(-310), 403, CLOCK),
        row("an early push", at(310), 403, CLOCK),
        row("a push without a query", push.body(push.body.clone()).bare(), 400, "timestamp is missing"),
        row("GET: no signature", get.without(verifying).get(), 403, MISSING),
        row("GET: a wrong signature", get.with(verifying, zeros).get(), 403, WRONG),
        row("GET: another Token", other.verification().get(), 403, WRONG),
        row("GET: old", verified_at(-310), 403, CLOCK),
        row("GET: early", verified_at(310), 403, CLOCK),
        row("GET: no echostr", get.without("echostr").get(), 400, "echostr is missing"),
        row("GET: an empty echostr", get.with("echostr", |_| String::new()).get(), 400, "echostr is missing"),
        row("GET: a long echostr", long.get(), 400, "echostr is malformed"),
        row("GET: echostr twice", get.and("echostr", "1").get(), 400, "echostr is there more than once"),
    ];
    for (parameter, wrong) in [
        ("timestamp", "0"),
        ("timestamp", "01714036504"),
        ("timestamp", "1714036504 "),
        ("timestamp", "x"),
        ("nonce", ""),
        ("nonce", "a+b"),
    ] {
        let malformed = push.with(parameter, |_| wrong.to_owned()).post();
        rows.push(row("a malformed parameter", malformed, 400, "is malformed"));
    }
    for (parameter, value) in push.parameters.clone() {
        let doubled = push.and(parameter, &value).post();
        rows.push(row("a parameter twice", doubled, 400, "is there more than once"));
    }
    rows.extend(
        ["timestamp", "nonce"]
            .map(|name| row("a parameter too few", push.without(name).post(), 400, MISSING)),
    );
    rows
}

impl Push {
    fn bare(&self) -> Request {
        Request::post("", self.body.clone())
    }
}

/// T6, T12, T14, T15: what the body is refused for before anything is decrypted.
fn of_the_body(dialect: &Dialect) -> Vec<Refusal> {
    let push = dialect.push();
    let other = if dialect.is_json() { text("你好") } else { json!({"MsgType": "text"}).to_string() };
    let mut rows = vec![
        row("no UTF-8", push.body(b"<xml>\xff</xml>".to_vec()).post(), 400, "is not UTF-8"),
        row("UTF-16", push.body(b"\xff\xfe<\0x\0".to_vec()).post(), 400, "is not UTF-8"),
        row("the other format", push.body(other).post(), 400, FORMAT),
    ];
    let unreadable = if dialect.is_json() { "not the JSON of a push" } else { "not the XML of a push" };
    for body in broken(dialect) {
        rows.push(row("a broken body", push.body(body).post(), 400, unreadable));
    }
    for more in doubled_fields(dialect) {
        rows.push(row("a head field twice", push.beginning(&more).post(), 400, unreadable));
    }
    if dialect.is_encrypted() {
        for encrypt_type in ["raw", "aes", "x"] {
            let plain = push.body(dialect.message()).and("encrypt_type", encrypt_type).post();
            rows.push(row("nothing encrypted", plain, 403, "has no Encrypt"));
        }
        let foreign = push.body(dialect.envelope(&dialect.wechat.encrypt("x"))).post();
        rows.push(row("another cipher text", foreign, 403, WRONG));
    } else {
        let encrypted = Dialect { wechat: Wechat::new(SecurityMode::Safe), ..dialect.clone() };
        rows.push(row("an encrypted push", encrypted.push().post(), 403, "is in plain mode"));
    }
    rows
}

/// What is no body in the format of the account.
fn broken(dialect: &Dialect) -> Vec<String> {
    let (broken, deep): (&[&str], _) = if dialect.is_json() {
        let broken = &[
            "[]",
            "1",
            "\"\"",
            "{",
            "{}x",
            "{} {}",
            "{'a':1}",
            "{\"a\":\"\n\"}",
            r#"{"a":"\u12"}"#,
            r#"{"a":nul}"#,
            r#"{"a":01}"#,
        ];
        (broken, "{\"a\":".repeat(1000))
    } else {
        let broken = &[
            "<!DOCTYPE xml><xml></xml>",
            "<!DOCTYPE xml [<!ENTITY a \"b\">]><xml><Content>&a;</Content></xml>",
            "<xml><Content>&undefined;</Content></xml>",
            "<xml>",
            "<xml></xml><xml></xml>",
        ];
        (broken, format!("<xml>{}", "<a>".repeat(1000)))
    };
    broken.iter().map(|body| (*body).to_owned()).chain([deep]).collect()
}

/// Fields that stand in the body once more, as they are put in front of it. Readers would not agree on which one counts.
fn doubled_fields(dialect: &Dialect) -> Vec<String> {
    let names: &[&str] = if dialect.is_encrypted() {
        &["Encrypt"]
    } else {
        &["ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId"]
    };
    let doubles = |name: &&str| match dialect.is_json() {
        // In another case, with a blank and escaped it is the same key.
        true => [name.to_string(), name.to_lowercase(), format!(" {name}"), escaped(name)]
            .map(|name| format!("\"{name}\":\"1\","))
            .to_vec(),
        false => vec![format!("<{name}>1</{name}>")],
    };
    names.iter().flat_map(doubles).collect()
}

/// T9, T10, T11: what is wrong behind a right signature. The log tells it apart, the answer does not.
fn behind_the_signature(dialect: &Dialect) -> Vec<(&'static str, String)> {
    let (wechat, message) = (&dialect.wechat, dialect.message());
    let frame = |last: u8| {
        let mut frame = vec![0; 64];
        frame[63] = last;
        wechat.encrypt_frame(frame)
    };
    let mut long = vec![32; 64];
    long[16..20].copy_from_slice(&u32::MAX.to_be_bytes());
    let other =
        |app_id: &str| dialect.with(|wechat| wechat.app_id = app_id.to_owned()).wechat.encrypt(&message);
    let other_key =
        dialect.with(|wechat| wechat.encoding_aes_key = wechat.encoding_aes_key.chars().rev().collect());
    let right = wechat.encrypt(&message);
    let (twice, utf8): (_, &[u8]) = if dialect.is_json() {
        ("{\"MsgType\":\"text\",\"msgtype\":\"event\"}", b"{\"Content\":\"\xff\"}")
    } else {
        ("<xml><MsgType>text</MsgType><MsgType>event</MsgType></xml>", b"<xml><Content>\xff</Content></xml>")
    };
    let other_format =
        if dialect.is_json() { text("你好") } else { json!({"MsgType": "text"}).to_string() };
    vec![
        ("nothing", String::new()),
        ("no base64", "!".to_owned()),
        ("a blank in the base64", right.replacen('A', " ", 1)),
        ("cut", right[..right.len() - 4].to_owned()),
        ("too short", "AAAA".to_owned()),
        ("a padding of 0", frame(0)),
        ("a padding of 33", frame(33)),
        ("a broken padding", frame(2)),
        ("a length beyond the frame", wechat.encrypt_frame(long)),
        ("nothing but padding", wechat.encrypt_frame(vec![32; 32])),
        ("another key", other_key.wechat.encrypt(&message)),
        ("another id", other("wx5823bf96d3bd56c8")),
        ("an id too short", other("wx5823bf96d3bd56c")),
        ("an id too long", other("wx5823bf96d3bd56c77")),
        ("no id", other("")),
        ("no UTF-8", wechat.encrypt_with(utf8, [0; 16])),
        ("nothing in it", wechat.encrypt("")),
        ("a text in it", wechat.encrypt("success")),
        ("the other format in it", wechat.encrypt(&other_format)),
        ("a document type in it", wechat.encrypt("<!DOCTYPE xml><xml></xml>")),
        ("a head field twice in it", wechat.encrypt(twice)),
    ]
}

/// The key with its last letter escaped.
fn escaped(name: &str) -> String {
    let (last, letter) = name.char_indices().next_back().expect("a name");
    format!("{}\\u{:04x}", &name[..last], u32::from(letter))
}

/// What is sent to one kind of account, at another's endpoint with the same secrets.
fn of_another_kind(dialect: &Dialect) -> Vec<Refusal> {
    let other = |kind, id: &str| Dialect {
        kind,
        wechat: Wechat { app_id: id.to_owned(), ..Wechat::new(SecurityMode::Safe) },
    };
    let official = other(Kind::OfficialAccount, "wx0000000000000001");
    let wecom = other(Kind::WeCom, "ww0000000000000001");
    let mut rows = vec![];
    match dialect.kind {
        Kind::WeCom => {
            let plain = Dialect { wechat: Wechat::new(SecurityMode::Plain), ..official.clone() };
            rows.extend([
                row("an Official Account's push", official.push().post(), 403, "not for wx5823bf96d3bd56c7"),
                row("an Official Account's plain push", plain.push().post(), 403, "has no Encrypt"),
                row(
                    "an Official Account's verification",
                    official.verification().get(),
                    403,
                    "msg_signature is missing",
                ),
                row(
                    "the id of nobody",
                    dialect.with(|wechat| wechat.app_id.clear()).push().post(),
                    403,
                    "not for",
                ),
                row(
                    "GET: the id of nobody",
                    dialect.with(|wechat| wechat.app_id.clear()).verification().get(),
                    403,
                    "not for",
                ),
                row("GET: another id", wecom.verification().get(), 403, "(ww0000000000000001)"),
            ]);
        }
        _ => {
            let reason = match dialect.wechat.mode {
                SecurityMode::Safe if dialect.is_json() => FORMAT,
                SecurityMode::Safe => "(ww0000000000000001)",
                _ => "signature is missing",
            };
            let status = if reason == FORMAT { 400 } else { 403 };
            rows.push(row("WeCom's push", wecom.push().post(), status, reason));
            rows.push(row("WeCom's verification", wecom.verification().get(), 403, "signature is missing"));
        }
    }
    rows
}

/// What is logged of a refusal, with its reason and without a secret.
fn assert_logged(dialect: &Dialect, refusal: &Refusal) {
    let log = logged_while(|| drop(axum(&dialect.callback(), &refusal.request)));
    let about = format!("{}: {}: {:?}\n{log}", dialect.name(), refusal.name, refusal.request);
    assert!(
        log.contains("refused a request") && log.contains(refusal.reason),
        "not {:?}: {about}",
        refusal.reason
    );
    for secret in [&dialect.wechat.token, &dialect.wechat.encoding_aes_key] {
        assert!(!log.contains(secret.as_str()), "{about}");
    }
    assert!(!log.contains("你好"), "{about}");
}

#[test]
fn in_every_dialect_a_right_push_reaches_the_handler_and_a_right_verification_is_echoed() {
    for dialect in dialects() {
        for send in [axum, actix, engine] {
            let outcome = send(&dialect.callback(), &dialect.push().post());
            assert_eq!((outcome.calls, outcome.answer.status), (1, 200), "{}", dialect.name());
            let outcome = send(&dialect.callback(), &dialect.verification().get());
            assert_eq!((outcome.calls, outcome.answer.status), (0, 200), "{}", dialect.name());
            assert_eq!(outcome.answer.body, "4375120948345356249", "{}", dialect.name());
            assert_eq!(outcome.answer.header("content-type"), Some("text/plain; charset=utf-8"));
            assert_eq!(outcome.answer.header("x-content-type-options"), Some("nosniff"));
        }
    }
}

#[test]
fn in_every_dialect_every_refusal_is_a_status_and_nothing_else_and_its_reason_is_logged() {
    for dialect in dialects() {
        for refusal in [of_the_query, of_the_body, of_another_kind].iter().flat_map(|rows| rows(&dialect)) {
            println!("{}: {}: {:?}", dialect.name(), refusal.name, refusal.request);
            assert_refused_by(&dialect.callback(), &refusal.request, refusal.status);
            assert_logged(&dialect, &refusal);
        }
    }
}

#[test]
fn in_every_dialect_whatever_fails_behind_the_signature_is_one_answer_to_the_byte() {
    for dialect in dialects().into_iter().filter(Dialect::is_encrypted) {
        let callback = dialect.callback();
        let (mut logged, mut answers) = (HashSet::new(), HashSet::new());
        for (name, encrypt) in behind_the_signature(&dialect) {
            println!("{}: {name}", dialect.name());
            let push = dialect.sealed(&encrypt);
            let refusal = callback.open(&push.query(), &push.body).expect_err(name);
            logged.insert(refusal.to_string());
            assert_refused_by(&callback, &push.post(), 403);
            assert_logged(&dialect, &Refusal { name, request: push.post(), status: 403, reason: "refused" });
            answers.insert(format!("{:?}", [axum, actix].map(|send| send(&callback, &push.post()))));
        }
        assert!(logged.len() >= 8, "{}: the log tells them apart: {logged:?}", dialect.name());
        assert_eq!(answers.len(), 1, "{}: the caller does not", dialect.name());
    }
}

/// As the frame of a push, that of WeCom's echostr: whatever is wrong with it is one answer.
#[test]
fn whatever_fails_behind_the_signature_of_an_echostr_is_one_answer_to_the_byte() {
    let dialect = Dialect { kind: Kind::WeCom, wechat: Wechat::new(SecurityMode::Safe) };
    // An echostr is a text, in no format.
    let frames = behind_the_signature(&dialect)
        .into_iter()
        .filter(|(name, _)| !name.ends_with("in it") && *name != "nothing");
    let mut answers = HashSet::new();
    for (name, echostr) in frames {
        println!("{name}");
        let mut parameters = dialect.parameters(Some(&echostr), now());
        parameters.push(("echostr", echostr));
        let request = Push { parameters, body: vec![] }.get();
        assert_refused_by(&dialect.callback(), &request, 403);
        answers.insert(format!("{:?}", [axum, actix].map(|send| send(&dialect.callback(), &request))));
    }
    assert_eq!(answers.len(), 1);
}

#[test]
fn in_every_dialect_hostile_lengths_are_refused() {
    for dialect in dialects().into_iter().filter(Dialect::is_encrypted) {
        for length in [1, 43, 44, 45, 76, 0x7fff_ffff, 0x8000_0000, u32::MAX - 20, u32::MAX] {
            let mut frame = vec![32; 96];
            frame[16..20].copy_from_slice(&length.to_be_bytes());
            let push = dialect.sealed(&dialect.wechat.encrypt_frame(frame));
            assert_refused_by(&dialect.callback(), &push.post(), 403);
        }
    }
}

#[test]
fn in_every_dialect_an_oversize_body_is_413() {
    for dialect in dialects() {
        let push = dialect.push();
        for (length, status) in [(64 * 1024 + 1, 413), (64 * 1024, 400)] {
            for content_length in [true, false] {
                let request = Request { content_length, ..push.body(vec![b' '; length]).post() };
                assert_refused_by(&dialect.callback(), &request, status);
            }
        }
    }
}

#[test]
fn in_every_dialect_another_method_is_405() {
    for dialect in dialects() {
        for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
            let request = Request { method, ..dialect.push().post() };
            for send in [axum, actix, engine] {
                let outcome = send(&dialect.callback(), &request);
                assert_eq!((outcome.calls, outcome.answer.status), (0, 405), "{}: {method}", dialect.name());
                assert_eq!(outcome.answer.body, "", "{}: {method}", dialect.name());
            }
        }
    }
}

/// T7: what is outside is nobody's word.
#[test]
fn in_every_dialect_only_the_decrypted_message_counts() {
    for dialect in dialects().into_iter().filter(Dialect::is_encrypted) {
        let more = if dialect.is_json() {
            "\"FromUserName\":\"attacker\",\"Content\":\"外面\",\"AppId\":\"wx1\",\"AgentID\":1,"
        } else {
            "<FromUserName>attacker</FromUserName><Content>外面</Content><AppId>wx1</AppId><AgentID>1</AgentID>"
        };
        let Push { parameters, body } = dialect.push();
        // In compatible mode these stand there already, and twice is refused.
        if dialect.wechat.mode == SecurityMode::Compatible {
            continue;
        }
        let lying = Push { parameters, body }.beginning(more);
        let opened = dialect.callback().open(&lying.query(), &lying.body).expect("right");
        assert_eq!(opened.message.text(), Some("你好"), "{}", dialect.name());
        assert_eq!(opened.message.openid(), Some("o6_bmjrPTlm6_2sgVt7hMZOPfL2M"), "{}", dialect.name());
    }
}
