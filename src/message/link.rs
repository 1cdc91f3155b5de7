super::elements! {
    /// A link message (链接消息), such as an article that the user sends on.
    pub struct Link {
        /// `Title`
        pub title: String = "Title",
        /// `Description`; may be empty.
        pub description: String = "Description",
        /// `Url`
        pub url: String = "Url",
    }
}
