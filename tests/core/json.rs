//! JSON as WeChat pushes it: the same message as in XML.

use wechat_callback::message::Id;
use wechat_callback::{Message, Timestamp};

fn read(json: &str) -> Message {
    Message::from_json(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// The same elements in both formats.
fn assert_same(json: &str, xml: &str) {
    let other = Message::from_xml(xml).unwrap_or_else(|error| panic!("{error}: {xml}"));
    assert!(read(json) == other, "{json}\n{xml}\n{:?}", serde_json::to_string(&read(json)));
}

#[test]
fn a_message_is_the_same_in_both_formats() {
    assert_same(
        r#"{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":1714036504,"MsgType":"text","Content":"你好","MsgId":24537152634531843}"#,
        "<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName><CreateTime>1714036504</CreateTime><MsgType>text</MsgType><Content>你好</Content><MsgId>24537152634531843</MsgId></xml>",
    );
}

#[test]
fn a_number_and_a_string_of_it_are_the_same() {
    let (number, string) = (
        r#"{"CreateTime":1620973045,"MsgType":"text","MsgId":9007199254740993}"#,
        r#"{"CreateTime":"1620973045","MsgType":"text","MsgId":"9007199254740993"}"#,
    );
    assert!(read(number) == read(string));
    let message = read(number);
    assert_eq!(message.head.created, Some(Timestamp::from_secs(1_620_973_045)));
    assert_eq!(message.head.id, Some(Id::from("9007199254740993")));
}
