//! WeChat Store and Channels (微信小店、视频号): orders, refunds, disputes and reviews of products. They come as JSON.
//!
//! Their elements are those on which two public SDKs agree: WxJava (module channel), node-easywechat and
//! SKIT.FlurlHttpClient.Wechat. Other events of the Store are [`Event::Unknown`](super::Event::Unknown), and their
//! elements are in [`Message::fields`](crate::Message::fields).
//!
//! ```
//! use wechat_callback::message::Event;
//!
//! fn paid(event: &Event) -> Option<&str> {
//!     match event {
//!         Event::ChannelsEcOrderPay(order) => Some(&order.order_id),
//!         _ => None,
//!     }
//! }
//! # let message = wechat_callback::Message::from_xml(
//! #     "<xml><MsgType>event</MsgType><Event>channels_ec_order_pay</Event>\
//! #      <order_info><order_id>3705115058471208928</order_id></order_info></xml>",
//! # )?;
//! # assert_eq!(message.event().and_then(paid), Some("3705115058471208928"));
//! # Ok::<(), wechat_callback::XmlError>(())
//! ```

use crate::message::elements;
use crate::{SharedStr, Timestamp};

elements! {
    /// Someone ordered (订单下单).
    pub struct ChannelsEcOrderNew {
        /// `order_id`: the order's id.
        pub order_id: SharedStr = "order_info" / "order_id",
    }

    /// An order was cancelled (订单取消).
    pub struct ChannelsEcOrderCancel {
        /// `order_id`: the order's id.
        pub order_id: SharedStr = "order_info" / "order_id",
        /// `cancel_type`: 1 by the buyer, 2 not paid in time, 3 everything was refunded.
        pub cancel_type: Option<i64> = "order_info" / "cancel_type",
    }

    /// An order was paid (订单支付成功).
    pub struct ChannelsEcOrderPay {
        /// `order_id`: the order's id.
        pub order_id: SharedStr = "order_info" / "order_id",
        /// `pay_time`: when.
        pub pay_time: Option<Timestamp> = "order_info" / "pay_time",
    }

    /// An order was sent (订单发货).
    pub struct ChannelsEcOrderDeliver {
        /// `order_id`: the order's id.
        pub order_id: SharedStr = "order_info" / "order_id",
        /// `finish_delivery`: whether all of it was sent.
        pub finish_delivery: Option<bool> = "order_info" / "finish_delivery",
    }

    /// An order arrived (订单确认收货).
    pub struct ChannelsEcOrderConfirm {
        /// `order_id`: the order's id.
        pub order_id: SharedStr = "order_info" / "order_id",
        /// `confirm_type`: 1 the buyer says so, 2 nobody said otherwise in time.
        pub confirm_type: Option<i64> = "order_info" / "confirm_type",
    }

    /// An order was settled (订单结算成功).
    pub struct ChannelsEcOrderSettle {
        /// `order_id`: the order's id.
        pub order_id: SharedStr = "order_info" / "order_id",
        /// `settle_time`: when.
        pub settle_time: Option<Timestamp> = "order_info" / "settle_time",
    }

    /// Something else about an order changed (订单其他信息更新).
    pub struct ChannelsEcOrderExtInfoUpdate {
        /// `order_id`: the order's id.
        pub order_id: SharedStr = "order_info" / "order_id",
        /// `type`: 1 commission, 2 address, 3 the seller's notes, 4 the buyer asks for another address, 5 virtual phone
        /// number, 6 sharer, 7 the buyer urges to send it.
        pub update_type: Option<i64> = "order_info" / "type",
    }

    /// A refund or return moved on (售后单更新).
    pub struct ChannelsEcAftersaleUpdate {
        /// `status`: such as `MERCHANT_PROCESSING`.
        pub status: SharedStr = "finder_shop_aftersale_status_update" / "status",
        /// `after_sale_order_id`: its id.
        pub after_sale_order_id: SharedStr = "finder_shop_aftersale_status_update" / "after_sale_order_id",
        /// `order_id`: the order's id.
        pub order_id: SharedStr = "finder_shop_aftersale_status_update" / "order_id",
    }

    /// A dispute moved on (纠纷更新).
    pub struct ChannelsEcComplaintUpdate {
        /// `complaint_status`, a number: 100 the seller has to act, 101 the Store has to act, ….
        pub complaint_status: Option<i64> = "finder_shop_complaint" / "complaint_status",
        /// `complaint_id`: its id.
        pub complaint_id: SharedStr = "finder_shop_complaint" / "complaint_id",
        /// `after_sale_order_id`: the id of the refund or return.
        pub after_sale_order_id: SharedStr = "finder_shop_complaint" / "after_sale_order_id",
        /// `order_id`: the order's id.
        pub order_id: SharedStr = "finder_shop_complaint" / "order_id",
    }

    /// A product was reviewed (商品审核).
    pub struct ProductSpuAudit {
        /// `product_id`: the product's id.
        pub product_id: SharedStr = "ProductSpuAudit" / "product_id",
        /// `status`: 2 refused, 3 passed.
        pub status: Option<i64> = "ProductSpuAudit" / "status",
        /// `reason`: why it was refused; may be empty.
        pub reason: SharedStr = "ProductSpuAudit" / "reason",
    }

    /// A product went on sale or off sale (商品上下架).
    pub struct ProductSpuListing {
        /// `product_id`: the product's id.
        pub product_id: SharedStr = "ProductSpuListing" / "product_id",
        /// `status`: 5 on sale, 11 taken off by the seller, 13 by the Store. Others occur.
        pub status: Option<i64> = "ProductSpuListing" / "status",
        /// `reason`: why; may be empty.
        pub reason: SharedStr = "ProductSpuListing" / "reason",
    }
}
