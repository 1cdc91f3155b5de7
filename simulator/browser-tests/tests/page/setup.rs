//! The mode and the kind of the account.

use axum::Router;
use axum::routing::post;
use wechat_sim::page::Page;
use wechat_sim::{Account, AccountKind, ServiceTarget};
use wechat_tower::reply::card::{Heading, Link, TemplateCard};
use wechat_tower::{Callback, Reply, UpdateTemplateCardReply, WechatLayer, WechatMessage};

use crate::support::{quick, visit, visit_page, weak_bot};

#[tokio::test]
async fn a_switch_of_the_mode_changes_what_is_pushed() {
    visit(
        "mode",
        |_| weak_bot(),
        quick(),
        async |page| {
            page.say("加密的").await;
            page.click("#modes label:first-of-type span").await;
            page.until_text("#mode-hint", "plain").await;
            page.say("明文的").await;
            page.click(".row.own:last-of-type .meta").await;
            page.until_text(".subject", "明文").await;
            page.click("#tab-request").await;
            page.until_text("#panel", "明文的").await;
            assert!(!page.text("#panel").await.contains("msg_signature"));
            assert_eq!(page.count("[data-attack=other-key]").await, 0, "an attack on what is not there");
        },
    )
    .await;
}

#[tokio::test]
async fn a_switch_to_wecom_changes_the_catalogue_the_attacks_and_what_is_pushed() {
    visit(
        "wecom",
        |_| weak_bot(),
        quick(),
        async |page| {
            page.say("公众号的").await;
            page.choose("#account-kind", "wecom").await;
            page.until_text("#account", "CorpID").await;
            page.until_text("#speaker", "xiaoming").await;
            assert_eq!(page.count(".row.own").await, 0, "the conversations of another account are gone");
            assert_eq!(page.count("#modes input:disabled").await, 2, "safe mode alone");
            page.say("成员的").await;
            page.until_text("#inspect .subject", "成员的").await;
            page.click("#tab-request").await;
            page.until_text("#panel", "AgentID").await;
            assert!(!page.text("#panel").await.contains("encrypt_type"));
            assert_eq!(page.count("[data-attack=verification-clear-echostr]").await, 1);
            page.click("#more").await;
            page.until_text("#kind-list", "template_card_event").await;
            assert!(!page.text("#kind-list").await.contains("user_get_card"));
            page.click("#kinds [data-close]").await;
            page.click("#lang").await;
            page.until_text("#account-title", "My WeCom app").await;
            page.shot("english").await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_mini_program_is_pushed_json_until_its_format_is_xml() {
    visit(
        "mini-program",
        |_| weak_bot(),
        quick(),
        async |page| {
            page.choose("#account-kind", "mini-program").await;
            page.until_text("#kind-hint", "WECHAT_KIND=mini-program WECHAT_FORMAT=json").await;
            assert_eq!(page.count("#to-menu:not([hidden])").await, 0, "a mini-program has no menu");
            page.say("你好").await;
            page.until_text("#inspect .subject", "你好").await;
            page.click("#tab-overview").await;
            page.until_text("#panel", "\"Content\":\"你好\"").await;
            page.click("#formats label:first-of-type span").await;
            page.until_text("#kind-hint", "WECHAT_FORMAT=xml").await;
            page.say("再见").await;
            page.until_text("#panel", "<Content>").await;
        },
    )
    .await;
}

/// A bot of WeCom that updates the card which was clicked.
#[tokio::test]
async fn an_updated_card_is_drawn() {
    let account = Account::generate_as(AccountKind::WeCom);
    let callback = Callback::wecom(account.app_id(), account.token(), account.encoding_aes_key());
    let update = async |WechatMessage(message): WechatMessage| -> Reply {
        match message.event() {
            Some(event) if event.name() == "template_card_event" => {
                let card = TemplateCard::text_notice()
                    .main_title(Heading::new("请假申请").desc("已同意"))
                    .card_action(Link::url("https://example.com/leave/1"));
                UpdateTemplateCardReply::new(card).into()
            }
            _ => Reply::none(),
        }
    };
    let layer = WechatLayer::new(callback.build().expect("an account"));
    let bot = Router::new().route("/weixin", post(update).layer(layer));
    let page = Page::for_target(account.clone(), ServiceTarget::new(bot, "/weixin")).with_policy(quick());
    visit_page("card", account, page, async |page| {
        page.until_text("#verified", "已验证").await;
        page.click("#more").await;
        page.click("[data-key='wecom template_card_event']").await;
        page.click("#kind-form .primary").await;
        page.until_text(".card.template", "请假申请").await;
        page.until_text(".card.template", "已同意").await;
    })
    .await;
}
