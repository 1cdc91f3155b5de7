//! An AI bot asks for the rest of an answer that was begun.

use std::sync::Arc;

use tokio::time::Instant;

use super::Engine;
use super::stream::CUT;
use crate::Reply;
use crate::delivery::{DeliveryKey, Progress, StreamText};
use crate::reply::{MAX_BOT_TEXT, StreamContent, ended_at, unescaped};

/// What stands behind a text whose process went away before its end, unless there is a reply for failures.
const INTERRUPTED: &str = "（回答中断了，请再问一次。）";

impl Engine {
    /// The first answer to a message whose reply is not finished. It is never empty, because WeCom learns from it how to ask
    /// for the rest.
    pub(super) async fn begun(&self, key: DeliveryKey) -> Arc<Reply> {
        match self.progress(key).await {
            Some(Progress::Completed(outcome)) => finished(outcome),
            Some(Progress::Running(so_far)) => growing(so_far.unwrap_or_default()),
            Some(Progress::Abandoned(left)) => growing(left),
            Some(Progress::Unknown) | None => growing(StreamText::default()),
        }
    }

    /// What there is of the reply to the push `key`. Nothing where that is not known for now: it is asked for again.
    pub(super) async fn refreshed(&self, key: Option<DeliveryKey>) -> Arc<Reply> {
        let nothing = || Reply::None.into_shared();
        // No id of ours.
        let Some(key) = key else { return self.interrupted(StreamText::default()) };
        let unknown = &self.shared.process.unknown;
        let Some(progress) = self.progress(key).await else { return nothing() };
        if progress != Progress::Unknown {
            unknown.forget(key);
        }
        match progress {
            Progress::Completed(outcome) => finished(outcome),
            Progress::Running(so_far) => match so_far.filter(|so_far| !so_far.text.is_empty()) {
                Some(so_far) => growing(so_far),
                None => nothing(),
            },
            Progress::Abandoned(left) => self.interrupted(left),
            // Whoever writes it may not know yet that the store forgot it.
            Progress::Unknown if unknown.is_new(key, Instant::now()) => nothing(),
            Progress::Unknown => self.interrupted(StreamText::default()),
        }
    }

    /// What stands behind a text that has no end.
    pub(super) fn interruption(&self) -> &str {
        self.shared.handlers.on_error.text().unwrap_or(INTERRUPTED)
    }

    /// The end of a reply whose process went away.
    fn interrupted(&self, left: StreamText) -> Arc<Reply> {
        let notice = unescaped(self.interruption());
        tracing::error!(
            length = left.text.len(),
            "a reply that streams has no end: the process that produced it went away, or the store forgot it"
        );
        let behind = if left.text.is_empty() { notice.into_owned() } else { format!("\n\n{notice}") };
        let room = MAX_BOT_TEXT.saturating_sub(behind.len());
        let content = shown(left.text, room) + &behind;
        Arc::new(StreamContent::finished(content).into())
    }
}

fn growing(so_far: StreamText) -> Arc<Reply> {
    let mut content = StreamContent::growing(shown(so_far.text, MAX_BOT_TEXT));
    content.feedback_id = so_far.feedback_id;
    Arc::new(content.into())
}

/// An answer that was begun has an end, even where nothing is said: nothing follows an outcome.
fn finished(outcome: Arc<Reply>) -> Arc<Reply> {
    match &*outcome {
        Reply::None => Arc::new(StreamContent::finished(CUT).into()),
        Reply::Stream(content) if !content.is_finished => {
            let mut content = content.clone();
            content.is_finished = true;
            Arc::new(Reply::Stream(content))
        }
        _ => outcome,
    }
}

fn shown(text: String, limit: usize) -> String {
    if text.len() > limit { ended_at(&text, limit, CUT).0 } else { text }
}
