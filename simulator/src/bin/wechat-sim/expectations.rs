use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use wechat_sim::{Exchange, LocalizedText, Reply, Shown};

use crate::duration::HumanDuration;
use crate::send::Played;
use crate::texts;

/// What is expected of an exchange, as arguments or in a step of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, clap::Args)]
#[serde(deny_unknown_fields, default)]
#[command(next_help_heading = "Expectations")]
pub(crate) struct Expectations {
    /// The reply is this text
    #[arg(long = "expect", value_name = "TEXT", allow_hyphen_values = true)]
    text: Option<String>,
    /// The reply is a text that contains this part
    #[arg(long = "expect-contains", value_name = "PART", allow_hyphen_values = true)]
    contains: Option<String>,
    /// The reply is of this kind
    #[arg(long = "expect-kind", value_enum, value_name = "KIND")]
    kind: Option<ReplyKind>,
    /// The user sees nothing
    #[arg(long = "expect-nothing", conflicts_with_all = ["text", "contains", "kind", "failure_notice"])]
    nothing: bool,
    /// The user sees WeChat's failure notice
    #[arg(long = "expect-failure-notice", conflicts_with_all = ["text", "contains", "kind"])]
    failure_notice: bool,
    /// There are this many deliveries
    #[arg(long = "expect-deliveries", value_name = "COUNT")]
    deliveries: Option<usize>,
    /// The user waits no longer than this
    #[arg(long, value_name = "TIME")]
    within: Option<HumanDuration>,
}

/// A kind of reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum ReplyKind {
    Text,
    Image,
    Voice,
    Video,
    Music,
    News,
    Transfer,
    TransferToAi,
    UpdateButton,
    UpdateTaskCard,
    UpdateTemplateCard,
    Stream,
    BotCard,
    UpdateBotCard,
}

impl ReplyKind {
    /// Its name, as it is typed in arguments and scenarios.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::Music => "music",
            Self::News => "news",
            Self::Transfer => "transfer",
            Self::TransferToAi => "transfer_to_ai",
            Self::UpdateButton => "update_button",
            Self::UpdateTaskCard => "update_task_card",
            Self::UpdateTemplateCard => "update_template_card",
            Self::Stream => "stream",
            Self::BotCard => "bot_card",
            Self::UpdateBotCard => "update_bot_card",
        }
    }

    /// The kind of a reply; `None` for an acknowledgement.
    pub(crate) const fn of(reply: &Reply) -> Option<Self> {
        match reply {
            Reply::Text { .. } => Some(Self::Text),
            Reply::Image { .. } => Some(Self::Image),
            Reply::Voice { .. } => Some(Self::Voice),
            Reply::Video { .. } => Some(Self::Video),
            Reply::Music { .. } => Some(Self::Music),
            Reply::News { .. } => Some(Self::News),
            Reply::Transfer { .. } => Some(Self::Transfer),
            Reply::TransferToAi => Some(Self::TransferToAi),
            Reply::UpdateButton { .. } => Some(Self::UpdateButton),
            Reply::UpdateTaskCard { .. } => Some(Self::UpdateTaskCard),
            Reply::UpdateTemplateCard { .. } => Some(Self::UpdateTemplateCard),
            Reply::Stream { .. } => Some(Self::Stream),
            Reply::BotCard { .. } => Some(Self::BotCard),
            Reply::UpdateBotCard { .. } => Some(Self::UpdateBotCard),
            _ => None,
        }
    }
}

/// An expectation and whether it was met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ExpectationResult {
    /// What was expected.
    pub(crate) expected: LocalizedText,
    /// Whether it was met.
    pub(crate) met: bool,
}

impl Expectations {
    /// Whether there is no expectation.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Checks the exchange. Unless they say what the user should see, anything but WeChat's failure notice is accepted. An
    /// answer that WeChat does not accept is a fault even if nobody sees it.
    pub(crate) fn check(&self, played: &Played) -> Vec<ExpectationResult> {
        let exchange = &played.exchange;
        let Self { text, contains, kind, nothing, failure_notice, deliveries, within } = self;
        let mut results = Vec::new();
        let mut check = |met, expected| results.push(ExpectationResult { expected, met });
        if let Some(text) = text {
            check(exchange.says(text), texts::expects_text(text));
        }
        if let Some(part) = contains {
            check(exchange.says_part(part), texts::expects_part(part));
        }
        if let Some(kind) = *kind {
            let met = exchange.reply().and_then(ReplyKind::of) == Some(kind);
            check(met, texts::expects_kind(kind.name()));
        }
        if *nothing {
            check(exchange.shown == Shown::Nothing, texts::expects_nothing());
        }
        let failed = exchange.shown == Shown::FailureNotice;
        let says_what_is_seen = text.is_some() || contains.is_some() || kind.is_some() || *nothing;
        // A user who has unfollowed sees nothing, whatever the answer is.
        let is_hidden = !failed && has_refused_answer(exchange);
        if *failure_notice {
            check(failed, texts::expects_failure_notice());
        } else if is_hidden || (failed && !says_what_is_seen) {
            check(false, texts::expects_success());
        }
        if !played.is_finished() {
            check(false, texts::expects_finish());
        }
        if let Some(count) = *deliveries {
            let found = exchange.deliveries.len();
            check(found == count, texts::expects_deliveries(count, found));
        }
        if let Some(HumanDuration(limit)) = *within {
            let took = played.took();
            check(took <= limit, texts::expects_within(limit, took));
        }
        results
    }
}

/// Whether WeChat does not accept the last answer.
fn has_refused_answer(exchange: &Exchange) -> bool {
    let last = exchange.deliveries.last();
    last.is_some_and(|last| last.ending.answer().is_some() && !last.reading.passed())
}
