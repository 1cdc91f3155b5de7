//! What the bot prints: the last lines, and which of them belong to a push.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::bot::Printer;

const MAX_LINES: usize = 2000;
/// In bytes, of all lines together.
const MAX_BYTES: usize = 512 * 1024;
/// Of one line, in characters.
const MAX_LINE: usize = 1000;
/// How many lines are shown beside a push.
const MAX_LINES_OF_PUSH: usize = 60;
/// How long after its end a push can still have lines: they come through a pipe.
pub(super) const AFTERMATH: Duration = Duration::from_millis(300);

#[derive(Debug, Default)]
pub(super) struct BotLog {
    lines: VecDeque<Line>,
    bytes: usize,
}

#[derive(Debug)]
struct Line {
    at: Instant,
    printer: Printer,
    text: String,
}

/// A line beside a push.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Printed {
    text: String,
    /// Whether it is a warning or an error.
    serious: bool,
}

impl BotLog {
    pub(super) fn push(&mut self, printer: Printer, line: &str) {
        let text = plain(line);
        if text.trim().is_empty() {
            return;
        }
        self.bytes += text.len();
        self.lines.push_back(Line { at: Instant::now(), printer, text });
        while self.lines.len() > MAX_LINES || self.bytes > MAX_BYTES {
            let oldest = self.lines.pop_front();
            self.bytes -= oldest.map_or(self.bytes, |line| line.text.len());
        }
    }

    pub(super) fn forget(&mut self, printer: Printer) {
        self.lines.retain(|line| line.printer != printer);
        self.bytes = self.lines.iter().map(|line| line.text.len()).sum();
    }

    /// The last lines, at most `count`, and none from before `since`.
    pub(super) fn last(&self, printer: Printer, since: Option<Instant>, count: usize) -> Vec<String> {
        let own = self.lines.iter().rev().filter(|line| line.printer == printer);
        let lines = own.take_while(|line| since.is_none_or(|since| line.at >= since)).take(count);
        let mut lines: Vec<_> = lines.map(|line| line.text.clone()).collect();
        lines.reverse();
        lines
    }

    /// The lines of a push of this kind that was sent at `from` and was done at `to`: those that were printed meanwhile,
    /// unless their span says that they belong to another one. Warnings and errors come before what is too much.
    pub(super) fn of_push(&self, from: Instant, to: Option<Instant>, kind: &str) -> Vec<Printed> {
        let end = to.map(|to| to + AFTERMATH);
        let meanwhile = self.lines.iter().filter(|line| line.printer == Printer::Bot && line.at >= from);
        let own = meanwhile
            .filter(|line| end.is_none_or(|end| line.at <= end))
            .filter(|line| {
                kind.is_empty()
                    || kind_of_span(&line.text).is_none_or(|found| found.eq_ignore_ascii_case(kind))
            })
            .map(|line| Printed { text: line.text.clone(), serious: is_serious(&line.text) });
        let mut lines: Vec<_> = own.enumerate().collect();
        lines.sort_by_key(|(at, line)| (!line.serious, std::cmp::Reverse(*at)));
        lines.truncate(MAX_LINES_OF_PUSH);
        lines.sort_by_key(|(at, _)| *at);
        lines.into_iter().map(|(_, line)| line).collect()
    }
}

/// The event or the kind in the span `wechat_push`, in which a bot with the library logs what belongs to a push.
fn kind_of_span(line: &str) -> Option<&str> {
    let (_, after) = line.split_once("wechat_push")?;
    // As text the fields are in braces behind the name. In JSON they can stand before it.
    let line = match after.strip_prefix('{') {
        Some(fields) => fields.split('}').next()?,
        None => line,
    };
    // `kind="text"` as text, `"kind":"text"` in JSON, where the quotes can be escaped.
    let field = |name: &str| {
        let (before, after) = line.split_once(name)?;
        let is_whole = !before.ends_with(|char: char| char.is_alphanumeric() || char == '_');
        let value = after.trim_start_matches(['"', '\\', ' ']);
        let end = value.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(value.len());
        value.get(..end).filter(|value| is_whole && !value.is_empty())
    };
    field("event=").or_else(|| field("\"event\":")).or_else(|| field("kind=")).or_else(|| field("\"kind\":"))
}

/// Whether it is a warning or an error in the words of the usual loggers.
fn is_serious(line: &str) -> bool {
    const LEVELS: [&str; 6] = ["ERROR", "WARN", "WARNING", "CRITICAL", "FATAL", "PANIC"];
    let mut words = line.split(|char: char| !char.is_ascii_alphanumeric());
    words.any(|word| LEVELS.contains(&word))
        || line.contains("panicked at")
        || line.starts_with("Traceback (")
}

