//! Accounts of every kind, with bots that are written by hand, and with the library's.

use std::time::Duration;

use axum::Router;
use axum::extract::RawQuery;
use axum::routing::{get, post};
use wechat_sim::attack::{self, Verdict};
use wechat_sim::handshake::{self, Diagnosis, Handshake};
use wechat_sim::{
    Account, AccountKind, CheckName, DataFormat, FakeWechat, Message, Mode, Reply, ServiceTarget, Wechat,
    catalogue,
};
use wechat_tower::message::Content;
use wechat_tower::{TransferReply, WechatLayer, WechatMessage};

use crate::hand_made::{self, json_field, xml_field};
use crate::support::{callback, chat};

fn json_reply(message: &str, members: &str) -> String {
    let (to, from) = (json_field(message, "FromUserName"), json_field(message, "ToUserName"));
    format!(r#"{{"ToUserName":"{to}","FromUserName":"{from}","CreateTime":1714036504,{members}}}"#)
}

fn xml_reply(message: &str, content: &str) -> String {
    let (to, from) = (xml_field(message, "FromUserName"), xml_field(message, "ToUserName"));
    format!(
        "<xml><ToUserName>{to}</ToUserName><FromUserName>{from}</FromUserName>\
         <CreateTime>1714036504</CreateTime>{content}</xml>"
    )
}

fn by_hand(account: &Account, handler: fn(&str) -> Option<String>) -> ServiceTarget<Router> {
    ServiceTarget::new(hand_made::bot(account, handler), "/weixin")
}

/// The library's bot for an account whose data format is XML.
fn library(account: &Account) -> ServiceTarget<Router> {
    let layer = WechatLayer::new(callback(account));
    ServiceTarget::new(Router::new().route("/weixin", post(chat).layer(layer)), "/weixin")
}

#[tokio::test]
async fn a_store_pushes_json_and_is_answered_with_a_transfer() {
    for kind in [AccountKind::Store, AccountKind::MiniProgram] {
        let account = Account::generate_as(kind);
        let bot = by_hand(&account, |message| {
            let kind = json_field(message, "MsgType");
            (kind == "text").then(|| json_reply(message, r#""MsgType":"transfer_customer_service""#))
        });
        assert!(handshake::verify(&Wechat::new(account.clone()), &bot).await.is_verified());
        let wechat = FakeWechat::new(account, bot);
        let mut fan = wechat.fan("小明");
        fan.text("在吗").await.expect("reached").expect_transfer(None);
        fan.event("user_enter_tempsession", &[]).await.expect("reached").expect_nothing();
    }
}

#[tokio::test]
async fn a_text_from_a_store_is_a_fault_that_says_what_to_do_instead() {
    let account = Account::generate_as(AccountKind::Store);
    let bot = by_hand(&account, |message| Some(json_reply(message, r#""MsgType":"text","Content":"在的""#)));
    let exchange = FakeWechat::new(account, bot).fan("小明").text("在吗").await.expect("reached");
    exchange.expect_failure_notice();
    let failed: Vec<_> = exchange.failures().map(|check| (check.name, check.detail.en.clone())).collect();
    let [(CheckName::MsgType, detail)] = &failed[..] else { panic!("{failed:?}") };
    assert!(detail.contains("transfer_customer_service"), "{detail}");
}

#[tokio::test]
async fn a_json_push_has_numbers_as_numbers_and_lists_at_its_top() {
    let account = Account::generate_as(AccountKind::MiniProgram);
    let wechat = Wechat::new(account);
    let text: serde_json::Value =
        serde_json::from_str(&wechat.xml(&Message::text("\"你好\"\n"), "o1")).expect("JSON");
    assert_eq!(text["Content"], "\"你好\"\n");
    assert!(text["CreateTime"].is_u64() && text["MsgId"].as_u64().is_some_and(|id| id > 1 << 53), "{text}");
    let popup = Message::event("subscribe_msg_popup_event");
    let popup: serde_json::Value = serde_json::from_str(&wechat.xml(&popup, "o1")).expect("JSON");
    assert_eq!(popup["List"]["SubscribeStatusString"], "accept", "{popup}");
    let check = Message::event("wxa_media_check");
    let check: serde_json::Value = serde_json::from_str(&wechat.xml(&check, "o1")).expect("JSON");
    assert!(check["detail"].is_array(), "{check}");
}

#[tokio::test]
async fn a_mini_program_in_every_mode_and_format_is_pushed_in_its_own() {
    for format in DataFormat::ALL {
        for mode in Mode::ALL {
            let account = Account::generate_as(AccountKind::MiniProgram).with_format(format).with_mode(mode);
            let wechat = Wechat::new(account);
            let push = wechat.push(&Message::text("你好"), "o1");
            assert_eq!(push.body.starts_with('{'), format == DataFormat::Json, "{}", push.body);
            assert_eq!(push.body.contains("你好"), mode != Mode::Safe, "{}", push.body);
            assert_eq!(push.body.contains("Encrypt"), mode != Mode::Plain, "{}", push.body);
        }
    }
}

#[tokio::test]
async fn a_member_of_wecom_writes_to_an_app_by_hand() {
    let account = Account::generate_as(AccountKind::WeCom).with_agent_id("1000005");
    let bot = by_hand(&account, |message| {
        let agent = xml_field(message, "AgentID");
        match xml_field(message, "Event").as_str() {
            "template_card_event" => {
                let button = "<Button><ReplaceName>已批准</ReplaceName></Button>";
                Some(xml_reply(message, &format!("<MsgType>update_button</MsgType>{button}")))
            }
            "" if message.contains("<MsgType>") => Some(xml_reply(
                message,
                &format!(
                    "<MsgType>text</MsgType><Content>{} 在 {agent}</Content>",
                    xml_field(message, "FromUserName")
                ),
            )),
            _ => None,
        }
    });
    let verified = handshake::verify(&Wechat::new(account.clone()), &bot).await;
    assert!(verified.is_verified(), "{:?}", verified.explanation());
    let event = verified.push.expect("a push").exchange;
    assert_eq!((event.kind.as_str(), event.account), ("view", AccountKind::WeCom));
    let wechat = FakeWechat::new(account, bot);
    let mut member = wechat.fan("zhangsan");
    assert_eq!(member.openid(), "zhangsan");
    member.text("你好").await.expect("reached").expect_text("zhangsan 在 1000005");
    let card = member.event("template_card_event", &[]).await.expect("reached");
    card.expect_reply(&Reply::UpdateButton { text: "已批准".to_owned() });
    member.event("kf_msg_or_event", &[]).await.expect("reached").expect_nothing();
    member.event("suite_ticket", &[]).await.expect("reached").expect_nothing();
}

#[tokio::test(start_paused = true)]
async fn the_librarys_bot_for_wecom_is_verified_chats_and_refuses_every_attack() {
    let account = Account::generate_as(AccountKind::WeCom);
    stands(&account).await;
    let wechat = FakeWechat::new(account.clone(), library(&account));
    wechat.fan("zhangsan").text("你好").await.expect("reached").expect_text("你说：你好");
    wechat.fan("zhangsan").click("MENU_HELP").await.expect("reached").expect_text("CLICK");
}

/// The library's bot for an account whose users can only be transferred.
fn transferring(account: &Account) -> ServiceTarget<Router> {
    let transfer = async |WechatMessage(message): WechatMessage| match message.content {
        Content::Event(_) => wechat_tower::Reply::none(),
        _ => TransferReply::to_any_agent().into(),
    };
    let layer = WechatLayer::new(callback(account));
    ServiceTarget::new(Router::new().route("/weixin", post(transfer).layer(layer)), "/weixin")
}

#[tokio::test(start_paused = true)]
async fn the_librarys_bot_for_json_is_verified_transfers_and_refuses_every_attack_in_every_mode() {
    let store = Account::generate_as(AccountKind::Store);
    let mini_programs = DataFormat::ALL.into_iter().flat_map(|format| {
        let account = Account::generate_as(AccountKind::MiniProgram).with_format(format);
        Mode::ALL.map(|mode| account.clone().with_mode(mode))
    });
    for account in mini_programs.chain([store]) {
        let bot = transferring(&account);
        refuses_every_attack(&account, &bot).await;
        let wechat = FakeWechat::new(account, bot);
        let mut fan = wechat.fan("小明");
        fan.text("在吗").await.expect("reached").expect_transfer(None);
        fan.event("user_enter_tempsession", &[]).await.expect("reached").expect_nothing();
    }
}

#[tokio::test(start_paused = true)]
async fn the_librarys_bot_for_a_platform_is_verified_chats_and_refuses_every_attack() {
    let account = Account::generate_as(AccountKind::Platform);
    stands(&account).await;
    let wechat = FakeWechat::new(account.clone(), library(&account));
    wechat.fan("小明").text("你好").await.expect("reached").expect_text("你说：你好");
}

async fn stands(account: &Account) {
    refuses_every_attack(account, &library(account)).await;
}

async fn refuses_every_attack(account: &Account, bot: &ServiceTarget<Router>) {
    let wechat = Wechat::new(account.clone());
    let verified = handshake::verify(&wechat, bot).await;
    assert!(verified.is_verified(), "{:?}", verified.explanation());
    let results = attack::run_all(&wechat, bot, |_| {}).await;
    assert!(results.len() >= 10);
    for result in results {
        assert_eq!(result.verdict, Verdict::Refused, "{}: {:#?}", result.name, result.probes);
    }
}

/// Each attack that applies to a kind is accepted by a bot that checks nothing.
#[tokio::test(start_paused = true)]
async fn a_bot_that_checks_nothing_is_found_by_every_attack_of_every_kind() {
    let weak =
        ServiceTarget::new(Router::new().route("/weixin", axum::routing::any(async || "success")), "/weixin");
    for kind in AccountKind::ALL {
        for format in kind.formats() {
            let account = Account::generate_as(kind).with_format(*format);
            for result in attack::run_all(&Wechat::new(account), &weak, |_| {}).await {
                // It is the other way round: what must be answered.
                if result.name == "unknown-stream" {
                    continue;
                }
                assert_eq!(result.verdict, Verdict::Accepted, "{kind} {format}: {}", result.name);
            }
        }
    }
}

/// Both texts of each request say what is forged about it, and no two of an attack's say the same.
#[test]
fn what_is_forged_about_a_request_is_said_for_every_kind() {
    for kind in AccountKind::ALL {
        for format in kind.formats() {
            for mode in kind.modes() {
                let account = Account::generate_as(kind).with_format(*format).with_mode(*mode);
                let wechat = Wechat::new(account.clone());
                for attack in attack::all().iter().filter(|attack| attack.applies_to(&account)) {
                    let probes = attack.probes(&wechat, "http://127.0.0.1/weixin", None);
                    let mut said: Vec<_> = probes.iter().map(|probe| probe.forgery.zh.clone()).collect();
                    said.sort_unstable();
                    said.dedup();
                    assert_eq!(said.len(), probes.len(), "{kind} {format}: {}: {said:?}", attack.name);
                    assert!(said.iter().all(|said| !said.is_ascii() && !said.contains(account.token())));
                }
            }
        }
    }
}

#[tokio::test]
async fn a_json_parser_that_takes_a_key_twice_is_found() {
    let account = Account::generate_as(AccountKind::Store);
    let bot = by_hand(&account, |_| None);
    let wechat = Wechat::new(account);
    let attack = |name| attack::named(name).expect("in the list");
    assert_eq!(attack("doubled-keys").run(&wechat, &bot).await.verdict, Verdict::Accepted);
    assert_eq!(attack("bad-signature").run(&wechat, &bot).await.verdict, Verdict::Refused);
}

#[tokio::test]
async fn a_system_event_that_is_answered_with_anything_but_success_is_told() {
    for (answer, accepted) in [("success", true), ("", false), ("SUCCESS", false), ("ok", false)] {
        let app = Router::new().route("/weixin", post(async move || answer));
        let account = Account::generate_as(AccountKind::Platform);
        let wechat = FakeWechat::new(account, ServiceTarget::new(app, "/weixin"));
        let exchange = wechat.fan("").event("component_verify_ticket", &[]).await.expect("reached");
        assert_eq!(exchange.failures().count() == 0, accepted, "{answer}");
        assert_eq!(exchange.reply(), None);
        assert!(exchange.xml.starts_with("<xml><AppId>") && !exchange.xml.contains("FromUserName"));
    }
}

async fn diagnosis(bot: Router) -> Diagnosis {
    let account = Account::generate_as(AccountKind::WeCom);
    let target = ServiceTarget::new(bot, "/weixin");
    Handshake::of(&account, &target).run(&target).await.diagnosis
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_a_verification_of_wecom_is_told() {
    let echo = async |RawQuery(query): RawQuery| {
        let query = query.unwrap_or_default();
        let sent = query.split('&').find_map(|pair| pair.strip_prefix("echostr=")).unwrap_or_default();
        percent_encoding::percent_decode_str(sent).decode_utf8_lossy().into_owned()
    };
    assert_eq!(diagnosis(Router::new().route("/weixin", get(echo))).await, Diagnosis::NotDecrypted);
    let refuses = async || axum::http::StatusCode::FORBIDDEN;
    let refused = diagnosis(Router::new().route("/weixin", get(refuses))).await;
    assert_eq!(refused, Diagnosis::WrongCredentials { status: 403 });
    assert!(refused.explanation().zh.contains("CorpID"));
    let slow = async || tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(diagnosis(Router::new().route("/weixin", get(slow))).await, Diagnosis::SlowInWecom);
}

#[tokio::test]
async fn every_kind_of_a_catalogue_is_pushed_and_reads_back() {
    for kind in AccountKind::ALL {
        let account = Account::generate_as(kind);
        let is_json = account.format() == DataFormat::Json;
        let wechat = Wechat::new(account);
        for entry in catalogue::kinds_of(kind) {
            for message in [Message::new(entry), Message::new(entry).with_optional_fields()] {
                let push = wechat.push(&message, &wechat.openid("小明"));
                assert_eq!(push.kind(), entry.name());
                let field = if is_json { json_field } else { xml_field };
                let name = if entry.is_system() { "InfoType" } else { "MsgType" };
                assert!(!field(&push.xml, name).is_empty(), "{}", push.xml);
            }
        }
    }
}

#[tokio::test]
async fn the_library_answers_every_system_event_with_success() {
    for kind in [AccountKind::Platform, AccountKind::WeCom] {
        let account = Account::generate_as(kind);
        let layer = WechatLayer::new(callback(&account));
        let silent = async |_: WechatMessage| wechat_tower::Reply::none();
        let app = Router::new().route("/weixin", post(silent).layer(layer));
        let wechat = FakeWechat::new(account, ServiceTarget::new(app, "/weixin"));
        for entry in catalogue::kinds_of(kind).filter(|entry| entry.is_system()) {
            wechat.fan("").send(&Message::new(entry)).await.expect("reached").expect_nothing();
        }
    }
}
