//! A user's text is only text, whichever way WeChat writes it, in every element that can hold one: nothing in it
//! becomes an element, moves the head, or makes the push unreadable.

use crate::support;

use proptest::prelude::*;
use support::kinds::{KINDS, Kind, Layout, Writing, document, text_names};
use support::user_text::{hostile_text, hostile_text_for};
use support::{MODES, Wechat, fresh, now};
use wechat_callback::message::{Fields, Id};
use wechat_callback::{Message, SecurityMode, XmlError};

/// A public report, with the time and the number that it leaves open.
fn report(name: &str) -> String {
    let path = format!("{}/tests/fixtures/reports/{name}.xml", env!("CARGO_MANIFEST_DIR"));
    let xml = std::fs::read_to_string(path).expect("the report");
    xml.replace("{NOW}", &now().to_string()).replace("{ID}", &fresh().to_string())
}

/// What the handler reads in that mode.
fn opened_in(mode: SecurityMode, xml: &str) -> Message {
    let wechat = Wechat::new(mode);
    let push = wechat.push(xml);
    let opened = wechat.callback().open(&push.query, &push.body);
    opened.unwrap_or_else(|error| panic!("{error:?} in {mode:?} mode: {xml:?}")).message
}

/// What the handler reads, in each mode.
fn opened(xml: &str) -> [Message; 3] {
    MODES.map(|mode| opened_in(mode, xml))
}

#[test]
fn what_is_publicly_reported_of_texts_is_read() {
    for (name, said) in [
        ("nested-xml-in-text", "<root><status><![CDATA[1]]></status></root>"),
        ("cdata-end-in-text", "a ]]> b"),
        ("stray-text-in-root", "hi"),
        ("control-02-in-text", "a\u{2}b"),
        ("sticker-as-text", "【收到不支持的消息类型，暂无法显示】"),
    ] {
        for message in opened(&report(name)) {
            assert_eq!(message.text(), Some(said), "{name}");
            assert_eq!(message.openid(), Some("oInventedUser00000000000001"), "{name}");
        }
    }
}

/// The elements as text, but for what stands in elements that hold a user's text.
fn shape(fields: Fields<'_>, kind: &Kind) -> String {
    let element = |field: wechat_callback::message::Field<'_>| {
        let name = field.name();
        let is_text = field.fields().is_empty() && text_names(kind).any(|text| text == name);
        let text = if is_text { "…" } else { field.text() };
        format!("{name}={text:?}[{}]", shape(field.fields(), kind))
    };
    // Each mode and the plain twin of compatible mode have one `Encrypt` at most, and it is no part of the message.
    fields.filter(|field| field.name() != "Encrypt").map(element).collect()
}

fn texts(message: &Message, kind: &Kind) -> Vec<String> {
    fn find(fields: Fields<'_>, name: &str) -> Option<String> {
        let mut fields = fields;
        fields.find_map(|field| match field.name() == name {
            true => Some(field.text().to_owned()),
            false => find(field.fields(), name),
        })
    }
    text_names(kind).map(|name| find(message.fields(), name).expect("the element")).collect()
}

/// Pushes the texts in an element each, in one mode, and reads them back.
fn check(mode: SecurityMode, kind: &Kind, layout: Layout, writing: Writing, said: &[String]) {
    let xml = document(kind, layout, writing, said);
    let plain = document(kind, layout, writing, &vec!["x".to_owned(); said.len()]);
    let expected = Message::from_xml(&plain).expect("a plain message");
    let alone = said.len() == 1 && !said[0].contains("]]]]><![CDATA[>");
    let message = opened_in(mode, &xml);
    assert_eq!(shape(message.fields(), kind), shape(expected.fields(), kind), "{layout:?} {xml:?}");
    assert!(message.head == expected.head, "{layout:?} {xml:?}");
    if writing == Writing::Split || alone {
        assert_eq!(texts(&message, kind), said, "{layout:?} {xml:?}");
    }
}

