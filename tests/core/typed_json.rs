//! What mini-programs and the Store push as JSON, typed: the shapes that differ from XML.

use wechat_callback::message::event::{SubscribeMsgChange, SubscribeMsgPopup, SubscribeMsgSent};
use wechat_callback::message::{Content, Event, Id};
use wechat_callback::{Message, Timestamp};

fn read(json: &str) -> Message {
    Message::from_json(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// The event of that name with these members.
fn event(name: &str, members: &str) -> Event {
    let json = format!(
        r#"{{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":1714036504,"MsgType":"event","Event":"{name}",{members}}}"#
    );
    read(&json).event().expect("an event").clone()
}

#[test]
fn what_the_store_pushes_as_json_says_what_its_sample_says() {
    let info = |members: &str| format!(r#""order_info":{{"order_id":3705115058471208928,{members}}}"#);
    let (status, complaint) = ("finder_shop_aftersale_status_update", "finder_shop_complaint");
    let ids = r#""after_sale_order_id":"4000000000000123456","order_id":"3705115058471208928""#;
    for (name, members) in [
        ("channels_ec_order_new", r#""order_info":{"order_id":"3705115058471208928"}"#.to_owned()),
        ("channels_ec_order_cancel", info(r#""cancel_type":1"#)),
        ("channels_ec_order_pay", info(r#""pay_time":1714036500"#)),
        ("channels_ec_order_deliver", info(r#""finish_delivery":1"#)),
        ("channels_ec_order_confirm", info(r#""confirm_type":"1""#)),
        ("channels_ec_order_settle", info(r#""settle_time":1714036500"#)),
        ("channels_ec_order_ext_info_update", info(r#""type":7"#)),
        (
            "channels_ec_aftersale_update",
            format!(r#""{status}":{{"status":"MERCHANT_PROCESSING",{ids},"wxa_vip_discounted_price":100}}"#),
        ),
        (
            "channels_ec_complaint_update",
            format!(r#""{complaint}":{{"complaint_status":100,"complaint_id":5001,{ids}}}"#),
        ),
        (
            "product_spu_audit",
            r#""ProductSpuAudit":{"product_id":"10000076089602","status":2,"reason":"主图不清晰"}"#
                .to_owned(),
        ),
        (
            "product_spu_listing",
            r#""ProductSpuListing":{"product_id":10000076089602,"status":5,"reason":null}"#.to_owned(),
        ),
    ] {
        let sample = format!(
            "{}/tests/fixtures/samples/event-{}.xml",
            env!("CARGO_MANIFEST_DIR"),
            name.replace('_', "-")
        );
        let sample = Message::from_xml(&std::fs::read_to_string(sample).expect("the sample")).expect("XML");
        assert!(Some(&event(name, &members)) == sample.event(), "{name}");
    }
}

#[test]
fn a_list_without_a_wrapper_is_read_whether_it_is_one_or_many() {
    let one = r#"{"TemplateId":"one","SubscribeStatusString":"accept","PopupScene":"1"}"#;
    let two = r#"{"TemplateId":"two","SubscribeStatusString":"reject","PopupScene":0}"#;
    let popup = |list: &str| match event("subscribe_msg_popup_event", &format!(r#""List":{list}"#)) {
        Event::SubscribeMsgPopup(SubscribeMsgPopup { list, .. }) => {
            list.iter().map(|item| (item.template_id.to_string(), item.popup_scene)).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(popup(one), [("one".to_owned(), Some(1))]);
    assert_eq!(popup(&format!("[{one}]")), popup(one));
    assert_eq!(popup(&format!("[{one},{two}]")), [("one".to_owned(), Some(1)), ("two".to_owned(), Some(0))]);
    assert_eq!(popup("[]"), []);

    let change = event("subscribe_msg_change_event", &format!(r#""List":{two}"#));
    let Event::SubscribeMsgChange(SubscribeMsgChange { list, .. }) = change else { panic!("{change:?}") };
    assert_eq!(list[0].template_id, "two");
    let sent = r#""List":{"TemplateId":"one","MsgID":"1864323726461255680","ErrorCode":"0","ErrorStatus":"success"}"#;
    let sent = event("subscribe_msg_sent_event", sent);
    let Event::SubscribeMsgSent(SubscribeMsgSent { list, .. }) = sent else { panic!("{sent:?}") };
    assert_eq!(
        (list[0].msg_id.as_ref().map(Id::as_str), list[0].error_code),
        (Some("1864323726461255680"), Some(0))
    );
}

#[test]
fn a_media_check_keeps_all_its_details() {
    let check = event(
        "wxa_media_check",
        r#""appid":"wx8f16a5e8d0e5e1a0","trace_id":"60ae120f","version":2,
           "detail":[{"strategy":"content_model","errcode":0,"suggest":"review","label":20006,"prob":90},
                     {"strategy":"keyword","errcode":0,"suggest":"pass","label":100,"prob":1}],
           "errcode":0,"errmsg":"ok","result":{"suggest":"risky","label":20006}"#,
    );
    let Event::WxaMediaCheck(check) = check else { panic!("{check:?}") };
    assert_eq!((check.detail.len(), check.detail[0].prob, check.detail[1].label), (2, Some(90), Some(100)));
    assert_eq!(check.result.and_then(|result| result.label), Some(20006));
}

#[test]
fn a_users_id_is_found_in_either_case_and_the_time_in_either_type() {
    for (key, time) in [("OpenID", "1714036504"), ("openid", "\"1714036504\""), (" OpenID", "1714036504")] {
        let message = read(&format!(
            r#"{{"CreateTime":{time},"MsgType":"event","Event":"user_authorization_revoke","{key}":"o1","AppID":"wx1"}}"#
        ));
        let Some(Event::UserAuthorizationRevoke(revoke)) = message.event() else { panic!("{message:?}") };
        assert_eq!(revoke.open_id.as_deref(), Some("o1"), "{key}");
        assert_eq!(message.head.created, Some(Timestamp::from_secs(1_714_036_504)));
    }
}

#[test]
fn what_is_nested_in_xml_is_nested_in_json() {
    let apply = event(
        "wxa_privacy_apply",
        r#""result_info":{"api_name":"wx.choosePoi","apply_time":"1714036504","audit_id":4211202267,"status":3}"#,
    );
    let Event::WxaPrivacyApply(apply) = apply else { panic!("{apply:?}") };
    assert_eq!((apply.api_name.as_str(), apply.status, apply.reason.as_str()), ("wx.choosePoi", Some(3), ""));
    let path = event(
        "add_express_path",
        r#""DeliveryID":"SF","Actions":[{"ActionTime":1,"ActionType":100001},{"ActionTime":2,"ActionType":300003}]"#,
    );
    let Event::AddExpressPath(path) = path else { panic!("{path:?}") };
    assert_eq!(
        path.actions.iter().filter_map(|step| step.action_type).collect::<Vec<_>>(),
        [100_001, 300_003]
    );
}

#[test]
fn what_is_unknown_stays_readable() {
    let event = r#"{"MsgType":"event","Event":"channels_ec_vip_join","user_info":{"join_time":1,"phone_number":"1"}}"#;
    let message = read(event);
    assert!(matches!(message.event(), Some(Event::Unknown { name }) if name == "channels_ec_vip_join"));
    let info = message.fields().field("user_info").expect("there").fields();
    assert_eq!(info.get("join_time"), Some("1"));
    // A platform is pushed JSON as well.
    let ticket = read(
        r#"{"AppId":"wx1","CreateTime":1,"InfoType":"component_verify_ticket","ComponentVerifyTicket":"t"}"#,
    );
    assert!(matches!(ticket.content, Content::System(_)));
}
