//! What to look at after a refusal.

use wechat_sim::handshake::{Diagnosis, PushDiagnosis, Verification};
use wechat_sim::{Exchange, LocalizedText};

use crate::context::{BotOrigin, Context};
use crate::texts;

/// The hints after an exchange that ended with 401, 403 or 404.
pub(crate) fn of_exchange(context: &Context, exchange: &Exchange) -> Vec<LocalizedText> {
    let status = exchange.deliveries.last().and_then(|last| Some(last.ending.answer()?.status));
    match status {
        Some(401 | 403) => {
            let mut hints = vec![texts::refused_push()];
            hints.extend(of_generated_credentials(context));
            hints
        }
        Some(404) => vec![match context.bot {
            BotOrigin::Started { .. } => texts::path_not_found(),
            BotOrigin::Running => texts::url_not_found(context.url()),
        }],
        _ => Vec::new(),
    }
}

/// The hint after a verification that was refused.
pub(crate) fn of_verification(context: &Context, verification: &Verification) -> Option<LocalizedText> {
    let is_refused = match (&verification.push, &verification.handshake.diagnosis) {
        (Some(push), _) => {
            matches!(push.diagnosis, PushDiagnosis::Refused { .. } | PushDiagnosis::BotIsPlain)
        }
        (None, Diagnosis::WrongToken { .. } | Diagnosis::WrongCredentials { .. }) => true,
        _ => false,
    };
    if is_refused { of_generated_credentials(context) } else { None }
}

fn of_generated_credentials(context: &Context) -> Option<LocalizedText> {
    let is_generated = context.bot == BotOrigin::Started { is_generated: true };
    is_generated.then(texts::generated_for_bot)
}
