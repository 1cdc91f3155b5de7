//! For a server of your own: [`Engine`] answers what WeChat sends, whatever the server.
//!
//! [`Engine::handle`] is one call for a request. The middlewares of `wechat-tower` and `wechat-actix` are built on its
//! parts, because their handlers make responses of their own: [`Engine::verify_url`] for a GET; for a POST
//! [`Callback::open`](crate::Callback::open), [`Engine::deliver`], and where the handler is to be run, [`HandlerTask::start`].

pub use crate::delivery::engine::{
    Answer, Delivery, Engine, Finished, HandlerOutput, HandlerTask, HandlerWait, OwnResponse, Passthrough,
    Response,
};