/// The text of a line that may have been written for a terminal: without escape sequences and control characters.
fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut chars = line.chars().peekable();
    let mut count = 0;
    while let Some(char) = chars.next() {
        match char {
            '\u{1b}' => match chars.next() {
                // A sequence ends with a character from `@` to `~`.
                Some('[') => while chars.next().is_some_and(|char| !('@'..='~').contains(&char)) {},
                // A title or a link ends with BEL, or with ESC and a backslash.
                Some(']') => {
                    while let Some(char) = chars.next() {
                        if char == '\u{7}' || (char == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                            break;
                        }
                    }
                }
                _ => {}
            },
            '\t' => text.push_str("    "),
            char if char.is_control() => {}
            _ if count == MAX_LINE => {
                text.push('…');
                return text;
            }
            char => {
                count += 1;
                text.push(char);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(lines: &[&str]) -> BotLog {
        let mut log = BotLog::default();
        lines.iter().for_each(|line| log.push(Printer::Bot, line));
        log
    }

    fn texts(lines: &[Printed]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn colours_titles_and_controls_are_left_out() {
        assert_eq!(plain("\u{1b}[2m12:00\u{1b}[0m \u{1b}[33m WARN\u{1b}[0m 你好\r"), "12:00  WARN 你好");
        assert_eq!(plain("\u{1b}]8;;https://a/\u{1b}\\link\u{1b}]8;;\u{1b}\\ \u{1b}]0;x\u{7}y"), "link y");
        for cut_short in ["\u{1b}", "\u{1b}[", "\u{1b}[1", "\u{1b}]8", "\u{1b}]\u{1b}"] {
            assert_eq!(plain(cut_short), "", "{cut_short:?}");
        }
    }

    #[test]
    fn lines_and_bytes_are_bounded() {
        let long = "字".repeat(2 * MAX_LINE);
        let mut log = BotLog::default();
        for _ in 0..(2 * MAX_LINES) {
            log.push(Printer::Bot, &long);
        }
        assert!(log.bytes <= MAX_BYTES && log.lines.len() <= MAX_LINES);
        assert_eq!(log.bytes, log.lines.iter().map(|line| line.text.len()).sum::<usize>());
        assert_eq!(log.last(Printer::Bot, None, 1), ["字".repeat(MAX_LINE) + "…"]);
        for number in 0..(2 * MAX_LINES) {
            log.push(Printer::Bot, &number.to_string());
        }
        assert_eq!(log.lines.len(), MAX_LINES);
        assert_eq!(log.last(Printer::Bot, None, 2), ["3998", "3999"]);
    }

    #[test]
    fn a_line_of_another_printer_or_of_another_time_is_no_line_of_the_push() {
        let mut log = log(&["before"]);
        let from = Instant::now();
        log.push(Printer::Bot, "during");
        log.push(Printer::Build, "   Compiling");
        assert_eq!(texts(&log.of_push(from, None, "text")), ["during"]);
        let Some(long_ago) = from.checked_sub(AFTERMATH * 2) else { return };
        assert_eq!(texts(&log.of_push(long_ago, Some(long_ago), "text")), [""; 0]);
    }

    #[test]
    fn a_line_whose_span_is_of_another_kind_is_no_line_of_the_push() {
        let from = Instant::now();
        let log = log(&[
            r#"INFO wechat_push{app_id="wx1" kind="text" user=ab delivery=1}: bot: one"#,
            r#"INFO wechat_push{app_id="wx1" kind="event" event="CLICK" user=ab}: bot: two"#,
            r#"{"level":"INFO","span":{"kind":"\"text\"","name":"wechat_push"},"message":"three"}"#,
            "INFO bot: four kind=image",
            r#"INFO wechat_push{kind="text"}: bot: five event=VIEW"#,
        ]);
        let of = |kind| log.of_push(from, None, kind).iter().map(|line| line.text.len()).collect::<Vec<_>>();
        let lengths: Vec<_> = log.lines.iter().map(|line| line.text.len()).collect();
        assert_eq!(of("text"), [lengths[0], lengths[2], lengths[3], lengths[4]]);
        assert_eq!(of("click"), [lengths[1], lengths[3]]);
        assert_eq!(of("image"), [lengths[3]]);
    }

    #[test]
    fn warnings_are_kept_before_what_is_too_much() {
        let from = Instant::now();
        let mut log = log(&["2026-01-01 WARN wechat: refused a request", "INFO a"]);
        (0..MAX_LINES_OF_PUSH).for_each(|number| log.push(Printer::Bot, &format!("INFO {number}")));
        let lines = log.of_push(from, None, "text");
        assert_eq!(lines.len(), MAX_LINES_OF_PUSH);
        assert!(lines[0].serious && !lines[1].serious);
        assert_eq!(lines[1].text, "INFO 1");
        assert_eq!(lines.last().map(|line| line.text.as_str()), Some("INFO 59"));
    }

    #[test]
    fn levels_are_words() {
        for serious in
            ["WARN x", "[ERROR] x", r#"{"level":"ERROR"}"#, "thread 'main' panicked at src/main.rs"]
        {
            assert!(is_serious(serious), "{serious}");
        }
        assert!(is_serious("Traceback (most recent call last):"));
        assert!(!is_serious("INFO WARNED user, no ERRORS"));
    }
}
