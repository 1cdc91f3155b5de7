use pulldown_cmark::{CowStr, Event, Parser, Tag, TagEnd, TextMergeStream};

use super::{OPTIONS, html};
use crate::reply::escape;

/// How many levels of lists and quotations are indented: with all of them, the text could be far longer than its source.
const MAX_DEPTH: usize = 8;

/// The longest link, in bytes. A longer one would not fit into a part of a text.
const MAX_LINK: usize = 1500;

const STRONG: &str = "**";

/// Writes the text of the events of the parser.
#[derive(Default)]
pub(super) struct Renderer {
    out: String,
    /// Whether there was text, which may have been taken.
    is_started: bool,
    /// Whether the current line has text.
    is_in_line: bool,
    /// Line breaks before the next text.
    breaks: usize,
    /// Separators of cells before the next text.
    separators: usize,
    is_behind_heading: bool,
    is_first_cell: bool,
    containers: Vec<Container>,
    /// The next number of each list, the innermost last. `None` for bullets.
    numbers: Vec<Option<u64>>,
    code: bool,
    /// What is read of a block of HTML.
    html: Option<String>,
    anchor: Option<Anchor>,
    /// Where marks of strong emphasis are left in the block: the rules of CommonMark take Chinese punctuation beside
    /// them for a reason not to see them.
    strong: Vec<usize>,
}

enum Container {
    Quote,
    /// With its bullet or number until that is written.
    Item(Option<String>),
}

/// A link or an image, in which no other is.
struct Anchor {
    url: String,
    start: usize,
    /// Links and images around the current text.
    depth: usize,
}

impl Renderer {
    /// The text of whole blocks.
    pub(super) fn render(&mut self, markdown: &str) -> String {
        TextMergeStream::new(Parser::new_ext(markdown, OPTIONS)).for_each(|event| self.event(event));
        std::mem::take(&mut self.out)
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text(&text),
            Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => self.line(&text, false),
            Event::Html(text) => self.html.get_or_insert_default().push_str(&text),
            Event::InlineHtml(tag) if html::is_break(tag.trim_matches(['<', '>'])) => self.line_break(),
            Event::InlineHtml(_) | Event::FootnoteReference(_) => {}
            Event::SoftBreak | Event::HardBreak => self.line_break(),
            Event::Rule => {
                self.block();
                self.line("———", false);
            }
            Event::TaskListMarker(is_done) => self.line(if is_done { "☑ " } else { "☐ " }, false),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::Heading { .. } | Tag::HtmlBlock | Tag::Table(_) => self.block(),
            Tag::CodeBlock(_) => {
                self.block();
                self.code = true;
            }
            Tag::BlockQuote(_) => {
                self.block();
                self.containers.push(Container::Quote);
            }
            Tag::List(first) => {
                self.block();
                self.numbers.push(first);
            }
            Tag::Item => {
                self.next_line();
                let marker = match self.numbers.last_mut() {
                    Some(Some(number)) => {
                        let marker = format!("{number}. ");
                        *number = number.saturating_add(1);
                        marker
                    }
                    _ => "• ".to_owned(),
                };
                self.containers.push(Container::Item(Some(marker)));
            }
            Tag::TableHead | Tag::TableRow => {
                self.next_line();
                self.is_first_cell = true;
            }
            Tag::TableCell => {
                self.separators = self.separators.saturating_add(usize::from(!self.is_first_cell));
                self.is_first_cell = false;
            }
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => self.start_anchor(&dest_url),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => self.end_block(),
            TagEnd::Heading(_) => {
                self.end_block();
                self.is_behind_heading = true;
            }
            TagEnd::CodeBlock => {
                self.end_block();
                self.code = false;
            }
            TagEnd::HtmlBlock => {
                let html = self.html.take().unwrap_or_default();
                self.text(&html::text(&html));
                self.end_block();
            }
            TagEnd::BlockQuote(_) => drop(self.containers.pop()),
            TagEnd::List(_) => drop(self.numbers.pop()),
            TagEnd::Item => {
                if matches!(self.containers.last(), Some(Container::Item(Some(_)))) {
                    self.begin_line();
                }
                self.end_block();
                self.containers.pop();
            }
            TagEnd::TableCell => self.end_inline(),
            TagEnd::TableHead | TagEnd::TableRow => self.separators = 0,
            TagEnd::Link | TagEnd::Image => self.end_anchor(),
            _ => {}
        }
    }

    /// A block begins: behind a blank line, unless it is inside of another or behind its heading.
    fn block(&mut self) {
        self.end_inline();
        let is_close = self.is_behind_heading || !self.containers.is_empty() || !self.numbers.is_empty();
        self.breaks = self.breaks.max(if is_close { 1 } else { 2 });
    }

    fn end_block(&mut self) {
        self.end_inline();
        self.breaks = 0;
    }

    fn next_line(&mut self) {
        self.end_inline();
        self.breaks = self.breaks.max(1);
    }

    fn line_break(&mut self) {
        if self.anchor.is_some() {
            self.line(" ", false);
        } else if self.is_in_line {
            self.breaks = self.breaks.saturating_add(1);
        }
    }

    fn text(&mut self, text: &str) {
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                self.breaks = self.breaks.saturating_add(1);
            }
            self.line(line, !self.code);
        }
    }

    /// Writes what has no line break, of which marks may be left.
    fn line(&mut self, text: &str, may_be_marked: bool) {
        if text.is_empty() {
            return;
        }
        self.begin_line();
        let mut rest = text;
        while may_be_marked && let Some((before, behind)) = rest.split_once(STRONG) {
            escape(before, &mut self.out);
            self.strong.push(self.out.len());
            self.out.push_str(STRONG);
            rest = behind;
        }
        escape(rest, &mut self.out);
    }

    /// Writes what stands before the next text.
    fn begin_line(&mut self) {
        if self.breaks > 0 && self.is_started {
            let breaks = if self.code { self.breaks } else { self.breaks.min(2) };
            self.out.extend(std::iter::repeat_n('\n', breaks));
            self.is_in_line = false;
        }
        self.breaks = 0;
        self.is_started = true;
        self.is_behind_heading = false;
        if !self.is_in_line {
            self.is_in_line = true;
            for container in self.containers.iter_mut().take(MAX_DEPTH) {
                container.indent(&mut self.out);
            }
            // Its marker is written even if it is not indented.
            if let Some(item @ Container::Item(Some(_))) = self.containers.last_mut() {
                item.indent(&mut self.out);
            }
        }
        for _ in 0..std::mem::take(&mut self.separators) {
            self.out.push_str(" | ");
        }
    }

    fn start_anchor(&mut self, url: &CowStr<'_>) {
        if let Some(anchor) = &mut self.anchor {
            anchor.depth = anchor.depth.saturating_add(1);
            return;
        }
        self.begin_line();
        self.anchor = Some(Anchor { url: url.to_string(), start: self.out.len(), depth: 1 });
    }

    fn end_anchor(&mut self) {
        let Some(mut anchor) = self.anchor.take() else { return };
        anchor.depth = anchor.depth.saturating_sub(1);
        if anchor.depth > 0 {
            self.anchor = Some(anchor);
            return;
        }
        let text = self.out.split_off(anchor.start);
        self.strong.retain(|at| *at < anchor.start);
        let href = href(&anchor.url).filter(|href| href.len().saturating_add(text.len()) <= MAX_LINK);
        let mut url = String::new();
        escape(&anchor.url, &mut url);
        let text = if text.is_empty() { &url } else { &text };
        match href {
            Some(href) => self.out.extend(["<a href=\"", &href, "\">", text, "</a>"]),
            None if *text == url || url.is_empty() => self.out.push_str(text),
            None => self.out.extend([text, " (", &url, ")"]),
        }
    }

    /// Removes the marks around strong emphasis that are left beside what is not ASCII.
    fn end_inline(&mut self) {
        let marks = std::mem::take(&mut self.strong);
        let Some(first) = marks.first().copied() else { return };
        let mut removed = Vec::new();
        let mut marks = marks.into_iter().peekable();
        while let Some(open) = marks.next() {
            if let Some(close) = marks.next_if(|close| is_strong(&self.out, open, *close)) {
                removed.extend([open, close]);
            }
        }
        let tail = self.out.split_off(first);
        let mut written = 0;
        for mark in removed.into_iter().map(|mark| mark.saturating_sub(first)) {
            self.out.push_str(tail.get(written..mark).unwrap_or_default());
            written = mark.saturating_add(STRONG.len());
        }
        self.out.push_str(tail.get(written..).unwrap_or_default());
    }
}

