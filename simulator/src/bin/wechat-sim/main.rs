//! `wechat-sim`: WeChat's side of the callback, on the command line.

mod args;
mod attacks;
mod compose;
mod context;
mod credentials;
#[cfg(feature = "demo")]
mod demo;
mod dev;
mod duration;
mod exit;
mod expectations;
mod hint;
mod keys;
mod output;
mod report;
mod scenario;
mod send;
mod serve;
mod suggest;
mod texts;
mod verify;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command, PageArgs};
use context::Context;
use exit::{Exit, Failure};

fn main() -> ExitCode {
    let Cli { common, page, command } = Cli::parse();
    let context = Context::new(common);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = runtime.map_err(Failure::from).and_then(|runtime| {
        let result = runtime.block_on(run(&context, page, command));
        // Does not wait for background reads and writes, such as one of a terminal's stdin.
        runtime.shutdown_background();
        result
    });
    result.unwrap_or_else(|failure| failure.report(&context.output)).into()
}

async fn run(context: &Context, page: PageArgs, command: Option<Command>) -> Result<Exit, Failure> {
    match command {
        None => serve::run(context, &page).await,
        #[cfg(feature = "demo")]
        Some(Command::Demo(args)) => demo::run(context, &args).await,
        Some(Command::Dev(args)) => dev::run(context, &args).await,
        Some(Command::Send(args)) => send::message(context, args).await,
        Some(Command::Event(args)) => send::event(context, args).await,
        Some(Command::Raw(args)) => send::raw(context, args).await,
        Some(Command::Run(args)) => scenario::run(context, &args).await,
        Some(Command::Attack(args)) => attacks::run(context, &args).await,
        Some(Command::Verify(args)) => verify::run(context, &args).await,
        Some(Command::Keys) => keys::run(context),
    }
}
