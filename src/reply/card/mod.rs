//! The template card (模板卡片) of an [`UpdateTemplateCardReply`](super::UpdateTemplateCardReply), and of a
//! [`TemplateCardReply`](super::TemplateCardReply).
//!
//! A card has one of five kinds, each with a constructor of [`TemplateCard`]. Parts are types of this module; what WeCom
//! demands of a part is an argument of its `new`, and everything is a public field.
//!
//! ```
//! use wechat_callback::reply::card::{Button, Heading, Row, RowLink, Source, TemplateCard};
//!
//! let card = TemplateCard::button_interaction()
//!     .source(Source::new().desc("人事"))
//!     .main_title(Heading::new("请假申请").desc("三天"))
//!     .horizontal_content_list([
//!         Row::new("申请人").value("张三").link(RowLink::Member("zhangsan".into())),
//!         Row::new("附件").value("病假单.pdf").link(RowLink::File("MEDIA_ID".into())),
//!     ])
//!     .task_id("leave-1")
//!     .button_list([Button::new("已同意", "agreed")])
//!     .replace_text("已处理");
//! ```
//!
//! # What the spelling rests on
//!
//! Tencent's page on passive replies (被动回复消息格式, path 90241) has the five kinds of card, but its tables of elements were
//! not at hand. The names and their nesting are those that another SDK tests for each kind (shenghui0779/sdk-go,
//! `corp/message`). What its tests lack (`TaskId`, a mini-program's page, a file, a member) is spelled as in the JSON of
//! `message/send`, with the capitals of XML. No reply was tried against WeCom.
//!
//! An AI bot writes the same parts as JSON: in lower case with underscores (`CardType` is `card_type`), but for `appid`,
//! `checkbox`, `keyname`, `pagepath` and `userid`. So spell them WeCom's JSON of `message/send`, and public bots (their
//! types in TypeScript and Go).
//!
//! Which parts belong to which kind of card stands in the docs of each part. That is not checked, and neither are WeCom's
//! counts of items, because what happens past them is not documented. An element that has no method here is added as a name
//! and a text, with [`TemplateCard::element`].

mod controls;
mod link;
mod part;
mod parts;

use crate::SealError;
use crate::format::Writer;

pub use controls::{Action, ActionMenu, Button, CheckBox, Choice, Select};
pub use link::{Link, MiniProgramPage, RowLink};
pub use part::Element;
use part::{Field, Part, part, setters};
pub use parts::{CardImage, Heading, ImageText, Jump, Quote, Row, Source};

part! {
    /// A template card: what each kind of card may have, in WeCom's order.
    TemplateCard {
        /// `CardType`: the kind of card.
        card_type: String = "CardType",
        /// `Source`: where the card comes from, above its title. All kinds.
        source: Option<Source> = "Source",
        /// `ActionMenu`: the menu in the corner. All kinds but votes and choices; it needs a `task_id`.
        action_menu: Option<ActionMenu> = "ActionMenu",
        /// `TaskId`: what the event of a click says, up to 128 bytes of digits, letters and `_-@`, different for each card
        /// of an app.
        task_id: Option<String> = "TaskId",
        /// `MainTitle`: the title. All kinds; a text notice has this or `sub_title_text`.
        main_title: Option<Heading> = "MainTitle",
        /// `QuoteArea`: a text that is quoted. Notices and cards with buttons.
        quote_area: Option<Quote> = "QuoteArea",
        /// `EmphasisContent`: the figure that matters. Text notices.
        emphasis_content: Option<Heading> = "EmphasisContent",
        /// `SubTitleText`: the text below the title. Text notices, and cards with buttons.
        sub_title_text: Option<String> = "SubTitleText",
        /// `ImageTextArea`: a small image beside a text. News notices.
        image_text_area: Option<ImageText> = "ImageTextArea",
        /// `CardImage`: the large image. News notices, which have this or `image_text_area`.
        card_image: Option<CardImage> = "CardImage",
        /// `VerticalContentList`: up to four texts below each other. News notices.
        vertical_content_list: Vec<Heading> = "VerticalContentList",
        /// `HorizontalContentList`: up to six rows of a name and a value. Notices and cards with buttons.
        horizontal_content_list: Vec<Row> = "HorizontalContentList",
        /// `JumpList`: up to three lines that open something. Notices.
        jump_list: Vec<Jump> = "JumpList",
        /// `CardAction`: what a click on the card opens. Notices, which must have it, and cards with buttons.
        card_action: Option<Link> = "CardAction",
        /// `ButtonSelection`: a choice above the buttons. Cards with buttons.
        button_selection: Option<Select> = "ButtonSelection",
        /// `ButtonList`: up to six buttons. Cards with buttons, which must have it.
        button_list: Vec<Button> = "ButtonList",
        /// `CheckBox`: what is voted on. Votes, which must have it.
        check_box: Option<CheckBox> = "CheckBox",
        /// `SelectList`: up to three choices. Choices, which must have it.
        select_list: Vec<Select> = "SelectList",
        /// `SubmitButton`: the button that sends a vote or the choices. Both must have it.
        submit_button: Option<Action> = "SubmitButton",
        /// `ReplaceText`: what the button shows in place of its text. With it, it cannot be clicked.
        replace_text: Option<String> = "ReplaceText",
        /// Elements that have no field here.
        more: Vec<Element> = "",
    }
}

