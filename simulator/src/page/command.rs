//! The `wechat-sim` command that pushes the same message again.

use std::fmt::Write as _;

use super::draft::Draft;
use crate::DEFAULT_FAN;

/// The command for a POSIX shell. Fields with the catalogue's sample values are left out.
pub(super) fn of(draft: &Draft) -> String {
    if let Some(xml) = &draft.raw {
        return format!("wechat-sim raw - <<'XML'\n{xml}\nXML");
    }
    let (mut command, kind) = match (&draft.event, draft.kind.as_deref()) {
        (Some(event), _) => (format!("wechat-sim event {}", quoted(event)), crate::catalogue::event(event)),
        (None, kind) => {
            let kind = kind.unwrap_or("text");
            (format!("wechat-sim send {}", quoted(kind)), crate::catalogue::message(kind))
        }
    };
    for (path, value) in &draft.fields {
        let is_sample = kind.is_some_and(|kind| {
            let mut fields = kind.fields().iter();
            fields.any(|field| !field.optional && field.path == *path && field.default == *value)
        });
        let is_text = draft.event.is_none() && draft.kind.as_deref() == Some("text") && path == "Content";
        if is_text {
            let _ = write!(command, " {}", quoted(value));
        } else if !is_sample {
            let _ = write!(command, " --field {}", quoted(&format!("{path}={value}")));
        }
    }
    if draft.fan != DEFAULT_FAN {
        let _ = write!(command, " --from {}", quoted(&draft.fan));
    }
    command
}

/// Quotes the text unless it is a plain word.
fn quoted(text: &str) -> String {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    match !text.is_empty() && text.bytes().all(is_word) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(kind: Option<&str>, event: Option<&str>, fields: &[(&str, &str)]) -> Draft {
        Draft {
            fan: DEFAULT_FAN.to_owned(),
            kind: kind.map(str::to_owned),
            event: event.map(str::to_owned),
            fields: fields.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect(),
            raw: None,
        }
    }

    #[test]
    fn a_text_is_an_argument() {
        let text = draft(Some("text"), None, &[("Content", "it's 你好")]);
        assert_eq!(of(&text), r"wechat-sim send text 'it'\''s 你好'");
    }

    #[test]
    fn fields_are_named_unless_they_hold_the_sample() {
        let image =
            draft(Some("image"), None, &[("PicUrl", "http://a/"), ("MediaId", "sample-image-media-id")]);
        assert_eq!(of(&image), "wechat-sim send image --field 'PicUrl=http://a/'");
        let click = draft(None, Some("CLICK"), &[("EventKey", "HELP")]);
        assert_eq!(of(&click), "wechat-sim event CLICK --field 'EventKey=HELP'");
    }

    #[test]
    fn another_fan_is_named() {
        let follow = Draft { fan: "阿花".to_owned(), ..draft(None, Some("subscribe"), &[]) };
        assert_eq!(of(&follow), "wechat-sim event subscribe --from '阿花'");
    }

    #[test]
    fn raw_xml_is_read_from_the_standard_input() {
        let raw = Draft { raw: Some("<xml/>".to_owned()), ..draft(None, None, &[]) };
        assert_eq!(of(&raw), "wechat-sim raw - <<'XML'\n<xml/>\nXML");
    }
}
