//! What is said of a mistake, in Chinese and in English.

use wechat_sim::Mode;

use crate::bots::nowhere;
use crate::sim::{Done, account, sim};

/// Arguments, and what is said of them in English and in Chinese.
type Mistake = (&'static [&'static str], &'static str, &'static str);

const UNKNOWN_NAMES: &[Mistake] = &[
    (
        &["send", "你好"],
        "there is no kind of message “你好” (for the kinds see wechat-sim send --help; push other XML with \
             wechat-sim raw)\n  wechat-sim send text 你好\n",
        "没有“你好”这种消息（有哪些见 wechat-sim send --help；别的 XML 用 wechat-sim raw 推送）\n  wechat-sim send text 你好\n",
    ),
    (
        &["send", "it's me"],
        "  wechat-sim send text 'it'\\''s me'\n",
        "  wechat-sim send text 'it'\\''s me'\n",
    ),
    (
        &["send", "txt", "你好"],
        "there is no kind of message “txt”: did you mean text?\n  wechat-sim send text 你好\n",
        "没有“txt”这种消息，是不是 text？\n  wechat-sim send text 你好\n",
    ),
    (
        &["send", "CLICK"],
        "“CLICK” is not a kind of message: CLICK is an event\n  wechat-sim event CLICK\n",
        "“CLICK”不是消息，CLICK 是事件\n  wechat-sim event CLICK\n",
    ),
    (&["send", "sticker", "x"], "there is no kind of message “sticker”", "没有“sticker”这种消息"),
    (
        &["event", "click"],
        "there is no event “click”: did you mean CLICK? (WeChat's names are case-sensitive)\n  wechat-sim event CLICK\n",
        "没有“click”这种事件，是不是 CLICK？（微信的事件名区分大小写）\n  wechat-sim event CLICK\n",
    ),
    (&["event", "CLICKK"], "did you mean CLICK?", "是不是 CLICK？"),
    (
        &["event", "scancode"],
        "did you mean scancode_push, scancode_waitmsg?",
        "是不是 scancode_push、scancode_waitmsg？",
    ),
    (
        &["event", "some_future_event"],
        "push other XML with wechat-sim raw",
        "别的 XML 用 wechat-sim raw 推送",
    ),
    (
        &["event", "text"],
        "“text” is not an event: text is a kind of message\n  wechat-sim send text\n",
        "“text”不是事件，text 是一种消息\n  wechat-sim send text\n",
    ),
    (
        &["event", "CLICK", "--field", "EventKy=x"],
        "CLICK has no field “EventKy”: did you mean EventKey?",
        "CLICK 没有字段“EventKy”，是不是 EventKey？",
    ),
    (
        &["event", "CLICK", "--field", "Eventkey=x"],
        "CLICK has no field “Eventkey”: did you mean EventKey?",
        "CLICK 没有字段“Eventkey”，是不是 EventKey？",
    ),
    (
        &["attack", "--except", "slow-bdy"],
        "there is no attack slow-bdy: did you mean slow-body?",
        "没有名为 slow-bdy 的攻击，是不是 slow-body？",
    ),
    (
        &["verify", "127.0.0.1:8931/weixin", "--token", "abc"],
        "“127.0.0.1:8931/weixin” is not a URL: write http:// in front",
        "“127.0.0.1:8931/weixin”不是 URL：前面加上 http://",
    ),
    (
        &["event", "CLICK", "--field", "Colour=x"],
        "CLICK has no field “Colour”; its fields are EventKey (",
        "CLICK 没有字段“Colour”，它的字段有 EventKey（",
    ),
    (&["event", "ENTER", "--field", "Colour=x"], "none of its own", "它没有自己的字段"),
    (&["send", "device_event", "x"], "use --field NAME=VALUE", "请用 --field 名=值"),
];

#[test]
fn a_name_that_the_catalogue_lacks_is_exit_code_2_with_a_suggestion() {
    for (arguments, en, zh) in UNKNOWN_NAMES {
        for (lang, said) in [("en", en), ("zh", zh)] {
            // The mistake is found before the credentials are needed.
            let done = Done::of(sim(&[*arguments, &["--lang", lang]].concat())).exits(2).says(said);
            assert_eq!(done.stdout, "", "{arguments:?}");
        }
    }
}

#[test]
fn a_mistake_is_told_in_one_language() {
    let account = account(Mode::Safe);
    let nowhere = nowhere();
    let folder = env!("CARGO_MANIFEST_DIR");
    for arguments in [
        &["send", "text", "hi"] as &[&str],
        &["send", "text", "hi", "--url", "http://no-such-host.invalid/weixin", "--allow-remote"],
        &["send", "text", "hi", "--url", "weixin"],
        &["send", "text", "hi", "--url", "ftp://127.0.0.1/"],
        &["send", "text", "hi", "--url", "http://192.0.2.1/"],
        &["verify"],
        &["attack", "doctype"],
        &["raw", "/nowhere.xml"],
        &["raw", folder],
        &["run", "/nowhere.toml"],
        &["--listen", "192.0.2.1:1"],
        &["dev", "--", "/nowhere"],
    ] {
        let said = |lang: &str| Done::at(&account, &nowhere, &[&["--lang", lang], arguments].concat());
        let (en, zh) = (said("en"), said("zh"));
        assert_eq!(en.code, zh.code, "{arguments:?}");
        assert!(en.stderr.is_ascii() || arguments[0] == "verify" || en.stderr.contains('“'), "{en:?}");
        // Beside names of WeChat's and of files there is no English word: two in a row are a sentence.
        let word = |word: &&str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase());
        let words: Vec<_> = zh.stderr.split([' ', '：', '，', '\n']).collect();
        let sentence = words.windows(2).find(|pair| pair.iter().all(word));
        assert!(sentence.is_none(), "{sentence:?} in {zh:?}");
    }
}
