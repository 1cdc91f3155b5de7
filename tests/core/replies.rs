//! Each kind of reply against its XML in `fixtures/replies`, and re-read by another parser.

use crate::support;

use proptest::prelude::*;
use support::{MODES, Wechat, text, text_of};
use wechat_callback::{
    Article, ImageReply, MusicReply, NewsReply, Reply, SealError, TextReply, Timestamp, TransferReply,
    VideoReply, VoiceReply, reply::TransferTarget,
};

/// Seals a reply to the message `xml`.
fn seal(xml: &str, reply: impl Into<Reply>) -> Result<String, SealError> {
    let wechat = Wechat::new(wechat_callback::SecurityMode::Plain);
    let push = wechat.push(xml);
    let callback = wechat.callback();
    let opened = callback.open(&push.query, &push.body).expect("a push");
    let sealed = opened.context.seal_at(reply, Timestamp::from_secs(1_714_037_059), [7; 16])?;
    Ok(sealed.body)
}

fn render(reply: impl Into<Reply>) -> String {
    seal(&text("x"), reply).expect("a reply that WeChat takes")
}

fn event() -> String {
    text("x").replace("<![CDATA[text]]>", "<![CDATA[event]]>").replace("</xml>", "<Event>CLICK</Event></xml>")
}

fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/replies/{name}.xml", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("the fixture").trim_end().to_owned()
}

#[test]
fn every_kind_is_written_as_wechats_pages_have_it() {
    let article = |n| Article::new(format!("标题{n}"), format!("https://example.com/{n}?a=1&b=2"));
    let replies: [(&str, Reply); 13] = [
        ("text", TextReply::new("你好 <a href=\"https://example.com/?a=1&b=2\">链接</a>\n第二行").into()),
        ("text-literal", TextReply::literal("1 < 2 && <a>").into()),
        ("image", ImageReply::new("MEDIA").into()),
        ("voice", VoiceReply::new("MEDIA").into()),
        ("video", VideoReply::new("MEDIA").title("春天").description("西湖边").into()),
        ("video-bare", VideoReply::new("MEDIA").into()),
        (
            "music",
            MusicReply::new("THUMB")
                .title("春天")
                .description("古筝")
                .url("https://example.com/spring.mp3")
                .hq_url("https://example.com/spring.flac")
                .into(),
        ),
        ("music-bare", MusicReply::new("THUMB").into()),
        (
            "music-without-cover",
            MusicReply::without_cover().title("春天").url("https://example.com/spring.mp3").into(),
        ),
        ("news", NewsReply::from(article(1).description("描述").pic_url("https://example.com/1.png")).into()),
        ("transfer", TransferReply::to_any_agent().into()),
        ("transfer-to-agent", TransferReply::to_agent("test1@kftest").into()),
        ("transfer-to-ai", TransferReply::to_ai().into()),
    ];
    for (name, reply) in replies {
        assert_eq!(render(reply), fixture(name), "{name}");
    }
    let two = NewsReply::new([article(1), article(2)]);
    assert_eq!(seal(&event(), two), Ok(fixture("news-two")));
}

#[test]
fn a_text_is_at_least_a_character_and_at_most_2047_bytes_long() {
    assert!(seal(&text("x"), TextReply::new("x".repeat(2047))).is_ok());
    for (reply, refusal) in [
        (TextReply::new("x".repeat(2048)), SealError::TextTooLong { length: 2048, limit: 2047 }),
        (TextReply::new("好".repeat(683)), SealError::TextTooLong { length: 2049, limit: 2047 }),
        (TextReply::new(""), SealError::TextEmpty),
        (TextReply::new("\u{0}\u{1f}"), SealError::TextEmpty),
        (TextReply::new(" \n\t\u{3000}\u{a0}\u{fffe}"), SealError::TextEmpty),
    ] {
        assert_eq!(seal(&text("x"), reply.clone()), Err(refusal.clone()));
        assert_eq!(seal(&event(), reply), Err(refusal));
    }
    assert!(SealError::TextTooLong { length: 2048, limit: 2047 }.to_string().contains("2047"));
}

/// An empty id or link brings WeChat's failure notice; what may be left out is left out.
#[test]
fn nothing_that_wechat_wants_is_empty() {
    let article = || Article::new("春天", "https://example.com/");
    let music = || MusicReply::new("THUMB").url("https://example.com/spring.mp3");
    for blank in ["", " \n", "\u{3000}\u{0}"] {
        let replies: [(Reply, &str); 9] = [
            (ImageReply::new(blank).into(), "MediaId"),
            (VoiceReply::new(blank).into(), "MediaId"),
            (VideoReply::new(blank).title("春天").into(), "MediaId"),
            (music().thumb_media_id(blank).into(), "ThumbMediaId"),
            (MusicReply::new(blank).into(), "ThumbMediaId"),
            (music().url(blank).into(), "MusicUrl"),
            (music().hq_url(blank).into(), "HQMusicUrl"),
            (NewsReply::from(Article::new("春天", blank)).into(), "Url"),
            (TransferReply::to_agent(blank).into(), "KfAccount"),
        ];
        for (reply, element) in replies {
            assert_eq!(seal(&text("x"), reply), Err(SealError::Empty(element)));
        }
        assert!(seal(&text("x"), NewsReply::from(article().description(blank).pic_url(blank))).is_ok());
        let two = NewsReply::new([article(), Article::new("夏天", blank)]);
        assert_eq!(seal(&event(), two), Err(SealError::Empty("Url")));
    }
    assert!(SealError::Empty("ThumbMediaId").to_string().contains("MusicReply::without_cover()"));
}

