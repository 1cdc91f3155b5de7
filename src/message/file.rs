use super::Id;
use crate::SharedStr;

super::elements! {
    /// A file message (文件消息). Tencent documents it for AI bots of WeCom (企业微信智能机器人) alone, with a `url` and nothing else; of
    /// an Official Account one real capture is known.
    pub struct File {
        /// `Title`: the file's name.
        pub title: SharedStr = "Title",
        /// `Description`; may be empty.
        pub description: SharedStr = "Description",
        /// `FileKey`
        pub file_key: SharedStr = "FileKey",
        /// `FileMd5`
        pub file_md5: SharedStr = "FileMd5",
        /// `FileTotalLen`: its length in bytes.
        pub file_total_len: Option<Id> = "FileTotalLen",
        /// `url`, to an AI bot: where the encrypted file is, for five minutes. Its name stands in the answer's
        /// `Content-Disposition` ([`media`](crate::media)).
        pub url: Option<SharedStr> = "Url",
    }
}
