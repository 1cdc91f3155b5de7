use serde::{Deserialize, Serialize};

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
    /// The URL that it opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The page of the mini-program that it opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pagepath: Option<String>,
    /// Its sub-buttons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sub_button: Vec<Button>,
}

/// Why a menu is not valid.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MenuError {
    /// It is not the JSON of a menu.
    #[error("not a menu's JSON: {0}")]
    Json(String),
    /// There are too many buttons, or none.
    #[error("a menu has one to three buttons, each with up to five sub-buttons that have none themselves")]
    Count,
    /// A button has no name, or one that is too long.
    #[error("a button's name has 1 to 60 bytes")]
    Name,
    /// A button pushes no event, or a field that its type requires is missing.
    #[error("the button {0:?} needs a type that pushes an event, and that type's key, url or pagepath")]
    Button(String),
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

impl Menu {
    /// Reads the JSON that WeChat's `/cgi-bin/menu/create` accepts.
    ///
    /// # Errors
    ///
    /// [`MenuError`] if WeChat would not accept it, or a button would not push an event.
    pub fn from_json(json: &str) -> Result<Self, MenuError> {
        let menu: Self = serde_json::from_str(json).map_err(|error| MenuError::Json(error.to_string()))?;
        menu.check()?;
        Ok(menu)
    }

    /// The buttons.
    #[must_use]
    pub fn buttons(&self) -> &[Button] {
        &self.button
    }

    pub(super) fn check(&self) -> Result<(), MenuError> {
        if !(1..=3).contains(&self.button.len()) {
            return Err(MenuError::Count);
        }
        for button in &self.button {
            if button.sub_button.len() > 5 {
                return Err(MenuError::Count);
            }
            if button.sub_button.is_empty() {
                button.check()?;
            } else if !(1..=60).contains(&button.name.len()) {
                return Err(MenuError::Name);
            }
            for sub_button in &button.sub_button {
                if !sub_button.sub_button.is_empty() {
                    return Err(MenuError::Count);
                }
                sub_button.check()?;
            }
        }
        Ok(())
    }
}

impl Button {
    fn check(&self) -> Result<(), MenuError> {
        if !(1..=60).contains(&self.name.len()) {
            return Err(MenuError::Name);
        }
        let carried = match self.kind.as_deref() {
            Some("view") => &self.url,
            Some("miniprogram") => &self.pagepath,
            Some(kind) if WITH_KEY.contains(&kind) => &self.key,
            _ => &None,
        };
        let fits = carried.as_deref().is_some_and(|text| (1..=1024).contains(&text.len()));
        fits.then_some(()).ok_or_else(|| MenuError::Button(self.name.clone()))
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
        Self { button: vec![today, more, Button::with_key("帮助", "click", "MENU_HELP")] }
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
    fn what_wechat_does_not_take_is_refused() {
        let leaf = r#"{"type":"click","name":"a","key":"k"}"#;
        let list = |count: usize| vec![leaf; count].join(",");
        for json in [
            "{}".to_owned(),
            r#"{"button":[]}"#.to_owned(),
            format!(r#"{{"button":[{}]}}"#, list(4)),
            format!(r#"{{"button":[{{"name":"a","sub_button":[{}]}}]}}"#, list(6)),
            format!(r#"{{"button":[{{"name":"a","sub_button":[{{"name":"b","sub_button":[{leaf}]}}]}}]}}"#),
            r#"{"button":[{"type":"click","name":"","key":"k"}]}"#.to_owned(),
            r#"{"button":[{"type":"click","name":"a"}]}"#.to_owned(),
            r#"{"button":[{"type":"media_id","name":"a","media_id":"m"}]}"#.to_owned(),
        ] {
            assert!(Menu::from_json(&json).is_err(), "{json}");
        }
    }
}
