use super::values::words;
use crate::SharedStr;

super::elements! {
    /// Where a user writes to an AI bot of WeCom (企业微信智能机器人): alone, or in a group.
    pub struct Chat {
        /// `chatid`: the group's id. A chat with one user has none.
        pub id: Option<SharedStr> = "chatid",
        /// `chattype`
        pub chat_type: ChatType = "chattype",
    }
}

words! {
    /// Who is in a chat.
    pub enum ChatType {
        /// `single`: the user alone.
        Single = "single",
        /// `group`: a group of members of the company.
        Group = "group",
    }
}
