//! The page's files. They are served as they are in the source, without a build step.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse, Response};

macro_rules! files {
    ($($name:literal)+) => {
        const FILES: &[(&str, &str)] = &[$(($name, include_str!(concat!("web/", $name))),)+];
    };
}

files! {
    "api.js"
    "attacks.js"
    "base.css"
    "bot-card.js"
    "bot.css"
    "bot.js"
    "bubbles.css"
    "chat.css"
    "chat.js"
    "composer.js"
    "descriptions.js"
    "dialogs.css"
    "dom.js"
    "fans.js"
    "first-steps.js"
    "forged.js"
    "growing.css"
    "growing.js"
    "history.js"
    "i18n.js"
    "icons.svg"
    "inspect.css"
    "inspector.js"
    "json-fault.js"
    "kinds.js"
    "layout.js"
    "logo.svg"
    "main.js"
    "markdown.js"
    "menu-editor.js"
    "menu-form.js"
    "menu-rules.js"
    "menu.js"
    "messages-tools.js"
    "messages.js"
    "panels.js"
    "prefs.js"
    "replies.js"
    "scenario.js"
    "scroll.js"
    "setup.css"
    "setup.js"
    "signatures.js"
    "store.js"
    "tabs.js"
    "text.js"
    "ticker.js"
    "timeline.js"
    "turns.js"
    "user-message.js"
}

pub(super) async fn index() -> Html<&'static str> {
    Html(include_str!("web/index.html"))
}

pub(super) async fn asset(Path(name): Path<String>) -> Response {
    let Some((name, text)) = FILES.iter().find(|(found, _)| *found == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        _ => "image/svg+xml",
    };
    ([(CONTENT_TYPE, kind)], *text).into_response()
}
