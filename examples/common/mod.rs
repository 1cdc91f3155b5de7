//! What the examples share: what the bot says, and how a small server starts and stops.
#![allow(dead_code, reason = "each example uses its part")]

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fmt};

use actix_web::body::SizedStream;
use actix_web::{HttpResponse, web};
use rand::distr::{Alphanumeric, SampleString};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use wechat_callback::message::Content;
use wechat_callback::{Callback, ImageReply, Message, Reply, TextReply, VoiceReply, WechatMessage};

/// How long the last connections may take: nobody at WeChat waits longer for an answer.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// The handler, the same one in axum and in actix-web.
pub(crate) async fn chat(WechatMessage(message): WechatMessage) -> Reply {
    echo(message)
}

/// Says what was said.
pub(crate) fn echo(message: Message) -> Reply {
    match message.content {
        Content::Text(text) => say(&text.content),
        Content::Image(image) => image.media_id.map(ImageReply::new).into(),
        Content::Voice(voice) => VoiceReply::new(voice.media_id).into(),
        Content::Location(location) => say(&location.label),
        Content::Event(event) if event.is("subscribe") => TextReply::new("欢迎关注！").into(),
        _ => Reply::none(),
    }
}

/// A user's own words, so literally, and as many as a reply may hold; without any it would be none that WeChat takes.
fn say(words: &str) -> Reply {
    let part = TextReply::literal(words).split().into_iter().next();
    part.filter(|part| !part.content().trim().is_empty()).into()
}

/// Answers every other path in actix-web. An answer that does not hold what is left of a body lets actix-web read it
/// for as long as it comes.
pub(crate) async fn not_found(rest: web::Payload) -> HttpResponse {
    HttpResponse::NotFound().body(SizedStream::new(0, rest))
}

/// The account that the environment names, or a sandbox account where it names none.
pub(crate) fn callback() -> Result<Callback, Box<dyn Error>> {
    let variables = ["WECHAT_APP_ID", "WECHAT_TOKEN", "WECHAT_ENCODING_AES_KEY", "WECHAT_MODE"];
    if variables.iter().any(|name| env::var_os(name).is_some()) {
        Ok(Callback::from_env()?)
    } else {
        sandbox()
    }
}

/// An account to play with, printed so that a script can play WeChat's side. Its secrets live as long as the
/// process.
fn sandbox() -> Result<Callback, Box<dyn Error>> {
    let random = |length| Alphanumeric.sample_string(&mut rand::rng(), length);
    let (app_id, token, key) = ("wxsandbox", random(32), random(43));
    let callback = Callback::builder(app_id, &token).encoding_aes_key(&key).build()?;
    let mode = callback.mode();
    print(format_args!(
        "sandbox: WECHAT_APP_ID={app_id} WECHAT_TOKEN={token} WECHAT_ENCODING_AES_KEY={key} WECHAT_MODE={mode}"
    ))?;
    Ok(callback)
}

/// Listens on `LISTEN`, `127.0.0.1:3000` unless it is set. With port 0 the system chooses one.
pub(crate) fn listen() -> Result<TcpListener, Box<dyn Error>> {
    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).map_err(|error| format!("LISTEN={address}: {error}"))?;
    // tokio asks for it; actix-web sets it itself.
    listener.set_nonblocking(true)?;
    print(format_args!("listening on http://{}/weixin", listener.local_addr()?))?;
    Ok(listener)
}

/// Waits for Ctrl-C or SIGTERM. They are caught from the call on, so that an early one is not lost.
#[cfg(unix)]
pub(crate) fn shutdown() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Waits for Ctrl-C. It is caught from the call on, so that an early one is not lost.
#[cfg(windows)]
pub(crate) fn shutdown() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}

/// Logs to stderr, for stdout belongs to scripts. `RUST_LOG` says how much.
pub(crate) fn log() {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
}

/// 0, or 2 after one line that says what is wrong.
pub(crate) fn exit_code(served: Result<(), Box<dyn Error>>) -> ExitCode {
    let Err(error) = served else {
        return ExitCode::SUCCESS;
    };
    eprintln!("{error}");
    ExitCode::from(2)
}

/// Prints a line that a script can read at once. (`println!` would panic where nobody reads.)
pub(crate) fn print(line: fmt::Arguments<'_>) -> io::Result<()> {
    let mut stdout = io::stdout();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}
