//! `Message::deserialize`: elements into types of the user's own.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

use proptest::prelude::*;
use serde::de::{DeserializeOwned, Error, IgnoredAny, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use wechat_callback::message::{Decimal, Fields, Id};
use wechat_callback::{FieldsError, HandlerError, Message, Timestamp};

fn sample(name: &str) -> Message {
    let path = format!("{}/tests/fixtures/samples/{name}.xml", env!("CARGO_MANIFEST_DIR"));
    Message::from_xml(&std::fs::read_to_string(path).expect("UTF-8")).expect("a message")
}

fn message(elements: &str) -> Message {
    Message::from_xml(&format!("<xml>{elements}</xml>")).expect("XML")
}

/// A type with one field, `A`.
#[derive(Deserialize, Debug)]
struct A<T> {
    #[serde(rename = "A")]
    a: T,
}

/// `elements` with a field `A` of that type.
fn read<T: DeserializeOwned>(elements: &str) -> Result<T, FieldsError> {
    message(elements).deserialize::<A<T>>().map(|it| it.a)
}

fn refusal<T: DeserializeOwned>(elements: &str) -> String {
    read::<T>(elements).err().expect("no fit").to_string()
}

// Samples

#[test]
fn nested_and_repeated_elements_are_read() {
    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "PascalCase")]
    struct Finished {
        #[serde(alias = "MsgId", rename = "MsgID")]
        id: Id,
        status: String,
        copyright_check_result: Results<Checked>,
        article_url_result: Results<Published>,
    }
    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "PascalCase")]
    struct Results<T> {
        count: usize,
        result_list: List<T>,
        check_state: Option<u8>,
    }
    #[derive(Deserialize, Debug, PartialEq)]
    struct List<T> {
        item: Vec<T>,
    }
    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "PascalCase")]
    struct Checked {
        article_idx: u32,
        can_reprint: bool,
        original_article_url: String,
    }
    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "PascalCase")]
    struct Published {
        article_idx: u32,
        article_url: String,
    }
    let checked = |article_idx, url: &str| Checked {
        article_idx,
        can_reprint: true,
        original_article_url: url.to_owned(),
    };
    let finished: Finished = sample("event-masssendjobfinish-copyright").deserialize().expect("a fit");
    assert_eq!(
        finished,
        Finished {
            id: Id::from(1_787_738_095),
            status: "err(30003)".to_owned(),
            copyright_check_result: Results {
                count: 2,
                result_list: List { item: vec![checked(1, "Skx_8"), checked(2, "Jhz_0")] },
                check_state: Some(2),
            },
            article_url_result: Results {
                count: 1,
                result_list: List { item: vec![Published { article_idx: 1, article_url: "Dae".to_owned() }] },
                check_state: None,
            },
        }
    );
}

#[test]
fn a_list_may_be_of_elements_or_of_texts() {
    #[derive(Deserialize)]
    struct Popups {
        #[serde(rename = "SubscribeMsgPopupEvent")]
        popups: HashMap<String, Vec<Popup>>,
    }
    #[derive(Deserialize, PartialEq, Debug)]
    struct Popup {
        #[serde(rename = "SubscribeStatusString")]
        status: Status,
    }
    #[derive(Deserialize, PartialEq, Debug)]
    #[serde(rename_all = "lowercase")]
    enum Status {
        Accept,
        Reject,
    }
    let popups: Popups = sample("event-subscribe-msg-popup").deserialize().expect("a fit");
    assert_eq!(popups.popups["List"], [Popup { status: Status::Accept }, Popup { status: Status::Reject }]);

    #[derive(Deserialize)]
    struct Published {
        #[serde(rename = "PublishEventInfo")]
        info: Info,
    }
    #[derive(Deserialize)]
    struct Info {
        publish_id: Id,
        article_id: String,
        fail_idx: Vec<u32>,
    }
    let Published { info } = sample("event-publishjobfinish").deserialize().expect("a fit");
    assert_eq!((info.publish_id, info.fail_idx), (Id::from(2_414_279_566), vec![1, 2]));
    assert_eq!(info.article_id, "b1A0IXg32NPoIsmB2meGmb-U5ZNgl6sVxdEaaYP8Jt1");
}

#[test]
fn an_unknown_event_is_read_as_well() {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Future {
        event: String,
        foo: String,
    }
    let future: Future = sample("event-unknown").deserialize().expect("a fit");
    assert_eq!((future.event.as_str(), future.foo.as_str()), ("some_future_event", "juf"));
}

