use super::SealError;
use super::{ReplyContent, filled};
use crate::channel::{Channel, PushKind, ReplyTo};
use crate::format::Writer;

/// Since 2018-10-12 an Official Account may answer a user's message with one article only.
const MAX_TO_MESSAGE: usize = 1;
const MAX: usize = 8;

/// A news reply (回复图文消息): articles that open in WeChat's browser.
///
/// It has one to eight articles, and exactly one where an Official Account answers a user's message. Any other number is
/// a [`SealError`], and so is an article without a link.
///
/// `#[non_exhaustive]`: WeChat may add parts.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
#[must_use = "a reply does nothing until it is returned from a handler or sealed"]
pub struct NewsReply {
    /// `Articles`, in the order in which they are shown.
    pub articles: Vec<Article>,
}

impl NewsReply {
    /// Shows `articles`.
    ///
    /// ```
    /// # use wechat_callback::{Article, NewsReply};
    /// let reply = NewsReply::new([Article::new("春天", "https://example.com/spring")]);
    /// ```
    pub fn new(articles: impl IntoIterator<Item = Article>) -> Self {
        Self { articles: articles.into_iter().collect() }
    }
}

impl From<Article> for NewsReply {
    fn from(article: Article) -> Self {
        Self::new([article])
    }
}

/// One article of a [`NewsReply`].
///
/// `#[non_exhaustive]`: WeChat may add parts.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
#[must_use = "an article does nothing until it is put into a NewsReply"]
pub struct Article {
    /// `Title`: its title.
    pub title: String,
    /// `Description`: the text below the title; may be empty.
    pub description: String,
    /// `PicUrl`: the picture; may be empty.
    pub pic_url: String,
    /// `Url`: what it opens.
    pub url: String,
}

impl Article {
    /// An article that opens `url`.
    ///
    /// ```
    /// # use wechat_callback::Article;
    /// let article = Article::new("春天", "https://example.com/spring");
    /// ```
    pub fn new(title: impl Into<String>, url: impl Into<String>) -> Self {
        Self { title: title.into(), description: String::new(), pic_url: String::new(), url: url.into() }
    }

    /// The text below the title.
    ///
    /// ```
    /// # use wechat_callback::Article;
    /// let article = Article::new("春天", "https://example.com/spring").description("西湖边");
    /// ```
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// The picture: JPG or PNG, 360×200 pixels for the first article, 200×200 for the others.
    ///
    /// ```
    /// # use wechat_callback::Article;
    /// let article = Article::new("春天", "https://example.com/spring").pic_url("https://example.com/spring.png");
    /// ```
    pub fn pic_url(mut self, url: impl Into<String>) -> Self {
        self.pic_url = url.into();
        self
    }
}

crate::message::debug_without_content!(Article);

impl ReplyContent for NewsReply {
    fn kind(&self) -> &'static str {
        "news"
    }

    fn is_for(&self, channel: Channel) -> bool {
        channel != Channel::MiniProgram
    }

    fn check(&self, to: ReplyTo) -> Result<(), SealError> {
        let is_single = to.channel == Channel::OfficialAccount && to.push != PushKind::Event;
        let limit = if is_single { MAX_TO_MESSAGE } else { MAX };
        match self.articles.len() {
            0 => Err(SealError::NewsEmpty),
            count if count > limit => Err(SealError::NewsTooMany { count, limit }),
            _ => self.articles.iter().try_for_each(|article| filled("Url", &article.url)),
        }
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.number("ArticleCount", self.articles.len());
        writer.element("Articles", |writer| {
            for article in &self.articles {
                writer.element("item", |writer| {
                    writer.text("Title", &article.title);
                    writer.text("Description", &article.description);
                    writer.text("PicUrl", &article.pic_url);
                    writer.text("Url", &article.url);
                });
            }
        });
    }

    fn room(&self) -> usize {
        let texts = |a: &Article| a.title.len() + a.description.len() + a.pic_url.len() + a.url.len() + 144;
        self.articles.iter().map(texts).sum::<usize>() + 64
    }
}
