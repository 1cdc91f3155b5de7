//! The results as a JUnit report, for CI servers.

use std::fmt::Write as _;

use super::{ScenarioResult, StepResult, StepStatus};

pub(super) fn report(scenarios: &[ScenarioResult]) -> String {
    let suites: String = scenarios.iter().map(suite).collect();
    let totals = totals(scenarios.iter().flat_map(|scenario| &scenario.steps));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"wechat-sim\"{totals}>\n{suites}</testsuites>\n"
    )
}

fn suite(scenario: &ScenarioResult) -> String {
    let (name, file) = (escaped(&scenario.name), escaped(&scenario.file));
    let mut suite =
        format!("  <testsuite name=\"{name}\" file=\"{file}\"{}>\n", totals(scenario.steps.iter()));
    for step in &scenario.steps {
        let begin = format!(
            "    <testcase name=\"{}\" classname=\"{name}\" time=\"{}\"",
            escaped(&step.name),
            seconds(step.took_ms)
        );
        let why = escaped(&step.failures.join("\n"));
        let first = escaped(step.failures.first().map_or("", String::as_str));
        let _ = match step.status {
            StepStatus::Passed => writeln!(suite, "{begin}/>"),
            StepStatus::Skipped => writeln!(suite, "{begin}><skipped/></testcase>"),
            StepStatus::Failed => {
                writeln!(suite, "{begin}><failure message=\"{first}\">{why}</failure></testcase>")
            }
            StepStatus::Error => {
                writeln!(suite, "{begin}><error message=\"{first}\">{why}</error></testcase>")
            }
        };
    }
    suite.push_str("  </testsuite>\n");
    suite
}

fn totals<'s>(steps: impl Iterator<Item = &'s StepResult>) -> String {
    let steps: Vec<_> = steps.collect();
    let count = |status| steps.iter().filter(|step| step.status == status).count();
    format!(
        " tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\"",
        steps.len(),
        count(StepStatus::Failed),
        count(StepStatus::Error),
        count(StepStatus::Skipped),
        seconds(steps.iter().map(|step| step.took_ms).sum())
    )
}

fn seconds(millis: u64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

/// Escapes a text for an element or an attribute in double quotes. What XML cannot contain is replaced: a bot can reply
/// anything.
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
        let step = |name: &str, status, failures: &[&str]| StepResult {
            name: name.to_owned(),
            status,
            took_ms: 1234,
            failures: failures.iter().map(|&failure| failure.to_owned()).collect(),
            exit: Exit::Success,
        };
        let nasty = "]]> <script>\"&'\u{0}\u{1b}\u{ffff}\n\t\r";
        let steps = vec![
            step(nasty, StepStatus::Passed, &[]),
            step("b", StepStatus::Failed, &[nasty, "second"]),
            step("c", StepStatus::Error, &["gone"]),
            step("d", StepStatus::Skipped, &[]),
        ];
        let scenario =
            ScenarioResult { name: nasty.to_owned(), file: "a.toml".to_owned(), passed: false, steps };
        let report = report(&[scenario]);
        let document = roxmltree::Document::parse(&report).expect("well-formed");
        let suite = document.descendants().find(|node| node.has_tag_name("testsuite")).expect("a suite");
        let totals = ["tests", "failures", "errors", "skipped", "time"].map(|name| suite.attribute(name));
        assert_eq!(totals, [Some("4"), Some("1"), Some("1"), Some("1"), Some("4.936")]);
        let failure = document.descendants().find(|node| node.has_tag_name("failure")).expect("a failure");
        assert!(failure.text().is_some_and(|text| text.ends_with("\nsecond")), "{failure:?}");
    }
}