const CLOSED: &[&str] = &[
    "]]>",
    "]]>]]>",
    "]",
    "]]",
    " ]]> </Content> ]]></Content ",
    "<root><status><![CDATA[1]]></status></root>",
    "a ]]> b",
    "a\r\nb\rc\n",
    "\u{0}\u{2}\u{fffe}\u{ffff}",
    "<!DOCTYPE xml [<!ENTITY a 'b'>]>&a;",
    "]]><!DOCTYPE xml>&undefined;",
    "x]]></Content><bizmsgmenuid>101</bizmsgmenuid><Content><![CDATA[y",
    "x]]></Content><bizmsgmenuid>101</bizmsgmenuid>",
    "x]]></Content></xml>",
    "x]]></Content>\n</xml><!--",
    "x]]></Content>\n<MsgId>7</MsgId>\n</xml>",
    "x]]></FromUserName>",
    "]]></Content><FromUserName><![CDATA[oSomebodyElse]]></FromUserName><Content><![CDATA[",
    "]]></Content><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[CLICK]]></Event><EventKey><![CDATA[k",
    "]]></Content><Encrypt><![CDATA[AAAA]]></Encrypt>",
    "]]></Content><Encrypt><![CDATA[AAAA]]></Encrypt><Content><![CDATA[",
    "]]></Content><![CDATA[",
    "]]></Content><Title><![CDATA[x]]></Title><Url><![CDATA[",
    "]]><![CDATA[",
    "</Content>",
    "]]]]><![CDATA[",
];

#[test]
fn a_text_alone_comes_back_exactly_split_and_unsplit_in_every_layout() {
    for kind in KINDS.iter().filter(|kind| text_names(kind).count() == 1) {
        let name = text_names(kind).next().expect("one");
        for (closed, mode) in CLOSED.iter().zip(MODES.into_iter().cycle()) {
            let said = closed.replace("Content", name);
            for layout in Layout::ALL {
                for writing in [Writing::Split, Writing::Unsplit] {
                    check(mode, kind, layout, writing, std::slice::from_ref(&said));
                }
            }
        }
    }
}

#[test]
fn a_text_among_others_moves_no_element() {
    for kind in KINDS.iter().filter(|kind| text_names(kind).count() > 1) {
        let names: Vec<_> = text_names(kind).collect();
        for (index, name) in names.iter().enumerate() {
            let borders = names.iter().flat_map(|one| {
                names.iter().map(move |two| format!("x]]></{one}><{two}><![CDATA[y]]></{two}>"))
            });
            let wrong: Vec<_> =
                CLOSED.iter().map(|closed| closed.replace("Content", name)).chain(borders).collect();
            for (text, mode) in wrong.into_iter().zip(MODES.into_iter().cycle()) {
                let mut said = vec!["plain".to_owned(); names.len()];
                said[index] = text;
                for layout in [Layout::OneLine, Layout::WeChats, Layout::Blanks] {
                    check(mode, kind, layout, Writing::Unsplit, &said);
                }
                check(mode, kind, Layout::WeChats, Writing::Split, &said);
            }
        }
    }
}

#[test]
fn a_link_has_its_three_elements_whatever_they_hold() {
    let link = KINDS.iter().find(|kind| kind.name == "link").expect("a link");
    for said in [
        ["t]]></Title><Url><![CDATA[u]]></Url>", "d", "u"],
        ["t]]></Title><Url><![CDATA[u]]></Url><Description><![CDATA[d", "d", "u"],
        ["t", "d]]></Description><Url><![CDATA[u]]></Url><MsgId>9</MsgId>", "u"],
        ["t", "d", "u]]></Url><Description><![CDATA[d]]></Description><Url><![CDATA[u"],
        ["t", "d", "u]]></Title><Foo>1</Foo><Description><![CDATA[d]]></Description><Url><![CDATA[u"],
        ["]]></Title><Description><![CDATA[", "]]></Description><Url><![CDATA[", "]]></Url><Title><![CDATA["],
    ] {
        for layout in Layout::IN_WECHATS_ORDER {
            check(SecurityMode::Safe, link, layout, Writing::Unsplit, &said.map(str::to_owned));
        }
    }
}

