//! `wechat-sim`: WeChat's side of the callback, from the command line.

mod account;
mod args;
mod attack;
mod context;
mod dev;
mod exit;
mod expectation;
mod keys;
mod message;
mod output;
mod page;
mod scenario;
mod send;
mod span;
mod story;
mod verify;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use context::Context;
use exit::{Exit, Failure};

fn main() -> ExitCode {
    let Args { common, page, command } = Args::parse();
    let context = Context::new(common);
    let done =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::from).and_then(
            |runtime| {
                let done = runtime.block_on(run(&context, page, command));
                // What still reads or writes in the background, a terminal's stdin say, holds up nothing.
                runtime.shutdown_background();
                done
            },
        );
    done.unwrap_or_else(|failure| failure.tell(&context.output)).into()
}

async fn run(context: &Context, page: args::Page, command: Option<Command>) -> Result<Exit, Failure> {
    match command {
        None => page::run(context, &page).await,
        Some(Command::Dev(dev)) => dev::run(context, &dev).await,
        Some(Command::Send(send)) => send::message(context, send).await,
        Some(Command::Event(event)) => send::event(context, event).await,
        Some(Command::Raw(raw)) => send::raw(context, raw).await,
        Some(Command::Run(run)) => scenario::run(context, &run).await,
        Some(Command::Attack(attack)) => attack::run(context, &attack).await,
        Some(Command::Verify(verify)) => verify::run(context, verify).await,
        Some(Command::Keys) => keys::run(context),
    }
}
