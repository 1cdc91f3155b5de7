//! The page of a bot that the simulator starts, in a real Chromium.

use crate::support::{Visit, bot, quick, visit_page};
use thirtyfour::prelude::*;
use tokio::net::TcpListener;
use tokio::sync::mpsc::Receiver;
use wechat_sim::page::{BotReporter, BotRequest, BotState, BuildState, Page, Printer};
use wechat_sim::{Account, LocalizedText, Mode};

/// A program that starts its bot.
struct Program {
    bot: BotReporter,
    requests: Receiver<BotRequest>,
    listening: BotState,
}

/// A test with the page of a bot that is at a URL; it is reported as starting.
async fn supervised(name: &'static str, test: impl AsyncFnOnce(&Visit, Program)) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/weixin", listener.local_addr().expect("bound"));
    let account = Account::generate();
    let (page, reporter, requests) = Page::new(account.clone(), url.clone()).supervised();
    let printer = reporter.clone();
    let printing = axum::middleware::map_request(move |request: axum::extract::Request| {
        printer.line(Printer::Bot, "\u{1b}[33m WARN\u{1b}[0m bot: <b>小心</b>");
        std::future::ready(request)
    });
    let app = bot(&account, &quick(), "").layer(printing);
    tokio::spawn(async move { axum::serve(listener, app).await });
    let program = Program { bot: reporter, requests, listening: BotState::Listening { url } };
    visit_page(name, account, page.with_policy(quick()), async |page| test(page, program).await).await;
}

fn exit_status(code: i32) -> LocalizedText {
    LocalizedText { zh: format!("退出码 {code}"), en: format!("exit status: {code}") }
}

/// Screenshots of all sizes, in both themes and languages.
async fn shots(page: &Visit, name: &str) {
    for lang in ["zh", "en"] {
        for scheme in ["light", "dark"] {
            let feature = serde_json::json!(
                {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
            );
            page.driver.cdp().send_raw("Emulation.setEmulatedMedia", feature).await.expect("a theme");
            for width in [1360, 900, 380] {
                page.size(width, 900).await;
                page.shot(&format!("{name}-{lang}-{scheme}-{width}")).await;
            }
        }
        page.size(1360, 900).await;
        page.click("#lang").await;
    }
}

#[tokio::test]
async fn a_bot_that_has_stopped_is_shown_with_its_last_lines_and_restarted_by_a_click() {
    supervised("bot-stopped", async |page, mut program| {
        page.until_text("#bot", "机器人正在启动").await;
        assert_eq!(page.text("#verified").await.trim(), "机器人没有在监听");
        program.bot.line(Printer::Bot, "   Compiling bot v0.1.0");
        page.until_text("#bot", "Compiling bot").await;
        page.until_text("#bot", "正在编译").await;
        program.bot.line(Printer::Bot, "不读 LISTEN");
        let hint = || LocalizedText { zh: "请用 --url".to_owned(), en: "give its --url".to_owned() };
        program.bot.hint(hint());
        page.until_text("#bot", "请用 --url").await;
        page.shot("starting").await;
        page.click("#say").await;
        page.press("你好").await;
        page.press(Key::Enter + "").await;
        page.until_text("#notice", "还没有在监听").await;
        page.until("document.querySelector('#say').value === '你好'").await;

        program.bot.state(program.listening.clone());
        page.until("document.querySelector('#bot').hidden").await;
        page.until_text("#verified", "URL 已验证").await;
        page.press(Key::Enter + "").await;
        page.until_text("#log", "你说：你好").await;

        for line in ["thread 'main' panicked at src/main.rs:7:5:", "<img src=x onerror=alert(1)>"] {
            program.bot.line(Printer::Bot, line);
        }
        program.bot.state(BotState::Stopped { reason: exit_status(101) });
        page.until_text("#bot", "机器人已停止：退出码 101").await;
        page.until_text("#bot pre", "<img src=x").await;
        assert_eq!(page.count("#bot img").await, 0);
        assert_eq!(page.text("#bot-said").await.trim(), "机器人已停止：退出码 101");
        shots(page, "stopped").await;
        page.click("#bot button").await;
        assert_eq!(program.requests.recv().await, Some(BotRequest::Restart));
        page.until_text("#bot", "正在重新启动").await;
        program.bot.state(program.listening);
        page.until("document.querySelector('#bot').hidden").await;
    })
    .await;
}

#[tokio::test]
async fn a_build_that_failed_is_shown_and_the_chat_goes_on() {
    supervised("bot-build", async |page, program| {
        program.bot.state(program.listening);
        program.bot.build(BuildState::Running);
        program.bot.line(Printer::Build, "   Compiling bot v0.1.0");
        page.until_text("#bot", "正在编译").await;
        for line in [
            "error[E0425]: cannot find value `name` in this scope",
            "  --> src/main.rs:14:30",
            "   |",
            "14 |     TextReply::new(format!(\"你好，{name}\"))",
            "   |                              ^^^^ not found in this scope",
            "",
            "error: could not compile `bot` (bin \"bot\") due to 1 previous error",
        ] {
            program.bot.line(Printer::Build, line);
        }
        program.bot.build(BuildState::Failed);
        page.until_text("#bot", "仍在运行原来的机器人").await;
        page.until_text("#bot pre", "E0425").await;
        page.ask("你好", "你说：你好").await;
        shots(page, "failed").await;
        program.bot.build(BuildState::Succeeded);
        page.until("document.querySelector('#bot').hidden").await;
    })
    .await;
}

#[tokio::test]
async fn the_lines_that_the_bot_prints_during_a_push_stand_under_why() {
    supervised("bot-log", async |page, program| {
        program.bot.state(program.listening);
        page.until_text("#verified", "URL 已验证").await;
        page.ask("你好", "你说：你好").await;
        page.click(".row.own .meta").await;
        page.until_text("#panel .printed", "WARN bot: <b>小心</b>").await;
        assert_eq!(page.count("#panel .printed b").await, 0);
        assert_eq!(page.count("#panel .printed .serious").await, 1);
        shots(page, "log").await;
    })
    .await;
}

#[tokio::test]
async fn the_lines_of_a_verification_that_failed_stand_below_the_diagnosis() {
    supervised("bot-verification", async |page, program| {
        let BotState::Listening { url } = program.listening else { panic!("it listens") };
        program.bot.state(BotState::Listening { url: url.replace("/weixin", "/elsewhere") });
        page.until_text("#verified", "URL 验证没有通过").await;
        page.click("#verified").await;
        page.until_text("#inspect .printed", "<b>小心</b>").await;
        shots(page, "failed").await;
    })
    .await;
}

#[tokio::test]
async fn a_mode_is_switched_by_a_restart_of_the_bot() {
    supervised("bot-mode", async |page, mut program| {
        program.bot.state(program.listening);
        page.until_text("#mode-hint", "重新启动").await;
        page.click("#modes label:first-of-type span").await;
        assert_eq!(program.requests.recv().await, Some(BotRequest::Mode(Mode::Plain)));
        page.until_text("#bot", "正在重新启动").await;
        program.bot.line(Printer::Bot, "there is no plain mode");
        program.bot.state(BotState::Stopped { reason: exit_status(2) });
        page.until_text("#bot", "there is no plain mode").await;
    })
    .await;
}
