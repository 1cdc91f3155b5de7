//! A page with its own bot, in its own Chromium.

#[path = "../../../../tests/support/process.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the tests of wechat-callback")]
pub(crate) mod process;

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use futures_util::FutureExt;
use thirtyfour::error::WebDriverErrorInner;
use thirtyfour::prelude::*;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};
use wechat_sim::page::Page;
use wechat_sim::{Account, Policy, ServiceTarget};
use wechat_tower::late_reply::RetrySchedule;
use wechat_tower::message::{Content, Event};
use wechat_tower::{
    Article, Callback, NewsReply, Reply, TextReply, TransferReply, WechatLayer, WechatMessage,
};

use process::{Process, skip};

/// How long to wait for anything before a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// How many browsers run beside each other: more only wait for the processor.
static BROWSERS: Semaphore = Semaphore::const_new(4);

/// A shorter time than the five seconds of WeChat.
pub(crate) const WAIT: Duration = Duration::from_millis(600);

pub(crate) fn quick() -> Policy {
    let mut policy = Policy::default();
    (policy.timeout, policy.interval) = (WAIT, WAIT);
    policy
}

/// A bot with the library. Its reply to `慢` takes two and a half deliveries.
pub(crate) fn bot(account: &Account, policy: &Policy, cover: &str) -> Router {
    let callback = Callback::builder(account.app_id(), account.token())
        .encoding_aes_key(account.encoding_aes_key())
        .mode(account.mode().name().parse().expect("a mode"))
        .build()
        .expect("an account");
    let wait = policy.timeout;
    let schedule = RetrySchedule::new().timeout(wait).answer_within(wait * 9 / 10);
    let cover = cover.to_owned();
    let chat = async move |WechatMessage(message): WechatMessage| match message.content {
        Content::Text(text) if text.content == "图文" => {
            let article = Article::new("一条消息的十五秒", "https://example.com/a").pic_url(cover);
            NewsReply::new([article.description("从手机到机器人，再回来。")]).into()
        }
        Content::Text(text) if text.content == "慢" || text.content.starts_with("写") => {
            sleep(wait * 12 / 5).await;
            TextReply::new("春风拂柳绿丝长，\n细雨无声润草堂。").into()
        }
        Content::Text(text) => answer(&text.content),
        Content::Event(Event::Subscribe(_)) => TextReply::new("欢迎！发“帮助”看看我会什么。").into(),
        Content::Event(Event::Click(click)) => {
            TextReply::literal(&format!("按了 {}", click.event_key)).into()
        }
        other => TextReply::literal(&format!("收到 {}", other.kind())).into(),
    };
    Router::new().route("/weixin", post(chat).layer(WechatLayer::new(callback).retry_schedule(schedule)))
}

fn answer(text: &str) -> Reply {
    match text {
        "坏图文" => {
            NewsReply::new([Article::new("<b>点我</b>", "javascript:document.title='owned'")]).into()
        }
        "脚本" => TextReply::new(
            "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">",
        )
        .into(),
        "链接" => TextReply::new(
            "<a href=\"javascript:document.title='owned'\">坏的</a> <a href=\"data:text/html,x\">也坏</a> \
             <a href=\"https://example.com/?a=1\">好的</a>",
        )
        .into(),
        "选择" => {
            TextReply::new("<a href=\"weixin://bizmsgmenu?msgmenucontent=第一&msgmenuid=1\">一</a>").into()
        }
        "客服" => TransferReply::to_any_agent().into(),
        "安静" => Reply::none(),
        _ => TextReply::literal(&format!("你说：{text}")).into(),
    }
}

/// A bot that accepts everything.
pub(crate) fn weak_bot() -> Router {
    Router::new().route("/weixin", post(async || "success").get(async || "success"))
}

/// A bot that never answers.
pub(crate) fn hanging_bot() -> Router {
    Router::new().route("/weixin", post(async || std::future::pending::<&str>().await))
}

/// A served page and a browser that shows it.
pub(crate) struct Visit {
    pub(crate) driver: WebDriver,
    pub(crate) address: SocketAddr,
    pub(crate) account: Account,
    name: &'static str,
}

/// Shows a page in a browser. Without one the test is skipped, except in `CI`.
pub(crate) async fn visit(
    name: &'static str,
    bot: impl FnOnce(&Account) -> Router,
    policy: Policy,
    test: impl AsyncFnOnce(&Visit),
) {
    let account = Account::generate();
    let page = Page::for_target(account.clone(), ServiceTarget::new(bot(&account), "/weixin"));
    visit_page(name, account, page.with_policy(policy), test).await;
}

/// Shows this page in a browser.
pub(crate) async fn visit_page(
    name: &'static str,
    account: Account,
    page: Page,
    test: impl AsyncFnOnce(&Visit),
) {
    let _place = BROWSERS.acquire().await.expect("it is not closed");
    let Some((mut process, port)) = chromedriver() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(page.serve(listener));

    let mut chrome = DesiredCapabilities::chrome();
    // `--no-sandbox`: root, as in a container, has no sandbox. The host name resolves to this machine, as in DNS rebinding.
    for argument in [
        "--headless=new",
        "--hide-scrollbars",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--lang=zh-CN",
    ] {
        chrome.add_arg(argument).expect("an argument");
    }
    chrome.add_arg("--host-resolver-rules=MAP rebound.example 127.0.0.1").expect("an argument");
    let driver = match WebDriver::new(format!("http://127.0.0.1:{port}"), chrome).await {
        // There is a chromedriver, but no Chromium.
        Err(error) if error.to_string().contains("cannot find Chrome") => return skip(error),
        started => started.expect("a browser"),
    };
    let visit = Visit { driver, address, account, name };
    // Whatever fails, the browser is closed: it would outlive the driver.
    let whole = async {
        visit.open().await;
        visit.size(1440, 900).await;
        test(&visit).await;
    };
    let done = AssertUnwindSafe(whole).catch_unwind().await;
    visit.shot(if done.is_err() { "failed" } else { "end" }).await;
    visit.driver.quit().await.expect("it closes");
    process.kill();
    if let Err(panic) = done {
        resume_unwind(panic);
    }
}

