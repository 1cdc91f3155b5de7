//! The `wechat-sim` command that pushes the same message again. It works as pasted in any POSIX shell that has the
//! account's environment variables; the secrets are not in it.

use std::env;
use std::fmt::Write as _;
use std::path::Path;

use super::draft::Draft;
use crate::DEFAULT_FAN;
use crate::catalogue::{self, Kind};

/// What a command needs beside the message.
#[derive(Clone, Debug, Default)]
pub(super) struct CommandContext {
    /// `wechat-sim`, or the path of the running one if the shell would not find it.
    pub(super) program: String,
    /// The bot's URL, unless the bot is in this process.
    pub(super) url: Option<String>,
    pub(super) allow_remote: bool,
    pub(super) split_cdata: bool,
}

impl CommandContext {
    /// The command that pushes `draft`, whose XML is `xml`. Fields with the catalogue's sample values are left out. What
    /// the catalogue lacks is pushed as raw XML.
    pub(super) fn command(&self, draft: &Draft, xml: &str) -> String {
        let kind = draft.catalogued();
        let mut command = match kind {
            Some(kind) => format!("{} {}", self.program, message(kind, draft)),
            None => format!("{} raw -", self.program),
        };
        self.add_target(&mut command);
        if kind.is_some() && self.split_cdata {
            command.push_str(" --split-cdata");
        }
        if kind.is_none() {
            let end = delimiter(xml);
            let _ = write!(command, " <<'{end}'\n{xml}\n{end}");
        }
        command
    }

    /// The command that tries an attack.
    pub(super) fn attack(&self, name: &str) -> String {
        let mut command = format!("{} attack {name}", self.program);
        self.add_target(&mut command);
        command
    }

    /// Adds where the bot is.
    fn add_target(&self, command: &mut String) {
        if let Some(url) = &self.url {
            let _ = write!(command, " --url {}", quoted(url));
        }
        if self.allow_remote {
            command.push_str(" --allow-remote");
        }
    }
}

fn message(kind: &Kind, draft: &Draft) -> String {
    let verb = if kind.event().is_some() { "event" } else { "send" };
    let mut command = format!("{verb} {}", kind.name());
    for (path, value) in &draft.fields {
        let is_sample =
            |field: &catalogue::Field| !field.optional && field.path == *path && field.default == *value;
        // A value that starts like an option would be one.
        if kind.name() == "text" && path == "Content" && !value.starts_with('-') {
            let _ = write!(command, " {}", quoted(value));
        } else if !kind.fields().iter().any(is_sample) {
            let _ = write!(command, " --field {}", quoted(&format!("{path}={value}")));
        }
    }
    if draft.fan != DEFAULT_FAN {
        let _ = write!(command, " --from {}", quoted(&draft.fan));
    }
    command
}

/// A line that does not occur in the text.
fn delimiter(text: &str) -> String {
    let mut delimiter = "XML".to_owned();
    while text.lines().any(|line| line == delimiter) {
        delimiter.push('_');
    }
    delimiter
}

/// The name of this program if it is `wechat-sim` on the `PATH`; otherwise its path, such as one below `target`. In another
/// program it is the name.
pub(super) fn program() -> String {
    let name = "wechat-sim";
    let Some(own) = env::current_exe().ok().filter(|path| path.file_stem().is_some_and(|stem| stem == name))
    else {
        return name.to_owned();
    };
    let is_own = |found: &Path| found.canonicalize().ok() == own.canonicalize().ok();
    let path = env::var_os("PATH").unwrap_or_default();
    let first = env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    match first.is_some_and(|first| is_own(&first)) {
        true => name.to_owned(),
        false => quoted(&own.to_string_lossy()),
    }
}

/// Quotes the text unless it is a plain word or path.
fn quoted(text: &str) -> String {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
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
            account: crate::AccountKind::Official,
        }
    }

    fn of(draft: &Draft) -> String {
        let context = CommandContext { program: program(), ..CommandContext::default() };
        context.command(draft, draft.raw.as_deref().unwrap_or("<xml>of the push</xml>"))
    }

    #[test]
    fn a_text_is_an_argument() {
        let text = draft(Some("text"), None, &[("Content", "it's 你好")]);
        assert_eq!(of(&text), r"wechat-sim send text 'it'\''s 你好'");
        let option = draft(Some("text"), None, &[("Content", "--json")]);
        assert_eq!(of(&option), "wechat-sim send text --field 'Content=--json'");
    }

    #[test]
    fn fields_are_named_unless_they_hold_the_sample() {
        let image =
            draft(Some("image"), None, &[("PicUrl", "http://a/"), ("MediaId", "sample-image-media-id")]);
        assert_eq!(of(&image), "wechat-sim send image --field 'PicUrl=http://a/'");
        let click = draft(None, Some("click"), &[("EventKey", "HELP")]);
        assert_eq!(of(&click), "wechat-sim event CLICK --field 'EventKey=HELP'");
    }

    #[test]
    fn another_fan_is_named() {
        let follow = Draft { fan: "阿花".to_owned(), ..draft(None, Some("subscribe"), &[]) };
        assert_eq!(of(&follow), "wechat-sim event subscribe --from '阿花'");
    }

    #[test]
    fn raw_xml_is_read_from_the_standard_input() {
        let raw = |xml: &str| Draft { raw: Some(xml.to_owned()), ..draft(None, None, &[]) };
        assert_eq!(of(&raw("<xml/>")), "wechat-sim raw - <<'XML'\n<xml/>\nXML");
        assert_eq!(of(&raw("a\nXML\nb")), "wechat-sim raw - <<'XML_'\na\nXML\nb\nXML_");
    }

    #[test]
    fn what_the_catalogue_lacks_is_raw_xml() {
        for draft in [
            draft(Some("sticker"), None, &[("Url", "x")]),
            draft(None, Some("some_future_event"), &[]),
            draft(None, Some("CLICK"), &[("Colour", "x")]),
        ] {
            assert_eq!(of(&draft), "wechat-sim raw - <<'XML'\n<xml>of the push</xml>\nXML");
        }
    }

    #[test]
    fn the_bot_and_what_it_needs_are_named() {
        let context = CommandContext {
            program: "wechat-sim".to_owned(),
            url: Some("http://127.0.0.1:3000/weixin?c_id=21".to_owned()),
            allow_remote: true,
            split_cdata: true,
        };
        let text = draft(Some("text"), None, &[("Content", "a")]);
        assert_eq!(
            context.command(&text, ""),
            "wechat-sim send text a --url 'http://127.0.0.1:3000/weixin?c_id=21' --allow-remote --split-cdata"
        );
    }
}
