//! A body in JSON: all readers and another parser read the same elements, and what is written is read back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;
use serde_json::Value;
use wechat_callback::fuzzing::{Element, Tree, encrypted_text_json, envelope};
use wechat_callback::{DataFormat, JsonError, Message};

const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

fn check_all_readers(json: &str, read: &Result<Tree, JsonError>) {
    assert_eq!(&Tree::share_json(json), read);
    assert_eq!(&Tree::parse_json_copying(json), read);
}

fn check_envelope(json: &str, read: &Result<Tree, JsonError>) {
    let encrypted = encrypted_text_json(json);
    let ids = envelope(json, DataFormat::Json);
    match read {
        Ok(tree) => {
            let elements = tree.elements();
            let root = || elements.iter().filter(|element| element.depth == 0);
            let exactly = |name: &str| root().find(|element| element.name == name);
            let expected = exactly("Encrypt").map(|element| &*element.text);
            assert_eq!(encrypted.as_ref().map(Option::as_deref), Ok(expected));
            let [encrypt, to, app, agent] = ids.expect("an envelope");
            assert_eq!(encrypt.as_deref(), expected);
            for (name, id) in [("ToUserName", to), ("AppId", app), ("AgentID", agent)] {
                let element =
                    exactly(name).or_else(|| root().find(|other| other.name.eq_ignore_ascii_case(name)));
                let text = element.map(|element| &*element.text).filter(|id| (1..=64).contains(&id.len()));
                assert_eq!(id.as_deref(), text, "{name}");
            }
        }
        Err(error) => {
            assert_eq!(encrypted.as_ref(), Err(error));
            assert_eq!(ids, None);
        }
    }
}

/// The JSON without what is tolerated beyond the grammar.
fn without_tolerated(json: &str) -> String {
    let mut kept = String::new();
    let (mut is_string, mut is_escaped) = (false, false);
    for char in json.strip_prefix('\u{feff}').unwrap_or(json).chars() {
        if !is_string
            && matches!(char, '}' | ']')
            && let Some(rest) = kept.trim_end_matches(BLANKS).strip_suffix(',')
        {
            kept.truncate(rest.len());
        }
        is_string ^= char == '"' && !is_escaped;
        is_escaped = is_string && char == '\\' && !is_escaped;
        kept.push(char);
    }
    kept
}

/// A name in lower case, and a text if it is no number, whose digits `Value` does not keep.
type Leaf = (String, Option<String>);

fn leaves(value: &Value, name: &str, all: &mut Vec<Leaf>) {
    let mut add = |text: &str| all.push((name.to_ascii_lowercase(), Some(text.to_owned())));
    match value {
        Value::Null => add(""),
        Value::Bool(word) => add(&word.to_string()),
        Value::Number(_) => all.push((name.to_ascii_lowercase(), None)),
        Value::String(text) => add(text),
        Value::Array(items) if items.is_empty() => add(""),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, name, all)),
        Value::Object(members) => {
            let before = all.len();
            add_members(members, all);
            if all.len() == before {
                all.push((name.to_ascii_lowercase(), Some(String::new())));
            }
        }
    }
}

fn add_members(members: &serde_json::Map<String, Value>, all: &mut Vec<Leaf>) {
    for (key, value) in members {
        if value.as_array().is_none_or(|items| !items.is_empty()) {
            leaves(value, key.trim_matches(BLANKS), all);
        }
    }
}

/// What it accepts another parser accepts, but for what is tolerated, and the other way round.
fn check_against_another_parser(json: &str, read: &Result<Tree, JsonError>) {
    let is_json = |json: &str| serde_json::from_str::<IgnoredAny>(json).is_ok();
    match read {
        Ok(_) => assert!(is_json(&without_tolerated(json))),
        Err(JsonError::Malformed { .. } | JsonError::Xml) => assert!(!is_json(json)),
        Err(JsonError::Root) => assert!(!matches!(serde_json::from_str(json), Ok(Value::Object(_)))),
        Err(_) => {}
    }
    let (Ok(tree), Ok(Value::Object(members))) = (read, serde_json::from_str(json)) else { return };
    let mut expected = Vec::new();
    add_members(&members, &mut expected);
    let elements = tree.elements();
    let is_leaf =
        |index: &usize| elements.get(index + 1).is_none_or(|next| next.depth <= elements[*index].depth);
    let leaf = |index: usize| {
        let Element { name, text, .. } = &elements[index];
        (name.to_ascii_lowercase(), text.clone())
    };
    let mut found: Vec<_> = (0..elements.len()).filter(is_leaf).map(leaf).collect();
    // `Value` keeps the last of two members of one name. A number may look like a text, so texts come first.
    expected.sort_by_key(|(_, text)| text.is_none());
    for (name, text) in expected {
        let is_same = |(other, found): &(String, String)| match &text {
            Some(text) => *other == name && found == text,
            None => *other == name && found.parse::<f64>().is_ok(),
        };
        let at = found.iter().position(is_same).unwrap_or_else(|| panic!("{name} {text:?} is missing"));
        found.swap_remove(at);
    }
}

fn check_limits(json: &str, elements: &[Element]) {
    assert!(elements.len() <= 4096);
    assert!(elements.iter().all(|element| element.depth < 16));
    let length: usize = elements.iter().map(|element| element.text.len()).sum();
    assert!(length <= json.len());
    for name in ["ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "Encrypt"] {
        let is_head = |element: &&Element| element.depth == 0 && element.name.eq_ignore_ascii_case(name);
        assert!(elements.iter().filter(is_head).count() <= 1, "{name}");
    }
}

/// The typed message has the same elements, and goes through its own JSON.
fn check_message(json: &str, elements: &[Element]) {
    let message = Message::from_json(json).expect("elements");
    let first = elements.iter().find(|element| element.depth == 0 && element.name == "FromUserName");
    // An AI bot's names its sender otherwise.
    if message.fields().all("aibotid").next().is_none() {
        assert_eq!(message.openid(), first.map(|element| &*element.text).filter(|text| !text.is_empty()));
    }
    assert_eq!(message.fields().count(), elements.iter().filter(|element| element.depth == 0).count());
    let written = serde_json::to_string(&message).expect("JSON");
    assert!(serde_json::from_str::<Message>(&written).expect("what it wrote itself") == message, "{written}");
}

fn check_written(tree: &Tree) {
    let json = tree.write_json();
    assert!(serde_json::from_str::<IgnoredAny>(&json).is_ok(), "{json}");
    assert_eq!(&Tree::parse_json(&json).expect("what it wrote itself"), tree, "{json}");
}

fuzz_target!(|json: &str| {
    let read = Tree::parse_json(json);
    check_all_readers(json, &read);
    check_envelope(json, &read);
    check_against_another_parser(json, &read);
    let Ok(tree) = read else { return };
    let elements = tree.elements();
    check_limits(json, &elements);
    check_message(json, &elements);
    check_written(&tree);
});
