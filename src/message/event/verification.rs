//! Verification of the account (微信认证). A system account of Tencent's is the sender.
//!
//! ```
//! use wechat_callback::message::Event;
//!
//! fn expires(event: &Event) -> Option<wechat_callback::Timestamp> {
//!     match event {
//!         Event::VerifyExpired(expired) => expired.expired_time,
//!         _ => None,
//!     }
//! }
//! # let message = wechat_callback::Message::from_xml(
//! #     "<xml><MsgType>event</MsgType><Event>verify_expired</Event><ExpiredTime>7</ExpiredTime></xml>",
//! # )?;
//! # assert_eq!(message.event().and_then(expires), Some(wechat_callback::Timestamp::from_secs(7)));
//! # Ok::<(), wechat_callback::XmlError>(())
//! ```

use crate::SharedStr;
use crate::Timestamp;
use crate::message::elements;

elements! {
    /// The qualification was verified (资质认证成功): from now on the account may call its APIs.
    pub struct QualificationVerifySuccess {
        /// `ExpiredTime`: until when the verification is valid.
        pub expired_time: Option<Timestamp> = "ExpiredTime",
    }

    /// The qualification was not verified (资质认证失败).
    pub struct QualificationVerifyFail {
        /// `FailTime`: when it failed.
        pub fail_time: Option<Timestamp> = "FailTime",
        /// `FailReason`: why it failed.
        pub fail_reason: SharedStr = "FailReason",
    }

    /// The name was verified (名称认证成功), after the qualification.
    pub struct NamingVerifySuccess {
        /// `ExpiredTime`: until when the verification is valid.
        pub expired_time: Option<Timestamp> = "ExpiredTime",
    }

    /// The name was not verified (名称认证失败). The account keeps its APIs.
    pub struct NamingVerifyFail {
        /// `FailTime`: when it failed.
        pub fail_time: Option<Timestamp> = "FailTime",
        /// `FailReason`: why it failed.
        pub fail_reason: SharedStr = "FailReason",
    }

    /// The verification is due to be renewed (年审通知).
    pub struct AnnualRenew {
        /// `ExpiredTime`: until when the verification is valid.
        pub expired_time: Option<Timestamp> = "ExpiredTime",
    }

    /// The verification has expired (认证过期失效通知).
    pub struct VerifyExpired {
        /// `ExpiredTime`: until when the verification was valid.
        pub expired_time: Option<Timestamp> = "ExpiredTime",
    }
}
