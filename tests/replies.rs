//! Each kind of reply against its XML in `fixtures/replies`, and re-read by another parser.

mod support;

use support::{MODES, Wechat, text, text_of};
use wechat_callback::{
    Article, ImageReply, MusicReply, NewsReply, Reply, TextReply, Timestamp, TransferReply, VideoReply,
    VoiceReply,
};

fn render(reply: impl Into<Reply>) -> String {
    let wechat = Wechat::new(wechat_callback::SecurityMode::Plain);
    let push = wechat.push(&text("x"));
    let opened = wechat.callback();
    let opened = opened.open(&push.query, &push.body).expect("a push");
    let sealed = opened.reply.seal_at(&reply.into(), Timestamp::from_secs(1_714_037_059), [7; 16]);
    sealed.expect("a recipient").body
}

fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/replies/{name}.xml", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("the fixture").trim_end().to_owned()
}

#[test]
fn every_kind_is_written_as_wechats_pages_have_it() {
    let article = |n| Article::new(format!("标题{n}"), format!("https://example.com/{n}?a=1&b=2"));
    let replies: [(&str, Reply); 12] = [
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
        ("news", NewsReply::from(article(1).description("描述").pic_url("https://example.com/1.png")).into()),
        ("news-two", NewsReply::new([article(1), article(2)]).into()),
        ("transfer", TransferReply::new().into()),
        ("transfer-to-agent", TransferReply::to_agent("test1@kftest").into()),
    ];
    for (name, reply) in replies {
        assert_eq!(render(reply), fixture(name), "{name}");
    }
}

#[test]
fn nothing_to_say_is_the_seven_bytes_success_in_every_mode() {
    for wechat in MODES.map(Wechat::new) {
        let push = wechat.push(&text("x"));
        let callback = wechat.callback();
        let sealed = callback.open(&push.query, &push.body).expect("a push").reply.seal(&Reply::none());
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
