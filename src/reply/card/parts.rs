use super::link::{Link, RowLink};
use super::part::{Field, Inline, part, setters};

part! {
    /// Where a card comes from (`Source`).
    Source {
        /// `IconUrl`: the icon.
        icon_url: Option<String> = "IconUrl",
        /// `Desc`: the text beside it.
        desc: Option<String> = "Desc",
        /// `DescColor`: the colour of the text. 0 (the default) is grey, 1 black, 2 red, 3 green.
        desc_color: Option<u8> = "DescColor",
    }
}

impl Source {
    /// Without an icon and a text.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let source = Source::new().desc("人事");
    /// ```
    pub const fn new() -> Self {
        Self { icon_url: None, desc: None, desc_color: None }
    }
}

impl Default for Source {
    fn default() -> Self {
        Self::new()
    }
}

setters! {
    Source, "Source::new()":
    icon_url(text) = r#""https://example.com/icon.png""#,
    desc(text) = r#""人事""#,
    desc_color(number) = "2",
}

part! {
    /// A title and a text: `MainTitle`, `EmphasisContent` or an item of `VerticalContentList`.
    Heading {
        /// `Title`: the title.
        title: String = "Title",
        /// `Desc`: the text below it.
        desc: Option<String> = "Desc",
    }
}

impl Heading {
    /// A title without a text.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let heading = Heading::new("请假申请");
    /// ```
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), desc: None }
    }
}

setters! {
    Heading, r#"Heading::new("请假申请")"#:
    desc(text) = r#""三天""#,
}

part! {
    /// A text that is quoted (`QuoteArea`).
    Quote {
        /// `Type`, `Url`, `AppId` and `PagePath`: what a click opens.
        link: Option<Link> = inline,
        /// `Title`: the title.
        title: Option<String> = "Title",
        /// `QuoteText`: the text.
        quote_text: String = "QuoteText",
    }
}

impl Quote {
    /// A text without a title.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let quote = Quote::new("张三：请假三天");
    /// ```
    pub fn new(quote_text: impl Into<String>) -> Self {
        Self { link: None, title: None, quote_text: quote_text.into() }
    }
}

setters! {
    Quote, r#"Quote::new("张三：请假三天")"#:
    link(Link) = r#"Link::url("https://example.com/leave/1")"#,
    title(text) = r#""原文""#,
}

part! {
    /// A small image beside a text (`ImageTextArea`).
    ImageText {
        /// `Type`, `Url`, `AppId` and `PagePath`: what a click opens.
        link: Option<Link> = inline,
        /// `Title`: the title.
        title: Option<String> = "Title",
        /// `Desc`: the text below it.
        desc: Option<String> = "Desc",
        /// `ImageUrl`: the image.
        image_url: String = "ImageUrl",
    }
}

impl ImageText {
    /// An image without a text.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let area = ImageText::new("https://example.com/spring.png");
    /// ```
    pub fn new(image_url: impl Into<String>) -> Self {
        Self { link: None, title: None, desc: None, image_url: image_url.into() }
    }
}

setters! {
    ImageText, r#"ImageText::new("https://example.com/spring.png")"#:
    link(Link) = r#"Link::url("https://example.com/spring")"#,
    title(text) = r#""春天""#,
    desc(text) = r#""西湖边""#,
}

part! {
    /// The large image of a card (`CardImage`).
    CardImage {
        /// `Url`: the image.
        url: String = "Url",
        /// `AspectRatio`: its width by its height, a decimal over 1.3 and below 2.25. The default is 1.3.
        aspect_ratio: Option<String> = "AspectRatio",
    }
}

impl CardImage {
    /// The image `url`.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let image = CardImage::new("https://example.com/spring.png");
    /// ```
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), aspect_ratio: None }
    }
}

setters! {
    CardImage, r#"CardImage::new("https://example.com/spring.png")"#:
    aspect_ratio(text) = r#""1.5""#,
}

part! {
    /// A name and a value beside each other (an item of `HorizontalContentList`).
    Row {
        /// `KeyName`: the name.
        key_name: String = "KeyName",
        /// `Value`: the value.
        value: Option<String> = "Value",
        /// `Type`, and `Url`, `MediaId` or `UserId`: what a click opens.
        link: Option<RowLink> = inline,
    }
}

impl Row {
    /// A name without a value.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let row = Row::new("申请人").value("张三");
    /// ```
    pub fn new(key_name: impl Into<String>) -> Self {
        Self { key_name: key_name.into(), value: None, link: None }
    }
}

setters! {
    Row, r#"Row::new("申请人")"#:
    value(text) = r#""张三""#,
    link(RowLink) = r#"RowLink::Member("zhangsan".into())"#,
}

part! {
    /// A line that opens something (an item of `JumpList`).
    Jump {
        /// `Title`: what it shows.
        title: String = "Title",
        /// `Type`, `Url`, `AppId` and `PagePath`: what it opens.
        link: Option<Link> = inline,
    }
}

impl Jump {
    /// A line that opens nothing yet.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let jump = Jump::new("制度").link(Link::url("https://example.com/rules"));
    /// ```
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), link: None }
    }
}

setters! {
    Jump, r#"Jump::new("制度")"#:
    link(Link) = r#"Link::url("https://example.com/rules")"#,
}
