use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use wechat_sim::{Exchange, Reply, Sentence, Shown};

use crate::output::sentence;
use crate::span::Span;

/// What is expected of an exchange: as arguments, and as a scenario's step has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, clap::Args)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Expectations {
    /// The reply is this text
    #[arg(long = "expect", value_name = "TEXT", allow_hyphen_values = true)]
    text: Option<String>,
    /// The reply is a text with this in it
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
    /// There are that many deliveries
    #[arg(long = "expect-deliveries", value_name = "COUNT")]
    deliveries: Option<usize>,
    /// The user waits no longer than this
    #[arg(long, value_name = "TIME")]
    within: Option<Span>,
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
}

impl ReplyKind {
    /// Its name, as it is typed.
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
        }
    }

    /// The kind of a reply; none for an acknowledgement.
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
            _ => None,
        }
    }
}

/// An expectation, and whether it was met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Expected {
    /// What was expected.
    pub(crate) expected: Sentence,
    /// Whether it came.
    pub(crate) met: bool,
}

impl Expectations {
    /// Whether nothing in particular is expected.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Holds the exchange against them. Where they say nothing about what the user sees, anything will do but WeChat's
    /// failure notice.
    pub(crate) fn check(&self, exchange: &Exchange) -> Vec<Expected> {
        let Self { text, contains, kind, nothing, failure_notice, deliveries, within } = self;
        let mut checked = Vec::new();
        let mut check =
            |met, zh: String, en: String| checked.push(Expected { expected: sentence(zh, en), met });
        if let Some(text) = text {
            let met = exchange.text() == Some(text);
            check(met, format!("回复是文字 {text:?}"), format!("the reply is the text {text:?}"));
        }
        if let Some(part) = contains {
            let met = exchange.text().is_some_and(|text| text.contains(part));
            check(
                met,
                format!("回复的文字里有 {part:?}"),
                format!("the reply is a text with {part:?} in it"),
            );
        }
        if let Some(kind) = kind {
            let met = exchange.reply().and_then(ReplyKind::of) == Some(*kind);
            let kind = kind.name();
            check(met, format!("回复的类型是 {kind}"), format!("the reply is of the kind {kind}"));
        }
        if *nothing {
            let met = exchange.shown == Shown::Nothing;
            check(met, "用户什么也看不到".to_owned(), "the user sees nothing".to_owned());
        }
        let failed = exchange.shown == Shown::FailureNotice;
        if *failure_notice {
            let zh = "用户看到微信的故障提示".to_owned();
            check(failed, zh, "the user sees WeChat's failure notice".to_owned());
        } else if failed && text.is_none() && contains.is_none() && kind.is_none() && !nothing {
            let zh = "回答是微信接受的".to_owned();
            check(false, zh, "the answer is one that WeChat takes".to_owned());
        }
        if let Some(count) = *deliveries {
            let found = exchange.deliveries.len();
            check(
                found == count,
                format!("投递 {count} 次（实际 {found} 次）"),
                format!("{count} deliveries (there were {found})"),
            );
        }
        if let Some(Span(limit)) = *within {
            let took = exchange.took();
            check(
                took <= limit,
                format!("{limit:?} 之内（实际 {took:?}）"),
                format!("within {limit:?} (it took {took:?})"),
            );
        }
        checked
    }
}
