//! cargo run --example demo
//!
//! A bot, and WeChat's side of it in the browser, in one process. It echoes, has a menu, sends news, answers late
//! (`慢 8`), and keeps a reply that is too late until the user writes 继续. The address comes from `LISTEN`.

mod common;

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::routing::post;
use tokio::net::TcpListener;
use tower::ServiceExt;
use wechat_sim::page::Page;
use wechat_sim::{Account, Mode, ServiceTarget};
use wechat_tower::late_reply::LateReply;
use wechat_tower::message::{Content, Event};
use wechat_tower::{
    Article, Callback, ConfigError, ImageReply, MusicReply, NewsReply, Reply, TextReply, TransferReply,
    VideoReply, VoiceReply, WechatLayer, WechatMessage,
};

#[tokio::main]
async fn main() -> ExitCode {
    common::log();
    common::exit_code(serve().await)
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let shutdown = common::signal()?;
    let account = Account::generate();
    // The mode is configuration, never the request's choice, so there is a bot for each, and the page says which.
    let bots = [bot(&account, Mode::Plain)?, bot(&account, Mode::Compatible)?, bot(&account, Mode::Safe)?];
    let mode = Arc::new(Mutex::new(account.mode()));
    let switched = Arc::clone(&mode);
    let bot = Router::new().fallback(move |request: Request| {
        let mode = *mode.lock().unwrap_or_else(PoisonError::into_inner);
        let [plain, compatible, safe] = bots.clone();
        let bot = match mode {
            Mode::Plain => plain,
            Mode::Compatible => compatible,
            Mode::Safe => safe,
        };
        bot.oneshot(request)
    });

    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8788".to_owned());
    let listener = TcpListener::bind(&address).await.map_err(|error| format!("LISTEN={address}: {error}"))?;
    common::print(format_args!("WeChat is at http://{}/ - say 你好, 图文 or 慢 8", listener.local_addr()?))?;
    let page = Page::for_target(account, ServiceTarget::new(bot, "/weixin"));
    let page = page.on_mode(move |mode| *switched.lock().unwrap_or_else(PoisonError::into_inner) = mode);
    tokio::select! {
        served = page.serve(listener) => served?,
        () = shutdown => {}
    }
    Ok(())
}

fn bot(account: &Account, mode: Mode) -> Result<Router, ConfigError> {
    let callback = Callback::builder(account.app_id(), account.token())
        .encoding_aes_key(account.encoding_aes_key())
        .mode(mode.name().parse()?)
        .build()?;
    let notice = TextReply::new("还在想，过一会儿发“继续”来看。");
    let wechat = WechatLayer::new(callback).late_reply(LateReply::fetch("继续", notice));
    Ok(Router::new().route("/weixin", post(chat).layer(wechat)))
}

const HELP: &str = "我会这些：\n\
    · 说什么，我就重复什么\n\
    · <a href=\"weixin://bizmsgmenu?msgmenucontent=图文&msgmenuid=1\">图文</a>、\
    <a href=\"weixin://bizmsgmenu?msgmenucontent=音乐&msgmenuid=2\">音乐</a>、\
    <a href=\"weixin://bizmsgmenu?msgmenucontent=视频&msgmenuid=3\">视频</a>、\
    <a href=\"weixin://bizmsgmenu?msgmenucontent=客服&msgmenuid=4\">客服</a>\n\
    · <a href=\"weixin://bizmsgmenu?msgmenucontent=慢 8&msgmenuid=5\">慢 8</a>：想 8 秒再回答\n\
    · <a href=\"weixin://bizmsgmenu?msgmenucontent=慢 20&msgmenuid=6\">慢 20</a>：太久了，发“继续”来取";

async fn chat(WechatMessage(message): WechatMessage) -> Reply {
    match message.content {
        Content::Text(text) => answer(text.content.trim()).await,
        Content::Image(image) => image.media_id.map(ImageReply::new).into(),
        Content::Voice(voice) => VoiceReply::new(voice.media_id).into(),
        Content::Location(place) => TextReply::literal(&format!("你在{}", place.label)).into(),
        Content::Link(link) => TextReply::literal(&format!("《{}》，我看看", link.title)).into(),
        Content::Event(event) => happened(&event),
        _ => Reply::none(),
    }
}

async fn answer(text: &str) -> Reply {
    match text {
        "帮助" | "菜单" => TextReply::new(HELP).into(),
        "图文" => NewsReply::new([article()]).into(),
        "音乐" => MusicReply::without_cover()
            .title("高山流水")
            .description("古琴")
            .url("https://example.com/music.mp3")
            .into(),
        "视频" => VideoReply::new("sample-video-media-id").title("西湖").description("三分钟").into(),
        "客服" => TransferReply::to_any_agent().into(),
        _ => match text.strip_prefix('慢').and_then(|seconds| seconds.trim().parse().ok()) {
            Some(seconds @ 0..=60) => {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                TextReply::new(format!("想了 {seconds} 秒：春风拂柳绿丝长，细雨无声润草堂。")).into()
            }
            // A user's own words: escaped, so that they hold no markup, and cut to what a reply may hold.
            _ => TextReply::literal(&format!("你说：{text}")).split().into_iter().next().into(),
        },
    }
}

fn happened(event: &Event) -> Reply {
    match event {
        Event::Subscribe(_) => TextReply::new(format!("欢迎关注！{HELP}")).into(),
        Event::Click(click) if click.event_key == "MENU_TODAY" => NewsReply::new([
            article(),
            Article::new("一个机器人的十五秒", "https://example.com/15"),
            Article::new("签名是怎样算的", "https://example.com/signature"),
        ])
        .into(),
        Event::Click(_) => TextReply::new(HELP).into(),
        Event::ScancodeWaitmsg(scan) => {
            TextReply::literal(&format!("扫到了：{}", scan.scan_code_info.scan_result)).into()
        }
        _ => Reply::none(),
    }
}

fn article() -> Article {
    Article::new("用 Rust 写公众号", "https://www.rust-lang.org/zh-CN/")
        .description("一个处理函数，axum 和 actix-web 都能用。")
        .pic_url("https://www.rust-lang.org/static/images/rust-social-wide.jpg")
}