/// What stands between two texts of WeChat's own stands between these two alone.
#[test]
fn an_element_of_wechats_own_is_not_read_out_of_the_text_beside_it() {
    for (name, texts) in [
        ("location_select", ["a]]></Label><Scale><![CDATA[9]]></Scale><Poiname><![CDATA[b", "c"]),
        ("location_select", ["a", "b]]></Label><Scale><![CDATA[9]]></Scale><Poiname><![CDATA[c"]),
        ("create_map_poi_audit_info", ["a", "b]]></name><latitude>9</latitude><address><![CDATA[c"]),
    ] {
        let kind = KINDS.iter().find(|kind| kind.name == name).expect("a kind");
        check(SecurityMode::Safe, kind, Layout::WeChats, Writing::Unsplit, &texts.map(str::to_owned));
    }
}

/// A reading that were quadratic would take minutes for such a text.
#[test]
fn a_text_of_nothing_but_ends_is_read_in_one_go() {
    for piece in [
        "]",
        "]]>",
        "]]> ",
        "]]></Content>",
        "]]></Title>",
        "]]></Title><Foo>1</Foo>",
        "]]></Title><Description><![CDATA[",
        "]]></Description><Url><![CDATA[",
        "]]></Url><Title><![CDATA[",
        "]]></Title><!--",
        "]]></title><tax_no><![CDATA[",
        "]]></Content></xml>",
    ] {
        for name in ["text", "link", "submit_invoice_title", "some_future_type"] {
            let kind = KINDS.iter().find(|kind| kind.name == name).expect("a kind");
            let mut said = vec!["x".to_owned(); text_names(kind).count()];
            for at in [0, said.len() - 1] {
                said[at] = piece.repeat((1 << 18) / piece.len());
            }
            let xml = document(kind, Layout::WeChats, Writing::Unsplit, &said);
            let message = Message::from_xml(&xml).expect("a message");
            assert_eq!(message.openid(), Some("o6_bmjrPTlm6_2sgVt7hMZOPfL2M"));
            // Made by somebody who has the Token, without an end of the last text.
            assert!(Message::from_xml(xml.trim_end_matches("</xml>")).is_err());
        }
    }
}

#[test]
fn a_scanned_code_does_not_change_which_button_was_used() {
    let scan = |said: &str| {
        format!(
            "<xml><FromUserName><![CDATA[o1]]></FromUserName><MsgType><![CDATA[event]]></MsgType>\
             <Event><![CDATA[scancode_waitmsg]]></Event><EventKey><![CDATA[MENU]]></EventKey><ScanCodeInfo>\
             <ScanType><![CDATA[qrcode]]></ScanType>\n<ScanResult><![CDATA[{said}]]></ScanResult>\n\
             </ScanCodeInfo>\n</xml>"
        )
    };
    for said in [
        "]]></EventKey>",
        "]]></EventKey><ScanCodeInfo><ScanType><![CDATA[barcode]]></ScanType><ScanResult><![CDATA[x",
        "]]></ScanResult></ScanCodeInfo><ScanCodeInfo><ScanResult><![CDATA[x",
        "]]></ScanResult></ScanCodeInfo><EventKey><![CDATA[OTHER]]></EventKey></xml>",
    ] {
        for message in opened(&scan(said)) {
            let info = message.fields().field("ScanCodeInfo").expect("one").fields();
            assert_eq!(message.menu_key(), Some("MENU"), "{said}");
            assert_eq!((info.get("ScanType"), info.get("ScanResult")), (Some("qrcode"), Some(said)));
        }
    }
}

#[test]
fn what_repeats_and_what_no_person_writes_ends_at_the_first_end() {
    for wrong in [
        "<xml><MsgType>some_future_type</MsgType><List><Title><![CDATA[a]]><b>]]></Title></List></xml>",
        "<xml><MsgType><![CDATA[te]]><b>xt]]></MsgType><Content>x</Content></xml>",
        "<xml><MsgType>image</MsgType><MediaId><![CDATA[a]]><b>]]></MediaId></xml>",
    ] {
        assert!(matches!(Message::from_xml(wrong), Err(XmlError::Malformed { .. })), "{wrong}");
    }
    let listed = "<xml><MsgType>some_future_type</MsgType><Content><![CDATA[a]]>b]]></Content>\
                  <List><Content><![CDATA[1]]></Content></List><List><Content><![CDATA[2]]></Content></List></xml>";
    let message = Message::from_xml(listed).expect("a message");
    assert_eq!(message.fields().get("Content"), Some("a]]>b"));
    let listed = message.fields().all("List").filter_map(|list| list.fields().get("Content"));
    assert_eq!(listed.collect::<Vec<_>>(), ["1", "2"]);
}

