use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Shared;
use super::decide::Manner;
use crate::Opened;
use crate::channel::{Channel, PushKind};
use crate::delivery::{DeliveryKey, Timeliness, UserKey};
use crate::late_reply::Recipient;

/// What is remembered of a push while its handler has the message.
#[derive(Clone)]
pub(super) struct Push {
    /// One of its own where nothing tells the push from another. `None` where deliveries are not joined.
    pub(super) key: Option<DeliveryKey>,
    /// How long before this delivery the first one came.
    pub(super) age: Duration,
    /// For whom replies are kept.
    pub(super) user: Option<UserKey>,
    /// Whether the user writes the word that fetches a reply.
    pub(super) is_word: bool,
    /// To whom replies are sent.
    pub(super) recipient: Option<Arc<Recipient>>,
    pub(super) manner: Manner,
    /// How long a text may be that answers it, in bytes.
    pub(super) limit: usize,
}

/// One of its own where nothing tells the push from another.
fn key(opened: &Opened) -> DeliveryKey {
    let random = || DeliveryKey::random(&opened.context.account.deliveries, &opened.message);
    opened.delivery_key().unwrap_or_else(random)
}

impl DeliveryKey {
    /// The push whose answer has this stream id. `None` if it is no push to the account that was asked.
    pub(super) fn of_stream(id: &str, asked: &Opened) -> Option<Self> {
        let key: Self = id.parse().ok()?;
        let own = Self::random(&asked.context.account.deliveries, &asked.message);
        (key.tag() == own.tag()).then_some(key)
    }
}

impl Push {
    pub(super) fn of(opened: &Opened, shared: &Shared) -> Self {
        let (late, manner) = (&shared.policy.late, Manner::of(opened));
        let recipient = late.sender().and_then(|_| {
            let mut to = Recipient::new(opened.context.account.id.as_str(), opened.user()?);
            to.response_url = opened.message.response_url().map(str::to_owned);
            Some(Arc::new(to))
        });
        Self {
            key: shared.policy.joins(manner).then(|| key(opened)),
            age: Duration::ZERO,
            // Who cannot be told so fetches nothing.
            user: late
                .word()
                .filter(|_| manner == Manner::Retried)
                .filter(|word| opened.context.limits().check(word.notice()).is_ok())
                .and_then(|_| opened.user_key()),
            is_word: false,
            recipient,
            manner,
            limit: opened.context.limits().text(),
        }
    }

    /// Whether an outcome that comes at `now` can reach the user in an answer. `arrived`: when the delivery did that runs the
    /// handler. `stored`: what the store says.
    pub(super) fn timeliness(&self, stored: Timeliness, arrived: Instant, now: Instant) -> Timeliness {
        let age = now.saturating_duration_since(arrived).saturating_add(self.age);
        match self.manner {
            Manner::Streamed if age >= Manner::WINDOW => Timeliness::Late,
            Manner::Streamed => Timeliness::InTime,
            Manner::Retried | Manner::Once => stored,
        }
    }
}

impl Manner {
    fn of(opened: &Opened) -> Self {
        match (opened.context.to.channel, opened.context.to.push) {
            (Channel::AiBot, PushKind::Message) => Self::Streamed,
            (Channel::AiBot, _) => Self::Once,
            _ => Self::Retried,
        }
    }
}