/// A test in a browser, with a bot with the library and shortened times.
pub(crate) async fn chat(name: &'static str, test: impl AsyncFnOnce(&Visit)) {
    visit(name, |account: &Account| bot(account, &quick(), ""), quick(), test).await;
}

/// Starts chromedriver on a port that it chooses.
fn chromedriver() -> Option<(Process, u16)> {
    // Now and then the port that it chose is taken by the time that it listens, and it ends.
    for _ in 0..3 {
        let mut command = Command::new("chromedriver");
        let process = Process::start_if_installed(command.arg("--port=0").stderr(Stdio::null()))?;
        while let Some(line) = process.next_line() {
            let port = line.split("successfully on port ").nth(1);
            if let Some(port) = port.and_then(|port| port.trim_end_matches('.').parse().ok()) {
                return Some((process, port));
            }
        }
    }
    panic!("chromedriver ended");
}

/// A server on another port, which is another origin.
pub(crate) async fn elsewhere(kind: &'static str, text: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let page = get(async move || ([(axum::http::header::CONTENT_TYPE, kind)], text));
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", page)).await });
    address
}

impl Visit {
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(crate) async fn open(&self) {
        self.driver.goto(self.url()).await.expect("it opens");
        self.until("document.querySelectorAll('#fans button').length > 0").await;
    }

    pub(crate) async fn size(&self, width: u32, height: u32) {
        let size = serde_json::json!(
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}
        );
        let sized = self.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", size).await;
        sized.expect("another size");
    }

    /// The value of an expression.
    pub(crate) async fn js(&self, expression: &str) -> serde_json::Value {
        let found = self.driver.execute(format!("return {expression}"), Vec::new()).await;
        found.expect(expression).json().clone()
    }

    /// The value of a promise.
    pub(crate) async fn promised(&self, expression: &str) -> serde_json::Value {
        let script = format!(
            "const done = arguments[arguments.length - 1]; \
             (async () => {expression})().then(done, (error) => done(String(error)))"
        );
        self.driver.execute_async(script, Vec::new()).await.expect(expression).json().clone()
    }

    pub(crate) async fn until(&self, condition: &str) {
        let since = Instant::now();
        while self.js(&format!("Boolean({condition})")).await != true {
            assert!(since.elapsed() < PATIENCE, "never: {condition}\n{}", self.text("body").await);
            sleep(Duration::from_millis(30)).await;
        }
    }

    pub(crate) async fn until_text(&self, selector: &str, text: &str) {
        self.until(&format!("document.querySelector({selector:?})?.innerText.includes({text:?})")).await;
    }

    pub(crate) async fn text(&self, selector: &str) -> String {
        let text = self.js(&format!("document.querySelector({selector:?})?.innerText")).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    pub(crate) async fn count(&self, selector: &str) -> usize {
        let count = self.js(&format!("document.querySelectorAll({selector:?}).length")).await;
        usize::try_from(count.as_u64().expect("a number")).expect("small")
    }

    pub(crate) async fn click(&self, selector: &str) {
        let since = Instant::now();
        loop {
            match self.click_once(selector).await {
                // The page drew it again between the search and the click.
                Err(error)
                    if matches!(error.as_inner(), WebDriverErrorInner::StaleElementReference(_))
                        && since.elapsed() < PATIENCE => {}
                clicked => return clicked.expect(selector),
            }
        }
    }

    async fn click_once(&self, selector: &str) -> WebDriverResult<()> {
        let element = self.driver.find(By::Css(selector)).await?;
        element.scroll_into_view().await?;
        element.click().await
    }

    /// Chooses an option of a list.
    pub(crate) async fn choose(&self, selector: &str, value: &str) {
        self.click(&format!("{selector} option[value='{value}']")).await;
    }

    /// Presses keys in the element with the focus.
    pub(crate) async fn press(&self, keys: impl Into<TypingData>) {
        self.driver.action_chain().send_keys(keys).perform().await.expect("keys");
    }

    /// Moves the focus to the previous element.
    pub(crate) async fn press_back(&self) {
        let back = self.driver.action_chain().key_down(Key::Shift).send_keys(Key::Tab).key_up(Key::Shift);
        back.perform().await.expect("keys");
    }

    /// Types into the text box and presses Enter.
    pub(crate) async fn say(&self, text: &str) {
        let said = self.count(".row.own").await;
        let text_box = self.driver.find(By::Css("#say")).await.expect("a text box");
        text_box.send_keys(text).await.expect("keys");
        text_box.send_keys(Key::Enter + "").await.expect("keys");
        self.until(&format!("document.querySelectorAll('.row.own').length > {said}")).await;
    }

    /// Sends a text and waits for the bubble of the reply.
    pub(crate) async fn ask(&self, text: &str, answer: &str) {
        self.say(text).await;
        self.until_text("#log", answer).await;
    }

    /// Writes a screenshot to the target folder.
    pub(crate) async fn shot(&self, part: &str) -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page");
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join(format!("{}-{part}.png", self.name));
        self.driver.screenshot(&path).await.expect("a picture");
        path
    }
}
