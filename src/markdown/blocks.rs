use pulldown_cmark::{Event, Parser, Tag};

use super::OPTIONS;
use super::render::Renderer;

/// Turns markdown that arrives in pieces into text, block by block.
///
/// What it returns is together what [`to_text`](super::to_text) makes of the whole, except that links whose address is
/// defined elsewhere (`[text][name]`) are not resolved. A paragraph is returned soon after the blank line behind it, a list
/// or a block of code soon after the first line of what follows. The unfinished block is kept in memory.
///
/// ```
/// use wechat_callback::markdown::Blocks;
///
/// let mut blocks = Blocks::new();
/// assert_eq!(blocks.push("# 春"), "");
/// assert_eq!(blocks.push("晓\n\n**春眠**"), "春晓");
/// assert_eq!(blocks.push("不觉晓"), "");
/// assert_eq!(blocks.finish(), "\n春眠不觉晓");
/// ```
#[derive(Default)]
#[must_use = "`finish` returns the last block"]
pub struct Blocks {
    markdown: String,
    /// How much of `markdown` must be there before it is parsed again, so that all of that takes linear time.
    parse_at: usize,
    renderer: Renderer,
}

impl Blocks {
    /// Without any markdown.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a piece of markdown, and returns the text of the blocks that are finished by now.
    #[must_use]
    pub fn push(&mut self, piece: &str) -> String {
        let known = self.markdown.len();
        self.markdown.push_str(piece);
        // A line that is not complete may still belong to another block.
        let Some(line) = piece.rfind('\n') else { return String::new() };
        let lines = known.saturating_add(line).saturating_add(1);
        if lines < self.parse_at {
            return String::new();
        }
        let complete = self.markdown.get(..lines).unwrap_or_default();
        let finished = finished(complete);
        let text = self.renderer.render(complete.get(..finished).unwrap_or_default());
        self.markdown.drain(..finished);
        let unfinished = lines.saturating_sub(finished);
        self.parse_at = unfinished.saturating_add(unfinished / 16);
        text
    }

    /// Returns the text of the last block.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.renderer.render(&self.markdown)
    }
}

/// Without what was written.
impl std::fmt::Debug for Blocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blocks").finish_non_exhaustive()
    }
}

/// How many bytes of complete lines belong to blocks that no later line can change.
fn finished(lines: &str) -> usize {
    let mut depth = 0_usize;
    let mut last = None;
    for (event, range) in Parser::new_ext(lines, OPTIONS).into_offset_iter() {
        if depth == 0 {
            let ends_with_blank_line = matches!(
                event,
                Event::Start(Tag::Paragraph | Tag::Heading { .. } | Tag::Table(_)) | Event::Rule
            );
            last = Some((range.start, ends_with_blank_line));
        }
        match event {
            Event::Start(_) => depth = depth.saturating_add(1),
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0
            && let Some((start, _)) = &mut last
        {
            *start = (*start).min(range.start);
        }
    }
    let Some((start, ends_with_blank_line)) = last else { return 0 };
    let is_behind_blank_line = || lines.lines().next_back().is_some_and(|line| line.trim().is_empty());
    if ends_with_blank_line && is_behind_blank_line() {
        return lines.len();
    }
    // With its indentation.
    lines.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |line| line.saturating_add(1))
}
