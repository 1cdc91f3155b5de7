use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use wechat_sim::DEFAULT_FAN;
use wechat_sim::attack::{self, Attack};
use wechat_sim::handshake::DIAGNOSES;

use crate::credentials::Credentials;
use crate::duration::HumanDuration;
use crate::expectations::Expectations;
use crate::output::Lang;

/// Plays WeChat's (微信) side of the callback: of Official Accounts, mini-programs, stores, WeCom apps and third-party
/// platforms. Without a command it serves a page to chat on.
#[derive(Parser)]
#[command(
    name = "wechat-sim",
    version,
    after_help = "Example: start a bot, and a page to chat with it\n  wechat-sim dev -- cargo run\n\n\
                  Exit codes: 0 success, 1 an expectation was not met, 2 usage error, 3 the bot was not reached, \
                  4 an attack was accepted."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) page: PageArgs,
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// The arguments of all commands.
#[derive(clap::Args)]
#[command(next_help_heading = "General")]
pub(crate) struct CommonArgs {
    /// The URL of the bot [default: http://127.0.0.1:3000/weixin, with `--kind aibot` http://127.0.0.1:3000/aibot]
    #[arg(long, global = true, env = "WECHAT_SIM_URL")]
    pub(crate) url: Option<String>,
    /// Allow pushes to other machines. Their signatures are as good as WeChat's
    #[arg(long, global = true)]
    pub(crate) allow_remote: bool,
    /// Split a text that contains `]]>` into two CDATA sections, as XML requires. WeChat is reported not to do so
    #[arg(long, global = true)]
    pub(crate) split_cdata: bool,
    /// Print results as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The language of the output [default: from LC_ALL, LC_MESSAGES or LANG]
    #[arg(long, global = true, value_enum)]
    pub(crate) lang: Option<Lang>,
    // The last one, because its heading applies to all arguments after it.
    #[command(flatten)]
    pub(crate) credentials: Credentials,
}

/// The arguments of the page.
#[derive(clap::Args)]
pub(crate) struct PageArgs {
    /// The address of the page, on this machine only [default: 127.0.0.1:8788]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
    /// Open the page in a browser
    #[arg(long)]
    pub(crate) open: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve the page with a bot of its own, to look around
    #[cfg(feature = "demo")]
    #[command(after_help = "Example:\n  wechat-sim demo --open")]
    Demo(PageArgs),
    /// Start a bot with generated credentials, verify its URL, and serve the page
    #[command(after_help = DEV_EXAMPLE, after_long_help = format!("{DEV_EXAMPLE}\n\n{DEV}"))]
    Dev(DevArgs),
    /// Send a message as a fan does
    #[command(after_help = SEND, after_long_help = format!("{SEND}\n\n{}", crate::compose::kinds_of_messages()))]
    Send(SendArgs),
    /// Push an event, such as a follow or a click on a menu button, or a system event of a platform or a suite
    #[command(after_help = EVENT, after_long_help = format!("{EVENT}\n\n{}", crate::compose::kinds_of_events()))]
    Event(EventArgs),
    /// Push XML (or JSON, if that is the data format) unchanged: signed and encrypted, even if it is malformed
    #[command(after_help = RAW)]
    Raw(RawArgs),
    /// Play scenarios: conversations in TOML, with what is expected of the bot
    #[command(after_help = RUN, after_long_help = format!("{RUN}\n\n{SCENARIO}\n\n{}", list_of_diagnoses()))]
    Run(RunArgs),
    /// Send forged requests, which a bot must refuse
    #[command(after_help = ATTACK, after_long_help = format!("{ATTACK}\n\n{}", list_of_attacks()))]
    Attack(AttackArgs),
    /// Verify a URL as the console does, push one event, and explain what fails
    ///
    /// The verification proves the Token alone; WeCom's, whose echostr is encrypted, also the EncodingAESKey and the CorpID. So
    /// a click on a menu button with a link (VIEW) follows, by a user whom the bot does not know; for a mini-program and a
    /// store it is a chat that is entered (user_enter_tempsession), for an AI bot a withdrawn feedback (feedback_event). It is signed and encrypted in the account's mode, needs no reply, and changes nothing in a bot
    /// that does not count clicks. If it is refused it is pushed once more, plain instead of encrypted or the other way
    /// round, to find out whether the mode is the cause. --handshake-only leaves all of this out.
    #[command(after_help = VERIFY)]
    Verify(VerifyArgs),
    /// Generate credentials, as lines for an environment file
    #[command(after_help = "Example:\n  wechat-sim keys > .env")]
    Keys,
}

const DEV_EXAMPLE: &str =
    "Example: restart the bot when its source changes\n  wechat-sim dev --watch -- cargo run";
