//! `send`, `event` and `raw`

use std::io::{Read, stdin};
use std::path::Path;

use serde_json::json;
use wechat_sim::{Exchange, HttpTarget, LocalizedText, Message, Wechat};

use crate::args::{BotArgs, EventArgs, RawArgs, SendArgs, SenderArgs};
use crate::compose::{self, ComposeError};
use crate::context::Context;
use crate::dev::with_bot;
use crate::exit::{Exit, Failure};
use crate::expectations::Expectations;
use crate::output::Output;
use crate::report::{report_progress, report_result};
use crate::{hint, texts};

pub(crate) async fn message(context: &Context, args: SendArgs) -> Result<Exit, Failure> {
    let SendArgs { msg_type, value, sender, expect, bot } = args;
    let value = value.as_deref();
    let message = compose::message(context.credentials.kind(), &msg_type, value, &sender.fields);
    let message = message.map_err(|error| mistake(&error, value))?;
    push_or_print(context, &message, &sender, &expect, &bot).await
}

pub(crate) async fn event(context: &Context, args: EventArgs) -> Result<Exit, Failure> {
    let EventArgs { name, sender, expect, bot } = args;
    let event = compose::event(context.credentials.kind(), &name, &sender.fields);
    let event = event.map_err(|error| mistake(&error, None))?;
    push_or_print(context, &event, &sender, &expect, &bot).await
}

/// The mistake, with the command that was meant, if there is one.
fn mistake(error: &ComposeError, value: Option<&str>) -> Failure {
    let command = match error {
        ComposeError::NoSuchMessage { event: Some(event), .. } => Some(format!("wechat-sim event {event}")),
        ComposeError::NoSuchMessage { meant, .. } if !meant.is_empty() => {
            let value = value.map(|value| format!(" {}", shell_word(value))).unwrap_or_default();
            Some(format!("wechat-sim send {}{value}", meant.first().copied().unwrap_or_default()))
        }
        ComposeError::NoSuchMessage { name, .. } if value.is_none() => {
            Some(format!("wechat-sim send text {}", shell_word(name)))
        }
        ComposeError::NoSuchEvent { message: Some(message), .. } => {
            Some(format!("wechat-sim send {message}"))
        }
        ComposeError::NoSuchEvent { meant, .. } => {
            meant.first().map(|name| format!("wechat-sim event {name}"))
        }
        _ => None,
    };
    let text = error.text();
    Failure::usage(match command {
        Some(command) => texts::mistake_with_command(&text, &command),
        None => text,
    })
}

/// Quotes the text for a POSIX shell unless it is a plain word.
fn shell_word(text: &str) -> String {
    match !text.is_empty() && text.chars().all(|char| char.is_alphanumeric() || "_-.".contains(char)) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

async fn push_or_print(
    context: &Context,
    message: &Message,
    sender: &SenderArgs,
    expect: &Expectations,
    bot: &BotArgs,
) -> Result<Exit, Failure> {
    if !sender.print_xml {
        return push(context, message, &sender.from, expect, bot).await;
    }
    let wechat = context.wechat_without_bot()?;
    let xml = wechat.xml(message, &wechat.openid(&sender.from));
    context.output.line(&xml);
    context.output.json(&json!({ "xml": xml }));
    Ok(Exit::Success)
}

pub(crate) async fn raw(context: &Context, args: RawArgs) -> Result<Exit, Failure> {
    let RawArgs { file, expect, bot } = args;
    let xml = read(&file)
        .map_err(|error| Failure::usage(texts::cannot_read(&file.display(), &LocalizedText::from(&error))))?;
    push(context, &Message::raw(xml), "", &expect, &bot).await
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
    bot: &BotArgs,
) -> Result<Exit, Failure> {
    with_bot(context, bot, async |context| push_to_bot(context, message, fan, expect).await).await
}

async fn push_to_bot(
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
    for hint in hint::of_exchange(context, &exchange) {
        output.progress(output.pick(&hint));
    }
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
