//! Replies of WeCom's apps, and what each channel is not answered with.

use crate::support;
use crate::support::logs::logged;

use futures_util::future::ready;
use support::{Push, Wechat, fresh, now, text, text_of};
use wechat_callback::reply::card::{
    Action, ActionMenu, Button, CardImage, CheckBox, Choice, Heading, ImageText, Jump, Link, Quote, Row,
    RowLink, Select, Source, TemplateCard,
};
use wechat_callback::server::{Engine, Request};
use wechat_callback::{
    Article, Callback, HandlerError, MusicReply, NewsReply, Reply, SealError, SecurityMode, TextReply,
    Timestamp, TransferReply, UpdateButtonReply, UpdateTaskCardReply, UpdateTemplateCardReply,
};

const CLICK: &str = "<xml><ToUserName>wx5823bf96d3bd56c7</ToUserName><FromUserName>zhangsan</FromUserName>\
                     <CreateTime>1409659813</CreateTime><MsgType>event</MsgType><Event>template_card_event</Event>\
                     <EventKey>agree</EventKey><TaskId>leave-1</TaskId><AgentID>218</AgentID></xml>";
const SUITE_TICKET: &str = "<xml><SuiteId>ww4asffe99e54c0f4c</SuiteId><InfoType>suite_ticket</InfoType>\
                            <TimeStamp>1403610513</TimeStamp><SuiteTicket>secret</SuiteTicket></xml>";

fn wechat() -> Wechat {
    Wechat::new(SecurityMode::Safe)
}

fn wecom() -> Callback {
    let Wechat { app_id, token, encoding_aes_key, .. } = wechat();
    Callback::wecom(app_id, token, encoding_aes_key).build().expect("an app")
}

fn push(xml: &str) -> Push {
    let wechat = wechat();
    wechat.push_encrypted(&wechat.encrypt(xml), now(), &fresh().to_string())
}

fn seal_with(callback: &Callback, xml: &str, reply: impl Into<Reply>) -> Result<String, SealError> {
    let push = push(xml);
    let opened = callback.open(&push.query, &push.body).expect("a push");
    let sealed = opened.context.seal_at(reply, Timestamp::from_secs(1_714_037_059), [7; 16])?;
    Ok(wechat().decrypt(&text_of(&roxmltree::Document::parse(&sealed.body).expect("XML"), "Encrypt")))
}

fn seal(xml: &str, reply: impl Into<Reply>) -> Result<String, SealError> {
    seal_with(&wecom(), xml, reply)
}

fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/replies/{name}.xml", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("the fixture").trim_end().to_owned()
}

/// A notice of texts with everything that one can have.
fn text_notice(text: &str) -> TemplateCard {
    TemplateCard::text_notice()
        .source(Source::new().icon_url(text).desc(text).desc_color(2))
        .action_menu(ActionMenu::new([Action::new(text, text), Action::new(text, text)]).desc(text))
        .task_id(text)
        .main_title(Heading::new(text).desc(text))
        .quote_area(Quote::new(text).title(text).link(Link::url(text)))
        .emphasis_content(Heading::new(text).desc(text))
        .sub_title_text(text)
        .horizontal_content_list([
            Row::new(text).value(text),
            Row::new(text).value(text).link(RowLink::Url(text.into())),
            Row::new(text).value(text).link(RowLink::File(text.into())),
            Row::new(text).value(text).link(RowLink::Member(text.into())),
        ])
        .jump_list([
            Jump::new(text).link(Link::url(text)),
            Jump::new(text).link(Link::mini_program_page(text, text)),
        ])
        .card_action(Link::mini_program(text))
        .element("Footer", text)
}

fn news_notice(text: &str) -> TemplateCard {
    TemplateCard::news_notice()
        .main_title(Heading::new(text))
        .image_text_area(ImageText::new(text).title(text).desc(text).link(Link::url(text)))
        .card_image(CardImage::new(text).aspect_ratio("1.5"))
        .vertical_content_list([Heading::new(text).desc(text), Heading::new(text)])
        .card_action(Link::url(text))
}

fn buttons(text: &str) -> TemplateCard {
    let options = [Choice::new(text, text), Choice::new(text, text)];
    TemplateCard::button_interaction()
        .main_title(Heading::new(text))
        .button_selection(Select::new(text, options).title(text).selected_id(text))
        .button_list([Button::new(text, text).style(1), Button::new(text, text)])
        .replace_text(text)
}

fn vote(text: &str) -> TemplateCard {
    let options = [Choice::new(text, text).is_checked(true), Choice::new(text, text)];
    TemplateCard::vote_interaction()
        .main_title(Heading::new(text))
        .check_box(CheckBox::new(text, options).mode(1).disable(true))
        .submit_button(Action::new(text, text))
        .replace_text(text)
}

