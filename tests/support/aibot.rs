//! WeCom as it talks to an AI bot: it asks for the rest of an answer once a second.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, timeout};
use wechat_callback::{Callback, SecurityMode};

use super::deliveries::{Adapter, App, PATIENCE, Stage, paused, seconds, tenths};
use super::{Push, Wechat, fresh, now};

/// For how long it asks for an answer that is not finished.
pub const WINDOW: f64 = 360.0;

/// A bot as its console has it.
#[derive(Clone, Debug)]
pub struct Bot {
    wechat: Wechat,
    /// Which of many, as the URL says.
    account: Option<&'static str>,
}

/// What the user sees of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub id: String,
    pub content: String,
    pub is_finished: bool,
    pub feedback_id: Option<String>,
}

impl Shown {
    fn of(answer: &Value) -> Self {
        assert_eq!(answer["msgtype"], "stream", "{answer}");
        let stream = &answer["stream"];
        Self {
            id: stream["id"].as_str().expect("an id").to_owned(),
            content: stream["content"].as_str().unwrap_or_default().to_owned(),
            is_finished: stream["finish"].as_bool().expect("whether it is finished"),
            feedback_id: stream["feedback"]["id"].as_str().map(str::to_owned),
        }
    }
}

/// Plays `test` on both adapters and on the engine alone.
pub fn with_each(test: impl AsyncFn(Stage, Bot)) {
    for adapter in [Adapter::Tower, Adapter::Actix, Adapter::Engine] {
        println!("{adapter:?}:");
        paused(test(Stage { adapter, wechat: Wechat::new(SecurityMode::Safe) }, Bot::new()));
    }
}

impl Bot {
    pub fn new() -> Self {
        // Frames end in an empty receive id.
        let wechat = Wechat { app_id: String::new(), ..Wechat::new(SecurityMode::Safe) };
        Self { wechat, account: None }
    }

    pub fn callback(&self) -> Callback {
        Callback::aibot(&self.wechat.token, &self.wechat.encoding_aes_key).build().expect("a bot")
    }

    /// The same behind another URL.
    pub fn behind(&self, account: &'static str) -> Self {
        Self { account: Some(account), ..self.clone() }
    }

    pub fn message(&self, text: &str) -> Value {
        serde_json::json!({
            "msgid": format!("CAIQ{}", fresh()),
            "aibotid": "AIBOTID",
            "chattype": "single",
            "from": {"userid": "zhangsan"},
            "response_url": "https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=SECRET",
            "msgtype": "text",
            "text": {"content": text},
        })
    }

    pub fn refresh(&self, id: &str) -> Value {
        serde_json::json!({
            "msgid": format!("CAIQ{}", fresh()),
            "aibotid": "AIBOTID",
            "chattype": "single",
            "from": {"userid": "zhangsan"},
            "msgtype": "stream",
            "stream": {"id": id},
        })
    }

    pub fn event(&self, kind: &str, event: Value) -> Value {
        let mut named = serde_json::json!({"eventtype": kind});
        named[kind] = event;
        serde_json::json!({
            "msgid": format!("CAIQ{}", fresh()),
            "create_time": now(),
            "aibotid": "AIBOTID",
            "chattype": "single",
            "from": {"userid": "zhangsan"},
            "msgtype": "event",
            "event": named,
        })
    }

    pub fn push(&self, message: &Value) -> Push {
        let encrypt = self.wechat.encrypt(&message.to_string());
        let (timestamp, nonce) = (now().to_string(), fresh().to_string());
        let signature = self.wechat.sign(&[&timestamp, &nonce, &encrypt]);
        Push {
            query: format!(
                "bot={}&msg_signature={signature}&timestamp={timestamp}&nonce={nonce}",
                self.account.unwrap_or_default()
            ),
            body: serde_json::json!({ "encrypt": encrypt }).to_string().into_bytes(),
        }
    }

    /// What `app` answers, after the checks that WeCom makes of the envelope. `None` where it says nothing.
    pub async fn ask(&self, app: &App, message: &Value) -> Option<Value> {
        let push = self.push(message);
        let answer = app.send(push.clone()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        self.open(&push, &answer.body)
    }

    /// What the answer `body` to a push says, after the same checks.
    fn open(&self, push: &Push, body: &str) -> Option<Value> {
        if body.is_empty() {
            return None;
        }
        let envelope: Value = serde_json::from_str(body).expect("JSON");
        let text = |name: &str| envelope[name].as_str().expect("a string").to_owned();
        let (encrypt, nonce) = (text("encrypt"), text("nonce"));
        assert!(push.query.ends_with(&format!("nonce={nonce}")), "the nonce is the request's");
        let timestamp = envelope["timestamp"].as_i64().expect("a number").to_string();
        assert_eq!(text("msgsignature"), self.wechat.sign(&[&timestamp, &nonce, &encrypt]));
        Some(serde_json::from_str(&self.wechat.decrypt(&encrypt)).expect("JSON"))
    }

    /// What the user is shown. `None` where it is what was shown before.
    pub async fn show(&self, app: &App, message: &Value) -> Option<Shown> {
        self.ask(app, message).await.map(|answer| Shown::of(&answer))
    }

    /// What the user is shown with the answer `body` to a push.
    pub fn read(&self, push: &Push, body: &str) -> Option<Shown> {
        self.open(push, body).map(|answer| Shown::of(&answer))
    }

    /// All that the user sees, and in which second, until it is finished or WeCom asks no more.
    pub async fn watch(&self, app: &App, message: &Value) -> Vec<(f64, Shown)> {
        let began = Instant::now();
        let first = timeout(PATIENCE, self.show(app, message)).await.expect("it is answered in time");
        let mut shown = vec![(tenths(began.elapsed()), first.expect("an answer that says how to ask on"))];
        while !shown[shown.len() - 1].1.is_finished && began.elapsed() < Duration::from_secs_f64(WINDOW) {
            seconds(1.0).await;
            let asked = Instant::now();
            let refresh = self.refresh(&shown[0].1.id);
            if let Some(next) = self.show(app, &refresh).await {
                assert_eq!(next.id, shown[0].1.id);
                shown.push((tenths(began.elapsed()), next));
            }
            assert!(asked.elapsed() < Duration::from_millis(10), "a refresh is answered at once");
        }
        shown
    }
}
