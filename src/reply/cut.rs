//! Where a text that is too long for one message is cut.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::is_blank;
use super::text::MAX_TEXT;

/// What a part of a growing text must hold, in bytes, to end elsewhere than behind a sentence.
const MIN_GROWING: usize = 1000;

/// What ends a sentence.
const SENTENCE_ENDS: [char; 8] = ['。', '！', '？', '；', '…', '!', '?', ';'];

/// What still belongs to the sentence behind its end.
const CLOSERS: [char; 9] = ['”', '’', '"', '\'', '」', '』', '）', ')', '】'];

/// A part of a text that is sent in several messages.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// With the mark behind it where more is to come.
    pub(crate) text: String,
    /// Where the next part begins. `None` if this one is the last.
    pub(crate) next: Option<usize>,
}

/// The part of `text` that begins at `offset`, of at most 2,047 bytes with the mark `more`, which is behind all parts but
/// the last. It is never blank: blanks alone are skipped. `None` if there is none, or none yet: a text that is not
/// finished has no last part, and ends for now at a sentence, where what comes later cannot change it.
pub(crate) fn part_at(text: &str, offset: usize, more: &str, is_finished: bool) -> Option<Part> {
    let limit = MAX_TEXT.saturating_sub(more.len());
    let mut start = offset;
    loop {
        let rest = text.get(start..)?;
        if is_finished && rest.len() <= MAX_TEXT {
            return (!is_blank(rest)).then(|| Part { text: rest.to_owned(), next: None });
        }
        let end = if is_finished || rest.len() > limit {
            cut_at(rest, limit, is_finished)
        } else {
            settled(rest, limit)?
        };
        let (part, behind) = rest.split_at_checked(end).filter(|(part, _)| !part.is_empty())?;
        start = start.saturating_add(end);
        if !is_blank(part) {
            return Some(if is_finished && is_blank(behind) {
                Part { text: part.to_owned(), next: None }
            } else {
                Part { text: [part, more].concat(), next: Some(start) }
            });
        }
    }
}

/// As much of `text` as fits into `limit` bytes without cutting a grapheme cluster.
#[cfg(feature = "tokio-1")]
pub(crate) fn whole_clusters(text: &str, limit: usize) -> &str {
    let ends = text.grapheme_indices(true).map(|(start, cluster)| start.saturating_add(cluster.len()));
    let end = ends.take_while(|end| *end <= limit).last().unwrap_or_default();
    text.get(..end).unwrap_or_default()
}

/// A text that is too long for a channel, cut to `limit` bytes with `mark` behind it, and how many of its bytes are lost.
#[cfg(feature = "tokio-1")]
pub(crate) fn ended_at(text: &str, limit: usize, mark: &str) -> (String, usize) {
    if text.len() <= limit {
        return (text.to_owned(), 0);
    }
    let (kept, lost) = text.split_at(cut_at(text, limit.saturating_sub(mark.len()), true));
    ([kept, mark].concat(), lost.len())
}

/// Where the first part of a text that is longer than `limit` bytes ends: behind a line of the second half, or else a
/// sentence there, or else a grapheme cluster. It is a character boundary, at most `limit`.
fn cut_at(text: &str, limit: usize, is_finished: bool) -> usize {
    let ends = Ends::of(text, limit, is_finished);
    let in_second_half = |end: Option<usize>| end.filter(|end| *end > limit / 2);
    in_second_half(ends.line)
        .or_else(|| in_second_half(ends.sentence))
        .or(ends.cluster)
        // One cluster that is longer than a part.
        .unwrap_or_else(|| boundary(text, limit))
}

/// How much of a text that still grows, and fits into `limit` bytes, can be shown as a part.
fn settled(text: &str, limit: usize) -> Option<usize> {
    let ends = Ends::of(text, limit, false);
    ends.line.max(ends.sentence).or_else(|| ends.cluster.filter(|end| *end >= MIN_GROWING))
}