#[test]
fn the_types_of_this_crate_are_read() {
    #[derive(Deserialize)]
    struct Place {
        #[serde(rename = "Location_X")]
        latitude: f64,
        #[serde(rename = "Location_Y")]
        longitude: Decimal,
        #[serde(rename = "CreateTime")]
        created: Timestamp,
        #[serde(rename = "MsgId")]
        id: Id,
    }
    let place: Place = sample("msg-location").deserialize().expect("a fit");
    assert_eq!((place.latitude, place.longitude.as_str()), (28.656829, "750.295014"));
    assert_eq!((place.created.as_secs(), place.id.to_i64()), (1_787_647_696, Some(1_571_198_388_684_324)));
}

#[test]
fn every_sample_is_json_and_may_be_passed_over() {
    let samples = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/samples"));
    for entry in samples.expect("the samples") {
        let xml = std::fs::read_to_string(entry.expect("an entry").path()).expect("UTF-8");
        let message = Message::from_xml(&xml).expect("a message");
        let value: Value = message.deserialize().expect("JSON");
        assert_eq!(texts_of(&value), leaves_of(message.fields()), "{xml}");
        let IgnoredAny = message.deserialize().expect("anything");
    }
}

#[test]
fn a_part_of_a_message_is_read_alone() {
    let message = sample("event-publishjobfinish");
    let info = message.fields().field("PublishEventInfo").expect("there");
    let detail: HashMap<String, IgnoredAny> = info.fields().deserialize().expect("a fit");
    assert!(detail.contains_key("fail_idx"));
}

// Scalars

#[test]
fn every_scalar_is_read_from_its_text() {
    let (text, number) = ("<A>7</A>", |text: &str| format!("<A><![CDATA[ {text} ]]></A>"));
    assert_eq!(read::<i8>(&number("-128")), Ok(i8::MIN));
    assert_eq!(read::<i16>(&number("-7")), Ok(-7));
    assert_eq!(read::<i32>(&number("-7")), Ok(-7));
    assert_eq!(read::<i64>(&number("-9223372036854775808")), Ok(i64::MIN));
    assert_eq!(read::<i128>(&number("-9223372036854775809")), Ok(i128::from(i64::MIN) - 1));
    assert_eq!(read::<u8>(&number("255")), Ok(u8::MAX));
    assert_eq!(read::<u16>(text), Ok(7));
    assert_eq!(read::<u32>(text), Ok(7));
    assert_eq!(read::<u64>(&number("18446744073709551615")), Ok(u64::MAX));
    assert_eq!(read::<u128>(&number("18446744073709551616")), Ok(u128::from(u64::MAX) + 1));
    assert_eq!(read::<f32>(&number("1.5")), Ok(1.5));
    assert_eq!(read::<f64>(&number("23.134521")), Ok(23.134521));
    assert_eq!(read::<char>("<A>你</A>"), Ok('你'));
    assert_eq!(read::<String>("<A><![CDATA[ 你好 ]]></A>"), Ok(" 你好 ".to_owned()));
    assert_eq!(read::<()>("<A/>"), Ok(()));
}

#[test]
fn a_bool_is_a_word_or_a_digit() {
    for (text, expected) in [("1", true), ("true", true), ("True", true), ("0", false), ("FALSE", false)] {
        assert_eq!(read::<bool>(&format!("<A>{text}</A>")), Ok(expected), "{text}");
    }
    for text in ["", "2", "yes"] {
        assert_eq!(refusal::<bool>(&format!("<A>{text}</A>")), "A: expected a boolean", "{text}");
    }
}

#[test]
fn a_number_is_finite_and_in_range() {
    assert_eq!(refusal::<u8>("<A>256</A>"), "A: expected u8");
    assert_eq!(refusal::<u64>("<A>-1</A>"), "A: expected u64");
    assert_eq!(refusal::<i64>("<A>1.0</A>"), "A: expected i64");
    for text in ["NaN", "inf", "1e999", ""] {
        assert_eq!(refusal::<f64>(&format!("<A>{text}</A>")), "A: expected f64", "{text}");
    }
}

