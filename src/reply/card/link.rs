use super::part::{Field, Part, part};
use crate::SealError;
use crate::format::Writer;
use crate::reply::filled;

/// What a click opens: `Type`, and what belongs to it.
///
/// `#[non_exhaustive]`: WeCom may add others.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[must_use = "it does nothing until it is a part of a card"]
pub enum Link {
    /// A page: `Type` 1 and `Url`.
    Url(String),
    /// A mini-program: `Type` 2, and its page.
    MiniProgram(MiniProgramPage),
}

part! {
    /// A page of a mini-program that a [`Link`] opens.
    MiniProgramPage {
        /// `AppId`: the mini-program's.
        app_id: String = "AppId",
        /// `PagePath`: the page, where it is not the first.
        page_path: Option<String> = "PagePath",
    }
}

impl Link {
    /// A page.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let link = Link::url("https://example.com/leave/1");
    /// ```
    pub fn url(url: impl Into<String>) -> Self {
        Self::Url(url.into())
    }

    /// The first page of a mini-program.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let link = Link::mini_program("wx0123456789abcdef");
    /// ```
    pub fn mini_program(app_id: impl Into<String>) -> Self {
        Self::MiniProgram(MiniProgramPage { app_id: app_id.into(), page_path: None })
    }

    /// A page of a mini-program.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let link = Link::mini_program_page("wx0123456789abcdef", "/pages/leave.html?id=1");
    /// ```
    pub fn mini_program_page(app_id: impl Into<String>, page_path: impl Into<String>) -> Self {
        Self::MiniProgram(MiniProgramPage { app_id: app_id.into(), page_path: Some(page_path.into()) })
    }
}

impl Part for Link {
    fn check(&self) -> Result<(), SealError> {
        match self {
            Self::Url(url) => filled("Url", url),
            Self::MiniProgram(page) => page.check(),
        }
    }

    fn write(&self, writer: &mut Writer<'_>) {
        match self {
            Self::Url(url) => {
                writer.number("Type", 1);
                writer.text("Url", url);
            }
            Self::MiniProgram(page) => {
                writer.number("Type", 2);
                page.write(writer);
            }
        }
    }

    fn room(&self) -> usize {
        match self {
            Self::Url(url) => url.len().saturating_add(64),
            Self::MiniProgram(page) => page.room().saturating_add(16),
        }
    }
}

/// What a click on a [`Row`](super::Row) opens: `Type`, and what belongs to it.
///
/// `#[non_exhaustive]`: WeCom may add others.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[must_use = "it does nothing until it is a part of a card"]
pub enum RowLink {
    /// A page: `Type` 1 and `Url`.
    Url(String),
    /// An uploaded file: `Type` 2 and `MediaId`. The row's value is its name, with the ending.
    File(String),
    /// A member's details: `Type` 3 and `UserId`.
    Member(String),
}

impl RowLink {
    const fn parts(&self) -> (u8, &'static str, &String) {
        match self {
            Self::Url(url) => (1, "Url", url),
            Self::File(media_id) => (2, "MediaId", media_id),
            Self::Member(user_id) => (3, "UserId", user_id),
        }
    }
}

impl Part for RowLink {
    fn check(&self) -> Result<(), SealError> {
        let (_, name, value) = self.parts();
        filled(name, value)
    }

    fn write(&self, writer: &mut Writer<'_>) {
        let (number, name, value) = self.parts();
        writer.number("Type", number);
        writer.text(name, value);
    }

    fn room(&self) -> usize {
        self.parts().2.len().saturating_add(64)
    }
}

crate::message::debug_without_content!(Link, RowLink);
