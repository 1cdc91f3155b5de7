//! Mini-programs and the platform (小程序与平台): what may reach an account's URL too.
//!
//! ```
//! use wechat_callback::message::Event;
//!
//! fn came_from(event: &Event) -> Option<&str> {
//!     match event {
//!         Event::UserEnterTempsession(session) => Some(&session.session_from),
//!         _ => None,
//!     }
//! }
//! # let message = wechat_callback::Message::from_xml(
//! #     "<xml><MsgType>event</MsgType><Event>user_enter_tempsession</Event><SessionFrom>cart</SessionFrom></xml>",
//! # )?;
//! # assert_eq!(message.event().and_then(came_from), Some("cart"));
//! # Ok::<(), wechat_callback::XmlError>(())
//! ```

use crate::SharedStr;
use crate::Timestamp;
use crate::message::values::words;
use crate::message::{Decimal, Id, elements};

elements! {
    /// Someone enters the customer-service chat of a mini-program (进入会话).
    pub struct UserEnterTempsession {
        /// `SessionFrom`: the `session-from` of the button.
        pub session_from: SharedStr = "SessionFrom",
    }

    /// A picture or an audio was checked (多媒体内容安全识别结果).
    pub struct WxaMediaCheck {
        /// `appid`: the mini-program's.
        pub appid: SharedStr = "appid",
        /// `trace_id`: the id that asking for the check returned.
        pub trace_id: SharedStr = "trace_id",
        /// `version`: 2. Version 1 has none.
        pub version: Option<i64> = "version",
        /// `detail`: what each check found. In version 2.
        pub detail: Vec<MediaCheckDetail> = "detail",
        /// `errcode`: 0 where the check worked. In version 2.
        pub errcode: Option<i64> = "errcode",
        /// `errmsg`: in version 2.
        pub errmsg: Option<SharedStr> = "errmsg",
        /// `result`: the overall result. In version 2.
        pub result: Option<MediaCheckResult> = "result",
        /// `isrisky`: whether there is a risk. In version 1.
        pub isrisky: Option<bool> = "isrisky",
        /// `extra_info_json`: usually empty. In version 1.
        pub extra_info_json: Option<SharedStr> = "extra_info_json",
        /// `status_code`: 0, or 4294966288 (-1008) where the media could not be fetched. In version 1.
        pub status_code: Option<i64> = "status_code",
    }

    /// What one check found.
    pub struct MediaCheckDetail {
        /// `strategy`: which check, such as `content_model`.
        pub strategy: SharedStr = "strategy",
        /// `errcode`: 0 where the check worked. The other elements are valid only then.
        pub errcode: Option<i64> = "errcode",
        /// `suggest`
        pub suggest: Option<MediaCheckSuggestion> = "suggest",
        /// `label`: as in [`MediaCheckResult`].
        pub label: Option<i64> = "label",
        /// `prob`: how sure it is, from 0 to 100.
        pub prob: Option<i64> = "prob",
    }

    /// The overall result of the checks.
    pub struct MediaCheckResult {
        /// `suggest`
        pub suggest: MediaCheckSuggestion = "suggest",
        /// `label`: 100 harmless, 10001 advertising, 20001 politics, 20002 pornography, 20003 abuse, 20006 crime,
        /// 20008 fraud, 20012 vulgarity, 20013 copyright, 21000 other.
        pub label: Option<i64> = "label",
    }

    /// A mini-program's code passed its review (代码审核通过).
    pub struct WeappAuditSuccess {
        /// `SuccTime`: when.
        pub succ_time: Option<Timestamp> = "SuccTime",
    }

    /// A mini-program's code failed its review (代码审核不通过).
    pub struct WeappAuditFail {
        /// `Reason`: why, as HTML.
        pub reason: SharedStr = "Reason",
        /// `FailTime`: when.
        pub fail_time: Option<Timestamp> = "FailTime",
        /// `ScreenShot`: media ids of screenshots, joined with `|`; may be empty.
        pub screen_shot: SharedStr = "ScreenShot",
    }

    /// The review of a mini-program's code takes longer (代码审核延后).
    pub struct WeappAuditDelay {
        /// `Reason`: why.
        pub reason: SharedStr = "Reason",
        /// `DelayTime`: when that was decided.
        pub delay_time: Option<Timestamp> = "DelayTime",
    }

    /// A mini-program's name was reviewed (名称审核结果).
    pub struct WxaNicknameAudit {
        /// `ret`: 2 refused, 3 passed.
        pub ret: Option<i64> = "ret",
        /// `nickname`: the name.
        pub nickname: SharedStr = "nickname",
        /// `reason`: why it was refused; may be empty.
        pub reason: SharedStr = "reason",
    }

    /// A mini-program's category was reviewed (类目审核结果).
    pub struct WxaCategoryAudit {
        /// `ret`: 2 refused, 3 passed.
        pub ret: Option<i64> = "ret",
        /// `first`: the id of the category.
        pub first: Option<i64> = "first",
        /// `second`: the id of the category below it.
        pub second: Option<i64> = "second",
        /// `reason`: why it was refused; may be empty.
        pub reason: SharedStr = "reason",
    }

    /// A mini-program's use of an interface for private data was reviewed (隐私接口审核结果).
    pub struct WxaPrivacyApply {
        /// `api_name`: the interface, such as `wx.choosePoi`.
        pub api_name: SharedStr = "result_info" / "api_name",
        /// `apply_time`: when it was asked for.
        pub apply_time: Option<Timestamp> = "result_info" / "apply_time",
        /// `audit_id`: the id of the review.
        pub audit_id: Option<Id> = "result_info" / "audit_id",
        /// `audit_time`: when it was reviewed.
        pub audit_time: Option<Timestamp> = "result_info" / "audit_time",
        /// `reason`: why it was refused; may be empty.
        pub reason: SharedStr = "result_info" / "reason",
        /// `status`: 2 refused, 3 passed.
        pub status: Option<i64> = "result_info" / "status",
    }

    /// A mini-program appealed against a punishment, or the appeal was decided (小程序申诉记录推送).
    ///
    /// Its elements are those of Tencent's page for open platforms; all of them are in
    /// [`Message::fields`](crate::Message::fields).
    pub struct WxaAppealRecord {
        /// `appeal_record_id`: the id of the appeal.
        pub appeal_record_id: Option<Id> = "appeal_record_id",
        /// `appid`: the mini-program's.
        pub appid: Option<SharedStr> = "appid",
        /// `appeal_time`: when it appealed.
        pub appeal_time: Option<Timestamp> = "appeal_time",
        /// `appeal_count`: how often it appealed.
        pub appeal_count: Option<i64> = "appeal_count",
        /// `appeal_from`: 0 the user, 1 the service provider.
        pub appeal_from: Option<i64> = "appeal_from",
        /// `appeal_status`: 1 being decided, 2 granted, 3 refused, 4 withdrawn.
        pub appeal_status: Option<i64> = "appeal_status",
        /// `audit_time`: when it was decided, if it was.
        pub audit_time: Option<Timestamp> = "audit_time",
        /// `audit_reason`: why it was decided so, if it was.
        pub audit_reason: Option<SharedStr> = "audit_reason",
        /// `punish_description`: what the punishment was for.
        pub punish_description: Option<SharedStr> = "punish_description",
        /// `material`
        pub material: Vec<AppealRecordMaterial> = "material",
    }

    /// One thing that broke the rules, and what the appeal says about it.
    pub struct AppealRecordMaterial {
        /// `illegal_material`
        pub illegal_material: Option<IllegalMaterial> = "illegal_material",
        /// `appeal_material`
        pub appeal_material: Option<AppealMaterial> = "appeal_material",
    }

    /// What broke the rules.
    pub struct IllegalMaterial {
        /// `content`
        pub content: Option<SharedStr> = "content",
        /// `content_url`
        pub content_url: Option<SharedStr> = "content_url",
    }

    /// A mini-program broke the rules (小程序违规记录).
    ///
    /// No page of Tencent's is known. Its elements are those of one SDK, which are the same as in the interface
    /// `getillegalrecords`; all of them are in [`Message::fields`](crate::Message::fields).
    pub struct WxaIllegalRecord {
        /// `illegal_record_id`: the id of the punishment, such as `2_11100`.
        pub illegal_record_id: Option<SharedStr> = "illegal_record_id",
        /// `appid`: the mini-program's.
        pub appid: Option<SharedStr> = "appid",
        /// `create_time`: when.
        pub create_time: Option<Timestamp> = "create_time",
        /// `illegal_reason`: why.
        pub illegal_reason: Option<SharedStr> = "illegal_reason",
        /// `illegal_content`: what broke the rules.
        pub illegal_content: Option<SharedStr> = "illegal_content",
        /// `rule_url`: where the rule is.
        pub rule_url: Option<SharedStr> = "rule_url",
        /// `rule_name`: the rule's name.
        pub rule_name: Option<SharedStr> = "rule_name",
    }

    /// Someone rated a mini-program badly (评价管理差评通知).
    ///
    /// Tencent's example shows the one element; all are in [`Message::fields`](crate::Message::fields).
    pub struct WxaCommentBadScore {
        /// `comment_id`: up to 19 digits.
        pub comment_id: Option<SharedStr> = "result" / "comment_id",
    }

    /// A parcel moved (运单轨迹更新).
    ///
    /// Its elements are those of Tencent's page; all of them are in [`Message::fields`](crate::Message::fields).
    pub struct AddExpressPath {
        /// `DeliveryID`: the express company's id, such as `SF`.
        pub delivery_id: Option<SharedStr> = "DeliveryID",
        /// `WayBillId`: the waybill's id.
        pub way_bill_id: Option<SharedStr> = "WayBillId",
        /// `OrderId`: the order's id.
        pub order_id: Option<SharedStr> = "OrderId",
        /// `Version`: the version of the track.
        pub version: Option<i64> = "Version",
        /// `Count`: how many steps the track has.
        pub count: Option<i64> = "Count",
        /// `Actions`: the steps.
        pub actions: Vec<ExpressAction> = "Actions",
    }

    /// One step of a parcel's way.
    pub struct ExpressAction {
        /// `ActionTime`: when.
        pub action_time: Option<Timestamp> = "ActionTime",
        /// `ActionType`: 100001 picked up, 100002 not picked up, 100003 courier assigned, 200001 on its way,
        /// 300002 being delivered, 300003 delivered, 300004 not delivered, 400001 cancelled, 400002 held up. Others
        /// occur.
        pub action_type: Option<i64> = "ActionType",
        /// `ActionMsg`: the step in words.
        pub action_msg: Option<SharedStr> = "ActionMsg",
        /// `Lat`: the latitude (纬度) in degrees. Not on Tencent's page; one real event has 0.
        pub lat: Option<Decimal> = "Lat",
        /// `Lng`: the longitude (经度) in degrees. Not on Tencent's page; one real event has 0.
        pub lng: Option<Decimal> = "Lng",
    }

    /// Coins that were bought in a mini-game are delivered (游戏币发货完成). It has no sender and no receiver.
    ///
    /// WeChat expects the answer `<xml><ErrCode>0</ErrCode></xml>`. Its elements are those of Tencent's page; all of
    /// them are in [`Message::fields`](crate::Message::fields).
    pub struct MinigameCoinDeliverCompleted {
        /// `Payload`: JSON, whatever the format of the event. It says who bought what.
        pub payload: Option<SharedStr> = "MiniGame" / "Payload",
        /// `PayEventSig`: the hex HMAC-SHA256 of `minigame_coin_deliver_completed&` and the payload, by the `AppKey`.
        pub pay_event_sig: Option<SharedStr> = "MiniGame" / "PayEventSig",
        /// `IsMock`: whether it is a test with random values.
        pub is_mock: Option<bool> = "MiniGame" / "IsMock",
    }

    /// A short drama was reviewed (短剧审核状态).
    pub struct SecvodAudit {
        /// `drama_id`: the drama's id.
        pub drama_id: Option<Id> = "audit_event" / "drama_id",
        /// `audit_detail`
        pub audit_detail: SecvodAuditDetail = "audit_event" / "audit_detail",
    }

    /// The review of a short drama.
    pub struct SecvodAuditDetail {
        /// `status`: 0 invalid, 1 being reviewed, 2 refused for good, 3 passed, 4 sent back.
        pub status: Option<i64> = "status",
        /// `audit_type`: 0 the first, 1 another one, 2 of new episodes, 3 of a new description.
        pub audit_type: Option<i64> = "audit_type",
        /// `create_time`: when it was asked for.
        pub create_time: Option<Timestamp> = "create_time",
        /// `audit_time`: when it was reviewed.
        pub audit_time: Option<Timestamp> = "audit_time",
    }

    /// What an appeal says.
    pub struct AppealMaterial {
        /// `reason`
        pub reason: Option<SharedStr> = "reason",
        /// `proof_material_id`: temporary materials that prove it.
        pub proof_material_id: Vec<SharedStr> = "proof_material_id",
    }
}

