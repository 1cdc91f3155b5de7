use std::sync::Arc;
use std::time::Duration;

use super::Shared;
use crate::Opened;
use crate::delivery::{DeliveryKey, UserKey};
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
}

/// One of its own where nothing tells the push from another.
fn key(opened: &Opened) -> DeliveryKey {
    let random = || DeliveryKey::random(&opened.context.account.deliveries, &opened.message);
    opened.delivery_key().unwrap_or_else(random)
}

impl Push {
    pub(super) fn of(opened: &Opened, shared: &Shared) -> Self {
        let late = &shared.policy.late;
        let recipient = late
            .sender()
            .and_then(|_| Some(Arc::new(Recipient::new(opened.context.account.id.as_str(), opened.user()?))));
        Self {
            key: shared.policy.joins().then(|| key(opened)),
            age: Duration::ZERO,
            // Who cannot be told so fetches nothing.
            user: late
                .word()
                .filter(|word| opened.context.limits().check(word.notice()).is_ok())
                .and_then(|_| opened.user_key()),
            is_word: false,
            recipient,
        }
    }
}