const DEV: &str = "\
Where the bot listens: at the URL of a line `listening on http://…` that it prints, else on LISTEN, else on the only port
that its processes listen on, or the only one that can be verified (on Linux, and on macOS with lsof). If it is none of
these, give its --url.

The page is there from the start. It shows whether the bot is starting, being built, listening or stopped, with the last
lines that it printed, and can start it again. When the mode is switched on the page, the bot is restarted in that mode.

When the bot ends by itself, so does this command, with exit code 3. In a terminal, or with --watch, it stays until Ctrl-C
(and exit code 3), since the bot can be started again.

The bot prints to pipes, not to a terminal. If there is a terminal behind them, it is asked for colours with
CARGO_TERM_COLOR, CLICOLOR_FORCE and FORCE_COLOR, unless one is set already or NO_COLOR is. PYTHONUNBUFFERED is 1 unless it
is set, since Python would keep what it prints.";

#[derive(clap::Args)]
pub(crate) struct DevArgs {
    #[command(flatten)]
    pub(crate) page: PageArgs,
    /// The path of the bot's URL, unless the bot prints the URL [default: /weixin, with `--kind aibot` /aibot]
    #[arg(long)]
    pub(crate) path: Option<String>,
    /// Restart the bot when a file changes, in the current folder or below PATH: `--watch=src,Cargo.toml`
    ///
    /// A bot that `cargo run` starts is built first, while the old one goes on. `target`, `.git`, files of editors, logs, and
    /// what `.gitignore` names without a folder are left out.
    #[arg(long, value_name = "PATH", num_args = 0.., require_equals = true, value_delimiter = ',', default_missing_value = ".")]
    pub(crate) watch: Vec<PathBuf>,
    /// How long to wait for the bot to stop before it is killed
    #[arg(long, default_value = "10s", value_name = "TIME")]
    pub(crate) grace: HumanDuration,
    /// The bot's command line. Its environment has WECHAT_APP_ID (WECHAT_CORP_ID for wecom), WECHAT_TOKEN,
    /// WECHAT_ENCODING_AES_KEY, WECHAT_MODE, WECHAT_FORMAT if it is json, WECHAT_KIND if it is not official, and LISTEN, the
    /// address to listen on. With `--kind aibot` it has AIBOT_TOKEN, AIBOT_ENCODING_AES_KEY and LISTEN
    #[arg(required = true, last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

#[derive(clap::Args)]
pub(crate) struct SendArgs {
    /// The MsgType of the account's kind: text, image, voice, video, location, link and so on
    #[arg(value_name = "KIND")]
    pub(crate) msg_type: String,
    /// Its content: the text; a media id or an image's URL; `LATITUDE,LONGITUDE[,LABEL]`; a link's URL
    #[arg(allow_hyphen_values = true)]
    pub(crate) value: Option<String>,
    #[command(flatten)]
    pub(crate) sender: SenderArgs,
    #[command(flatten)]
    pub(crate) expect: Expectations,
    #[command(flatten)]
    pub(crate) bot: BotArgs,
}

#[derive(clap::Args)]
pub(crate) struct EventArgs {
    /// The event: subscribe, unsubscribe, SCAN, CLICK, VIEW and so on
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) sender: SenderArgs,
    #[command(flatten)]
    pub(crate) expect: Expectations,
    #[command(flatten)]
    pub(crate) bot: BotArgs,
}

#[derive(clap::Args)]
pub(crate) struct RawArgs {
    /// The file, or `-` for stdin
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) expect: Expectations,
    #[command(flatten)]
    pub(crate) bot: BotArgs,
}

/// A bot that is started for one command.
#[derive(clap::Args)]
pub(crate) struct BotArgs {
    /// The path of the bot's URL, if a COMMAND starts it and does not print the URL [default: /weixin, with `--kind aibot`
    /// /aibot]
    #[arg(long)]
    pub(crate) path: Option<String>,
    /// Start this bot first, with generated credentials unless some are given, and stop it at the end. It is found as by `dev`
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// The sender and the fields.
#[derive(clap::Args)]
pub(crate) struct SenderArgs {
    /// A field by its name or path: `EventKey=MENU_HELP`, `ScanCodeInfo.ScanResult=x`
    #[arg(long = "field", value_name = "NAME=VALUE", value_parser = field)]
    pub(crate) fields: Vec<(String, String)>,
    /// The fan who sends it. The same name has the same openid. For wecom it is a member; `zhangsan` is its own UserID
    #[arg(long, default_value = DEFAULT_FAN, value_name = "FAN")]
    pub(crate) from: String,
    /// Print the XML and push nothing: to edit it, and to push it with `wechat-sim raw`
    #[arg(long, conflicts_with = "Expectations")]
    pub(crate) print_xml: bool,
}

fn field(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a field is NAME=VALUE".to_owned()),
    }
}

