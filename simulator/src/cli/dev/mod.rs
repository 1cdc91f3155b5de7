//! `dev`: a bot that knows nothing of the simulator, its credentials, and the page, as one.

mod address;
mod bot;
mod signals;

use std::future::pending;
use std::process::ExitStatus;
use std::time::Duration;

use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use wechat_sim::{Account, HttpTarget};

use crate::args::Dev;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::{page, verify};
use address::Address;
use bot::Bot;

pub(crate) async fn run(context: &Context, dev: &Dev) -> Result<Exit, Failure> {
    let output = &context.output;
    let (account, _) = context.credentials.account_or_new()?;
    let address = match &context.given_url {
        Some(url) => Address::of(url)?,
        None => Address::free(&dev.path)?,
    };
    // Before the bot takes its minutes to compile.
    let listener = match page::available() {
        Ok(()) => Some(page::listen(&dev.page).await?),
        Err(no_page) => {
            output.note(output.pick(no_page.reason()));
            None
        }
    };
    // From here on, so that no signal finds a bot that nobody stops.
    let mut signal = signals::Signals::caught()?;
    let (said, hear) = watch::channel(None);
    let mut bot = Bot::start(&dev.command, &account, &address, output.json, said)?;
    output.note(output.say(
        &format!("已启动，等待它在 LISTEN={} 监听", address.listen()),
        &format!("started, waiting for it to listen on LISTEN={}", address.listen()),
    ));
    output.json(&json!({ "event": "started", "listen": address.listen() }));

    let done = tokio::select! {
        done = stay(context, dev, account, address, hear, listener) => done.map(|()| Exit::Fine),
        status = bot.ended() => Err(ended(status)),
        () = signal.next() => Ok(Exit::Fine),
    };
    let stopped = tokio::select! {
        () = bot.stop(dev.grace.0) => true,
        // Asked twice: at once.
        () = signal.next() => false,
    };
    if !stopped {
        bot.kill().await;
    }
    output.note(output.say("已停止", "stopped"));
    output.json(&json!({ "event": "stopped" }));
    done
}

/// Waits for the bot, verifies its URL, and serves the page until it is dropped.
async fn stay(
    context: &Context,
    dev: &Dev,
    account: Account,
    address: Address,
    hear: watch::Receiver<Option<Address>>,
    listener: Option<TcpListener>,
) -> Result<(), Failure> {
    let output = &context.output;
    let address = listening(output, address, hear).await;
    let target: HttpTarget = context.target(address.url())?;
    let url = address.url().to_owned();
    output.note(output.say(&format!("机器人在 {url}"), &format!("the bot is at {url}")));
    output.json(&json!({ "event": "listening", "url": url }));
    let verified = verify::handshake(output, &account, &target).await;
    verify::tell(output, &verified);
    output.json(&json!({
        "event": "verified",
        "verified": verified.diagnosis.is_verified(),
        "diagnosis": verify::name(&verified.diagnosis),
        "sentence": verified.diagnosis.sentence(),
    }));
    match listener {
        Some(listener) => page::serve(context, &dev.page, account, url, listener).await,
        None => pending().await,
    }
}

/// Waits until the bot takes connections, where it was told to or where it says that it does. It may have to be
/// compiled first, so there is no end to this but the bot's; and what compiles it shows its own progress, so that this
/// counts no seconds between its lines.
async fn listening(output: &Output, mut address: Address, hear: watch::Receiver<Option<Address>>) -> Address {
    let begun = Instant::now();
    let mut tell_at = Duration::from_secs(30);
    loop {
        if let Some(said) = &*hear.borrow() {
            address = said.clone();
        }
        let connected = timeout(Duration::from_secs(1), TcpStream::connect(address.listen())).await;
        if matches!(connected, Ok(Ok(_))) {
            // What it prints as it begins to listen may come a moment later.
            sleep(Duration::from_millis(100)).await;
            return hear.borrow().clone().unwrap_or(address);
        }
        if begun.elapsed() >= tell_at {
            tell_at *= 2;
            let listen = address.listen();
            let seconds = begun.elapsed().as_secs();
            let zh = format!(
                "{seconds} 秒：机器人还没有在 {listen} 监听（不读 LISTEN 的话，请用 --url 给出地址）"
            );
            let en = format!(
                "{seconds} s: the bot does not listen on {listen} yet (if it does not read LISTEN, give its --url)"
            );
            output.note(output.say(&zh, &en));
        }
        sleep(Duration::from_millis(200)).await;
    }
}

fn ended(status: std::io::Result<ExitStatus>) -> Failure {
    let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
    Failure::unreachable(format!("机器人自己结束了：{status}"), format!("the bot ended by itself: {status}"))
}
