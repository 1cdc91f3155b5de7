use super::part::{Field, part, setters};

part! {
    /// The menu in the corner of a card (`ActionMenu`).
    ActionMenu {
        /// `Desc`: what the menu is for.
        desc: Option<String> = "Desc",
        /// `ActionList`: its one to three items. A click on one is the event `template_card_menu_event`.
        action_list: Vec<Action> = "ActionList",
    }
}

impl ActionMenu {
    /// A menu of these items.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let menu = ActionMenu::new([Action::new("不再提醒", "mute")]);
    /// ```
    pub fn new(action_list: impl IntoIterator<Item = Action>) -> Self {
        Self { desc: None, action_list: action_list.into_iter().collect() }
    }
}

setters! {
    ActionMenu, r#"ActionMenu::new([Action::new("不再提醒", "mute")])"#:
    desc(text) = r#""提醒""#,
}

part! {
    /// Something to click: an item of an [`ActionMenu`], or the `SubmitButton`.
    Action {
        /// `Text`: what it shows.
        text: String = "Text",
        /// `Key`: what the event says (`EventKey`).
        key: String = "Key",
    }
}

impl Action {
    /// It shows `text`, and the event says `key`.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let submit = Action::new("提交", "submit");
    /// ```
    pub fn new(text: impl Into<String>, key: impl Into<String>) -> Self {
        Self { text: text.into(), key: key.into() }
    }
}

part! {
    /// A choice of one (`ButtonSelection`, or an item of `SelectList`).
    Select {
        /// `QuestionKey`: what the event says, different for each choice of a card.
        question_key: String = "QuestionKey",
        /// `Title`: the title beside it.
        title: Option<String> = "Title",
        /// `OptionList`: up to ten options.
        option_list: Vec<Choice> = "OptionList",
        /// `SelectedId`: the option that is chosen before.
        selected_id: Option<String> = "SelectedId",
        /// `Disable`: whether it cannot be changed.
        disable: bool = "Disable",
    }
}

impl Select {
    /// A choice of these options.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let select = Select::new("lunch", [Choice::new("rice", "米饭"), Choice::new("noodles", "面条")]);
    /// ```
    pub fn new(question_key: impl Into<String>, option_list: impl IntoIterator<Item = Choice>) -> Self {
        Self {
            question_key: question_key.into(),
            title: None,
            option_list: option_list.into_iter().collect(),
            selected_id: None,
            disable: false,
        }
    }
}

setters! {
    Select, r#"Select::new("lunch", [Choice::new("rice", "米饭")])"#:
    title(text) = r#""午饭""#,
    selected_id(text) = r#""rice""#,
    disable(flag) = "true",
}

part! {
    /// An option of a [`Select`] or a [`CheckBox`].
    Choice {
        /// `Id`: what the event says.
        id: String = "Id",
        /// `Text`: what it shows.
        text: String = "Text",
        /// `IsChecked`: whether it is chosen before. Of a `CheckBox` only.
        is_checked: bool = "IsChecked",
    }
}

impl Choice {
    /// It shows `text`, and the event says `id`.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let choice = Choice::new("rice", "米饭");
    /// ```
    pub fn new(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self { id: id.into(), text: text.into(), is_checked: false }
    }
}

setters! {
    Choice, r#"Choice::new("rice", "米饭")"#:
    is_checked(flag) = "true",
}

part! {
    /// A button (an item of `ButtonList`).
    Button {
        /// `Text`: what it shows.
        text: String = "Text",
        /// `Style`: how it looks, 1 (the default) to 4.
        style: Option<u8> = "Style",
        /// `Key`: what the event says (`EventKey`).
        key: String = "Key",
    }
}

impl Button {
    /// It shows `text`, and the event says `key`.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let button = Button::new("同意", "agree");
    /// ```
    pub fn new(text: impl Into<String>, key: impl Into<String>) -> Self {
        Self { text: text.into(), style: None, key: key.into() }
    }
}

setters! {
    Button, r#"Button::new("同意", "agree")"#:
    style(number) = "2",
}

part! {
    /// What is voted on (`CheckBox`).
    CheckBox {
        /// `QuestionKey`: what the event says.
        question_key: String = "QuestionKey",
        /// `OptionList`: up to twenty options.
        option_list: Vec<Choice> = "OptionList",
        /// `Disable`: whether it cannot be changed.
        disable: bool = "Disable",
        /// `Mode`: 0 (the default) for one choice, 1 for several.
        mode: Option<u8> = "Mode",
    }
}

impl CheckBox {
    /// A vote on these options.
    ///
    /// ```
    /// # use wechat_callback::reply::card::*;
    /// let vote = CheckBox::new("lunch", [Choice::new("rice", "米饭"), Choice::new("noodles", "面条")]);
    /// ```
    pub fn new(question_key: impl Into<String>, option_list: impl IntoIterator<Item = Choice>) -> Self {
        Self {
            question_key: question_key.into(),
            option_list: option_list.into_iter().collect(),
            disable: false,
            mode: None,
        }
    }
}

setters! {
    CheckBox, r#"CheckBox::new("lunch", [Choice::new("rice", "米饭")])"#:
    disable(flag) = "true",
    mode(number) = "1",
}
