//! What becomes of a reply that no delivery can carry.
//!
//! WeChat waits five seconds, then pushes the same message again, twice ([`RetrySchedule`]). The handler runs once, and
//! the first delivery that finds its reply carries it, so a handler has about 14.5 seconds. [`LateReply`] says what
//! happens to a reply that is later than that.

mod schedule;
mod sender;
mod word;

use std::fmt;
use std::sync::Arc;

pub use schedule::RetrySchedule;
pub use sender::{Recipient, ReplySender, SendError};
pub use word::FetchWord;
pub(crate) use word::Part;

use crate::Reply;

/// What becomes of a reply that no delivery can carry: one that is later than 14.5 seconds, or than 4.5 where late replies
/// are sent.
///
/// | policy | what the user sees after 14.5 s |
/// |---|---|
/// | [`Drop`](Self::Drop), the default | nothing; the loss is logged |
/// | [`Claim`](Self::Fetch) | a notice; they write a word, and get the reply |
/// | [`Push`](Self::Push) | the reply, as a message of its own, where the account may send them (from 4.5 s on) |
/// | [`PushOrFetch`](Self::PushOrFetch) | the same; a reply that WeChat refuses to send is kept until they write the word |
/// | [`RunAgain`](Self::RunAgain) | WeChat's failure notice, as for every reply after 5 s: the handler runs again for each delivery |
///
/// A handler that fails late has no reply. The reply of `on_error`, if it is set, is one: it is claimed or pushed like
/// any other.
///
/// `#[non_exhaustive]`: there may be more ways to reach a user.
///
/// ```
/// use wechat_callback::TextReply;
/// use wechat_callback::late_reply::LateReply;
///
/// let policy = LateReply::fetch("继续", TextReply::new("还在想，过一会儿发“继续”来看。"));
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
#[must_use = "a policy does nothing until it is handed to the middleware"]
pub enum LateReply {
    /// Deliveries wait for the reply as long as WeChat does. The last one is answered `success` shortly before WeChat
    /// would show its failure notice. A reply that comes later is dropped, and the loss is logged.
    #[default]
    Drop,
    /// As `Drop`, but the last delivery is answered with a notice, and the reply is kept, for ten minutes from when it is ready,
    /// for the user to fetch it with a word. Made with [`LateReply::fetch`].
    Fetch(FetchWord),
    /// The reply is sent as a message of its own. Every delivery is answered `success` after 4.5 seconds, because there
    /// is nothing to wait for. Made with [`LateReply::push`].
    Push(Arc<dyn ReplySender>),
    /// As `Push`; but a reply that could not be sent ([`SendError`]) is kept for ten minutes for the user to fetch it with
    /// the word. Nothing tells them so, because no delivery is left: tell users the word in a menu or a greeting. (The notice
    /// of the word is the answer where a kept reply cannot be read just then.) Made with [`LateReply::push_or_fetch`].
    PushOrFetch(Arc<dyn ReplySender>, FetchWord),
    /// Deliveries are not joined: the handler runs for each of them, is not waited for beyond its connection, and is
    /// cancelled when the server reports that WeChat hung up. A handler must be quick, or bear to run three times.
    RunAgain,
}

impl LateReply {
    /// The last delivery is answered with `notice`, and the user gets the reply when they write `word`; if that is too
    /// early, they get the notice again after 4.5 seconds. When nothing is kept for them, the word is a message like any other.
    ///
    /// A text that is too long for one message is sent in parts, in time or late: each but the last ends with
    /// `……【word】`, and the next follows when the user writes the word. Blanks around the word do not count.
    ///
    /// ```
    /// # use wechat_callback::{TextReply, late_reply::LateReply};
    /// let policy = LateReply::fetch("继续", TextReply::new("还在想，过一会儿发“继续”来看。"));
    /// ```
    pub fn fetch(word: impl Into<String>, notice: impl Into<Reply>) -> Self {
        Self::Fetch(FetchWord::new(word, notice))
    }

    /// A late reply is sent by `sender`.
    ///
    /// ```
    /// # use wechat_callback::Reply;
    /// # use wechat_callback::late_reply::{LateReply, Recipient, ReplySender, SendError};
    /// struct CustomerService;
    ///
    /// #[wechat_callback::async_trait]
    /// impl ReplySender for CustomerService {
    ///     async fn send(&self, to: &Recipient, reply: &Reply) -> Result<(), SendError> {
    ///         // POST https://api.weixin.qq.com/cgi-bin/message/custom/send
    /// #       let _ = (to, reply);
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let policy = LateReply::push(CustomerService);
    /// ```
    pub fn push(sender: impl ReplySender) -> Self {
        Self::Push(Arc::new(sender))
    }

    /// A late reply is sent by `sender`; what cannot be sent is kept for the user who writes the word.
    ///
    /// ```
    /// # use wechat_callback::{Reply, TextReply};
    /// # use wechat_callback::late_reply::{FetchWord, LateReply, Recipient, ReplySender, SendError};
    /// # struct CustomerService;
    /// # #[wechat_callback::async_trait]
    /// # impl ReplySender for CustomerService {
    /// #     async fn send(&self, _: &Recipient, _: &Reply) -> Result<(), SendError> { Ok(()) }
    /// # }
    /// let word = FetchWord::new("继续", TextReply::new("还在想，过一会儿发“继续”来看。"));
    /// let policy = LateReply::push_or_fetch(CustomerService, word);
    /// ```
    pub fn push_or_fetch(sender: impl ReplySender, word: FetchWord) -> Self {
        Self::PushOrFetch(Arc::new(sender), word)
    }

    pub(crate) const fn word(&self) -> Option<&FetchWord> {
        match self {
            Self::Fetch(word) | Self::PushOrFetch(_, word) => Some(word),
            Self::Drop | Self::Push(_) | Self::RunAgain => None,
        }
    }

    pub(crate) const fn sender(&self) -> Option<&Arc<dyn ReplySender>> {
        match self {
            Self::Push(sender) | Self::PushOrFetch(sender, _) => Some(sender),
            Self::Drop | Self::Fetch(_) | Self::RunAgain => None,
        }
    }
}

/// The kind of policy, without its word.
impl fmt::Debug for LateReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Drop => "Drop",
            Self::Fetch(_) => "Fetch",
            Self::Push(_) => "Push",
            Self::PushOrFetch(..) => "PushOrFetch",
            Self::RunAgain => "RunAgain",
        })
    }
}
