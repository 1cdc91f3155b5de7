//! `send`, `event` and `raw`

use std::io::Write;
use std::process::Stdio;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::any;
use wechat_sim::{FAILURE_NOTICE, Mode};

use crate::bots::{bot, nowhere, serve};
use crate::sim::{Done, account, sim, sim_at};

#[test]
fn what_is_expected_and_comes_is_exit_code_0_in_every_mode() {
    for account in Mode::ALL.map(account) {
        let url = bot(&account);
        for arguments in [
            &["send", "text", "你好", "--expect", "你说：你好", "--within", "4.5s"] as &[&str],
            &["send", "text", "你好", "--expect-contains", "你好", "--expect-deliveries", "1"],
            &["send", "text", "nothing", "--expect-nothing"],
            &["send", "image", "--expect-nothing"],
            &["send", "location", "30.27,120.15,西湖"],
            &["send", "text", "--field", "Content=-1", "--expect", "你说：-1"],
            &["send", "text", "<a><![CDATA[1]]></a>", "--expect", "你说：<a><![CDATA[1]]></a>"],
            &[
                "send",
                "text",
                "<a><![CDATA[1]]></a>",
                "--split-cdata",
                "--expect",
                "你说：<a><![CDATA[1]]></a>",
            ],
            &["event", "subscribe", "--from", "小红", "--expect-kind", "text"],
            &["event", "CLICK", "--field", "EventKey=MENU_TODAY", "--expect-kind", "news"],
            &["event", "scancode_push", "--field", "ScanResult=1", "--expect-nothing"],
        ] {
            Done::at(&account, &url, arguments).exits(0);
        }
    }
}

#[test]
fn what_is_expected_and_does_not_come_is_exit_code_1_and_is_told() {
    let account = account(Mode::Safe);
    let url = bot(&account);
    for (arguments, said) in [
        (&["--expect", "再见"] as &[&str], "✗ the reply is the text \"再见\""),
        (&["--expect-contains", "再见"], "✗ the reply is a text with"),
        (&["--expect-kind", "news"], "✗ the reply is of the kind news"),
        (&["--expect-nothing"], "✗ the user sees nothing"),
        (&["--expect-failure-notice"], "✗ the user sees WeChat's failure notice"),
        (&["--expect-deliveries", "2"], "✗ 2 deliveries (there were 1)"),
        (&["--expect", "你说：你好", "--expect-kind", "image"], "✓ the reply is the text"),
    ] {
        let done = Done::at(&account, &url, &[&["send", "text", "你好"], arguments].concat());
        done.exits(1).says(said).says("← 你说：你好");
    }
}

#[test]
fn an_answer_that_wechat_would_not_take_is_exit_code_1_unless_it_is_expected() {
    let account = account(Mode::Safe);
    let url = serve(Router::new().route("/weixin", any(async || "\"success\"")));
    let done = Done::at(&account, &url, &["send", "text", "你好"]).exits(1);
    done.says(FAILURE_NOTICE).says("✗ acknowledgement");
    Done::at(&account, &url, &["send", "text", "你好", "--expect-failure-notice"]).exits(0);
}

#[test]
fn a_bot_that_is_not_there_is_exit_code_3() {
    let (account, url) = (account(Mode::Safe), nowhere());
    for arguments in
        [&["send", "text", "hi"] as &[&str], &["event", "CLICK"], &["attack"], &["verify"], &["raw", "-"]]
    {
        Done::at(&account, &url, arguments).exits(3);
        let done = Done::at(&account, &url, &[&["--json"], arguments].concat()).exits(3);
        assert!(done.json().is_object());
    }
}

#[test]
fn the_json_of_a_message_tells_everything() {
    let account = account(Mode::Safe);
    let arguments = ["send", "text", "你好", "--expect", "你说：你好", "--expect-kind", "news", "--json"];
    let json = Done::at(&account, &bot(&account), &arguments).exits(1).json();
    assert_eq!(json["passed"], false);
    assert_eq!(json["expectations"][0]["met"], true);
    assert_eq!(json["expectations"][1]["met"], false);
    assert!(json["expectations"][1]["expected"]["zh"].is_string());
    let exchange = &json["exchange"];
    assert_eq!(exchange["kind"], "text");
    assert_eq!(exchange["mode"], "safe");
    assert_eq!(exchange["shown"]["reply"]["content"], "你说：你好");
    assert_eq!(exchange["deliveries"][0]["request"]["method"], "POST");
    assert!(exchange["deliveries"][0]["reading"]["checks"].is_array());
}

#[test]
fn a_slow_bots_deliveries_are_told_as_they_happen() {
    let account = account(Mode::Safe);
    let url = bot(&account);
    let done =
        Done::at(&account, &url, &["send", "text", "慢 6", "--expect-deliveries", "2", "--within", "9s"]);
    let done = done.exits(0).says("delivery 1: timed out").says("delivery 2: answered with 200");
    assert!(done.stdout.find("delivery 2") < done.stdout.find("← 6 秒之后"), "{done:?}");

    // With `--json` it is on stderr.
    let done = Done::at(&account, &url, &["send", "text", "慢 6", "--json", "--within", "4.5s"]).exits(1);
    assert!(done.stderr.contains("delivery 1: timed out"), "{done:?}");
    assert_eq!(done.json()["exchange"]["deliveries"].as_array().map(Vec::len), Some(2));
}

