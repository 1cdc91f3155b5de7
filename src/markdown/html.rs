/// The text of a block of HTML: without tags and comments, each line trimmed, without blank lines.
pub(super) fn text(html: &str) -> String {
    let mut bare = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        bare.push_str(before);
        let end = if tag.starts_with("!--") { "-->" } else { ">" };
        if !tag.starts_with(|first: char| first.is_ascii_alphabetic() || "/!?".contains(first)) {
            bare.push('<');
            rest = tag;
        } else if let Some((tag, behind)) = tag.split_once(end) {
            if is_break(tag) {
                bare.push('\n');
            }
            rest = behind;
        } else {
            rest = "";
        }
    }
    bare.push_str(rest);
    let lines: Vec<&str> = bare.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    unescaped(&lines.join("\n"))
}

/// Whether a tag, without its brackets, breaks the line.
pub(super) fn is_break(tag: &str) -> bool {
    tag.trim_end_matches(['/', ' ']).eq_ignore_ascii_case("br")
}

/// With the characters that are written as entities most.
fn unescaped(text: &str) -> String {
    ["&nbsp;", "&quot;", "&#39;", "&lt;", "&gt;", "&amp;"]
        .into_iter()
        .zip(["\u{a0}", "\"", "'", "<", ">", "&"])
        .fold(text.to_owned(), |text, (entity, char)| text.replace(entity, char))
}
