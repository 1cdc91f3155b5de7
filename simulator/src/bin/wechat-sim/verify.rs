//! `verify`

use serde_json::{Value, json};
use wechat_sim::handshake::{
    self, Diagnosis, Handshake, HandshakeResult, PushDiagnosis, TestPush, Verification,
};
use wechat_sim::{Account, AccountKind, Answer, HttpTarget, SendError, Wechat};

use crate::args::VerifyArgs;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::texts;

pub(crate) async fn run(context: &Context, args: &VerifyArgs) -> Result<Exit, Failure> {
    let credentials = &context.credentials;
    if let Some(mode) = credentials.mode_without_key()
        && !args.handshake_only
    {
        return Err(Failure::usage(texts::mode_needs_key(&mode.title())));
    }
    let target = context.target(args.url_to_verify.as_deref().unwrap_or_else(|| context.url()))?;
    let output = &context.output;
    let can_push = credentials.can_push();
    let verification = match can_push && !args.handshake_only {
        true => verify(output, &credentials.account()?, &target).await,
        false => shake_hands(output, &credentials.account_to_verify()?, &target).await,
    };
    if let Some(error @ (SendError::Url(_) | SendError::Remote(_))) = unreachable(&verification) {
        return Err(error.clone().into());
    }
    report(output, &verification);
    if verification.is_verified()
        && !can_push
        && !matches!(credentials.kind(), AccountKind::WeCom | AccountKind::AiBot)
    {
        output.progress(output.pick(&texts::only_the_token()));
    }
    let HandshakeResult { request, answer, took_ms, .. } = &verification.handshake;
    output.json(&json!({
        "verified": verification.is_verified(),
        "diagnosis": name(&verification),
        "sentence": verification.explanation(),
        "details": details(&verification),
        "took_ms": took_ms,
        "request": request,
        "answer": answer,
        "push": verification.push,
    }));
    Ok(match unreachable(&verification) {
        Some(_) => Exit::Unreachable,
        None => Exit::passed(verification.is_verified()),
    })
}

/// Verifies the URL of `target` and pushes one event.
pub(crate) async fn verify(output: &Output, account: &Account, target: &HttpTarget) -> Verification {
    let wechat = Wechat::new(account.clone());
    output.counted(output.pick(&texts::verifying()), handshake::verify(&wechat, target)).await
}

async fn shake_hands(output: &Output, account: &Account, target: &HttpTarget) -> Verification {
    let verifying = Handshake::of(account, target).run(target);
    output.counted(output.pick(&texts::verifying()), verifying).await.into()
}

/// Why the bot was not reached, if it was not.
pub(crate) fn unreachable(verification: &Verification) -> Option<&SendError> {
    match (&verification.handshake.diagnosis, &verification.push) {
        (Diagnosis::Unreachable { error }, _) => Some(error),
        (_, Some(TestPush { diagnosis: PushDiagnosis::Unreachable { error }, .. })) => Some(error),
        _ => None,
    }
}

/// Reports the result as text.
pub(crate) fn report(output: &Output, verification: &Verification) {
    let verified = verification.is_verified();
    let mark = if verified { "✓" } else { "✗" };
    output.progress(&format!("{mark} {}", output.pick(&verification.explanation())));
    if verified {
        return;
    }
    match &verification.push {
        None => {
            if let Some(answer) = &verification.handshake.answer {
                report_answer(output, answer, verification.handshake.took_ms);
            }
            output.progress(output.pick(&texts::console_says()));
        }
        Some(push) => {
            let last = push.exchange.deliveries.last();
            if let Some((delivery, answer)) = last.and_then(|last| Some((last, last.ending.answer()?))) {
                report_answer(output, answer, delivery.took_ms);
            }
            output.progress(output.pick(&texts::console_accepts()));
        }
    }
}

fn report_answer(output: &Output, answer: &Answer, took_ms: u64) {
    let start: String = String::from_utf8_lossy(&answer.body).chars().take(80).collect();
    output.progress(output.pick(&texts::verify_answer(answer.status, took_ms, &start)));
}

/// The name of the diagnosis in JSON and scenarios: `verified`, or what is wrong with the URL or with the push.
pub(crate) fn name(verification: &Verification) -> String {
    details(verification)["diagnosis"].as_str().unwrap_or_default().to_owned()
}

/// The diagnosis of the push if that failed, or else of the handshake.
fn details(verification: &Verification) -> Value {
    match &verification.push {
        Some(push) if !push.diagnosis.is_accepted() => json!(push.diagnosis),
        _ => json!(verification.handshake.diagnosis),
    }
}
