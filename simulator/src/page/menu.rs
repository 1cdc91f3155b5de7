use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::menu_error::{ButtonPosition, MenuError};

/// A custom menu (自定义菜单) as in WeChat's API: up to three buttons, each with up to five sub-buttons.
///
/// ```
/// use wechat_sim::page::Menu;
///
/// let menu = Menu::from_json(r#"{"button": [
///     {"type": "click", "name": "帮助", "key": "MENU_HELP"},
///     {"name": "更多", "sub_button": [{"type": "view", "name": "官网", "url": "https://example.com/"}]}
/// ]}"#)?;
/// # Ok::<(), wechat_sim::page::MenuError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    button: Vec<Button>,
    /// Members that the simulator does not know.
    #[serde(flatten)]
    other: Map<String, Value>,
}

/// A button of a [`Menu`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Button {
    /// Its label.
    pub name: String,
    /// `click`, `view` and so on; `None` if it has sub-buttons.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The `EventKey` of its event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The URL that it opens; of a mini-program, the one for clients that cannot open it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The AppID of the mini-program that it opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appid: Option<String>,
    /// The page of the mini-program that it opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pagepath: Option<String>,
    /// Its sub-buttons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sub_button: Vec<Button>,
    /// Members that the simulator does not know.
    #[serde(flatten)]
    other: Map<String, Value>,
}

/// A menu in the answer of WeChat's `/cgi-bin/menu/get`.
#[derive(Deserialize)]
struct QueryAnswer {
    menu: Menu,
}

/// The types with a key, which is the `EventKey` of their event.
const WITH_KEY: [&str; 7] = [
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
];

const MAX_BUTTONS: usize = 3;
const MAX_SUB_BUTTONS: usize = 5;

// The longest members, in bytes of UTF-8.
const MAX_NAME: usize = 16;
const MAX_SUB_BUTTON_NAME: usize = 60;
const MAX_KEY: usize = 128;
const MAX_URL: usize = 1024;

impl Menu {
    /// Reads the JSON that WeChat's `/cgi-bin/menu/create` accepts, or the answer of `/cgi-bin/menu/get`. Members that the
    /// simulator does not know are kept.
    ///
    /// # Errors
    ///
    /// [`MenuError`] if WeChat would not accept it, or a button would not push an event.
    pub fn from_json(json: &str) -> Result<Self, MenuError> {
        let value: Value = serde_json::from_str(json).map_err(|error| MenuError::of(&error))?;
        let menu = match value.get("menu") {
            Some(_) => serde_json::from_str(json).map(|QueryAnswer { menu }| menu),
            None => serde_json::from_str(json),
        };
        let menu: Self = menu.map_err(|error| MenuError::of(&error))?;
        menu.check()?;
        Ok(menu)
    }

    /// The buttons.
    #[must_use]
    pub fn buttons(&self) -> &[Button] {
        &self.button
    }

    fn check(&self) -> Result<(), MenuError> {
        let count = self.button.len();
        if !(1..=MAX_BUTTONS).contains(&count) {
            return Err(MenuError::Buttons { count, limit: MAX_BUTTONS });
        }
        for (index, button) in self.button.iter().enumerate() {
            let at = ButtonPosition { button: index + 1, sub_button: None };
            bounded(at, "name", Some(&button.name), MAX_NAME)?;
            let count = button.sub_button.len();
            if count == 0 {
                button.check(at)?;
            }
            if count > MAX_SUB_BUTTONS {
                return Err(MenuError::SubButtons { at, count, limit: MAX_SUB_BUTTONS });
            }
            for (index, sub_button) in button.sub_button.iter().enumerate() {
                let at = ButtonPosition { sub_button: Some(index + 1), ..at };
                bounded(at, "name", Some(&sub_button.name), MAX_SUB_BUTTON_NAME)?;
                if !sub_button.sub_button.is_empty() {
                    return Err(MenuError::Nested { at });
                }
                sub_button.check(at)?;
            }
        }
        Ok(())
    }
}

/// Checks that a member is present and not too long.
fn bounded(
    at: ButtonPosition,
    member: &'static str,
    value: Option<&String>,
    limit: usize,
) -> Result<(), MenuError> {
    match value.map_or(0, String::len) {
        0 => Err(MenuError::Missing { at, member }),
        length if length > limit => Err(MenuError::TooLong { at, member, length, limit }),
        _ => Ok(()),
    }
}

