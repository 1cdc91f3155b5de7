//! `verify`

use serde_json::json;
use wechat_sim::handshake::{Diagnosis, Handshake, Verified};
use wechat_sim::{Account, HttpTarget};

use crate::args::Verify;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Output;

pub(crate) async fn run(context: &Context, verify: Verify) -> Result<Exit, Failure> {
    let account = context.credentials.account_to_verify()?;
    let target = context.target(verify.of.as_deref().unwrap_or_else(|| context.url()))?;
    let output = &context.output;
    let verified = handshake(output, &account, &target).await;
    tell(output, &verified);
    let Verified { request, answer, took_ms, diagnosis, .. } = &verified;
    output.json(&json!({
        "verified": diagnosis.is_verified(),
        "diagnosis": name(diagnosis),
        "sentence": diagnosis.sentence(),
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

/// Does the URL verification.
pub(crate) async fn handshake(output: &Output, account: &Account, target: &HttpTarget) -> Verified {
    let verifying = Handshake::of(account, target).run(target);
    output.counted(output.say("验证 URL", "verifying the URL"), verifying).await
}

/// Says what came of it.
pub(crate) fn tell(output: &Output, verified: &Verified) {
    let Verified { answer, took_ms, diagnosis, .. } = verified;
    let sentence = diagnosis.sentence();
    let mark = if diagnosis.is_verified() { "✓" } else { "✗" };
    output.progress(&format!("{mark} {}", output.pick(&sentence)));
    if diagnosis.is_verified() {
        return;
    }
    if let Some(answer) = answer {
        let start: String = String::from_utf8_lossy(&answer.body).chars().take(80).collect();
        let zh = format!("  应答：HTTP {}，{took_ms} 毫秒，{start:?}", answer.status);
        let en = format!("  answered: HTTP {} after {took_ms} ms, {start:?}", answer.status);
        output.progress(output.say(&zh, &en));
    }
    let zh = "  公众平台后台只会说“token验证失败”";
    output.progress(output.say(zh, "  the console would say no more than “token验证失败”"));
}

/// The diagnosis in a word, as JSON and scenarios have it.
pub(crate) fn name(diagnosis: &Diagnosis) -> String {
    let json = serde_json::to_value(diagnosis).unwrap_or_default();
    json["diagnosis"].as_str().unwrap_or_default().to_owned()
}
