use serde::Serialize;

use super::{Handshake, HandshakeResult, PushDiagnosis};
use crate::{AccountKind, Exchange, LocalizedText, Message, Mode, Policy, Target, Wechat};

/// Verifies the URL as the console does and, if that is right, pushes one event in the account's mode.
///
/// The event is a click on a menu button with a link (`VIEW`) by a user whom the bot does not know; for a mini-program and a
/// store, which have no menu, a chat that is entered (`user_enter_tempsession`); for an AI bot, a withdrawn feedback
/// (`feedback_event`). WeChat expects no reply to it, and it
/// changes nothing in a bot that does not count clicks or greet. It is retried like any other push, except
/// after a status other than 200. If it is refused, it is pushed once more, encrypted instead of plain or the other way
/// round, to find out whether the bot's mode is the cause.
///
/// ```
/// use axum::{Router, routing::get};
/// use wechat_sim::{Account, ServiceTarget, Wechat, handshake};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// // A bot without a route for the verification.
/// let bot: Router = Router::new().route("/weixin", axum::routing::post(async || "success"));
/// let wechat = Wechat::new(Account::generate());
/// let verification = handshake::verify(&wechat, &ServiceTarget::new(bot, "/weixin")).await;
/// assert!(!verification.is_verified());
/// println!("{}", verification.explanation());
/// # }
/// ```
pub async fn verify<T: Target>(wechat: &Wechat, target: &T) -> Verification {
    let handshake = Handshake::of(wechat.account(), target).run(target).await;
    let push = match handshake.diagnosis.is_verified() {
        true => Some(push(wechat, target).await),
        false => None,
    };
    Verification { handshake, push }
}

/// The result of [`verify`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Verification {
    /// The result of the URL verification.
    pub handshake: HandshakeResult,
    /// The push after it; `None` if the URL was not verified, or if nothing was to be pushed.
    pub push: Option<TestPush>,
}

/// The push of a [`Verification`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TestPush {
    /// The push and its deliveries.
    pub exchange: Exchange,
    /// What the answer means.
    pub diagnosis: PushDiagnosis,
}

/// Without a push.
impl From<HandshakeResult> for Verification {
    fn from(handshake: HandshakeResult) -> Self {
        Self { handshake, push: None }
    }
}

impl Verification {
    /// Whether the console accepts the URL, and WeChat the answer to the push, if there was one.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.handshake.diagnosis.is_verified()
            && self.push.as_ref().is_none_or(|push| push.diagnosis.is_accepted())
    }

    /// What is wrong and what to do about it.
    #[must_use]
    pub fn explanation(&self) -> LocalizedText {
        match &self.push {
            Some(push) => push.diagnosis.explanation(&push.exchange),
            None => self.handshake.diagnosis.explanation(),
        }
    }
}

/// The name of the fan whose openid sends the push.
const SENDER: &str = "wechat-sim verify";

async fn push<T: Target>(wechat: &Wechat, target: &T) -> TestPush {
    let policy = Policy { deliveries_after_bad_status: 1, ..wechat.policy().clone() };
    let wechat = wechat.clone().with_policy(policy);
    let exchange = send(&wechat, target).await;
    let diagnosis = match PushDiagnosis::of(&exchange) {
        // A bot in another mode is found by a push in that mode.
        refused @ (PushDiagnosis::Refused { .. } | PushDiagnosis::Failed { .. }) => {
            in_another_mode(&wechat, target).await.unwrap_or(refused)
        }
        diagnosis => diagnosis,
    };
    TestPush { exchange, diagnosis }
}

async fn send<T: Target>(wechat: &Wechat, target: &T) -> Exchange {
    let event = match wechat.account().kind() {
        AccountKind::MiniProgram | AccountKind::Store => Message::event("user_enter_tempsession"),
        // A feedback that is withdrawn.
        AccountKind::AiBot => Message::event("feedback_event").field("type", "3"),
        _ => Message::view("https://example.com/"),
    };
    wechat.send(&event, &wechat.openid(SENDER), target).await
}

/// The diagnosis if the bot accepts the event in plain mode instead of an encrypted one, or the other way round.
async fn in_another_mode<T: Target>(wechat: &Wechat, target: &T) -> Option<PushDiagnosis> {
    let account = wechat.account().clone();
    if account.kind().modes().len() == 1 {
        return None;
    }
    let (mode, diagnosis) = match account.mode().is_encrypted() {
        true => (Mode::Plain, PushDiagnosis::BotIsPlain),
        false => (Mode::Safe, PushDiagnosis::BotIsEncrypted),
    };
    let policy = Policy { deliveries: 1, ..wechat.policy().clone() };
    let wechat = wechat.clone().with_account(account.with_mode(mode)).with_policy(policy);
    PushDiagnosis::of(&send(&wechat, target).await).is_accepted().then_some(diagnosis)
}
