//! Splitting a long text: every part can be sent, and together they are the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wechat_callback::TextReply;

/// The longest text that WeChat accepts.
const LIMIT: usize = 2047;
const ESCAPES: [&str; 3] = ["&amp;", "&lt;", "&gt;"];

/// What WeChat refuses as empty.
fn is_blank(text: &str) -> bool {
    let is_dropped = |char: char| matches!(char, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    text.chars().all(|char| char.is_whitespace() || is_dropped(char))
}

/// Splits `text` and returns where its parts are.
fn split(text: &str) -> Vec<(usize, usize)> {
    let parts = TextReply::new(text).split();
    let mut places = Vec::new();
    let mut end = 0;
    for part in &parts {
        let part = part.content();
        assert!(part.len() <= LIMIT, "{} bytes", part.len());
        assert!(!is_blank(part) || parts.len() == 1 && is_blank(text), "a blank part");
        // Only what nobody sees may be left out.
        let found = text[end..].find(part).map(|at| end + at).expect("a part of the text");
        assert!(is_blank(&text[end..found]), "left out: {:?}", &text[end..found]);
        places.push((found, found + part.len()));
        end = found + part.len();
    }
    assert!(is_blank(&text[end..]), "left out: {:?}", &text[end..]);
    if text.len() <= LIMIT {
        assert_eq!(places, [(0, text.len())]);
    }
    places
}

/// The links of a text that fit into a part.
fn links(text: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let starts = text.match_indices("<a ").map(|(at, _)| at);
    starts.filter_map(|start| {
        let length = text[start..].find("</a>")? + "</a>".len();
        let is_innermost = !text[start + 1..start + length].contains("<a ");
        (is_innermost && length <= LIMIT).then_some((start, start + length))
    })
}

fn check(text: &str) {
    let cuts: Vec<_> = split(text).into_iter().flat_map(|(start, end)| [start, end]).collect();
    for (start, end) in links(text) {
        assert!(!cuts.iter().any(|cut| start < *cut && *cut < end), "a link is cut");
    }
}

/// The parts of a literal text are literal texts.
fn check_literal(text: &str) {
    let escaped = TextReply::literal(text).content;
    for (start, end) in split(&escaped) {
        let mut rest = &escaped[start..end];
        while let Some(at) = rest.find('&') {
            let escape = ESCAPES.iter().find(|escape| rest[at..].starts_with(**escape));
            rest = &rest[at + escape.expect("a whole escape").len()..];
        }
        let whole = |at: usize| {
            !ESCAPES.iter().any(|escape| {
                (1..escape.len()).any(|inside| {
                    at >= inside && escaped.as_bytes()[at - inside..].starts_with(escape.as_bytes())
                })
            })
        };
        assert!(whole(start) && whole(end), "an escape is cut");
    }
}

fuzz_target!(|text: &str| {
    check(text);
    check_literal(text);
    // Long texts are rare among inputs: repeat it, with the cut somewhere else in each.
    if let Some(times) = (3 * LIMIT).checked_div(text.len()).filter(|times| *times > 1) {
        let long = text.repeat(times);
        check(&long);
        check_literal(&long);
    }
});
