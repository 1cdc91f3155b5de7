//! Markdown, as language models write it, as readable text for WeChat's chat, which shows none.
//!
//! ```
//! let answer = "## 春晓\n\n**作者**：[孟浩然](https://example.com/?q=1)\n\n- 春眠不觉晓\n- 处处闻啼鸟\n\n`a < b`";
//! assert_eq!(
//!     wechat_callback::markdown::to_text(answer),
//!     "春晓\n作者：<a href=\"https://example.com/?q=1\">孟浩然</a>\n\n• 春眠不觉晓\n• 处处闻啼鸟\n\na &lt; b"
//! );
//! ```

mod blocks;
mod html;
mod render;
#[cfg(test)]
mod tests;

pub use blocks::Blocks;
use pulldown_cmark::Options;
use render::Renderer;

/// Tables and task lists, beyond CommonMark. What is struck through keeps its marks: without them it would say the opposite.
const OPTIONS: Options = Options::ENABLE_TABLES.union(Options::ENABLE_TASKLISTS);

/// The text of `markdown`, for [`TextReply::new`](crate::TextReply::new): links work in it, and everything else is shown
/// as it is read, escaped as by [`TextReply::literal`](crate::TextReply::literal).
///
/// Headings, emphasis and code lose their marks, lists get bullets or numbers, the cells of tables stand in lines, and of
/// HTML the text remains. Links to `http` and `https` are links, as are images; others stand in brackets. At most eight
/// levels of lists and quotations are indented.
///
/// The markdown may be unfinished: what is not closed ends with it. It takes time and memory linear in its length.
#[must_use]
pub fn to_text(markdown: &str) -> String {
    Renderer::default().render(markdown)
}
