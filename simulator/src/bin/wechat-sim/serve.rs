//! The page. `dev` serves it, too, with the bot that it starts.

use std::net::SocketAddr;
use std::process::Stdio;

use serde_json::json;
use tokio::net::TcpListener;
use wechat_sim::{Account, LocalizedText};

use crate::args::PageArgs;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::texts;

const DEFAULT_ADDRESS: ([u8; 4], u16) = ([127, 0, 0, 1], 8788);

/// Serves the page for a bot that is already running.
pub(crate) async fn run(context: &Context, args: &PageArgs) -> Result<Exit, Failure> {
    available()?;
    context.note_plain_mode();
    let (account, new) = context.credentials.account_or_new()?;
    context.target(context.url())?;
    let listener = listen(args).await?;
    if new {
        context.output.note(context.output.pick(&texts::new_credentials()));
    }
    serve(context, args, account, context.url().to_owned(), listener).await?;
    Ok(Exit::Success)
}

/// A listener for the page, on this machine only: anyone who reaches the page can sign requests like WeChat.
pub(crate) async fn listen(args: &PageArgs) -> Result<TcpListener, Failure> {
    match args.listen {
        Some(address) if !address.ip().is_loopback() => Err(Failure::usage(texts::not_loopback(address))),
        Some(address) => bind(address).await,
        // The port is in use, most often by another simulator.
        None => match bind(DEFAULT_ADDRESS.into()).await {
            Ok(listener) => Ok(listener),
            Err(_) => bind((DEFAULT_ADDRESS.0, 0).into()).await,
        },
    }
}

/// Serves the page until it is dropped.
async fn serve(
    context: &Context,
    args: &PageArgs,
    account: Account,
    bot_url: String,
    listener: TcpListener,
) -> Result<(), Failure> {
    announce(context, args, &listener)?;
    serve_on(context, account, bot_url, listener).await
}

/// Says where the page is, and opens it if that is asked for.
pub(crate) fn announce(context: &Context, args: &PageArgs, listener: &TcpListener) -> Result<(), Failure> {
    let output = &context.output;
    let url = url_of(listener)?;
    output.line(output.pick(&texts::page_at(&url)));
    output.json(&json!({ "event": "page", "url": url }));
    if args.open {
        open(context, &url);
    }
    Ok(())
}

/// The URL of a page with this listener.
pub(crate) fn url_of(listener: &TcpListener) -> Result<String, Failure> {
    Ok(format!("http://{}/", listener.local_addr()?))
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| Failure::usage(texts::cannot_listen(address, &LocalizedText::from(&error))))
}

/// Opens a browser. Without one, the printed URL has to be opened by hand.
pub(crate) fn open(context: &Context, url: &str) {
    let (program, before): (_, &[&str]) = match () {
        () if cfg!(target_os = "macos") => ("open", &[]),
        () if cfg!(windows) => ("cmd", &["/C", "start", ""]),
        () => ("xdg-open", &[]),
    };
    let quiet = || Stdio::null();
    let mut command = std::process::Command::new(program);
    command.args(before).arg(url).stdin(quiet()).stdout(quiet()).stderr(quiet());
    if let Err(error) = command.spawn() {
        let error = LocalizedText::from(&error);
        context.output.note(context.output.pick(&texts::cannot_start(&program, &error)));
    }
}

#[cfg(feature = "page")]
async fn serve_on(
    context: &Context,
    account: Account,
    bot_url: String,
    listener: TcpListener,
) -> Result<(), Failure> {
    Ok(page(context, account, bot_url).serve(listener).await?)
}

/// The page of a bot.
#[cfg(feature = "page")]
pub(crate) fn page(context: &Context, account: Account, bot_url: String) -> wechat_sim::page::Page {
    let page = wechat_sim::page::Page::new(account, bot_url).with_split_cdata(context.split_cdata);
    if context.allow_remote { page.allow_remote() } else { page }
}

#[cfg(not(feature = "page"))]
async fn serve_on(_: &Context, _: Account, _: String, _: TcpListener) -> Result<(), Failure> {
    available()
}

/// Fails in a build without the page.
pub(crate) fn available() -> Result<(), Failure> {
    if cfg!(feature = "page") {
        return Ok(());
    }
    Err(Failure::usage(texts::no_page()))
}
