//! Which channel has which reply, to what.

use super::card::{Action, Button, CheckBox, Choice, Heading, Link, Row, RowLink, Select, TemplateCard};
use super::*;

const CHANNELS: [Channel; 4] =
    [Channel::OfficialAccount, Channel::MiniProgram, Channel::WeCom, Channel::AiBot];
const PUSHES: [PushKind; 3] = [PushKind::Message, PushKind::Event, PushKind::System];

fn news(count: usize) -> Reply {
    NewsReply::new((0..count).map(|n| Article::new(n.to_string(), "https://example.com/"))).into()
}

fn card() -> TemplateCard {
    TemplateCard::text_notice()
}

/// A reply of each kind, and what is said of it to a message and to an event: by an Official Account, a mini-program,
/// WeCom and an AI bot. (What an AI bot answers to its other pushes is tested in `tests/core/aibot.rs`.)
fn table() -> [(Reply, [[bool; 2]; 4]); 13] {
    const NEVER: [bool; 2] = [false, false];
    const ALWAYS: [bool; 2] = [true, true];
    const MESSAGE: [bool; 2] = [true, false];
    const EVENT: [bool; 2] = [false, true];
    [
        (TextReply::new("x").into(), [ALWAYS, NEVER, ALWAYS, MESSAGE]),
        (ImageReply::new("x").into(), [ALWAYS, NEVER, ALWAYS, NEVER]),
        (VoiceReply::new("x").into(), [ALWAYS, NEVER, ALWAYS, NEVER]),
        (VideoReply::new("x").into(), [ALWAYS, NEVER, ALWAYS, NEVER]),
        (MusicReply::new("x").into(), [ALWAYS, NEVER, NEVER, NEVER]),
        (news(8), [EVENT, NEVER, ALWAYS, NEVER]),
        (TransferReply::to_any_agent().into(), [MESSAGE, MESSAGE, NEVER, NEVER]),
        (TransferReply::to_ai().into(), [ALWAYS, NEVER, NEVER, NEVER]),
        (UpdateButtonReply::new("x").into(), [NEVER, NEVER, EVENT, NEVER]),
        (UpdateTaskCardReply::new("x").into(), [NEVER, NEVER, EVENT, NEVER]),
        (UpdateTemplateCardReply::new(card()).into(), [NEVER, NEVER, EVENT, NEVER]),
        (StreamContent::growing("x").into(), [NEVER, NEVER, NEVER, MESSAGE]),
        (TemplateCardReply::new(card()).into(), [NEVER, NEVER, NEVER, MESSAGE]),
    ]
}

fn accepted(reply: &Reply, channel: Channel, push: PushKind) -> Result<(), SealError> {
    reply.accepted(ReplyTo { channel, push })
}

#[test]
fn each_channel_has_its_own_replies() {
    for (reply, expected) in table() {
        for (channel, expected) in CHANNELS.into_iter().zip(expected) {
            for (push, expected) in PUSHES.into_iter().zip(expected) {
                let is_accepted = accepted(&reply, channel, push).is_ok();
                assert_eq!(is_accepted, expected, "{reply:?} {channel:?} {push:?}");
            }
        }
    }
}

#[test]
fn a_system_event_has_no_reply_but_none() {
    for (reply, _) in table() {
        for channel in CHANNELS {
            assert_eq!(accepted(&reply, channel, PushKind::System), Err(SealError::ToSystemEvent));
        }
    }
    assert!(SealError::ToSystemEvent.to_string().ends_with("return Reply::none()"));
}

