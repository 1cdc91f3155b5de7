use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::Retention;
use crate::Reply;

/// What becomes of an answer that takes longer than WeChat waits.
///
/// WeChat waits five seconds, then pushes the same message again, twice. The handler runs once, and the first delivery
/// that finds its answer carries it; so a handler has about 14.5 seconds. What then?
///
/// | policy | what the user sees after 14.5 s |
/// |---|---|
/// | [`ride`](Self::ride) | nothing; the answer is logged as lost |
/// | [`or_claim`](Self::or_claim) | a notice; they write a word, and get the answer |
/// | [`or_push`](Self::or_push) | the answer, as a message of its own, where the account may send them (from 4.5 s on) |
///
/// A handler that fails late has no answer. The reply of `on_error`, if it is set, is one: it is claimed or pushed
/// like any other.
///
/// ```
/// use wechat_callback::TextReply;
/// use wechat_callback::delivery::LateReply;
///
/// let policy = LateReply::ride().or_claim("继续", TextReply::new("还在想，过一会儿发“继续”来看。"));
/// ```
#[derive(Clone)]
#[must_use = "a policy does nothing until it is handed to the middleware"]
pub struct LateReply {
    pub(super) then: Then,
    pub(super) timeout: Duration,
    pub(super) deliveries: u32,
    pub(super) answer_within: Duration,
}

#[derive(Clone)]
pub(super) enum Then {
    Lose,
    Claim(Arc<ClaimWord>),
    Push(Arc<dyn ReplySender>),
}

pub(super) struct ClaimWord {
    pub(super) word: String,
    pub(super) notice: Arc<Reply>,
    /// Behind a part that is not the last.
    pub(super) more: String,
}

/// Sends a reply that was too late for its push, as a message of its own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot send late replies",
    note = "implement `ReplySender` for it, with `#[wechat_callback::async_trait]` above the `impl`"
)]
#[async_trait]
pub trait ReplySender: Send + Sync + 'static {
    /// Sends `reply` to the user `openid`.
    ///
    /// # Errors
    ///
    /// Whatever went wrong. It is logged, with its causes, and the reply is lost.
    async fn send(&self, openid: &str, reply: &Reply)
    -> Result<(), Box<dyn std::error::Error + Send + Sync>>;
}

impl LateReply {
    /// DeliveryStore wait for the answer as long as WeChat does. The last is answered `success` shortly before
    /// WeChat would show its failure notice; an answer that comes later is logged as lost.
    ///
    /// ```
    /// # use wechat_callback::delivery::LateReply;
    /// let policy = LateReply::ride();
    /// ```
    pub const fn ride() -> Self {
        Self {
            then: Then::Lose,
            timeout: Duration::from_secs(5),
            deliveries: 3,
            answer_within: Duration::from_millis(4500),
        }
    }

    /// In place of nothing the last delivery is answered with `notice`. The answer is kept for ten minutes, and
    /// the user gets it when they write `word`. Too early, they get the notice again; when nothing is kept for them
    /// the word is a message like any other.
    ///
    /// A text that is too long for one message is told in parts, in time or late: each but the last ends with
    /// `……【word】`, and the next follows when the user writes the word. It takes the place of
    /// [`or_push`](Self::or_push), and blanks around the word do not count.
    ///
    /// ```
    /// # use wechat_callback::{TextReply, delivery::LateReply};
    /// let policy = LateReply::ride().or_claim("继续", TextReply::new("还在想，过一会儿发“继续”来看。"));
    /// ```
    pub fn or_claim(mut self, word: impl Into<String>, notice: impl Into<Reply>) -> Self {
        let word = word.into().trim().to_owned();
        // Nobody writes a word of hundreds of bytes, and a part of a text must have room beside it.
        let more = if word.len() > 512 { String::new() } else { format!("\n……【{word}】") };
        self.then = Then::Claim(Arc::new(ClaimWord { word, notice: Arc::new(notice.into()), more }));
        self
    }

