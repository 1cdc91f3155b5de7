//! Malformed replies of every kind: the intended check fails, and no other.

use std::collections::HashSet;

use super::*;
use CheckName as C;

const APP_ID: &str = "wx5823bf96d3bd56c7";
const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
const HEAD: &str =
    "<ToUserName>o1</ToUserName><FromUserName>gh_1</FromUserName><CreateTime>1714036504</CreateTime>";

fn account(mode: Mode) -> Account {
    Account::new(APP_ID, "QDG6eKxyrqUnkq3M", KEY).expect("an account").with_mode(mode)
}

fn read_answer(mode: Mode, event: Option<&str>, answer: &Answer) -> Reading {
    let head = MessageHead {
        to: "gh_1".to_owned(),
        from: "o1".to_owned(),
        msg_type: "text".to_owned(),
        event: event.map(str::to_owned),
        ..MessageHead::default()
    };
    super::read(&account(mode), &head, answer, Checks::default())
}

fn answer(body: impl Into<Vec<u8>>) -> Answer {
    Answer { status: 200, headers: Vec::new(), body: body.into().into(), truncated: false }
}

/// The checks that fail. If one fails there is no reply.
fn failures(mode: Mode, event: Option<&str>, answer: &Answer) -> Vec<CheckName> {
    let reading = read_answer(mode, event, answer);
    assert_eq!(reading.reply.is_none(), !reading.passed(), "{:?}", reading.checks);
    reading.failures().map(|check| check.name).collect()
}

fn envelope(encrypt: &str, app_token: &str) -> String {
    let parts = [("timestamp", "1714036504"), ("nonce", "1"), ("encrypt", encrypt)];
    let signature = Signature::new("MsgSignature", app_token, &parts).value;
    format!(
        "<xml><Encrypt><![CDATA[{encrypt}]]></Encrypt><MsgSignature>{signature}</MsgSignature>\
         <TimeStamp>1714036504</TimeStamp><Nonce>1</Nonce></xml>"
    )
}

fn sealed_for(app_id: &str, xml: &str) -> String {
    let key = cipher::key(KEY).expect("a key");
    envelope(&cipher::seal(&key, app_id, xml.as_bytes(), [7; 16]), "QDG6eKxyrqUnkq3M")
}

fn text(content: &str) -> String {
    format!("<xml>{HEAD}<MsgType>text</MsgType><Content><![CDATA[{content}]]></Content></xml>")
}

fn reply(content: &str) -> String {
    format!("<xml>{HEAD}{content}</xml>")
}

fn news(count: usize) -> String {
    let item = "<item><Title>t</Title><Description/><PicUrl/><Url>u</Url></item>";
    reply(&format!(
        "<MsgType>news</MsgType><ArticleCount>{count}</ArticleCount><Articles>{}</Articles>",
        item.repeat(count)
    ))
}

/// What is wrong with the content, which is the same in every mode.
fn wrong_contents() -> Vec<(CheckName, Option<&'static str>, String)> {
    let long = "字".repeat(683);
    let event = Some("CLICK");
    let item = "<item><Title>t</Title><Description/><PicUrl/></item>";
    vec![
        (C::ToUserName, None, text("hi").replace("<ToUserName>o1", "<ToUserName>gh_1")),
        (C::ToUserName, None, text("hi").replace("<ToUserName>o1</ToUserName>", "")),
        (C::FromUserName, None, text("hi").replace("<FromUserName>gh_1", "<FromUserName>o1")),
        (C::FromUserName, None, text("hi").replace("<FromUserName>gh_1</FromUserName>", "")),
        (C::CreateTime, None, text("hi").replace("1714036504", "today")),
        (C::CreateTime, None, text("hi").replace("<CreateTime>1714036504</CreateTime>", "")),
        (C::MsgType, None, reply("<MsgType>event</MsgType><Event>CLICK</Event>")),
        (C::MsgType, None, reply("<MsgType>TEXT</MsgType><Content>hi</Content>")),
        (C::MsgType, None, reply("<Content>hi</Content>")),
        (C::TextEmpty, None, text("")),
        (C::TextEmpty, None, text(" \n")),
        (C::TextEmpty, None, reply("<MsgType>text</MsgType>")),
        (C::TextLength, None, text(&long)),
        (C::TextLength, event, text(&"x".repeat(2048))),
        (C::MediaId, None, reply("<MsgType>image</MsgType><Image><MediaId></MediaId></Image>")),
        (C::MediaId, None, reply("<MsgType>image</MsgType><MediaId>m</MediaId>")),
        (C::MediaId, None, reply("<MsgType>voice</MsgType><Voice/>")),
        (C::MediaId, None, reply("<MsgType>video</MsgType><Video><Title>t</Title></Video>")),
        (C::MediaId, None, reply("<MsgType>image</MsgType><Image><MediaId> \n</MediaId></Image>")),
        (C::ThumbMediaId, None, reply("<MsgType>music</MsgType><Music><ThumbMediaId/></Music>")),
        (
            C::ThumbMediaId,
            None,
            reply("<MsgType>music</MsgType><Music><ThumbMediaId> </ThumbMediaId></Music>"),
        ),
        (C::MusicUrl, None, reply("<MsgType>music</MsgType><Music><MusicUrl/></Music>")),
        (C::MusicUrl, None, reply("<MsgType>music</MsgType><Music><MusicURL> </MusicURL></Music>")),
        (C::MusicUrl, None, reply("<MsgType>music</MsgType><Music><HQMusicUrl/></Music>")),
        (C::ArticleFields, None, news(1).replace("<Url>u</Url>", "<Url/>")),
        (C::ArticleCount, None, news(1).replace("<ArticleCount>1", "<ArticleCount>2")),
        (C::ArticleCount, event, news(2).replace("<ArticleCount>2</ArticleCount>", "")),
        (C::Articles, None, news(0)),
        (C::Articles, None, news(2)),
        (C::Articles, event, news(9)),
        (
            C::ArticleFields,
            None,
            reply(&format!(
                "<MsgType>news</MsgType><ArticleCount>1</ArticleCount><Articles>{item}</Articles>"
            )),
        ),
        (C::Transfer, event, reply("<MsgType>transfer_customer_service</MsgType>")),
        (C::Transfer, None, reply("<MsgType>transfer_customer_service</MsgType><TransInfo/>")),
        (C::Transfer, event, reply("<MsgType>transfer_biz_ai_ivr</MsgType>")),
    ]
}

