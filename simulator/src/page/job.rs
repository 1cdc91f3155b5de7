use crate::attack::Attack;
use crate::{Push, Wechat};

/// What is sent to the bot, with the settings of WeChat at the time of the request.
pub(super) enum Job {
    Deliver { id: u64, wechat: Wechat, push: Box<Push> },
    Attack { attack: &'static Attack, wechat: Wechat },
    Verify { wechat: Wechat },
}