#[test]
fn a_text_is_borrowed_from_the_message() {
    #[derive(Deserialize)]
    struct Borrowed<'a> {
        #[serde(rename = "Event")]
        event: &'a str,
        #[serde(rename = "Foo", borrow)]
        foo: Cow<'a, str>,
        #[serde(flatten, borrow)]
        rest: HashMap<&'a str, &'a str>,
    }
    let message = sample("event-unknown");
    let borrowed: Borrowed<'_> = message.deserialize().expect("a fit");
    assert!(std::ptr::eq(borrowed.event, message.fields().get("Event").expect("there")));
    assert!(matches!(borrowed.foo, Cow::Borrowed("juf")));
    assert_eq!(borrowed.rest["MsgType"], "event");
}

#[test]
fn bytes_are_those_of_the_text() {
    #[derive(Debug, PartialEq)]
    struct Bytes(Vec<u8>);
    impl<'de> Deserialize<'de> for Bytes {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Reader;
            impl Visitor<'_> for Reader {
                type Value = Bytes;
                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("bytes")
                }
                fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                    Ok(Bytes(bytes.to_vec()))
                }
            }
            deserializer.deserialize_byte_buf(Reader)
        }
    }
    assert_eq!(read::<Bytes>("<A>你</A>"), Ok(Bytes("你".into())));
    assert_eq!(refusal::<Bytes>("<A><B/></A>"), "A: expected bytes");
}

#[test]
fn a_newtype_is_what_it_wraps() {
    #[derive(Deserialize, Debug, PartialEq, Eq, Hash)]
    struct Wrapped<T>(T);
    assert_eq!(read::<Wrapped<i64>>("<A>7</A>"), Ok(Wrapped(7)));
    assert_eq!(read::<Wrapped<Vec<i64>>>("<A>7</A><A>8</A>"), Ok(Wrapped(vec![7, 8])));
    let whole: Wrapped<HashMap<Wrapped<String>, Wrapped<i64>>> =
        message("<A>7</A>").deserialize().expect("a fit");
    assert_eq!(whole.0[&Wrapped("A".to_owned())], Wrapped(7));
}

// Missing, empty, repeated

#[test]
fn an_empty_element_is_none_and_any_other_is_some() {
    assert_eq!(read::<Option<String>>(""), Ok(None));
    for empty in ["<A/>", "<A></A>", "<A><![CDATA[]]></A>"] {
        assert_eq!(read::<Option<i64>>(empty), Ok(None), "{empty}");
        assert_eq!(read::<Option<HashMap<String, String>>>(empty), Ok(None), "{empty}");
        assert_eq!(read::<String>(empty), Ok(String::new()), "{empty}");
    }
    assert_eq!(read::<Option<i64>>("<A>0</A>"), Ok(Some(0)));
    assert_eq!(read::<Option<Vec<Option<i64>>>>("<A/><A>1</A>"), Ok(Some(vec![None, Some(1)])));
    assert_eq!(refusal::<Option<i64>>("<A>x</A>"), "A: expected i64");
}

#[test]
fn a_missing_element_is_an_error_that_names_it() {
    let refused = read::<i64>("<B>1</B>");
    assert_eq!(refused, Err(FieldsError::Missing { path: "A".to_owned() }));
    assert_eq!(refusal::<A<i64>>("<A><B/></A>"), "A.A is missing");
    assert_eq!(refusal::<A<i64>>("<A/>"), "A.A is missing");
}

#[test]
fn a_missing_element_takes_its_default() {
    #[derive(Deserialize)]
    #[serde(default)]
    struct Defaults {
        list: Vec<i64>,
        number: i64,
    }
    impl Default for Defaults {
        fn default() -> Self {
            Self { list: Vec::new(), number: 7 }
        }
    }
    let Defaults { list, number } = message("").deserialize().expect("a fit");
    assert_eq!((list, number), (Vec::new(), 7));
    let Defaults { list, number } = read("<A/>").expect("a fit");
    assert_eq!((list, number), (Vec::new(), 7));
}

#[test]
fn one_element_is_a_list_of_one() {
    assert_eq!(read::<Vec<i64>>("<A>1</A>"), Ok(vec![1]));
    assert_eq!(read::<Vec<HashMap<String, i64>>>("<A><B>1</B></A>").expect("a fit")[0]["B"], 1);
}

#[test]
fn elements_of_one_name_are_one_list_wherever_they_stand() {
    assert_eq!(read::<Vec<i64>>("<A>1</A><B/><A>2</A><C/><A>3</A>"), Ok(vec![1, 2, 3]));
}