#[test]
fn raw_xml_is_pushed_as_it_is_from_a_file_and_from_stdin() {
    let account = account(Mode::Safe);
    let url = bot(&account);
    let xml = "<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName><CreateTime>1714036504</CreateTime>\
               <MsgType>text</MsgType><Content>生的</Content><MsgId>1</MsgId></xml>";
    let file = std::env::temp_dir().join(format!("wechat-sim-raw-{}.xml", std::process::id()));
    std::fs::write(&file, xml).expect("written");
    let arguments = ["raw", file.to_str().expect("UTF-8"), "--expect", "你说：生的", "--json"];
    let done = Done::at(&account, &url, &arguments).exits(0);
    assert_eq!(done.json()["exchange"]["xml"], xml);
    std::fs::remove_file(&file).expect("removed");

    let mut command = sim_at(&account, &url, &["raw", "-", "--expect", "你说：生的"]);
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
    process.stdin.take().expect("a pipe").write_all(xml.as_bytes()).expect("written");
    assert_eq!(process.wait().expect("an exit").code(), Some(0));
}

#[test]
fn a_kind_that_the_catalogue_lacks_is_printed_as_xml_edited_and_pushed() {
    let account = account(Mode::Safe);
    let arguments = ["send", "text", "你好", "--from", "小红", "--print-xml"];
    let xml = Done::at(&account, &nowhere(), &arguments).exits(0).stdout;
    let xml = xml.replace("</Content>", "</Content><Extra>1</Extra>").replace("你好", "别的");
    let file = std::env::temp_dir().join(format!("wechat-sim-edited-{}.xml", std::process::id()));
    std::fs::write(&file, &xml).expect("written");
    let arguments = ["raw", file.to_str().expect("UTF-8"), "--expect", "你说：别的"];
    Done::at(&account, &bot(&account), &arguments).exits(0);
    std::fs::remove_file(&file).expect("removed");

    // Without credentials, too.
    let json = Done::of(sim(&["event", "CLICK", "--print-xml", "--json"])).exits(0).json();
    assert!(
        json["xml"].as_str().is_some_and(|xml| xml.contains("<Event><![CDATA[CLICK]]></Event>")),
        "{json}"
    );
    Done::of(sim(&["event", "CLICK", "--print-xml", "--expect-nothing"])).exits(2);
}

#[test]
fn a_bot_cannot_give_orders_to_the_terminal() {
    let account = account(Mode::Safe);
    let done = Done::at(&account, &bot(&account), &["send", "text", "escape"]).exits(0);
    assert!(done.stdout.contains(r"\u{9b}31m") && !done.stdout.contains('\u{9b}'), "{done:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_crash() {
    let account = account(Mode::Safe);
    let mut process = sim_at(&account, &bot(&account), &["send", "text", "你好"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(process.stdout.take());
    assert_eq!(process.wait().expect("an exit").code(), Some(0));
}

#[test]
fn an_error_page_is_a_status_and_nothing_else() {
    let page = async || (StatusCode::NOT_FOUND, Html("<!doctype html>\n<title>404</title>"));
    let url = serve(Router::new().route("/weixin", any(page)));
    let account = account(Mode::Safe);
    let done = Done::at(&account, &url, &["send", "text", "hi"]).exits(1).says("✗ status: HTTP status 404");
    assert!(!done.stdout.contains("well-formed"), "{done:?}");
    done.says(&format!("  is the path right? The URL is {url}: give another with --url\n"));
    let zh = Done::at(&account, &url, &["send", "text", "hi", "--lang", "zh"]).exits(1);
    zh.says(&format!("  路径对吗？这里是 {url}，用 --url 指定\n"));
}

#[test]
fn a_reply_that_wechat_does_not_accept_is_a_fault_though_nobody_sees_it() {
    let account = account(Mode::Safe);
    let url = serve(Router::new().route("/weixin", any(async || "\"success\"")));
    for arguments in [&["--expect-nothing"] as &[&str], &[]] {
        let done = Done::at(&account, &url, &[&["event", "unsubscribe"], arguments].concat()).exits(1);
        done.says("✗ acknowledgement").says("← (nothing)").says("✗ WeChat accepts the answer");
    }
    Done::at(&account, &bot(&account), &["event", "unsubscribe", "--expect-nothing"]).exits(0);
}

#[test]
fn a_mode_that_is_plain_for_want_of_a_key_is_told() {
    let account = account(Mode::Plain);
    let url = bot(&account);
    let pushed = |arguments: &[&str]| {
        let credentials = ["--app-id", account.app_id(), "--token", account.token(), "--url", &url];
        Done::of(sim(&[&["send", "text", "hi"], &credentials as &[&str], arguments].concat())).exits(0)
    };
    assert_eq!(pushed(&[]).stderr, "plain mode: WECHAT_ENCODING_AES_KEY is not set\n");
    assert_eq!(pushed(&["--lang", "zh"]).stderr, "明文模式：没有设置 WECHAT_ENCODING_AES_KEY\n");
    assert_eq!(pushed(&["--mode", "plain"]).stderr, "");
}