const SEND: &str =
    "Example: check the reply to a text\n  wechat-sim send text 你好 --expect 你说：你好 --within 4.5s";
const EVENT: &str = "Example:\n  wechat-sim event CLICK --field EventKey=MENU_HELP --expect-kind text";
const RAW: &str = "Example: push a text with a field that the catalogue lacks\n  \
                   wechat-sim send text 你好 --print-xml > text.xml    # then edit it\n  wechat-sim raw text.xml";
const RUN: &str = "Example: start a bot, play a scenario, and stop the bot\n  \
                   wechat-sim run menu.toml --junit report.xml -- python3 bot.py";
const ATTACK: &str =
    "Example: send all of them to a bot that is started for it\n  wechat-sim attack -- python3 bot.py";
const VERIFY: &str = "Example: a bot on the internet, with the credentials in the environment\n  \
                      wechat-sim verify https://example.com/weixin --allow-remote";

const SCENARIO: &str = r#"A scenario has steps, which are played one after another:

  name = "menu"                               # default: the name of the file
  kind = "official"                           # the account's; default: as on the command line. So for format and mode

  [[step]]
  verify = true                               # the URL and one push; or the expected diagnosis: "wrong_token"

  [[step]]
  fan = "小明"                                # the sender; default: the fan of the step before
  text = "你好"
  expect = { text = "你说：你好", within = "4.5s" }

  [[step]]
  event = "CLICK"
  fields = { EventKey = "MENU_HELP" }
  expect = { kind = "news", deliveries = 1 }

  [[step]]
  attack = "all"                              # or names: ["bad-signature", "doctype"]
  except = ["slow-body"]

A step has one of:  text, send (a MsgType, with `value`), event, raw, raw_file, wait, verify, attack.
expect has any of:  text, contains, kind, nothing, failure_notice, deliveries, within.
If a step does not say what the user should see, anything but WeChat's failure notice is accepted."#;

#[derive(clap::Args)]
pub(crate) struct RunArgs {
    /// The scenarios, in TOML
    #[arg(required = true, value_name = "SCENARIO.toml")]
    pub(crate) files: Vec<PathBuf>,
    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) bot: BotArgs,
}

#[derive(clap::Args)]
pub(crate) struct AttackArgs {
    /// Which attacks [default: all]
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Leave these attacks out, such as those that a proxy in front of the bot refuses: `--except slow-body,oversize`
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) except: Vec<String>,
    #[command(flatten)]
    pub(crate) bot: BotArgs,
}

#[derive(clap::Args)]
pub(crate) struct VerifyArgs {
    /// The URL, as it would be entered in the console [default: --url]
    #[arg(value_name = "URL")]
    pub(crate) url_to_verify: Option<String>,
    /// Push no event after the verification, as for a bot in production
    #[arg(long)]
    pub(crate) handshake_only: bool,
}

/// The list of diagnoses, for the help.
fn list_of_diagnoses() -> String {
    let mut text = "Diagnoses:".to_owned();
    for names in DIAGNOSES.chunks(6) {
        text.push_str("\n  ");
        text.push_str(&names.join(", "));
        text.push(',');
    }
    text.trim_end_matches(',').to_owned()
}

/// The list of attacks, for the help.
fn list_of_attacks() -> String {
    let line = |attack: &Attack| {
        let kinds: Vec<_> = attack.kinds.iter().map(|kind| kind.name()).collect();
        let formats: Vec<_> = attack.formats.iter().map(|format| format.name()).collect();
        let only = match (&kinds[..], &formats[..]) {
            ([kind], _) => format!(" ({kind})"),
            (_, [format]) => format!(" ({format})"),
            _ => String::new(),
        };
        format!("\n  {:28}{}{only}", attack.name, attack.title.en)
    };
    format!("Attacks:{}", attack::all().iter().map(line).collect::<String>())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example_that_parses() {
        let mut root = Cli::command();
        let subcommands = root.get_subcommands().map(|command| command.get_name().to_owned());
        let subcommands: Vec<_> = subcommands.filter(|name| name != "help").collect();
        let mut commands = vec![root.render_help().to_string()];
        commands.extend(
            subcommands
                .iter()
                .map(|name| root.find_subcommand_mut(name).expect("a subcommand").render_help().to_string()),
        );
        for help in commands {
            let examples = help.lines().filter_map(|line| line.strip_prefix("  wechat-sim "));
            let examples: Vec<_> = examples.collect();
            assert!(!examples.is_empty(), "{help}");
            for example in examples {
                // Without what is for the shell.
                let arguments = example.split(['>', '#']).next().unwrap_or_default().split_whitespace();
                let parsed = Cli::try_parse_from(std::iter::once("wechat-sim").chain(arguments));
                assert!(parsed.is_ok(), "{example}: {:?}", parsed.err());
            }
        }
    }
}
