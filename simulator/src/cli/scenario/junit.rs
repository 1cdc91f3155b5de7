//! A JUnit report, as CI servers read it.

use std::fmt::Write as _;

use super::{Outcome, Played, Step};

pub(super) fn report(played: &[Played]) -> String {
    let suites: String = played.iter().map(suite).collect();
    let totals = totals(played.iter().flat_map(|played| &played.steps));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"wechat-sim\"{totals}>\n{suites}</testsuites>\n"
    )
}

fn suite(played: &Played) -> String {
    let (name, file) = (escaped(&played.name), escaped(&played.file));
    let mut suite = format!("  <testsuite name=\"{name}\" file=\"{file}\"{}>\n", totals(played.steps.iter()));
    for step in &played.steps {
        let begin = format!(
            "    <testcase name=\"{}\" classname=\"{name}\" time=\"{}\"",
            escaped(&step.name),
            seconds(step.took_ms)
        );
        let why = escaped(&step.failures.join("\n"));
        let first = escaped(step.failures.first().map_or("", String::as_str));
        let _ = match step.result {
            Outcome::Passed => writeln!(suite, "{begin}/>"),
            Outcome::Skipped => writeln!(suite, "{begin}><skipped/></testcase>"),
            Outcome::Failed => {
                writeln!(suite, "{begin}><failure message=\"{first}\">{why}</failure></testcase>")
            }
            Outcome::Error => writeln!(suite, "{begin}><error message=\"{first}\">{why}</error></testcase>"),
        };
    }
    suite.push_str("  </testsuite>\n");
    suite
}

fn totals<'s>(steps: impl Iterator<Item = &'s Step>) -> String {
    let steps: Vec<_> = steps.collect();
    let count = |result| steps.iter().filter(|step| step.result == result).count();
    format!(
        " tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\"",
        steps.len(),
        count(Outcome::Failed),
        count(Outcome::Error),
        count(Outcome::Skipped),
        seconds(steps.iter().map(|step| step.took_ms).sum())
    )
}

fn seconds(millis: u64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

/// For an attribute in double quotes or an element. What XML cannot hold is replaced: bots say what they like.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            char if char.is_control() => escaped.push('\u{fffd}'),
            char => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    #[test]
    fn a_report_is_well_formed_whatever_a_bot_says() {
        let step = |name: &str, result, failures: &[&str]| Step {
            name: name.to_owned(),
            result,
            took_ms: 1234,
            failures: failures.iter().map(|&failure| failure.to_owned()).collect(),
            exit: Exit::Fine,
        };
        let nasty = "]]> <script>\"&'\u{0}\u{1b}\u{ffff}\n\t\r";
        let steps = vec![
            step(nasty, Outcome::Passed, &[]),
            step("b", Outcome::Failed, &[nasty, "second"]),
            step("c", Outcome::Error, &["gone"]),
            step("d", Outcome::Skipped, &[]),
        ];
        let played = Played { name: nasty.to_owned(), file: "a.toml".to_owned(), passed: false, steps };
        let report = report(&[played]);
        let document = roxmltree::Document::parse(&report).expect("well-formed");
        let suite = document.descendants().find(|node| node.has_tag_name("testsuite")).expect("a suite");
        let totals = ["tests", "failures", "errors", "skipped", "time"].map(|name| suite.attribute(name));
        assert_eq!(totals, [Some("4"), Some("1"), Some("1"), Some("1"), Some("4.936")]);
        let failure = document.descendants().find(|node| node.has_tag_name("failure")).expect("a failure");
        assert!(failure.text().is_some_and(|text| text.ends_with("\nsecond")), "{failure:?}");
    }
}
