//! The library opens every kind of the catalogue as that kind, with both frameworks and in every mode.

use crate::support::{account, actix, axum};
use wechat_sim::catalogue::{self, Kind};
use wechat_sim::{Account, AccountKind, DataFormat, FakeWechat, Message, Mode, Target};

/// A bot that replies with the kind: the event's name, or the `MsgType`.
async fn every_kind_is_told<T: Target>(wechat: &FakeWechat<T>) {
    let mut fan = wechat.fan("小明");
    for kind in catalogue::kinds_of(wechat.wechat().account().kind()) {
        for message in [Message::new(kind), Message::new(kind).with_optional_fields()] {
            let exchange = fan.send(&message).await.expect("reached");
            match kind.name() {
                "text" => exchange.expect_text("你说：你好"),
                // No reply is possible without a sender, or to a user who has unfollowed.
                "minigame_coin_deliver_completed" | "kf_msg_or_event" | "unsubscribe" => {
                    exchange.expect_nothing()
                }
                name => exchange.expect_text(name),
            };
        }
    }
}

#[tokio::test]
async fn every_kind_reaches_a_bot_in_axum_in_every_mode() {
    for account in Mode::ALL.map(account) {
        every_kind_is_told(&FakeWechat::new(account.clone(), axum(&account))).await;
    }
}

#[actix_web::test]
async fn every_kind_reaches_a_bot_in_actix_web_in_every_mode() {
    for account in Mode::ALL.map(account) {
        every_kind_is_told(&FakeWechat::new(account.clone(), actix(&account).await)).await;
    }
}

fn opened(message: &Message) -> wechat_tower::Message {
    opened_by(AccountKind::Official, message)
}

fn opened_by(account: AccountKind, message: &Message) -> wechat_tower::Message {
    let wechat = wechat_sim::Wechat::new(Account::generate_as(account));
    let text = wechat.xml(message, &wechat.openid("小明"));
    match wechat.account().format() {
        DataFormat::Xml => wechat_tower::Message::from_xml(&text).expect("a message"),
        DataFormat::Json => wechat_tower::Message::from_json(&text).expect("a message"),
    }
}

/// Whether the library has a type for it.
fn is_typed(account: AccountKind, kind: &Kind) -> bool {
    use wechat_tower::message::{Content, Event, SystemEvent};
    !matches!(
        opened_by(account, &Message::new(kind)).content,
        Content::Unknown { .. }
            | Content::Event(Event::Unknown { .. })
            | Content::System(SystemEvent::Unknown { .. })
    )
}

#[test]
fn the_library_has_a_type_for_every_kind() {
    for account in AccountKind::ALL {
        let of_account = catalogue::kinds_of(account);
        let untyped: Vec<_> = of_account.filter(|kind| !is_typed(account, kind)).map(Kind::name).collect();
        assert_eq!(untyped, [""; 0], "{account}");
    }
}

#[test]
fn every_kind_that_the_library_has_a_type_for_is_there() {
    let table = include_str!("../../../src/message/table.md");
    let (pushes, _) = table.split_once("## Replies").expect("replies come last");
    let names = pushes.lines().filter_map(|row| row.strip_prefix("| `")?.split('`').next());
    let missing: Vec<_> = names
        .filter(|name| catalogue::event(name).is_none() && catalogue::message(name).is_none())
        // Refreshes of an AI bot's stream follow by themselves.
        .filter(|name| !["event", "stream"].contains(name))
        .collect();
    assert_eq!(missing, [""; 0]);
    assert!(catalogue::kinds().len() > 90);
}

#[test]
fn every_field_reaches_the_bot_with_its_value() {
    for kind in AccountKind::ALL.into_iter().flat_map(catalogue::kinds_of) {
        let opened = opened(&Message::new(kind).with_optional_fields());
        for field in kind.fields() {
            let found = field.default.is_empty() || has(opened.fields(), &field.path);
            assert!(found, "{} of {}", field.path, kind.name());
        }
    }
}

/// Whether one of the repeated elements has it.
fn has(fields: wechat_tower::message::Fields<'_>, path: &str) -> bool {
    match path.split_once('.') {
        None => fields.get(path).is_some(),
        Some((name, rest)) => fields.all(name).any(|inner| has(inner.fields(), rest)),
    }
}

#[test]
fn every_kind_has_words_and_a_family_and_one_name() {
    for account in AccountKind::ALL {
        has_unique_names(account);
    }
    for kind in catalogue::kinds() {
        assert!(!kind.title().zh.is_empty() && !kind.title().en.is_empty(), "{}", kind.name());
        assert!(!kind.family().is_empty(), "{}", kind.name());
        assert!(!kind.accounts().is_empty(), "{}", kind.name());
    }
}

fn has_unique_names(account: AccountKind) {
    let names = || catalogue::kinds_of(account).map(|kind| (kind.event(), kind.name()));
    let mut unique: Vec<_> = names().collect();
    unique.sort_unstable();
    unique.dedup();
    assert!(!unique.is_empty());
    assert_eq!(unique.len(), names().count(), "{account}");
}

#[test]
fn messages_have_fresh_ids_and_events_none() {
    let id = |message: &Message| opened(message).head.id.and_then(|id| id.to_i64());
    let wechat = wechat_sim::Wechat::new(account(Mode::Plain));
    let text = || wechat.xml(&Message::text("你好"), "o1");
    assert_ne!(text(), text());
    assert!(id(&Message::text("你好")).is_some_and(|id| id > 1 << 53));
    assert_eq!(id(&Message::follow()), None);
    assert_eq!(id(&Message::text("你好").field("MsgId", "7")), Some(7));
}

#[test]
fn a_fan_has_one_openid_and_another_fan_another() {
    let wechat = wechat_sim::Wechat::new(account(Mode::Safe));
    assert_eq!(wechat.openid("小明"), wechat.openid("小明"));
    assert_ne!(wechat.openid("小明"), wechat.openid("小红"));
    assert_eq!(wechat.openid("小明").len(), 28);
}