    /// A late answer is handed to `sender`, which sends it as a message of its own. Every delivery is then answered
    /// `success` after 4.5 seconds, for there is nothing to wait for. It takes the place of
    /// [`or_claim`](Self::or_claim).
    ///
    /// ```
    /// # use wechat_callback::{Reply, delivery::{LateReply, ReplySender}};
    /// # use std::error::Error;
    /// struct CustomerService;
    ///
    /// #[wechat_callback::async_trait]
    /// impl ReplySender for CustomerService {
    ///     async fn send(&self, openid: &str, reply: &Reply) -> Result<(), Box<dyn Error + Send + Sync>> {
    ///         // POST https://api.weixin.qq.com/cgi-bin/message/custom/send
    /// #       let _ = (openid, reply);
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let policy = LateReply::ride().or_push(CustomerService);
    /// ```
    pub fn or_push(mut self, sender: impl ReplySender) -> Self {
        self.then = Then::Push(Arc::new(sender));
        self
    }

    /// How long WeChat waits for the answer to one delivery, and so how far apart the deliveries come; five seconds
    /// unless set. What comes half of it before the last is due is the last.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wechat_callback::delivery::LateReply;
    /// let policy = LateReply::ride().timeout(Duration::from_secs(5));
    /// ```
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How often WeChat delivers one push in all; three times unless set.
    ///
    /// ```
    /// # use wechat_callback::delivery::LateReply;
    /// let policy = LateReply::ride().deliveries(3);
    /// ```
    pub const fn deliveries(mut self, deliveries: u32) -> Self {
        self.deliveries = deliveries;
        self
    }

    /// When a delivery that cannot wait any longer is answered, counted from its arrival; after 4.5 seconds unless
    /// set. It leaves the answer half a second on the way.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wechat_callback::delivery::LateReply;
    /// let policy = LateReply::ride().answer_within(Duration::from_secs(4));
    /// ```
    pub const fn answer_within(mut self, time: Duration) -> Self {
        self.answer_within = time;
        self
    }

    pub(super) fn claim_word(&self) -> Option<&ClaimWord> {
        match &self.then {
            Then::Claim(word) => Some(word),
            _ => None,
        }
    }

    /// How an outcome is to be kept.
    pub(super) fn keep(&self, reply: &Arc<Reply>) -> Retention {
        match &self.then {
            Then::Lose => Retention::ForRetries,
            Then::Claim(word) => {
                let is_long = word.part(reply, 0).is_some_and(|(_, more)| more);
                if is_long { Retention::ForUser } else { Retention::ForRetries }
            }
            Then::Push(_) => Retention::UnlessLate,
        }
    }

    /// Whether a delivery that comes `age` after the first is the last that could carry the answer. (By time and not
    /// by number: a delivery may be lost on its way, a proxy may make two of one, and WeChat repeats at once what is
    /// answered with another status than 200.)
    pub(super) fn is_last(&self, age: Duration) -> bool {
        let before = self.deliveries.saturating_sub(1);
        let earliest = self.timeout.saturating_mul(before).saturating_sub(self.timeout / 2);
        age >= earliest || matches!(self.then, Then::Push(_))
    }

    /// How long a delivery that comes `age` after the first waits for the answer.
    pub(super) fn patience(&self, age: Duration) -> Duration {
        if self.is_last(age) {
            self.answer_within
        } else {
            // WeChat hangs up long before. What does not pass that on must not hold the connection for ever.
            self.timeout.saturating_mul(self.deliveries)
        }
    }
}

impl Default for LateReply {
    fn default() -> Self {
        Self::ride()
    }
}

impl fmt::Debug for LateReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { then, timeout, deliveries, answer_within } = self;
        let then = match then {
            Then::Lose => "lose",
            Then::Claim(_) => "claim",
            Then::Push(_) => "push",
        };
        f.debug_struct("LateReply")
            .field("then", &then)
            .field("timeout", timeout)
            .field("deliveries", deliveries)
            .field("answer_within", answer_within)
            .finish()
    }
}

impl ClaimWord {
    /// The `part`th part of `reply`, and whether there is more.
    pub(super) fn part(&self, reply: &Arc<Reply>, part: u32) -> Option<(Arc<Reply>, bool)> {
        match &**reply {
            Reply::Text(text) => match text.part(part, &self.more)? {
                (whole, false) if whole == *text => Some((reply.clone(), false)),
                (part, more) => Some((Arc::new(part.into()), more)),
            },
            Reply::None => None,
            _ => (part == 0).then(|| (reply.clone(), false)),
        }
    }

    /// An empty word is nobody's.
    pub(super) fn is(&self, text: Option<&str>) -> bool {
        !self.word.is_empty() && text.is_some_and(|text| text.trim() == self.word)
    }
}
