//! JSON as WeChat pushes it: the same message as in XML, whatever its oddities.

use std::fmt;

use allocation_counter::measure;
use proptest::prelude::*;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use wechat_callback::message::event::Event;
use wechat_callback::message::{Fields, Id};
use wechat_callback::{JsonError, Message, Timestamp};

fn read(json: &str) -> Message {
    Message::from_json(json).unwrap_or_else(|error| panic!("{error}: {json:.200}"))
}

fn assert_same(json: &str, xml: &str) {
    let expected = Message::from_xml(xml).unwrap_or_else(|error| panic!("{error}: {xml}"));
    assert!(read(json) == expected, "{:?} {:?}", read(json).reveal(), expected.reveal());
}

#[test]
fn a_message_is_the_same_in_both_formats() {
    assert_same(
        r#"{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":1714036504,"MsgType":"text","Content":"你好",
            "MsgId":24537152634531843}"#,
        "<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName><CreateTime>1714036504</CreateTime>\
         <MsgType>text</MsgType><Content>你好</Content><MsgId>24537152634531843</MsgId></xml>",
    );
}

#[test]
fn an_event_is_the_same_in_both_formats() {
    assert_same(
        r#"{"MsgType":"event","Event":"subscribe_msg_popup_event","SubscribeMsgPopupEvent":{"List":[
            {"TemplateId":"one","PopupScene":2,"SubscribeStatusString":"accept"},
            {"TemplateId":"two","PopupScene":"0","SubscribeStatusString":"reject"}]}}"#,
        "<xml><MsgType>event</MsgType><Event>subscribe_msg_popup_event</Event><SubscribeMsgPopupEvent>\
         <List><TemplateId>one</TemplateId><PopupScene>2</PopupScene>\
         <SubscribeStatusString>accept</SubscribeStatusString></List>\
         <List><TemplateId>two</TemplateId><PopupScene>0</PopupScene>\
         <SubscribeStatusString>reject</SubscribeStatusString></List></SubscribeMsgPopupEvent></xml>",
    );
    let message = read(r#"{"MsgType":"event","Event":"click","EventKey":"MENU"}"#);
    assert_eq!(message.menu_key(), Some("MENU"));
}

