//! Reports an exchange as text.

use std::time::Duration;

use wechat_sim::{Delivery, Ending, Exchange, FAILURE_NOTICE, Progress, Reply, Shown, Step};

use crate::expectations::{ExpectationResult, ReplyKind};
use crate::output::Output;
use crate::texts;

/// A delivery that is answered faster is not reported.
const QUICK_MS: u64 = 1000;

/// Reports each delivery when it ends.
pub(crate) fn report_progress(output: &Output, progress: &Progress<'_>) {
    let Progress::Ended(delivery) = progress else { return };
    let Delivery { number, took_ms, ending, .. } = delivery;
    let (number, took_ms) = (*number, *took_ms);
    let text = match ending {
        Ending::Answered { .. } if number == 1 && took_ms < QUICK_MS && delivery.reading.passed() => return,
        Ending::Answered { answer } => texts::answered(number, answer.status, took_ms),
        Ending::TimedOut => texts::timed_out(number, took_ms),
        Ending::Broken { .. } => texts::connection_lost(number, took_ms),
        _ => return,
    };
    output.progress(output.pick(&text));
    for check in delivery.reading.failures().filter(|_| ending.answer().is_some()) {
        output.progress(&format!("    ✗ {}: {}", check.name.as_str(), output.pick(&check.detail)));
    }
}

/// Reports what the user sees and which expectations were met.
pub(crate) fn report_result(output: &Output, exchange: &Exchange, expectations: &[ExpectationResult]) {
    output.line(&shown(output, exchange));
    for ExpectationResult { expected, met } in expectations {
        let mark = if *met { "✓" } else { "✗" };
        output.line(&format!("  {mark} {}", output.pick(expected)));
    }
}

/// What the user sees.
pub(crate) fn shown(output: &Output, exchange: &Exchange) -> String {
    match &exchange.shown {
        Shown::Nothing => output.pick(&texts::nothing_shown()).to_owned(),
        Shown::FailureNotice if exchange.has_failure_notice() => format!("← ⚠ {FAILURE_NOTICE}"),
        Shown::FailureNotice => format!("← ⚠ {}", output.pick(&texts::answer_not_accepted())),
        Shown::Reply { reply: Reply::Text { .. } | Reply::Stream { card: None, .. } } => {
            format!("← {}", exchange.seen_text().unwrap_or_default().replace('\n', "\n  "))
        }
        Shown::Reply { reply } => format!("← {}", reply_text(output, reply)),
        other => format!("← {other:?}"),
    }
}

/// The kind and the title of an AI bot's card.
fn bot_card(card: &serde_json::Value) -> String {
    let text = |pointer| card.pointer(pointer).and_then(serde_json::Value::as_str).unwrap_or_default();
    format!("{} {}", text("/card_type"), text("/main_title/title")).trim_end().to_owned()
}

/// Reports each delivery that is worth a word, and what is new in the text of an AI bot.
pub(crate) fn report_step(output: &Output, seen: &mut String, step: &Step<'_>) {
    match step {
        Step::Delivery { progress, .. } => report_progress(output, progress),
        Step::State(shown) => {
            let content = &shown.state.content;
            let new = content.strip_prefix(seen.as_str()).unwrap_or(content);
            let seconds = Duration::from_millis(shown.at_ms).as_secs_f64();
            if !new.is_empty() {
                output.progress(output.pick(&texts::moment(seconds, &new.replace('\n', "\n    "))));
            }
            seen.clone_from(content);
        }
        _ => {}
    }
}

fn reply_text(output: &Output, reply: &Reply) -> String {
    let kind = ReplyKind::of(reply).map_or("", ReplyKind::name);
    match reply {
        Reply::Image { media_id } | Reply::Voice { media_id } | Reply::Video { media_id, .. } => {
            format!("[{kind}] {media_id}")
        }
        Reply::Music { title, url, .. } => {
            let parts = [title, url].map(|part| part.as_deref().unwrap_or_default());
            format!("[{kind}] {}", parts.join(" "))
        }
        Reply::News { articles } => {
            let article = |article: &wechat_sim::Article| format!("\n  · {} {}", article.title, article.url);
            format!("[{kind}]{}", articles.iter().map(article).collect::<String>())
        }
        Reply::Transfer { account } => match account {
            Some(account) => format!("[{kind}] {account}"),
            None => format!("[{kind}] {}", output.pick(&texts::any_agent())),
        },
        Reply::UpdateButton { text } | Reply::UpdateTaskCard { text } => format!("[{kind}] {text}"),
        Reply::UpdateTemplateCard { card } => {
            let parts = [&card.title, &card.description, &card.replace_text];
            let parts: Vec<_> = parts.into_iter().flatten().map(String::as_str).collect();
            format!("[{kind}] {} {}", card.card_type, parts.join(" · ")).trim_end().to_owned()
        }
        Reply::Stream { stream, card: Some(card) } => {
            format!("{}\n  {}", stream.content.replace('\n', "\n  "), bot_card(card))
        }
        Reply::BotCard { card } | Reply::UpdateBotCard { card, .. } => format!("[{kind}] {}", bot_card(card)),
        _ => format!("[{kind}]"),
    }
}
