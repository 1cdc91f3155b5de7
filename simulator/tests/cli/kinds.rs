//! Accounts of each kind on the command line.

use wechat_sim::{Account, AccountKind, DataFormat, Mode};

use crate::bots::{bot, nowhere, serve};
use crate::hand_made::{self, json_field, xml_field};
use crate::scenarios::shipped;
use crate::sim::{Done, sim};

fn store_bot(account: &Account) -> String {
    serve(hand_made::bot(account, |message| {
        let (to, from) = (json_field(message, "FromUserName"), json_field(message, "ToUserName"));
        (json_field(message, "MsgType") == "text").then(|| {
            format!(
                r#"{{"ToUserName":"{to}","FromUserName":"{from}","CreateTime":1,"MsgType":"transfer_customer_service"}}"#
            )
        })
    }))
}

fn wecom_card_bot(account: &Account) -> String {
    serve(hand_made::bot(account, |message| {
        let (to, from) = (xml_field(message, "FromUserName"), xml_field(message, "ToUserName"));
        let card = "<TemplateCard><CardType>text_notice</CardType><MainTitle><Title>请假</Title></MainTitle>\
                    <ReplaceText>已批准</ReplaceText></TemplateCard>";
        (xml_field(message, "Event") == "template_card_event").then(|| {
            format!(
                "<xml><ToUserName>{to}</ToUserName><FromUserName>{from}</FromUserName><CreateTime>1</CreateTime>\
                 <MsgType>update_template_card</MsgType>{card}</xml>"
            )
        })
    }))
}

#[test]
fn a_wecom_app_is_verified_written_to_and_attacked() {
    let account = Account::generate_as(AccountKind::WeCom);
    let url = bot(&account);
    Done::at(&account, &url, &["verify"]).exits(0).says("verified").says("(view, safe mode)");
    Done::at(&account, &url, &["verify", "--handshake-only"]).exits(0);
    let sent = Done::at(&account, &url, &["send", "text", "escape", "--from", "zhangsan", "--json"]);
    let json = sent.exits(0).json();
    assert_eq!(json["exchange"]["openid"], "zhangsan");
    assert!(json["exchange"]["xml"].as_str().is_some_and(|xml| xml.contains("<AgentID>1000002</AgentID>")));
    Done::at(&account, &url, &["event", "click", "--expect", "帮助"]).exits(0);
    let attacked = Done::at(&account, &url, &["attack", "--except", "slow-body", "--json"]).exits(0).json();
    assert_eq!((&attacked["kind"], &attacked["passed"]), (&"wecom".into(), &true.into()));
    let names: Vec<_> =
        attacked["attacks"].as_array().expect("attacks").iter().map(|attack| &attack["verdict"]).collect();
    assert!(names.iter().filter(|verdict| **verdict == "refused").count() > 15, "{names:?}");
}

#[test]
fn a_card_of_wecom_is_updated() {
    let account = Account::generate_as(AccountKind::WeCom);
    let url = wecom_card_bot(&account);
    let arguments = ["event", "template_card_event", "--expect-kind", "update_template_card"];
    Done::at(&account, &url, &arguments).exits(0).says("text_notice 请假 · 已批准");
}

#[test]
fn a_bot_with_another_corp_id_is_told() {
    let account = Account::generate_as(AccountKind::WeCom);
    let url = bot(&Account::new("ww5823bf96d3bd56c7", account.token(), account.encoding_aes_key())
        .expect("an account")
        .with_kind(AccountKind::WeCom));
    Done::at(&account, &url, &["verify"]).exits(1).says("CorpID");
}

#[test]
fn a_store_is_pushed_json() {
    let account = Account::generate_as(AccountKind::Store);
    let url = store_bot(&account);
    Done::at(&account, &url, &["verify"]).exits(0).says("(user_enter_tempsession, safe mode)");
    let sent = Done::at(&account, &url, &["event", "channels_ec_order_pay", "--json"]).exits(0).json();
    let pushed: serde_json::Value =
        serde_json::from_str(sent["exchange"]["xml"].as_str().expect("a text")).expect("JSON");
    assert_eq!(pushed["order_info"]["order_id"], 3_705_115_058_471_208_928_u64);
    assert_eq!(sent["exchange"]["format"], "json");
    Done::at(&account, &url, &["attack", "doubled-keys"]).exits(4).says("a second FromUserName");
    Done::at(&account, &url, &["attack", "bad-signature", "other-app-id", "doctype"])
        .exits(4)
        .says("ACCEPTED")
        .says("not applicable");
}

#[test]
fn a_platforms_ticket_is_answered_with_success() {
    let account = Account::generate_as(AccountKind::Platform);
    let answers = |answer: &'static str| {
        serve(axum::Router::new().route("/weixin", axum::routing::post(async move || answer)))
    };
    let event = ["event", "component_verify_ticket"];
    Done::at(&account, &answers("success"), &event).exits(0);
    Done::at(&account, &answers("ok"), &event).exits(1).says("a system event is answered with success");
    let url = bot(&account);
    Done::at(&account, &url, &["verify"]).exits(0);
    Done::at(&account, &url, &["event", "CLICK", "--expect", "帮助"]).exits(0);
    Done::at(&account, &url, &["attack", "other-platform", "empty-app-id"]).exits(0).says("2 refused");
}

