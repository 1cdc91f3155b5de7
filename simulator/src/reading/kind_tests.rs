//! What is special about the answers to each kind of account.

use CheckName as C;

use super::*;
use crate::{AccountKind, TemplateCard};

const TOKEN: &str = "QDG6eKxyrqUnkq3M";
const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
const CORP_ID: &str = "wx5823bf96d3bd56c7";

fn account(kind: AccountKind) -> Account {
    let format = kind.formats()[0];
    Account::new(CORP_ID, TOKEN, KEY).expect("an account").with_kind(kind).with_format(format)
}

fn head(event: Option<&str>) -> MessageHead {
    MessageHead {
        to: "to".to_owned(),
        from: "o1".to_owned(),
        event: event.map(str::to_owned),
        ..MessageHead::default()
    }
}

fn read(account: &Account, head: &MessageHead, body: &str) -> Reading {
    let answer = Answer { status: 200, headers: Vec::new(), body: body.to_owned().into(), truncated: false };
    super::read(account, head, &answer, Checks::default())
}

fn failures(account: &Account, head: &MessageHead, body: &str) -> Vec<CheckName> {
    read(account, head, body).failures().map(|check| check.name).collect()
}

fn sealed(account: &Account, receive_id: &str, reply: &str) -> String {
    let encrypt = cipher::seal(account.key(), receive_id, reply.as_bytes(), [7; 16]);
    let parts = [("timestamp", "1714036504"), ("nonce", "1"), ("encrypt", encrypt.as_str())];
    let signature = Signature::new("MsgSignature", TOKEN, &parts).value;
    match account.format() {
        DataFormat::Xml => format!(
            "<xml><Encrypt>{encrypt}</Encrypt><MsgSignature>{signature}</MsgSignature>\
             <TimeStamp>1714036504</TimeStamp><Nonce>1</Nonce></xml>"
        ),
        DataFormat::Json => format!(
            r#"{{"Encrypt":"{encrypt}","MsgSignature":"{signature}","TimeStamp":1714036504,"Nonce":"1"}}"#
        ),
    }
}

fn xml(content: &str) -> String {
    format!(
        "<xml><ToUserName>o1</ToUserName><FromUserName>to</FromUserName><CreateTime>1</CreateTime>{content}</xml>"
    )
}