#[test]
fn a_number_and_a_string_of_it_are_the_same() {
    let number = read(r#"{"CreateTime":1620973045,"MsgType":"text","MsgId":9007199254740993}"#);
    let string = read(r#"{"CreateTime":"1620973045","MsgType":"text","MsgId":"9007199254740993"}"#);
    assert!(number == string);
    assert_eq!(number.head.created, Some(Timestamp::from_secs(1_620_973_045)));
    // A double holds no number above 2^53 exactly.
    assert_eq!(number.head.id, Some(Id::from("9007199254740993")));
}

#[test]
fn a_list_of_one_may_be_an_object() {
    let (object, array) = (r#"{"List":{"TemplateId":"1"}}"#, r#"{"List":[{"TemplateId":"1"}]}"#);
    assert!(read(object) == read(array));
    let message = read(r#"{"List":[{"TemplateId":"1"},{"TemplateId":"2"}]}"#);
    let ids = message.fields().all("List").filter_map(|item| item.fields().get("TemplateId"));
    assert_eq!(ids.collect::<Vec<_>>(), ["1", "2"]);
}

#[test]
fn nested_arrays_stay_lists() {
    let json =
        r#"{"detail":[{"strategy":"keyword","result":[{"label":100},{"label":20001}]},{"strategy":"x"}]}"#;
    #[derive(serde::Deserialize)]
    struct Checked {
        detail: Vec<Detail>,
    }
    #[derive(serde::Deserialize)]
    struct Detail {
        strategy: String,
        #[serde(default)]
        result: Vec<Label>,
    }
    #[derive(serde::Deserialize)]
    struct Label {
        label: i64,
    }
    let message = read(json);
    let Checked { detail } = message.deserialize().expect("the lists");
    let labels: Vec<_> = detail.iter().flat_map(|detail| &detail.result).map(|label| label.label).collect();
    assert_eq!((detail.len(), detail[1].strategy.as_str(), labels), (2, "x", vec![100, 20_001]));
}

#[test]
fn keys_with_blanks_or_in_another_case_are_found() {
    let message = read(r#"{" OpenID": "o1", "msgtype": "event", "event": "CLICK", "EVENTKEY": "MENU",}"#);
    assert_eq!(message.fields().get("openid"), Some("o1"));
    assert_eq!(message.menu_key(), Some("MENU"));
    let message = read(r#"{"AppId":"wx1","appid":"wx2"}"#);
    assert_eq!((message.fields().get("AppId"), message.fields().get("appid")), (Some("wx1"), Some("wx2")));
}

#[test]
fn a_slash_may_be_escaped() {
    let json = r#"{"MsgType":"image","PicUrl":"http:\/\/mmbiz.qpic.cn\/1","MediaId":"1"}"#;
    assert_eq!(read(json).fields().get("PicUrl"), Some("http://mmbiz.qpic.cn/1"));
}

#[test]
fn what_is_empty_is_missing_for_typed_fields() {
    for empty in ["\"\"", "null", "{}", "[]"] {
        let json = format!(
            r#"{{"FromUserName":{empty},"MsgType":"event","Event":"subscribe","EventKey":{empty},"Ticket":{empty}}}"#
        );
        let message = read(&json);
        let Some(Event::Subscribe(subscribe)) = message.event() else { panic!("a follow") };
        assert_eq!((&subscribe.scene, &subscribe.ticket, message.openid()), (&None, &None, None), "{json}");
    }
}

#[test]
fn a_head_that_two_readers_could_read_in_two_ways_is_refused() {
    for (json, name) in [
        (r#"{"FromUserName":"o1","FromUserName":"o2"}"#, "FromUserName"),
        (r#"{"FromUserName":"o1","fromusername":"o2"}"#, "FromUserName"),
        (r#"{"MsgId":[1,2]}"#, "MsgId"),
    ] {
        assert_eq!(Message::from_json(json), Err(JsonError::Doubled(name)), "{json}");
    }
}

#[test]
fn xml_says_which_setting_to_change() {
    let error = Message::from_json("<xml></xml>").expect_err("XML");
    assert_eq!(error, JsonError::Xml);
    assert!(error.to_string().contains("数据格式"), "{error}");
}

/// Two bytes of an array are an element, so short JSON may take more than four times its length, but less than the
/// longest XML may.
#[test]
fn hostile_json_takes_at_most_four_times_its_length_or_192_kib() {
    let long = "n".repeat(1_100);
    for length in [1_usize << 10, 3_000, 9_000, 20_000, 64 << 10] {
        for (start, piece, end) in [
            ("{\"a\":\"", "\\n", "\"}"),
            ("{\"a\":\"", "x", "\"}"),
            ("{\"a\":[", "1,", "1]}"),
            ("{\"a\":[", "1,", "\"\\n\"]}"),
            ("{\"a\":[", "[],", "\"\\n\"]}"),
            ("{", "\"\":1,", "\"\":\"\\n\"}"),
            ("{", "\"\\n\":{},", "}"),
            ("{", "\"\":[],", "\"\\n\":\"\"}"),
            (&*format!("{{\"{long}\":["), "1,", "1]}"),
            (&*format!("{{\"{long}\":["), "1,", "\"\\n\"]}"),
        ] {
            let room = length.saturating_sub(start.len() + end.len()) / piece.len();
            for count in [room, room.min(4_000)] {
                let json = format!("{start}{}{end}", piece.repeat(count));
                // What is made once and for all is not counted.
                drop(Message::from_json(&json));
                let taken = measure(|| drop(Message::from_json(&json))).bytes_max;
                let most = (4 * json.len() as u64).max(192 << 10);
                assert!(taken <= most, "{taken} for {}: {json:.40}", json.len());
            }
        }
    }
}

/// A value as `serde_json` reads it, with its members in their order.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Null,
    /// A string, `true` or `false`.
    Text(String),
    Number(f64),
    Array(Vec<Value>),
    Object(Vec<(String, Value)>),
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_bool<E>(self, word: bool) -> Result<Value, E> {
                Ok(Value::Text(word.to_string()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
                Ok(Value::Number(number as f64))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
                Ok(Value::Number(number as f64))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
                Ok(Value::Number(number))
            }

            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
                let mut array = Vec::new();
                while let Some(item) = items.next_element()? {
                    array.push(item);
                }
                Ok(Value::Array(array))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
                let mut object = Vec::new();
                while let Some(member) = members.next_entry()? {
                    object.push(member);
                }
                Ok(Value::Object(object))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Content {
    Text(String),
    Number(f64),
    Elements(Vec<(String, Content)>),
}

const HEAD: [&str; 6] = ["ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "Encrypt"];

/// The elements that a value is, by the rules that the library promises.
fn elements(members: &[(String, Value)], is_root: bool) -> Vec<(String, Content)> {
    let mut elements = Vec::new();
    for (key, value) in members {
        let key = key.trim_matches([' ', '\t', '\r', '\n']);
        let head = HEAD.into_iter().find(|head| is_root && head.eq_ignore_ascii_case(key));
        let name = head.unwrap_or(key);
        match value {
            Value::Array(items) => {
                elements.extend(items.iter().map(|item| (name.to_owned(), content(name, item))));
            }
            value => elements.push((name.to_owned(), content(name, value))),
        }
    }
    elements
}

fn content(name: &str, value: &Value) -> Content {
    let inside = match value {
        Value::Null => return Content::Text(String::new()),
        Value::Text(text) => return Content::Text(text.clone()),
        Value::Number(number) => return Content::Number(*number),
        Value::Array(items) => items.iter().map(|item| (name.to_owned(), content(name, item))).collect(),
        Value::Object(members) => elements(members, false),
    };
    if inside.is_empty() { Content::Text(String::new()) } else { Content::Elements(inside) }
}

fn depth(elements: &[(String, Content)]) -> usize {
    let inside = |content: &Content| if let Content::Elements(inside) = content { depth(inside) } else { 0 };
    elements.iter().map(|(_, content)| 1 + inside(content)).max().unwrap_or_default()
}

/// Whether an element of the head could be read in two ways.
fn is_doubled(members: &[(String, Value)]) -> bool {
    let count = |head: &&str| {
        let is_head = |key: &str| key.trim_matches([' ', '\t', '\r', '\n']).eq_ignore_ascii_case(head);
        let times = |value: &Value| if let Value::Array(items) = value { items.len().max(1) } else { 1 };
        members.iter().filter(|(key, _)| is_head(key)).map(|(_, value)| times(value)).sum::<usize>() > 1
    };
    HEAD.iter().any(count)
}

fn assert_elements(fields: Fields<'_>, expected: &[(String, Content)], json: &str) {
    assert_eq!(fields.count(), expected.len(), "{json}");
    for (field, (name, content)) in fields.zip(expected) {
        assert_eq!(field.name(), name, "{json}");
        match content {
            Content::Text(text) => {
                assert_eq!((field.text(), field.fields().is_empty()), (text.as_str(), true), "{json}");
            }
            Content::Number(number) => {
                // Not with `parse`, from which `serde_json` is off by a bit here and there.
                let read = serde_json::from_str::<f64>(field.text()).ok();
                assert_eq!((read, field.fields().is_empty()), (Some(*number), true), "{json}");
            }
            Content::Elements(inside) => {
                assert_eq!(field.text(), "", "{json}");
                assert_elements(field.fields(), inside, json);
            }
        }
    }
}

/// The JSON without what is tolerated beyond the grammar.
fn without_tolerated(json: &str) -> String {
    let mut kept = String::new();
    let (mut is_string, mut is_escaped) = (false, false);
    for char in json.strip_prefix('\u{feff}').unwrap_or(json).chars() {
        if !is_string && matches!(char, '}' | ']') {
            let before = kept.trim_end_matches([' ', '\t', '\r', '\n']);
            if let Some(rest) = before.strip_suffix(',') {
                kept.truncate(rest.len());
            }
        }
        is_string ^= char == '"' && !is_escaped;
        is_escaped = is_string && char == '\\' && !is_escaped;
        kept.push(char);
    }
    kept
}

/// Compares the library with `serde_json`.
fn check(json: &str) {
    let ours = Message::from_json(json);
    // This reads half a surrogate pair and a number of any size, as the library does.
    if serde_json::from_str::<IgnoredAny>(json).is_err() {
        if ours.is_ok() {
            let strict = without_tolerated(json);
            assert!(serde_json::from_str::<IgnoredAny>(&strict).is_ok(), "accepted: {json}");
            assert_eq!(Message::from_json(&strict), ours, "{json}");
        }
        return;
    }
    let value = match serde_json::from_str::<Value>(json) {
        Ok(Value::Object(members)) => members,
        Ok(_) => return assert_eq!(ours, Err(JsonError::Root), "{json}"),
        Err(_) => {
            let is_wrong = matches!(ours, Err(JsonError::Malformed { .. } | JsonError::Xml));
            return assert!(!is_wrong, "refused: {json}");
        }
    };
    let expected = elements(&value, true);
    match ours {
        Ok(message) => {
            assert!(!is_doubled(&value) && depth(&expected) <= 16, "{json}");
            assert_elements(message.fields(), &expected, json);
        }
        Err(JsonError::Doubled(_)) => assert!(is_doubled(&value), "{json}"),
        Err(JsonError::Depth) => assert!(depth(&expected) > 16, "{json}"),
        Err(error) => panic!("{error}: {json}"),
    }
}

/// A value as it is written, and as it is read.
fn written() -> impl Strategy<Value = (String, Value)> {
    let string = prop_oneof![
        "[a-zA-Z你好😀 ]{0,12}".prop_map(|text| (format!("\"{text}\""), text)),
        any::<String>().prop_map(|text| (serde_json::to_string(&text).expect("JSON"), text)),
        any::<String>().prop_map(|text| {
            let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
            (format!("\"{}\"", units.collect::<String>()), text)
        }),
    ];
    let leaf = prop_oneof![
        4 => string.prop_map(|(json, text)| (json, Value::Text(text))),
        2 => any::<i64>().prop_map(|number| (number.to_string(), Value::Text(number.to_string()))),
        1 => "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,2})?"
            .prop_map(|number| (number.clone(), Value::Text(number))),
        1 => Just(("true".to_owned(), Value::Text("true".to_owned()))),
        1 => Just(("null".to_owned(), Value::Null)),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let array = prop::collection::vec(inner.clone(), 0..5).prop_map(|items| {
            let (json, values): (Vec<_>, Vec<_>) = items.into_iter().unzip();
            (format!("[{}]", json.join(" ,\n")), Value::Array(values))
        });
        prop_oneof![array, object(inner)]
    })
}

fn object(value: impl Strategy<Value = (String, Value)>) -> impl Strategy<Value = (String, Value)> {
    let key = prop_oneof![
        4 => "[A-Za-z_]{1,8}",
        2 => prop::sample::select(&HEAD[..]).prop_map(str::to_owned),
        1 => " ?[a-z]{0,3} ?",
        1 => prop::sample::select(&["msgid", " MsgType", "CREATETIME"][..]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::collection::vec((key, value), 0..6).prop_map(|members| {
        let member = |(key, (json, _)): &(String, (String, Value))| {
            format!("{}:\t{json}", serde_json::to_string(key).expect("JSON"))
        };
        let json = members.iter().map(member).collect::<Vec<_>>().join(", ");
        (
            format!("{{{json}}}"),
            Value::Object(members.into_iter().map(|(key, (_, value))| (key, value)).collect()),
        )
    })
}

/// Bytes that are JSON here and there.
fn json_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(
            &["{", "}", "[", "]", ",", ":", "\"", "\"a\":", "\"MsgId\":", "\"a\"", "1", "-", "0", ".5", "e+9", "true", "null",
              "\\", "\\n", "\\/", "\\u0041", "\\ud83d", "\\ude00", " ", "\n", "{\"a\":1}", "[1,2]", "\u{feff}", "<"][..],
        )
        .prop_map(str::to_owned),
        1 => ".{0,3}",
    ];
    (
        prop::sample::select(&["", "{", "{\"a\":", "{\"a\":[", "{\"a\":\""][..]),
        prop::collection::vec(piece, 0..20),
    )
        .prop_map(|(start, pieces)| format!("{start}{}", pieces.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn what_another_reader_reads_has_the_same_elements((json, value) in object(written())) {
        let Value::Object(members) = &value else { unreachable!("an object") };
        let expected = elements(members, true);
        match Message::from_json(&json) {
            Ok(message) => assert_elements(message.fields(), &expected, &json),
            Err(error) => prop_assert!(matches!(error, JsonError::Doubled(_)) && is_doubled(members), "{}: {}", error, json),
        }
        check(&json);
    }

    #[test]
    fn anything_is_accepted_or_refused_as_another_reader_does(json in json_like()) {
        check(&json);
    }

    #[test]
    fn a_changed_byte_is_accepted_or_refused_as_another_reader_does(
        (json, _) in object(written()), at in any::<prop::sample::Index>(), with in "[\\PC]",
    ) {
        let chars: Vec<_> = json.chars().collect();
        let at = at.index(chars.len());
        let before: String = chars[..at].iter().collect();
        let behind: String = chars[at + 1..].iter().collect();
        check(&format!("{before}{with}{behind}"));
        check(&format!("{before}{behind}"));
        check(&before);
    }

    #[test]
    fn any_text_never_panics(json in any::<String>()) {
        check(&json);
        check(&format!("{{{json}}}"));
    }
}
