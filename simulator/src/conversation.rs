//! The answer of an AI bot that grows: `WeCom` asks for it again and again, until it is finished.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, sleep_until};

use crate::deliver::millis;
use crate::texts::conversation as texts;
use crate::xml::Element;
use crate::{
    AccountKind, Exchange, Fan, LocalizedText, Message, Progress, Reply, SendError, Shown, StreamState,
    Target, Wechat,
};

/// How long `WeCom` asks for the rest of an answer, from the message on.
const WINDOW: Duration = Duration::from_secs(360);

/// The time between two refreshes.
const INTERVAL: Duration = Duration::from_secs(1);

/// How many messages of one user can be in progress.
const AT_MOST: usize = 3;

/// One message to an AI bot and its answer, from the first state to the last.
///
/// ```
/// use axum::{Router, routing::post};
/// use wechat_sim::{Account, AccountKind, Ended, FakeWechat, ServiceTarget};
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // A bot that answers nothing.
/// let app: Router = Router::new().route("/aibot", post(async || ""));
/// let wechat =
///     FakeWechat::new(Account::generate_as(AccountKind::AiBot), ServiceTarget::new(app, "/aibot"));
/// let conversation = wechat.fan("zhangsan").send_text("你好").await?;
/// assert_eq!(conversation.ended, Ended::NoReply);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Conversation {
    /// The message and its deliveries.
    pub exchange: Exchange,
    /// Each refresh, in order.
    pub refreshes: Vec<Exchange>,
    /// What the user saw, one after the other. What did not change is not repeated.
    pub states: Vec<MomentState>,
    /// The card, if there is one.
    pub card: Option<serde_json::Value>,
    /// How it ended.
    pub ended: Ended,
    /// How long the user waited for the end, in milliseconds.
    pub took_ms: u64,
}

/// What a user saw from one moment on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MomentState {
    /// When, in milliseconds after the message.
    pub at_ms: u64,
    /// What they saw.
    #[serde(flatten)]
    pub state: StreamState,
}

/// How the answer to a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ended {
    /// The bot finished it.
    Finished,
    /// `WeCom` stopped to ask, six minutes after the message. What was shown stays.
    SixMinutes,
    /// The bot answered nothing.
    NoReply,
    /// The bot did not answer the message, or not in a way that `WeCom` accepts.
    NotAnswered,
}

impl Ended {
    /// Its name, as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::SixMinutes => "six_minutes",
            Self::NoReply => "no_reply",
            Self::NotAnswered => "not_answered",
        }
    }
}

/// Why there is no conversation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConversationError {
    /// Three messages of this user are in progress. `WeCom` does not push a fourth.
    #[error("{}", texts::three_in_progress().en)]
    ThreeInProgress,
    /// The account is no AI bot.
    #[error("{}", texts::no_aibot().en)]
    NoAiBot,
    /// The bot was not reached.
    #[error(transparent)]
    Unreachable(#[from] SendError),
}

impl ConversationError {
    /// The error in both languages.
    #[must_use]
    pub fn text(&self) -> LocalizedText {
        match self {
            Self::ThreeInProgress => texts::three_in_progress(),
            Self::NoAiBot => texts::no_aibot(),
            Self::Unreachable(error) => error.text(),
        }
    }
}