#[test]
fn a_doubled_element_of_the_head_is_refused_in_front_of_a_text_and_behind_it() {
    let text = "<Content><![CDATA[a]]>b]]></Content>";
    for (front, tail) in [
        ("<FromUserName>a</FromUserName><FromUserName>b</FromUserName>", ""),
        ("", "<MsgId>1</MsgId><MsgId>2</MsgId>"),
        ("<FromUserName>a</FromUserName>", "<FromUserName>b</FromUserName>"),
    ] {
        let xml = format!("<xml>{front}<MsgType>text</MsgType>{text}{tail}</xml>");
        assert!(matches!(Message::from_xml(&xml), Err(XmlError::Doubled(_))), "{xml}");
    }
}

#[test]
fn the_number_of_a_message_is_the_one_behind_the_text() {
    let xml = "<xml><MsgType>text</MsgType><Content><![CDATA[]]></Content><MsgId>1</MsgId><Content><![CDATA[]]></Content>\
               <MsgId>2</MsgId></xml>";
    let message = Message::from_xml(xml).expect("a message");
    assert_eq!(message.head.id, Some(Id::from(2)));
    assert_eq!(message.text(), Some("]]></Content><MsgId>1</MsgId><Content><![CDATA["));
}

#[test]
fn a_text_that_is_split_by_hand_is_whole_again_and_one_without_cdata_stays_as_it_is() {
    for (written, said) in [
        ("<![CDATA[a]]]]><![CDATA[>b]]>", "a]]>b"),
        (" <![CDATA[]]]]><![CDATA[>]]>\n", "]]>"),
        ("a &lt;b&gt; ]] > c", "a <b> ]] > c"),
        ("<![CDATA[a]]></Content ><![CDATA[b]]>", "a]]></Content ><![CDATA[b"),
        ("a<![CDATA[b]]>c", "abc"),
    ] {
        let xml = format!("<xml><MsgType>text</MsgType><Content>{written}</Content><MsgId>1</MsgId></xml>");
        assert_eq!(Message::from_xml(&xml).expect("a message").text(), Some(said), "{written}");
    }
}

/// In compatible mode the plain twin is read for its `Encrypt` alone, which stands behind the text.
#[test]
fn encrypt_is_the_one_behind_the_text() {
    let wechat = Wechat::new(SecurityMode::Compatible);
    let push = wechat.push(&support::text("the message"));
    let body = String::from_utf8(push.body).expect("UTF-8");
    for twin in [
        "a]]></Content><Encrypt><![CDATA[AAAA]]></Encrypt>",
        "a]]></Content><Encrypt>AAAA</Encrypt><Content><![CDATA[",
        "]]></Content></xml>",
        "]]>",
    ] {
        let body = body.replacen("the message", twin, 1);
        let opened = wechat.callback().open(&push.query, body.as_bytes()).expect("a right push");
        assert_eq!(opened.message.text(), Some("the message"), "{twin}");
    }
}

