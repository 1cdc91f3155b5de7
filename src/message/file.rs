use super::Id;
use crate::SharedStr;

super::elements! {
    /// A file message (文件消息). Tencent documents none; one real capture is known.
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
    }
}
