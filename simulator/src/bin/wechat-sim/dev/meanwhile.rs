//! A bot that runs while a command pushes to it: `run … -- COMMAND`, `attack … -- COMMAND`.

use std::time::Duration;

use tokio::sync::watch;
use wechat_sim::{HttpTarget, Wechat};

use super::address::Address;
use super::arrival::Arrival;
use super::launch::Launch;
use super::link::Link;
use super::process::Process;
use super::signals::Signals;
use crate::args::BotArgs;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::texts;

/// How long the bot may take to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Pushes to the bot of the command line, which is started before and stopped afterwards, or to the one that runs already.
pub(crate) async fn with_bot(
    context: &Context,
    args: &BotArgs,
    push: impl AsyncFnOnce(&Wechat, &HttpTarget, &str) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let Some(launch) = Launch::new(&args.command) else {
        let (wechat, target) = context.wechat()?;
        return push(&wechat, &target, context.url()).await;
    };
    let (account, _) = context.credentials.account_or_new()?;
    let expected = match &context.given_url {
        Some(url) => Address::of(url)?,
        None => Address::free(&args.path)?,
    };
    let mut signals = Signals::catch()?;
    let (_link, reporter) = Link::serve(context, account.clone(), expected.url(), None);
    let (sender, printed) = watch::channel(None);
    let path = expected.path();
    // What the bot prints is no result of this command.
    let bot = Process::start(launch.bot(&account, &expected), true, move |line| {
        if let Some(address) = Address::in_line(line, &path) {
            sender.send_replace(Some(address));
        }
    });
    let mut bot = bot.map_err(|error| {
        Failure::usage(texts::cannot_start(&launch.program().display(), &(&error).into()))
    })?;
    let wechat = Wechat::new(account.clone()).with_split_cdata(context.split_cdata);
    let arrival = Arrival { context, account, expected, printed, leader: bot.id(), reporter };
    let pushes = async {
        let (address, target) = arrival.find().await?;
        push(&wechat, &target, address.url()).await
    };
    let result = tokio::select! {
        result = pushes => result,
        status = bot.ended() => Err(Failure::unreachable(texts::bot_ended(&super::supervisor::reason(status)))),
        () = signals.next() => Ok(Exit::Unreachable),
    };
    bot.stop(GRACE).await;
    result
}