impl Container {
    fn indent(&mut self, out: &mut String) {
        match self {
            Self::Quote => out.push_str("| "),
            Self::Item(marker) => out.push_str(&marker.take().unwrap_or_else(|| "  ".to_owned())),
        }
    }
}

/// Whether the marks at `open` and `close` are those of one strong emphasis in a text that is not English.
fn is_strong(text: &str, open: usize, close: usize) -> bool {
    let parts = || {
        let (before, rest) = text.split_at_checked(open)?;
        let inner = rest.get(STRONG.len()..close.checked_sub(open)?)?;
        Some((before, inner, text.get(close.checked_add(STRONG.len())?..)?))
    };
    parts().is_some_and(|(before, inner, behind)| {
        let edges = [
            before.chars().next_back(),
            inner.chars().next(),
            inner.chars().next_back(),
            behind.chars().next(),
        ];
        !inner.is_empty() && inner.trim() == inner && edges.into_iter().flatten().any(|char| !char.is_ascii())
    })
}

/// `url` as WeChat takes it in a link, if it may be one.
fn href(url: &str) -> Option<String> {
    let is_web = ["http://", "https://"]
        .iter()
        .any(|scheme| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    is_web.then(|| {
        let mut href = String::with_capacity(url.len());
        for char in url.chars() {
            match char {
                '"' => href.push_str("%22"),
                '\'' => href.push_str("%27"),
                '<' => href.push_str("%3C"),
                '>' => href.push_str("%3E"),
                char if char.is_whitespace() || char.is_control() => href.push_str("%20"),
                char => href.push(char),
            }
        }
        href
    })
}
