/// Writes an element that holds `text` in CDATA, without the characters that XML cannot hold.
#[inline]
pub(crate) fn element(out: &mut String, name: &str, text: &str) {
    for part in ["<", name, "><![CDATA["] {
        out.push_str(part);
    }
    push_cdata(out, text);
    for part in ["]]></", name, ">"] {
        out.push_str(part);
    }
}

/// Writes a tag that begins with `open`.
#[inline]
pub(crate) fn tag(out: &mut String, open: &str, name: &str) {
    out.push_str(open);
    out.push_str(name);
    out.push('>');
}

/// Drops the characters that XML 1.0 forbids and splits every `]]>` over two sections: for a reply with either, WeChat
/// shows its failure notice.
///
/// `]]>` is searched for in the output, not in `text`, because characters that are dropped may be inside it.
fn push_cdata(out: &mut String, mut text: &str) {
    while let Some(at) = first_special(text.as_bytes()) {
        let Some((plain, rest)) = text.split_at_checked(at) else { break };
        push_plain(out, plain);
        let mut chars = rest.chars();
        let Some(char) = chars.next() else { break };
        if is_allowed(char) {
            out.push(char);
        }
        text = chars.as_str();
    }
    push_plain(out, text);
}

/// Writes a text without special characters. `]` is one, so only the first character of the text can end the section.
fn push_plain(out: &mut String, text: &str) {
    if text.starts_with('>') && out.ends_with("]]") {
        out.push_str("]]><![CDATA[");
    }
    out.push_str(text);
}

/// The position of the first byte that may be special: `]`, a control character, or the first byte of U+FFFE and U+FFFF
/// (and of some harmless neighbours).
///
/// Every text of every reply is searched here. Byte by byte that was a tenth of sealing a short reply, so it searches
/// steps of 32 bytes first, which the compiler turns into vector code, then words, then bytes.
fn first_special(bytes: &[u8]) -> Option<usize> {
    let is_special = |byte: u8| byte < 0x20 || byte == b']' || byte == 0xEF;
    let (steps, _) = bytes.as_chunks::<32>();
    let clean = steps.iter().take_while(|step| !step.iter().fold(false, |any, byte| any | is_special(*byte)));
    let skipped = clean.count().saturating_mul(32);

    let (words, _) = bytes.get(skipped..)?.as_chunks::<8>();
    let clean = words.iter().take_while(|word| !may_be_special(u64::from_le_bytes(**word)));
    let skipped = skipped.saturating_add(clean.count().saturating_mul(8));

    let found = bytes.get(skipped..)?.iter().position(|byte| is_special(*byte))?;
    skipped.checked_add(found)
}

/// Whether one of eight bytes is special. All are tested at once: subtracting more than a byte holds borrows, which
/// shows in its highest bit.
fn may_be_special(word: u64) -> bool {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHEST_BITS: u64 = u64::from_le_bytes([0x80; 8]);
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES.wrapping_mul(limit)) & !word;
    let equal = |byte: u8| below(word ^ u64::from_le_bytes([byte; 8]), 1);
    (below(word, 0x20) | equal(b']') | equal(0xEF)) & HIGHEST_BITS != 0
}

/// XML 1.0's `Char`.
pub(crate) fn is_allowed(char: char) -> bool {
    !matches!(char, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> String {
        let mut out = String::new();
        element(&mut out, "A", text);
        out
    }

    #[test]
    fn a_text_stands_in_cdata() {
        assert_eq!(text("你好 <a href=\"x\">&"), "<A><![CDATA[你好 <a href=\"x\">&]]></A>");
    }

    #[test]
    fn the_end_of_cdata_is_split() {
        assert_eq!(text("a]]>b]]]>"), "<A><![CDATA[a]]]]><![CDATA[>b]]]]]><![CDATA[>]]></A>");
        assert_eq!(text("]]"), "<A><![CDATA[]]]]></A>");
    }

    #[test]
    fn the_end_of_cdata_is_split_whatever_is_dropped_out_of_it() {
        for dropped in ["\u{0}", "\u{2}", "\u{1f}", "\u{fffe}", "\u{ffff}", "\u{1}\u{fffe}\u{1}"] {
            for end in [
                format!("]{dropped}]>"),
                format!("]]{dropped}>"),
                format!("{dropped}]{dropped}]{dropped}>{dropped}"),
            ] {
                assert_eq!(text(&format!("a{end}b")), "<A><![CDATA[a]]]]><![CDATA[>b]]></A>", "{end:?}");
            }
        }
        assert_eq!(text("]]\n>]]，>"), "<A><![CDATA[]]\n>]]，>]]></A>");
    }

    #[test]
    fn characters_that_xml_forbids_are_left_out() {
        let forbidden: String = (0..=0x1fu8)
            .map(char::from)
            .filter(|char| !"\t\n\r".contains(*char))
            .chain(['\u{fffe}', '\u{ffff}'])
            .collect();
        assert_eq!(forbidden.chars().count(), 31);
        assert_eq!(
            text(&format!("a{forbidden}\t\n\r，！\u{fffd}😀")),
            "<A><![CDATA[a\t\n\r，！\u{fffd}😀]]></A>"
        );
    }

    #[test]
    fn a_special_character_is_found_wherever_it_stands() {
        for before in 0..100 {
            let plain = "x".repeat(before);
            assert_eq!(text(&format!("{plain}\u{1}y")), text(&format!("{plain}y")), "after {before}");
        }
    }

    #[test]
    fn no_special_byte_hides_in_a_word_and_hardly_any_other_seems_special() {
        for byte in 0..=u8::MAX {
            let special = byte < 0x20 || byte == b']' || byte == 0xEF;
            for at in 0..8 {
                let mut word = *b"abcdefgh";
                word[at] = byte;
                assert_eq!(may_be_special(u64::from_le_bytes(word)), special, "{byte:#x} at {at}");
            }
        }
    }
}