/// What is wrong with the answer around the content.
fn wrong_answers() -> Vec<(CheckName, Mode, Answer)> {
    let key = cipher::key(KEY).expect("a key");
    let token = "QDG6eKxyrqUnkq3M";
    let (plain, sealed) = (text("hi"), sealed_for(APP_ID, &text("hi")));
    let frame = cipher::frame(APP_ID, plain.as_bytes(), [7; 16]);
    let mut wrong_padding = cipher::pad(frame.clone());
    *wrong_padding.last_mut().expect("not empty") = 0;
    let mut wrong_length = frame;
    wrong_length.splice(16..20, [0xff; 4]);
    let encoded = |frame: Vec<u8>| envelope(&cipher::seal_frame(&key, frame), token);
    let (wrong_padding, wrong_length) = (encoded(wrong_padding), encoded(cipher::pad(wrong_length)));
    vec![
        (C::Status, Mode::Plain, Answer { status: 500, ..answer("success") }),
        (C::Status, Mode::Safe, Answer { status: 302, ..answer("") }),
        (C::Size, Mode::Plain, Answer { truncated: true, ..answer("x") }),
        (C::Utf8, Mode::Plain, answer([0xff])),
        (C::Utf8, Mode::Plain, answer(format!("\u{feff}{plain}"))),
        (C::Acknowledgement, Mode::Plain, answer("\"success\"")),
        (C::Acknowledgement, Mode::Safe, answer("success\n")),
        (C::Acknowledgement, Mode::Plain, answer("SUCCESS")),
        (C::WellFormed, Mode::Plain, answer("{\"ToUserName\":\"o1\"}")),
        (C::Acknowledgement, Mode::Plain, answer(" ")),
        (C::WellFormed, Mode::Plain, answer("<xml><ToUserName>")),
        (C::WellFormed, Mode::Plain, answer("<html></html>")),
        (C::WellFormed, Mode::Plain, answer(format!("<!DOCTYPE xml>{plain}"))),
        (C::WellFormed, Mode::Plain, answer(text("\u{8}"))),
        (C::WellFormed, Mode::Safe, answer(sealed.replace("</xml>", ""))),
        (C::Encrypted, Mode::Safe, answer(plain.clone())),
        (C::Encrypted, Mode::Plain, answer(sealed.clone())),
        (C::Envelope, Mode::Safe, answer(sealed.replace("<Nonce>1</Nonce>", "<nonce>1</nonce>"))),
        (C::Envelope, Mode::Safe, answer(sealed.replace("TimeStamp", "Timestamp"))),
        (C::MsgSignature, Mode::Safe, answer(sealed.replace("<Nonce>1", "<Nonce>2"))),
        (
            C::MsgSignature,
            Mode::Compatible,
            answer(sealed.replace("<TimeStamp>1714036504", "<TimeStamp>1714036505")),
        ),
        (C::Decryption, Mode::Safe, answer(envelope("!", token))),
        (C::Decryption, Mode::Safe, answer(envelope("", token))),
        (C::Decryption, Mode::Safe, answer(envelope("AAAA", token))),
        (C::Decryption, Mode::Safe, answer(wrong_padding)),
        (C::Decryption, Mode::Compatible, answer(wrong_length)),
        (C::AppId, Mode::Safe, answer(sealed_for("wx5823bf96d3bd56c8", &plain))),
        (C::AppId, Mode::Safe, answer(sealed_for("", &plain))),
        (C::InnerWellFormed, Mode::Safe, answer(sealed_for(APP_ID, "success"))),
        (C::InnerWellFormed, Mode::Compatible, answer(sealed_for(APP_ID, "<xml><Content>"))),
    ]
}

