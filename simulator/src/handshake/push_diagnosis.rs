use serde::Serialize;

use super::diagnosis::compression;
use crate::texts::verification as texts;
use crate::{
    AccountKind, Answer, Check, CheckName, ConnectionError, Delivery, Ending, Exchange, LocalizedText, Mode,
    SendError,
};

/// What the answer to the push of a [`Verification`](super::Verification) means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "diagnosis", rename_all = "snake_case")]
#[non_exhaustive]
pub enum PushDiagnosis {
    /// WeChat accepts the answer.
    Accepted,
    /// There is no connection.
    Unreachable {
        /// Why.
        error: SendError,
    },
    /// The connection was lost.
    Broken {
        /// Why.
        reason: ConnectionError,
    },
    /// No delivery was answered in time.
    Slow,
    /// The push was refused, and the same event in plain mode is accepted: the bot's mode is plain, or the EncodingAESKey
    /// or the AppID is another one and the bot believes a request that says it is not encrypted.
    BotIsPlain,
    /// The push was refused in plain mode, and the same event is accepted when it is encrypted: the bot's mode is safe or
    /// compatible.
    BotIsEncrypted,
    /// The push was refused with 400, 401, 403 or 422. Most often the EncodingAESKey or the AppID is another one.
    Refused {
        /// The status.
        status: u16,
    },
    /// A redirect. WeChat does not follow it.
    Redirect {
        /// The target of the redirect.
        location: String,
    },
    /// 404: only the verification has a route.
    NotFound,
    /// 405: the URL accepts only GET.
    PostNotAllowed,
    /// 415: the bot's framework does not accept `text/xml`, or `application/json` if the data format is JSON.
    MediaType,
    /// 502, 503 or 504: most often a proxy that does not reach the bot.
    Gateway {
        /// The status.
        status: u16,
    },
    /// 500 and so on: the bot failed.
    Failed {
        /// The status.
        status: u16,
    },
    /// Any other status but 200.
    Status {
        /// The status.
        status: u16,
    },
    /// The answer is compressed, although the request does not accept that.
    Compressed {
        /// `gzip`, `br` and so on.
        encoding: String,
    },
    /// A web page.
    Html,
    /// The reply is plain where it must be encrypted: the bot's mode is another one.
    PlainReply,
    /// The reply is encrypted where it must be plain: the bot's mode is another one.
    EncryptedReply,
    /// The signature of the encrypted reply is wrong.
    WrongSignature,
    /// The encrypted reply does not decrypt: the EncodingAESKey is another one.
    WrongKey,
    /// The reply was encrypted for another AppID.
    WrongAppId,
    /// WeChat does not accept the answer for another reason.
    NotAccepted {
        /// What WeChat checks.
        check: CheckName,
        /// What was found.
        detail: LocalizedText,
    },
}

impl PushDiagnosis {
    pub(super) fn of(exchange: &Exchange) -> Self {
        let Some(last) = exchange.deliveries.last() else { return Self::Slow };
        match &last.ending {
            Ending::TimedOut => Self::Slow,
            Ending::Broken { reason } => Self::Broken { reason: reason.clone() },
            Ending::Unreachable { error } => Self::Unreachable { error: error.clone() },
            Ending::Answered { answer } if answer.status != 200 => of_status(answer),
            Ending::Answered { .. } if last.reading.reply.is_some() => Self::Accepted,
            Ending::Answered { answer } => not_accepted(exchange.mode, last, answer),
        }
    }

    /// Whether WeChat accepts the answer.
    #[must_use]
    pub const fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted)
    }

    /// What is wrong and what to do about it. `exchange` is the push.
    #[must_use]
    pub fn explanation(&self, exchange: &Exchange) -> LocalizedText {
        let (mode, format) = (exchange.mode, exchange.format);
        match self {
            Self::Accepted => texts::verified(&exchange.kind, &mode.title()),
            Self::Unreachable { error } => texts::lost(&error.text()),
            Self::Broken { reason } => texts::broken(&reason.text()),
            Self::Slow => texts::slow(),
            Self::BotIsPlain => texts::bot_is_plain(),
            Self::BotIsEncrypted => texts::bot_is_encrypted(),
            Self::Refused { status } if exchange.account == AccountKind::WeCom => {
                texts::refused_in_wecom(*status)
            }
            Self::Refused { status } if exchange.account == AccountKind::AiBot => {
                texts::refused_by_aibot(*status)
            }
            Self::Refused { status } if exchange.account != AccountKind::Official => {
                texts::refused_in_format(*status, format.title())
            }
            Self::Refused { status } if mode.is_encrypted() => texts::refused(*status, &mode.title()),
            Self::Refused { status } => texts::refused_in_plain_mode(*status),
            Self::Redirect { location } => texts::redirect(location),
            Self::NotFound => texts::not_found(),
            Self::PostNotAllowed => texts::post_not_allowed(),
            Self::MediaType => texts::media_type(format.media_type()),
            Self::Gateway { status } => texts::gateway(*status),
            Self::Failed { status } => texts::failed(*status, &exchange.kind),
            Self::Status { status } => texts::status(*status),
            Self::Compressed { encoding } => texts::compressed(encoding),
            Self::Html => texts::html(),
            Self::PlainReply => texts::plain_reply(&mode.title()),
            Self::EncryptedReply => texts::encrypted_reply(),
            Self::WrongSignature => texts::wrong_signature(),
            Self::WrongKey => texts::wrong_key(),
            Self::WrongAppId => texts::wrong_app_id(),
            Self::NotAccepted { detail, .. } => texts::not_accepted(detail),
        }
    }
}

fn of_status(answer: &Answer) -> PushDiagnosis {
    match answer.status {
        301 | 302 | 303 | 307 | 308 => {
            let location = answer.header("location").unwrap_or_default().to_owned();
            PushDiagnosis::Redirect { location }
        }
        status @ (400 | 401 | 403 | 422) => PushDiagnosis::Refused { status },
        404 => PushDiagnosis::NotFound,
        405 => PushDiagnosis::PostNotAllowed,
        415 => PushDiagnosis::MediaType,
        status @ (502..=504) => PushDiagnosis::Gateway { status },
        status @ 500.. => PushDiagnosis::Failed { status },
        status => PushDiagnosis::Status { status },
    }
}

fn not_accepted(mode: Mode, delivery: &Delivery, answer: &Answer) -> PushDiagnosis {
    if let Some(encoding) = compression(answer) {
        return PushDiagnosis::Compressed { encoding };
    }
    let text = String::from_utf8_lossy(&answer.body);
    let is_html = answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    if is_html && text.trim_start().starts_with('<') && !text.trim_start().starts_with("<xml") {
        return PushDiagnosis::Html;
    }
    let failed: Vec<&Check> = delivery.reading.failures().collect();
    let has = |name| failed.iter().any(|check| check.name == name);
    // With another key the signature can be right, and with another Token the key.
    if has(CheckName::Encrypted) {
        match mode.is_encrypted() {
            true => PushDiagnosis::PlainReply,
            false => PushDiagnosis::EncryptedReply,
        }
    } else if has(CheckName::Decryption) {
        PushDiagnosis::WrongKey
    } else if has(CheckName::AppId) {
        PushDiagnosis::WrongAppId
    } else if has(CheckName::MsgSignature) {
        PushDiagnosis::WrongSignature
    } else {
        match failed.first() {
            Some(check) => PushDiagnosis::NotAccepted { check: check.name, detail: check.detail.clone() },
            None => PushDiagnosis::Accepted,
        }
    }
}
