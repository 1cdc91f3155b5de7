//! The layouts in which messages are written, real ones and published ones: each is the same message.

use proptest::prelude::*;
use wechat_callback::Message;
use wechat_callback::message::event::Event;
use wechat_callback::message::{Content, Id};

fn read(xml: &str) -> Message {
    Message::from_xml(xml).unwrap_or_else(|error| panic!("{error}: {xml}"))
}

/// A text message whose content is written as `content`.
fn text(content: &str) -> String {
    format!("<xml><MsgType>text</MsgType><Content>{content}</Content></xml>")
}

#[test]
fn a_declaration_a_bom_crlf_and_comments_change_nothing() {
    let plain =
        read("<xml><FromUserName>o1</FromUserName><MsgType>text</MsgType><Content>hi</Content></xml>");
    for xml in [
        "\u{feff}<xml><FromUserName>o1</FromUserName><MsgType>text</MsgType><Content>hi</Content></xml>",
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<xml><FromUserName>o1</FromUserName><MsgType>text</MsgType><Content>hi</Content></xml>",
        "<xml>\r\n  <FromUserName>o1</FromUserName>\r\n  <MsgType>text</MsgType>\r\n  <Content>hi</Content>\r\n</xml>\r\n",
        "<!-- a --><xml><FromUserName>o1</FromUserName><!-- b --><MsgType>text</MsgType><Content>hi</Content></xml>",
        "<xml> <FromUserName>\n<![CDATA[o1]]>\n</FromUserName> <MsgType> <![CDATA[text]]> </MsgType><Content>\t<![CDATA[hi]]></Content></xml>",
        "<xml>stray<FromUserName a='b'>o1</FromUserName><MsgType>te<![CDATA[xt]]></MsgType><Content>&#104;&#x69;</Content></xml>",
    ] {
        assert_eq!(read(xml), plain, "{xml}");
    }
}

#[test]
fn the_order_of_the_elements_does_not_matter() {
    let (one, two) = (
        read(
            "<xml><MsgId>7</MsgId><MsgType>text</MsgType><FromUserName>o1</FromUserName><Content>hi</Content></xml>",
        ),
        read(
            "<xml><Content>hi</Content><FromUserName>o1</FromUserName><MsgType>text</MsgType><MsgId>7</MsgId></xml>",
        ),
    );
    assert_eq!((&one.head, &one.content), (&two.head, &two.content));
}

#[test]
fn a_text_keeps_what_is_inside_cdata_and_loses_what_is_around_it() {
    for (written, said) in [
        ("<![CDATA[  a  ]]>", "  a  "),
        (" \n<![CDATA[ a ]]>\n ", " a "),
        ("  a  ", "a"),
        ("<![CDATA[a]]]]><![CDATA[>b]]>", "a]]>b"),
        ("a &lt; b &amp;&amp; &quot;c&quot; &#x4F60;&#22909;", "a < b && \"c\" 你好"),
        ("<![CDATA[a &lt; b]]>", "a &lt; b"),
        ("<![CDATA[\u{8}\u{1f}]]>", "\u{8}\u{1f}"),
        ("<![CDATA[第一行\n第二行]]>", "第一行\n第二行"),
        ("", ""),
        ("<![CDATA[]]>", ""),
    ] {
        assert_eq!(read(&text(written)).text(), Some(said), "{written}");
    }
}

#[test]
fn an_empty_element_however_it_is_written_is_none() {
    for key in [
        "<EventKey/>",
        "<EventKey></EventKey>",
        "<EventKey><![CDATA[]]></EventKey>",
        "<EventKey> </EventKey>",
        "",
    ] {
        let message =
            read(&format!("<xml><MsgType>event</MsgType><Event>subscribe</Event>{key}<Ticket/></xml>"));
        let Some(Event::Subscribe(subscribe)) = message.event() else { panic!("a follow") };
        assert_eq!((&subscribe.scene, &subscribe.ticket, message.scene()), (&None, &None, None), "{key}");
    }
}

