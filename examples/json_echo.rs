//! cargo run --example json_echo -- --framework axum
//!
//! A mini-program, WeChat Store or Channels (小程序、微信小店、视频号) that hands what users write to human agents: the one
//! reply that their users can be given in the answer itself. In axum, or in actix-web with `--framework actix`. The account comes from
//! `WECHAT_APP_ID`, `WECHAT_TOKEN`, `WECHAT_ENCODING_AES_KEY`, `WECHAT_MODE` and `WECHAT_FORMAT` (`json`), the address
//! from `LISTEN`.

#[path = "common/actix.rs"]
mod actix;
#[path = "common/both.rs"]
mod both;
mod common;

use std::error::Error;
use std::process::ExitCode;

use wechat_callback::message::Content;
use wechat_callback::{Callback, DataFormat, Message, Reply, TransferReply};

fn main() -> ExitCode {
    both::main("json_echo", callback, answer)
}

fn answer(message: &Message) -> Reply {
    match &message.content {
        Content::Text(_) | Content::Image(_) | Content::MiniProgramPage(_) => {
            TransferReply::to_any_agent().into()
        }
        _ => Reply::none(),
    }
}

/// The account that the environment names, or a sandbox account with JSON where it names none.
fn callback() -> Result<Callback, Box<dyn Error>> {
    common::callback_or_sandbox(DataFormat::Json)
}
