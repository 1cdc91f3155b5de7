//! Texts of users: whatever they hold, the message has the elements that WeChat wrote.
//!
//! An input is a letter for the kind of message, from `A`, a letter for how it is laid out, from `A`, and the texts,
//! separated by U+001F. A text that is U+001D has no element, and one that is U+001E an empty element.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wechat_callback::Message;
use wechat_callback::message::{Field, Fields};
use wechat_callback_fuzz::kinds::{KINDS, Kind, Layout, Writing, document, text_names};

const MISSING: &str = "\u{1d}";
const EMPTY: &str = "\u{1e}";

struct Input<'a> {
    kind: &'a Kind,
    layout: Layout,
    writing: Writing,
    texts: Vec<String>,
}

impl Input<'_> {
    fn read(input: &[u8]) -> Option<Self> {
        let (&[kind, layout], texts) = input.split_first_chunk()?;
        let kind = &KINDS[usize::from(kind.wrapping_sub(b'A')) % KINDS.len()];
        let layout = usize::from(layout.wrapping_sub(b'A')) % (2 * Layout::ALL.len());
        let writing = if layout < Layout::ALL.len() { Writing::Unsplit } else { Writing::Split };
        let layout = Layout::ALL[layout % Layout::ALL.len()];
        let count = text_names(kind).count();
        let texts = str::from_utf8(texts).ok()?.splitn(count, '\u{1f}');
        let mut texts: Vec<_> = texts
            .map(|text| {
                if [MISSING, EMPTY].contains(&text) {
                    text.into()
                } else {
                    text.replace(['\u{1d}', '\u{1e}'], "")
                }
            })
            .collect();
        texts.resize(count, String::new());
        // In another order than WeChat's, texts beside each other can be read in more ways than one.
        let is_readable =
            count == 1 || writing == Writing::Split || Layout::IN_WECHATS_ORDER.contains(&layout);
        is_readable.then_some(Self { kind, layout, writing, texts })
    }

    /// The message with these texts in its elements.
    fn document(&self, texts: &[String]) -> String {
        let mut xml = document(self.kind, self.layout, self.writing, texts);
        for (name, text) in text_names(self.kind).zip(texts) {
            let around = if self.layout == Layout::Blanks { " \n" } else { "" };
            let element = format!("<{name}>{around}<![CDATA[{text}]]>{around}</{name}>");
            match text.as_str() {
                MISSING => xml = xml.replacen(&element, "", 1),
                EMPTY => xml = xml.replacen(&element, &format!("<{name}></{name}>"), 1),
                _ => {}
            }
        }
        xml
    }

    fn is_text(&self, field: Field<'_>) -> bool {
        field.fields().is_empty() && text_names(self.kind).any(|text| text == field.name())
    }

    /// WeChat's own elements, as text.
    fn own(&self, fields: Fields<'_>) -> String {
        let own = fields.filter(|field| !self.is_text(*field));
        own.map(|field| format!("{}={:?}[{}]", field.name(), field.text(), self.own(field.fields())))
            .collect()
    }

    /// The names and texts of users' elements.
    fn texts<'m>(&self, fields: Fields<'m>) -> Vec<(&'m str, &'m str)> {
        let mut texts = Vec::new();
        for field in fields {
            match self.is_text(field) {
                true => texts.push((field.name(), field.text())),
                false => texts.extend(self.texts(field.fields())),
            }
        }
        texts
    }
}

fuzz_target!(|input: &[u8]| {
    let Some(input) = Input::read(input) else { return };
    let xml = input.document(&input.texts);
    let message = Message::from_xml(&xml).unwrap_or_else(|error| panic!("{error}: {xml:?}"));
    let harmless = input.texts.iter().map(|text| match text.as_str() {
        MISSING | EMPTY => text.clone(),
        _ => "x".to_owned(),
    });
    let plain = Message::from_xml(&input.document(&harmless.collect::<Vec<_>>())).expect("a plain message");
    assert_eq!(input.own(message.fields()), input.own(plain.fields()), "{xml:?}");
    assert!(message.head == plain.head, "{xml:?}");

    let read = input.texts(message.fields());
    let names: Vec<_> = read.iter().map(|(name, _)| *name).collect();
    let written: Vec<_> =
        text_names(input.kind).zip(&input.texts).filter(|(_, text)| *text != MISSING).collect();
    let expected: Vec<_> = written.iter().map(|(name, _)| *name).collect();
    if names != expected {
        // A text can look like the whole element of another that is missing, and nothing tells them apart.
        assert!(written.len() < input.texts.len(), "{xml:?}");
        let mut all = text_names(input.kind).filter(|name| names.contains(name));
        assert!(names.iter().all(|name| all.next() == Some(*name)), "{xml:?}");
        assert!(expected.iter().all(|name| names.contains(name)), "{xml:?}");
        return;
    }
    // Where the texts end is certain if there is one, or if WeChat escapes them.
    let is_certain = input.texts.len() == 1 && !input.texts[0].contains("]]]]><![CDATA[>");
    if is_certain || input.writing == Writing::Split {
        let texts = written.into_iter().map(|(name, text)| (name, if text == EMPTY { "" } else { text }));
        assert!(read.into_iter().eq(texts), "{xml:?}");
    }
});
