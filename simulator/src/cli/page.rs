//! The page: alone, or beside the bot that `dev` starts.

use std::net::SocketAddr;
use std::process::Stdio;

use serde_json::json;
use tokio::net::TcpListener;
use wechat_sim::Account;

use crate::args;
use crate::context::Context;
use crate::exit::{Exit, Failure};

const DEFAULT_ADDRESS: ([u8; 4], u16) = ([127, 0, 0, 1], 8788);

/// Without a command: the page, in front of a bot that runs already.
pub(crate) async fn run(context: &Context, args: &args::Page) -> Result<Exit, Failure> {
    available()?;
    let (account, new) = context.credentials.account_or_new()?;
    context.target(context.url())?;
    let listener = listen(args).await?;
    if new {
        let zh = "没有给出凭据：新生成了一套，可在页面上查看，再告诉机器人";
        let en = "no credentials were given: new ones were made up. The page shows them; tell the bot";
        context.output.note(context.output.say(zh, en));
    }
    serve(context, args, account, context.url().to_owned(), listener).await?;
    Ok(Exit::Fine)
}

/// A listener for the page, on this machine alone: whoever reaches the page signs as WeChat does.
pub(crate) async fn listen(args: &args::Page) -> Result<TcpListener, Failure> {
    match args.listen {
        Some(address) if !address.ip().is_loopback() => Err(Failure::usage(
            format!("{address} 不是本机回环地址：页面只在本机提供"),
            format!("{address} is no loopback address: the page is served on this machine alone"),
        )),
        Some(address) => bind(address).await,
        // Someone else is there, another simulator mostly.
        None => match bind(DEFAULT_ADDRESS.into()).await {
            Ok(listener) => Ok(listener),
            Err(_) => bind((DEFAULT_ADDRESS.0, 0).into()).await,
        },
    }
}

/// Serves the page until it is dropped.
pub(crate) async fn serve(
    context: &Context,
    args: &args::Page,
    account: Account,
    bot_url: String,
    listener: TcpListener,
) -> Result<(), Failure> {
    let output = &context.output;
    let url = format!("http://{}/", listener.local_addr()?);
    output.line(&format!("{} {url}", output.say("页面：", "the page:")));
    output.json(&json!({ "event": "page", "url": url }));
    if args.open {
        open(context, &url);
    }
    serve_on(context, account, bot_url, listener).await
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::usage(
            format!("无法监听 {address}：{error}"),
            format!("{address} cannot be listened on: {error}"),
        )
    })
}

/// Opens a browser. Where there is none, the line with the address will do.
fn open(context: &Context, url: &str) {
    let (program, before): (_, &[&str]) = match () {
        () if cfg!(target_os = "macos") => ("open", &[]),
        () if cfg!(windows) => ("cmd", &["/C", "start", ""]),
        () => ("xdg-open", &[]),
    };
    let quiet = || Stdio::null();
    let mut command = std::process::Command::new(program);
    command.args(before).arg(url).stdin(quiet()).stdout(quiet()).stderr(quiet());
    if let Err(error) = command.spawn() {
        context.output.note(&format!("{program}: {error}"));
    }
}

#[cfg(feature = "page")]
async fn serve_on(
    context: &Context,
    account: Account,
    bot_url: String,
    listener: TcpListener,
) -> Result<(), Failure> {
    let page = wechat_sim::page::Page::new(account, bot_url).with_split_cdata(context.split_cdata);
    let page = if context.allow_remote { page.allow_remote() } else { page };
    Ok(page.serve(listener).await?)
}

#[cfg(not(feature = "page"))]
async fn serve_on(_: &Context, _: Account, _: String, _: TcpListener) -> Result<(), Failure> {
    available()
}

/// Whether there is a page in this build.
pub(crate) fn available() -> Result<(), Failure> {
    if cfg!(feature = "page") {
        return Ok(());
    }
    Err(Failure::usage(
        "这个版本编译时没有页面：请启用 feature“page”重新编译。其他命令见 wechat-sim --help",
        "this build has no page: build it with the feature `page`. For the other commands see wechat-sim --help",
    ))
}