impl Button {
    fn check(&self, at: ButtonPosition) -> Result<(), MenuError> {
        match self.kind.as_deref().unwrap_or_default() {
            "view" => bounded(at, "url", self.url.as_ref(), MAX_URL),
            "miniprogram" => {
                bounded(at, "appid", self.appid.as_ref(), MAX_KEY)?;
                bounded(at, "pagepath", self.pagepath.as_ref(), MAX_URL)?;
                bounded(at, "url", self.url.as_ref(), MAX_URL)
            }
            kind if WITH_KEY.contains(&kind) => bounded(at, "key", self.key.as_ref(), MAX_KEY),
            "" => Err(MenuError::Missing { at, member: "type" }),
            kind => Err(MenuError::Type { at, kind: kind.to_owned() }),
        }
    }

    fn new(name: &str, kind: &str) -> Self {
        Self { name: name.to_owned(), kind: Some(kind.to_owned()), ..Self::default() }
    }

    fn with_key(name: &str, kind: &str, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..Self::new(name, kind) }
    }
}

/// A sample with buttons of several types.
impl Default for Menu {
    fn default() -> Self {
        let site = Button { url: Some("https://example.com/".to_owned()), ..Button::new("官网", "view") };
        let more = vec![
            site,
            Button::with_key("扫一扫", "scancode_waitmsg", "MENU_SCAN"),
            Button::with_key("发位置", "location_select", "MENU_PLACE"),
        ];
        let more = Button { name: "更多".to_owned(), sub_button: more, ..Button::default() };
        let today = Button::with_key("今日", "click", "MENU_TODAY");
        let button = vec![today, more, Button::with_key("帮助", "click", "MENU_HELP")];
        Self { button, other: Map::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_a_menu_and_reads_back() {
        let json = serde_json::to_string(&Menu::default()).expect("JSON");
        assert_eq!(Menu::from_json(&json).expect("a menu"), Menu::default());
    }

    #[test]
    fn members_that_are_not_known_are_kept_and_the_answer_of_a_query_is_read() {
        let menu = r#"{"button":[{"name":"a","type":"view","url":"https://a/","note":[1]}],"matchrule":{"tag_id":"2"}}"#;
        let read = Menu::from_json(&format!(r#"{{"menu":{menu},"conditionalmenu":[]}}"#)).expect("a menu");
        assert_eq!(serde_json::to_string(&read).expect("JSON"), menu);
    }

    #[test]
    fn what_wechat_does_not_take_is_refused_and_it_is_said_where() {
        let leaf = r#"{"type":"click","name":"a","key":"k"}"#;
        let list = |count: usize| vec![leaf; count].join(",");
        let under = |sub_buttons: &str| {
            format!(r#"{{"button":[{leaf},{{"name":"a","sub_button":[{sub_buttons}]}}]}}"#)
        };
        let alone = |button: &str| format!(r#"{{"button":[{button}]}}"#);
        let long = "长".repeat(6);
        for (json, said) in [
            ("{\n  \"button\": [}".to_owned(), "line 2, column 14: not JSON"),
            (r#"{"button":[{"name":3}]}"#.to_owned(), "line 1, column 20: not what a menu has here"),
            ("{}".to_owned(), "line 1, column 2: not what a menu has here"),
            (alone(""), "0 buttons: a menu has 1 to 3"),
            (alone(&list(4)), "4 buttons: a menu has 1 to 3"),
            (under(&list(6)), "button 2: 6 sub-buttons; there can be 5"),
            (
                under(&format!(r#"{leaf},{{"name":"b","sub_button":[{leaf}]}}"#)),
                "sub-button 2 of button 2: a sub-button has no sub-buttons",
            ),
            (alone(r#"{"type":"click","name":"","key":"k"}"#), "button 1: name is missing"),
            (
                alone(&format!(r#"{{"type":"click","name":"{long}","key":"k"}}"#)),
                "button 1: name has 18 bytes; there can be 16",
            ),
            (alone(r#"{"type":"click","name":"a"}"#), "button 1: key is missing"),
            (
                alone(&format!(r#"{{"type":"click","name":"a","key":"{}"}}"#, "k".repeat(129))),
                "button 1: key has 129 bytes; there can be 128",
            ),
            (under(r#"{"name":"a"}"#), "sub-button 1 of button 2: type is missing"),
            (
                under(r#"{"type":"miniprogram","name":"a","url":"http://a/","appid":"wx1"}"#),
                "sub-button 1 of button 2: pagepath is missing",
            ),
            (
                alone(r#"{"type":"media_id","name":"a","media_id":"m"}"#),
                "button 1: the type \"media_id\" pushes no event",
            ),
        ] {
            let error = Menu::from_json(&json).expect_err(&json);
            assert_eq!(error.to_string(), said, "{json}");
            let has_chinese = error.explanation().zh.chars().any(|char| ('一'..='龥').contains(&char));
            assert!(has_chinese, "{json}");
        }
    }
}
