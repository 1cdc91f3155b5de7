//! Where a text is cut that is too long for one message, or not finished: at a sentence if that can be, and never inside of
//! what a reader sees as one character, a link or an escape.

use std::borrow::Cow;

use unicode_segmentation::GraphemeCursor;

use super::is_blank;
use super::text::MAX_TEXT;

/// A text without a sentence end is told before it is finished once it is so long, in bytes.
const WORTH_TELLING: usize = 1_000;

/// A part of a text that is told in several messages.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part<'t> {
    /// What is told: the part, and the mark behind it where more is to come.
    pub(crate) text: Cow<'t, str>,
    /// Where the next part begins, in bytes. `None` behind the last.
    pub(crate) next: Option<usize>,
}

/// The part behind the first `offset` bytes of `text`, in at most 2,047 bytes with `more` behind all but the last. `None` where
/// there is nothing to tell: only white space, or nothing that is worth it before the text `is_finished`.
///
/// Of an unfinished text the last character may still grow, so it is not told.
pub(crate) fn part_at<'t>(
    text: &'t str,
    mut offset: usize,
    more: &str,
    is_finished: bool,
) -> Option<Part<'t>> {
    let limit = MAX_TEXT.saturating_sub(more.len());
    loop {
        let rest = text.get(offset..)?;
        let is_rest_blank = is_blank(rest);
        if is_finished && (rest.len() <= MAX_TEXT || is_rest_blank) {
            return (!is_rest_blank).then_some(Part { text: rest.into(), next: None });
        }
        let end = if rest.len() > limit { cut(rest, limit, is_finished) } else { cut_unfinished(rest)? };
        let (part, behind) = rest.split_at_checked(end)?;
        offset = offset.saturating_add(end);
        if is_blank(part) {
            continue;
        }
        if is_finished && is_blank(behind) {
            return Some(Part { text: part.into(), next: None });
        }
        let told = if more.is_empty() { part.into() } else { [part, more].concat().into() };
        return Some(Part { text: told, next: Some(offset) });
    }
}

/// As much of `text` as fits into `limit` bytes with `mark` behind it, and how many bytes are left out.
#[cfg(feature = "tokio-1")]
pub(crate) fn ended_at(text: &str, limit: usize, mark: &str) -> (String, usize) {
    let end = cut(text, limit.saturating_sub(mark.len()), true);
    let told = text.get(..end).unwrap_or_default();
    ([told.trim_end(), mark].concat(), text.len().saturating_sub(end))
}

/// Where the first part of a text that is longer than `limit` bytes ends.
fn cut(text: &str, limit: usize, is_finished: bool) -> usize {
    let end = boundary(text, limit);
    let half = end / 2;
    let is_end = |at: usize| at > half && is_uncut(text, at, limit, is_finished);
    let room = text.get(..end).unwrap_or_default();
    lines(room)
        .find(|at| is_end(*at))
        .or_else(|| sentences(room, text).find(|at| is_end(*at)))
        .or_else(|| Some(unbroken(text, end, limit, is_finished)).filter(|at| *at > 0))
        .map(|at| cluster(text, at))
        .filter(|at| *at > 0)
        .unwrap_or(end)
}

/// Where the part of an unfinished text ends that may be told already, if it is worth it.
fn cut_unfinished(text: &str) -> Option<usize> {
    let is_end =
        |at: &usize| (*at < text.len() || text.ends_with('\n')) && is_uncut(text, *at, MAX_TEXT, false);
    let last = lines(text).find(is_end).max(sentences(text, text).find(is_end));
    last.or_else(|| {
        // The last character may grow, and a link may have begun.
        let begun = ["<a", "<"].into_iter().find_map(|begin| text.strip_suffix(begin));
        let before_last = match begun {
            Some(before) => before.len(),
            None => cluster(text, boundary(text, text.len().checked_sub(1)?)),
        };
        let end = cluster(text, unbroken(text, before_last, MAX_TEXT, false));
        (end >= WORTH_TELLING).then_some(end)
    })
}

/// The ends of lines, from the last.
fn lines(text: &str) -> impl Iterator<Item = usize> {
    text.rmatch_indices('\n').map(|(at, _)| at + 1)
}

/// The ends of sentences in `room`, which `text` begins with, from the last.
fn sentences<'t>(room: &'t str, text: &'t str) -> impl Iterator<Item = usize> + 't {
    const MARKS: [char; 9] = ['。', '！', '？', '；', '…', '!', '?', ';', '.'];
    room.rmatch_indices(MARKS).filter_map(move |(at, mark)| {
        let end = at + mark.len();
        // A full stop is also a decimal point.
        let is_blank_behind = || text.get(end..)?.chars().next().filter(|next| next.is_whitespace());
        match mark {
            "." => is_blank_behind().map(|_| end),
            _ => Some(end),
        }
    })
}

/// Whether nothing is cut through at `at`.
fn is_uncut(text: &str, at: usize, limit: usize, is_finished: bool) -> bool {
    unbroken(text, at, limit, is_finished) == at && cluster(text, at) == at
}

/// The last place at or before `at` that is not inside a character.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

/// The last place at or before `at`, which is not inside a character, that is not inside of what a reader sees as one.
fn cluster(text: &str, at: usize) -> usize {
    let is_boundary = |at: usize| GraphemeCursor::new(at, text.len(), true).is_boundary(text, 0) == Ok(true);
    let mut places = (0..=at.min(text.len())).rev().filter(|at| text.is_char_boundary(*at));
    places.find(|at| is_boundary(*at)).unwrap_or_default()
}

/// `at`, or the start of the link or the escape that `at` is inside of.
fn unbroken(text: &str, at: usize, limit: usize, is_finished: bool) -> usize {
    let is_inside = |start: usize, end: &str, longest: usize| {
        // A link that is longer than a part is cut anyway.
        let until = boundary(text, start.saturating_add(longest));
        let length = text.get(start..until).unwrap_or_default().find(end).map(|found| found + end.len());
        // One that has begun may end yet.
        let is_open = !is_finished && length.is_none() && until == text.len() && until - start < longest;
        start < at && (is_open || length.is_some_and(|length| start + length > at))
    };
    let before = |at: usize| text.get(..boundary(text, at)).unwrap_or_default();
    // The cut may stand between the three characters that a link starts with.
    let link = before(at + 2).rfind("<a ").filter(|start| is_inside(*start, "</a>", limit));
    let escape = before(at).rfind('&').filter(|start| {
        ["&amp;", "&lt;", "&gt;"].iter().any(|escape| {
            let behind = text.get(*start..).unwrap_or_default();
            let may_be = behind.starts_with(escape) || (!is_finished && escape.starts_with(behind));
            may_be && is_inside(*start, ";", escape.len())
        })
    });
    link.or(escape).unwrap_or(at)
}

#[cfg(test)]
#[path = "cut_tests.rs"]
mod tests;