#[test]
fn one_article_answers_a_message_and_up_to_eight_an_event() {
    let news =
        |count| NewsReply::new((0..count).map(|n| Article::new(n.to_string(), "https://example.com/")));
    for (xml, limit) in [(text("x"), 1), (event(), 8)] {
        assert_eq!(seal(&xml, news(0)), Err(SealError::NewsEmpty));
        assert!(seal(&xml, news(limit)).is_ok());
        let refusal = SealError::NewsTooMany { count: limit + 1, limit };
        assert!(refusal.to_string().contains(&format!("{limit} at most")));
        assert_eq!(seal(&xml, news(limit + 1)), Err(refusal));
    }
}

#[test]
fn a_transfer_to_an_agent_answers_no_event() {
    for reply in [TransferReply::to_any_agent(), TransferReply::to_agent("test1@kftest")] {
        assert_eq!(seal(&event(), reply), Err(SealError::TransferToEvent));
    }
    assert!(seal(&event(), TransferReply::to_ai()).is_ok());
}

#[test]
fn a_reply_reads_back_from_its_json() {
    let article = Article::new("标题", "https://example.com/").description("描述");
    let replies: [(Reply, &str); 7] = [
        (Reply::none(), r#"{"type":"none"}"#),
        (TextReply::new("好").into(), r#"{"type":"text","content":"好"}"#),
        (
            VideoReply::new("MEDIA").title("春天").into(),
            r#"{"type":"video","media_id":"MEDIA","title":"春天","description":null}"#,
        ),
        (
            NewsReply::from(article).into(),
            r#"{"type":"news","articles":[{"title":"标题","description":"描述","pic_url":"","url":"https://example.com/"}]}"#,
        ),
        (TransferReply::to_agent("a@b").into(), r#"{"type":"transfer","to":{"agent":"a@b"}}"#),
        (
            MusicReply::new("THUMB").into(),
            r#"{"type":"music","thumb_media_id":"THUMB","title":null,"description":null,"url":null,"hq_url":null}"#,
        ),
        (
            MusicReply::without_cover().url("u").into(),
            r#"{"type":"music","thumb_media_id":null,"title":null,"description":null,"url":"u","hq_url":null}"#,
        ),
    ];
    for (reply, json) in replies {
        assert_eq!(serde_json::to_string(&reply).expect("JSON"), json);
        assert_eq!(serde_json::from_str::<Reply>(json).expect("a reply"), reply);
    }
}

#[test]
fn nothing_to_say_is_the_seven_bytes_success_in_every_mode() {
    for wechat in MODES.map(Wechat::new) {
        let push = wechat.push(&text("x"));
        let callback = wechat.callback();
        let sealed = callback.open(&push.query, &push.body).expect("a push").context.seal(Reply::none());
        let sealed = sealed.expect("nothing");
        assert_eq!((sealed.body.as_str(), sealed.content_type), ("success", "text/plain; charset=utf-8"));
    }
}

#[test]
fn no_text_breaks_out_of_any_field() {
    let hostile = "a]]>b</MsgType><X>&amp;\u{0}\u{1f}\u{fffe}\u{ffff}]]]>😀";
    let seen = "a]]>b</MsgType><X>&amp;]]]>😀";
    let article = Article::new(hostile, hostile).description(hostile).pic_url(hostile);
    let replies: [(Reply, &[&str]); 7] = [
        (TextReply::new(hostile).into(), &["Content"]),
        (ImageReply::new(hostile).into(), &["MediaId"]),
        (VoiceReply::new(hostile).into(), &["MediaId"]),
        (
            VideoReply::new(hostile).title(hostile).description(hostile).into(),
            &["MediaId", "Title", "Description"],
        ),
        (
            MusicReply::new(hostile).title(hostile).description(hostile).url(hostile).hq_url(hostile).into(),
            &["ThumbMediaId", "Title", "Description", "MusicUrl", "HQMusicUrl"],
        ),
        (NewsReply::from(article).into(), &["Title", "Description", "PicUrl", "Url"]),
        (TransferReply::to_agent(hostile).into(), &["KfAccount"]),
    ];
    for (reply, fields) in replies {
        let shown = format!("{reply:?}");
        let xml = render(reply);
        let document = roxmltree::Document::parse(&xml).unwrap_or_else(|error| panic!("{shown}: {error}"));
        assert!(!document.descendants().any(|node| node.has_tag_name("X")), "{shown}");
        for field in fields {
            assert_eq!(text_of(&document, field), seen, "{shown}: {field}");
        }
    }
}

/// A reply with `text` in every field of it, by its kind.
fn filled_with(kind: usize, text: &str) -> Reply {
    let article = || Article::new(text, text).description(text).pic_url(text);
    match kind {
        0 => TextReply::new(text).into(),
        1 => ImageReply::new(text).into(),
        2 => VoiceReply::new(text).into(),
        3 => VideoReply::new(text).title(text).description(text).into(),
        4 => MusicReply::new(text).title(text).description(text).url(text).hq_url(text).into(),
        5 => NewsReply::from(article()).into(),
        6 => TransferReply::to_agent(text).into(),
        _ => TextReply::literal(text).into(),
    }
}

/// The elements of a reply, with what `text` of each holds.
fn elements(xml: &str, text: impl Fn(String) -> String) -> Vec<(String, String)> {
    let document = roxmltree::Document::parse(xml).unwrap_or_else(|error| panic!("{error}: {xml:?}"));
    let leaf = |node: roxmltree::Node<'_, '_>| {
        let inside = node.children().filter(|child| !child.is_element()).filter_map(|child| child.text());
        (node.tag_name().name().to_owned(), text(inside.collect()))
    };
    document.descendants().filter(roxmltree::Node::is_element).map(leaf).collect()
}

/// Texts in which the end of CDATA is left when something is dropped out of them.
fn almost_the_end_of_cdata() -> impl Strategy<Value = String> {
    let pieces = vec![
        "]",
        "]]",
        ">",
        "]]>",
        "]>",
        "<![CDATA[",
        "</Content>",
        "<X>",
        "\u{0}",
        "\u{2}",
        "\u{1f}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{fffd}",
        "，",
        "\n",
        "\t",
        "a",
        "好",
        "]]]]><![CDATA[>",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1024) })]

    #[test]
    fn whatever_is_dropped_out_of_a_text_it_writes_no_element(kind in 0..8usize, said in almost_the_end_of_cdata()) {
        let said = format!("好{said}");
        let is_kept = |char: &char| !matches!(char, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
        let kept: String = said.chars().filter(is_kept).collect();
        let kept = if kind == 7 { kept.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;") } else { kept };
        let written = elements(&render(filled_with(kind, &said)), |text| text.replace(&kept, "x"));
        let plain = elements(&render(filled_with(kind, "x")), |text| text);
        prop_assert_eq!(written, plain, "{:?}", said);
    }
}

/// The fixed initial vector makes equal plaintexts equal ciphertexts, but for the random block.
#[test]
fn no_two_replies_are_encrypted_alike() {
    let wechat = Wechat::new(wechat_callback::SecurityMode::Safe);
    let push = wechat.push(&text("x"));
    let callback = wechat.callback();
    let opened = callback.open(&push.query, &push.body).expect("a push");
    let seal = || opened.context.seal(TextReply::new("好")).expect("a recipient").body;
    let (one, two) = (seal(), seal());
    let encrypted = |body: &str| text_of(&roxmltree::Document::parse(body).expect("XML"), "Encrypt");
    assert_ne!(encrypted(&one), encrypted(&two));
}

#[test]
fn every_part_of_a_reply_can_be_read() {
    assert_eq!(TextReply::new("你好").content, "你好");
    assert_eq!(ImageReply::new("M").media_id, "M");
    assert_eq!(VoiceReply::new("M").media_id, "M");
    let video = VideoReply::new("M").title("春天").description("西湖边");
    assert_eq!(
        (video.media_id.as_str(), video.title.as_deref(), video.description.as_deref()),
        ("M", Some("春天"), Some("西湖边"))
    );
    let music = MusicReply::new("T").title("春天").description("古筝").url("u").hq_url("hq");
    assert_eq!(
        [music.thumb_media_id, music.title, music.description, music.url, music.hq_url],
        ["T", "春天", "古筝", "u", "hq"].map(|part| Some(part.to_owned()))
    );
    let news = NewsReply::from(Article::new("春天", "u").description("西湖边").pic_url("p"));
    let article = news.articles.first().expect("an article");
    assert_eq!(
        [&article.title, &article.url, &article.description, &article.pic_url],
        ["春天", "u", "西湖边", "p"]
    );
    assert_eq!(TransferReply::to_agent("test1@kftest").agent(), Some("test1@kftest"));
    assert_eq!(TransferReply::to_any_agent().agent(), None);
    assert!(TransferReply::to_ai().to == TransferTarget::Ai);
    assert_eq!(format!("{:?}", TransferReply::to_agent("test1@kftest").to), "Agent(..)");
}