#[test]
fn a_scene_is_what_stands_behind_the_first_qrscene() {
    let scene = |event: &str, key: &str| {
        let xml =
            format!("<xml><MsgType>event</MsgType><Event>{event}</Event><EventKey>{key}</EventKey></xml>");
        read(&xml).scene().map(str::to_owned)
    };
    assert_eq!(scene("subscribe", "qrscene_42").as_deref(), Some("42"));
    assert_eq!(scene("subscribe", "qrscene_qrscene_x").as_deref(), Some("qrscene_x"));
    assert_eq!(scene("subscribe", "qrscene_").as_deref(), Some(""));
    assert_eq!(scene("subscribe", "last_trade_no_1"), None);
    assert_eq!(scene("SCAN", "42").as_deref(), Some("42"));
    assert_eq!(scene("SCAN", "qrscene_42").as_deref(), Some("qrscene_42"));
    assert_eq!(scene("CLICK", "42"), None);
}

#[test]
fn a_menu_key_is_that_of_a_button_with_a_key() {
    let key = |event: &str| {
        let xml = format!("<xml><MsgType>event</MsgType><Event>{event}</Event><EventKey>k</EventKey></xml>");
        read(&xml).menu_key().map(str::to_owned)
    };
    for event in [
        "CLICK",
        "scancode_push",
        "scancode_waitmsg",
        "pic_sysphoto",
        "pic_photo_or_album",
        "pic_weixin",
        "location_select",
    ] {
        assert_eq!(key(event).as_deref(), Some("k"), "{event}");
    }
    for event in ["VIEW", "view_miniprogram", "SCAN", "subscribe"] {
        assert_eq!(key(event), None, "{event}");
    }
}

#[test]
fn an_element_named_like_a_head_field_deeper_down_is_not_taken_for_it() {
    let message = read(
        "<xml><Inner><FromUserName>attacker</FromUserName><MsgType>event</MsgType><MsgId>9</MsgId><Content>no</Content></Inner>\
         <FromUserName>o1</FromUserName><MsgType>text</MsgType><MsgId>7</MsgId><Content>yes</Content></xml>",
    );
    assert_eq!((message.openid(), message.text()), (Some("o1"), Some("yes")));
    assert_eq!(message.head.id, Some(Id::from(7)));
    let message =
        read("<xml><Inner><FromUserName>attacker</FromUserName></Inner><MsgType>text</MsgType></xml>");
    assert_eq!(message.openid(), None);
}

#[test]
fn the_head_is_read_by_its_exact_names() {
    let message =
        read("<xml><fromusername>attacker</fromusername><MsgType>text</MsgType><MsgID>9</MsgID></xml>");
    assert_eq!((message.openid(), &message.head.id), (None, &None));
}

#[test]
fn msg_id_of_a_job_is_understood_in_both_spellings() {
    for name in ["MsgID", "MsgId"] {
        let message = read(&format!(
            "<xml><MsgType>event</MsgType><Event>TEMPLATESENDJOBFINISH</Event><{name}>1649002562292491171</{name}></xml>"
        ));
        let Some(Event::TemplateSendJobFinish(job)) = message.event() else { panic!("a job") };
        assert_eq!(job.msg_id, Some(Id::from(1_649_002_562_292_491_171)), "{name}");
    }
}

#[test]
fn numbers_are_64_bits_wide_and_fail_softly() {
    let message = |time: &str, id: &str| {
        read(&format!("<xml><CreateTime>{time}</CreateTime><MsgType>text</MsgType><MsgId>{id}</MsgId></xml>"))
    };
    let right = message("16480977610", "9223372036854775807");
    assert_eq!(right.head.created.map(wechat_callback::Timestamp::as_secs), Some(16_480_977_610));
    assert_eq!(right.head.id.as_ref().and_then(Id::to_i64), Some(i64::MAX));
    for wrong in ["", "MSGID", "1.5", "9223372036854775808"] {
        let message = message(wrong, wrong);
        assert_eq!(message.head.created, None, "{wrong}");
        assert_eq!(message.head.id.as_ref().and_then(Id::to_i64), None, "{wrong}");
        assert_eq!(message.fields().get("MsgId"), Some(wrong));
    }
}

#[test]
fn an_id_is_kept_as_its_text() {
    for id in ["MSGID", "CAEQ+/oD==", "9223372036854775808"] {
        let message = read(&format!("<xml><MsgType>text</MsgType><MsgId> {id} </MsgId></xml>"));
        assert_eq!(message.head.id.as_ref().map(Id::as_str), Some(id));
        let json = serde_json::to_string(&message).expect("JSON");
        assert!(serde_json::from_str::<Message>(&json).expect("a message") == message);
    }
    assert_eq!(read("<xml><MsgId></MsgId></xml>").head.id, None);
}

