//! Every push of `fixtures/samples`, as WeChat writes them.

use crate::support;

use support::{MODES, Wechat};
use wechat_callback::Message;
use wechat_callback::message::{Content, Id};

fn samples() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/samples");
    let mut samples: Vec<_> = std::fs::read_dir(folder)
        .expect("the fixtures")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).expect("UTF-8"))
        })
        .collect();
    samples.sort();
    assert_eq!(samples.len(), 130);
    samples
}

fn sample(name: &str) -> Message {
    let (_, xml) = samples().into_iter().find(|(found, _)| found == name).expect("a sample");
    Message::from_xml(&xml).expect("a message")
}

#[test]
fn every_sample_opens_in_every_mode_and_is_the_same_message() {
    for (name, xml) in samples() {
        let expected = Message::from_xml(&xml).unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected = expected.to_account("wx5823bf96d3bd56c7");
        for wechat in MODES.map(Wechat::new) {
            let push = wechat.push(&xml);
            let opened = wechat
                .callback()
                .open(&push.query, &push.body)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(opened.message == expected, "{name}");
            assert_eq!(opened.plaintext, xml, "{name}");
        }
    }
}

#[test]
fn every_sample_is_of_the_kind_that_its_name_says() {
    for (name, xml) in samples() {
        let message = Message::from_xml(&xml).expect("a message");
        let kind = match name.split('-').collect::<Vec<_>>()[..] {
            ["msg", "unknown", ..] => "some_future_type",
            ["msg", kind, ..] => kind,
            ["event", ..] | ["robust", "empty", ..] => "event",
            ["system", ..] => "system",
            _ => "text",
        };
        assert_eq!(message.content.kind(), kind, "{name}");
        let known = !matches!(message.content, Content::Unknown { .. });
        assert_eq!(known, kind != "some_future_type", "{name}");
    }
}

#[test]
fn every_text_of_every_sample_is_among_its_fields() {
    for (name, xml) in samples() {
        let message = Message::from_xml(&xml).expect("a message");
        let mut texts = Vec::new();
        let mut waiting: Vec<_> = message.fields().collect();
        while let Some(field) = waiting.pop() {
            texts.push((field.name().to_owned(), field.text().to_owned()));
            waiting.extend(field.fields());
        }
        let document = roxmltree::Document::parse(xml.trim_start_matches('\u{feff}')).expect("well-formed");
        for leaf in document
            .descendants()
            .filter(|node| node.is_element() && !node.children().any(|child| child.is_element()))
        {
            let text: String = leaf.children().filter_map(|child| child.text()).collect();
            let found = texts
                .iter()
                .any(|(name, found)| *name == leaf.tag_name().name() && found.trim() == text.trim());
            assert!(found, "{name}: {} = {text}", leaf.tag_name().name());
        }
    }
}

#[test]
fn the_head_is_who_to_whom_when_and_which() {
    let message = sample("msg-text-2");
    assert_eq!(message.head.to.as_deref(), Some("gh_91a0b5ce4284"));
    assert_eq!(message.openid(), Some("ojXb55rgGQkW2qJdsVaKGapN1wD5"));
    assert_eq!(message.head.created.map(wechat_callback::Timestamp::as_secs), Some(1_611_611_269));
    assert_eq!(message.head.id.as_ref().and_then(Id::to_i64), Some(29_226_370_238_408_759));
}

#[test]
fn a_message_without_sender_and_receiver_opens_and_only_a_reply_to_it_fails() {
    let xml = &samples()
        .into_iter()
        .find(|(name, _)| name == "event-minigame-coin-deliver-no-users")
        .expect("it")
        .1;
    for wechat in MODES.map(Wechat::new) {
        let push = wechat.push(xml);
        let opened = wechat.callback().open(&push.query, &push.body).expect("it opens");
        assert_eq!((opened.message.openid(), opened.message.head.to.as_deref()), (None, None));
        assert_eq!(opened.context.seal(wechat_callback::Reply::none()).expect("nothing").body, "success");
        let refusal = opened.context.seal(wechat_callback::TextReply::new("x")).expect_err("nobody");
        assert_eq!(refusal, wechat_callback::SealError::NoRecipient("FromUserName"));
    }
}