fn choices(text: &str) -> TemplateCard {
    let select = || Select::new(text, [Choice::new(text, text)]).title(text).selected_id(text).disable(true);
    TemplateCard::multiple_interaction()
        .main_title(Heading::new(text))
        .select_list([select(), select()])
        .submit_button(Action::new(text, text))
}

type Card = fn(&str) -> TemplateCard;
const CARDS: [(&str, Card); 5] = [
    ("update-template-card-text", text_notice),
    ("update-template-card-news", news_notice),
    ("update-template-card-buttons", buttons),
    ("update-template-card-vote", vote),
    ("update-template-card-choices", choices),
];

#[test]
fn an_update_of_a_card_is_written_as_its_fixture_has_it() {
    assert_eq!(seal(CLICK, UpdateButtonReply::new("已同意")), Ok(fixture("update-button")));
    assert_eq!(seal(CLICK, UpdateTaskCardReply::new("已同意")), Ok(fixture("update-taskcard")));
    for (name, card) in CARDS {
        let reply = UpdateTemplateCardReply::new(card("春天"));
        assert_eq!(seal(CLICK, reply), Ok(fixture(name)), "{name}");
    }
}

#[test]
fn no_text_breaks_out_of_a_card() {
    let hostile = "a]]>b</Title><X>&amp;\u{0}\u{1f}\u{fffe}]]]>😀";
    let seen = "a]]>b</Title><X>&amp;]]]>😀";
    for (name, card) in CARDS {
        let elements = |text: &str, as_seen: &str| {
            let xml = seal(CLICK, UpdateTemplateCardReply::new(card(text))).expect("a reply");
            let document = roxmltree::Document::parse(&xml).expect("XML");
            let elements = document.descendants().filter(roxmltree::Node::is_element);
            let texts = elements.map(|node| {
                let said: String = node
                    .children()
                    .filter(|child| !child.is_element())
                    .filter_map(|child| child.text())
                    .collect();
                (node.tag_name().name().to_owned(), said.replace(as_seen, "*"))
            });
            texts.collect::<Vec<_>>()
        };
        assert_eq!(elements(hostile, seen), elements("春天", "春天"), "{name}");
    }
}

#[test]
fn an_update_reads_back_from_its_json_and_debug_shows_nothing_of_it() {
    let cards = CARDS.map(|(_, card)| UpdateTemplateCardReply::from(card("secret")).into());
    let replies = [UpdateButtonReply::new("secret").into(), UpdateTaskCardReply::new("secret").into()];
    for reply in replies.into_iter().chain::<[Reply; 5]>(cards) {
        let json = serde_json::to_string(&reply).expect("JSON");
        assert!(serde_json::from_str::<Reply>(&json).expect("a reply") == reply, "{json}");
        assert!(!format!("{reply:?}").contains("secret"));
        assert!(format!("{:?}", reply.reveal()).contains("secret"));
    }
    let card = text_notice("secret");
    let shown = format!("{card:?} {:?} {:?} {:?}", card.source, card.card_action, card.more);
    assert!(!shown.contains("secret"), "{shown}");
    assert_eq!(
        serde_json::to_string(&Reply::from(UpdateButtonReply::new("好"))).expect("JSON"),
        r#"{"type":"update_button","replace_name":"好"}"#
    );
}

#[test]
fn every_part_of_a_card_can_be_read() {
    let card = buttons("春天");
    assert_eq!(card.card_type, "button_interaction");
    assert_eq!(card.main_title.map(|title| title.title).as_deref(), Some("春天"));
    assert_eq!(card.button_list.iter().map(|button| button.style).collect::<Vec<_>>(), [Some(1), None]);
    assert!(matches!(news_notice("u").card_action, Some(Link::Url(url)) if url == "u"));
    let Reply::UpdateTemplateCard(reply) = UpdateTemplateCardReply::from(vote("春天")).into() else {
        panic!("a card");
    };
    assert_eq!(reply.card.replace_text.as_deref(), Some("春天"));
}

#[test]
fn a_wecom_app_has_neither_music_nor_transfers() {
    for (reply, kind) in [
        (Reply::from(MusicReply::new("THUMB")), "music"),
        (TransferReply::to_any_agent().into(), "transfer_customer_service"),
        (TransferReply::to_agent("a@b").into(), "transfer_customer_service"),
        (TransferReply::to_ai().into(), "transfer_biz_ai_ivr"),
    ] {
        assert_eq!(seal(&text("x"), reply), Err(SealError::Unsupported { kind, channel: "WeCom" }));
    }
    let official = wechat().callback();
    let refusal = SealError::Unsupported { kind: "update_button", channel: "an Official Account" };
    assert_eq!(seal_with(&official, CLICK, UpdateButtonReply::new("x")), Err(refusal));
    let refusal = SealError::UpdateToMessage("update_button");
    assert_eq!(seal(&text("x"), UpdateButtonReply::new("x")), Err(refusal));
}