#[test]
fn what_is_no_list_is_read_from_the_first() {
    assert_eq!(read::<i64>("<A>1</A><A>2</A>"), Ok(1));
    assert_eq!(read::<bool>("<A>1</A><A>0</A>"), Ok(true));
    assert_eq!(read::<String>("<A>1</A><A>2</A>"), Ok("1".to_owned()));
    assert_eq!(read::<HashMap<String, i64>>("<A><B>1</B></A><A/>").expect("a fit")["B"], 1);
}

#[test]
fn a_tuple_is_as_many_elements_as_it_has() {
    assert_eq!(read::<(i64, String)>("<A>1</A><A>x</A>"), Ok((1, "x".to_owned())));
    assert_eq!(refusal::<(i64, i64)>("<A>1</A>"), "A: expected a tuple of size 2");
    assert_eq!(refusal::<[i64; 2]>("<A>1</A><A>1</A><A>1</A>"), "A: expected 2 elements in sequence");
}

#[test]
fn an_item_of_a_list_is_no_list() {
    assert_eq!(refusal::<Vec<Vec<i64>>>("<A>1</A><A>2</A>"), "A: expected a sequence");
    // Would never end otherwise.
    #[derive(Deserialize, Debug)]
    struct Endless(#[allow(dead_code, reason = "never made")] Vec<Endless>);
    assert_eq!(refusal::<Endless>("<A>1</A>"), "A: expected a sequence");
}

#[test]
fn the_message_itself_is_a_struct_or_a_map() {
    assert_eq!(message("").deserialize::<HashMap<String, i64>>(), Ok(HashMap::new()));
    assert_eq!(message("").deserialize::<Value>(), Ok(json!({})));
    assert!(message("").deserialize::<Option<BTreeMap<String, i64>>>().expect("a fit").is_some());
    let expected =
        |expected: &str| FieldsError::Unexpected { path: String::new(), expected: expected.to_owned() };
    assert_eq!(message("<A/>").deserialize::<Vec<i64>>(), Err(expected("a sequence")));
    assert_eq!(message("<A/>").deserialize::<String>(), Err(expected("a string")));
}

// Whatever is there

#[test]
fn a_value_has_strings_lists_and_maps() {
    let value: Value = message("<A>1</A><B><C/><D>x</D></B><A>2</A><B/>").deserialize().expect("JSON");
    assert_eq!(value, json!({"A": ["1", "2"], "B": [{"C": "", "D": "x"}, ""]}));
}

#[test]
fn flatten_takes_what_no_field_took() {
    #[derive(Deserialize)]
    struct Flat {
        #[serde(rename = "MsgId")]
        id: i64,
        #[serde(flatten)]
        place: Place,
        #[serde(flatten)]
        rest: BTreeMap<String, Value>,
    }
    #[derive(Deserialize)]
    struct Place {
        #[serde(rename = "Label")]
        label: String,
    }
    let flat: Flat = sample("msg-location").deserialize().expect("a fit");
    assert_eq!((flat.id, flat.place.label.as_str()), (1_571_198_388_684_324, "海海滟连"));
    assert_eq!(flat.rest["Scale"], "20");
    assert!(!flat.rest.contains_key("MsgId"));
}

#[test]
fn an_untagged_enum_is_the_first_variant_that_fits() {
    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(untagged)]
    enum Any {
        Nested(BTreeMap<String, String>),
        Many(Vec<String>),
        Text(String),
    }
    assert_eq!(read::<Any>("<A>x</A>"), Ok(Any::Text("x".to_owned())));
    assert_eq!(read::<Any>("<A>x</A><A>y</A>"), Ok(Any::Many(vec!["x".to_owned(), "y".to_owned()])));
    assert_eq!(read::<Any>("<A><B>x</B></A>"), Ok(Any::Nested([("B".to_owned(), "x".to_owned())].into())));
    assert_eq!(
        refusal::<Any>("<A><B><C/></B></A>"),
        "A: data did not match any variant of untagged enum Any"
    );
}

#[test]
fn an_enum_may_be_tagged_by_the_event() {
    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(tag = "Event")]
    enum Mine {
        #[serde(rename = "some_future_event")]
        Future {
            #[serde(rename = "Foo")]
            foo: String,
        },
        #[serde(other)]
        Other,
    }
    let mine: Mine = sample("event-unknown").deserialize().expect("a fit");
    assert_eq!(mine, Mine::Future { foo: "juf".to_owned() });
    assert_eq!(sample("event-scan").deserialize(), Ok(Mine::Other));
}

