//! What happened, for people.

use wechat_sim::{Delivery, Ending, Exchange, FAILURE_NOTICE, Progress, Reply, Shown};

use crate::expectation::{Expected, ReplyKind};
use crate::output::Output;

/// Quicker answers need no telling.
const QUICK: u64 = 1000;

/// Tells of each delivery as it ends.
pub(crate) fn tell_progress(output: &Output, progress: &Progress<'_>) {
    let Progress::Ended(delivery) = progress else { return };
    let Delivery { number, took_ms, ending, .. } = delivery;
    let (zh, en) = match ending {
        Ending::Answered { .. } if *number == 1 && *took_ms < QUICK && delivery.reading.passed() => return,
        Ending::Answered { answer } => {
            (format!("{} 应答", answer.status), format!("answered with {}", answer.status))
        }
        Ending::TimedOut => ("超时，微信断开了连接".to_owned(), "timed out: WeChat hung up".to_owned()),
        Ending::Broken { .. } => ("连接中断".to_owned(), "the connection broke off".to_owned()),
        _ => return,
    };
    let zh = format!("  第 {number} 次投递：{zh}，{took_ms} 毫秒");
    let en = format!("  delivery {number}: {en}, {took_ms} ms");
    output.progress(output.say(&zh, &en));
    for check in delivery.reading.failures().filter(|_| ending.answer().is_some()) {
        output.progress(&format!("    ✗ {}: {}", check.name.as_str(), output.pick(&check.detail)));
    }
}

/// Tells what the user sees, and which expectations were met.
pub(crate) fn tell_result(output: &Output, exchange: &Exchange, checked: &[Expected]) {
    output.line(&shown(output, exchange));
    for Expected { expected, met } in checked {
        let mark = if *met { "✓" } else { "✗" };
        output.line(&format!("  {mark} {}", output.pick(expected)));
    }
}

/// What the user sees.
pub(crate) fn shown(output: &Output, exchange: &Exchange) -> String {
    match &exchange.shown {
        Shown::Nothing => output.say("← （无回复）", "← (nothing)").to_owned(),
        Shown::FailureNotice => format!("← ⚠ {FAILURE_NOTICE}"),
        Shown::Reply { reply } => format!("← {}", reply_text(output, reply)),
        other => format!("← {other:?}"),
    }
}

fn reply_text(output: &Output, reply: &Reply) -> String {
    let kind = ReplyKind::of(reply).map_or("", ReplyKind::name);
    match reply {
        Reply::Text { content } => content.replace('\n', "\n  "),
        Reply::Image { media_id } | Reply::Voice { media_id } | Reply::Video { media_id, .. } => {
            format!("[{kind}] {media_id}")
        }
        Reply::Music { title, url, .. } => {
            let words = [title, url].map(|part| part.as_deref().unwrap_or_default());
            format!("[{kind}] {}", words.join(" "))
        }
        Reply::News { articles } => {
            let article = |article: &wechat_sim::Article| format!("\n  · {} {}", article.title, article.url);
            format!("[{kind}]{}", articles.iter().map(article).collect::<String>())
        }
        Reply::Transfer { account } => match account {
            Some(account) => format!("[{kind}] {account}"),
            None => format!("[{kind}] {}", output.say("任一客服", "any agent")),
        },
        _ => format!("[{kind}]"),
    }
}
