use wechat_sim::{Account, HttpTarget, SendError, Wechat};

use crate::account::Credentials;
use crate::args::Common;
use crate::exit::Failure;
use crate::output::Output;

/// Where bots are, as the examples of these crates are.
const DEFAULT_URL: &str = "http://127.0.0.1:3000/weixin";

/// What every command needs.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) output: Output,
    pub(crate) credentials: Credentials,
    pub(crate) allow_remote: bool,
    pub(crate) split_cdata: bool,
    /// The URL that was given, if one was.
    pub(crate) given_url: Option<String>,
}

impl Context {
    pub(crate) fn new(common: Common) -> Self {
        let Common { url, credentials, allow_remote, split_cdata, json, lang } = common;
        Self { output: Output::new(lang, json), credentials, allow_remote, split_cdata, given_url: url }
    }

    /// Where the bot is.
    pub(crate) fn url(&self) -> &str {
        self.given_url.as_deref().unwrap_or(DEFAULT_URL)
    }

    pub(crate) fn account(&self) -> Result<Account, Failure> {
        self.credentials.account()
    }

    /// WeChat in front of the bot.
    pub(crate) fn wechat(&self) -> Result<(Wechat, HttpTarget), Failure> {
        let wechat = Wechat::new(self.account()?).with_split_cdata(self.split_cdata);
        Ok((wechat, self.target(self.url())?))
    }

    pub(crate) fn target(&self, url: &str) -> Result<HttpTarget, SendError> {
        let target = HttpTarget::new(url)?;
        Ok(if self.allow_remote { target.allow_remote() } else { target })
    }
}
