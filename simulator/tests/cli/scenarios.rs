//! `run`

use std::path::PathBuf;

use roxmltree::Document;
use wechat_sim::Mode;

use crate::bots::{bot, nowhere};
use crate::sim::{Done, account, sim};

/// A scenario of this crate.
pub(crate) fn shipped(name: &str) -> String {
    format!("{}/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"))
}

/// A scenario for one test. The file is removed after it.
pub(crate) struct Scenario(PathBuf);

impl Scenario {
    pub(crate) fn new(name: &str, toml: &str) -> Self {
        let file = std::env::temp_dir().join(format!("wechat-sim-{}-{name}", std::process::id()));
        std::fs::write(&file, toml).expect("written");
        Self(file)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }
}

impl Drop for Scenario {
    fn drop(&mut self) {
        _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_menu_is_used_in_every_mode() {
    for account in Mode::ALL.map(account) {
        Done::at(&account, &bot(&account), &["run", &shipped("menu")]).exits(0);
    }
}

const CONVERSATION: &str = r#"
    name = "a conversation"
    [[step]]
    verify = true
    [[step]]
    fan = "小明"
    text = "你好"
    expect = { text = "你说：你好", deliveries = 1 }
    [[step]]
    name = "greets who follows"
    event = "subscribe"
    expect = { contains = "再见" }
    [[step]]
    wait = "10ms"
    [[step]]
    fan = "小红"
    send = "location"
    fields = { Location_X = 30.27, Scale = 3 }
    expect = { nothing = true }
    [[step]]
    raw = "<xml><MsgType>text</MsgType></xml>"
    [[step]]
    attack = ["bad-signature", "old-timestamp"]
"#;

#[test]
fn each_step_is_in_the_json_and_one_that_fails_does_not_end_the_scenario() {
    let account = account(Mode::Safe);
    let scenario = Scenario::new("json.toml", CONVERSATION);
    let json = Done::at(&account, &bot(&account), &["run", "--json", scenario.path()]).exits(1).json();
    assert_eq!(json["passed"], false);
    let played = &json["scenarios"][0];
    assert_eq!((&played["name"], &played["passed"]), (&"a conversation".into(), &false.into()));
    let steps = played["steps"].as_array().expect("steps");
    let results: Vec<_> = steps.iter().map(|step| step["result"].as_str().expect("a word")).collect();
    assert_eq!(results, ["passed", "passed", "failed", "passed", "passed", "passed", "passed"]);
    assert_eq!(steps[1]["name"], "小明: 你好");
    assert_eq!(steps[2]["name"], "greets who follows");
    assert_eq!(steps[2]["failures"][1], "← 欢迎关注！");
}

#[test]
fn the_junit_report_counts_what_failed_and_says_why() {
    let account = account(Mode::Safe);
    let [scenario, report] =
        [("junit.toml", CONVERSATION), ("junit.xml", "")].map(|(name, text)| Scenario::new(name, text));
    let arguments = ["run", scenario.path(), scenario.path(), "--junit", report.path()];
    Done::at(&account, &bot(&account), &arguments).exits(1);
    let xml = std::fs::read_to_string(report.path()).expect("a report");
    let document = Document::parse(&xml).expect("well-formed");
    let root = document.root_element();
    assert!(root.has_tag_name("testsuites"));
    let totals =
        ["tests", "failures", "errors", "skipped"].map(|name| root.attribute(name).expect("a total"));
    assert_eq!(totals, ["14", "2", "0", "0"]);
    let suites: Vec<_> = root.children().filter(|node| node.has_tag_name("testsuite")).collect();
    assert_eq!(suites.len(), 2);
    let failed: Vec<_> = suites[0].descendants().filter(|node| node.has_tag_name("failure")).collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].attribute("message").is_some_and(|message| message.contains("再见")), "{xml}");
    let case = failed[0].parent().expect("a case");
    assert_eq!(
        (case.attribute("classname"), case.attribute("name")),
        (Some("a conversation"), Some("greets who follows"))
    );
    assert!(case.attribute("time").is_some_and(|time| time.parse::<f64>().is_ok()), "{xml}");
}

#[test]
fn a_bot_that_is_not_there_is_told_once_and_the_rest_is_skipped() {
    let account = account(Mode::Safe);
    let steps = "[[step]]\ntext = \"你好\"\n[[step]]\nverify = true\n[[step]]\nattack = \"all\"";
    let scenario = Scenario::new("gone.toml", steps);
    let json = Done::at(&account, &nowhere(), &["run", "--json", scenario.path()]).exits(3).json();
    let steps = json["scenarios"][0]["steps"].as_array().expect("steps");
    let results: Vec<_> = steps.iter().map(|step| step["result"].as_str().expect("a word")).collect();
    assert_eq!(results, ["error", "skipped", "skipped"]);
}

