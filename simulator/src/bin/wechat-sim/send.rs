//! `send`, `event` and `raw`

use std::io::{Read, stdin};
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use wechat_sim::{
    AccountKind, Conversation, ConversationError, Ended, Exchange, HttpTarget, LocalizedText, Message, Reply,
    Shown, Step, Wechat,
};

use crate::args::{BotArgs, EventArgs, RawArgs, SendArgs, SenderArgs};
use crate::compose::{self, ComposeError};
use crate::context::Context;
use crate::dev::with_bot;
use crate::exit::{Exit, Failure};
use crate::expectations::Expectations;
use crate::output::Output;
use crate::report::{report_progress, report_result, report_step};
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
    let played = deliver(output, &wechat, &target, message, fan).await?;
    let expectations = expect.check(&played);
    let passed = expectations.iter().all(|expectation| expectation.met);
    let Played { exchange, conversation } = played;
    report_result(output, &exchange, &expectations);
    if conversation.as_ref().is_some_and(|conversation| conversation.ended == Ended::SixMinutes) {
        output.progress(output.pick(&texts::not_finished()));
    }
    for hint in hint::of_exchange(context, &exchange) {
        output.progress(output.pick(&hint));
    }
    let mut result = json!({ "passed": passed, "expectations": expectations, "exchange": exchange });
    if let (Some(conversation), Some(result)) = (conversation, result.as_object_mut()) {
        result.insert("conversation".to_owned(), json!(conversation));
    }
    output.json(&result);
    Ok(Exit::passed(passed))
}

/// A message that was pushed.
pub(crate) struct Played {
    /// The message, with what the user sees in the end.
    pub(crate) exchange: Exchange,
    /// The answer of an AI bot.
    pub(crate) conversation: Option<Conversation>,
}

impl Played {
    /// How long the user waited for the end.
    pub(crate) fn took(&self) -> Duration {
        let conversation = self.conversation.as_ref();
        conversation
            .map_or_else(|| self.exchange.took(), |conversation| Duration::from_millis(conversation.took_ms))
    }

    /// Whether an answer that grows grew to its end without a fault.
    pub(crate) fn is_finished(&self) -> bool {
        self.conversation.as_ref().is_none_or(|conversation| {
            let is_right = conversation.refreshes.iter().all(|refresh| refresh.shown != Shown::FailureNotice);
            is_right && conversation.ended != Ended::SixMinutes
        })
    }

    fn of(conversation: Conversation) -> Self {
        let mut exchange = conversation.exchange.clone();
        if let Some(last) = conversation.states.last() {
            let (stream, card) = (last.state.clone(), conversation.card.clone());
            exchange.shown = Shown::Reply { reply: Reply::Stream { stream, card } };
        }
        Self { exchange, conversation: Some(conversation) }
    }
}

/// Pushes the message and reports each delivery, and of an AI bot's answer what is new.
pub(crate) async fn deliver(
    output: &Output,
    wechat: &Wechat,
    target: &HttpTarget,
    message: &Message,
    fan: &str,
) -> Result<Played, Failure> {
    let (openid, waiting) = (wechat.openid(fan), texts::waiting_for_answer());
    let waiting = output.pick(&waiting);
    if wechat.account().kind() == AccountKind::AiBot {
        let mut seen = String::new();
        let watch = |step: Step<'_>| report_step(output, &mut seen, &step);
        let conversation = output.counted(waiting, wechat.converse(message, &openid, target, watch)).await;
        return match conversation {
            Ok(conversation) => Ok(Played::of(conversation)),
            Err(ConversationError::Unreachable(error)) => Err(error.into()),
            Err(error) => Err(Failure::usage(error.text())),
        };
    }
    let push = wechat.push(message, &openid);
    let delivering = wechat.deliver(push, target, |progress| report_progress(output, &progress));
    let exchange = output.counted(waiting, delivering).await;
    match exchange.unreachable() {
        Some(error) => Err(error.clone().into()),
        None => Ok(Played { exchange, conversation: None }),
    }
}
