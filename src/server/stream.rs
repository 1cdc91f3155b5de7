//! Replies that stream: they are produced in the run of their handler, and told as far as they are.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use futures_core::Stream;
use tokio::task::coop::consume_budget;
use tokio::time::Instant;

use super::contain::{Ended, contain};
use super::decide::{Manner, Source};
use super::messages::Messages;
use super::outcome::{Completed, Completion, not_stored};
use super::{Engine, handlers};
use crate::delivery::{DeliveryKey, GrowingText, Progress, Retention, Timeliness};
use crate::log::as_dyn;
#[cfg(feature = "markdown")]
use crate::markdown::Blocks;
use crate::process::deadline::{after, before};
use crate::reply::{self, Beside, Limits, StreamContent, TextStream};
use crate::{HandlerError, Reply, StreamReply, TextReply};

/// What stands behind a text whose rest is not told.
pub(super) const CUT: &str = "……";

/// A reply that streams, while it is produced.
struct Production {
    growing: Arc<GrowingText>,
    messages: Option<Messages>,
    readable: Readable,
}

impl Completion {
    /// Produces `reply` to its end, and stores it. What the delivery that ran the handler may carry of it.
    pub(super) fn say(
        self,
        mut reply: StreamReply,
        limits: Limits,
    ) -> Pin<Box<dyn Future<Output = Arc<Reply>> + Send>> {
        Box::pin(async move {
            let mut beside = reply.take_beside();
            if self.push.manner == Manner::Streamed {
                beside.feedback_id = beside.feedback_id.filter(|id| is_feedback_id(id, limits));
            }
            let growing = Arc::new(GrowingText::new(beside.feedback_id.clone()));
            if let Some(lease) = &self.lease {
                lease.share_text(growing.clone());
            }
            let messages = Messages::of(&self);
            let readable = Readable::of(&beside, self.push.manner);
            let mut production = Production { growing, messages, readable };
            let deadline = after(Instant::now(), self.engine.shared.handlers.timeout);
            let failure = production.run(reply, &self, deadline).await;
            let has_failed = failure.is_some();
            if let Some(error) = failure {
                handlers::log(error);
            }
            self.said(production, beside, has_failed, limits).await
        })
    }

    async fn said(
        self,
        production: Production,
        beside: Beside,
        has_failed: bool,
        limits: Limits,
    ) -> Arc<Reply> {
        let Production { growing, messages, .. } = production;
        let text = growing.from(0);
        let is_seen = self.push.manner == Manner::Streamed && !has_failed && beside.is_seen();
        if reply::is_blank(&text) && !is_seen {
            let (source, reply) = match has_failed {
                true => (Source::Failure, self.engine.shared.handlers.failure(limits)),
                false => (Source::Handler, Reply::None.into_shared()),
            };
            return self.completed(reply, source).await;
        }
        match (self.push.manner, messages) {
            (Manner::Streamed, _) => self.said_in_a_bubble(text, beside, limits).await,
            (_, Some(messages)) => self.said_in_messages(text, messages).await,
            (Manner::Retried, None) if self.is_fetched() => {
                self.completed(Arc::new(TextReply::new(text).into()), Source::Handler).await
            }
            (Manner::Retried | Manner::Once, None) => {
                let text = self.limited(text, self.push.limit);
                self.completed(Arc::new(TextReply::new(text).into()), Source::Handler).await
            }
        }
    }

    /// Whether the user can fetch what no delivery can carry.
    fn is_fetched(&self) -> bool {
        self.push.user.is_some() && self.engine.shared.policy.late.word().is_some()
    }

    /// As much of `text` as one answer can carry.
    fn limited(&self, text: String, limit: usize) -> String {
        if text.len() <= limit {
            return text;
        }
        let (told, lost) = reply::ended_at(&text, limit, CUT);
        tracing::error!(
            length = text.len(),
            lost,
            "the end of the reply is lost: it is too long for one answer (see LateReply)"
        );
        told
    }

    async fn completed(self, reply: Arc<Reply>, source: Source) -> Arc<Reply> {
        match self.complete(reply, source, Instant::now()) {
            Completed::Now(reply) => reply,
            Completed::Later(reply) => reply.await,
        }
    }

    /// The bubble of an AI bot is asked for until it is finished, for six minutes. What cannot stand beside the text does not
    /// take the text with it.
    async fn said_in_a_bubble(self, text: String, beside: Beside, limits: Limits) -> Arc<Reply> {
        let text = self.limited(text, self.push.limit);
        let Beside { feedback_id, card, images, .. } = beside;
        let mut content = StreamContent::finished(text.clone());
        (content.feedback_id, content.card, content.images) = (feedback_id, card, images);
        let mut reply = Reply::from(content);
        if let Err(error) = limits.check(&reply) {
            tracing::error!(%error, "what stands beside the reply is left out");
            reply = StreamContent::finished(text).into();
        }
        self.completed(Arc::new(reply), Source::Handler).await
    }

    /// What is too long or too late is sent.
    async fn said_in_messages(self, text: String, mut messages: Messages) -> Arc<Reply> {
        let Self { engine, push, lease, token, .. } = self;
        let _counted = token;
        // A delivery may carry the first part, if nothing was sent.
        let first = reply::part_at(&text, 0, "", true);
        let (first, rest) = match first {
            Some(part) => (part.text, part.next),
            None => (text.clone(), None),
        };
        let reply = Arc::new(Reply::from(TextReply::new(first)));
        let timeliness = match lease {
            None => Timeliness::InTime,
            Some(lease) => match lease.complete(reply.clone(), Retention::UnlessLate).await {
                Ok(timeliness) => timeliness,
                Err(error) => {
                    not_stored(&error);
                    messages.timeliness()
                }
            },
        };
        let unsent = match timeliness {
            Timeliness::InTime => rest,
            Timeliness::Late => Some(messages.sent),
        };
        if let Some(from) = unsent {
            messages.send_rest(&engine, &push, &text, from).await;
        }
        Retention::UnlessLate.kept(reply, timeliness)
    }
}

