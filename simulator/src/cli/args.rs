use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::account::Credentials;
use crate::expectation::Expectations;
use crate::output::Lang;
use crate::span::Span;

/// Plays WeChat's (微信) side of the Official Account callback. Without a command: a page to chat on.
#[derive(Parser)]
#[command(
    name = "wechat-sim",
    version,
    after_help = "Exit codes: 0 fine, 1 an expectation was missed, 2 usage, 3 the bot was not reached, \
                  4 an attack was accepted."
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) page: Page,
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What all commands take.
#[derive(clap::Args)]
pub(crate) struct Common {
    /// Where the bot is [default: http://127.0.0.1:3000/weixin]
    #[arg(long, global = true, env = "WECHAT_SIM_URL")]
    pub(crate) url: Option<String>,
    /// Push to other machines too, with signatures that are as good as WeChat's
    #[arg(long, global = true)]
    pub(crate) allow_remote: bool,
    /// Push a text with `]]>` in it as XML has it, in two CDATA sections. WeChat is reported not to: as it is
    #[arg(long, global = true)]
    pub(crate) split_cdata: bool,
    /// Results as JSON, for machines
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The language of what is said; else LC_ALL, LC_MESSAGES or LANG say it
    #[arg(long, global = true, value_enum)]
    pub(crate) lang: Option<Lang>,
    // The last, for its heading stands over all that follow.
    #[command(flatten)]
    pub(crate) credentials: Credentials,
}

/// Where the page is served.
#[derive(clap::Args)]
pub(crate) struct Page {
    /// Where the page is served; on this machine only [default: 127.0.0.1:8788]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
    /// Open a browser
    #[arg(long)]
    pub(crate) open: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start a bot with credentials of its own, verify its URL, and serve the page as long as it runs
    Dev(Dev),
    /// Send a message
    #[command(after_long_help = crate::message::kinds_of_messages())]
    Send(Send),
    /// Push an event
    #[command(after_long_help = crate::message::kinds_of_events())]
    Event(Event),
    /// Push XML as it is
    Raw(Raw),
    /// Play scenarios
    #[command(after_long_help = SCENARIO)]
    Run(Run),
    /// Try what a bot must refuse
    #[command(after_long_help = crate::attack::names())]
    Attack(Attack),
    /// Verify a URL as the console does, and say why it fails
    Verify(Verify),
    /// Make up credentials, as lines for an environment file
    Keys,
}

#[derive(clap::Args)]
pub(crate) struct Dev {
    #[command(flatten)]
    pub(crate) page: Page,
    /// The path of the bot's URL, where it does not print the URL
    #[arg(long, default_value = "/weixin")]
    pub(crate) path: String,
    /// How long the bot may take to stop before it is killed
    #[arg(long, default_value = "10s", value_name = "TIME")]
    pub(crate) grace: Span,
    /// The bot's command line. It is given WECHAT_APP_ID, WECHAT_TOKEN, WECHAT_ENCODING_AES_KEY, WECHAT_MODE, and in
    /// LISTEN the address to listen on. Where it prints `listening on http://…`, that is taken
    #[arg(required = true, last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

#[derive(clap::Args)]
pub(crate) struct Send {
    /// The MsgType: text, image, voice, video, location, link and so on
    #[arg(value_name = "KIND")]
    pub(crate) msg_type: String,
    /// What it says: the text; a media id, or a picture's URL; `LATITUDE,LONGITUDE[,LABEL]`; a link's URL
    #[arg(allow_hyphen_values = true)]
    pub(crate) value: Option<String>,
    #[command(flatten)]
    pub(crate) sender: Sender,
    #[command(flatten)]
    pub(crate) expect: Expectations,
}

#[derive(clap::Args)]
pub(crate) struct Event {
    /// The event: subscribe, unsubscribe, SCAN, CLICK, VIEW and so on
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) sender: Sender,
    #[command(flatten)]
    pub(crate) expect: Expectations,
}

#[derive(clap::Args)]
pub(crate) struct Raw {
    /// The file; `-` for stdin
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) expect: Expectations,
}

/// Who sends it, with what in it.
#[derive(clap::Args)]
pub(crate) struct Sender {
    /// A field, by its name or its path: `EventKey=MENU_HELP`, `ScanCodeInfo.ScanResult=x`
    #[arg(long = "field", value_name = "NAME=VALUE", value_parser = field)]
    pub(crate) fields: Vec<(String, String)>,
    /// The fan who sends it. The same name is the same openid
    #[arg(long, default_value = "小明", value_name = "FAN")]
    pub(crate) from: String,
}

fn field(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a field is NAME=VALUE".to_owned()),
    }
}

const SCENARIO: &str = r#"A scenario, its steps one after another:

  name = "menu"                               # the file's name unless it is given

  [[step]]
  verify = true                               # the URL verification; or the diagnosis to expect: "wrong_token"

  [[step]]
  fan = "小明"                                # who does it; the fan of the step before unless it is given
  text = "你好"
  expect = { text = "你说：你好", within = "4.5s" }

  [[step]]
  event = "CLICK"
  fields = { EventKey = "MENU_HELP" }
  expect = { kind = "news", deliveries = 1 }

A step has one of:  text, send (a MsgType, with `value`), event, raw, raw_file, wait, verify, attack ("all", or names).
expect has any of:  text, contains, kind, nothing, failure_notice, deliveries, within.
Where nothing is expected of what the user sees, anything will do but WeChat's failure notice."#;

#[derive(clap::Args)]
pub(crate) struct Run {
    /// The scenarios, in TOML
    #[arg(required = true, value_name = "SCENARIO.toml")]
    pub(crate) files: Vec<PathBuf>,
    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(crate) struct Attack {
    /// Which attacks [default: all]
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
}

#[derive(clap::Args)]
pub(crate) struct Verify {
    /// The URL, as it would be given to the console
    #[arg(value_name = "URL")]
    pub(crate) of: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        Args::command().debug_assert();
    }
}