#[test]
fn what_a_channel_does_not_have_is_refused_with_what_to_do_instead() {
    for (reply, channel, words) in [
        (Reply::from(TextReply::new("x")), Channel::MiniProgram, ["a mini-program", "customer-service API"]),
        (TransferReply::to_ai().into(), Channel::MiniProgram, ["a mini-program", "customer-service API"]),
        (MusicReply::new("x").into(), Channel::WeCom, ["WeCom", "message/send"]),
        (UpdateButtonReply::new("x").into(), Channel::OfficialAccount, ["an Official Account", "WeCom's"]),
    ] {
        let refusal = accepted(&reply, channel, PushKind::Event).expect_err("refused");
        assert_eq!(refusal, SealError::Unsupported { kind: reply.kind(), channel: channel.name() });
        let said = refusal.to_string();
        assert!(words.iter().all(|word| said.contains(word)) && said.contains(reply.kind()), "{said}");
    }
}

#[test]
fn an_update_answers_no_message() {
    for reply in [UpdateButtonReply::new("x").into(), Reply::from(UpdateTaskCardReply::new("x"))] {
        let refusal = SealError::UpdateToMessage(reply.kind());
        assert_eq!(accepted(&reply, Channel::WeCom, PushKind::Message), Err(refusal));
    }
}

#[test]
fn wecom_takes_one_byte_more_of_text_than_an_official_account() {
    for (channel, limit) in [(Channel::OfficialAccount, 2047), (Channel::WeCom, 2048)] {
        let text = |length| TextReply::new("x".repeat(length)).into();
        assert_eq!(accepted(&text(limit), channel, PushKind::Message), Ok(()));
        let refusal = SealError::TextTooLong { length: limit + 1, limit };
        assert!(refusal.to_string().contains(&format!("{limit} of UTF-8 at most")));
        assert_eq!(accepted(&text(limit + 1), channel, PushKind::Message), Err(refusal));
    }
}

#[test]
fn wecom_takes_eight_articles_to_whatever_it_pushes() {
    for push in [PushKind::Message, PushKind::Event] {
        let refusal = SealError::NewsTooMany { count: 9, limit: 8 };
        assert_eq!(accepted(&news(9), Channel::WeCom, push), Err(refusal));
        assert_eq!(accepted(&news(0), Channel::WeCom, push), Err(SealError::NewsEmpty));
    }
}

#[test]
fn a_part_of_a_card_has_what_it_must_have() {
    let choice = || Choice::new("a", "A");
    let cards = [
        (TemplateCard::new(" "), "CardType"),
        (card().main_title(Heading::new("")), "Title"),
        (card().card_action(Link::url("")), "Url"),
        (card().card_action(Link::mini_program_page("", "/")), "AppId"),
        (card().horizontal_content_list([Row::new("a"), Row::new("")]), "KeyName"),
        (card().horizontal_content_list([Row::new("a").link(RowLink::Member(String::new()))]), "UserId"),
        (card().button_list([Button::new("a", "")]), "Key"),
        (card().submit_button(Action::new("", "a")), "Text"),
        (card().select_list([Select::new("", [choice()])]), "QuestionKey"),
        (card().check_box(CheckBox::new("a", [choice(), Choice::new("", "A")])), "Id"),
    ];
    for (card, element) in cards {
        let reply = UpdateTemplateCardReply::new(card).into();
        assert_eq!(
            accepted(&reply, Channel::WeCom, PushKind::Event),
            Err(SealError::Empty(element)),
            "{element}"
        );
    }
    for reply in [UpdateButtonReply::new(" ").into(), Reply::from(UpdateTaskCardReply::new(""))] {
        let refusal = SealError::Empty("ReplaceName");
        assert_eq!(accepted(&reply, Channel::WeCom, PushKind::Event), Err(refusal));
    }
}

#[test]
fn the_name_of_an_element_of_ones_own_is_a_name() {
    let named = |name: &str| UpdateTemplateCardReply::new(card().element(name, "]]></A><B>")).into();
    assert_eq!(accepted(&named("Footer2"), Channel::WeCom, PushKind::Event), Ok(()));
    for name in ["", "2", "a b", "a><b", "a/", "名", "a:b", "-a"] {
        assert_eq!(accepted(&named(name), Channel::WeCom, PushKind::Event), Err(SealError::ElementName));
    }
}
