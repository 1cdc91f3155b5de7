use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, sleep_until, timeout};

use crate::check::{CheckName, Checks};
use crate::push::Stamp;
use crate::reading::MessageHead;
use crate::texts::check as texts;
use crate::{
    AccountKind, Answer, Check, ConnectionError, DataFormat, Message, Mode, Push, Reading, Reply, Request,
    SendError, Signature, Target, Wechat,
};

/// What the user sees if there is no reply that WeChat accepts.
pub const FAILURE_NOTICE: &str = "该公众号提供的服务出现故障，请稍后再试";

/// How long WeChat waits and how often it retries.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// How long it waits for the complete answer before it hangs up: 5 seconds.
    pub timeout: Duration,
    /// The minimum time between the starts of two deliveries: 5 seconds.
    pub interval: Duration,
    /// The maximum number of deliveries: 3.
    pub deliveries: u32,
    /// The maximum number of deliveries once a status is not 200: 4. Such a delivery is retried at once, with the same
    /// request. (Observed; WeChat does not document it.)
    pub deliveries_after_bad_status: u32,
    /// Whether a retry is signed and encrypted again. By default it is the same request, byte for byte. It is not known
    /// what WeChat does.
    pub sign_anew: bool,
}

impl Default for Policy {
    fn default() -> Self {
        let seconds = Duration::from_secs(5);
        Self {
            timeout: seconds,
            interval: seconds,
            deliveries: 3,
            deliveries_after_bad_status: 4,
            sign_anew: false,
        }
    }
}

impl Policy {
    /// One delivery, no retries.
    #[must_use]
    pub fn once() -> Self {
        Self { deliveries: 1, deliveries_after_bad_status: 1, ..Self::default() }
    }
}

/// One message, its deliveries and the result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Exchange {
    /// The event's name, or the `MsgType`.
    pub kind: String,
    /// The openid of the sender, or the `UserID` of a member.
    pub openid: String,
    /// The kind of the account.
    pub account: AccountKind,
    /// The data format.
    pub format: DataFormat,
    /// The mode.
    pub mode: Mode,
    /// The message as XML or JSON, before encryption.
    pub xml: String,
    /// Each delivery, in order.
    pub deliveries: Vec<Delivery>,
    /// What the user sees in the end.
    pub shown: Shown,
}

/// One delivery of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Delivery {
    /// 1 for the first.
    pub number: u32,
    /// When it started, in milliseconds after the first one.
    pub started_ms: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// The request.
    pub request: Request,
    /// How each signature in the request was computed.
    pub signatures: Vec<Signature>,
    /// How it ended.
    pub ending: Ending,
    /// The checks of the answer, and the decrypted reply.
    pub reading: Reading,
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "ending", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ending {
    /// There was an answer.
    Answered {
        /// The answer.
        answer: Answer,
    },
    /// There was no complete answer in time: WeChat hung up.
    TimedOut,
    /// The connection was lost.
    Broken {
        /// Why.
        reason: ConnectionError,
    },
    /// There was no connection.
    Unreachable {
        /// Why.
        error: SendError,
    },
}

