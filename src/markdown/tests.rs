use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{Blocks, to_text};

#[test]
fn headings_and_emphasis_lose_their_marks() {
    assert_eq!(
        to_text("# 一\n文\n\n二\n==\n## 三\n\n**粗** *斜* ***both*** __b__"),
        "一\n文\n\n二\n三\n粗 斜 both b"
    );
}

#[test]
fn strong_emphasis_beside_chinese_punctuation_loses_its_marks() {
    assert_eq!(to_text("**注意：**请看**这里**。"), "注意：请看这里。");
    assert_eq!(to_text("请看**“重点”**的`2**3`"), "请看“重点”的2**3");
    assert_eq!(to_text("- **第一：**好\n- **第二（2）**的"), "• 第一：好\n• 第二（2）的");
    assert_eq!(to_text("二 ** 三，四 ** 五"), "二 ** 三，四 ** 五");
    assert_eq!(to_text("还没完：**注意"), "还没完：**注意");
}

#[test]
fn lists_are_indented_and_have_bullets_or_numbers() {
    let list = "- a\n  - b\n\n    more\n- c\n\n3. x\n4. y\n   - z\n\n- [ ] to do\n- [x] done";
    assert_eq!(to_text(list), "• a\n  • b\n    more\n• c\n\n3. x\n4. y\n  • z\n\n• ☐ to do\n• ☑ done");
    assert_eq!(to_text("-\n- b"), "• \n• b");
}

#[test]
fn code_stays_as_it_is() {
    let code = "看：\n```rust\nfn main() {\n\n\n    a::<B>(**c);\n}\n```\n完\n\n    indented *x*\n";
    assert_eq!(to_text(code), "看：\n\nfn main() {\n\n\n    a::&lt;B&gt;(**c);\n}\n\n完\n\nindented *x*");
    assert_eq!(to_text("1. 如下\n   ```\n   a\n\n     b\n   ```\n2. 完"), "1. 如下\n  a\n\n    b\n2. 完");
    assert_eq!(to_text("``a`b``"), "a`b");
}

#[test]
fn web_links_and_images_are_links_and_others_stand_in_brackets() {
    assert_eq!(to_text("[a *b*](https://e.com/?x=1&y=2)"), "<a href=\"https://e.com/?x=1&y=2\">a b</a>");
    assert_eq!(to_text("![图](HTTP://e.com/a.png)"), "<a href=\"HTTP://e.com/a.png\">图</a>");
    assert_eq!(to_text("![](http://e.com/a.png)"), "<a href=\"http://e.com/a.png\">http://e.com/a.png</a>");
    assert_eq!(to_text("[![图](b.png)](http://e.com)"), "<a href=\"http://e.com\">图</a>");
    assert_eq!(to_text("[a](javascript:alert%281%29) [b](/c) [d]()"), "a (javascript:alert%281%29) b (/c) d");
    assert_eq!(
        to_text("[a](<http://e.com/\" onclick='>)"),
        "<a href=\"http://e.com/%22%20onclick=%27\">a</a>"
    );
    assert_eq!(to_text("<https://e.com> <me@e.com>"), "<a href=\"https://e.com\">https://e.com</a> me@e.com");
    assert_eq!(to_text("[a][1]\n\n[1]: http://e.com"), "<a href=\"http://e.com\">a</a>");
    let long = format!("http://e.com/{}", "x".repeat(2000));
    assert_eq!(to_text(&format!("[a]({long})")), format!("a ({long})"));
}

#[test]
fn tables_quotations_and_rules_are_lines() {
    assert_eq!(
        to_text("| 名 | 岁 |\n|---|:-:|\n| **王** | 3 |\n|  | 4 |\n| 李 |"),
        "名 | 岁\n王 | 3\n | 4\n李"
    );
    assert_eq!(to_text("> a\n> b\n>\n> > c\n\n---\n\nd"), "| a\n| b\n| | c\n\n———\n\nd");
}

#[test]
fn of_html_the_text_remains() {
    assert_eq!(to_text("a<br>b <b>c</b><!-- d -->"), "a\nb c");
    assert_eq!(
        to_text("<div class=\"x\">\n  <p>a &lt; b</p>\n\n</div>\n\n<!-- c\n\nd -->\n\ne"),
        "a &lt; b\n\ne"
    );
    assert_eq!(to_text("<script>\n1 < 2\n"), "1 &lt; 2");
    assert_eq!(to_text("<div"), "");
    assert_eq!(to_text("a <di"), "a &lt;di");
}