impl TemplateCard {
    /// A notice of texts (文本通知型), `text_notice`.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let card = TemplateCard::text_notice().main_title(Heading::new("请假申请"));
    /// ```
    pub fn text_notice() -> Self {
        Self::new("text_notice")
    }

    /// A notice with an image (图文展示型), `news_notice`.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let card = TemplateCard::news_notice().card_image(CardImage::new("https://example.com/spring.png"));
    /// ```
    pub fn news_notice() -> Self {
        Self::new("news_notice")
    }

    /// A card with buttons (按钮交互型), `button_interaction`.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let card = TemplateCard::button_interaction().button_list([Button::new("同意", "agree")]);
    /// ```
    pub fn button_interaction() -> Self {
        Self::new("button_interaction")
    }

    /// A vote (投票选择型), `vote_interaction`.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let card = TemplateCard::vote_interaction()
    ///     .check_box(CheckBox::new("lunch", [Choice::new("rice", "米饭"), Choice::new("noodles", "面条")]))
    ///     .submit_button(Action::new("提交", "submit"));
    /// ```
    pub fn vote_interaction() -> Self {
        Self::new("vote_interaction")
    }

    /// A card with choices (多项选择型), `multiple_interaction`.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let card = TemplateCard::multiple_interaction()
    ///     .select_list([Select::new("lunch", [Choice::new("rice", "米饭"), Choice::new("noodles", "面条")])])
    ///     .submit_button(Action::new("提交", "submit"));
    /// ```
    pub fn multiple_interaction() -> Self {
        Self::new("multiple_interaction")
    }

    /// A card of another kind, or of one that is not known before: `card_type` is what `CardType` holds.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let card = TemplateCard::new("text_notice");
    /// assert!(card == TemplateCard::text_notice());
    /// ```
    pub fn new(card_type: impl Into<String>) -> Self {
        Self {
            card_type: card_type.into(),
            source: None,
            action_menu: None,
            task_id: None,
            main_title: None,
            quote_area: None,
            emphasis_content: None,
            sub_title_text: None,
            image_text_area: None,
            card_image: None,
            vertical_content_list: Vec::new(),
            horizontal_content_list: Vec::new(),
            jump_list: Vec::new(),
            card_action: None,
            button_selection: None,
            button_list: Vec::new(),
            check_box: None,
            select_list: Vec::new(),
            submit_button: None,
            replace_text: None,
            more: Vec::new(),
        }
    }

    /// Adds an element that has no method here. A name of other than ASCII letters and digits is a [`SealError`].
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let card = TemplateCard::text_notice().element("Footer", "二〇二六年");
    /// assert_eq!(card.more.len(), 1);
    /// ```
    pub fn element(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.more.push(Element { name: name.into(), text: text.into() });
        self
    }

    pub(super) fn check(&self) -> Result<(), SealError> {
        Part::check(self)
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        self.write_with(writer, |_| ());
    }

    /// With what `more` writes behind its own elements.
    pub(super) fn write_with(&self, writer: &mut Writer<'_>, more: impl FnOnce(&mut Writer<'_>)) {
        writer.element("TemplateCard", |writer| {
            Part::write(self, writer);
            more(writer);
        });
    }

    pub(super) fn room(&self) -> usize {
        Part::room(self).saturating_add(64)
    }
}

setters! {
    TemplateCard, "TemplateCard::text_notice()":
    source(Source) = r#"Source::new().desc("人事")"#,
    action_menu(ActionMenu) = r#"ActionMenu::new([Action::new("不再提醒", "mute")])"#,
    task_id(text) = r#""leave-1""#,
    main_title(Heading) = r#"Heading::new("请假申请")"#,
    quote_area(Quote) = r#"Quote::new("张三：请假三天")"#,
    emphasis_content(Heading) = r#"Heading::new("3").desc("天")"#,
    sub_title_text(text) = r#""已同意""#,
    image_text_area(ImageText) = r#"ImageText::new("https://example.com/spring.png")"#,
    card_image(CardImage) = r#"CardImage::new("https://example.com/spring.png")"#,
    vertical_content_list(list Heading) = r#"[Heading::new("春天").desc("西湖边")]"#,
    horizontal_content_list(list Row) = r#"[Row::new("申请人").value("张三")]"#,
    jump_list(list Jump) = r#"[Jump::new("制度").link(Link::url("https://example.com/rules"))]"#,
    card_action(Link) = r#"Link::url("https://example.com/leave/1")"#,
    button_selection(Select) = r#"Select::new("reason", [Choice::new("ill", "病假")])"#,
    button_list(list Button) = r#"[Button::new("同意", "agree")]"#,
    check_box(CheckBox) = r#"CheckBox::new("lunch", [Choice::new("rice", "米饭")])"#,
    select_list(list Select) = r#"[Select::new("lunch", [Choice::new("rice", "米饭")])]"#,
    submit_button(Action) = r#"Action::new("提交", "submit")"#,
    replace_text(text) = r#""已提交""#,
}
