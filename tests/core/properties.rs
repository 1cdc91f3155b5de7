//! What holds for any input.

use crate::support;

use proptest::prelude::*;
use support::{Push, Wechat, assert_text_reply, envelope, now, text, text_of, unsplit};
use wechat_callback::{Callback, Message, SecurityMode, TextReply, Timestamp};

fn mode() -> impl Strategy<Value = SecurityMode> {
    prop_oneof![Just(SecurityMode::Plain), Just(SecurityMode::Compatible), Just(SecurityMode::Safe)]
}

fn account() -> impl Strategy<Value = Wechat> {
    (mode(), "wx[0-9a-f]{16}", "[A-Za-z0-9]{3,32}", "[A-Za-z0-9]{43}")
        .prop_map(|(mode, app_id, token, encoding_aes_key)| Wechat { app_id, token, encoding_aes_key, mode })
}

/// Texts that XML can hold as they are. (A carriage return is a line feed to every XML parser.)
fn xml_text() -> impl Strategy<Value = String> {
    "[^\u{0}-\u{8}\u{b}-\u{1f}\u{fffe}\u{ffff}]{0,200}"
}

/// Bytes that are XML here and there.
fn xml_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<xml>".to_owned()),
        Just("</xml>".to_owned()),
        Just("<A>".to_owned()),
        Just("</A>".to_owned()),
        Just("<Encrypt>".to_owned()),
        Just("</Encrypt>".to_owned()),
        Just("<MsgType>text</MsgType>".to_owned()),
        Just("<A/>".to_owned()),
        Just("<![CDATA[".to_owned()),
        Just("]]>".to_owned()),
        Just("<!--".to_owned()),
        Just("-->".to_owned()),
        Just("<?".to_owned()),
        Just("?>".to_owned()),
        Just("&lt;".to_owned()),
        Just("&#x41;".to_owned()),
        Just("&".to_owned()),
        Just("\r\n ".to_owned()),
        ".{0,4}",
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// An element as WeChat and others write one.
fn element() -> impl Strategy<Value = String> {
    let name = || "[A-Za-z_][A-Za-z0-9_]{0,6}";
    let text = prop_oneof![
        "[^<&\\]\r\u{0}-\u{1f}\u{fffe}\u{ffff}]{0,12}".prop_map(|text| format!("<![CDATA[{text}]]>")),
        "[a-z0-9 你好]{0,8}",
        "[a-z]{0,3}".prop_map(|text| format!("\n  <![CDATA[{text}]]> ")),
        "[a-z]{0,3}".prop_map(|text| format!("{text}&lt;&#x4F60;&amp;<![CDATA[{text}]]>")),
    ];
    let leaf = prop_oneof![
        4 => (name(), text).prop_map(|(name, text)| format!("<{name}>{text}</{name}>\n")),
        1 => name().prop_map(|name| format!("<{name}/>")),
        1 => name().prop_map(|name| format!("<{name} a='b'>1</{name}>")),
    ];
    leaf.prop_recursive(4, 16, 4, move |inner| {
        (name(), prop::collection::vec(inner, 1..4))
            .prop_map(|(name, inner)| format!("<{name}>{}</{name}>", inner.concat()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn what_wechat_pushes_is_what_opens(wechat in account(), content in xml_text()) {
        for xml in [text(&content), unsplit(&content)] {
            let Push { query, body } = wechat.push(&xml);
            let callback = wechat.callback();
            let opened = callback.open(&query, &body).expect("a right push");
            prop_assert_eq!(opened.message.text(), Some(content.as_str()));
        }
    }

    #[test]
    fn what_is_sealed_is_what_wechat_reads(wechat in account(), content in any::<String>(), random in any::<[u8; 16]>()) {
        // An empty text is refused.
        let content = format!("好{content}");
        let Push { query, body } = wechat.push(&text("x"));
        let callback = wechat.callback();
        let opened = callback.open(&query, &body).expect("a right push");
        let reply = TextReply::new(content.as_str());
        let sealed = opened.context.seal_at(reply, Timestamp::from_secs(now()), random).expect("a recipient");
        let xml = wechat.read(&sealed.body);
        let kept: String = content.chars().filter(|char| {
            !matches!(char, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
        }).collect();
        // A carriage return is a line feed to every XML parser.
        assert_text_reply(&xml, &kept.replace("\r\n", "\n").replace('\r', "\n"));
    }

    #[test]
    fn a_sealed_reply_opens_as_the_message_that_it_is(wechat in account(), content in xml_text()) {
        let content = format!("好{content}");
        let Push { query, body } = wechat.push_at(&text("x"), now(), "7");
        let callback = wechat.callback();
        let opened = callback.open(&query, &body).expect("a right push");
        let sealed = opened.context.seal(TextReply::new(content.as_str())).expect("a recipient").body;
        let back = if wechat.mode.is_encrypted() {
            let document = roxmltree::Document::parse(&sealed).expect("well-formed");
            let timestamp = text_of(&document, "TimeStamp").parse().expect("a number");
            wechat.push_encrypted(&text_of(&document, "Encrypt"), timestamp, "7")
        } else {
            wechat.push(&sealed)
        };
        let opened = callback.open(&back.query, &back.body).expect("what it sealed itself");
        prop_assert_eq!(opened.message.text(), Some(content.as_str()));
    }

    /// What the signature covers cannot change, and what it does not cover does not matter.
    #[test]
    fn a_flipped_byte_in_a_safe_push_is_refused_or_changes_nothing(at in any::<prop::sample::Index>(), bit in 0..8) {
        let wechat = Wechat::new(SecurityMode::Safe);
        let Push { query, body } = wechat.push(&text("你好"));
        let callback = wechat.callback();
        let right = callback.open(&query, &body).expect("a right push").message;

        let mut flipped = query.clone().into_bytes();
        let index = at.index(flipped.len());
        flipped[index] ^= 1_u8 << bit;
        if let Ok(flipped) = String::from_utf8(flipped) {
            match callback.open(&flipped, &body) {
                Ok(opened) => prop_assert!(opened.message == right, "{}", flipped),
                Err(refusal) => prop_assert!([400, 403].contains(&refusal.status())),
            }
        }

        let mut flipped = body.clone();
        let index = at.index(flipped.len());
        flipped[index] ^= 1_u8 << bit;
        match callback.open(&query, &flipped) {
            Ok(opened) => prop_assert!(opened.message == right),
            Err(refusal) => prop_assert!([400, 403].contains(&refusal.status())),
        }
    }

    #[test]
    fn no_xml_panics(xml in xml_like()) {
        let _ = Message::from_xml(&xml);
    }

    /// Flat layouts and all others: both readers stand behind this.
    #[test]
    fn every_tree_is_read_as_another_parser_reads_it(elements in prop::collection::vec(element(), 0..8), flat in any::<bool>()) {
        let comment = if flat { "" } else { "<!-- -->" };
        let xml = format!("<xml>{comment}{}</xml>", elements.concat());
        let message = Message::from_xml(&xml).expect("well-formed");
        let document = roxmltree::Document::parse(&xml).expect("well-formed");
        let mut waiting: Vec<_> = message.fields().map(|field| (0, field)).collect();
        waiting.reverse();
        let mut read = Vec::new();
        while let Some((depth, field)) = waiting.pop() {
            read.push((depth, field.name().to_owned(), field.text().trim().to_owned()));
            let inner: Vec<_> = field.fields().map(|field| (depth + 1, field)).collect();
            waiting.extend(inner.into_iter().rev());
        }
        let expected: Vec<_> = document.root_element().descendants().skip(1).filter(roxmltree::Node::is_element).map(|node| {
            let depth = node.ancestors().filter(roxmltree::Node::is_element).count() - 2;
            let leaf = !node.children().any(|child| child.is_element());
            let text: String = node.children().filter(|_| leaf).filter_map(|child| child.text()).collect();
            (depth, node.tag_name().name().to_owned(), text.trim().to_owned())
        }).collect();
        prop_assert_eq!(read, expected, "{}", xml);
    }

    #[test]
    fn no_request_panics(wechat in account(), query in ".{0,100}", body in prop::collection::vec(any::<u8>(), 0..300)) {
        let callback = wechat.callback();
        let _ = callback.verify_url(&query);
        let _ = callback.open(&query, &body);
        let _ = callback.open(&wechat.signed_query(now(), "1"), &body);
    }

    #[test]
    fn nothing_signed_panics(wechat in account(), encrypt in ".{0,100}", frame in prop::collection::vec(any::<u8>(), 0..20), xml in xml_like()) {
        let callback = wechat.callback();
        let frame = frame.repeat(16);
        for encrypt in [encrypt, wechat.encrypt_frame(frame), wechat.encrypt(&xml)] {
            let Push { query, body } = wechat.push_encrypted(&encrypt, now(), "1");
            let _ = callback.open(&query, &body);
        }
        let query = wechat.push_encrypted("", now(), "1").query;
        let _ = callback.open(&query, envelope(&xml).as_bytes());
    }

    #[test]
    fn no_configuration_panics(app_id in ".{0,70}", token in ".{0,50}", key in ".{0,50}") {
        let _ = Callback::builder(app_id, token).encoding_aes_key(key).build();
    }
}

/// Every byte of what the signature covers, every bit of it.
#[test]
fn no_bit_of_what_is_signed_can_be_flipped() {
    let wechat = Wechat::new(SecurityMode::Safe);
    let Push { query, body } = wechat.push(&text("你好"));
    let callback = wechat.callback();
    let flips = |text: &[u8], range: std::ops::Range<usize>| {
        let text = text.to_vec();
        range.flat_map(move |at| (0..8).map(move |bit| (at, bit))).map(move |(at, bit)| {
            let mut flipped = text.clone();
            flipped[at] ^= 1 << bit;
            flipped
        })
    };
    for name in ["timestamp", "nonce", "msg_signature"] {
        let start = query.find(&format!("&{name}=")).expect("there") + name.len() + 2;
        let end = query[start..].find('&').map_or(query.len(), |length| start + length);
        for flipped in flips(query.as_bytes(), start..end).filter_map(|bytes| String::from_utf8(bytes).ok()) {
            assert!(callback.open(&flipped, &body).is_err(), "{flipped}");
        }
    }
    let body_text = String::from_utf8(body.clone()).expect("UTF-8");
    let start = body_text.find("<Encrypt><![CDATA[").expect("there") + "<Encrypt><![CDATA[".len();
    let end = body_text.find("]]></Encrypt>").expect("there");
    for flipped in flips(&body, start..end) {
        assert!(callback.open(&query, &flipped).is_err(), "{}", String::from_utf8_lossy(&flipped));
    }
}