#[test]
fn a_wecom_app_takes_eight_articles_and_2048_bytes_to_a_message() {
    let news =
        |count| NewsReply::new((0..count).map(|n: u8| Article::new(n.to_string(), "https://example.com/")));
    assert!(seal(&text("x"), news(8)).is_ok());
    assert_eq!(seal(&text("x"), news(9)), Err(SealError::NewsTooMany { count: 9, limit: 8 }));
    assert!(seal(&text("x"), TextReply::new("x".repeat(2048))).is_ok());
    let refusal = SealError::TextTooLong { length: 2049, limit: 2048 };
    assert_eq!(seal(&text("x"), TextReply::new("x".repeat(2049))), Err(refusal));
}

#[test]
fn a_system_event_has_no_reply_whether_or_not_it_names_somebody() {
    let named =
        SUITE_TICKET.replace("<xml>", "<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName>");
    for callback in [wecom(), wechat().callback()] {
        for xml in [SUITE_TICKET, &named] {
            assert_eq!(seal_with(&callback, xml, TextReply::new("x")), Err(SealError::ToSystemEvent));
        }
    }
}

/// What the engine answers when its handler returns `reply`, and what it logs.
fn handle(callback: Callback, xml: &str, reply: Result<Reply, HandlerError>) -> (String, String) {
    let push = push(xml);
    let engine = Engine::new(callback).on_error(TextReply::new("sorry"));
    let mut body = String::new();
    let log = support::both::block_on(logged(async {
        let handler = |_| ready(reply);
        let response = engine.handle(Request::new("POST", "/weixin", &push.query, &push.body), handler).await;
        assert_eq!(response.status, 200);
        body = response.body;
    }));
    (body, log)
}

#[test]
fn a_system_event_is_answered_success_whatever_its_handler_does() {
    let failures: [Result<Reply, HandlerError>; 2] =
        [Ok(TextReply::new("x").into()), Err(std::io::Error::other("broken").into())];
    for (outcome, logged) in failures.into_iter().zip(["return Reply::none()", "the handler failed"]) {
        let (body, log) = handle(wecom(), SUITE_TICKET, outcome);
        assert_eq!(body, "success");
        assert!(log.contains(logged) && !log.contains("reply for failures"), "{log}");
    }
    let (body, log) = handle(wecom(), SUITE_TICKET, Ok(Reply::none()));
    assert!(body == "success" && !log.contains("ERROR"), "{log}");
}

/// `sys` is WeCom itself: there is no member who could read a reply, or fetch one.
#[test]
fn what_wecom_itself_reports_has_nobody_to_answer() {
    let from = |sender: &str| {
        format!(
            "<xml><ToUserName>wx5823bf96d3bd56c7</ToUserName><FromUserName>{sender}</FromUserName>\
             <CreateTime>1403610513</CreateTime><MsgType>event</MsgType><Event>change_contact</Event>\
             <ChangeType>delete_user</ChangeType><UserID>zhangsan</UserID></xml>"
        )
    };
    let open = |callback: &Callback, xml: &str| {
        let push = push(xml);
        callback.open(&push.query, &push.body).expect("a push")
    };
    let refusal = seal(&from("sys"), TextReply::new("x")).expect_err("nobody");
    assert!(matches!(refusal, SealError::NoRecipient(_)));
    assert_eq!(refusal.to_string(), "the push has no member in FromUserName, so there is nobody to reply to");
    assert_eq!(open(&wecom(), &from("sys")).user_key(), None);
    assert_eq!(open(&wecom(), &from("sys")).message.openid(), Some("sys"));
    let (body, log) = handle(wecom(), &from("sys"), Err(std::io::Error::other("broken").into()));
    assert!(body == "success" && !log.contains("reply for failures"), "{log}");
    // A member is one, and so is whoever is called that elsewhere.
    assert!(seal(&from("zhangsan"), TextReply::new("x")).is_ok());
    assert!(open(&wecom(), &from("zhangsan")).user_key().is_some());
    assert!(seal_with(&wechat().callback(), &from("sys"), TextReply::new("x")).is_ok());
}

#[test]
fn a_system_event_has_no_user_even_if_it_names_one() {
    let named =
        SUITE_TICKET.replace("<xml>", "<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName>");
    for callback in [wecom(), wechat().callback()] {
        let push = push(&named);
        assert_eq!(callback.open(&push.query, &push.body).expect("a push").user_key(), None);
    }
}

#[test]
fn what_the_channel_does_not_have_is_logged_and_the_user_is_told_the_reply_for_failures() {
    let (body, log) = handle(wecom(), &text("x"), Ok(MusicReply::new("THUMB").into()));
    assert!(log.contains("WeCom has no reply of the kind music"), "{log}");
    let told = wechat().decrypt(&text_of(&roxmltree::Document::parse(&body).expect("XML"), "Encrypt"));
    assert!(told.contains("<![CDATA[sorry]]>"), "{told}");
}