/// The progress of a conversation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Step<'a> {
    /// A delivery of the message or of a refresh.
    Delivery {
        /// Whether it is one of a refresh.
        is_refresh: bool,
        /// The delivery.
        progress: Progress<'a>,
    },
    /// The user sees something else.
    State(&'a MomentState),
    /// The user sees a card.
    Card(&'a serde_json::Value),
}

impl Conversation {
    /// What the user saw, one after the other.
    #[must_use]
    pub fn states(&self) -> &[MomentState] {
        &self.states
    }

    /// The text in the end; of the answer to a greeting, its text.
    #[must_use]
    pub fn text(&self) -> &str {
        let last = self.states.last().map(|shown| shown.state.content.as_str());
        last.or_else(|| self.exchange.text()).unwrap_or_default()
    }

    /// Each text that the user saw.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        let mut texts: Vec<_> = self.states.iter().map(|shown| shown.state.content.as_str()).collect();
        texts.dedup();
        texts
    }

    /// Every answer that failed a check, of the message and of its refreshes.
    pub fn failures(&self) -> impl Iterator<Item = &crate::Check> {
        std::iter::once(&self.exchange).chain(&self.refreshes).flat_map(Exchange::failures)
    }

    /// Panics unless the answer was finished with this text and every answer passed every check.
    ///
    /// # Panics
    ///
    /// If it was not, with what was wrong.
    #[track_caller]
    pub fn expect_text(&self, text: &str) {
        let failures: Vec<_> = self.failures().map(|check| check.detail.en.clone()).collect();
        assert!(failures.is_empty(), "{}", failures.join("\n"));
        assert_eq!((self.text(), self.ended), (text, Ended::Finished));
    }
}

/// How many messages of each user are in progress.
#[derive(Clone, Debug, Default)]
pub(crate) struct InProgress(Arc<Mutex<HashMap<String, usize>>>);

/// One message in progress, until it is dropped.
struct Place {
    all: InProgress,
    user_id: String,
}

impl InProgress {
    fn enter(&self, user_id: &str) -> Option<Place> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(user_id.to_owned()).or_default();
        if *count >= AT_MOST {
            return None;
        }
        *count += 1;
        Some(Place { all: self.clone(), user_id: user_id.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.user_id) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.user_id);
            }
        }
    }
}

impl Wechat {
    /// Pushes `message`, sent by `user_id`, to an AI bot and asks for the rest of the answer once a second until it is
    /// finished, for at most six minutes. `watch` is called at each step.
    ///
    /// ```
    /// # use axum::{Router, routing::post};
    /// use wechat_sim::{Account, AccountKind, Message, ServiceTarget, Step, Wechat};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), wechat_sim::ConversationError> {
    /// # let app: Router = Router::new().route("/aibot", post(async || ""));
    /// # let target = ServiceTarget::new(app, "/aibot");
    /// let wechat = Wechat::new(Account::generate_as(AccountKind::AiBot));
    /// wechat
    ///     .converse(&Message::text("你好"), "zhangsan", &target, |step| {
    ///         if let Step::State(shown) = step {
    ///             println!("{}", shown.state.content);
    ///         }
    ///     })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConversationError`] if the message was not pushed, or did not reach the bot.
    pub async fn converse<T: Target>(
        &self,
        message: &Message,
        user_id: &str,
        target: &T,
        mut watch: impl FnMut(Step<'_>),
    ) -> Result<Conversation, ConversationError> {
        if self.account().kind() != AccountKind::AiBot {
            return Err(ConversationError::NoAiBot);
        }
        let push = self.push(message, user_id);
        let _place = match push.head.event {
            // An event is no message in progress.
            Some(_) => None,
            None => {
                let place = self.in_progress.enter(push.openid());
                Some(place.ok_or(ConversationError::ThreeInProgress)?)
            }
        };
        let start = Instant::now();
        let chat = push
            .message
            .children
            .iter()
            .filter(|child| ["chatid", "chattype"].contains(&child.name.as_str()));
        let chat: Vec<_> = chat.cloned().collect();
        let exchange = self
            .deliver(push, target, |progress| watch(Step::Delivery { is_refresh: false, progress }))
            .await;
        if let Some(error) = exchange.unreachable() {
            return Err(error.clone().into());
        }
        let conversation = Conversation {
            ended: first_end(&exchange),
            exchange,
            refreshes: Vec::new(),
            states: Vec::new(),
            card: None,
            took_ms: 0,
        };
        let mut growing = Growing { wechat: self, target, start, conversation, watch };
        growing.show(None);
        growing.refresh(&chat).await;
        growing.conversation.took_ms = millis(start.elapsed());
        Ok(growing.conversation)
    }
}

/// How it ends if no refresh follows.
fn first_end(exchange: &Exchange) -> Ended {
    match &exchange.shown {
        Shown::Reply { reply: Reply::Stream { stream, .. } } if !stream.is_finished => Ended::SixMinutes,
        Shown::Reply { .. } => Ended::Finished,
        Shown::Nothing => Ended::NoReply,
        Shown::FailureNotice => Ended::NotAnswered,
    }
}

/// An answer that grows.
struct Growing<'a, T, W> {
    wechat: &'a Wechat,
    target: &'a T,
    start: Instant,
    conversation: Conversation,
    watch: W,
}

