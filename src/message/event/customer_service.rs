//! Customer service (客服): who talks to the user. These events are no longer in WeChat's pages.
//!
//! ```
//! use wechat_callback::message::Event;
//!
//! fn agent(event: &Event) -> Option<&str> {
//!     match event {
//!         Event::KfCreateSession(session) => Some(&session.kf_account),
//!         Event::KfSwitchSession(session) => Some(&session.to_kf_account),
//!         _ => None,
//!     }
//! }
//! # let message = wechat_callback::Message::from_xml(
//! #     "<xml><MsgType>event</MsgType><Event>kf_create_session</Event><KfAccount>a@b</KfAccount></xml>",
//! # )?;
//! # assert_eq!(message.event().and_then(agent), Some("a@b"));
//! # Ok::<(), wechat_callback::XmlError>(())
//! ```

use crate::SharedStr;
use crate::message::elements;

elements! {
    /// A session with an agent began (接入会话).
    pub struct KfCreateSession {
        /// `KfAccount`: the agent's account, `name@account`.
        pub kf_account: SharedStr = "KfAccount",
    }

    /// A session with an agent ended (关闭会话).
    pub struct KfCloseSession {
        /// `KfAccount`: the agent's account, `name@account`.
        pub kf_account: SharedStr = "KfAccount",
    }

    /// A session went from one agent to another (转接会话).
    pub struct KfSwitchSession {
        /// `FromKfAccount`: the agent who had it.
        pub from_kf_account: SharedStr = "FromKfAccount",
        /// `ToKfAccount`: the agent who has it now.
        pub to_kf_account: SharedStr = "ToKfAccount",
    }
}