#[test]
fn what_no_console_offers_is_refused_in_a_sentence() {
    let refused = |arguments: &[&str], sentence: &str| {
        Done::of(sim(&[&["keys"], arguments].concat())).exits(2).says(sentence);
    };
    refused(
        &["--kind", "official", "--format", "json"],
        "the data format of an account of the kind official is xml",
    );
    refused(&["--kind", "store", "--format", "xml"], "kind store is json");
    refused(&["--kind", "store", "--mode", "plain"], "the mode of an account of the kind store is safe");
    refused(&["--kind", "wecom", "--mode", "compatible"], "kind wecom is safe");
    refused(&["--kind", "platform", "--format", "json"], "kind platform is xml");
    refused(&["--kind", "shop"], "official, mini-program, store, wecom, platform or aibot");
    refused(&["--kind", "wecom", "--format", "json", "--lang", "zh"], "企业微信的数据格式只能是 xml");
}

#[test]
fn keys_are_those_of_the_kind() {
    let keys = |arguments: &[&str]| Done::of(sim(&[&["keys"], arguments].concat())).exits(0).stdout;
    let wecom = keys(&["--kind", "wecom"]);
    assert!(wecom.starts_with("WECHAT_CORP_ID=ww") && wecom.contains("WECHAT_KIND=wecom"), "{wecom}");
    let json = keys(&["--format", "json"]);
    assert!(json.contains("WECHAT_FORMAT=json") && json.contains("WECHAT_KIND=mini-program"), "{json}");
    assert!(!keys(&[]).contains("KIND"));
}

#[test]
fn the_catalogue_is_the_kinds() {
    for kind in AccountKind::ALL {
        let account = Account::generate_as(kind);
        let done = Done::at(&account, &nowhere(), &["event", "click", "--print-xml"]);
        match kind {
            AccountKind::WeCom => {
                done.exits(0).says("<Event><![CDATA[click]]></Event>");
            }
            _ => {
                done.exits(2);
            }
        }
    }
    let account = Account::generate_as(AccountKind::Platform);
    Done::at(&account, &nowhere(), &["event", "authorized", "--print-xml"])
        .exits(0)
        .says("<InfoType><![CDATA[authorized]]></InfoType>");
    let mini = Account::generate_as(AccountKind::MiniProgram).with_mode(Mode::Plain);
    assert_eq!(mini.format(), DataFormat::Json);
    Done::at(&mini, &nowhere(), &["send", "text", "你好", "--print-xml"])
        .exits(0)
        .says(r#""Content":"你好""#);
}

#[test]
fn a_scenario_says_what_account_it_is_for() {
    let folder = std::env::temp_dir().join(format!("wechat-sim-kinds-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let step = "[[step]]\nevent = \"channels_ec_order_pay\"\nexpect = { nothing = true }\n";
    let store = file("store.toml", &format!("kind = \"store\"\n{step}"));
    let official = file("official.toml", "kind = \"official\"\n[[step]]\ntext = \"hi\"\n");
    let unknown = file("unknown.toml", &format!("kind = \"shop\"\n{step}"));
    let account = Account::generate_as(AccountKind::Store);
    let url = store_bot(&account);
    Done::at(&account, &url, &["run", &store]).exits(0);
    // Without WECHAT_KIND the scenario says it.
    let mut command = sim(&["run", &store]);
    let of_official = account
        .environment()
        .into_iter()
        .filter(|(name, _)| !["WECHAT_KIND", "WECHAT_FORMAT"].contains(name));
    command.envs(of_official).env("WECHAT_SIM_URL", &url);
    Done::of(command).exits(0);
    Done::at(&account, &url, &["run", &official])
        .exits(2)
        .says("kind = official, which is store here already");
    Done::of(sim(&["run", &store, &official])).exits(2).says("run it by itself");
    Done::at(&account, &url, &["run", &unknown])
        .exits(2)
        .says("official, mini-program, store, wecom, platform or aibot");
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn the_scenarios_of_the_kinds_are_played() {
    for (name, kind) in [("wecom", AccountKind::WeCom), ("platform", AccountKind::Platform)] {
        let account = Account::generate_as(kind);
        Done::at(&account, &bot(&account), &["run", &shipped(name)]).exits(0);
    }
    // The hand-made bot takes keys twice, and another format: what these attacks find.
    for (name, kind) in [("mini_program", AccountKind::MiniProgram), ("store", AccountKind::Store)] {
        let account = Account::generate_as(kind);
        let json = Done::at(&account, &store_bot(&account), &["run", &shipped(name), "--json"]).json();
        let steps = json["scenarios"][0]["steps"].as_array().expect("steps");
        let talks =
            steps.iter().filter(|step| !step["name"].as_str().is_some_and(|name| name.starts_with("attack")));
        assert!(talks.map(|step| &step["result"]).all(|result| result == "passed"), "{json}");
    }
}

#[test]
fn an_event_of_another_kind_of_account_names_that_kind() {
    let account = Account::generate_as(AccountKind::MiniProgram);
    Done::at(&account, &nowhere(), &["event", "channels_ec_order_pay"])
        .exits(2)
        .says("an account of the kind mini-program has no event “channels_ec_order_pay”: it is one of store (see --kind)");
    let account = Account::generate();
    Done::at(&account, &nowhere(), &["event", "enter_agent"])
        .exits(2)
        .says("it is one of wecom (see --kind)");
}
