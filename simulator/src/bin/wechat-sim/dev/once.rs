//! A bot for the time of one command: `wechat-sim run menu.toml -- python3 bot.py`.

use std::time::Duration;

use super::address::Address;
use super::arrival::Arrival;
use super::launch::Launch;
use super::link::Link;
use super::signals::Signals;
use super::supervisor::reason;
use crate::args::BotArgs;
use crate::context::{BotOrigin, Context};
use crate::credentials::Credentials;
use crate::exit::{Exit, Failure};
use crate::texts;

/// How long to wait for the bot to stop before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// Does `work` with the bot that the arguments start, or with one that runs already if there is no command in them.
pub(crate) async fn with_bot(
    context: &Context,
    args: &BotArgs,
    work: impl AsyncFnOnce(&Context) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    context.note_plain_mode();
    let Some(launch) = Launch::new(&args.command) else { return work(context).await };
    let (account, is_generated) = context.credentials.account_or_new()?;
    let expected = Address::to_expect(context, context.path(args.path.as_deref()))?;
    let mut signals = Signals::catch()?;
    // Nobody sees the page, which is not served.
    let (_link, reporter) = Link::serve(context, account.clone(), expected.url(), None);
    // What the bot prints goes to stderr, because stdout is for the results.
    let (mut bot, printed) = launch.start(context, &account, &expected, &reporter, true)?;
    let context = Context {
        credentials: Credentials::of(&account),
        bot: BotOrigin::Started { is_generated },
        ..context.clone()
    };
    let leader = bot.id();
    let arrival = Arrival { context: &context, account, expected, printed, leader, reporter };
    let working = async {
        let url = arrival.address().await.url().to_owned();
        context.output.note(context.output.pick(&texts::bot_at(&url)));
        work(&Context { given_url: Some(url), ..context.clone() }).await
    };
    let result = tokio::select! {
        biased;
        () = signals.next() => Ok(Exit::Missed),
        result = working => result,
        status = bot.ended() => Err(Failure::unreachable(texts::bot_ended(&reason(status)))),
    };
    tokio::select! {
        () = bot.stop(GRACE) => {}
        // Asked for twice.
        () = signals.next() => {}
    }
    bot.kill().await;
    result
}