/// The last places at or before a limit where a text may be cut.
#[derive(Default)]
struct Ends {
    line: Option<usize>,
    sentence: Option<usize>,
    /// Between two grapheme clusters.
    cluster: Option<usize>,
}

impl Ends {
    /// Those within `limit` bytes. The last cluster of a text that is not finished may still grow, unless it is a line
    /// break.
    fn of(text: &str, limit: usize, is_finished: bool) -> Self {
        // With the character behind the limit, which decides whether a cluster ends there.
        let window = &text[..boundary(text, limit.saturating_add(4))];
        let whole = Unbroken::of(text, limit, is_finished);
        let mut ends = Self::default();
        for (start, cluster) in window.grapheme_indices(true) {
            let end = start.saturating_add(cluster.len());
            let is_line = cluster.ends_with('\n');
            if end > limit {
                break;
            }
            if (end == text.len() && !is_finished && !is_line) || whole.holds(end) {
                continue;
            }
            ends.cluster = Some(end);
            let behind = window.get(end..).unwrap_or_default();
            // A full stop is also a decimal point.
            let is_full_stop = cluster == "." && behind.starts_with(char::is_whitespace);
            if is_line {
                ends.line = Some(end);
            } else if is_full_stop || is_sentence_end(&window[..end], behind) {
                ends.sentence = Some(end);
            }
        }
        ends
    }
}

/// Whether a sentence ends between `text` and `behind`.
fn is_sentence_end(text: &str, behind: &str) -> bool {
    !behind.starts_with(SENTENCE_ENDS)
        && !behind.starts_with(CLOSERS)
        && text.trim_end_matches(CLOSERS).ends_with(SENTENCE_ENDS)
}

/// The links and the escapes that begin within a limit, each in order.
struct Unbroken {
    links: Vec<Range<usize>>,
    escapes: Vec<Range<usize>>,
}

impl Unbroken {
    fn of(text: &str, limit: usize, is_finished: bool) -> Self {
        // A cut may stand between the three characters that a link starts with.
        let window = &text[..boundary(text, limit.saturating_add(3))];
        Self {
            links: links(text, window, limit, is_finished),
            escapes: window
                .match_indices('&')
                .filter_map(|(start, _)| Some(start..escape_end(text, start, is_finished)?))
                .collect(),
        }
    }

    /// Whether `at` is inside of one.
    fn holds(&self, at: usize) -> bool {
        [&self.links, &self.escapes].into_iter().any(|ranges| {
            let before = ranges.partition_point(|range| range.start < at);
            before.checked_sub(1).and_then(|last| ranges.get(last)).is_some_and(|range| at < range.end)
        })
    }
}

/// The links that start in `window`. One that is longer than `limit` is cut anyway.
fn links(text: &str, window: &str, limit: usize, is_finished: bool) -> Vec<Range<usize>> {
    let mut links = Vec::new();
    let mut starts = window.match_indices("<a ").map(|(start, _)| start).peekable();
    while let Some(start) = starts.next() {
        let next = starts.peek().copied();
        let reach = next.unwrap_or_else(|| boundary(text, start.saturating_add(limit)));
        match text[start..reach].find("</a>") {
            Some(end) => links.push(start..start.saturating_add(end).saturating_add(4)),
            None if !is_finished && next.is_none() && reach == text.len() => links.push(start..usize::MAX),
            None => {}
        }
    }
    if !is_finished && let Some(start) = ["<", "<a"].iter().find_map(|begun| text.strip_suffix(begun)) {
        links.push(start.len()..usize::MAX);
    }
    links
}

/// Where the escape that starts at `start` ends, if there is one.
fn escape_end(text: &str, start: usize, is_finished: bool) -> Option<usize> {
    let text_from = &text[start..];
    ["&amp;", "&lt;", "&gt;"]
        .into_iter()
        .find(|escape| text_from.starts_with(escape) || (!is_finished && escape.starts_with(text_from)))
        .map(|escape| start.saturating_add(escape.len()))
}

