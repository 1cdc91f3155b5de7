//! Changes of what users authorised (授权用户信息变更). Tencent's push account is the sender; the user is `open_id`.
//!
//! ```
//! use wechat_callback::message::Event;
//!
//! fn to_forget(event: &Event) -> Option<&str> {
//!     match event {
//!         Event::UserAuthorizationCancellation(cancellation) => cancellation.open_id.as_deref(),
//!         _ => None,
//!     }
//! }
//! # let message = wechat_callback::Message::from_xml(
//! #     "<xml><MsgType>event</MsgType><Event>user_authorization_cancellation</Event><OpenID>o1</OpenID></xml>",
//! # )?;
//! # assert_eq!(message.event().and_then(to_forget), Some("o1"));
//! # Ok::<(), wechat_callback::XmlError>(())
//! ```

use crate::SharedStr;
use crate::message::elements;

elements! {
    /// Tencent cleaned up risky data of a user who had authorised the account (授权用户资料变更).
    pub struct UserInfoModified {
        /// `OpenID`: the user. Real events lack it at times.
        pub open_id: Option<SharedStr> = "OpenID",
        /// `AppID`: the account's.
        pub app_id: SharedStr = "AppID",
        /// `UnionID`: the user's id across the accounts of one owner.
        pub union_id: Option<SharedStr> = "UnionID",
        /// `PluginID`: the mini-program's plug-in, if the event is about one.
        pub plugin_id: Option<SharedStr> = "PluginID",
        /// `OpenPID`: the user's id for that plug-in.
        pub open_pid: Option<SharedStr> = "OpenPID",
    }

    /// A user revoked an authorisation (授权用户资料撤回). Tencent asks for the deletion of their data.
    pub struct UserAuthorizationRevoke {
        /// `OpenID`: the user.
        pub open_id: Option<SharedStr> = "OpenID",
        /// `AppID`: the account's.
        pub app_id: SharedStr = "AppID",
        /// `RevokeInfo`: what they revoked, as a code. Its meaning depends on what the account is.
        ///
        /// Official Accounts and H5 pages: 201 address, 202 invoice, 203 cards, 204 microphone, 205 nickname
        /// and avatar, 206 location, 207 chosen images and videos. (WeChat's own example for them says 1.)
        ///
        /// Mobile apps and websites: 301 everything.
        ///
        /// Mini-programs: 1 number plate, 2 address, 3 invoice, 4 Bluetooth, 5 microphone, 6 nickname and
        /// avatar, 7 camera, 8 phone number, 12 steps, 13 location, 14 chosen images and videos, 15 chosen
        /// files, 16 e-mail, 18 chosen place, 19 nickname input, 20 avatar component.
        pub revoke_info: Option<SharedStr> = "RevokeInfo",
        /// `UnionID`: the user's id across the accounts of one owner.
        pub union_id: Option<SharedStr> = "UnionID",
        /// `PluginID`: the mini-program's plug-in, if the event is about one.
        pub plugin_id: Option<SharedStr> = "PluginID",
        /// `OpenPID`: the user's id for that plug-in.
        pub open_pid: Option<SharedStr> = "OpenPID",
    }

    /// A user who had authorised the account closed their own account (授权用户完成注销). Their data must be deleted as the
    /// law requires.
    pub struct UserAuthorizationCancellation {
        /// `OpenID`: the user.
        pub open_id: Option<SharedStr> = "OpenID",
        /// `AppID`: the account's.
        pub app_id: SharedStr = "AppID",
        /// `UnionID`: the user's id across the accounts of one owner.
        pub union_id: Option<SharedStr> = "UnionID",
        /// `PluginID`: the mini-program's plug-in, if the event is about one.
        pub plugin_id: Option<SharedStr> = "PluginID",
        /// `OpenPID`: the user's id for that plug-in.
        pub open_pid: Option<SharedStr> = "OpenPID",
    }
}
