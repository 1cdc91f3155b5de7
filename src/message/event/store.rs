//! Stores (门店): what a review decided.
//!
//! ```
//! use wechat_callback::message::Event;
//! use wechat_callback::message::event::PoiCheckResult;
//!
//! fn refused(event: &Event) -> Option<&str> {
//!     match event {
//!         Event::PoiCheckNotify(check) if check.result == PoiCheckResult::Fail => Some(&check.msg),
//!         _ => None,
//!     }
//! }
//! # let message = wechat_callback::Message::from_xml(
//! #     "<xml><MsgType>event</MsgType><Event>poi_check_notify</Event><Result>fail</Result><msg>why</msg></xml>",
//! # )?;
//! # assert_eq!(message.event().and_then(refused), Some("why"));
//! # Ok::<(), wechat_callback::XmlError>(())
//! ```

use crate::SharedStr;
use crate::message::values::words;
use crate::message::{Decimal, Id, elements};

elements! {
    /// A store was reviewed (门店审核结果).
    pub struct PoiCheckNotify {
        /// `UniqId`: the account's own id of the store, the `sid` that it was created with.
        pub uniq_id: SharedStr = "UniqId",
        /// `PoiId`: WeChat's id of the store.
        pub poi_id: SharedStr = "PoiId",
        /// `Result`
        pub result: PoiCheckResult = "Result",
        /// `Msg`: why it failed; may be empty.
        pub msg: SharedStr = "Msg",
    }

    /// A store mini-program was reviewed (门店小程序审核结果).
    pub struct ApplyMerchantAuditInfo {
        /// `audit_id`: the id of the review.
        pub audit_id: Option<Id> = "audit_id",
        /// `status`: 1 passed, 2 being reviewed, 3 failed, 4 refused by the administrator.
        pub status: Option<i64> = "status",
        /// `reason`: why it failed; may be empty.
        pub reason: SharedStr = "reason",
    }

    /// The pictures of a store were reviewed (修改门店图片的审核结果).
    pub struct ModifyStoreAuditInfo {
        /// `audit_id`: the id of the review.
        pub audit_id: Option<Id> = "audit_id",
        /// `status`: 1 passed, 3 failed.
        pub status: Option<i64> = "status",
        /// `reason`: why it failed; may be empty.
        pub reason: SharedStr = "reason",
    }

    /// A store of a store mini-program was reviewed (创建门店的审核结果).
    pub struct AddStoreAuditInfo {
        /// `audit_id`: the id of the review.
        pub audit_id: Option<Id> = "audit_id",
        /// `status`: 1 passed, 3 failed.
        pub status: Option<i64> = "status",
        /// `reason`: why it failed; may be empty.
        pub reason: SharedStr = "reason",
        /// `is_upgrade`: whether an old store was upgraded. It is often empty, and no list of values is known.
        pub is_upgrade: Option<i64> = "is_upgrade",
        /// `poiid`: WeChat's id of the store.
        pub poiid: Option<Id> = "poiid",
    }

    /// A store that was created in Tencent Maps was reviewed (腾讯地图中创建门店的审核结果).
    pub struct CreateMapPoiAuditInfo {
        /// `audit_id`: the id of the review, the `base_id` that creating the store returned.
        pub audit_id: Option<Id> = "audit_id",
        /// `status`. Sources disagree on its values, and real events have it empty.
        pub status: Option<i64> = "status",
        /// `map_poi_id`: the place's id in Tencent Maps, up to 19 digits.
        pub map_poi_id: SharedStr = "map_poi_id",
        /// `name`: the store's.
        pub name: SharedStr = "name",
        /// `address`: the store's.
        pub address: SharedStr = "address",
        /// `latitude` (纬度) in degrees.
        pub latitude: Decimal = "latitude",
        /// `longitude` (经度) in degrees.
        pub longitude: Decimal = "longitude",
        /// `sh_remark`: a remark; may be empty.
        pub sh_remark: SharedStr = "sh_remark",
    }
}

words! {
    /// Whether a store passed its review.
    pub enum PoiCheckResult {
        /// `succ`
        Succ = "succ",
        /// `fail`
        Fail = "fail",
    }
}
