//! A bot to try the page with, written with `wechat-tower`. It echoes, has a menu, sends news, answers late (`慢 8`),
//! and keeps a reply that is too late until the user writes 继续.
//!
//! As an AI bot its answers grow.
//!
//! It is the only part of the simulator that uses the library.

mod aibot;

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::routing::post;
use tokio::net::TcpListener;
use tower_service::Service;
use wechat_tower::late_reply::LateReply;
use wechat_tower::message::{Content, Event};
use wechat_tower::{
    Article, Callback, ConfigError, ImageReply, MusicReply, NewsReply, Reply, TextReply, TransferReply,
    VideoReply, VoiceReply, WechatLayer, WechatMessage,
};

use crate::page::Page;
use crate::{Account, AccountKind};

/// Serves the bot on a free port of this machine, and the chat page for it on `listener`, until the future is dropped.
///
/// # Errors
///
/// If `listener` is not on a loopback address, or no port or thread is free.
pub async fn serve(listener: TcpListener) -> io::Result<()> {
    let account = Account::generate();
    // The mode and the kind are configuration, never the request's choice, so the page says which bot is wanted.
    let bot = Arc::new(Mutex::new(bot(&account).map_err(io::Error::other)?));
    let bot_listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}/weixin", bot_listener.local_addr()?);
    let app = bot_of(Arc::clone(&bot));
    let page = Page::new(account, url).on_account(move |account| {
        if let Ok(wanted) = self::bot(account) {
            *bot.lock().unwrap_or_else(PoisonError::into_inner) = wanted;
        }
    });
    tokio::select! {
        served = wechat_tower::serve(bot_listener, app) => served,
        served = page.serve(listener) => served,
    }
}

/// The bot that is wanted at the time of a request.
fn bot_of(bot: Arc<Mutex<Router>>) -> Router {
    Router::new().fallback(move |request: Request| {
        let mut wanted = bot.lock().unwrap_or_else(PoisonError::into_inner).clone();
        wanted.call(request)
    })
}

fn bot(account: &Account) -> Result<Router, ConfigError> {
    let layer = WechatLayer::new(callback(account)?);
    if matches!(account.kind(), AccountKind::MiniProgram | AccountKind::Store) {
        return Ok(Router::new().route("/weixin", post(transfer).layer(layer)));
    }
    if account.kind() == AccountKind::AiBot {
        return Ok(aibot::bot(layer));
    }
    let notice = TextReply::new("还在想，过一会儿发“继续”来看。");
    let wechat = layer.late_reply(LateReply::fetch("继续", notice));
    Ok(Router::new().route("/weixin", post(chat).layer(wechat)))
}

fn callback(account: &Account) -> Result<Callback, ConfigError> {
    let (id, token, key) = (account.app_id(), account.token(), account.encoding_aes_key());
    if account.kind() == AccountKind::WeCom {
        return Callback::wecom(id, token, key).build();
    }
    if account.kind() == AccountKind::AiBot {
        return Callback::aibot(token, key).build();
    }
    let callback = Callback::builder(id, token).encoding_aes_key(key).mode(account.mode().name().parse()?);
    match account.format().name().parse() {
        Ok(format) => callback.format(format).build(),
        Err(_) => callback.build(),
    }
}

/// What a mini-program and a store can reply: nothing, or that an agent takes over.
async fn transfer(WechatMessage(message): WechatMessage) -> Reply {
    match message.content {
        Content::Event(_) => Reply::none(),
        _ => TransferReply::to_any_agent().into(),
    }
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
