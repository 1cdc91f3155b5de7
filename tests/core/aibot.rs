//! An AI bot of WeCom (企业微信智能机器人): its verification, its pushes and its answers. The samples have the shapes of
//! Tencent's pages on messages (100719), events (101027) and passive replies (101031).

use crate::support::{ENCRYPTED_MODES, Wechat, fresh, now};

use base64::engine::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};
use wechat_callback::media::MediaError;
use wechat_callback::message::event::{CardType, Feedback, FeedbackType};
use wechat_callback::message::{ChatType, Content, Event, Mixed, MixedItem, StreamRefresh, Text};
use wechat_callback::reply::card::{
    Button, CheckBox, Choice, Heading, Jump, Link, Row, RowLink, TemplateCard,
};
use wechat_callback::reply::{StreamContent, StreamImage, TemplateCardReply};
use wechat_callback::{
    Callback, CallbackBuilder, ConfigError, DataFormat, DecryptError, ImageReply, Message, OpenError, Opened,
    PreviousCredentials, Reply, SealError, Sealed, SecurityMode, TextReply, Timestamp, TransferReply,
    UpdateButtonReply, UpdateTemplateCardReply,
};

/// WeCom's side. What it seals for a company's own bot is for nobody.
fn wecom() -> Wechat {
    Wechat { app_id: String::new(), ..Wechat::new(SecurityMode::Safe) }
}

fn builder() -> CallbackBuilder {
    let Wechat { token, encoding_aes_key, .. } = wecom();
    Callback::aibot(token, encoding_aes_key)
}

fn bot() -> Callback {
    builder().build().expect("a bot")
}

