//! A sender that keeps what it is handed.

use std::sync::{Arc, Mutex};

use wechat_callback::Reply;
use wechat_callback::late_reply::{Recipient, ReplySender, SendError};

#[derive(Clone, Default)]
pub struct Sender(pub Arc<Mutex<Vec<Reply>>>);

#[async_trait::async_trait]
impl ReplySender for Sender {
    async fn send(&self, _: &Recipient, reply: &Reply) -> Result<(), SendError> {
        self.0.lock().expect("not poisoned").push(reply.clone());
        Ok(())
    }
}