#[test]
fn a_mistake_in_a_scenario_is_told_before_anything_is_pushed() {
    let account = account(Mode::Safe);
    let good = Scenario::new("good.toml", CONVERSATION);
    for (index, (toml, said)) in [
        ("", "no [[step]]"),
        ("[[step]]", "step 1: there is exactly one of"),
        ("[[step]]\ntext = \"a\"\nevent = \"CLICK\"", "step 1: there is exactly one of"),
        (
            "[[step]]\ntext = \"a\"\n[[step]]\nevent = \"click\"",
            "step 2: there is no event “click”: did you mean CLICK?",
        ),
        ("[[step]]\nsend = \"txt\"", "step 1: there is no kind of message “txt”: did you mean text?"),
        ("[[step]]\nevent = \"CLICK\"\nfields = { EventKy = \"x\" }", "step 1: CLICK has no field “EventKy”"),
        ("[[step]]\ntext = \"a\"\n[[step]]\nwait = \"1s\"\nexpect = { nothing = true }", "step 2"),
        ("[[step]]\ntext = \"a\"\nexpect = { txet = \"b\" }", "txet"),
        ("[[step]]\ntxet = \"a\"", "txet"),
        ("[[step]]\ntext = \"a\"\nexpect = { within = \"5\" }", "4.5s"),
        ("[[step]]\ntext = \"a\"\nvalue = \"b\"", "`value` goes with `send`"),
        ("[[step]]\nraw = \"<xml/>\"\nfields = { A = \"1\" }", "raw XML has no `fields`"),
        ("[[step]]\nraw_file = \"nowhere.xml\"", "nowhere.xml"),
        ("[[step]]\nattack = \"nonsense\"", "nonsense"),
        ("[[step]]\nattack = \"all\"\nexcept = \"doctypes\"", "there is no attack doctypes: did you mean doctype?"),
        ("[[step]]\ntext = \"a\"\nexcept = [\"doctype\"]", "`except` goes with `attack`"),
        (
            "[[step]]\nverify = \"wrong_tokn\"",
            "there is no diagnosis “wrong_tokn”: did you mean wrong_token? The diagnoses are: verified, unreachable,",
        ),
        ("[[step]]\nverify = \"nonsense\"", "there is no diagnosis “nonsense”; the diagnoses are: verified,"),
        (
            "[[step]]\nwait = \"1s\"\n[[step]]\ntext = \"a\"\nexpect = \"收到 \\\"a\"",
            "step 2: `expect` is a table: expect = { text = \"收到 \\\"a\" }",
        ),
        ("[[step]]\ntext = \"a\"\nexpect = true", "`expect` is a table: expect = { text = \"…\" }"),
        ("[[step", "TOML"),
    ]
    .into_iter()
    .enumerate()
    {
        let wrong = Scenario::new(&format!("wrong-{index}.toml"), toml);
        let done = Done::at(&account, &nowhere(), &["run", good.path(), wrong.path()]).exits(2);
        assert_eq!(done.stdout, "", "{toml}");
        done.says(wrong.path()).says(said);
    }
}

#[test]
fn a_mistake_in_a_scenario_is_told_in_chinese_too() {
    let account = account(Mode::Safe);
    for (index, (toml, said)) in [
        ("", "：没有 [[step]]"),
        ("[[step]]", " 第 1 步：text、send、event"),
        (
            "[[step]]\ntext = \"a\"\n[[step]]\nevent = \"click\"",
            " 第 2 步：没有“click”这种事件，是不是 CLICK？",
        ),
        ("[[step]]\nraw_file = \"nowhere.xml\"", "nowhere.xml：没有这个文件"),
        ("[[step]]\nverify = \"wrong_tokn\"", "没有“wrong_tokn”这种诊断，是不是 wrong_token？"),
        ("[[step]]\ntext = \"a\"\nexpect = \"收到 a\"", "expect 是一个表：expect = { text = \"收到 a\" }"),
        ("[[step", "解析器的错误信息："),
    ]
    .into_iter()
    .enumerate()
    {
        let wrong = Scenario::new(&format!("wrong-zh-{index}.toml"), toml);
        let arguments = ["run", wrong.path(), "--lang", "zh"];
        Done::at(&account, &nowhere(), &arguments).exits(2).says(wrong.path()).says(said);
    }
}

#[test]
fn an_attack_is_left_out_of_a_scenario() {
    let account = account(Mode::Safe);
    let step = "[[step]]\nattack = [\"doctype\", \"slow-body\"]\nexcept = [\"slow-body\"]\n";
    let scenario = Scenario::new("except.toml", step);
    let done = Done::at(&account, &bot(&account), &["run", scenario.path()]).exits(0);
    assert!(!done.stdout.contains("one byte a second"), "{done:?}");
    done.says("✓ attack doctype, slow-body except slow-body");
}

#[test]
fn a_report_without_a_folder_is_a_mistake() {
    let arguments = ["run", &shipped("menu"), "--junit", "/nonexist/report.xml"];
    let with =
        |lang| Done::at(&account(Mode::Safe), &nowhere(), &[&arguments[..], &["--lang", lang]].concat());
    with("en").exits(2).says("the folder /nonexist does not exist");
    with("zh").exits(2).says("目录 /nonexist 不存在");
}

/// Nothing is played for it, and stdout has one document.
#[test]
fn a_report_that_cannot_be_written_is_a_mistake_before_anything_is_played() {
    let account = account(Mode::Safe);
    let folder = std::env::temp_dir();
    let report = folder.to_str().expect("UTF-8");
    let done =
        Done::at(&account, &bot(&account), &["run", &shipped("menu"), "--junit", report, "--json"]).exits(2);
    let json: serde_json::Value = serde_json::from_str(&done.stdout).expect("one document");
    assert_eq!(json["error"]["kind"], "usage", "{done:?}");
}

#[test]
fn the_help_lists_the_diagnoses() {
    Done::of(sim(&["run", "--help"])).exits(0).says("wrong_token,").says("plain_reply,").says("except = [");
}
