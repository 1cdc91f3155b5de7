//! `dev`: an unmodified bot, its credentials and the page in one command.
//!
//! [`once`] is the same bot for the time of another command, without the page.
//!
//! [`supervisor`] decides when the bot is started, restarted and stopped; [`process`] is a running bot or its build,
//! [`arrival`] finds out where it listens.

mod address;
mod arrival;
mod launch;
mod link;
mod once;
mod output;
mod process;
mod signals;
mod sockets;
mod supervisor;
mod watch;

use serde_json::json;

use crate::args::DevArgs;
use crate::context::{BotOrigin, Context};
use crate::exit::{Exit, Failure};
use crate::{serve, texts};
use address::Address;
use launch::Launch;
use link::Link;
pub(crate) use once::with_bot;
use supervisor::{PageUrl, Supervisor};
use watch::Watcher;

pub(crate) async fn run(context: &Context, args: &DevArgs) -> Result<Exit, Failure> {
    let output = &context.output;
    let launch = Launch::new(&args.command).ok_or_else(|| Failure::usage(texts::no_command()))?;
    context.note_plain_mode();
    let (account, is_generated) = context.credentials.account_or_new()?;
    let context = &Context { bot: BotOrigin::Started { is_generated }, ..context.clone() };
    let address = Address::to_expect(context, context.path(args.path.as_deref()))?;
    let watcher = if args.watch.is_empty() { None } else { Some(Watcher::start(&args.watch)?) };
    // Before the bot starts, so that every signal stops it.
    let signals = signals::Signals::catch()?;
    // Before the bot, which may take minutes to compile.
    let listener = match serve::available() {
        Ok(()) => Some(serve::listen(&args.page).await?),
        Err(no_page) => {
            output.note(output.pick(no_page.reason()));
            None
        }
    };
    let url = listener.as_ref().map(serve::url_of).transpose()?;
    let (link, reporter) = Link::serve(context, account.clone(), address.url(), listener);
    if let Some(url) = &url {
        output.note(output.pick(&texts::page_is_open(url)));
        if args.page.open {
            serve::open(context, url);
        }
    }
    let page = PageUrl { url, is_printed: false };
    let build = None;
    let supervisor =
        Supervisor { context, args, launch, account, address, signals, link, reporter, page, watcher, build };
    let result = supervisor.run().await;
    output.note(output.pick(&texts::stopped()));
    output.json(&json!({ "event": "stopped" }));
    result
}
