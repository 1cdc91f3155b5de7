use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, sleep_until, timeout};

use crate::check::{CheckName, Checks};
use crate::push::Stamp;
use crate::{
    Answer, Check, Message, Mode, Push, Reading, Reply, Request, SendError, Sentence, Signature, Target,
    Wechat,
};

/// What the user sees in place of a reply that did not come or was none.
pub const FAILURE_NOTICE: &str = "该公众号提供的服务出现故障，请稍后再试";

/// How WeChat waits and repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// How long it waits for the whole answer before it hangs up: 5 seconds.
    pub timeout: Duration,
    /// How long after one delivery begins the next one does, at the earliest: 5 seconds.
    pub interval: Duration,
    /// How many deliveries there are at most: 3.
    pub deliveries: u32,
    /// How many there are at most once one was answered with another status than 200, which is repeated at once and with
    /// the very same request: 4. (Observed; WeChat does not document it.)
    pub deliveries_after_bad_status: u32,
    /// Whether a repeat is signed and encrypted anew. Whether WeChat does so is not known; unless this is set a repeat
    /// is the same to the byte.
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
    /// One delivery, no repeats.
    #[must_use]
    pub fn once() -> Self {
        Self { deliveries: 1, deliveries_after_bad_status: 1, ..Self::default() }
    }
}

/// One message and all that became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Exchange {
    /// The event's name, or the `MsgType`.
    pub kind: String,
    /// Who sent it.
    pub openid: String,
    /// The mode.
    pub mode: Mode,
    /// The message's XML, before it was encrypted.
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
    /// When it began, in milliseconds since the first one did.
    pub started_ms: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What was sent.
    pub request: Request,
    /// How each signature in the request was computed.
    pub signatures: Vec<Signature>,
    /// How it ended.
    pub ending: Ending,
    /// What was made of the answer: what was checked, the reply decrypted and read.
    pub reading: Reading,
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "ending", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ending {
    /// With an answer.
    Answered {
        /// The answer.
        answer: Answer,
    },
    /// WeChat hung up.
    TimedOut,
    /// The connection broke off.
    Broken {
        /// Why.
        reason: String,
    },
    /// Nobody was reached.
    Unreachable {
        /// Why.
        #[serde(serialize_with = "as_string")]
        error: SendError,
    },
}

fn as_string<S: serde::Serializer>(error: &SendError, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(error)
}