#[test]
fn unknown_elements_of_a_known_kind_are_kept() {
    let message = read(
        "<xml><MsgType>text</MsgType><Content>hi</Content><New><Deep>1</Deep><Deep>2</Deep></New><New>3</New></xml>",
    );
    assert!(matches!(message.content, Content::Text(_)));
    let new: Vec<_> = message.fields().all("New").collect();
    assert_eq!(new.len(), 2);
    assert_eq!(
        new[0].fields().all("Deep").map(wechat_callback::message::Field::text).collect::<Vec<_>>(),
        ["1", "2"]
    );
    assert_eq!(new[1].text(), "3");
}

/// An element of a message: a name of WeChat's or any, with a text or elements inside.
fn element() -> impl Strategy<Value = String> {
    let name = || {
        prop_oneof![
            "[A-Za-z_][A-Za-z0-9_]{0,8}",
            prop::sample::select(vec![
                "Content",
                "MediaId",
                "EventKey",
                "Ticket",
                "ScanCodeInfo",
                "SendPicsInfo",
                "PicList",
                "item",
                "List",
                "Status",
                "MsgID",
                "TotalCount",
                "CopyrightCheckResult",
                "ResultList",
                "PublishEventInfo",
                "detail",
                "Actions",
                "Location_X",
                "OpenID",
                "ChosenBeacon",
                "IsGiveByFriend",
                "SubscribeMsgPopupEvent",
            ])
            .prop_map(str::to_owned),
        ]
    };
    let text =
        prop_oneof!["[^<&\\]\r]{0,12}", Just("1".to_owned()), Just("true".to_owned()), Just(String::new())];
    let leaf = (name(), text).prop_map(|(name, text)| format!("<{name}><![CDATA[{text}]]></{name}>"));
    leaf.prop_recursive(4, 24, 4, move |inner| {
        (name(), prop::collection::vec(inner, 0..4))
            .prop_map(|(name, inner)| format!("<{name}>{}</{name}>", inner.concat()))
    })
}

fn kind() -> impl Strategy<Value = String> {
    let kinds = vec![
        "text",
        "image",
        "voice",
        "video",
        "shortvideo",
        "location",
        "link",
        "file",
        "miniprogrampage",
        "device_text",
        "device_event",
        "some_future_type",
    ];
    let events = vec![
        "subscribe",
        "SCAN",
        "LOCATION",
        "CLICK",
        "scancode_push",
        "pic_weixin",
        "location_select",
        "TEMPLATESENDJOBFINISH",
        "MASSSENDJOBFINISH",
        "PUBLISHJOBFINISH",
        "subscribe_msg_popup_event",
        "verify_expired",
        "user_info_modified",
        "kf_switch_session",
        "user_get_card",
        "card_pay_order",
        "submit_invoice_title",
        "poi_check_notify",
        "ShakearoundUserShake",
        "user_scan_product",
        "guide_qrcode_scan_event",
        "wxa_media_check",
        "add_express_path",
        "secvod_audit_event",
        "some_future_event",
    ];
    prop_oneof![
        prop::sample::select(kinds).prop_map(|kind| format!("<MsgType>{kind}</MsgType>")),
        prop::sample::select(events)
            .prop_map(|event| format!("<MsgType>event</MsgType><Event>{event}</Event>")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1024) })]

    #[test]
    fn any_elements_under_a_known_kind_open_and_survive_json(kind in kind(), elements in prop::collection::vec(element(), 0..12)) {
        let xml = format!("<xml><FromUserName>o1</FromUserName>{kind}{}</xml>", elements.concat());
        // Head fields that a random name happens to double are refused, and rightly.
        if let Ok(message) = Message::from_xml(&xml) {
            let json = serde_json::to_string(&message).expect("JSON");
            let back: Message = serde_json::from_str(&json).expect("what it wrote itself");
            prop_assert!(back == message, "{}", xml);
            prop_assert_eq!(serde_json::to_string(&back).expect("JSON"), json);
        } else {
            let doubled = ["ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "Encrypt"];
            prop_assert!(doubled.iter().any(|name| xml.matches(&format!("<{name}>")).count() > 1), "{}", xml);
        }
    }
}