fn json(members: &str) -> String {
    format!(r#"{{"ToUserName":"o1","FromUserName":"to","CreateTime":1,{members}}}"#)
}

fn news(count: usize) -> String {
    let item = "<item><Title>t</Title><Description/><PicUrl/><Url>u</Url></item>".repeat(count);
    xml(&format!("<MsgType>news</MsgType><ArticleCount>{count}</ArticleCount><Articles>{item}</Articles>"))
}

fn text(length: usize) -> String {
    xml(&format!("<MsgType>text</MsgType><Content>{}</Content>", "x".repeat(length)))
}

#[test]
fn a_reply_of_wecom_is_read_by_its_limits() {
    let account = account(AccountKind::WeCom);
    let found = |event, reply: &str| failures(&account, &head(event), &sealed(&account, CORP_ID, reply));
    assert_eq!(found(None, &text(2048)), []);
    assert_eq!(found(None, &text(2049)), [C::TextLength]);
    assert_eq!(found(None, &news(8)), []);
    assert_eq!(found(None, &news(9)), [C::Articles]);
    for refused in ["music", "transfer_customer_service", "transfer_biz_ai_ivr", "file"] {
        assert_eq!(found(None, &xml(&format!("<MsgType>{refused}</MsgType>"))), [C::MsgType], "{refused}");
    }
    assert_eq!(failures(&account, &head(None), &text(1)), [C::Encrypted]);
    assert_eq!(failures(&account, &head(None), &sealed(&account, "ww0", &text(1))), [C::AppId]);
    assert_eq!(failures(&account, &head(None), &sealed(&account, "", &text(1))), [C::AppId]);
    assert_eq!(failures(&account, &head(None), ""), []);
}

#[test]
fn a_card_is_updated_in_reply_to_its_event_alone() {
    let account = account(AccountKind::WeCom);
    let read = |event, reply: &str| read(&account, &head(event), &sealed(&account, CORP_ID, reply));
    let failures =
        |event, reply: &str| -> Vec<_> { read(event, reply).failures().map(|check| check.name).collect() };
    let button = xml("<MsgType>update_button</MsgType><Button><ReplaceName>已批准</ReplaceName></Button>");
    let updated = read(Some("template_card_event"), &button);
    assert_eq!(updated.reply, Some(Reply::UpdateButton { text: "已批准".to_owned() }));
    assert_eq!(failures(None, &button), [C::CardEvent]);
    assert_eq!(failures(Some("click"), &button), [C::CardEvent]);
    let empty = "<MsgType>update_button</MsgType><Button/>";
    assert_eq!(failures(Some("template_card_event"), &xml(empty)), [C::ReplaceName]);
    let task = "<MsgType>update_taskcard</MsgType><TaskCard><ReplaceName>好</ReplaceName></TaskCard>";
    let updated = read(Some("taskcard_click"), &xml(task));
    assert_eq!(updated.reply, Some(Reply::UpdateTaskCard { text: "好".to_owned() }));
    let card = "<MsgType>update_template_card</MsgType><TemplateCard><CardType>text_notice</CardType>\
                <MainTitle><Title>标题</Title></MainTitle><HorizontalContentList><KeyName>人</KeyName>\
                <Value>小明</Value></HorizontalContentList></TemplateCard>";
    let expected = TemplateCard {
        card_type: "text_notice".to_owned(),
        title: Some("标题".to_owned()),
        rows: vec![("人".to_owned(), "小明".to_owned())],
        ..TemplateCard::default()
    };
    let updated = read(Some("template_card_menu_event"), &xml(card));
    assert_eq!(updated.reply, Some(Reply::UpdateTemplateCard { card: expected }));
    let unknown = card.replace("text_notice", "poster");
    assert_eq!(failures(Some("template_card_event"), &xml(&unknown)), [C::CardType]);
}

#[test]
fn a_mini_program_and_a_store_transfer_and_reply_with_nothing_else() {
    for kind in [AccountKind::MiniProgram, AccountKind::Store] {
        let account = account(kind);
        let read = |reply: &str| read(&account, &head(None), &sealed(&account, CORP_ID, reply));
        let transfer = json(r#""MsgType":"transfer_customer_service""#);
        assert_eq!(read(&transfer).reply, Some(Reply::Transfer { account: None }));
        let text = read(&json(r#""MsgType":"text","Content":"hi""#));
        let [failed] = &text.failures().collect::<Vec<_>>()[..] else { panic!("{:?}", text.checks) };
        assert_eq!(failed.name, C::MsgType);
        assert!(failed.detail.en.contains("custom/send") && failed.detail.zh.contains("客服消息接口"));
        for body in ["", "success", "SUCCESS"] {
            assert_eq!(failures(&account, &head(None), body), [], "{body}");
        }
    }
}

#[test]
fn an_envelope_in_json_has_a_number_and_a_string() {
    let account = account(AccountKind::Store);
    let transfer = json(r#""MsgType":"transfer_customer_service""#);
    let right = sealed(&account, CORP_ID, &transfer);
    let found = |body: &str| failures(&account, &head(None), body);
    assert_eq!(found(&right), []);
    assert_eq!(found(&right.replace("1714036504", "\"1714036504\"")), [C::Envelope]);
    assert_eq!(found(&right.replace("\"Nonce\":\"1\"", "\"Nonce\":1")), [C::Envelope]);
    assert_eq!(found(&right.replace("MsgSignature", "msgsignature")), [C::Envelope, C::MsgSignature]);
    assert_eq!(found(&transfer), [C::Encrypted]);
    assert_eq!(found("{"), [C::WellFormed]);
    assert_eq!(found(&text(1)), [C::WellFormed]);
    assert_eq!(found("ok"), [C::Acknowledgement]);
    assert_eq!(found(&sealed(&account, CORP_ID, &text(1))), [C::InnerWellFormed]);
    assert_eq!(found(&sealed(&account, "wx0", &transfer)), [C::AppId]);
    let quoted =
        json(r#""MsgType":"transfer_customer_service""#).replace("\"CreateTime\":1", "\"CreateTime\":\"x\"");
    assert_eq!(found(&sealed(&account, CORP_ID, &quoted)), [C::CreateTime]);
}

#[test]
fn a_mini_program_in_plain_mode_replies_in_plain_json() {
    let account = account(AccountKind::MiniProgram).with_mode(Mode::Plain);
    let transfer = json(r#""MsgType":"transfer_customer_service""#);
    assert_eq!(failures(&account, &head(None), &transfer), []);
    let sealed = sealed(&account, CORP_ID, &transfer);
    assert_eq!(failures(&account, &head(None), &sealed), [C::Encrypted]);
}

#[test]
fn a_system_event_is_answered_with_success_and_nothing_else() {
    for kind in [AccountKind::Platform, AccountKind::WeCom] {
        let account = account(kind);
        let head = MessageHead { system: true, ..head(Some("authorized")) };
        assert_eq!(failures(&account, &head, "success"), []);
        let sealed = sealed(&account, CORP_ID, &text(1));
        for wrong in ["", "SUCCESS", "success\n", "\"success\"", &text(1), &sealed] {
            assert_eq!(failures(&account, &head, wrong), [C::Acknowledgement], "{wrong}");
        }
    }
}

#[test]
fn a_platform_answers_for_its_accounts_with_its_own_app_id() {
    let account = account(AccountKind::Platform);
    assert_eq!(failures(&account, &head(None), &sealed(&account, CORP_ID, &text(1))), []);
    let authorizer = sealed(&account, "wxf8b4f85f3a794e77", &text(1));
    assert_eq!(failures(&account, &head(None), &authorizer), [C::AppId]);
    assert_eq!(failures(&account, &head(None), &text(1)), [C::Encrypted]);
}