#[test]
fn a_text_keeps_what_the_user_wrote() {
    assert_eq!(sample("msg-text-2").text(), Some("似霰月水"));
    assert_eq!(
        sample("msg-text-special-chars").text(),
        Some("q<s & s>a ]]> \"q\" 'q' 😀 /:rose [微笑]\n第二行")
    );
    assert_eq!(sample("robust-entities").text(), Some("a < b && c 你好 > d"));
    assert_eq!(sample("robust-mixed-whitespace-declaration-bom").text(), Some("  cxfq nssom ulpzqb  "));
    let Content::Text(text) = sample("msg-text-bizmsgmenuid").content else { panic!("a text") };
    assert_eq!((text.content.as_str(), text.bizmsgmenuid.as_deref()), ("月沙", Some("101")));
}

#[test]
fn an_image_may_lack_its_media_id() {
    let Content::Image(image) = sample("msg-image").content else { panic!("an image") };
    assert_eq!((image.pic_url.as_str(), image.media_id.as_deref()), ("cibk ga z heb", Some("azyre_za")));
    let Content::Image(image) = sample("msg-image-no-mediaid").content else { panic!("an image") };
    assert_eq!(image.media_id, None);
}

#[test]
fn a_voice_has_its_format_and_what_else_there_is() {
    let Content::Voice(voice) = sample("msg-voice-16k").content else { panic!("a voice") };
    assert_eq!((voice.media_id.as_str(), voice.format.as_str()), ("pojwv_cl_7o", "amr"));
    assert_eq!((voice.media_id_16k.as_deref(), voice.recognition), (Some("hygxr_fg_17f"), None));
    let Content::Voice(voice) = sample("msg-voice-recognition").content else { panic!("a voice") };
    assert_eq!((voice.media_id_16k, voice.recognition.as_deref()), (None, Some("连共生觉似海")));
}

#[test]
fn videos_have_a_preview() {
    let Content::Video(video) = sample("msg-video").content else { panic!("a video") };
    assert_eq!((video.media_id.as_str(), video.thumb_media_id.as_str()), ("klajc_qz", "doiam_rfsjo_hc"));
    let Content::ShortVideo(video) = sample("msg-shortvideo").content else { panic!("a short video") };
    assert_eq!((video.media_id.as_str(), video.thumb_media_id.as_str()), ("nbide_om", "kxynu_yhgpb_yl"));
}

#[test]
fn a_location_has_its_latitude_in_x() {
    let Content::Location(location) = sample("msg-location").content else { panic!("a location") };
    assert_eq!((location.latitude.as_str(), location.latitude.to_f64()), ("28.656829", Some(28.656_829)));
    assert_eq!((location.longitude.as_str(), location.scale), ("750.295014", Some(20)));
    assert_eq!(location.label, "海海滟连");
}

#[test]
fn a_link_keeps_its_url_whole() {
    let Content::Link(link) = sample("msg-link").content else { panic!("a link") };
    assert_eq!(link.title, "V 海汀江连空平明明");
    assert!(link.description.starts_with("江滟觉共潮 L 无汀"));
    assert!(link.url.starts_with("http://example.com/z?__stn=FhE9DaUkCYE9Pr==&ltn=5720741131&"));
    assert!(link.url.ends_with("#me"));
}

#[test]
fn an_event_is_its_name_without_regard_to_case_and_its_fields() {
    let message = sample("event-scan");
    let Content::Event(event) = &message.content else { panic!("an event") };
    assert!(event.name() == "SCAN" && event.is("scan"));
    assert_eq!(message.scene(), Some("JTHLB_UKTPZ"));
    assert_eq!(message.fields().get("EventKey"), Some("JTHLB_UKTPZ"));
    assert_eq!(message.text(), None);
}

#[test]
fn what_is_unknown_keeps_all_its_fields() {
    let message = sample("msg-unknown-type");
    assert!(matches!(&message.content, Content::Unknown { kind } if kind == "some_future_type"));
    assert_eq!(message.fields().get("Foo"), Some("jev"));
    let message = sample("event-masssendjobfinish-copyright");
    let result = message.fields().field("CopyrightCheckResult").expect("it").fields();
    let articles = result.field("ResultList").expect("it").fields().all("item");
    let urls = articles.filter_map(|article| article.fields().get("OriginalArticleUrl"));
    assert_eq!(urls.collect::<Vec<_>>(), ["Skx_8", "Jhz_0"]);
}