#[test]
fn a_number_behind_flatten_is_a_string() {
    #[derive(Deserialize, Debug)]
    struct Flat {
        #[serde(flatten)]
        _inner: A<i64>,
    }
    let refused = message("<A>7</A>").deserialize::<Flat>().expect_err("a string");
    assert_eq!(refused.to_string(), "expected i64");
}

// Enums

#[derive(Deserialize, Debug, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Choice {
    Accept,
    Reject,
    Later(i64),
    Both(i64, i64),
    Named { n: i64 },
}

#[test]
fn a_text_names_a_variant() {
    assert_eq!(read::<Choice>("<A><![CDATA[ accept ]]></A>"), Ok(Choice::Accept));
    assert_eq!(read::<Vec<Choice>>("<A>accept</A><A>reject</A>"), Ok(vec![Choice::Accept, Choice::Reject]));
    assert_eq!(refusal::<Choice>("<A>secret</A>"), "A: expected one of accept, reject, later, both, named");
    assert_eq!(refusal::<Choice>("<A>later</A>"), "A: expected newtype variant");
}

#[test]
fn the_one_name_inside_names_a_variant() {
    assert_eq!(read::<Choice>("<A><accept/></A>"), Ok(Choice::Accept));
    assert_eq!(read::<Choice>("<A><later>7</later></A>"), Ok(Choice::Later(7)));
    assert_eq!(read::<Choice>("<A><both>1</both><both>2</both></A>"), Ok(Choice::Both(1, 2)));
    assert_eq!(read::<Choice>("<A><named><n>7</n></named></A>"), Ok(Choice::Named { n: 7 }));
    assert_eq!(message("<later>7</later>").deserialize(), Ok(Choice::Later(7)));
    assert_eq!(refusal::<Choice>("<A><later>x</later></A>"), "A.later: expected i64");
    assert_eq!(refusal::<Choice>("<A><later>7</later><accept/></A>"), "A: expected enum Choice");
}

#[test]
fn a_name_may_be_an_enum() {
    #[derive(Deserialize, Debug, PartialEq, Eq, Hash)]
    enum Name {
        B,
        C,
    }
    let names: HashMap<Name, i64> = read("<A><B>1</B><C>2</C></A>").expect("a fit");
    assert_eq!((names[&Name::B], names[&Name::C]), (1, 2));
    assert_eq!(refusal::<HashMap<Name, i64>>("<A><D/></A>"), "A.D: expected one of B, C");
}

// Errors

#[test]
fn an_error_says_where() {
    #[derive(Deserialize, Debug)]
    struct Finished {
        #[serde(rename = "CopyrightCheckResult")]
        _result: Results,
    }
    #[derive(Deserialize, Debug)]
    struct Results {
        #[serde(rename = "ResultList")]
        _list: HashMap<String, Vec<Item>>,
    }
    #[derive(Deserialize, Debug)]
    struct Item {
        #[serde(rename = "OriginalArticleUrl")]
        _url: i64,
    }
    let refused = sample("event-masssendjobfinish-copyright").deserialize::<Finished>().expect_err("a text");
    let path = "CopyrightCheckResult.ResultList.item.OriginalArticleUrl".to_owned();
    assert_eq!(refused.to_string(), format!("{path}: expected i64"));
    assert_eq!(refused, FieldsError::Unexpected { path, expected: "i64".to_owned() });
}

#[test]
fn an_error_says_what_was_expected() {
    assert_eq!(refusal::<A<i64>>("<A>x</A>"), "A: expected struct A");
    assert_eq!(refusal::<HashMap<String, i64>>("<A>x</A>"), "A: expected a map");
    assert_eq!(refusal::<String>("<A><B/></A>"), "A: expected a string");
    assert_eq!(refusal::<i64>("<A><B>1</B></A>"), "A: expected i64");
    assert_eq!(refusal::<char>("<A>xy</A>"), "A: expected a character");
    assert_eq!(refusal::<()>("<A>x</A>"), "A: expected unit");
}

