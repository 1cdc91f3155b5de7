#![allow(clippy::arithmetic_side_effects, reason = "tests")]

use std::borrow::Cow;
use std::cell::Cell;

use super::build::build;
use super::tree::Cursor;
use super::*;
use crate::format::{Text, Tree};

thread_local! {
    /// How much was read by the thread's test.
    pub(super) static STEPS: Cell<usize> = const { Cell::new(0) };
}

fn list(cursor: Cursor<'_>) -> String {
    let shown = cursor.map(|element| match element.children().is_empty() {
        true => format!("{}={}", element.name(), element.text()),
        false => format!("{}({})", element.name(), list(element.children())),
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// The tree as text: `name=text` or `name(children)`. All readers agree about it.
fn show(json: &str) -> Result<String, JsonError> {
    let tree = Tree::parse_json(json);
    assert_eq!(tree, build(json), "{json:.200}");
    let shared = Tree::share_json(Text::Whole(json.to_owned()));
    if let Ok((shared, text)) = &shared {
        assert_eq!(text, json);
        assert_eq!(tree.as_ref(), Ok(shared), "{json:.200}");
    }
    assert_eq!(tree.as_ref().err(), shared.as_ref().err());
    tree.map(|tree| list(tree.root()))
}

fn shown(json: &str) -> String {
    show(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

#[test]
fn members_are_elements_and_objects_hold_them() {
    assert_eq!(shown(r#"{"A":"1","B":{"C":"2","D":{"E":"3"}},"F":"4"}"#), "A=1 B(C=2 D(E=3)) F=4");
    assert_eq!(shown(" {\r\n\t\"A\" : \"1\" }\n"), "A=1");
    assert_eq!(shown("{}"), "");
}

#[test]
fn an_array_repeats_its_element_and_an_empty_one_is_none() {
    assert_eq!(shown(r#"{"L":[{"I":1},{"I":2},"3",null],"M":4}"#), "L(I=1) L(I=2) L=3 L= M=4");
    assert_eq!(shown(r#"{"L":[{"I":1}]}"#), shown(r#"{"L":{"I":1}}"#));
    assert_eq!(shown(r#"{"L":[],"M":{"L":[]}}"#), "M=");
    assert_eq!(shown(r#"{"L":[[1,[2]],[],[3]]}"#), "L(L=1 L(L=2)) L= L(L=3)");
}

#[test]
fn numbers_and_words_keep_their_text() {
    for text in [
        "0",
        "-0",
        "24537152634531843",
        "1.50",
        "1e999",
        "-12.5E+07",
        "1E-2",
        "true",
        "false",
        &"9".repeat(400),
    ] {
        assert_eq!(shown(&format!("{{\"A\":{text}}}")), format!("A={text}"));
        assert_eq!(shown(&format!("{{\"A\":[{text} ,{text}]}}")), format!("A={text} A={text}"));
    }
}

#[test]
fn null_an_empty_string_and_an_empty_object_are_an_element_without_a_text() {
    assert_eq!(shown(r#"{"A":null,"B":"","C":{},"D":{"E":null}}"#), "A= B= C= D(E=)");
}

#[test]
fn escapes_are_decoded() {
    assert_eq!(shown(r#"{"A":"http:\/\/a\/b","B":"\"\\\b\f\n\r\t"}"#), "A=http://a/b B=\"\\\u{8}\u{c}\n\r\t");
    assert_eq!(shown(r#"{"\u0041":"\u4f60\u597D\u00e9\u0000"}"#), "A=你好é\0");
    assert_eq!(shown(r#"{"A":"\ud83d\ude00!\uD83D\uDE00"}"#), "A=😀!😀");
}

#[test]
fn half_a_surrogate_pair_is_the_replacement_character() {
    for (written, text) in [
        (r"\ud83d", "\u{fffd}"),
        (r"\ude00", "\u{fffd}"),
        (r"\ud83dx", "\u{fffd}x"),
        (r"\ud83d\n", "\u{fffd}\n"),
        (r"\ud83d\u0041", "\u{fffd}A"),
        (r"\ud83d\ud83d\ude00", "\u{fffd}😀"),
        (r"\ude00\ud83d", "\u{fffd}\u{fffd}"),
        (r"\ud83d\\ude00", "\u{fffd}\\ude00"),
    ] {
        assert_eq!(shown(&format!("{{\"A\":\"{written}\"}}")), format!("A={text}"), "{written}");
    }
}

#[test]
fn blanks_around_keys_go_and_those_in_texts_stay() {
    assert_eq!(
        shown(r#"{" OpenID":" o1 ","\tB\u0020":1," C D ":2}"#.replace("\\t", "\\u0009").as_str()),
        "OpenID= o1  B=1 C D=2"
    );
    assert_eq!(shown(r#"{" MsgId ":1}"#), "MsgId=1");
}

#[test]
fn the_head_is_spelled_as_wechat_does_and_nothing_else_is() {
    assert_eq!(
        shown(
            r#"{"tousername":1,"FROMUSERNAME":2,"createTime":3,"Msgtype":4,"msgid":5,"encrypt":6,"agentid":7}"#
        ),
        "ToUserName=1 FromUserName=2 CreateTime=3 MsgType=4 MsgId=5 Encrypt=6 agentid=7"
    );
    assert_eq!(
        shown(r#"{"A":{"msgid":1,"MsgId":2,"MSGID":3},"content":4}"#),
        "A(msgid=1 MsgId=2 MSGID=3) content=4"
    );
}

#[test]
fn each_element_of_the_head_stands_at_most_once_in_whichever_case() {
    for name in HEAD {
        let (lower, escaped) = (name.to_lowercase(), name.replace('e', "\\u0065"));
        for doubled in [
            format!(r#"{{"{name}":1,"{name}":1}}"#),
            format!(r#"{{"{name}":1,"A":2,"{lower}":1}}"#),
            format!(r#"{{"{lower}":1," {escaped}":1}}"#),
            format!(r#"{{"{name}":[],"{name}":1}}"#),
            format!(r#"{{"{name}":[1,2]}}"#),
            format!(r#"{{"{lower}":[{{}},{{}}]}}"#),
        ] {
            assert_eq!(show(&doubled), Err(JsonError::Doubled(name)), "{doubled}");
            assert_eq!(encrypted_text(&doubled), Err(JsonError::Doubled(name)), "{doubled}");
        }
        assert_eq!(shown(&format!(r#"{{"{lower}":[1]}}"#)), format!("{name}=1"));
        assert!(show(&format!(r#"{{"{name}":1,"A":{{"{name}":[1,2],"{lower}":3}}}}"#)).is_ok());
    }
    assert_eq!(shown(r#"{"AppId":1,"appid":2,"AppId":3}"#), "AppId=1 appid=2 AppId=3");
}

#[test]
fn a_bom_and_one_comma_too_many_are_passed_over() {
    assert_eq!(shown("\u{feff}{\"A\":1,}"), "A=1");
    assert_eq!(shown("\u{feff} {\"A\":[1,2 , ],\"B\":{\"C\":\"\\n\",\n}\n,}"), "A=1 A=2 B(C=\n)");
}

#[test]
fn xml_is_named() {
    for xml in ["<xml></xml>", "\u{feff}\r\n <xml>", "<"] {
        assert_eq!(show(xml), Err(JsonError::Xml), "{xml}");
        assert_eq!(encrypted_text(xml), Err(JsonError::Xml), "{xml}");
    }
}

#[test]
fn another_root_is_refused() {
    for json in
        ["", " ", "[]", "[{}]", "1", "\"A\"", "null", "success", "\u{feff}\u{feff}{}", "\u{a0}{}", "}"]
    {
        assert_eq!(show(json), Err(JsonError::Root), "{json}");
    }
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn what_is_not_well_formed_is_refused() {
    for json in [
        "{",
        "{}}",
        "{}{}",
        "{},",
        "{,}",
        "{\"A\":1,,}",
        "{\"A\":1,,\"B\":2}",
        "{\"A\":[,]}",
        "{\"A\":[1,,2]}",
        "{\"A\":[1,,]}",
        "{\"A\":[1 2]}",
        "{\"A\":1 \"B\":2}",
        "{\"A\"}",
        "{\"A\":}",
        "{\"A\":,\"B\":1}",
        "{\"A\" 1}",
        "{A:1}",
        "{'A':1}",
        "{1:1}",
        "{null:1}",
        "{\"A\":'1'}",
        "{\"A\":[1}",
        "{\"A\":{]}",
        "{\"A\":[1]]}",
        "{\"A\":1",
        "{\"A\":\"1",
        "{\"A\":\"1}",
        "{\"A\":\"\\\"}",
        "{\"A",
        "{\"A\":[",
        "{\"A\":1}x",
        "{\"A\":1}\0",
        "{\"A\":1}/**/",
        "{\"A\":/**/1}",
        "{\"A\":01}",
        "{\"A\":-}",
        "{\"A\":+1}",
        "{\"A\":.5}",
        "{\"A\":1.}",
        "{\"A\":1e}",
        "{\"A\":1e+}",
        "{\"A\":-01}",
        "{\"A\":0x1}",
        "{\"A\":1_0}",
        "{\"A\":NaN}",
        "{\"A\":Infinity}",
        "{\"A\":True}",
        "{\"A\":tru}",
        "{\"A\":truex}",
        "{\"A\":nul}",
        "{\"A\":undefined}",
        "{\"A\":\"\n\"}",
        "{\"A\":\"\u{1f}\"}",
        "{\"A\":\"\0\"}",
        "{\"A\n\":1}",
        "{\"A\":\"\\x41\"}",
        "{\"A\":\"\\u12\"}",
        "{\"A\":\"\\u+123\"}",
        "{\"A\":\"\\u12g4\"}",
        "{\"A\":\"\\U0041\"}",
        "{\"A\":\"\\u00e\u{e9}\"}",
        "{\"A\":\"\\\u{e9}\"}",
        "{\u{feff}}",
        "{\"A\":1\u{a0}}",
        "{\"A\":1;}",
    ] {
        assert!(matches!(show(json), Err(JsonError::Malformed { .. })), "{json:?}: {:?}", show(json));
        assert_eq!(encrypted_text(json).err(), show(json).err(), "{json:?}");
    }
}

#[test]
fn an_error_says_where_and_nothing_of_the_text() {
    let error = show("\u{feff}{\"secret\": secret}").expect_err("malformed");
    assert_eq!(error, JsonError::Malformed { position: 14 });
    assert_eq!(error.to_string(), "not well-formed JSON near byte 14");
    assert_eq!(show("{\"A\":\"secret\u{1}\"}"), Err(JsonError::Malformed { position: 12 }));
}

#[test]
fn depth_and_number_of_elements_are_bounded() {
    let objects = |depth| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    let arrays = |depth| format!("{{\"a\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
    let both = |depth| format!("{}1{}", "{\"a\":[".repeat(depth), "]}".repeat(depth));
    for deep in [objects, arrays, both] {
        assert!(show(&deep(MAX_DEPTH)).is_ok());
        assert_eq!(show(&deep(MAX_DEPTH + 1)), Err(JsonError::Depth));
        assert_eq!(show(&deep(100_000)), Err(JsonError::Depth));
    }
    assert!(show(&objects(MAX_DEPTH).replace('1', "{\"a\":[]}")).is_ok());
    assert_eq!(show(&objects(MAX_DEPTH).replace('1', "{\"a\":[[]]}")), Err(JsonError::Depth));
    assert_eq!(show(&"{\"a\":".repeat(100_000)), Err(JsonError::Depth));
    assert_eq!(show(&format!("{{\"a\":{}", "[".repeat(100_000))), Err(JsonError::Depth));

    let items = |count| format!("{{\"a\":[{}]}}", vec!["1"; count].join(","));
    let members = |count| format!("{{{}}}", vec!["\"a\":{}"; count].join(","));
    let pairs = |count: usize| format!("{{\"a\":[{}]}}", vec!["[\"\\n\"]"; count / 2].join(","));
    for wide in [items, members, pairs] {
        assert!(show(&wide(MAX_ELEMENTS)).is_ok());
        assert_eq!(show(&wide(MAX_ELEMENTS + 2)), Err(JsonError::Elements));
    }
    assert!(show(&format!("{{{}}}", vec!["\"a\":[]"; 2 * MAX_ELEMENTS].join(","))).is_ok());
}

/// JSON of about that length, in each of many hostile ways.
fn hostile(length: usize) -> Vec<String> {
    let fill = |start: &str, piece: &str, end: &str| {
        let room = length.saturating_sub(start.len() + end.len());
        format!("{start}{}{end}", piece.repeat(room / piece.len()))
    };
    let long_name = "n".repeat(length / 2);
    vec![
        fill("{\"a\":\"", "x", "\"}"),
        fill("{\"a\":\"", "\\n", "\"}"),
        fill("{\"a\":\"", "\\\\", "\"}"),
        fill("{\"a\":\"", "\\ud83d", "\"}"),
        fill("{\"a\":\"", "\\ud83d\\ude00", "\"}"),
        fill("{\"a\":\"", "\\", "\"}"),
        fill("{\"a\":\"", "x\\u00", "\"}"),
        fill("{\"a\":", "9", "}"),
        fill("{\"a\":1e", "9", "}"),
        fill("{\"a\":", " ", "}"),
        fill("{\"", " ", "\":1}"),
        fill("{\"", "\\u0020", "\":1}"),
        fill("{\"a\":", "[", ""),
        fill("", "{\"a\":", ""),
        fill("{\"a\":[", "[],", "]}"),
        fill("{\"a\":[", "1,", "]}"),
        fill("{", "\"a\":[],", "}"),
        fill("{", "\"\":1,", "\"\\n\":1}"),
        fill("{", "\"\\u0061\":1,", "}"),
        fill("{", "\"MsgIe\":1,", "}"),
        fill("{", "\"a\":{},", ""),
        fill(&format!("{{\"{long_name}\":["), "1,", "]}"),
        fill(&format!("{{\"{long_name}\\n\":["), "1,", "]}"),
        fill(&format!("{{\"{long_name}\\n\":["), "{\"\\n\":1},", "]}"),
        fill(&format!("{{\"a\":[\"{long_name}\","), "1,", "\"\\n\"]}"),
    ]
}

#[test]
fn twice_as_much_is_read_in_twice_as_many_steps() {
    let steps = |json: &str, read: &dyn Fn(&str)| {
        STEPS.set(0);
        read(json);
        STEPS.get()
    };
    let tree: &dyn Fn(&str) = &|json| drop(Tree::parse_json(json));
    let envelope: &dyn Fn(&str) = &|json| drop(texts(json, ["Encrypt", "a"]));
    for read in [tree, envelope] {
        for (half, whole) in hostile(32 << 10).iter().zip(hostile(64 << 10)) {
            let (few, many) = (steps(half, read), steps(&whole, read));
            assert!(many <= 2 * few + 1_000, "{few}, {many}: {whole:.40}");
            assert!(many <= 8 * whole.len(), "{many}: {whole:.40}");
        }
    }
}

#[test]
fn a_name_is_copied_once_however_many_elements_have_it() {
    for json in hostile(64 << 10) {
        if let Ok(tree) = build(&json) {
            assert!(tree.0.text.len() <= json.len(), "{json:.40}");
        }
    }
}

#[test]
fn without_escapes_the_texts_stay_where_they_are() {
    let is_shared = |json: &str| {
        let (tree, text) = Tree::share_json(Text::Whole(json.to_owned())).expect("JSON");
        let element = tree.root().get("Content").expect("a text").shared_text();
        text.as_bytes().as_ptr_range().contains(&element.as_ptr())
    };
    assert!(is_shared(r#"{"ToUserName":"gh_1"," A ":[{"B":1},{"B":[2,[3]]}],"Content":"你好","C":null}"#));
    assert!(is_shared(&format!(r#"{{"A":[{}1],"Content":"x"}}"#, "\"                    \",".repeat(4_000))));
    for copied in [r#"{"Content":"\n"}"#, r#"{"\u0043ontent":"1"}"#, r#"{"Content":"1","msgid":2}"#] {
        assert!(!is_shared(copied), "{copied}");
    }
}

#[test]
fn encrypt_is_found_without_copying_unless_it_has_escapes() {
    for envelope in [
        r#"{"ToUserName":"gh_1","Encrypt":"ab+/="}"#,
        "\u{feff}{\n\t\"encrypt\" : \"ab+/=\", }",
        r#"{"A":{"Encrypt":"x","L":[[1,"\n"]]},"ENCRYPT ":["ab+/="],"B":[]}"#,
    ] {
        assert!(matches!(encrypted_text(envelope), Ok(Some(Cow::Borrowed("ab+/=")))), "{envelope}");
    }
    for envelope in [r#"{"Encrypt":"ab+\/="}"#, r#"{"\u0045ncrypt":"\u0061b+/="}"#] {
        assert_eq!(encrypted_text(envelope), Ok(Some("ab+/=".into())), "{envelope}");
    }
}

#[test]
fn encrypt_counts_directly_under_the_root_alone() {
    for plain in
        ["{}", r#"{"A":{"Encrypt":"x"}}"#, r#"{"A":[{"Encrypt":"x"}],"Encrypt":[]}"#, r#"{"Encryp":"x"}"#]
    {
        assert_eq!(encrypted_text(plain), Ok(None), "{plain}");
    }
    for empty in [r#"{"Encrypt":null}"#, r#"{"Encrypt":{"Encrypt":"x"}}"#, r#"{"Encrypt":[["x"]]}"#] {
        assert_eq!(encrypted_text(empty), Ok(Some("".into())), "{empty}");
    }
}
