use wechat_sim::{Account, AccountKind, HttpTarget, SendError, Wechat};

use crate::args::CommonArgs;
use crate::credentials::Credentials;
use crate::exit::Failure;
use crate::output::Output;
use crate::texts;

/// The URL of the examples of these crates.
const DEFAULT_URL: &str = "http://127.0.0.1:3000/weixin";

/// The same for AI bots.
const AIBOT_URL: &str = "http://127.0.0.1:3000/aibot";

/// What every command needs.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) output: Output,
    pub(crate) credentials: Credentials,
    pub(crate) allow_remote: bool,
    pub(crate) split_cdata: bool,
    /// The URL that was given on the command line, if any.
    pub(crate) given_url: Option<String>,
    pub(crate) bot: BotOrigin,
}

/// Where the bot comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BotOrigin {
    /// It was running before.
    Running,
    /// This command started it.
    Started {
        /// Whether its credentials were generated.
        is_generated: bool,
    },
}

impl Context {
    pub(crate) fn new(common: CommonArgs) -> Self {
        let CommonArgs { url, credentials, allow_remote, split_cdata, json, lang } = common;
        Self {
            output: Output::new(lang, json),
            credentials,
            allow_remote,
            split_cdata,
            given_url: url,
            bot: BotOrigin::Running,
        }
    }

    /// The bot's URL.
    pub(crate) fn url(&self) -> &str {
        let default = match self.credentials.kind() {
            AccountKind::AiBot => AIBOT_URL,
            _ => DEFAULT_URL,
        };
        self.given_url.as_deref().unwrap_or(default)
    }

    /// The path of a bot that is started, unless another one is given.
    pub(crate) fn path<'p>(&self, given: Option<&'p str>) -> &'p str {
        given.unwrap_or(match self.credentials.kind() {
            AccountKind::AiBot => "/aibot",
            _ => "/weixin",
        })
    }

    pub(crate) fn account(&self) -> Result<Account, Failure> {
        self.credentials.account()
    }

    /// Says that the mode is plain if nothing else says so.
    pub(crate) fn note_plain_mode(&self) {
        if self.credentials.is_plain_without_key() {
            self.output.note(self.output.pick(&texts::plain_without_key()));
        }
    }

    /// WeChat and the bot.
    pub(crate) fn wechat(&self) -> Result<(Wechat, HttpTarget), Failure> {
        let wechat = Wechat::new(self.account()?).with_split_cdata(self.split_cdata);
        Ok((wechat, self.target(self.url())?))
    }

    /// WeChat alone, to write messages that are not pushed. Without credentials it has random ones.
    pub(crate) fn wechat_without_bot(&self) -> Result<Wechat, Failure> {
        let (account, _) = self.credentials.account_or_new()?;
        Ok(Wechat::new(account).with_split_cdata(self.split_cdata))
    }

    pub(crate) fn target(&self, url: &str) -> Result<HttpTarget, SendError> {
        let target = HttpTarget::new(url)?;
        Ok(if self.allow_remote { target.allow_remote() } else { target })
    }
}
