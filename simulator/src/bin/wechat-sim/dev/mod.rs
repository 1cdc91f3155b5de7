//! `dev`: an unmodified bot, its credentials and the page in one command.

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

use crate::args::DevArgs;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::{serve, texts, verify};
use address::Address;
use bot::Bot;

pub(crate) async fn run(context: &Context, args: &DevArgs) -> Result<Exit, Failure> {
    let output = &context.output;
    let (account, _) = context.credentials.account_or_new()?;
    let address = match &context.given_url {
        Some(url) => Address::of(url)?,
        None => Address::free(&args.path)?,
    };
    // Before the bot, which may take minutes to compile.
    let listener = match serve::available() {
        Ok(()) => Some(serve::listen(&args.page).await?),
        Err(no_page) => {
            output.note(output.pick(no_page.reason()));
            None
        }
    };
    // Before the bot starts, so that every signal stops it.
    let mut signals = signals::Signals::catch()?;
    let (sender, printed) = watch::channel(None);
    let mut bot = Bot::start(&args.command, &account, &address, output.json, sender)?;
    output.note(output.pick(&texts::started(&address.listen())));
    output.json(&json!({ "event": "started", "listen": address.listen() }));

    let result = tokio::select! {
        served = serve_bot(context, args, account, address, printed, listener) => {
            served.map(|()| Exit::Success)
        }
        status = bot.ended() => Err(ended(status)),
        () = signals.next() => Ok(Exit::Success),
    };
    let stopped = tokio::select! {
        () = bot.stop(args.grace.0) => true,
        // A second signal: do not wait.
        () = signals.next() => false,
    };
    if !stopped {
        bot.kill().await;
    }
    output.note(output.pick(&texts::stopped()));
    output.json(&json!({ "event": "stopped" }));
    result
}

/// Waits for the bot, verifies its URL, and serves the page until the future is dropped.
async fn serve_bot(
    context: &Context,
    args: &DevArgs,
    account: Account,
    address: Address,
    printed: watch::Receiver<Option<Address>>,
    listener: Option<TcpListener>,
) -> Result<(), Failure> {
    let output = &context.output;
    let address = listening(output, address, printed).await;
    let target: HttpTarget = context.target(address.url())?;
    let url = address.url().to_owned();
    output.note(output.pick(&texts::bot_at(&url)));
    output.json(&json!({ "event": "listening", "url": url }));
    let verified = verify::verify(output, &account, &target).await;
    verify::report(output, &verified);
    output.json(&json!({
        "event": "verified",
        "verified": verified.is_verified(),
        "diagnosis": verify::name(&verified),
        "sentence": verified.explanation(),
    }));
    match listener {
        Some(listener) => serve::serve(context, &args.page, account, url, listener).await,
        None => pending().await,
    }
}

/// Waits until the bot accepts connections, on the address in its environment or on the one that it prints.
///
/// There is no time limit, since the bot may have to be compiled first, and no counter of seconds, since the compiler
/// prints its own progress.
async fn listening(
    output: &Output,
    mut address: Address,
    printed: watch::Receiver<Option<Address>>,
) -> Address {
    let started = Instant::now();
    let mut remind_at = Duration::from_secs(30);
    loop {
        if let Some(printed) = &*printed.borrow() {
            address = printed.clone();
        }
        let connected = timeout(Duration::from_secs(1), TcpStream::connect(address.listen())).await;
        if matches!(connected, Ok(Ok(_))) {
            // The line with the address may be printed a moment after the bot listens.
            sleep(Duration::from_millis(100)).await;
            return printed.borrow().clone().unwrap_or(address);
        }
        if started.elapsed() >= remind_at {
            remind_at *= 2;
            let seconds = started.elapsed().as_secs();
            output.note(output.pick(&texts::not_listening_yet(seconds, &address.listen())));
        }
        sleep(Duration::from_millis(200)).await;
    }
}

fn ended(status: std::io::Result<ExitStatus>) -> Failure {
    let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
    Failure::unreachable(texts::bot_ended(&status))
}