/// 512 texts, or as many as a long run by hand asks for in `PROPTEST_CASES`.
fn config() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(asked.unwrap_or(512)) }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_text_of_a_user_is_anything_but_text(
        (kind, said) in prop::sample::select(KINDS).prop_flat_map(|kind| {
            let text = prop_oneof![hostile_text(), hostile_text_for(&kind)];
            (Just(kind), prop::collection::vec(text, text_names(&kind).count()))
        }),
        layout in prop::sample::select(&Layout::ALL),
        writing in prop::sample::select(&[Writing::Split, Writing::Unsplit]),
        mode in prop::sample::select(&MODES),
    ) {
        let alone = said.len() == 1;
        prop_assume!(alone || writing == Writing::Split || Layout::IN_WECHATS_ORDER.contains(&layout));
        check(mode, &kind, layout, writing, &said);
    }

    /// Two readings of one document may differ in the texts alone, so the JSON is the same, too.
    #[test]
    fn what_was_read_survives_json(said in hostile_text()) {
        let xml = document(&KINDS[0], Layout::WeChats, Writing::Unsplit, std::slice::from_ref(&said));
        let message = Message::from_xml(&xml).expect("a message");
        let json = serde_json::to_string(&message).expect("JSON");
        prop_assert!(serde_json::from_str::<Message>(&json).expect("what it wrote itself") == message);
        #[derive(serde::Deserialize)]
        struct Own { #[serde(rename = "Content")] content: Option<String> }
        let own: Own = message.deserialize().expect("the own type");
        prop_assert_eq!(own.content.as_deref().unwrap_or_default(), message.text().unwrap_or_default());
    }
}

/// `<name><![CDATA[text]]></name>`, unsplit.
fn unsplit(name: &str, text: &str) -> String {
    format!("<{name}><![CDATA[{text}]]></{name}>")
}

/// The names of the elements that stand directly under the root of such a message.
fn names_of(kind: &str, elements: &str) -> Vec<String> {
    let xml = format!(
        "<xml><ToUserName><![CDATA[gh_1]]></ToUserName>\n<FromUserName><![CDATA[o1]]></FromUserName>\n\
         <CreateTime>1</CreateTime>\n{kind}\n{elements}</xml>"
    );
    let message = Message::from_xml(&xml).unwrap_or_else(|error| panic!("{error}: {xml}"));
    assert_eq!(message.head.from.as_deref(), Some("o1"), "{xml}");
    message.fields().map(|field| field.name().to_owned()).skip(3).collect()
}

/// An optional element that is not there, or is there without CDATA, is no place for a text to put one of its own.
#[test]
fn a_text_makes_no_element_where_an_optional_one_is_missing() {
    let link = unsplit("MsgType", "link");
    let event = |name| unsplit("MsgType", "event") + &unsplit("Event", name);
    let forged = "x]]></Title>\n<Description><![CDATA[y]]></Description>\n<Evil>1</Evil>\n<Url><![CDATA[z";
    let menu = forged.replace("Evil", "bizmsgmenuid");
    let url = unsplit("Url", "u") + "\n<MsgId>7</MsgId>";
    for text in [forged, &menu] {
        for empty in ["<Description></Description>", "<Description/>"] {
            let elements = format!("{}\n{empty}\n{url}", unsplit("Title", text));
            assert_eq!(names_of(&link, &elements), ["MsgType", "Title", "Description", "Url", "MsgId"]);
        }
        let elements = format!("{}\n{url}", unsplit("Title", text));
        assert_eq!(names_of(&link, &elements), ["MsgType", "Title", "Url", "MsgId"]);
    }
    let description = "d]]></Description>\n<Title><![CDATA[F]]></Title><Evil>1</Evil><Url><![CDATA[";
    let elements = format!("<Title></Title>\n{}\n{url}", unsplit("Description", description));
    assert_eq!(names_of(&link, &elements), ["MsgType", "Title", "Description", "Url", "MsgId"]);
    let title = "t]]></Title><Url><![CDATA[]]></Url><bizmsgmenuid>101</bizmsgmenuid><Description><![CDATA[z";
    let elements = format!("{}\n{}\n<MsgId>7</MsgId>", unsplit("Title", title), unsplit("Description", ""));
    assert_eq!(names_of(&link, &elements), ["MsgType", "Title", "Description", "MsgId"]);

    for own in ["MsgId", "StaffOpenId"] {
        let amount = format!(
            "x]]></LocationName><{own}>666</{own}><VerifyCode><![CDATA[q]]></VerifyCode><RemarkAmount><![CDATA[z"
        );
        let elements = unsplit("LocationName", "L")
            + &unsplit("StaffOpenId", "s")
            + &unsplit("RemarkAmount", &amount)
            + &unsplit("OuterStr", "");
        assert_eq!(
            names_of(&event("user_consume_card"), &elements),
            ["MsgType", "Event", "LocationName", "StaffOpenId", "RemarkAmount", "OuterStr"]
        );
    }

    let inner = ["tax_no", "addr", "phone", "bank_type", "bank_no"].map(|name| unsplit(name, ""));
    let title = format!("t]]></title><MsgId>666</MsgId>{}<attach><![CDATA[", inner.concat());
    let elements = unsplit("title", &title) + &unsplit("attach", "a") + &unsplit("title_type", "I");
    assert_eq!(
        names_of(&event("submit_invoice_title"), &elements),
        ["MsgType", "Event", "title", "attach", "title_type"]
    );
}

