//! Texts of users: whatever they hold, the message has the elements that WeChat wrote.
//!
//! An input is a letter for the kind of message, from `A`, a letter for how it is laid out, from `A`, and the texts,
//! separated by U+001F.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wechat_callback::Message;
use wechat_callback::message::{Field, Fields};
use wechat_callback_fuzz::kinds::{KINDS, Kind, Layout, Writing, document, text_names};

/// The elements as text, but for the texts of users.
fn shape(fields: Fields<'_>, kind: &Kind) -> String {
    let element = |field: Field<'_>| {
        let name = field.name();
        let is_text = field.fields().is_empty() && text_names(kind).any(|text| text == name);
        let text = if is_text { "…" } else { field.text() };
        format!("{name}={text:?}[{}]", shape(field.fields(), kind))
    };
    fields.map(element).collect()
}

fn text_of(mut fields: Fields<'_>, name: &str) -> Option<String> {
    fields.find_map(|field| match field.name() == name {
        true => Some(field.text().to_owned()),
        false => text_of(field.fields(), name),
    })
}

fuzz_target!(|input: &[u8]| {
    let Some((&[kind, layout], texts)) = input.split_first_chunk() else { return };
    let Ok(texts) = str::from_utf8(texts) else { return };
    let kind = &KINDS[usize::from(kind.wrapping_sub(b'A')) % KINDS.len()];
    let layout = usize::from(layout.wrapping_sub(b'A')) % (2 * Layout::ALL.len());
    let writing = if layout < Layout::ALL.len() { Writing::Unsplit } else { Writing::Split };
    let layout = Layout::ALL[layout % Layout::ALL.len()];

    let count = text_names(kind).count();
    let mut texts: Vec<_> = texts.splitn(count, '\u{1f}').map(str::to_owned).collect();
    texts.resize(count, String::new());
    // In another order than WeChat's, texts beside each other can be read in more ways than one.
    if count > 1 && writing == Writing::Unsplit && !Layout::IN_WECHATS_ORDER.contains(&layout) {
        return;
    }

    let xml = document(kind, layout, writing, &texts);
    let message = Message::from_xml(&xml).unwrap_or_else(|error| panic!("{error}: {xml:?}"));
    let plain = document(kind, layout, writing, &vec!["x".to_owned(); count]);
    let plain = Message::from_xml(&plain).expect("a plain message");
    assert_eq!(shape(message.fields(), kind), shape(plain.fields(), kind), "{xml:?}");
    assert!(message.head == plain.head, "{xml:?}");
    // Where the texts end is certain if there is one, or if WeChat escapes them.
    let is_certain = count == 1 && !texts[0].contains("]]]]><![CDATA[>");
    if is_certain || writing == Writing::Split {
        let read: Vec<_> = text_names(kind).filter_map(|name| text_of(message.fields(), name)).collect();
        assert_eq!(read, texts, "{xml:?}");
    }
});