#[test]
fn an_element_that_a_strict_type_does_not_have_is_an_error() {
    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Strict {}
    assert_eq!(
        read::<Strict>("<A><B>x</B></A>").err(),
        Some(FieldsError::Unknown { path: "A.B".to_owned() })
    );
    assert_eq!(refusal::<Strict>("<A><B>x</B></A>"), "A.B: the type has no such element");
}

#[test]
fn one_field_in_two_spellings_is_an_error() {
    #[derive(Deserialize, Debug)]
    struct Spelled {
        #[serde(rename = "MsgID", alias = "MsgId")]
        _id: i64,
    }
    assert!(read::<Spelled>("<A><MsgId>1</MsgId></A>").is_ok());
    let refused = refusal::<Spelled>("<A><MsgId>1</MsgId><MsgID>1</MsgID></A>");
    assert_eq!(refused, "A.MsgID is there in more than one spelling");
}

#[test]
fn an_error_never_says_what_stands_in_the_message() {
    #[derive(Deserialize, Debug)]
    #[serde(tag = "t")]
    enum Tagged {
        X,
    }
    #[derive(Deserialize, Debug)]
    #[serde(field_identifier)]
    enum Identifier {
        X,
    }
    #[derive(Deserialize, Debug)]
    struct Flat {
        #[serde(flatten)]
        _inner: A<i64>,
    }
    fn check<T: DeserializeOwned>(elements: &str) {
        let refused = read::<T>(elements).err().expect("no fit");
        for shown in [refused.to_string(), format!("{refused:?}")] {
            assert!(!shown.contains("secret"), "{shown}");
        }
        let caused: HandlerError = refused.into();
        assert!(!format!("{caused:?}").contains("secret"));
    }
    let text = "<A>secret</A>";
    check::<bool>(text);
    check::<i64>(text);
    check::<f64>(text);
    check::<char>(text);
    check::<()>(text);
    check::<Choice>(text);
    check::<Identifier>(text);
    check::<Tagged>("<A><t>secret</t></A>");
    check::<Flat>("<A><A>secret</A></A>");
    check::<HashMap<String, i64>>(text);
    check::<A<String>>(text);
    check::<std::net::IpAddr>(text);
    check::<Timestamp>(text);
    check::<(String, String)>(text);
    check::<Vec<i64>>("<A>1</A><A>secret</A>");
    check::<String>("<A><B>secret</B></A>");
}

#[test]
fn the_words_of_the_types_own_code_are_kept() {
    #[derive(Deserialize, Debug)]
    #[serde(try_from = "i64")]
    struct Even;
    impl TryFrom<i64> for Even {
        type Error = &'static str;
        fn try_from(number: i64) -> Result<Self, &'static str> {
            if number % 2 == 0 { Ok(Self) } else { Err("is odd") }
        }
    }
    assert!(read::<Even>("<A>2</A>").is_ok());
    let custom = FieldsError::Custom { path: "A".to_owned(), message: "is odd".to_owned() };
    assert_eq!(custom.to_string(), "A: is odd");
    assert_eq!(read::<Even>("<A>1</A>").err(), Some(custom));
}

#[test]
fn a_name_brings_no_control_character_into_an_error() {
    let refused = message("<A\u{1b}[1m>x</A\u{1b}[1m>").deserialize::<HashMap<String, i64>>();
    assert_eq!(refused.expect_err("no number").to_string(), "A\\u{1b}[1m: expected i64");
    let refused = message("<数>x</数>").deserialize::<HashMap<String, i64>>();
    assert_eq!(refused.expect_err("no number").to_string(), "数: expected i64");
}

// Any message

#[test]
fn as_many_elements_as_a_message_may_have_are_read() {
    let same = message(&"<A>1</A>".repeat(4096));
    assert_eq!(same.deserialize::<A<Vec<i64>>>().expect("a fit").a.len(), 4096);
    assert_eq!(same.deserialize::<A<i64>>().expect("a fit").a, 1);
    let each = message(&(0..4096).map(|n| format!("<A{n}>{n}</A{n}>")).collect::<String>());
    assert_eq!(each.deserialize::<HashMap<String, i64>>().expect("a fit").values().sum::<i64>(), 4095 * 2048);
    let alternating = message(&(0..4096).map(|n| format!("<A{0}>{n}</A{0}>", n % 2048)).collect::<String>());
    let lists = alternating.deserialize::<HashMap<String, Vec<i64>>>().expect("a fit");
    assert_eq!((lists.len(), &lists["A7"]), (2048, &vec![7, 2055]));
}

