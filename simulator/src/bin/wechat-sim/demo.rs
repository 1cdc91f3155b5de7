//! `demo`: the page with a bot of its own.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::filter::LevelFilter;

use crate::args::PageArgs;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::serve;

pub(crate) async fn run(context: &Context, args: &PageArgs) -> Result<Exit, Failure> {
    let listener = serve::listen(args).await?;
    // What the bot refuses, and why. JSON alone goes to stdout.
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::INFO)
        .with_ansi(stderr().is_terminal())
        .with_writer(stderr)
        .init();
    serve::announce(context, args, &listener)?;
    wechat_sim::demo::serve(listener).await?;
    Ok(Exit::Success)
}