/// A request of WeCom's: the query, and the body with what is encrypted as its member `name`.
fn request(wecom: &Wechat, json: &str, name: &str) -> (String, String) {
    let (time, nonce) = (now(), fresh().to_string());
    let encrypted = wecom.encrypt(json);
    let signature = wecom.sign(&[&time.to_string(), &nonce, &encrypted]);
    let query = format!("msg_signature={signature}&timestamp={time}&nonce={nonce}");
    (query, format!(r#"{{"{name}":"{}"}}"#, encrypted.replace('/', "\\/")))
}

fn open(json: &Value) -> Opened {
    let (query, body) = request(&wecom(), &json.to_string(), "encrypt");
    bot().open(&query, body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// A push of that kind, with these members.
fn push(kind: &str, members: Value) -> Value {
    let mut push = json!({
        "msgid": "CAIQz7/MjQYY/NGagIOAgAMgl8jK/gI=",
        "aibotid": "AIBOTID",
        "chattype": "single",
        "from": {"userid": "zhangsan"},
        "response_url": "https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=SECRET",
        "msgtype": kind,
    });
    let Value::Object(members) = members else { panic!("an object") };
    push.as_object_mut().expect("an object").extend(members);
    push
}

fn text(content: &str) -> Value {
    push("text", json!({"text": {"content": content}}))
}

fn refresh(id: &str) -> Value {
    push("stream", json!({"stream": {"id": id}}))
}

fn event(kind: &str, members: Value) -> Value {
    let mut event = json!({"eventtype": kind});
    let Value::Object(members) = members else { panic!("an object") };
    event.as_object_mut().expect("an object").extend(members);
    push("event", json!({"create_time": 1_700_000_000, "event": event}))
}

fn click() -> Value {
    event("template_card_event", json!({"template_card_event": {"task_id": "t", "event_key": "k"}}))
}

fn feedback() -> Value {
    event("feedback_event", json!({"feedback_event": {"id": "f", "type": 2}}))
}

/// What the reply is in clear, after the checks that WeCom makes of its envelope.
fn unsealed(sealed: &Sealed, nonce: &str) -> Value {
    let envelope: Value = serde_json::from_str(&sealed.body).expect("JSON");
    let mut names: Vec<_> = envelope.as_object().expect("an object").keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["encrypt", "msgsignature", "nonce", "timestamp"]);
    let text = |name: &str| envelope[name].as_str().expect("a string");
    let time = envelope["timestamp"].as_i64().expect("a number").to_string();
    assert_eq!(text("nonce"), nonce);
    assert_eq!(text("msgsignature"), wecom().sign(&[&time, nonce, text("encrypt")]));
    serde_json::from_str(&wecom().decrypt(text("encrypt"))).expect("JSON")
}

fn seal(push: &Value, reply: impl Into<Reply>) -> Result<Value, SealError> {
    let (query, body) = request(&wecom(), &push.to_string(), "encrypt");
    let opened = bot().open(&query, body.as_bytes()).expect("a push");
    let sealed = opened.context.seal(reply)?;
    let (_, nonce) = query.rsplit_once('=').expect("a nonce");
    Ok(unsealed(&sealed, nonce))
}

fn verification(wecom: &Wechat, echostr: &str) -> String {
    let (time, nonce) = (now(), fresh().to_string());
    let encrypted = wecom.encrypt(echostr);
    let signature = wecom.sign(&[&time.to_string(), &nonce, &encrypted]);
    let encrypted = encrypted.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    format!("msg_signature={signature}&timestamp={time}&nonce={nonce}&echostr={encrypted}")
}

#[test]
fn the_url_is_verified_with_the_echostr_in_clear() {
    assert_eq!(
        bot().verify_url(&verification(&wecom(), "1616140317555161061")).as_deref(),
        Ok("1616140317555161061")
    );
}

#[test]
fn an_echostr_of_another_key_token_or_receiver_is_refused() {
    let key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG".to_owned();
    for wrong in [
        Wechat { encoding_aes_key: key, ..wecom() },
        Wechat { token: "anotherToken1234".to_owned(), ..wecom() },
        Wechat::new(SecurityMode::Safe),
    ] {
        let refusal = bot().verify_url(&verification(&wrong, "42")).expect_err("it is another's");
        assert_eq!(refusal.status(), 403, "{refusal}");
    }
}

/// Both are sealed alike, so that whoever caught a push could have it read out.
#[test]
fn a_push_or_an_answer_is_no_echostr() {
    for sealed in [text("你好").to_string(), "{}".to_owned(), "\u{feff}{}".to_owned()] {
        let refusal = bot().verify_url(&verification(&wecom(), &sealed)).err();
        assert_eq!(refusal, Some(DecryptError::Push.into()), "{sealed}");
    }
}

#[test]
fn the_envelope_may_spell_its_member_in_any_case() {
    for name in ["encrypt", "Encrypt", "ENCRYPT"] {
        let (query, body) = request(&wecom(), &text("你好").to_string(), name);
        let opened = bot().open(&query, body.as_bytes()).expect("a push");
        assert_eq!(opened.message.text(), Some("你好"), "{name}");
    }
}

#[test]
fn nothing_but_the_empty_receive_id_is_accepted_unless_another_is_listed() {
    let company = Wechat::new(SecurityMode::Safe);
    let to_nobody = request(&wecom(), &text("x").to_string(), "encrypt");
    let to_company = request(&company, &text("x").to_string(), "encrypt");
    let opens = |callback: &Callback, (query, body): &(String, String)| callback.open(query, body.as_bytes());
    assert!(opens(&bot(), &to_nobody).is_ok());
    let refusal = opens(&bot(), &to_company).expect_err("for a company");
    assert!(matches!(refusal, OpenError::Decrypt(DecryptError::ReceiveId { .. })), "{refusal:?}");
    assert!(refusal.to_string().contains("not for an empty one"), "{refusal}");

    let provider = builder().receive_ids([company.app_id.as_str()]).build().expect("a bot");
    assert!(opens(&provider, &to_company).is_ok());
    assert!(opens(&provider, &to_nobody).is_err());
    let none = builder().receive_ids([""; 0]).build().expect("a bot");
    assert!(opens(&none, &to_nobody).is_err());
}

#[test]
fn the_answer_has_the_receive_id_of_its_push() {
    let company = Wechat::new(SecurityMode::Safe);
    let provider = builder().receive_ids([company.app_id.as_str()]).build().expect("a bot");
    let (query, body) = request(&company, &text("x").to_string(), "encrypt");
    let sealed = provider.open(&query, body.as_bytes()).expect("a push").context.seal(TextReply::new("好"));
    let envelope: Value = serde_json::from_str(&sealed.expect("an answer").body).expect("JSON");
    assert!(company.decrypt(envelope["encrypt"].as_str().expect("a string")).contains("好"));
}

#[test]
fn a_bot_has_safe_mode_and_json_alone() {
    for mode in [SecurityMode::Plain, SecurityMode::Compatible] {
        assert_eq!(builder().mode(mode).build().err(), Some(ConfigError::WeComMode { mode }));
    }
    assert_eq!(builder().format(DataFormat::Xml).build().err(), Some(ConfigError::AiBotXml));
    let key = wecom().encoding_aes_key;
    assert_eq!(Callback::aibot("", key).build().err(), Some(ConfigError::TokenEmpty));
    assert_eq!(Callback::aibot("token", "x").build().err(), Some(ConfigError::KeyLength { length: 1 }));
}

#[test]
fn what_is_not_a_bots_is_refused() {
    let (query, body) = request(&wecom(), &text("x").to_string(), "encrypt");
    let refusal = |query: &str, body: &str| bot().open(query, body.as_bytes()).expect_err("refused");
    let wrong = query.replacen("msg_signature=", "msg_signature=0", 1);
    assert_eq!(refusal(&wrong, &body).status(), 403);
    let renamed = query.replace("msg_signature", "signature");
    assert_eq!(refusal(&renamed, &body), OpenError::SignatureMissing { parameter: "msg_signature" });
    assert_eq!(refusal(&query, "{}"), OpenError::Unencrypted { mode: SecurityMode::Safe });
    assert_eq!(refusal(&query, &text("x").to_string()), OpenError::Unencrypted { mode: SecurityMode::Safe });
    assert_eq!(refusal(&query, "<xml></xml>").status(), 400);
    assert_eq!(refusal("", &body).status(), 400);
    let sealed_xml = request(&wecom(), "<xml><MsgType>text</MsgType></xml>", "encrypt");
    assert_eq!(refusal(&sealed_xml.0, &sealed_xml.1).status(), 403);
    // An Official Account's endpoint takes none of it.
    for mode in ENCRYPTED_MODES {
        assert!(Wechat::new(mode).callback().open(&query, body.as_bytes()).is_err());
    }
}

/// A query, signed anew where its time, its nonce or the cipher text is another.
struct Query<'a> {
    wecom: &'a Wechat,
    encrypted: &'a str,
    time: i64,
    nonce: &'a str,
}

impl Query<'_> {
    fn write(&self) -> String {
        let Self { wecom, encrypted, time, nonce } = self;
        let signature = wecom.sign(&[&time.to_string(), nonce, encrypted]);
        format!("msg_signature={signature}&timestamp={time}&nonce={nonce}")
    }
}

/// T1, T4, T8, T28: what the query alone is refused for, by `check_query` too, whatever the body.
#[test]
fn a_query_that_is_not_wecoms_is_refused_before_the_body_is_read() {
    let (wecom, encrypted) = (wecom(), wecom().encrypt(&text("x").to_string()));
    let query = |time, nonce| Query { wecom: &wecom, encrypted: &encrypted, time, nonce }.write();
    let good = query(now(), "1");
    assert_eq!(bot().check_query(&good), Ok(()));
    for (name, query, status) in [
        ("nothing", String::new(), 400),
        ("old", query(now() - 310, "1"), 403),
        ("early", query(now() + 310, "1"), 403),
        ("no signature", good.replace("msg_signature", "other"), 403),
        ("the plug-in's other name", good.replace("msg_signature", "msgsignature"), 403),
        ("a cut signature", good.replacen("msg_signature=", "msg_signature=0", 1), 403),
        ("a signature twice", format!("{good}&msg_signature={}", "0".repeat(40)), 400),
        ("no time", good.replace("timestamp", "time"), 400),
        ("no nonce", good.replace("nonce", "other"), 400),
        ("an empty nonce", query(now(), ""), 400),
        ("a nonce twice", format!("{good}&nonce=1"), 400),
    ] {
        let refusal = bot().check_query(&query).expect_err(name);
        assert_eq!(refusal.status(), status, "{name}: {refusal}");
        let body = json!({"encrypt": encrypted}).to_string();
        assert_eq!(bot().open(&query, body.as_bytes()).err(), Some(refusal), "{name}");
    }
}

/// T9, T10, T11: the log tells these apart, the answer does not.
#[test]
fn whatever_is_wrong_behind_the_signature_is_403() {
    let wecom = wecom();
    let frame = |last: u8| wecom.encrypt_frame([vec![0; 63], vec![last]].concat());
    let mut long = vec![32; 64];
    long[16..20].copy_from_slice(&u32::MAX.to_be_bytes());
    let twice = format!(r#"{},"MsgId":"2"}}"#, text("x").to_string().trim_end_matches('}'));
    let deep = format!("{}1{}", "{\"a\":".repeat(1000), "}".repeat(1000));
    let wide = json!({"msgtype": "mixed", "mixed": {"msg_item": vec![json!({"a": 1}); 3000]}}).to_string();
    for (name, encrypted) in [
        ("no base64", "***".to_owned()),
        ("nothing", String::new()),
        ("15 bytes", STANDARD.encode([0; 15])),
        ("a padding of 0", frame(0)),
        ("a padding of 33", frame(33)),
        ("a length beyond it", wecom.encrypt_frame(long)),
        ("no UTF-8", wecom.encrypt_with(b"{\"a\":\"\xff\"}", [7; 16])),
        ("XML", wecom.encrypt("<xml><MsgType>text</MsgType></xml>")),
        ("an array", wecom.encrypt("[]")),
        ("an id twice", wecom.encrypt(&twice)),
        ("too deep", wecom.encrypt(&deep)),
        ("too many elements", wecom.encrypt(&wide)),
    ] {
        let query = Query { wecom: &wecom, encrypted: &encrypted, time: now(), nonce: "1" }.write();
        let body = json!({"encrypt": encrypted}).to_string();
        let refusal = bot().open(&query, body.as_bytes()).expect_err(name);
        assert_eq!(refusal.status(), 403, "{name}: {refusal}");
    }
}

#[test]
fn a_refresh_is_answered_whoever_asks() {
    let asked = push("stream", json!({"from": null, "stream": {"id": "s1"}}));
    let answer = seal(&asked, StreamContent::finished("x")).expect("an answer");
    assert_eq!(answer["stream"]["id"], "s1");
}

#[test]
fn the_head_says_who_writes_to_which_bot() {
    let head = open(&text("x")).message.head.clone();
    assert_eq!((head.from.as_deref(), head.to.as_deref()), (Some("zhangsan"), Some("AIBOTID")));
    assert_eq!(head.id, Some("CAIQz7/MjQYY/NGagIOAgAMgl8jK/gI=".into()));
    assert_eq!(head.created, None);
    let entered = open(&event("enter_chat", json!({}))).message;
    assert_eq!(entered.head.created, Some(Timestamp::from_secs(1_700_000_000)));
    assert_eq!(entered.openid(), Some("zhangsan"));
}

#[test]
fn each_kind_of_message_has_its_type() {
    let image = open(&push("image", json!({"image": {"url": "https://a/1"}}))).message;
    assert!(matches!(&image.content, Content::Image(image) if image.pic_url == "https://a/1"));
    let voice = open(&push("voice", json!({"voice": {"content": "明天"}}))).message;
    assert!(matches!(&voice.content, Content::Voice(voice) if voice.recognition.as_deref() == Some("明天")));
    let file = open(&push("file", json!({"file": {"url": "https://a/2"}}))).message;
    assert!(matches!(&file.content, Content::File(file) if file.url.as_deref() == Some("https://a/2")));
    let video = open(&push("video", json!({"video": {"url": "https://a/3"}}))).message;
    assert!(matches!(&video.content, Content::Video(video) if video.url.as_deref() == Some("https://a/3")));
    let asked = open(&refresh("s1")).message;
    assert!(matches!(&asked.content, Content::StreamRefresh(refresh) if refresh.id == "s1"));
    assert_eq!(open(&text("你好")).message.text(), Some("你好"));
}

fn mixed() -> Value {
    json!({"msg_item": [
        {"msgtype": "text", "text": {"content": "@助手 看 @这个"}},
        {"msgtype": "image", "image": {"url": "https://a/1"}},
        {"msgtype": "text", "text": {"content": "@助手 和这个"}},
        {"msgtype": "map", "map": {}},
    ]})
}

#[test]
fn a_mixed_message_keeps_the_order_of_its_parts() {
    let message = open(&push("mixed", json!({"chattype": "group", "chatid": "c", "mixed": mixed()}))).message;
    let Content::Mixed(mixed) = &message.content else { panic!("{message:?}") };
    let said = mixed.items.iter().map(|item| match item {
        MixedItem::Text { content } => format!("text {content}"),
        MixedItem::Image { url } => format!("image {url}"),
        MixedItem::Unknown { kind } => format!("unknown {kind}"),
        _ => panic!("another"),
    });
    let said: Vec<_> = said.collect();
    // The mention of the bot is the one that the message begins with.
    assert_eq!(said, ["text 看 @这个", "image https://a/1", "text @助手 和这个", "unknown map"]);
}

#[test]
fn in_a_group_the_mention_that_the_text_begins_with_is_left_out_and_nothing_else() {
    for (content, expected) in [
        ("@RobotA hello", "hello"),
        ("@RobotA\u{2005}hello", "hello"),
        ("@机器人 \n  你好", "你好"),
        ("@RobotA write to a@example.com and @b", "write to a@example.com and @b"),
        ("@RobotA @RobotB hello", "@RobotB hello"),
        ("@RobotA", ""),
        ("hello @RobotA", "hello @RobotA"),
        ("a@example.com", "a@example.com"),
        ("@ hello", "@ hello"),
        ("", ""),
    ] {
        let message = open(&push("text", json!({"chattype": "group", "text": {"content": content}}))).message;
        assert_eq!(message.text(), Some(expected), "{content}");
        let field = message.fields().field("text").expect("the element").fields().get("content");
        assert_eq!(field, Some(content));
        assert_eq!(open(&text(content)).message.text(), Some(content), "alone");
    }
}

#[test]
fn what_is_quoted_is_typed_as_what_is_sent() {
    let quoting = |quote: Value| {
        open(&push("text", json!({"chattype": "group", "text": {"content": "@a b"}, "quote": quote})))
            .message
            .quote()
    };
    let text = quoting(json!({"msgtype": "text", "text": {"content": "@c d"}}));
    assert!(matches!(text, Some(Content::Text(text)) if text.content == "@c d"));
    let file = quoting(json!({"msgtype": "file", "file": {"url": "https://a/1"}}));
    assert!(matches!(file, Some(Content::File(file)) if file.url.as_deref() == Some("https://a/1")));
    let parts = quoting(json!({"msgtype": "mixed", "mixed": mixed()}));
    assert!(matches!(parts, Some(Content::Mixed(parts)) if parts.items.len() == 4));
    let other = quoting(json!({"msgtype": "map", "map": {"x": 1}}));
    assert!(matches!(other, Some(Content::Unknown { kind }) if kind == "map"));
    assert!(open(&self::text("x")).message.quote().is_none());
}

#[test]
fn the_chat_is_a_group_or_the_user_alone() {
    let alone = open(&text("x")).message.chat().expect("a chat");
    assert_eq!((alone.chat_type, alone.id), (ChatType::Single, None));
    let group =
        open(&push("text", json!({"chattype": "group", "chatid": "c1"}))).message.chat().expect("a chat");
    assert_eq!((group.chat_type, group.id.as_deref()), (ChatType::Group, Some("c1")));
    assert!(Message::from_xml("<xml><MsgType>text</MsgType></xml>").expect("XML").chat().is_none());
}

#[test]
fn the_response_url_is_there_and_in_no_debug() {
    let opened = open(&text("secret"));
    let url = opened.message.response_url().expect("a URL");
    assert!(url.ends_with("response_code=SECRET"));
    let shown = format!("{opened:?} {:?} {:?}", opened.message, opened.message.chat());
    for secret in ["SECRET", "secret", "zhangsan"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert_eq!(open(&push("text", json!({"response_url": ""}))).message.response_url(), None);
}

#[test]
fn what_is_not_known_stays_readable() {
    let link = open(&push("link", json!({"link": {"title": "t", "filename": "f"}, "new": [1, 2]}))).message;
    assert!(matches!(&link.content, Content::Unknown { kind } if kind == "link"));
    let fields = link.fields();
    assert_eq!(fields.field("link").expect("the element").fields().get("filename"), Some("f"));
    assert_eq!(fields.all("new").count(), 2);
    let new = open(&event("some_event", json!({"some_event": {"a": 1}}))).message;
    assert!(matches!(new.event(), Some(Event::Unknown { name }) if name == "some_event"));
    let bare = open(&json!({"msgtype": "text", "text": {"content": "x"}, "from": {"userid": "u"}})).message;
    assert_eq!((bare.text(), bare.openid()), (Some("x"), Some("u")));
}

#[test]
fn the_events_are_typed() {
    assert!(matches!(open(&event("enter_chat", json!({}))).message.event(), Some(Event::EnterChat(_))));
    let rated = json!({"feedback_event": {"id": "f1", "type": 2, "content": "不对", "inaccurate_reason_list": [2, 4]}});
    let rated = open(&event("feedback_event", rated)).message;
    let Some(Event::Feedback(rated)) = rated.event() else { panic!("a rating") };
    assert_eq!((rated.id.as_str(), &rated.feedback_type), ("f1", &FeedbackType::Inaccurate));
    assert_eq!((rated.content.as_deref(), &rated.inaccurate_reason_list[..]), (Some("不对"), &[2, 4][..]));
}

/// The tables of Tencent's page have one spelling, its examples the other.
#[test]
fn a_click_on_a_card_is_read_in_both_spellings() {
    let examples = json!({"card_type": "vote_interaction", "event_key": "k", "task_id": "t", "selected_items": {
        "selected_item": [
            {"question_key": "q1", "option_ids": {"option_id": ["a", "b"]}},
            {"question_key": "q2", "option_ids": {"option_id": ["c"]}},
        ],
    }});
    let tables = json!({"cardtype": "vote_interaction", "eventkey": "k", "taskid": "t", "selecteditems": {
        "selecteditem": [
            {"questionkey": "q1", "optionids": {"optionid": ["a", "b"]}},
            {"questionkey": "q2", "optionids": {"optionid": ["c"]}},
        ],
    }});
    for spelled in [examples, tables] {
        let message = open(&event("template_card_event", json!({"template_card_event": spelled}))).message;
        let Some(Event::TemplateCardEvent(card)) = message.event() else { panic!("a click") };
        assert_eq!((card.event_key.as_str(), card.task_id.as_str()), ("k", "t"));
        assert_eq!(card.card_type, CardType::VoteInteraction);
        let chosen: Vec<_> = card
            .selected_items
            .iter()
            .map(|item| (item.question_key.as_str(), item.option_ids.len()))
            .collect();
        assert_eq!(chosen, [("q1", 2), ("q2", 1)]);
        assert_eq!(card.selected_items[0].option_ids, ["a", "b"]);
    }
}

#[test]
fn whoever_has_no_name_or_is_wecom_itself_is_answered_nothing() {
    for from in [json!(null), json!({}), json!({"userid": ""}), json!({"userid": "sys"})] {
        for push in [
            push("text", json!({"from": from, "text": {"content": "x"}})),
            push("event", json!({"from": from, "event": {"eventtype": "enter_chat"}})),
        ] {
            let opened = open(&push);
            assert!(opened.user_key().is_none(), "{push}");
            let refusal = opened.context.seal(TextReply::new("x")).expect_err("nobody");
            assert!(matches!(refusal, SealError::NoRecipient(_)), "{refusal:?}");
            assert_eq!(opened.context.seal(Reply::none()).expect("nothing").body, "");
        }
    }
}

#[test]
fn a_message_and_its_retry_are_one_delivery_and_one_stream() {
    let (first, again) = (open(&text("x")), open(&text("x")));
    assert!(first.delivery_key().is_some());
    assert_eq!(first.delivery_key(), again.delivery_key());
    assert_eq!(first.context.stream_id(), first.delivery_key().map(|key| key.to_string()).as_deref());
    for other in [json!({"msgid": "2"}), json!({"aibotid": "B"})] {
        let other = open(&push("text", other));
        assert_ne!(first.delivery_key(), other.delivery_key());
        assert_ne!(first.context.stream_id(), other.context.stream_id());
    }
    // The URL that it is answered at may be another with each retry.
    let other_url = open(&push("text", json!({"response_url": "https://example.com/"})));
    assert_eq!(first.delivery_key(), other_url.delivery_key());
}

/// WeCom always says which bot it is. Where it did not, the endpoint would.
#[test]
fn a_push_without_a_bots_id_is_a_bots_all_the_same() {
    let bare = json!({"msgid": "1", "msgtype": "text", "text": {"content": "x"}, "from": {"userid": "u"}});
    let opened = open(&bare);
    assert_eq!((opened.message.text(), opened.message.openid()), (Some("x"), Some("u")));
    assert!(opened.delivery_key().is_some());
    assert_eq!(opened.context.stream_id(), opened.delivery_key().map(|key| key.to_string()).as_deref());
}

#[test]
fn what_another_account_is_pushed_is_no_bots_whatever_is_in_it() {
    let official = Wechat::new(SecurityMode::Safe);
    let xml = crate::support::text("@a b")
        .replace("</xml>", "<aibotid>b</aibotid><from><userid>u</userid></from></xml>");
    let push = official.push(&xml);
    let opened = official.callback().open(&push.query, &push.body).expect("a push");
    assert_eq!(opened.message.text(), Some("@a b"));
    assert_eq!(opened.message.openid(), Some("o6_bmjrPTlm6_2sgVt7hMZOPfL2M"));
    assert!(opened.message.head == Message::from_xml(&xml).expect("XML").head);
    let again: Message =
        serde_json::from_str(&serde_json::to_string(&opened.message).expect("JSON")).expect("a message");
    assert!(again == opened.message);
}

#[test]
fn each_refresh_is_a_delivery_of_its_own_and_of_the_same_stream() {
    let asked = |id: &str| open(&push("stream", json!({"msgid": id, "stream": {"id": "s1"}})));
    assert_eq!(asked("1").delivery_key(), asked("1").delivery_key());
    assert_ne!(asked("1").delivery_key(), asked("2").delivery_key());
    assert_eq!(asked("1").context.stream_id(), Some("s1"));
    assert_eq!(open(&refresh("")).context.stream_id(), None);
    for event in [event("enter_chat", json!({})), click(), feedback()] {
        let opened = open(&event);
        assert_eq!(opened.context.stream_id(), None);
        assert!(opened.delivery_key().is_some());
    }
}

#[test]
fn a_message_without_an_id_has_a_stream_all_the_same() {
    let without = |content: &str| {
        let opened = open(&push("text", json!({"msgid": "", "text": {"content": content}})));
        assert!(opened.delivery_key().is_none());
        opened.context.stream_id().expect("an id").to_owned()
    };
    assert_eq!(without("a"), without("a"));
    assert_ne!(without("a"), without("b"));
}

#[test]
fn a_user_of_two_bots_is_two_users() {
    let key = |push: &Value, callback: Callback| {
        let (query, body) = request(&wecom(), &push.to_string(), "encrypt");
        callback.open(&query, body.as_bytes()).expect("a push").user_key().expect("a user")
    };
    let other = push("text", json!({"aibotid": "B"}));
    assert_eq!(key(&text("x"), bot()), key(&click(), bot()));
    assert_ne!(key(&text("x"), bot()), key(&other, bot()));
    assert_ne!(key(&text("x"), bot()), key(&push("text", json!({"from": {"userid": "lisi"}})), bot()));
    assert_ne!(key(&text("x"), bot().on_behalf_of("a")), key(&text("x"), bot().on_behalf_of("b")));
}

fn card() -> TemplateCard {
    TemplateCard::button_interaction()
        .main_title(Heading::new("请假").desc("三天"))
        .horizontal_content_list([
            Row::new("申请人").value("张三").link(RowLink::Member("zhangsan".into())),
            Row::new("附件").link(RowLink::File("MEDIA".into())),
        ])
        .jump_list([Jump::new("制度").link(Link::mini_program_page("wx1", "/p.html"))])
        .task_id("leave-1")
        .button_list([Button::new("同意", "agree").style(1), Button::new("拒绝", "refuse")])
        .element("SomeNewName", "x")
}

fn card_json() -> Value {
    json!({
        "card_type": "button_interaction",
        "task_id": "leave-1",
        "main_title": {"title": "请假", "desc": "三天"},
        "horizontal_content_list": [
            {"keyname": "申请人", "value": "张三", "type": 3, "userid": "zhangsan"},
            {"keyname": "附件", "type": 2, "media_id": "MEDIA"},
        ],
        "jump_list": [{"title": "制度", "type": 2, "appid": "wx1", "pagepath": "/p.html"}],
        "button_list": [{"text": "同意", "style": 1, "key": "agree"}, {"text": "拒绝", "key": "refuse"}],
        "some_new_name": "x",
    })
}

fn stream_id() -> String {
    open(&text("x")).context.stream_id().expect("an id").to_owned()
}

#[test]
fn a_text_answers_a_message_as_a_stream_that_is_finished() {
    let answer =
        json!({"msgtype": "stream", "stream": {"id": stream_id(), "finish": true, "content": "你好"}});
    assert_eq!(seal(&text("x"), TextReply::new("你好")), Ok(answer));
    let answer = json!({"msgtype": "stream", "stream": {"id": "s1", "finish": true, "content": "你好"}});
    assert_eq!(seal(&refresh("s1"), TextReply::new("你好")), Ok(answer));
    let answer = json!({"msgtype": "text", "text": {"content": "你好"}});
    assert_eq!(seal(&event("enter_chat", json!({})), TextReply::new("你好")), Ok(answer));
}

#[test]
fn a_literal_text_is_seen_as_it_was_written() {
    let said = "1 < 2 && &lt; <a href=\"x\">";
    let answer = seal(&text("x"), TextReply::literal(said)).expect("an answer");
    assert_eq!(answer["stream"]["content"], said);
}

#[test]
fn a_stream_answers_with_the_text_so_far() {
    let growing = StreamContent::growing("<think>嗯</think>床前").feedback_id("f1");
    let answer = json!({"msgtype": "stream", "stream": {
        "id": "s1", "finish": false, "content": "<think>嗯</think>床前", "feedback": {"id": "f1"},
    }});
    assert_eq!(seal(&refresh("s1"), growing), Ok(answer));
    let answer = json!({"msgtype": "stream", "stream": {"id": stream_id(), "finish": false, "content": ""}});
    assert_eq!(seal(&text("x"), StreamContent::growing("")), Ok(answer));
}

#[test]
fn a_stream_ends_with_images() {
    let (jpg, png) = (b"\xff\xd8\xff\xe0abc".to_vec(), b"\x89PNG\r\n\x1a\nabc".to_vec());
    let reply =
        StreamContent::finished("看").image(StreamImage::new(jpg.clone())).image(StreamImage::new(png));
    let answer = seal(&refresh("s1"), reply).expect("an answer");
    let items = answer["stream"]["msg_item"].as_array().expect("a list");
    assert_eq!(items.len(), 2);
    assert_eq!(items[0]["msgtype"], "image");
    // printf '\xff\xd8\xff\xe0abc' | md5sum
    let image = json!({"base64": STANDARD.encode(&jpg), "md5": "80897fbf209a90369c5980bbdcecdd88"});
    assert_eq!(items[0]["image"], image);
}

#[test]
fn a_card_stands_alone_or_below_a_text() {
    let alone = json!({"msgtype": "template_card", "template_card": card_json()});
    for push in [text("x"), event("enter_chat", json!({}))] {
        assert_eq!(seal(&push, TemplateCardReply::new(card())), Ok(alone.clone()));
    }
    let mut rated = card_json();
    rated["feedback"] = json!({"id": "f2"});
    let below = json!({
        "msgtype": "stream_with_template_card",
        "stream": {"id": "s1", "finish": false, "content": "床前"},
        "template_card": rated,
    });
    let reply = StreamContent::growing("床前").card(TemplateCardReply::new(card()).feedback_id("f2"));
    assert_eq!(seal(&refresh("s1"), reply), Ok(below));
    let ending = json!({
        "msgtype": "stream_with_template_card",
        "stream": {"id": "s1", "finish": true, "content": ""},
        "template_card": card_json(),
    });
    assert_eq!(seal(&refresh("s1"), TemplateCardReply::new(card())), Ok(ending));
}

#[test]
fn a_click_is_answered_with_another_card() {
    let answer = json!({"response_type": "update_template_card", "template_card": card_json()});
    assert_eq!(seal(&click(), UpdateTemplateCardReply::new(card())), Ok(answer));
    let answer = json!({
        "response_type": "update_template_card", "userids": ["zhangsan", "lisi"], "template_card": card_json(),
    });
    let reply = UpdateTemplateCardReply::new(card()).user_ids(["zhangsan", "lisi"]);
    assert_eq!(seal(&click(), reply), Ok(answer));
}

#[test]
fn a_vote_is_spelled_as_wecom_spells_it() {
    let vote = CheckBox::new("q", [Choice::new("a", "A").is_checked(true), Choice::new("b", "B")]).mode(1);
    let card = TemplateCard::vote_interaction().check_box(vote);
    let answer = seal(&text("x"), TemplateCardReply::new(card)).expect("an answer");
    let expected = json!({
        "question_key": "q", "mode": 1,
        "option_list": [{"id": "a", "text": "A", "is_checked": true}, {"id": "b", "text": "B"}],
    });
    assert_eq!(answer["template_card"]["checkbox"], expected);
}

#[test]
fn no_reply_is_an_empty_body() {
    for push in [text("x"), refresh("s1"), event("enter_chat", json!({})), click(), feedback()] {
        let opened = open(&push);
        let sealed = opened.context.seal(Reply::none()).expect("nothing");
        assert_eq!((sealed.content_type, sealed.body.as_str()), ("text/plain; charset=utf-8", ""));
        assert_eq!(opened.context.acknowledgement(), sealed);
    }
}

#[test]
fn each_push_has_answers_of_its_own() {
    let replies: [Reply; 4] = [
        TextReply::new("x").into(),
        StreamContent::growing("x").into(),
        TemplateCardReply::new(card()).into(),
        UpdateTemplateCardReply::new(card()).into(),
    ];
    for (push, to, expected) in [
        (text("x"), "a message", [true, true, true, false]),
        (refresh("s1"), "the refresh of a stream", [true, true, true, false]),
        (event("enter_chat", json!({})), "enter_chat", [true, false, true, false]),
        (click(), "template_card_event", [false, false, false, true]),
        (feedback(), "an event", [false; 4]),
        (event("some_event", json!({})), "an event", [false; 4]),
    ] {
        for (reply, is_accepted) in replies.iter().zip(expected) {
            match seal(&push, reply.clone()) {
                Ok(_) => assert!(is_accepted, "{reply:?} to {push}"),
                Err(SealError::NotInAnswerTo { to: found, .. }) => {
                    assert!(!is_accepted && found == to, "{reply:?} to {push}");
                }
                Err(other) => panic!("{other}: {reply:?} to {push}"),
            }
        }
    }
    let refusal =
        seal(&feedback(), TemplateCardReply::new(card())).expect_err("nothing answers it").to_string();
    assert!(refusal.contains("template_card") && refusal.ends_with("return Reply::none()"), "{refusal}");
}

#[test]
fn what_a_bot_does_not_have_is_refused_with_what_it_has() {
    for reply in [
        ImageReply::new("m").into(),
        Reply::from(TransferReply::to_any_agent()),
        UpdateButtonReply::new("x").into(),
    ] {
        let refusal = seal(&text("x"), reply).expect_err("refused");
        assert!(matches!(refusal, SealError::Unsupported { channel: "an AI bot", .. }), "{refusal:?}");
        assert!(refusal.to_string().contains("stream"), "{refusal}");
    }
}

#[test]
fn no_other_channel_has_a_stream_or_a_card() {
    let official = Wechat::new(SecurityMode::Safe);
    let push = official.push(&crate::support::text("x"));
    let opened = official.callback().open(&push.query, &push.body).expect("a push");
    for reply in [Reply::from(StreamContent::finished("x")), TemplateCardReply::new(card()).into()] {
        let refusal = opened.context.seal(reply).expect_err("an Official Account");
        assert!(
            matches!(refusal, SealError::Unsupported { channel: "an Official Account", .. }),
            "{refusal:?}"
        );
    }
}

#[test]
fn a_text_has_20480_bytes_at_most() {
    let text_of = |length| "x".repeat(length);
    for reply in [|text| Reply::from(TextReply::new(text)), |text| StreamContent::growing(text).into()] {
        assert!(seal(&text("x"), reply(text_of(20_480))).is_ok());
        let refusal = SealError::TextTooLong { length: 20_481, limit: 20_480 };
        assert_eq!(seal(&text("x"), reply(text_of(20_481))), Err(refusal));
    }
    assert_eq!(seal(&text("x"), TextReply::new(" \n")), Err(SealError::TextEmpty));
}

#[test]
fn the_parts_of_a_stream_have_their_limits() {
    let jpg = |length: usize| StreamImage::new([b"\xff\xd8\xff".to_vec(), vec![0; length - 3]].concat());
    let with = |count| (0..count).fold(StreamContent::finished("x"), |stream, _| stream.image(jpg(3)));
    assert!(seal(&text("x"), with(10)).is_ok());
    assert_eq!(seal(&text("x"), with(11)), Err(SealError::ImagesTooMany { count: 11, limit: 10 }));
    let early = StreamContent::growing("x").image(jpg(3));
    assert_eq!(seal(&text("x"), early), Err(SealError::ImagesBeforeEnd));
    let limit = 10 << 20;
    assert!(seal(&text("x"), StreamContent::finished("x").image(jpg(limit))).is_ok());
    let large = StreamContent::finished("x").image(jpg(limit + 1));
    assert_eq!(seal(&text("x"), large), Err(SealError::ImageTooLarge { length: limit + 1, limit }));
    for other in [&b"GIF89a"[..], b"", b"\xff\xd8"] {
        let image = StreamContent::finished("x").image(StreamImage::new(other));
        assert_eq!(seal(&text("x"), image), Err(SealError::ImageFormat));
    }
    for (length, is_accepted) in [(0, false), (1, true), (256, true), (257, false)] {
        let id = "x".repeat(length);
        let expected = if is_accepted { None } else { Some(SealError::FeedbackId { length }) };
        assert_eq!(seal(&text("x"), StreamContent::growing("x").feedback_id(id.as_str())).err(), expected);
        assert_eq!(seal(&text("x"), TemplateCardReply::new(card()).feedback_id(id)).err(), expected);
    }
    let blank = TemplateCardReply::new(TemplateCard::new(" "));
    assert_eq!(
        seal(&text("x"), StreamContent::growing("x").card(blank)).err(),
        Some(SealError::Empty("CardType"))
    );
}

#[test]
fn the_answer_is_text_plain_with_the_nonce_of_the_request() {
    let (query, body) = request(&wecom(), &text("x").to_string(), "encrypt");
    let opened = bot().open(&query, body.as_bytes()).expect("a push");
    let sealed = opened.context.seal_at(TextReply::new("x"), Timestamp::from_secs(1_641_002_400), [7; 16]);
    let sealed = sealed.expect("an answer");
    assert_eq!(sealed.content_type, "text/plain; charset=utf-8");
    let (_, nonce) = query.rsplit_once('=').expect("a nonce");
    unsealed(&sealed, nonce);
    assert!(sealed.body.starts_with(r#"{"encrypt":""#), "{}", sealed.body);
    assert!(
        sealed.body.ends_with(&format!(r#"","timestamp":1641002400,"nonce":"{nonce}"}}"#)),
        "{}",
        sealed.body
    );
}

#[test]
fn an_answer_in_json_of_ones_own_is_sealed_as_it_is() {
    let (query, body) = request(&wecom(), &text("x").to_string(), "encrypt");
    let raw = bot().open_raw(&query, body.as_bytes()).expect("a push");
    assert_eq!(raw.plaintext, text("x").to_string());
    let (_, nonce) = query.rsplit_once('=').expect("a nonce");
    assert_eq!(unsealed(&raw.context.seal_raw(r#"{"a":1}"#), nonce), json!({"a": 1}));
}

#[test]
fn a_push_made_with_the_previous_credentials_is_answered_with_them() {
    let (old, key) = (wecom(), "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG");
    let previous = PreviousCredentials::new().token(&*old.token).encoding_aes_key(&*old.encoding_aes_key);
    let rotated = Callback::aibot("anotherToken1234", key).previous(previous).build().expect("a bot");
    let (query, body) = request(&old, &text("x").to_string(), "encrypt");
    let opened = rotated.open(&query, body.as_bytes()).expect("a push");
    let (_, nonce) = query.rsplit_once('=').expect("a nonce");
    let answer = unsealed(&opened.context.seal(TextReply::new("好")).expect("an answer"), nonce);
    assert_eq!(answer["stream"]["content"], "好");
}

#[test]
fn a_push_goes_through_json_and_back() {
    for push in [
        text("\"你好\" \\ /"),
        push("mixed", json!({"chattype": "group", "mixed": mixed()})),
        push(
            "text",
            json!({"chattype": "group", "text": {"content": "@a b"}, "quote": {"msgtype": "file", "file": {"url": "u"}}}),
        ),
        push("voice", json!({"voice": {"content": "x"}})),
        refresh("s1"),
        event("enter_chat", json!({})),
        click(),
        feedback(),
        push("map", json!({"map": {"a": [1, {"b": null}]}})),
        json!({"msgtype": "text", "text": {"content": "x"}, "from": {"userid": "u"}}),
    ] {
        let message = open(&push).message;
        let written = serde_json::to_string(&message).expect("JSON");
        let again: Message = serde_json::from_str(&written).expect("a message");
        assert!(again == message, "{written}");
        assert_eq!(again.reveal(), message.reveal());
        let is_known = push.get("aibotid").is_some();
        assert!(!is_known || !written.contains("\"altered\""), "{written}");
        assert_eq!(again.text(), message.text());
    }
}

#[test]
fn a_reply_goes_through_json_and_back() {
    let image = StreamImage::new(b"\xff\xd8\xff\xe0".to_vec());
    for reply in [
        Reply::from(StreamContent::finished("你好").feedback_id("f").card(card()).image(image)),
        StreamContent::growing("").into(),
        TemplateCardReply::new(card()).feedback_id("f").into(),
        UpdateTemplateCardReply::new(card()).user_ids(["a"]).into(),
    ] {
        let written = serde_json::to_string(&reply).expect("JSON");
        assert!(serde_json::from_str::<Reply>(&written).expect("a reply") == reply, "{written}");
        assert!(!format!("{reply:?}").contains('你'));
    }
    let kept = serde_json::to_value(Reply::from(UpdateTemplateCardReply::new(TemplateCard::text_notice())));
    assert!(
        kept.expect("JSON").get("user_ids").is_none(),
        "what older versions keep reads and writes the same"
    );
    assert!(serde_json::from_str::<StreamImage>("\"not base64!\"").is_err());
}

#[test]
fn what_a_reply_holds_is_revealed_and_in_no_debug() {
    let reply =
        StreamContent::finished("秘密").card(card()).image(StreamImage::new(b"\xff\xd8\xff".to_vec()));
    assert!(format!("{:?}", reply.reveal()).contains("秘密"));
    let shown = format!("{reply:?} {:?} {:?} {:?}", Reply::from(reply.clone()), reply.images, reply.card);
    for secret in ["秘密", "请假", "/9j/", "255"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

/// Encrypts a file as WeCom does: with no frame around it.
fn encrypted_file(wecom: &Wechat, file: &[u8]) -> Vec<u8> {
    let missing = 32 - file.len() % 32;
    let padded = [file, &vec![missing as u8; missing]].concat();
    STANDARD.decode(wecom.encrypt_frame(padded)).expect("base64")
}

#[test]
fn a_file_is_decrypted_whatever_its_length() {
    for length in (0..100).chain([100_000]) {
        let file: Vec<u8> = (0..length).map(|at| (at * 31 % 251) as u8).collect();
        assert_eq!(bot().decrypt_media(&encrypted_file(&wecom(), &file)), Ok(file), "{length}");
    }
}

#[test]
fn a_file_that_is_not_whole_or_of_another_key_is_refused() {
    let encrypted = encrypted_file(&wecom(), &[7; 100]);
    assert_eq!(bot().decrypt_media(&encrypted[..encrypted.len() - 1]), Err(MediaError::Length));
    assert_eq!(bot().decrypt_media(b""), Err(MediaError::Length));
    assert_eq!(bot().decrypt_media(&encrypted[..encrypted.len() - 16]), Err(MediaError::Padding));
    let key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    let other = Callback::aibot("token", key).build().expect("a bot");
    assert_eq!(other.decrypt_media(&encrypted), Err(MediaError::Padding));
    let previous = PreviousCredentials::new().encoding_aes_key(wecom().encoding_aes_key);
    let rotated = Callback::aibot("token", key).previous(previous).build().expect("a bot");
    assert_eq!(rotated.decrypt_media(&encrypted), Ok(vec![7; 100]));
    let plain = Wechat::new(SecurityMode::Plain).callback();
    assert_eq!(plain.decrypt_media(&encrypted), Err(MediaError::NoKey));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_comes_in_and_goes_out_as_it_is(said in ".*", id in ".{1,40}") {
        let opened = open(&text(&said));
        prop_assert_eq!(opened.message.text(), Some(said.as_str()));
        let answer = seal(&refresh(&id), StreamContent::growing(said.as_str())).expect("an answer");
        prop_assert_eq!(&answer["stream"]["content"], &json!(said));
        prop_assert_eq!(&answer["stream"]["id"], &json!(id));
    }

    #[test]
    fn whatever_is_decrypted_or_named_nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), header in ".*") {
        let _ = bot().decrypt_media(&bytes);
        if let Some(name) = wechat_callback::media::file_name(&header) {
            prop_assert!(!name.is_empty() && name.len() <= 255 && !name.contains(['/', '\\', '\0']));
        }
        let _ = wechat_callback::media::file_name(&format!("a; filename*=UTF-8''{header}; filename=\"{header}"));
    }
}

#[test]
fn a_test_makes_what_a_bot_is_pushed() {
    let asked =
        Message::new(StreamRefresh::default().id("s1")).sent_by("zhangsan").with_field("aibotid", "b");
    assert!(matches!(&asked.content, Content::StreamRefresh(refresh) if refresh.id == "s1"));
    assert_eq!((asked.openid(), asked.head.to.as_deref()), (Some("zhangsan"), Some("b")));
    let rated = Feedback::default().id("f").feedback_type(FeedbackType::Accurate).inaccurate_reason_list([1]);
    let made = Message::new(rated.clone());
    assert!(matches!(made.event(), Some(Event::Feedback(feedback)) if *feedback == rated));
    let mixed = Mixed::default().items([
        MixedItem::Text { content: "看".into() },
        MixedItem::Image { url: "https://a/1".into() },
        MixedItem::Unknown { kind: "map".into() },
    ]);
    assert!(matches!(&Message::new(mixed.clone()).content, Content::Mixed(made) if *made == mixed));
    let chat = Message::new(Text::default().content("x")).with_field("chattype", "group").chat();
    assert_eq!(chat.map(|chat| chat.chat_type), Some(ChatType::Group));
}
