//! A reply that streams, sent in messages of their own while it grows.

use std::time::Duration;

use tokio::time::Instant;

use super::Engine;
use super::decide::Manner;
use super::outcome::Completion;
use super::push::Push;
use crate::delivery::{GrowingText, Timeliness};
use crate::log::as_dyn;
use crate::metrics::{self, LateOutcome};
use crate::process::deadline::after;
use crate::reply::part_at;
use crate::{Reply, TextReply};

/// How many messages are sent before the text is finished. WeChat lets an account send five for a message of its user: one is
/// left for the end.
const WHILE_IT_GROWS: u32 = 4;

/// A paragraph that is shorter, in bytes, is sent with the next one: a hundred Chinese characters.
const PARAGRAPH: usize = 300;

/// How a reply that streams is sent.
pub(super) struct Messages {
    /// From when on no delivery waits for it.
    late: Instant,
    is_marked_late: bool,
    /// How many bytes were sent.
    pub(super) sent: usize,
    messages: u32,
    /// Where the last paragraph that is finished ends.
    paragraph_end: usize,
    ends_in_newline: bool,
    length: usize,
    /// Whether nothing more is tried before its end.
    is_refused: bool,
    /// Whether another process has completed the push.
    is_elsewhere: bool,
}

impl Messages {
    /// `None` where replies are not sent.
    pub(super) fn of(completion: &Completion) -> Option<Self> {
        let Completion { engine, push, arrived, .. } = completion;
        let policy = &engine.shared.policy;
        if push.manner != Manner::Retried || policy.late.sender().is_none() || push.recipient.is_none() {
            return None;
        }
        Some(Self::new(after(*arrived, policy.schedule.last_patience()) + Duration::from_millis(1)))
    }

    /// Of a text that says nothing yet.
    const fn new(late: Instant) -> Self {
        Self {
            late,
            is_marked_late: false,
            sent: 0,
            messages: 0,
            paragraph_end: 0,
            ends_in_newline: false,
            length: 0,
            is_refused: false,
            is_elsewhere: false,
        }
    }

    /// Whether a delivery may still carry the reply, as far as is known without the store.
    pub(super) const fn timeliness(&self) -> Timeliness {
        if self.is_marked_late { Timeliness::Late } else { Timeliness::InTime }
    }

    /// `piece` was added to the text: paragraphs that are finished are sent, once no delivery waits for them.
    pub(super) async fn grown(&mut self, engine: &Engine, push: &Push, growing: &GrowingText, piece: &str) {
        self.note(piece);
        let is_enough = self.paragraph_end.saturating_sub(self.sent) >= PARAGRAPH;
        let is_over = self.is_refused || self.is_elsewhere;
        if !is_enough || is_over || self.messages >= WHILE_IT_GROWS || Instant::now() < self.late {
            return;
        }
        if !self.mark_late(engine, push).await {
            return;
        }
        let unsent = growing.from(self.sent);
        let length = self.paragraph_end.saturating_sub(self.sent);
        let Some(paragraphs) = unsent.get(..length) else { return };
        // What is longer than a message is sent as far as one goes.
        let Some(part) = part_at(paragraphs, 0, "", true) else {
            self.sent = self.paragraph_end;
            return;
        };
        let behind = part.next.unwrap_or(length);
        if self.send(engine, push, &part.text).await {
            self.sent = self.sent.saturating_add(behind);
        }
    }

    /// Remembers where paragraphs end: behind a blank line.
    fn note(&mut self, piece: &str) {
        if self.ends_in_newline && piece.starts_with('\n') {
            self.paragraph_end = self.length.saturating_add(1);
        }
        if let Some(at) = piece.rfind("\n\n") {
            self.paragraph_end = self.length.saturating_add(at).saturating_add(2);
        }
        self.length = self.length.saturating_add(piece.len());
        if let Some(last) = piece.chars().next_back() {
            self.ends_in_newline = last == '\n';
        }
    }

    /// From now on no delivery carries the reply. `false` where another process has completed the push.
    async fn mark_late(&mut self, engine: &Engine, push: &Push) -> bool {
        let Some(key) = push.key else { return false };
        if self.is_marked_late {
            return true;
        }
        match engine.shared.store.mark_late(key).await {
            Ok(None) => self.is_marked_late = true,
            Ok(Some(_)) => self.is_elsewhere = true,
            // It is asked again with the next paragraph.
            Err(error) => {
                tracing::warn!(error = as_dyn(&error), "the reply is not sent before it is finished");
            }
        }
        self.is_marked_late
    }

    /// Whether it was sent. Nothing more is where not.
    async fn send(&mut self, engine: &Engine, push: &Push, text: &str) -> bool {
        let reply = Reply::from(TextReply::new(text));
        match engine.attempt(push, &reply).await {
            Ok(()) => {
                self.messages = self.messages.saturating_add(1);
                true
            }
            Err((error, _)) => {
                self.is_refused = true;
                tracing::warn!(
                    error = as_dyn(&error),
                    "a part of the reply could not be sent; no other part is tried before its end"
                );
                false
            }
        }
    }

    /// Sends `text` from `from` on, which is finished. What cannot be sent is kept for the user, or lost.
    pub(super) async fn send_rest(&mut self, engine: &Engine, push: &Push, text: &str, from: usize) {
        let mut from = Some(from).filter(|from| *from < text.len() && !self.is_elsewhere);
        while let Some(at) = from {
            let Some(part) = part_at(text, at, "", true) else { return };
            if !self.send(engine, push, &part.text).await {
                return unsent(engine, push, text.get(at..).unwrap_or_default()).await;
            }
            from = part.next;
        }
        metrics::late(LateOutcome::Sent);
        tracing::debug!(messages = self.messages, "the reply was sent in messages of their own");
    }
}

async fn unsent(engine: &Engine, push: &Push, rest: &str) {
    let reply = std::sync::Arc::new(Reply::from(TextReply::new(rest)));
    if engine.keep_unsent(push, &reply).await {
        metrics::late(LateOutcome::Kept);
        tracing::warn!(length = rest.len(), "the rest of the reply is kept for the user to fetch it");
    } else {
        metrics::late(LateOutcome::Lost);
        tracing::error!(length = rest.len(), "the rest of the reply is lost: it could not be sent");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(pieces: &[&str]) -> usize {
        let mut messages = Messages::new(Instant::now());
        pieces.iter().for_each(|piece| messages.note(piece));
        messages.paragraph_end
    }

    #[tokio::test]
    async fn a_paragraph_ends_behind_a_blank_line_however_it_is_cut_into_pieces() {
        assert_eq!(noted(&["一\n\n二"]), 5);
        assert_eq!(noted(&["一\n", "\n二"]), 5);
        assert_eq!(noted(&["一\n", "", "\n", "二"]), 5);
        assert_eq!(noted(&["一\n二\n"]), 0);
        assert_eq!(noted(&["一\n\n二\n\n", "三"]), 10);
    }
}