words! {
    /// What the check of a picture or an audio suggests.
    pub enum MediaCheckSuggestion {
        /// `pass`
        Pass = "pass",
        /// `review`: someone should look at it.
        Review = "review",
        /// `risky`
        Risky = "risky",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use crate::message::Event;

    fn event(name: &str, elements: &str) -> Event {
        let xml = format!("<xml><MsgType>event</MsgType><Event>{name}</Event>{elements}</xml>");
        Message::from_xml(&xml).expect("XML").event().expect("an event").clone()
    }

    #[test]
    fn an_appeal_keeps_all_materials_and_all_proofs() {
        let materials = "<material><illegal_material><content>1</content></illegal_material><appeal_material>\
            <reason>why</reason><proof_material_id>a</proof_material_id><proof_material_id>b</proof_material_id>\
            </appeal_material></material>\
            <material><illegal_material><content>2</content></illegal_material></material>";
        let Event::WxaAppealRecord(record) = event("wxa_appeal_record", materials) else {
            panic!("another event")
        };
        assert_eq!(record.material.len(), 2);
        let proofs =
            AppealMaterial { reason: Some("why".into()), proof_material_id: vec!["a".into(), "b".into()] };
        assert_eq!(record.material[0].appeal_material, Some(proofs));
        assert_eq!(record.material[1].appeal_material, None);
    }

    #[test]
    fn a_parcel_keeps_all_its_steps() {
        let steps = "<Actions><ActionType>100001</ActionType></Actions><Count>2</Count>\
            <Actions><ActionType>200001</ActionType></Actions>";
        let Event::AddExpressPath(path) = event("add_express_path", steps) else { panic!("another event") };
        let types: Vec<_> = path.actions.iter().map(|action| action.action_type).collect();
        assert_eq!(types, [Some(100_001), Some(200_001)]);
    }

    #[test]
    fn a_media_check_is_read_in_both_versions() {
        let first =
            "<isrisky>1</isrisky><extra_info_json></extra_info_json><status_code>4294966288</status_code>";
        let Event::WxaMediaCheck(check) = event("wxa_media_check", first) else { panic!("another event") };
        assert_eq!((check.isrisky, check.status_code), (Some(true), Some(4_294_966_288)));
        assert!(check.result.is_none() && check.detail.is_empty() && check.extra_info_json.is_none());

        let second = "<version>2</version><detail><strategy>content_model</strategy><suggest>risky</suggest></detail>\
            <detail><strategy>keyword</strategy><errcode>0</errcode></detail>";
        let Event::WxaMediaCheck(check) = event("wxa_media_check", second) else { panic!("another event") };
        let suggestions: Vec<_> = check.detail.into_iter().map(|detail| detail.suggest).collect();
        assert_eq!(suggestions, [Some(MediaCheckSuggestion::Risky), None]);
    }
}
