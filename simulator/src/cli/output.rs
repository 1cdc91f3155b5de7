use std::borrow::Cow;
use std::cell::Cell;
use std::env;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::pin::pin;
use std::time::Duration;

use clap::ValueEnum;
use serde::Serialize;
use tokio::time::{Instant, interval};
use wechat_sim::Sentence;

/// Where it is said, and in which language: results on stdout, everything else on stderr.
#[derive(Debug)]
pub(crate) struct Output {
    lang: Lang,
    /// For machines: stdout holds JSON alone.
    pub(crate) json: bool,
    /// A line on stderr is being counted up, and has to go before another line is written.
    counting: Cell<bool>,
}

/// The language of what is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    /// 中文
    Zh,
    /// English
    En,
}

impl Lang {
    /// The language that the environment asks for.
    fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        // The first that is set decides, as POSIX has it.
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

    /// The sentence in the language that was asked for.
    pub(crate) fn pick<'s>(&self, sentence: &'s Sentence) -> &'s str {
        self.say(&sentence.zh, &sentence.en)
    }

    /// One of two, by the language that was asked for.
    pub(crate) fn say<'s>(&self, zh: &'s str, en: &'s str) -> &'s str {
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// A line of the result, for people. (`println!` would panic where nobody reads.)
    pub(crate) fn line(&self, text: &str) {
        if !self.json {
            self.clear();
            let _ = writeln!(stdout(), "{}", harmless(text));
        }
    }

    /// A line that is no result.
    pub(crate) fn note(&self, text: &str) {
        self.clear();
        let _ = writeln!(stderr(), "{}", harmless(text));
    }

    /// A line on how it goes: among the results for people, beside them for machines.
    pub(crate) fn progress(&self, text: &str) {
        if self.json { self.note(text) } else { self.line(text) }
    }

    /// The result, for machines: one line of JSON.
    pub(crate) fn json(&self, value: &impl Serialize) {
        if self.json {
            let json = serde_json::to_string(value).unwrap_or_default();
            let _ = writeln!(stdout(), "{json}");
        }
    }

    /// Counts the seconds that something takes, where someone looks on.
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
                let _ = write!(stderr, "\r\x1b[K{} {seconds} s", harmless(label));
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

/// The text without what a terminal would obey: bots say what they like.
fn harmless(text: &str) -> Cow<'_, str> {
    let is_obeyed = |char: char| char.is_control() && char != '\n' && char != '\t';
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let escape = |char: char| match is_obeyed(char) {
        true => char.escape_default().to_string(),
        false => char.to_string(),
    };
    text.chars().map(escape).collect()
}

pub(crate) fn sentence(zh: impl Into<String>, en: impl Into<String>) -> Sentence {
    Sentence { zh: zh.into(), en: en.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_never_given_orders() {
        assert_eq!(harmless("你好\n\tx"), "你好\n\tx");
        assert_eq!(harmless("\u{1b}[2J\r\u{9b}"), r"\u{1b}[2J\r\u{9b}");
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
