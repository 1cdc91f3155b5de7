//! cargo run -p wechat-sim --example weak_bot -- doctype
//!
//! A hand-written bot that makes every check except the named ones: each hole has the name of the attack that finds it.
//! The account comes from `WECHAT_APP_ID`, `WECHAT_TOKEN`, `WECHAT_ENCODING_AES_KEY` and `WECHAT_MODE`, the address
//! from `LISTEN`. It exists to be attacked; for a real bot use the library.

mod envelope;

use std::collections::HashMap;
use std::env;
use std::error::Error;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::routing::any;
use http_body_util::{BodyExt, Limited};
use tokio::net::TcpListener;
use wechat_sim::{Mode, attack};

use envelope::{field, open, sha1, well_formed};

/// The account of the bot, and the checks that it does not make.
struct Bot {
    app_id: String,
    token: String,
    key: [u8; 32],
    mode: Mode,
    holes: Vec<String>,
    /// The first body of each signature: in plain mode the signature does not cover the body.
    seen: Mutex<HashMap<String, Bytes>>,
}

/// A refusal is only a status.
type Answer = Result<String, StatusCode>;

const REFUSED: StatusCode = StatusCode::FORBIDDEN;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let holes: Vec<_> = env::args().skip(1).collect();
    for hole in &holes {
        attack::named(hole).ok_or_else(|| format!("there is no attack {hole}"))?;
    }
    let mode: Mode = env::var("WECHAT_MODE")?.parse()?;
    let key = env::var("WECHAT_ENCODING_AES_KEY").unwrap_or_default();
    let bot = Bot {
        app_id: env::var("WECHAT_APP_ID")?,
        token: env::var("WECHAT_TOKEN")?,
        key: envelope::key(&key).filter(|_| mode.is_encrypted()).unwrap_or_default(),
        mode,
        holes,
        seen: Mutex::default(),
    };
    let listen = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(listen).await?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "listening on http://{}/weixin", listener.local_addr()?)?;
    stdout.flush()?;
    let app = Router::new().route("/weixin", any(answer)).with_state(Arc::new(bot));
    axum::serve(listener, app).await?;
    Ok(())
}

async fn answer(State(bot): State<Arc<Bot>>, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let query = bot.query(parts.uri.query().unwrap_or_default())?;
    match parts.method {
        Method::GET => bot.verify(&query),
        Method::POST => {
            bot.is_fresh(&query)?;
            let body = bot.body(body).await?;
            bot.receive(&query, &body)
        }
        _ => Err(StatusCode::METHOD_NOT_ALLOWED),
    }
}

impl Bot {
    fn has(&self, hole: &str) -> bool {
        self.holes.iter().any(|open| open == hole)
    }

    /// The parameters, each once. With the hole the last one with a name counts.
    fn query<'q>(&self, query: &'q str) -> Result<HashMap<&'q str, &'q str>, StatusCode> {
        let mut parameters = HashMap::new();
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            if parameters.insert(name, value).is_some() && !self.has("doubled-parameters") {
                return Err(StatusCode::BAD_REQUEST);
            }
        }
        Ok(parameters)
    }

    fn verify(&self, query: &HashMap<&str, &str>) -> Answer {
        let [timestamp, nonce, echostr] =
            ["timestamp", "nonce", "echostr"].map(|name| query.get(name).copied().unwrap_or_default());
        let right = sha1(&[&self.token, timestamp, nonce]);
        if query.get("signature") != Some(&right.as_str()) && !self.has("verification-bad-signature") {
            return Err(REFUSED);
        }
        Ok(echostr.to_owned())
    }

    fn is_fresh(&self, query: &HashMap<&str, &str>) -> Result<(), StatusCode> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let then = query.get("timestamp").and_then(|text| text.parse::<u64>().ok()).ok_or(REFUSED)?;
        let old = then.saturating_add(300) < now && !self.has("old-timestamp");
        let early = then > now + 300 && !self.has("future-timestamp");
        if old || early { Err(REFUSED) } else { Ok(()) }
    }

    async fn body(&self, body: Body) -> Result<Bytes, StatusCode> {
        let limit = if self.has("oversize") { usize::MAX } else { 64 * 1024 };
        let timeout = if self.has("slow-body") { 60_000 } else { 300 };
        let read = Limited::new(body, limit).collect();
        let read = tokio::time::timeout(Duration::from_millis(timeout), read).await;
        let read = read.map_err(|_| StatusCode::REQUEST_TIMEOUT)?;
        Ok(read.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?.to_bytes())
    }

    fn receive(&self, query: &HashMap<&str, &str>, body: &Bytes) -> Answer {
        let text = str::from_utf8(body).map_err(|_| REFUSED)?;
        self.is_xml(text)?;
        let [timestamp, nonce] =
            ["timestamp", "nonce"].map(|name| query.get(name).copied().unwrap_or_default());
        let signature = sha1(&[&self.token, timestamp, nonce]);
        if !self.mode.is_encrypted() {
            self.is_signed(query.get("signature").copied(), &signature)?;
            self.is_first(&signature, body)?;
            return Ok("success".to_owned());
        }
        let Some(encrypt) = field(text, "Encrypt") else {
            let signed = query.get("signature") == Some(&signature.as_str());
            return match signed && self.has("plaintext-downgrade") {
                true => Ok("success".to_owned()),
                false => Err(REFUSED),
            };
        };
        if self.mode == Mode::Compatible {
            self.is_signed(query.get("signature").copied(), &signature)?;
        }
        let given = query.get("msg_signature").copied();
        let swapped = self.has("swapped-signatures") && given == Some(&signature);
        if !swapped {
            self.is_signed(given, &sha1(&[&self.token, timestamp, nonce, encrypt]))?;
        }
        let message = open(&self.key, &self.app_id, encrypt, &|hole| self.has(hole)).ok_or(REFUSED)?;
        // What was accepted because of a hole need not be readable.
        if let Some(message) = message {
            self.is_xml(&message)?;
        }
        Ok("success".to_owned())
    }

    fn is_signed(&self, given: Option<&str>, right: &str) -> Result<(), StatusCode> {
        let right = match given.filter(|given| !given.is_empty()) {
            None => self.has("missing-signature"),
            // The first digit is not compared.
            Some(given) if self.has("bad-signature") => given.get(1..) == right.get(1..),
            Some(given) => given == right,
        };
        if right { Ok(()) } else { Err(REFUSED) }
    }

    /// Whether the signature has the same body as the first time.
    fn is_first(&self, signature: &str, body: &Bytes) -> Result<(), StatusCode> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let first = seen.entry(signature.to_owned()).or_insert_with(|| body.clone());
        let same = first == body || self.has("replay-with-another-body");
        if same { Ok(()) } else { Err(REFUSED) }
    }

    fn is_xml(&self, text: &str) -> Result<(), StatusCode> {
        let right = match self.has("broken-xml") {
            _ if self.has("other-format") && text.starts_with("{\"") => true,
            true => !text.contains("<!DOCTYPE"),
            false => well_formed(text, self.has("doctype")),
        };
        if right { Ok(()) } else { Err(REFUSED) }
    }
}
