//! Electronic invoices (微信电子发票).
//!
//! ```
//! use wechat_callback::message::Event;
//!
//! fn tax_number(event: &Event) -> Option<&str> {
//!     match event {
//!         Event::SubmitInvoiceTitle(title) => Some(&title.tax_no),
//!         _ => None,
//!     }
//! }
//! # let message = wechat_callback::Message::from_xml(
//! #     "<xml><MsgType>event</MsgType><Event>submit_invoice_title</Event><tax_no>7</tax_no></xml>",
//! # )?;
//! # assert_eq!(message.event().and_then(tax_number), Some("7"));
//! # Ok::<(), wechat_callback::XmlError>(())
//! ```

use crate::SharedStr;
use crate::message::elements;

elements! {
    /// The authorisation of an invoice succeeded or failed (收取授权完成).
    pub struct UserAuthorizeInvoice {
        /// `SuccOrderId`: the order that the user authorised; empty where that failed.
        pub succ_order_id: SharedStr = "SuccOrderId",
        /// `FailOrderId`: the order whose authorisation failed; empty where none did.
        pub fail_order_id: SharedStr = "FailOrderId",
        /// `AppId`: the account that the event is for. WeChat writes this or `AuthorizeAppId`.
        pub app_id: Option<SharedStr> = "AppId",
        /// `AuthorizeAppId`: the account that got the link to the page. WeChat writes this or `AppId`.
        pub authorize_app_id: Option<SharedStr> = "AuthorizeAppId",
        /// `Source`: where the user was asked; `web` (the account), `app`, `wxa` (a mini-program), `wap` (H5).
        pub source: SharedStr = "Source",
    }

    /// The reimbursement status of an invoice changed (发票状态更新).
    pub struct UpdateInvoiceStatus {
        /// `Status` of the reimbursement, such as `INVOICE_REIMBURSE_INIT`.
        pub status: SharedStr = "Status",
        /// `CardId`: the kind of invoice.
        pub card_id: SharedStr = "CardId",
        /// `Code`: the number of this one invoice.
        pub code: SharedStr = "Code",
    }

    /// Someone submitted the title of an invoice (用户提交发票抬头).
    pub struct SubmitInvoiceTitle {
        /// `title`: the name on the invoice (抬头).
        pub title: SharedStr = "title",
        /// `tax_no`: the taxpayer's number (税号).
        pub tax_no: SharedStr = "tax_no",
        /// `addr`: the address.
        pub addr: SharedStr = "addr",
        /// `phone`
        pub phone: SharedStr = "phone",
        /// `bank_type`: the bank.
        pub bank_type: SharedStr = "bank_type",
        /// `bank_no`: the number of the account there.
        pub bank_no: SharedStr = "bank_no",
        /// `attach`: a text of the owner's choice.
        pub attach: SharedStr = "attach",
        /// `title_type`: `InvoiceUserTitlePersonType` or `InvoiceUserTitleBusinessType`.
        pub title_type: SharedStr = "title_type",
    }

    /// An invoice was issued, or could not be (统一开票接口的开票结果).
    pub struct CloudInvoiceInvoiceResult {
        /// `fpqqlsh`: the number of the request (发票请求流水号).
        pub fpqqlsh: SharedStr = "fpqqlsh",
        /// `status`: the result, a number.
        pub status: Option<i64> = "status",
        /// `nsrsbh`: the taxpayer's number (纳税人识别号).
        pub nsrsbh: SharedStr = "nsrsbh",
    }
}
