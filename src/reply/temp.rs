#![allow(dead_code, missing_docs, unused)]
use crate::{Reply, TextReply};
use std::borrow::Cow;
pub(crate) const MAX_BOT_TEXT: usize = super::stream_content::MAX_CONTENT;
pub(crate) struct Part<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) next: Option<usize>,
}
pub(crate) fn part_at<'a>(text: &'a str, offset: usize, more: &str, is_finished: bool) -> Option<Part<'a>> {
    let rest = text.get(offset..)?;
    if rest.trim().is_empty() {
        return None;
    }
    if is_finished && rest.len() <= 2047 {
        return Some(Part { text: rest.into(), next: None });
    }
    let limit = (2047 - more.len()).min(rest.len() - usize::from(!is_finished));
    let end = (0..=limit).rev().find(|at| rest.is_char_boundary(*at))?;
    let marks: &[char] = &['\n', '。', '；'];
    let end = rest[..end]
        .rmatch_indices(marks)
        .next()
        .map(|(at, mark)| at + mark.len())
        .or((is_finished).then_some(end))?;
    Some(Part { text: (rest[..end].to_owned() + more).into(), next: Some(offset + end) })
}
pub(crate) fn ended_at(text: &str, limit: usize, mark: &str) -> (String, usize) {
    let part = part_at(text, 0, mark, false);
    match part {
        Some(part) => (part.text.into_owned(), text.len() - part.next.unwrap()),
        None => (String::new(), text.len()),
    }
}
