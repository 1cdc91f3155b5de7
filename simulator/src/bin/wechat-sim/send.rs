//! `send`, `event` and `raw`

use std::io::{Read, stdin};
use std::path::Path;

use serde_json::json;
use wechat_sim::{Exchange, HttpTarget, Message, Wechat};

use crate::args::{EventArgs, RawArgs, SendArgs};
use crate::compose;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::expectations::Expectations;
use crate::output::Output;
use crate::report::{report_progress, report_result};
use crate::texts;

pub(crate) async fn message(context: &Context, args: SendArgs) -> Result<Exit, Failure> {
    let SendArgs { msg_type, value, sender, expect } = args;
    let message = compose::message(&msg_type, value.as_deref(), &sender.fields)?;
    push(context, &message, &sender.from, &expect).await
}

pub(crate) async fn event(context: &Context, args: EventArgs) -> Result<Exit, Failure> {
    let EventArgs { name, sender, expect } = args;
    push(context, &compose::event(&name, &sender.fields), &sender.from, &expect).await
}

pub(crate) async fn raw(context: &Context, args: RawArgs) -> Result<Exit, Failure> {
    let RawArgs { file, expect } = args;
    let xml = read(&file).map_err(|error| Failure::usage(texts::cannot_read(&file.display(), &error)))?;
    push(context, &Message::raw(xml), "", &expect).await
}

fn read(file: &Path) -> std::io::Result<String> {
    if file != Path::new("-") {
        return std::fs::read_to_string(file);
    }
    let mut xml = String::new();
    stdin().read_to_string(&mut xml)?;
    Ok(xml)
}

async fn push(
    context: &Context,
    message: &Message,
    fan: &str,
    expect: &Expectations,
) -> Result<Exit, Failure> {
    let (wechat, target) = context.wechat()?;
    let output = &context.output;
    let exchange = deliver(output, &wechat, &target, message, fan).await;
    if let Some(error) = exchange.unreachable() {
        return Err(error.clone().into());
    }
    let expectations = expect.check(&exchange);
    let passed = expectations.iter().all(|expectation| expectation.met);
    report_result(output, &exchange, &expectations);
    output.json(&json!({ "passed": passed, "expectations": expectations, "exchange": exchange }));
    Ok(Exit::passed(passed))
}

/// Pushes the message and reports each delivery.
pub(crate) async fn deliver(
    output: &Output,
    wechat: &Wechat,
    target: &HttpTarget,
    message: &Message,
    fan: &str,
) -> Exchange {
    let push = wechat.push(message, &wechat.openid(fan));
    let delivering = wechat.deliver(push, target, |progress| report_progress(output, &progress));
    output.counted(output.pick(&texts::waiting_for_answer()), delivering).await
}
