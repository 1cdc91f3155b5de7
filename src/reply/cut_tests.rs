use proptest::prelude::*;

use super::*;

const MORE: &str = "\n……【继续】";

/// All parts of a finished text.
fn parts(text: &str) -> Vec<String> {
    let mut offset = Some(0);
    let next = || {
        let part = part_at(text, offset?, MORE, true)?;
        offset = part.next;
        Some(part.text.into_owned())
    };
    std::iter::from_fn(next).collect()
}

/// Graphemes of all kinds, links and escapes.
fn piece() -> impl Strategy<Value = String> {
    let clusters = [
        "好",
        "x",
        "。",
        "；",
        "\n",
        "\r\n",
        " ",
        ".",
        "e\u{301}",
        "。\u{301}",
        "👩‍👩‍👧‍👦",
        "🇨🇳",
        "👍🏽",
        "한",
        "नि",
        "\u{200d}",
        "❤️",
        "<a href=\"https://example.com/?a=1;b\">看。这里</a>",
        "&lt;",
        "&amp;",
        "<",
        "&",
    ];
    prop_oneof![
        4 => proptest::sample::select(clusters.to_vec()).prop_map(str::to_owned),
        2 => (proptest::sample::select(clusters.to_vec()), 1..200_usize).prop_map(|(piece, times)| piece.repeat(times)),
        1 => any::<char>().prop_map(String::from),
    ]
}

