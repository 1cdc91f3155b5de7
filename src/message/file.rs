use super::Id;

super::elements! {
    /// A file message (文件消息). Tencent documents none; one real capture is known.
    pub struct File {
        /// `Title`: the file's name.
        pub title: String = "Title",
        /// `Description`; may be empty.
        pub description: String = "Description",
        /// `FileKey`
        pub file_key: String = "FileKey",
        /// `FileMd5`
        pub file_md5: String = "FileMd5",
        /// `FileTotalLen`: its length in bytes.
        pub file_total_len: Option<Id> = "FileTotalLen",
    }
}