impl Ending {
    /// The answer, where one came.
    #[must_use]
    pub const fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Answered { answer } => Some(answer),
            _ => None,
        }
    }

    /// When WeChat tries again. An answer with a status of 200 is final, even one that it does not take.
    fn repeat(&self) -> Repeat {
        match self {
            Self::TimedOut | Self::Broken { .. } => Repeat::Later,
            Self::Answered { answer } if answer.status != 200 => Repeat::AtOnce,
            Self::Answered { .. } | Self::Unreachable { .. } => Repeat::Never,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeat {
    Never,
    AtOnce,
    Later,
}

/// What the user sees of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "shown", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Shown {
    /// The reply.
    Reply {
        /// Which one; never [`Reply::Acknowledgement`].
        reply: Reply,
    },
    /// Nothing.
    Nothing,
    /// WeChat's own words: [`FAILURE_NOTICE`].
    FailureNotice,
}

/// How a delivery goes on, for whoever looks on while it does.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// A delivery begins.
    Started {
        /// 1 for the first.
        number: u32,
        /// What is sent.
        request: &'a Request,
    },
    /// A delivery has ended.
    Ended(&'a Delivery),
}

impl Wechat {
    /// Pushes `message`, sent by `openid`, and repeats as the [`Policy`] says.
    pub async fn send<T: Target>(&self, message: &Message, openid: &str, target: &T) -> Exchange {
        self.deliver(self.push(message, openid), target, |_| {}).await
    }

    /// Delivers `push`, and repeats as the [`Policy`] says. `watch` is told of each delivery as it begins and ends.
    pub async fn deliver<T: Target>(
        &self,
        mut push: Push,
        target: &T,
        mut watch: impl FnMut(Progress<'_>),
    ) -> Exchange {
        let first = Instant::now();
        let mut last = first;
        let mut deliveries: Vec<Delivery> = Vec::new();
        let (mut at_most, mut repeat) = (self.policy().deliveries, Repeat::Never);
        for number in 1.. {
            if repeat == Repeat::Later {
                sleep_until(last + self.policy().interval).await;
                if self.policy().sign_anew {
                    push = self.push_xml(&push.xml, &Stamp::now());
                }
            }
            let request = push.request(target.url());
            watch(Progress::Started { number, request: &request });
            last = Instant::now();
            let ending = self.attempt(request.clone(), target, self.policy().timeout).await;
            let delivery = Delivery {
                number,
                started_ms: millis(last - first),
                took_ms: millis(last.elapsed()),
                reading: self.make_of(&push, &ending),
                request,
                signatures: push.signatures.clone(),
                ending,
            };
            watch(Progress::Ended(&delivery));
            repeat = delivery.ending.repeat();
            deliveries.push(delivery);
            if repeat == Repeat::AtOnce {
                at_most = self.policy().deliveries_after_bad_status;
            }
            if repeat == Repeat::Never || number >= at_most {
                break;
            }
        }
        let shown = match deliveries.last().and_then(|delivery| delivery.reading.reply.clone()) {
            // Nothing reaches someone who has left.
            _ if push.pushed.is_unfollow() => Shown::Nothing,
            Some(Reply::Acknowledgement) => Shown::Nothing,
            Some(reply) => Shown::Reply { reply },
            None => Shown::FailureNotice,
        };
        Exchange {
            kind: push.kind().to_owned(),
            openid: push.openid().to_owned(),
            mode: self.account().mode(),
            xml: push.xml,
            deliveries,
            shown,
        }
    }

    /// One request. What has not ended in time is dropped.
    pub(crate) async fn attempt<T: Target>(&self, request: Request, target: &T, time: Duration) -> Ending {
        match timeout(time, target.send(request)).await {
            Err(_) => Ending::TimedOut,
            Ok(Ok(answer)) => Ending::Answered { answer },
            Ok(Err(SendError::Broken(reason))) => Ending::Broken { reason },
            Ok(Err(error)) => Ending::Unreachable { error },
        }
    }

    fn make_of(&self, push: &Push, ending: &Ending) -> Reading {
        let detail = match ending {
            Ending::Answered { answer } => return self.read(push, answer),
            Ending::TimedOut => {
                let timeout = self.policy().timeout;
                Sentence::new(
                    format!("{timeout:?} 内没有收到完整的回答，微信断开了连接"),
                    format!("no complete answer within {timeout:?}: WeChat hung up"),
                )
            }
            Ending::Broken { reason } => {
                Sentence::new(format!("连接中断：{reason}"), format!("the connection broke off: {reason}"))
            }
            Ending::Unreachable { error } => Sentence::new(format!("无法连接：{error}"), error.to_string()),
        };
        let mut checks = Checks::default();
        checks.note(CheckName::Answered, false, detail);
        Reading { checks: checks.0, signature: None, xml: None, reply: None }
    }
}

impl Exchange {
    /// The reply that the user sees.
    #[must_use]
    pub const fn reply(&self) -> Option<&Reply> {
        match &self.shown {
            Shown::Reply { reply } => Some(reply),
            _ => None,
        }
    }

    /// What the reply says, where it is a text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self.reply()? {
            Reply::Text { content } => Some(content),
            _ => None,
        }
    }

    /// What was wrong with the last answer; nothing where it was taken.
    pub fn failures(&self) -> impl Iterator<Item = &Check> {
        self.deliveries.last().into_iter().flat_map(|delivery| delivery.reading.failures())
    }

    /// How long the user waited, from the first delivery to the end of the last.
    #[must_use]
    pub fn took(&self) -> Duration {
        let last = self.deliveries.last();
        Duration::from_millis(last.map_or(0, |delivery| delivery.started_ms + delivery.took_ms))
    }

    /// Why the bot was not reached, where it was not.
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