#[test]
fn a_text_is_read_whichever_of_the_others_are_missing() {
    let kind = unsplit("MsgType", "event") + &unsplit("Event", "submit_invoice_title");
    for attach in ["a ]]></title> b", "a ]]> b", "a\r\nb ]]> c"] {
        let elements = unsplit("title", "t")
            + &unsplit("phone", "1")
            + "<bank_no></bank_no>"
            + &unsplit("attach", attach)
            + &unsplit("title_type", "I");
        let xml = format!("<xml><CreateTime>1</CreateTime>{kind}{elements}</xml>");
        let message = Message::from_xml(&xml).expect("a message");
        let read: Vec<_> = message.fields().skip(3).map(|field| (field.name(), field.text())).collect();
        assert_eq!(
            read,
            [("title", "t"), ("phone", "1"), ("bank_no", ""), ("attach", attach), ("title_type", "I")]
        );
    }
}

/// An element without a text counts as well as one with a text: the reading that has more of them is WeChat's.
#[test]
fn no_text_swallows_an_element_in_the_place_of_an_empty_one() {
    let kind = unsplit("MsgType", "event") + &unsplit("Event", "submit_invoice_title");
    let bank =
        "]]></phone>\n<bank_type><![CDATA[F]]></bank_type><attach><![CDATA[F]]></attach>\n<phone><![CDATA[";
    let elements = unsplit("title", "t")
        + &unsplit("phone", "1")
        + "<bank_type></bank_type>"
        + &unsplit("bank_no", bank)
        + &unsplit("attach", "u");
    let names = ["MsgType", "Event", "title", "phone", "bank_type", "bank_no", "attach"];
    assert_eq!(names_of(&kind, &elements), names);
}

#[test]
fn the_app_of_a_card_is_not_read_out_of_its_path_or_title() {
    let kind = unsplit("MsgType", "miniprogrampage");
    let title = "t]]></Title>\n<AppId><![CDATA[wxEVIL]]></AppId>\n<PagePath><![CDATA[x";
    let elements = unsplit("Title", title) + &unsplit("AppId", "wxREAL") + &unsplit("PagePath", "p");
    let xml = format!("<xml><CreateTime>1</CreateTime>{kind}{elements}</xml>");
    let message = Message::from_xml(&xml).expect("a message");
    assert_eq!(message.fields().get("AppId"), Some("wxREAL"));
    assert_eq!(message.fields().get("Title"), Some(title));
}

/// No layout of WeChat's has one there. Where one stands there all the same, it is believed if it is the only one.
#[test]
fn a_sender_between_two_texts_is_not_read_out_of_either() {
    let forged = "]]></Title>\n<FromUserName><![CDATA[oEVIL]]></FromUserName>\n<Description><![CDATA[y";
    let kind = unsplit("MsgType", "link");
    let xml = |description: &str| {
        format!(
            "<xml><ToUserName>gh_1</ToUserName><CreateTime>1</CreateTime>{kind}{}{}{}{}<MsgId>7</MsgId></xml>",
            unsplit("Title", "t"),
            unsplit("FromUserName", "o1"),
            unsplit("Description", description),
            unsplit("Url", "u"),
        )
    };
    let from = |xml: &str| Message::from_xml(xml).ok().and_then(|message| message.head.from);
    assert_eq!(from(&xml("d")).as_deref(), Some("o1"));
    assert_ne!(from(&xml(forged)).as_deref(), Some("oEVIL"));
}
