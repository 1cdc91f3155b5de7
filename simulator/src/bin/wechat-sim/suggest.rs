//! Suggests the name that was meant.

use strsim::osa_distance;
use wechat_sim::LocalizedText;

/// The candidates that `given` can be a mistyped form of, or else the beginning of; at most three. Case, `_` and `-` are
/// ignored.
pub(crate) fn nearest<'c>(given: &str, candidates: impl IntoIterator<Item = &'c str>) -> Vec<&'c str> {
    let given = simplified(given);
    let candidates: Vec<_> = candidates.into_iter().map(|name| (name, simplified(name))).collect();
    let typo = |(name, simple): &(&'c str, String)| Some((mistakes(&given, simple)?, *name));
    let typos: Vec<_> = candidates.iter().filter_map(typo).collect();
    let fewest = typos.iter().map(|(mistakes, _)| *mistakes).min();
    let mut near: Vec<_> = match fewest {
        Some(fewest) => {
            typos.into_iter().filter(|(count, _)| *count == fewest).map(|(_, name)| name).collect()
        }
        // `scancode` for `scancode_push`.
        None if given.chars().count() < 4 => Vec::new(),
        None => {
            candidates.iter().filter(|(_, name)| name.starts_with(&given)).map(|(name, _)| *name).collect()
        }
    };
    near.dedup();
    near.truncate(3);
    near
}

/// The names as a list.
pub(crate) fn listed(names: &[&str]) -> LocalizedText {
    LocalizedText { zh: names.join("、"), en: names.join(", ") }
}

/// The number of typing mistakes between the two, unless there are too many.
fn mistakes(given: &str, name: &str) -> Option<usize> {
    let length = given.chars().count();
    let mistakes = osa_distance(given, name);
    // One in a short name, one in three characters of a longer one.
    (mistakes <= (length / 3).max(1) && mistakes < length).then_some(mistakes)
}

fn simplified(name: &str) -> String {
    name.chars().filter(|char| !matches!(char, '_' | '-')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_mistake_is_found_and_another_word_is_not() {
        let names = ["text", "image", "CLICK", "VIEW", "SCAN", "scancode_push", "scancode_waitmsg"];
        for (given, expected) in [
            ("txt", &["text"] as &[&str]),
            ("Text", &["text"]),
            ("CLICKK", &["CLICK"]),
            ("click", &["CLICK"]),
            ("ScanCodePush", &["scancode_push"]),
            ("scancode", &["scancode_push", "scancode_waitmsg"]),
            ("imgae", &["image"]),
            ("scan", &["SCAN"]),
            ("你好", &[]),
            ("sticker", &[]),
            ("hi", &[]),
            ("", &[]),
        ] {
            assert_eq!(nearest(given, names), expected, "{given}");
        }
    }
}