#[test]
fn each_wrong_content_is_told_by_its_check_alone_in_every_mode() {
    for (expected, event, xml) in wrong_contents() {
        for mode in Mode::ALL {
            let body = if mode.is_encrypted() { sealed_for(APP_ID, &xml) } else { xml.clone() };
            assert_eq!(failures(mode, event, &answer(body)), [expected], "{xml}");
        }
    }
}

#[test]
fn each_wrong_answer_is_told_by_its_check() {
    for (expected, mode, answer) in wrong_answers() {
        let found = failures(mode, None, &answer);
        // What is missing in the envelope is missing in what its signature covers, too.
        let allowed: &[CheckName] =
            if expected == C::Envelope { &[C::Envelope, C::MsgSignature] } else { &[expected] };
        assert!(
            found.contains(&expected) && found.iter().all(|name| allowed.contains(name)),
            "{answer:?}: {found:?}"
        );
    }
}

#[test]
fn every_check_is_among_these() {
    let contents = wrong_contents().into_iter().map(|(name, ..)| name);
    let answers = wrong_answers().into_iter().map(|(name, ..)| name);
    // A missing answer is a check of the delivery, and only WeCom has cards.
    let others = [C::Answered, C::CardEvent, C::ReplaceName, C::CardType];
    let of_aibot = super::aibot_tests::FIRED;
    let fired: HashSet<_> = contents.chain(answers).chain(others).chain(of_aibot).collect();
    let silent: Vec<_> = CheckName::ALL.iter().filter(|name| !fired.contains(name)).collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn what_is_right_to_the_limit_passes() {
    let event = Some("CLICK");
    for (event, xml) in [
        (None, text(&"x".repeat(MAX))),
        (None, news(1)),
        (event, news(8)),
        (None, reply("<MsgType>transfer_biz_ai_ivr</MsgType>")),
        (None, reply("<MsgType>music</MsgType><Music><ThumbMediaId>t</ThumbMediaId></Music>")),
        (None, reply("<MsgType>music</MsgType><Music><MusicUrl>u</MusicUrl></Music>")),
    ] {
        assert_eq!(failures(Mode::Plain, event, &answer(xml.clone())), [], "{xml}");
        assert_eq!(failures(Mode::Safe, event, &answer(sealed_for(APP_ID, &xml))), []);
    }
    for body in ["", "success"] {
        for mode in Mode::ALL {
            let reading = read_answer(mode, None, &answer(body));
            assert_eq!(reading.reply, Some(Reply::Acknowledgement));
        }
    }
}

const MAX: usize = crate::MAX_TEXT;

/// The page shows it step by step.
#[test]
fn the_signature_that_was_expected_is_shown_without_the_token() {
    let reading = read_answer(Mode::Safe, None, &answer(sealed_for(APP_ID, &text("hi"))));
    assert_eq!(reading.xml, Some(text("hi")));
    let signature = reading.signature.expect("one was computed");
    assert_eq!(signature.parts.iter().filter(|part| part.value.is_none()).count(), 1);
}

#[test]
fn an_empty_reply_that_is_encrypted_is_told() {
    for xml in ["", "\n"] {
        let reading = read_answer(Mode::Safe, None, &answer(sealed_for(APP_ID, xml)));
        let [failed] = &reading.failures().collect::<Vec<_>>()[..] else { panic!("{:?}", reading.checks) };
        assert_eq!(failed.name, CheckName::InnerWellFormed);
        assert!(failed.detail.en.starts_with("the decrypted reply is empty:"), "{failed:?}");
        assert!(failed.detail.zh.starts_with("解密后的回复是空的："), "{failed:?}");
    }
}

#[test]
fn the_body_of_another_status_is_not_read() {
    let page = Answer { status: 404, ..answer("<!doctype html>\n<title>404</title>") };
    assert_eq!(failures(Mode::Safe, None, &page), [CheckName::Status]);
}
