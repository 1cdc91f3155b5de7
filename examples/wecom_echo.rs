//! cargo run --example wecom_echo -- --framework axum
//!
//! An app of WeCom (企业微信) that sends back the texts that it gets, and names the kind of other messages. In axum, or in
//! actix-web with `--framework actix`. The app comes from `WECHAT_CORP_ID`, `WECHAT_TOKEN` and
//! `WECHAT_ENCODING_AES_KEY`, the address from `LISTEN`. Where `AIBOT_TOKEN` and `AIBOT_ENCODING_AES_KEY` are set it is an
//! AI bot (智能机器人) instead.

#[path = "common/actix.rs"]
mod actix;
#[path = "common/both.rs"]
mod both;
mod common;

use std::env;
use std::error::Error;
use std::process::ExitCode;

use common::echo;
use wechat_callback::message::Content;
use wechat_callback::{Callback, Message, Reply, TextReply};

fn main() -> ExitCode {
    both::main("wecom_echo", callback, answer)
}

fn answer(message: &Message) -> Reply {
    match &message.content {
        Content::Text(text) => echo::say(&text.content),
        Content::Event(_) | Content::System(_) => Reply::none(),
        other => TextReply::new(other.kind()).into(),
    }
}

/// The app or the bot that the environment names, or an app with made-up secrets where it names none.
fn callback() -> Result<Callback, Box<dyn Error>> {
    if env::var_os("AIBOT_TOKEN").is_some() {
        return Ok(Callback::aibot_from_env()?);
    }
    const VARIABLES: [&str; 3] = ["WECHAT_CORP_ID", "WECHAT_TOKEN", "WECHAT_ENCODING_AES_KEY"];
    if VARIABLES.iter().all(|name| env::var_os(name).is_none()) {
        return sandbox();
    }
    Ok(Callback::wecom_from_env()?)
}

fn sandbox() -> Result<Callback, Box<dyn Error>> {
    let (corp_id, token, key) = ("wwsandbox", common::random(32), common::random(43));
    common::print(format_args!(
        "sandbox: WECHAT_CORP_ID={corp_id} WECHAT_TOKEN={token} WECHAT_ENCODING_AES_KEY={key}"
    ))?;
    Ok(Callback::wecom(corp_id, token, key).build()?)
}