/// Every answer has it, so one that WeCom does not take would leave the user without any.
fn is_feedback_id(id: &str, limits: Limits) -> bool {
    let checked = limits.check(&StreamContent::growing("").feedback_id(id).into());
    checked.inspect_err(|error| tracing::error!(%error, "the reply cannot be rated")).is_ok()
}

impl Production {
    /// What it failed with.
    async fn run(
        &mut self,
        reply: StreamReply,
        completion: &Completion,
        deadline: Instant,
    ) -> Option<HandlerError> {
        let mut stream = Contained { stream: Some(reply.into_stream()) };
        loop {
            let (piece, end) = match before(deadline, stream.next()).await {
                Some(Ok(Some(piece))) => (self.readable.piece(piece), None),
                Some(Ok(None)) => (self.readable.last(), Some(None)),
                Some(Err(error)) => (self.readable.last(), Some(Some(error))),
                None => {
                    let timeout = completion.engine.shared.handlers.timeout;
                    let error = HandlerError::of_the_run(Ended::TimedOut(timeout));
                    (self.readable.last(), Some(Some(error)))
                }
            };
            if !self.push(&piece) {
                tracing::warn!(
                    length = self.growing.len(),
                    "the reply was ended: a text that streams is that long at most"
                );
                return None;
            }
            if let Some(error) = end {
                return error;
            }
            if let Some(messages) = &mut self.messages {
                messages.grown(&completion.engine, &completion.push, &self.growing, &piece).await;
            }
            // A stream that is always ready lets others run, too.
            consume_budget().await;
        }
    }

    /// `false` where there is no room for all of it.
    fn push(&self, piece: &str) -> bool {
        let room = StreamReply::MAX_BYTES.saturating_sub(self.growing.len());
        if piece.len() <= room {
            self.growing.push(piece);
            return true;
        }
        self.growing.push(reply::whole_clusters(piece, room));
        false
    }
}

/// Makes what is said readable for the channel.
#[cfg(feature = "markdown")]
struct Readable(Option<Blocks>);

#[cfg(feature = "markdown")]
impl Readable {
    /// AI bots show markdown.
    fn of(beside: &Beside, manner: Manner) -> Self {
        Self((beside.is_markdown && manner != Manner::Streamed).then(Blocks::new))
    }

    fn piece(&mut self, piece: String) -> String {
        match &mut self.0 {
            Some(blocks) => blocks.push(&piece),
            None => piece,
        }
    }

    /// What is left at the end.
    fn last(&mut self) -> String {
        self.0.take().map(Blocks::finish).unwrap_or_default()
    }
}

#[cfg(not(feature = "markdown"))]
struct Readable;

#[cfg(not(feature = "markdown"))]
impl Readable {
    const fn of(_: &Beside, _: Manner) -> Self {
        Self
    }

    fn piece(&mut self, piece: String) -> String {
        piece
    }

    fn last(&mut self) -> String {
        String::new()
    }
}

/// A stream whose panics are errors, when it is polled and when it is dropped.
struct Contained {
    stream: Option<TextStream>,
}

impl Contained {
    async fn next(&mut self) -> Result<Option<String>, HandlerError> {
        let Some(stream) = &mut self.stream else { return Ok(None) };
        poll_fn(|cx| match contain(|| Pin::new(&mut *stream).poll_next(cx)) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(piece)) => Poll::Ready(piece.transpose()),
            Err(panic) => Poll::Ready(Err(HandlerError::of_the_run(Ended::Panicked(panic)))),
        })
        .await
    }
}

impl Drop for Contained {
    fn drop(&mut self) {
        let stream = self.stream.take();
        if let Err(panic) = contain(move || drop(stream)) {
            tracing::error!(panic, "a reply that streams panicked when it was dropped");
        }
    }
}

impl Engine {
    /// What the reply to the push `key` says by now, if it streams and has said anything.
    pub(super) async fn text_so_far(&self, key: DeliveryKey) -> Option<String> {
        match self.progress(key).await? {
            Progress::Running(so_far) => so_far.map(|so_far| so_far.text).filter(|text| !text.is_empty()),
            Progress::Unknown | Progress::Abandoned(_) | Progress::Completed(_) => None,
        }
    }

    /// What is known of the reply to the push `key`. `None` where the store cannot be asked, which is logged.
    pub(super) async fn progress(&self, key: DeliveryKey) -> Option<Progress> {
        let progress = self.shared.store.progress(key).await.inspect_err(|error| {
            tracing::warn!(error = as_dyn(error), "what a reply says so far cannot be asked for now");
        });
        progress.ok()
    }

    /// What a reply says so far, in one answer. `None` where it has said nothing yet.
    pub(super) async fn cut_so_far(&self, key: DeliveryKey) -> Option<Arc<Reply>> {
        let text = self.text_so_far(key).await?;
        let part = reply::part_at(&text, 0, CUT, false)?;
        tracing::warn!(
            told = part.next.unwrap_or_default(),
            "the reply is not finished, and no delivery is left for the rest (see LateReply)"
        );
        Some(Arc::new(TextReply::new(part.text).into()))
    }
}
