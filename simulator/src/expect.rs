//! What a test expects of an exchange. Each expectation panics with a report of the exchange.

use std::fmt::Write as _;
use std::time::Duration;

use crate::{Article, Ending, Exchange, Reply, Shown};

#[allow(clippy::must_use_candidate, reason = "they are assertions, and return self for the next one")]
impl Exchange {
    /// The reply is this text, as the bot wrote it or as the user [sees](Exchange::seen_text) it.
    ///
    /// # Panics
    ///
    /// If it is not.
    #[track_caller]
    pub fn expect_text(&self, text: &str) -> &Self {
        self.expect(self.says(text), &format!("the text {text:?}"))
    }

    /// The reply is a text that contains this part, as the bot wrote it or as the user [sees](Exchange::seen_text) it.
    ///
    /// # Panics
    ///
    /// If it is not.
    #[track_caller]
    pub fn expect_text_with(&self, part: &str) -> &Self {
        self.expect(self.says_part(part), &format!("a text that contains {part:?}"))
    }

    /// The reply is this one.
    ///
    /// # Panics
    ///
    /// If it is not.
    #[track_caller]
    pub fn expect_reply(&self, reply: &Reply) -> &Self {
        self.expect(self.reply() == Some(reply), &format!("{reply:?}"))
    }

    /// The reply is this picture.
    ///
    /// # Panics
    ///
    /// If it is not.
    #[track_caller]
    pub fn expect_image(&self, media_id: &str) -> &Self {
        self.expect_reply(&Reply::Image { media_id: media_id.to_owned() })
    }

    /// The reply is news. Returns the articles.
    ///
    /// # Panics
    ///
    /// If it is not.
    #[track_caller]
    pub fn expect_news(&self) -> &[Article] {
        match self.reply() {
            Some(Reply::News { articles }) => articles,
            _ => {
                self.expect(false, "news");
                &[]
            }
        }
    }

    /// The message is transferred to this agent, or to any agent.
    ///
    /// # Panics
    ///
    /// If it is not.
    #[track_caller]
    pub fn expect_transfer(&self, account: Option<&str>) -> &Self {
        self.expect_reply(&Reply::Transfer { account: account.map(str::to_owned) })
    }

    /// The user sees nothing: the bot acknowledged.
    ///
    /// # Panics
    ///
    /// If it did not.
    #[track_caller]
    pub fn expect_nothing(&self) -> &Self {
        self.expect(self.shown == Shown::Nothing, "nothing")
    }

    /// The user sees WeChat's failure notice.
    ///
    /// # Panics
    ///
    /// If they do not.
    #[track_caller]
    pub fn expect_failure_notice(&self) -> &Self {
        self.expect(self.shown == Shown::FailureNotice, "WeChat's failure notice")
    }

    /// There were this many deliveries.
    ///
    /// # Panics
    ///
    /// If there were more or fewer.
    #[track_caller]
    pub fn expect_deliveries(&self, count: usize) -> &Self {
        self.expect(self.deliveries.len() == count, &format!("{count} deliveries"))
    }

    /// The user waited no longer than this.
    ///
    /// # Panics
    ///
    /// If they did.
    #[track_caller]
    pub fn expect_within(&self, limit: Duration) -> &Self {
        self.expect(self.took() <= limit, &format!("an answer within {limit:?}"))
    }

    #[track_caller]
    fn expect(&self, met: bool, expected: &str) -> &Self {
        assert!(met, "expected {expected} in reply to {}, but {}", self.kind, self.report());
        self
    }

    /// The exchange in a few lines.
    fn report(&self) -> String {
        let mut report = match &self.shown {
            Shown::Reply { reply } => format!("the reply is {reply:?}"),
            Shown::Nothing => "the user sees nothing".to_owned(),
            Shown::FailureNotice => "the user sees WeChat's failure notice".to_owned(),
        };
        for delivery in &self.deliveries {
            let ending = match &delivery.ending {
                Ending::Answered { answer } => format!("answered {}", answer.status),
                Ending::TimedOut => "timed out".to_owned(),
                Ending::Broken { .. } => "lost its connection".to_owned(),
                Ending::Unreachable { .. } => "did not reach the bot".to_owned(),
            };
            let _ = write!(
                report,
                "\n  delivery {} {ending}, {} ms after {} ms",
                delivery.number, delivery.took_ms, delivery.started_ms
            );
            for check in delivery.reading.failures() {
                let _ = write!(report, "\n    {}: {}", check.name.as_str(), check.detail);
            }
        }
        report
    }
}
