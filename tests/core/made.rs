//! Messages that a test makes without XML, and what `reveal` shows.

use wechat_callback::message::event::{
    Click, Event, MassSendJobFinish, MassSendStatus, Pic, PicSysphoto, SendPicsInfo, Subscribe,
};
use wechat_callback::message::system::{Authorized, SuiteTicket};
use wechat_callback::message::{Content, Decimal, Image, Link, Location, Text, Voice};
use wechat_callback::{
    Article, ImageReply, Message, MusicReply, NewsReply, Reply, TextReply, Timestamp, TransferReply,
    VideoReply, VoiceReply, WechatMessage,
};

#[test]
fn a_message_is_made_without_xml_and_its_elements_agree() {
    let message = Message::new(Text::default().content("你好"))
        .sent_by("o1")
        .sent_to("gh_1")
        .sent_at(Timestamp::from_secs(1_714_037_059))
        .with_id(7);
    let xml = "<xml><MsgType>text</MsgType><Content>你好</Content><FromUserName>o1</FromUserName>\
               <ToUserName>gh_1</ToUserName><CreateTime>1714037059</CreateTime><MsgId>7</MsgId></xml>";
    assert_eq!(message.reveal(), Message::from_xml(xml).expect("a message").reveal());
    assert_eq!(message.clone().sent_by("o2").openid(), Some("o2"));

    let click = Message::new(Click::default().event_key("V1001"));
    assert_eq!((click.menu_key(), click.fields().get("Event")), (Some("V1001"), Some("CLICK")));
    let subscribe = Message::new(Subscribe::default().scene("42").ticket("T"));
    assert_eq!((subscribe.scene(), subscribe.fields().get("EventKey")), (Some("42"), Some("qrscene_42")));
    let ticket = SuiteTicket::default().suite_id("ww1").suite_ticket("t");
    let ticket = Message::new(ticket).sent_at(Timestamp::from_secs(1_714_036_504));
    let xml = "<xml><InfoType>suite_ticket</InfoType><SuiteId>ww1</SuiteId><SuiteTicket>t</SuiteTicket>\
               <TimeStamp>1714036504</TimeStamp></xml>";
    assert_eq!(ticket.reveal(), Message::from_xml(xml).expect("a message").reveal());
    let authorized = Message::new(Authorized::default().app_id("wx1")).sent_at(Timestamp::from_secs(7));
    assert_eq!(authorized.fields().get("CreateTime"), Some("7"));
    let followed = Message::new(Subscribe::default());
    assert_eq!((followed.scene(), followed.fields().get("EventKey")), (None, None));
}

#[test]
fn every_kind_of_value_can_be_set() {
    for content in [
        Content::from(Image::default().pic_url("https://example.com/1.png").media_id("M")),
        Voice::default().media_id("M").format("amr").recognition("你好".to_owned()).into(),
        Location::default().latitude(30.27).longitude("120.150000").scale(15).label("西湖").into(),
        Link::default().title("春天").url("https://example.com/").into(),
        MassSendJobFinish::default()
            .msg_id("CAEQ+/oD==")
            .status(MassSendStatus::Err(30003))
            .total_count(10)
            .into(),
        PicSysphoto::default()
            .event_key("K")
            .send_pics_info(
                SendPicsInfo::default()
                    .count(2)
                    .pic_list(["1", "2"].map(|sum| Pic::default().pic_md5_sum(sum))),
            )
            .into(),
        Event::Unknown { name: "some_future_event".into() }.into(),
        Content::Unknown { kind: "some_future_kind".into() },
    ] {
        let message = Message::new(content.clone());
        assert!(message.content == content, "{content:?}");
    }
    assert_eq!(Decimal::from(30.27).as_str(), "30.27");
}

#[test]
fn the_content_of_every_sample_can_be_written_and_read_again() {
    let samples = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/samples"));
    let mut count = 0;
    for sample in samples.expect("the samples") {
        let path = sample.expect("a sample").path();
        let xml = std::fs::read_to_string(&path).expect("UTF-8");
        let message = Message::from_xml(&xml).expect("a message");
        let made = Message::new(message.content.clone());
        assert!(made.content == message.content, "{}", path.display());
        count += 1;
    }
    assert!(count > 50);
}

#[test]
fn what_a_message_has_no_room_for_is_left_out_of_its_content_as_well() {
    let pics = |count| {
        let pics = SendPicsInfo::default().pic_list(vec![Pic::default().pic_md5_sum("x"); count]);
        Message::new(PicSysphoto::default().event_key("K").send_pics_info(pics))
    };
    let most = |message: &Message| match message.event() {
        Some(Event::PicSysphoto(event)) => event.send_pics_info.pic_list.len(),
        _ => panic!("pictures"),
    };
    assert_eq!(most(&pics(2000)), 2000);
    assert_eq!((most(&pics(5000)), pics(5000).menu_key()), (0, Some("K")));
}

#[test]
fn a_handler_is_called_with_a_message_that_a_test_made() {
    async fn chat(WechatMessage(message): WechatMessage) -> Reply {
        message.text().map(TextReply::new).into()
    }
    let message = Message::new(Text::default().content("你好")).sent_by("o1");
    let reply = futures_util::FutureExt::now_or_never(chat(message.into())).expect("an answer");
    assert_eq!(reply.reveal(), TextReply::new("你好").reveal());
}

#[test]
fn a_revealed_reply_shows_everything_and_debug_nothing() {
    let article = Article::new("secret", "secret").description("secret").pic_url("secret");
    let replies: [(Reply, usize); 9] = [
        (TextReply::new("secret").into(), 1),
        (ImageReply::new("secret").into(), 1),
        (VoiceReply::new("secret").into(), 1),
        (VideoReply::new("secret").title("secret").description("secret").into(), 3),
        (
            MusicReply::new("secret")
                .title("secret")
                .description("secret")
                .url("secret")
                .hq_url("secret")
                .into(),
            5,
        ),
        (NewsReply::new([article.clone(), article]).into(), 8),
        (TransferReply::to_agent("secret").into(), 1),
        (TransferReply::to_any_agent().into(), 0),
        (Reply::none(), 0),
    ];
    for (reply, secrets) in replies {
        assert_eq!(format!("{:?}", reply.reveal()).matches("secret").count(), secrets, "{reply:?}");
        assert!(!format!("{reply:?}").contains("secret"));
    }
    let shown = format!("{:?}", VideoReply::new("M").title("春天").reveal());
    assert_eq!(
        shown,
        r#"VideoReply { type: "video", media_id: "M", title: Some("春天"), description: None }"#
    );
}

#[test]
fn a_revealed_message_shows_everything_and_debug_nothing() {
    for content in [
        Content::from(Text::default().content("secret")),
        Click::default().event_key("secret").into(),
        MassSendJobFinish::default().status(MassSendStatus::Unknown("secret".into())).into(),
    ] {
        let message = Message::new(content).sent_by("sender");
        let shown = format!("{:?}", message.reveal());
        // Typed, and among the elements.
        assert_eq!((shown.matches("secret").count(), shown.matches("sender").count()), (2, 2), "{shown}");
        let hidden = format!("{message:?}");
        assert!(!hidden.contains("secret") && !hidden.contains("sender"), "{hidden}");
    }
}
