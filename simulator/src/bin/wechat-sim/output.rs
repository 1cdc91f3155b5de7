use std::borrow::Cow;
use std::cell::Cell;
use std::env;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::pin::pin;
use std::time::Duration;

use clap::ValueEnum;
use serde::Serialize;
use tokio::time::{Instant, interval};
use wechat_sim::LocalizedText;

/// The output and its language: results go to stdout, everything else to stderr.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    lang: Lang,
    /// Whether results are JSON. Then stdout has nothing else.
    pub(crate) json: bool,
    /// Whether stderr shows a line that counts seconds. It is cleared before another line is written.
    counting: Cell<bool>,
}

/// The language of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    /// 中文
    Zh,
    /// English
    En,
}

impl Lang {
    /// The language of the environment.
    fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        // The first one that is set decides, as in POSIX.
        let mut set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(variable);
        match set.find(|value| !value.is_empty()) {
            Some(value) if value.to_ascii_lowercase().starts_with("zh") => Self::Zh,
            _ => Self::En,
        }
    }
}

impl Output {
    pub(crate) fn new(lang: Option<Lang>, json: bool) -> Self {
        let lang = lang.unwrap_or_else(|| Lang::of(|name| env::var(name).ok()));
        Self { lang, json, counting: Cell::new(false) }
    }

    /// The text in the language of the output.
    pub(crate) fn pick<'t>(&self, text: &'t LocalizedText) -> &'t str {
        match self.lang {
            Lang::Zh => &text.zh,
            Lang::En => &text.en,
        }
    }

    /// A line of the result as text. (`println!` would panic on a closed pipe.)
    pub(crate) fn line(&self, text: &str) {
        if !self.json {
            self.clear();
            let _ = writeln!(stdout(), "{}", without_controls(text));
        }
    }

    /// A line that is not a result.
    pub(crate) fn note(&self, text: &str) {
        self.clear();
        let _ = writeln!(stderr(), "{}", without_controls(text));
    }

    /// A line about the progress: on stdout with the text results, on stderr if the results are JSON.
    pub(crate) fn progress(&self, text: &str) {
        if self.json { self.note(text) } else { self.line(text) }
    }

    /// The result as one line of JSON.
    pub(crate) fn json(&self, value: &impl Serialize) {
        if self.json {
            let json = serde_json::to_string(value).unwrap_or_default();
            let _ = writeln!(stdout(), "{json}");
        }
    }

    /// Counts the seconds that `work` takes, if stderr is a terminal.
    pub(crate) async fn counted<F: Future>(&self, label: &str, work: F) -> F::Output {
        if !stderr().is_terminal() {
            return work.await;
        }
        let begun = Instant::now();
        let mut work = pin!(work);
        let mut ticks = interval(Duration::from_secs(1));
        let done = loop {
            tokio::select! {
                done = &mut work => break done,
                _ = ticks.tick() => {}
            }
            let seconds = begun.elapsed().as_secs();
            if seconds > 0 {
                self.counting.set(true);
                let mut stderr = stderr();
                let _ = write!(stderr, "\r\x1b[K{} {seconds} s", without_controls(label));
                let _ = stderr.flush();
            }
        };
        self.clear();
        done
    }

    fn clear(&self) {
        if self.counting.replace(false) {
            let mut stderr = stderr();
            let _ = write!(stderr, "\r\x1b[K");
            let _ = stderr.flush();
        }
    }
}

/// The text with its control characters escaped: a bot can reply anything.
fn without_controls(text: &str) -> Cow<'_, str> {
    let is_control = |char: char| char.is_control() && char != '\n' && char != '\t';
    if !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    let escape = |char: char| match is_control(char) {
        true => char.escape_default().to_string(),
        false => char.to_string(),
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_never_given_orders() {
        assert_eq!(without_controls("你好\n\tx"), "你好\n\tx");
        assert_eq!(without_controls("\u{1b}[2J\r\u{9b}"), r"\u{1b}[2J\r\u{9b}");
    }

    #[test]
    fn the_first_variable_that_is_set_decides_the_language() {
        let lang = |set: &[(&str, &str)]| {
            Lang::of(|name| set.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(lang(&[("LANG", "zh_CN.UTF-8")]), Lang::Zh);
        assert_eq!(lang(&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "C")]), Lang::En);
        assert_eq!(lang(&[("LANG", "en_US.UTF-8"), ("LC_ALL", "")]), Lang::En);
        assert_eq!(lang(&[("LC_MESSAGES", "ZH")]), Lang::Zh);
        assert_eq!(lang(&[]), Lang::En);
    }
}
