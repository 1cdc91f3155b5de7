//! Handlers that ask for one kind of message, on both adapters.

use crate::support;

use actix_web::{App, web};
use axum::Router;
use axum::routing::{MethodRouter, post};
use http_body_util::BodyExt;
use support::both::block_on;
use support::{MODES, Wechat, assert_text_reply, text};
use tower::ServiceExt;
use wechat_actix::WechatMiddleware;
use wechat_callback::message::event::{ChangeContact, Click, Subscribe};
use wechat_callback::message::system::{ComponentVerifyTicket, SuiteChangeContact};
use wechat_callback::message::{Head, Image, Text};
use wechat_callback::{TextReply, WechatMessage};
use wechat_tower::WechatLayer;

fn axum(wechat: &Wechat, xml: &str, handler: MethodRouter) -> (u16, String) {
    let push = wechat.push(xml);
    let app = Router::new().route("/weixin", handler.layer(WechatLayer::new(wechat.callback())));
    let request = axum::http::Request::post(format!("/weixin?{}", push.query));
    let request = request.body(axum::body::Body::from(push.body)).expect("a request");
    block_on(async {
        let response = app.oneshot(request).await.expect("infallible");
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        (status, String::from_utf8(body.to_vec()).expect("UTF-8"))
    })
}

fn actix(wechat: &Wechat, xml: &str, route: actix_web::Route) -> (u16, String) {
    let push = wechat.push(xml);
    actix_web::rt::System::new().block_on(async {
        let resource = web::resource("/weixin").wrap(WechatMiddleware::new(wechat.callback())).route(route);
        let app = actix_web::test::init_service(App::new().service(resource)).await;
        let request = actix_web::test::TestRequest::post().uri(&format!("/weixin?{}", push.query));
        let response = actix_web::test::call_service(&app, request.set_payload(push.body).to_request()).await;
        let status = response.status().as_u16();
        let body = actix_web::test::read_body(response).await;
        (status, String::from_utf8(body.to_vec()).expect("UTF-8"))
    })
}

fn event(name: &str, fields: &str) -> String {
    text("")
        .replace("<MsgType><![CDATA[text]]>", "<MsgType><![CDATA[event]]>")
        .replace("<Content><![CDATA[]]></Content>", &format!("<Event><![CDATA[{name}]]></Event>{fields}"))
}

#[test]
fn a_handler_for_one_kind_is_called_with_that_kind() {
    async fn say(head: Head, text: Text) -> TextReply {
        TextReply::new(format!("{}：{}", head.from.unwrap_or_default(), text.content))
    }
    async fn welcome(subscribe: Subscribe) -> TextReply {
        TextReply::new(subscribe.scene.unwrap_or_default())
    }
    async fn click(click: Click, head: Head, WechatMessage(message): WechatMessage) -> TextReply {
        assert_eq!(message.head, head);
        TextReply::new(click.event_key)
    }
    for wechat in MODES.map(Wechat::new) {
        let subscribe = event("subscribe", "<EventKey><![CDATA[qrscene_42]]></EventKey>");
        let clicked = event("click", "<EventKey><![CDATA[V1001]]></EventKey>");
        for (answer, seen) in [
            (axum(&wechat, &text("你好"), post(say)), "o6_bmjrPTlm6_2sgVt7hMZOPfL2M：你好"),
            (actix(&wechat, &text("你好"), web::post().to(say)), "o6_bmjrPTlm6_2sgVt7hMZOPfL2M：你好"),
            (axum(&wechat, &subscribe, post(welcome)), "42"),
            (actix(&wechat, &subscribe, web::post().to(welcome)), "42"),
            (axum(&wechat, &clicked, post(click)), "V1001"),
            (actix(&wechat, &clicked, web::post().to(click)), "V1001"),
        ] {
            assert_eq!(answer.0, 200);
            assert_text_reply(&wechat.read(&answer.1), seen);
        }
    }
}

#[test]
fn a_handler_for_one_system_event_is_called_with_it_alone() {
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
    static TICKETS: AtomicU32 = AtomicU32::new(0);
    async fn keep(ticket: ComponentVerifyTicket, head: Head) -> wechat_callback::Reply {
        assert_eq!((ticket.component_verify_ticket.as_str(), head.from), ("ticket@@@1", None));
        TICKETS.fetch_add(1, SeqCst);
        wechat_callback::Reply::none()
    }
    // Both are held in a box.
    async fn suite(_: SuiteChangeContact) -> TextReply {
        panic!("no suite was told anything")
    }
    async fn contact(change: ChangeContact) -> TextReply {
        TextReply::new(change.user_id.unwrap_or_default())
    }
    let ticket = format!(
        "<xml><AppId>wx1</AppId><CreateTime>{}</CreateTime><InfoType>component_verify_ticket</InfoType>\
         <ComponentVerifyTicket>ticket@@@1</ComponentVerifyTicket></xml>",
        support::now()
    );
    let changed = event("change_contact", "<ChangeType>create_user</ChangeType><UserID>zhangsan</UserID>");
    let success = (200, "success".to_owned());
    for wechat in MODES.map(Wechat::new) {
        assert_eq!(axum(&wechat, &ticket, post(keep)), success);
        assert_eq!(actix(&wechat, &ticket, web::post().to(keep)), success);
        assert_eq!(axum(&wechat, &ticket, post(contact)), success);
        for other in [&ticket, &changed] {
            assert_eq!(axum(&wechat, other, post(suite)), success);
            assert_eq!(actix(&wechat, other, web::post().to(suite)), success);
        }
        for answer in
            [axum(&wechat, &changed, post(contact)), actix(&wechat, &changed, web::post().to(contact))]
        {
            assert_text_reply(&wechat.read(&answer.1), "zhangsan");
        }
    }
    assert_eq!(TICKETS.load(SeqCst), 6);
}

#[test]
fn another_kind_is_answered_success_without_calling_the_handler() {
    async fn image(_: Image) -> TextReply {
        panic!("no image was sent")
    }
    async fn subscribed(_: Subscribe) -> TextReply {
        panic!("nobody subscribed")
    }
    for wechat in MODES.map(Wechat::new) {
        let click = event("CLICK", "<EventKey>V1001</EventKey>");
        let success = (200, "success".to_owned());
        assert_eq!(axum(&wechat, &text("你好"), post(image)), success);
        assert_eq!(actix(&wechat, &text("你好"), web::post().to(image)), success);
        assert_eq!(axum(&wechat, &click, post(subscribed)), success);
        assert_eq!(actix(&wechat, &click, web::post().to(subscribed)), success);
    }
}

#[test]
fn a_handler_may_have_several_extractors_in_any_order() {
    async fn say(
        WechatMessage(first): WechatMessage,
        text: Text,
        head: Head,
        WechatMessage(second): WechatMessage,
    ) -> TextReply {
        assert_eq!((first.text(), &first.head), (Some(text.content.as_str()), &head));
        assert!(first == second);
        TextReply::new(text.content)
    }
    async fn image(_: WechatMessage, _: Image) -> TextReply {
        panic!("no image was sent")
    }
    for wechat in MODES.map(Wechat::new) {
        for answer in
            [axum(&wechat, &text("你好"), post(say)), actix(&wechat, &text("你好"), web::post().to(say))]
        {
            assert_text_reply(&wechat.read(&answer.1), "你好");
        }
        let success = (200, "success".to_owned());
        assert_eq!(axum(&wechat, &text("你好"), post(image)), success);
        assert_eq!(actix(&wechat, &text("你好"), web::post().to(image)), success);
    }
}