impl<T: Target, W: FnMut(Step<'_>)> Growing<'_, T, W> {
    /// Takes over what the last answer shows.
    fn show(&mut self, refresh: Option<Exchange>) {
        let conversation = &mut self.conversation;
        let at_ms = millis(self.start.elapsed());
        let reply = refresh.as_ref().unwrap_or(&conversation.exchange).reply().cloned();
        conversation.refreshes.extend(refresh);
        let (stream, card) = match reply {
            Some(Reply::Stream { stream, card }) => (Some(stream), card),
            Some(Reply::BotCard { card } | Reply::UpdateBotCard { card, .. }) => (None, Some(card)),
            _ => return,
        };
        if let Some(state) = stream {
            if state.is_finished {
                conversation.ended = Ended::Finished;
            }
            if conversation.states.last().is_none_or(|last| last.state != state) {
                let shown = MomentState { at_ms, state };
                (self.watch)(Step::State(&shown));
                conversation.states.push(shown);
            }
        }
        if let Some(card) = card {
            (self.watch)(Step::Card(&card));
            conversation.card = Some(card);
        }
    }

    /// Asks for the rest until the answer is finished or the time is up.
    async fn refresh(&mut self, chat: &[Element]) {
        let Some(id) = self.conversation.states.first().map(|shown| shown.state.id.clone()) else { return };
        let user_id = self.conversation.exchange.openid.clone();
        let end = self.start + WINDOW;
        let mut next = Instant::now() + INTERVAL;
        while self.conversation.ended == Ended::SixMinutes {
            if next >= end {
                sleep_until(end).await;
                return;
            }
            sleep_until(next).await;
            next += INTERVAL;
            let mut push = self.wechat.push(&Message::refresh(&id, chat), &user_id);
            push.head.has_card = self.conversation.card.is_some();
            let watch = &mut self.watch;
            let delivered = self.wechat.deliver(push, self.target, |progress| {
                watch(Step::Delivery { is_refresh: true, progress });
            });
            let Ok(exchange) = tokio::time::timeout_at(end, delivered).await else { return };
            next = next.max(Instant::now());
            self.show(Some(exchange));
        }
    }
}

impl<T: Target> Fan<'_, T> {
    /// Sends a text (文本) to an AI bot and waits until the answer has grown to its end. In a group the bot is mentioned:
    /// [`converse`](Self::converse) with [`Message::in_group`].
    ///
    /// # Errors
    ///
    /// [`ConversationError`] if it was not pushed, or did not reach the bot.
    pub async fn send_text(&mut self, content: &str) -> Result<Conversation, ConversationError> {
        self.converse(&Message::text(content)).await
    }

    /// Sends any message or event to an AI bot and waits until the answer has grown to its end.
    ///
    /// # Errors
    ///
    /// [`ConversationError`] if it was not pushed, or did not reach the bot.
    pub async fn converse(&mut self, message: &Message) -> Result<Conversation, ConversationError> {
        let (wechat, target) = (self.wechat().wechat(), self.wechat().target());
        wechat.converse(message, self.openid(), target, |_| {}).await
    }
}