/// The last place at or before `at` that is not inside a character.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MORE: &str = "\n……【继续】";

    /// The parts of a text that is revealed up to each of `moments` before it is finished.
    fn parts(text: &str, moments: &[usize]) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut offset = Some(0);
        for moment in moments {
            let so_far = &text[..boundary(text, *moment)];
            if let Some(part) = offset.and_then(|offset| part_at(so_far, offset, MORE, false)) {
                offset = part.next;
                assert!(part.next.is_some() && part.text.ends_with(MORE));
                parts.push(part);
            }
        }
        while let Some(part) = offset.and_then(|offset| part_at(text, offset, MORE, true)) {
            offset = part.next;
            parts.push(part);
        }
        parts
    }

    fn unmarked(part: &Part) -> &str {
        if part.next.is_some() { part.text.strip_suffix(MORE).expect("marked") } else { &part.text }
    }

    fn visible(text: &str) -> String {
        text.chars().filter(|char| !char.is_whitespace()).collect()
    }

    fn texts() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            4 => "[a-z ]{1,40}",
            4 => "[一-龥]{1,40}",
            1 => "[。！？；…!?;”）]{1,3}",
            1 => Just("\n".to_owned()),
            1 => Just("\r\n".to_owned()),
            1 => "\\PC{1,20}",
            1 => "(e[\u{301}\u{308}]{1,3}){1,5}",
            1 => "(👨‍👩‍👧‍👦|👩🏽‍💻|❤️){1,5}",
            1 => "(🇨🇳|🇩🇪|🇨){1,7}",
            1 => "<a href=\"https://e\\.com/[a-z;]{1,300}\">[一-龥。]{1,40}</a>",
            1 => "(&amp;|&lt;|&gt;|&|<a|<a ){1,9}",
            1 => "[\n ]{1,3000}",
        ];
        prop::collection::vec(piece, 1..120).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

        #[test]
        fn every_character_of_a_text_that_grows_arrives_once_and_in_order(
            text in texts(),
            mut moments in prop::collection::vec(0..20_000_usize, 0..12),
        ) {
            moments.sort_unstable();
            let parts = parts(&text, &moments);
            let sent: String = parts.iter().map(unmarked).collect();
            prop_assert_eq!(visible(&sent), visible(&text));
            let mut whole: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).collect();
            whole.push(text.len());
            for part in &parts {
                prop_assert!(part.text.len() <= MAX_TEXT && !is_blank(unmarked(part)));
                if let Some(next) = part.next {
                    prop_assert!(whole.binary_search(&next).is_ok(), "{}", next);
                }
            }
        }

        #[test]
        fn links_and_escapes_of_a_text_that_grows_stay_whole(
            pieces in prop::collection::vec(prop_oneof![
                "<a href=\"https://e\\.com/[a-z;?]{1,200}\">[一-龥。\n]{1,40}</a>",
                "(&amp;|&lt;|&gt;){1,20}",
                "[a-z一-龥。]{1,60}",
            ], 1..80),
            mut moments in prop::collection::vec(0..20_000_usize, 0..12),
        ) {
            moments.sort_unstable();
            let text = pieces.concat();
            for part in parts(&text, &moments) {
                let part = unmarked(&part);
                prop_assert_eq!(part.matches("<a ").count(), part.matches("</a>").count());
                let bare = part.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
                prop_assert!(!bare.contains('&'));
                prop_assert_eq!(bare.matches('<').count(), 2 * bare.matches("<a ").count());
            }
        }

        #[test]
        fn a_damaged_offset_gives_no_part(text in texts(), offset: usize, is_finished: bool) {
            let _ = part_at(&text, offset, MORE, is_finished);
            let _ = part_at(&text, offset % text.len().max(1), MORE, is_finished);
            prop_assert_eq!(part_at(&text, text.len() + 1 + offset % 9, MORE, is_finished), None);
        }

        #[cfg(feature = "tokio-1")]
        #[test]
        fn what_is_ended_says_how_much_is_lost(text in texts(), limit in 100..3000_usize) {
            let (ended, lost) = ended_at(&text, limit, "……");
            prop_assert!(ended.len() <= limit);
            prop_assert_eq!(lost == 0, text.len() <= limit);
            if lost > 0 {
                let kept = ended.strip_suffix("……").expect("marked");
                prop_assert_eq!(kept.len() + lost, text.len());
                prop_assert!(text.starts_with(kept));
            }
        }
    }

    #[test]
    fn a_finished_text_is_sent_in_parts_of_which_all_but_the_last_announce_more() {
        let text = "好".repeat(2000);
        let parts = parts(&text, &[]);
        assert_eq!(parts.iter().map(|part| part.next.is_some()).collect::<Vec<_>>(), [true, true, false]);
        assert!(parts.iter().all(|part| part.text.ends_with(MORE) == part.next.is_some()));
        assert_eq!(parts.iter().map(unmarked).collect::<String>(), text);
        let short = "x".repeat(MAX_TEXT);
        assert_eq!(part_at(&short, 0, MORE, true), Some(Part { text: short.clone(), next: None }));
        assert_eq!(part_at(&short, MAX_TEXT, MORE, true), None);
    }

    #[test]
    fn a_growing_text_ends_behind_a_sentence_that_has_something_behind_it() {
        let next = |text: &str| part_at(text, 0, MORE, false).and_then(|part| part.next);
        assert_eq!(next("好"), None);
        assert_eq!(next("好。"), None);
        assert_eq!(next("好。不"), Some("好。".len()));
        assert_eq!(next("“好。”不"), Some("“好。”".len()));
        assert_eq!(next("（好！”）。”）不"), Some("（好！”）。”）".len()));
        assert_eq!(next("好……？！不"), Some("好……？！".len()));
        assert_eq!(next("好\n"), Some("好\n".len()));
        assert_eq!(next("好\n不。错"), Some("好\n不。".len()));
        assert_eq!(next("One. Two is 3.5 and"), Some("One.".len()));
        assert_eq!(next("\n\n好"), None);
        assert_eq!(next(&"x".repeat(1000)), None);
        assert_eq!(next(&"x".repeat(1001)), Some(1000));
        assert_eq!(next(&format!("{}\u{301}", "x".repeat(1001))), Some(1000));
        assert_eq!(next("看：<a href=\"https://e.com/?a\">去。这"), None);
    }

    #[test]
    fn blanks_are_no_part() {
        let text = format!("{}{}y", "x".repeat(MAX_TEXT), "\n".repeat(5 * MAX_TEXT));
        let parts = parts(&text, &[]);
        assert_eq!(visible(&parts.iter().map(unmarked).collect::<String>()), visible(&text));
        let text = format!("{}{}", "x".repeat(1900), "\n".repeat(MAX_TEXT));
        assert_eq!(part_at(&text, 0, MORE, true).map(|part| part.next), Some(None));
        assert_eq!(part_at(&text, 1900, MORE, true), None);
        assert_eq!(part_at("", 0, MORE, true), None);
    }

    #[cfg(feature = "tokio-1")]
    #[test]
    fn a_long_text_is_ended_at_a_sentence_of_its_second_half() {
        let text = format!("{}。{}", "一".repeat(600), "二".repeat(600));
        assert_eq!(ended_at(&text, MAX_TEXT, "……"), (format!("{}。……", "一".repeat(600)), 1800));
        let family = "👨‍👩‍👧‍👦";
        let (ended, lost) = ended_at(&family.repeat(1000), 20_480, "……");
        assert_eq!(lost % family.len(), 0);
        assert!(ended.len() > 20_480 - 6 - family.len());
    }

    /// A whole text of 64 KiB that is cut byte by byte would take minutes.
    #[test]
    fn a_part_takes_no_longer_in_a_long_text() {
        for piece in ["<a ", "&amp;", "。", "\u{301}", "🇨🇳", "</a>", "<a x</a>", "\n"] {
            let text = piece.repeat(65_536 / piece.len());
            for offset in 0..2000 {
                let offset = text.len() - offset;
                let _ = part_at(&text, offset, MORE, false);
                let _ = part_at(&text, offset, MORE, true);
            }
        }
    }
}
