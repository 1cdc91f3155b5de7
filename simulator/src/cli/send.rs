//! `send`, `event` and `raw`

use std::io::{Read, stdin};
use std::path::Path;

use serde_json::json;
use wechat_sim::{Exchange, HttpTarget, Message, Wechat};

use crate::args::{Event, Raw, Send};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::expectation::Expectations;
use crate::message;
use crate::output::Output;
use crate::story::{tell_progress, tell_result};

pub(crate) async fn message(context: &Context, send: Send) -> Result<Exit, Failure> {
    let Send { msg_type, value, sender, expect } = send;
    let message = message::message(&msg_type, value.as_deref(), &sender.fields)?;
    push(context, &message, &sender.from, &expect).await
}

pub(crate) async fn event(context: &Context, event: Event) -> Result<Exit, Failure> {
    let Event { name, sender, expect } = event;
    push(context, &message::event(&name, &sender.fields), &sender.from, &expect).await
}

pub(crate) async fn raw(context: &Context, raw: Raw) -> Result<Exit, Failure> {
    let xml = read(&raw.file).map_err(|error| {
        let file = raw.file.display();
        Failure::usage(format!("无法读取 {file}：{error}"), format!("{file} cannot be read: {error}"))
    })?;
    push(context, &Message::raw(xml), "", &raw.expect).await
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
    let checked = expect.check(&exchange);
    let passed = checked.iter().all(|expected| expected.met);
    tell_result(output, &exchange, &checked);
    output.json(&json!({ "passed": passed, "expectations": checked, "exchange": exchange }));
    Ok(Exit::passed(passed))
}

/// Pushes the message and tells of each delivery.
pub(crate) async fn deliver(
    output: &Output,
    wechat: &Wechat,
    target: &HttpTarget,
    message: &Message,
    fan: &str,
) -> Exchange {
    let push = wechat.push(message, &wechat.openid(fan));
    let delivering = wechat.deliver(push, target, |progress| tell_progress(output, &progress));
    output.counted(output.say("等待应答", "waiting for the answer"), delivering).await
}