/// The texts of a value, sorted.
fn texts_of(value: &Value) -> Vec<&str> {
    fn add<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
        match value {
            Value::String(text) => texts.push(text),
            Value::Array(values) => values.iter().for_each(|value| add(value, texts)),
            Value::Object(map) => map.values().for_each(|value| add(value, texts)),
            other => panic!("{other} out of a message"),
        }
    }
    let mut texts = Vec::new();
    add(value, &mut texts);
    texts.sort_unstable();
    texts
}

/// The texts of elements that hold no others, sorted.
fn leaves_of(fields: Fields<'_>) -> Vec<&str> {
    let mut waiting: Vec<_> = fields.collect();
    let mut leaves = Vec::new();
    while let Some(field) = waiting.pop() {
        if field.fields().is_empty() {
            leaves.push(field.text());
        }
        waiting.extend(field.fields());
    }
    leaves.sort_unstable();
    leaves
}

/// What a user may ask for, and what nobody would.
#[derive(Deserialize, Debug)]
#[serde(rename_all = "UPPERCASE")]
#[allow(dead_code, reason = "read alone")]
struct Asked<'a> {
    #[serde(default)]
    a: Option<i64>,
    #[serde(borrow)]
    b: Option<&'a str>,
    #[serde(default, borrow)]
    list: Vec<Asked<'a>>,
    c: Option<Box<Asked<'a>>>,
    d: Option<(bool, Any)>,
    e: Option<Any>,
    f: Option<Either>,
}

#[derive(Deserialize, Debug)]
#[serde(untagged)]
#[allow(dead_code, reason = "read alone")]
enum Any {
    Many(Vec<Any>),
    Number(u8),
    Unit(()),
    Nested { a: Box<Any> },
}

#[derive(Deserialize, Debug)]
#[allow(dead_code, reason = "read alone")]
enum Either {
    A,
    B(Box<Either>),
    #[serde(rename = "LIST")]
    List(Vec<f32>),
    C {
        d: char,
    },
}

/// Elements with texts that hold `§`, numbers or words.
fn elements() -> impl Strategy<Value = String> {
    let name = || prop::sample::select(vec!["A", "B", "LIST", "C", "D", "E", "F", "d", "a", "中"]);
    let text = prop_oneof!["", "§secret [a-z<&]{0,3}", "-?[0-9]{1,20}", "true|false|A|B|inf"];
    let leaf = (name(), text).prop_map(|(name, text)| format!("<{name}><![CDATA[{text}]]></{name}>"));
    let nested = leaf.prop_recursive(8, 100, 8, move |inner| {
        (name(), prop::collection::vec(inner, 0..8))
            .prop_map(|(name, inner)| format!("<{name}>{}</{name}>", inner.concat()))
    });
    prop::collection::vec(nested, 0..10).prop_map(|elements| elements.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn any_message_is_a_value_with_every_text(elements in elements()) {
        let message = message(&elements);
        let value: Value = message.deserialize().expect("JSON");
        prop_assert_eq!(texts_of(&value), leaves_of(message.fields()));
    }

    #[test]
    fn no_message_panics_or_is_told_whatever_is_asked_for(elements in elements()) {
        fn told<'a, T: Deserialize<'a>>(message: &'a Message) -> bool {
            message.deserialize::<T>().is_err_and(|error| format!("{error} {error:?}").contains('§'))
        }
        let message = message(&elements);
        prop_assert!(!told::<Asked<'_>>(&message));
        prop_assert!(!told::<HashMap<String, Asked<'_>>>(&message));
        prop_assert!(!told::<HashMap<String, Vec<Asked<'_>>>>(&message));
        prop_assert!(!told::<HashMap<String, Any>>(&message));
        prop_assert!(!told::<HashMap<String, Either>>(&message));
        prop_assert!(!told::<HashMap<String, Vec<i64>>>(&message));
        prop_assert!(!told::<HashMap<String, Option<f64>>>(&message));
        prop_assert!(!told::<HashMap<char, bool>>(&message));
        prop_assert!(!told::<A<()>>(&message));
        prop_assert!(!told::<Either>(&message));
        prop_assert!(!told::<Any>(&message));
        prop_assert!(!told::<i64>(&message));
        prop_assert!(!told::<Vec<String>>(&message));
    }
}