#[test]
fn what_is_not_closed_ends_with_the_text() {
    assert_eq!(to_text("```rust\nlet a"), "let a");
    assert_eq!(to_text("看 [这里](https://e.co"), "看 [这里](https://e.co");
    assert_eq!(to_text("- a\n-"), "• a\n• ");
    assert_eq!(to_text(""), "");
    assert_eq!(to_text("\n\n"), "");
}

#[test]
fn what_is_nested_or_repeated_takes_linear_time_and_memory() {
    let size = 65_536;
    let lazy = format!("{}a\n{}", ">".repeat(1000), "b\n".repeat(10_000));
    let table = format!("{}\n{}\n{}", "|a".repeat(4000), "|-".repeat(4000), "|b\n".repeat(10_000));
    let code = format!("{}```\n{}", "- ".repeat(1000), "b\n".repeat(10_000));
    let hostile: Vec<String> = [
        ">",
        "> ",
        "- ",
        "1. ",
        "[",
        "![",
        "[a](",
        "*",
        "**a",
        "_a",
        "`",
        "``a`",
        "<",
        "<a ",
        "<!--",
        "&",
        "|",
        "#",
        "<b>",
        "<br>",
        "a\n",
        "**一",
        "![a](http://e.com)",
        "**（一）**二",
        "\n",
        "- a\n",
        "***一 ",
        "<div>\n",
        "[]: a\n",
    ]
    .iter()
    .map(|piece| piece.repeat(size / piece.len()))
    .chain([lazy, table, code, format!("{}x{}", "![".repeat(9000), "](a)".repeat(9000))])
    .collect();
    for markdown in hostile {
        let started = Instant::now();
        let text = to_text(&markdown);
        let start: String = markdown.chars().take(12).collect();
        assert!(text.len() <= 12 * markdown.len(), "{start:?}: {}", text.len());
        let mut blocks = Blocks::new();
        for piece in markdown.as_bytes().chunks(64) {
            let _ = blocks.push(&String::from_utf8_lossy(piece));
        }
        let _ = blocks.finish();
        assert!(started.elapsed() < Duration::from_secs(10), "{start:?}: {:?}", started.elapsed());
    }
}

fn markdown() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z一-龥。，]{1,12}",
        4 => Just("\n".to_owned()),
        2 => Just("\n\n".to_owned()),
        1 => "[ \t]{1,5}",
        4 => prop::sample::select(vec![
            "# ", "## ", "- ", "* ", "1. ", "2) ", "> ", "```", "```rust", "~~~", "`", "**", "*", "_", "---", "===", "| a | b |",
            "|---|---|", "|", "[a](https://e.com)", "[", "](", ")", "![b](c.png)", "<b>", "</b>", "<div>", "<!--", "-->", "<",
            ">", "&", "&amp;", "\\", "    ", "- [ ] ", "<https://e.com>", "\"", "\r\n", "<?", "<pre>", "</pre>",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn blocks_together_are_the_text_of_the_whole(
        markdown in markdown(),
        mut cuts in prop::collection::vec(0..400_usize, 0..20),
    ) {
        prop_assume!(!markdown.contains("]:"));
        cuts.retain(|cut| markdown.is_char_boundary(*cut));
        cuts.extend([0, markdown.len()]);
        cuts.sort_unstable();
        let mut blocks = Blocks::new();
        let mut text = String::new();
        for cut in cuts.windows(2) {
            text.push_str(&blocks.push(&markdown[cut[0]..cut[1]]));
        }
        text.push_str(&blocks.finish());
        prop_assert_eq!(text, to_text(&markdown));
    }

    #[test]
    fn only_links_are_structure(markdown in prop_oneof![markdown(), "\\PC{0,200}"]) {
        let mut text = to_text(&markdown);
        while let Some((before, link)) = text.split_once("<a href=\"") {
            let (href, behind) = link.split_once("\">").expect("ended");
            prop_assert!(href.starts_with("http") && !href.contains(['<', '>', '"', '\'']));
            let (inner, behind) = behind.split_once("</a>").expect("closed");
            text = [before, inner, behind].concat();
        }
        for escape in ["&lt;", "&gt;", "&amp;"] {
            text = text.replace(escape, "");
        }
        prop_assert!(!text.contains(['<', '>', '&']), "{}", text);
    }
}
