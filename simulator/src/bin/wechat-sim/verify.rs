//! `verify`

use serde_json::json;
use wechat_sim::handshake::{Diagnosis, Handshake, HandshakeResult};
use wechat_sim::{Account, HttpTarget};

use crate::args::VerifyArgs;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::texts;

pub(crate) async fn run(context: &Context, args: &VerifyArgs) -> Result<Exit, Failure> {
    let account = context.credentials.account_to_verify()?;
    let target = context.target(args.url_to_verify.as_deref().unwrap_or_else(|| context.url()))?;
    let output = &context.output;
    let result = verify(output, &account, &target).await;
    report(output, &result);
    let HandshakeResult { request, answer, took_ms, diagnosis, .. } = &result;
    output.json(&json!({
        "verified": diagnosis.is_verified(),
        "diagnosis": name(diagnosis),
        "sentence": diagnosis.explanation(),
        "details": diagnosis,
        "took_ms": took_ms,
        "request": request,
        "answer": answer,
    }));
    Ok(match diagnosis {
        Diagnosis::Unreachable { .. } => Exit::Unreachable,
        diagnosis => Exit::passed(diagnosis.is_verified()),
    })
}

/// Verifies the URL of `target`.
pub(crate) async fn verify(output: &Output, account: &Account, target: &HttpTarget) -> HandshakeResult {
    let verifying = Handshake::of(account, target).run(target);
    output.counted(output.pick(&texts::verifying()), verifying).await
}

/// Reports the result as text.
pub(crate) fn report(output: &Output, result: &HandshakeResult) {
    let HandshakeResult { answer, took_ms, diagnosis, .. } = result;
    let mark = if diagnosis.is_verified() { "✓" } else { "✗" };
    output.progress(&format!("{mark} {}", output.pick(&diagnosis.explanation())));
    if diagnosis.is_verified() {
        return;
    }
    if let Some(answer) = answer {
        let start: String = String::from_utf8_lossy(&answer.body).chars().take(80).collect();
        output.progress(output.pick(&texts::verify_answer(answer.status, *took_ms, &start)));
    }
    output.progress(output.pick(&texts::console_says()));
}

/// The name of the diagnosis in JSON and scenarios.
pub(crate) fn name(diagnosis: &Diagnosis) -> String {
    let json = serde_json::to_value(diagnosis).unwrap_or_default();
    json["diagnosis"].as_str().unwrap_or_default().to_owned()
}