fn boundaries(text: &str) -> Vec<usize> {
    use unicode_segmentation::UnicodeSegmentation;

    text.grapheme_indices(true).map(|(at, _)| at).chain([text.len()]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    /// However a text comes, and whenever a part of it is taken.
    #[test]
    fn every_character_is_told_once_and_in_order(
        pieces in proptest::collection::vec((piece(), any::<bool>()), 0..80),
    ) {
        let (mut text, mut said, mut offset) = (String::new(), String::new(), 0);
        let whole: String = pieces.iter().map(|(piece, _)| piece.as_str()).collect();
        let boundaries = boundaries(&whole);
        for (piece, is_taken) in &pieces {
            text.push_str(piece);
            let Some(part) = part_at(&text, offset, MORE, false).filter(|_| *is_taken) else { continue };
            let next = part.next.expect("there may be more");
            prop_assert!(part.text.len() <= MAX_TEXT && part.text.ends_with(MORE));
            prop_assert!(boundaries.binary_search(&next).is_ok(), "inside a character");
            prop_assert!(next > offset);
            said.push_str(&text[said.len()..next]);
            prop_assert!(said.ends_with(part.text.strip_suffix(MORE).expect("it ends with it")));
            offset = next;
        }
        let mut next = Some(offset);
        while let Some(part) = next.and_then(|offset| part_at(&whole, offset, MORE, true)) {
            prop_assert!(part.text.len() <= MAX_TEXT);
            prop_assert!(!is_blank(part.text.strip_suffix(MORE).unwrap_or(&part.text)));
            let end = part.next.unwrap_or_else(|| whole[..].trim_end_matches(|char: char| is_blank(&char.to_string())).len());
            let told = part.text.strip_suffix(MORE).filter(|_| part.next.is_some()).unwrap_or(&part.text);
            said.push_str(&whole[said.len()..end.max(said.len())]);
            prop_assert!(said.ends_with(told.trim_end_matches(|char: char| is_blank(&char.to_string()))) || said.ends_with(told));
            next = part.next;
        }
        prop_assert!(whole.starts_with(&said) && is_blank(&whole[said.len()..]));
    }

    #[test]
    fn no_offset_panics_and_what_is_left_out_is_counted(text in ".{0,3000}", offset in any::<usize>(), is_finished in any::<bool>()) {
        let _ = part_at(&text, offset, MORE, is_finished);
        let _ = part_at(&text, offset % 4000, MORE, is_finished);
        let (told, lost) = ended_at(&text, 600, "……");
        prop_assert!(told.len() <= 600 || text.len() <= 594);
        prop_assert!(told.len() + lost >= text.trim_end().len().min(594));
    }
}

#[test]
fn an_unfinished_text_ends_at_a_sentence_or_a_line_that_something_follows() {
    let told = |text: &str| {
        part_at(text, 0, MORE, false)
            .map(|part| part.text.strip_suffix(MORE).expect("more may come").to_owned())
    };
    assert_eq!(told("甲。乙。丙").as_deref(), Some("甲。乙。"));
    // A mark that combines may follow.
    assert_eq!(told("甲。乙。").as_deref(), Some("甲。"));
    assert_eq!(told("甲。\n乙").as_deref(), Some("甲。\n"));
    assert_eq!(told("甲\n").as_deref(), Some("甲\n"));
    assert_eq!(told("One. Two is 3.5").as_deref(), Some("One."));
    for nothing_yet in ["", "甲", "甲。", " \n ", "3.5 and", &"好".repeat(300)] {
        assert_eq!(told(nothing_yet), None, "{nothing_yet}");
    }
    assert_eq!(told(&"好".repeat(400)).as_deref(), Some(&*"好".repeat(399)));
    assert_eq!(told(&"好".repeat(2000)).as_deref(), Some(&*"好".repeat((MAX_TEXT - MORE.len()) / 3)));
}

#[test]
fn a_link_or_an_escape_that_has_begun_is_not_told_before_it_ends() {
    for (text, told) in [
        ("甲。<a href=\"https://example.com/\">去。看。", "甲。"),
        (
            "甲。<a href=\"https://example.com/\">去。看</a>乙。丙",
            "甲。<a href=\"https://example.com/\">去。看</a>乙。",
        ),
    ] {
        let part = part_at(text, 0, "", false).expect("a sentence");
        assert_eq!(part.text, told);
    }
    for end in ["<", "<a", "<a ", "<a href", "&", "&a", "&am", "&lt"] {
        let text = "好".repeat(400) + end;
        let part = part_at(&text, 0, "", false).expect("long enough");
        assert!(part.next.is_some_and(|next| next <= 1200), "{end}: {:?}", part.next);
    }
}

#[test]
fn what_is_finished_has_a_last_part_without_a_mark() {
    assert_eq!(parts("好"), ["好"]);
    assert_eq!(parts(&"x".repeat(MAX_TEXT)), ["x".repeat(MAX_TEXT)]);
    let long = "好".repeat(2000);
    let told = parts(&long);
    assert_eq!(told.len(), 3);
    assert!(told[..2].iter().all(|part| part.ends_with(MORE)) && !told[2].ends_with(MORE));
    assert_eq!(told.concat().replace(MORE, ""), long);
    assert_eq!(
        parts(&format!("{}\n\n", "x".repeat(MAX_TEXT))),
        ["x".repeat(MAX_TEXT - MORE.len()) + MORE, "x".repeat(MORE.len()) + "\n\n"]
    );
    assert_eq!(parts(" \n"), Vec::<String>::new());
}

#[test]
fn a_text_is_ended_at_a_sentence_and_what_is_lost_is_counted() {
    let text = format!("{}。{}", "一".repeat(100), "二".repeat(100));
    assert_eq!(ended_at(&text, 500, "……"), (format!("{}。……", "一".repeat(100)), 300));
    assert_eq!(ended_at(&"好".repeat(100), 100, "……"), (format!("{}……", "好".repeat(31)), 207));
    let family = "👩‍👩‍👧‍👦".repeat(10);
    assert_eq!(ended_at(&family, 66, "……").0, "👩‍👩‍👧‍👦".repeat(2) + "……");
}

/// A text of 64 KiB is told in as many steps as it has parts.
#[test]
fn a_part_costs_its_own_length() {
    for piece in ["好", "\u{301}", "🇨", "<a ", "&", "\n"] {
        let text = piece.repeat(64 * 1024 / piece.len());
        let mut offset = 0;
        for _ in 0..100 {
            let Some(part) = part_at(&text, offset, MORE, false) else { break };
            offset = part.next.expect("more may come");
        }
    }
}