impl Ending {
    /// The answer, if there was one.
    #[must_use]
    pub const fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Answered { answer } => Some(answer),
            _ => None,
        }
    }

    /// When WeChat retries. An answer with status 200 is final, even if WeChat does not accept it.
    fn retry(&self) -> Retry {
        match self {
            Self::TimedOut | Self::Broken { .. } => Retry::Later,
            Self::Answered { answer } if answer.status != 200 => Retry::AtOnce,
            Self::Answered { .. } | Self::Unreachable { .. } => Retry::Never,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Retry {
    Never,
    AtOnce,
    Later,
}

/// What the user sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "shown", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Shown {
    /// The reply.
    Reply {
        /// The reply; never [`Reply::Acknowledgement`].
        reply: Reply,
    },
    /// Nothing.
    Nothing,
    /// WeChat's [`FAILURE_NOTICE`]. Where nobody would see one, as after a system event, it says that WeChat did not accept
    /// an answer all the same.
    FailureNotice,
}

/// The progress of an exchange.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// A delivery starts.
    Started {
        /// 1 for the first.
        number: u32,
        /// The request.
        request: &'a Request,
    },
    /// A delivery has ended.
    Ended(&'a Delivery),
}

impl Wechat {
    /// Pushes `message`, sent by `openid`, and retries as the [`Policy`] says.
    pub async fn send<T: Target>(&self, message: &Message, openid: &str, target: &T) -> Exchange {
        self.deliver(self.push(message, openid), target, |_| {}).await
    }

    /// Delivers `push` and retries as the [`Policy`] says. `watch` is called when a delivery starts and when it ends.
    pub async fn deliver<T: Target>(
        &self,
        mut push: Push,
        target: &T,
        mut watch: impl FnMut(Progress<'_>),
    ) -> Exchange {
        let first = Instant::now();
        let mut last = first;
        let mut deliveries: Vec<Delivery> = Vec::new();
        let (mut at_most, mut retry) = (self.policy().deliveries, Retry::Never);
        // WeCom asks an AI bot once about a card and a greeting.
        let is_asked_once = self.account().kind() == AccountKind::AiBot && push.head.event.is_some();
        if is_asked_once {
            at_most = 1;
        }
        for number in 1.. {
            if retry == Retry::Later {
                sleep_until(last + self.policy().interval).await;
                if self.policy().sign_anew {
                    let MessageHead { has_card, .. } = push.head;
                    push = self.push_xml(&push.xml, &Stamp::now());
                    push.head.has_card = has_card;
                }
            }
            let request = push.request(target.url());
            watch(Progress::Started { number, request: &request });
            last = Instant::now();
            let ending = self.send_once(request.clone(), target, self.policy().timeout).await;
            let delivery = Delivery {
                number,
                started_ms: millis(last - first),
                took_ms: millis(last.elapsed()),
                reading: self.read_ending(&push, &ending),
                request,
                signatures: push.signatures.clone(),
                ending,
            };
            watch(Progress::Ended(&delivery));
            retry = delivery.ending.retry();
            deliveries.push(delivery);
            if retry == Retry::AtOnce && self.account().kind() == AccountKind::AiBot {
                retry = Retry::Later;
            }
            if retry == Retry::AtOnce {
                at_most = self.policy().deliveries_after_bad_status;
            }
            if retry == Retry::Never || number >= at_most {
                break;
            }
        }
        Exchange {
            kind: push.kind().to_owned(),
            openid: push.openid().to_owned(),
            account: self.account().kind(),
            format: self.account().format(),
            mode: self.account().mode(),
            shown: shown(&push, deliveries.last()),
            xml: push.xml,
            deliveries,
        }
    }

    /// Sends one request. After `limit` it is dropped.
    pub(crate) async fn send_once<T: Target>(&self, request: Request, target: &T, limit: Duration) -> Ending {
        match timeout(limit, target.send(request)).await {
            Err(_) => Ending::TimedOut,
            Ok(Ok(answer)) => Ending::Answered { answer },
            Ok(Err(SendError::Broken(reason))) => Ending::Broken { reason },
            Ok(Err(error)) => Ending::Unreachable { error },
        }
    }

    fn read_ending(&self, push: &Push, ending: &Ending) -> Reading {
        let detail = match ending {
            Ending::Answered { answer } => return self.read(push, answer),
            Ending::TimedOut => texts::timed_out(self.policy().timeout),
            Ending::Broken { reason } => texts::connection_lost(&reason.text()),
            Ending::Unreachable { error } => error.text(),
        };
        let mut checks = Checks::default();
        checks.note(CheckName::Answered, false, detail);
        Reading { checks: checks.0, signature: None, xml: None, reply: None }
    }
}

fn shown(push: &Push, last: Option<&Delivery>) -> Shown {
    // No reply reaches a user who has unfollowed.
    if push.head.is_unfollow() {
        return Shown::Nothing;
    }
    match last.and_then(|delivery| delivery.reading.reply.clone()) {
        Some(Reply::Acknowledgement) => Shown::Nothing,
        Some(reply) => Shown::Reply { reply },
        None => Shown::FailureNotice,
    }
}

impl Exchange {
    /// The reply that the user sees, if they see one.
    #[must_use]
    pub const fn reply(&self) -> Option<&Reply> {
        match &self.shown {
            Shown::Reply { reply } => Some(reply),
            _ => None,
        }
    }

    /// The text of the reply, if it is a text or the stream of an AI bot.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self.reply()? {
            Reply::Text { content } => Some(content),
            Reply::Stream { stream, .. } => Some(&stream.content),
            _ => None,
        }
    }

    /// The text of the reply as the user sees it: WeChat's client shows `&lt;`, `&gt;`, `&amp;` and `&quot;` as the
    /// characters that they stand for. (Links keep their markup.)
    #[must_use]
    pub fn seen_text(&self) -> Option<Cow<'_, str>> {
        self.text().map(seen)
    }

    /// Whether the reply is this text, as the bot wrote it or as the user [sees](Self::seen_text) it.
    #[must_use]
    pub fn says(&self, text: &str) -> bool {
        self.text() == Some(text) || self.seen_text().as_deref() == Some(text)
    }

    /// Whether the reply is a text that contains this part, as the bot wrote it or as the user [sees](Self::seen_text) it.
    #[must_use]
    pub fn says_part(&self, part: &str) -> bool {
        self.text().is_some_and(|text| text.contains(part))
            || self.seen_text().is_some_and(|text| text.contains(part))
    }

    /// The checks that the last answer failed.
    pub fn failures(&self) -> impl Iterator<Item = &Check> {
        self.deliveries.last().into_iter().flat_map(|delivery| delivery.reading.failures())
    }

    /// Whether a user would see WeChat's [`FAILURE_NOTICE`] if there were no reply: they are told in the chat with an
    /// Official Account. Members of a company and system events have no such notice.
    #[must_use]
    pub fn has_failure_notice(&self) -> bool {
        let is_official = matches!(self.account, AccountKind::Official | AccountKind::Platform);
        is_official && !self.openid.is_empty()
    }

    /// How long the user waited: from the start of the first delivery to the end of the last.
    #[must_use]
    pub fn took(&self) -> Duration {
        let last = self.deliveries.last();
        Duration::from_millis(last.map_or(0, |delivery| delivery.started_ms + delivery.took_ms))
    }

    /// Why the bot was not reached, if it was not.
    #[must_use]
    pub fn unreachable(&self) -> Option<&SendError> {
        match &self.deliveries.last()?.ending {
            Ending::Unreachable { error } => Some(error),
            _ => None,
        }
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What the client shows of a text.
fn seen(text: &str) -> Cow<'_, str> {
    const ESCAPES: [(&str, char); 4] = [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"')];
    let Some((begin, escaped)) = text.find('&').map(|at| text.split_at(at)) else {
        return Cow::Borrowed(text);
    };
    let (mut shown, mut rest) = (begin.to_owned(), escaped);
    while let Some(char) = rest.chars().next() {
        let escape = ESCAPES.into_iter().find_map(|(escape, char)| Some((rest.strip_prefix(escape)?, char)));
        let (behind, char) = escape.unwrap_or_else(|| (&rest[char.len_utf8()..], char));
        shown.push(char);
        rest = behind;
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::seen;

    #[test]
    fn escapes_are_seen_as_the_characters_that_they_stand_for() {
        assert_eq!(seen("a &lt;b&gt; &amp;amp; &quot;好&quot; &nbsp; & &"), "a <b> &amp; \"好\" &nbsp; & &");
        assert_eq!(seen("1 < 2"), "1 < 2");
    }
}
