use crate::catalogue::{self, Kind, Sender};
use crate::xml::Element;

/// A message or an event to push: its kind and its fields.
///
/// Sender, receiver, time and `MsgId` are added when it is pushed. Fields that are not set have the sample values of
/// the [`catalogue`].
///
/// ```
/// use wechat_sim::Message;
///
/// let click = Message::click("MENU_HELP");
/// let get_card = Message::event("user_get_card").field("CardId", "p1").field("OuterStr", "shop");
/// let scan = Message::event("scancode_push").field("ScanCodeInfo.ScanResult", "https://example.com/");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message does nothing until it is pushed"]
pub struct Message(pub(crate) Content);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Fields(Fields),
    Raw(String),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    /// Empty if it is a system event.
    pub(crate) msg_type: String,
    /// The event's name, or the `InfoType` of a system event.
    pub(crate) event: Option<String>,
    pub(crate) system: bool,
    pub(crate) sender: Sender,
    pub(crate) elements: Vec<Element>,
}

impl Message {
    /// A message or event of this kind.
    pub fn new(kind: &Kind) -> Self {
        Self(Content::Fields(Fields {
            msg_type: kind.msg_type().to_owned(),
            event: kind.event().map(str::to_owned),
            system: kind.is_system(),
            sender: kind.sender,
            elements: kind.elements.clone(),
        }))
    }

    /// A message with this `MsgType`. If it is not in the catalogue it has only the fields that are set.
    pub fn of_type(msg_type: &str) -> Self {
        catalogue::message(msg_type).map_or_else(|| Self::unknown(msg_type, None), Self::new)
    }

    /// An event with this name, or a system event with this `InfoType`. If it is not in the catalogue it has only the fields that are set.
    pub fn event(name: &str) -> Self {
        catalogue::event(name).map_or_else(|| Self::unknown("event", Some(name)), Self::new)
    }

    /// XML or JSON that is pushed unchanged, even if it is not well-formed.
    pub fn raw(xml: impl Into<String>) -> Self {
        Self(Content::Raw(xml.into()))
    }

    fn unknown(msg_type: &str, event: Option<&str>) -> Self {
        Self(Content::Fields(Fields {
            msg_type: msg_type.to_owned(),
            event: event.map(str::to_owned),
            ..Fields::default()
        }))
    }

    /// Sets a field by its path in the catalogue (`ScanCodeInfo.ScanResult`) or by the last name of the path.
    ///
    /// Case is ignored unless there are fields that differ only in case. A field that the kind does not have is added.
    /// Raw XML has no fields and is unchanged.
    pub fn field(mut self, path: &str, value: impl Into<String>) -> Self {
        if let Content::Fields(Fields { elements, .. }) = &mut self.0 {
            let value = value.into();
            if !set(elements, path, &value) && !set_inside(elements, path, &value) {
                add(elements, path, value);
            }
        }
        self
    }

    /// Includes the sample values of the optional fields.
    pub fn with_optional_fields(mut self) -> Self {
        fn include(elements: &mut [Element]) {
            for element in elements {
                element.optional = false;
                include(&mut element.children);
            }
        }
        if let Content::Fields(Fields { elements, .. }) = &mut self.0 {
            include(elements);
        }
        self
    }

    /// A text (文本).
    pub fn text(content: impl Into<String>) -> Self {
        Self::of_type("text").field("Content", content)
    }

    /// The same message in a group: its text begins with a mention of the bot, unless it begins with another one. For an AI
    /// bot.
    ///
    /// ```
    /// use wechat_sim::{Account, AccountKind, Message, Wechat};
    ///
    /// let wechat = Wechat::new(Account::generate_as(AccountKind::AiBot));
    /// let json = wechat.xml(&Message::text("你好").in_group("wrChat1"), "zhangsan");
    /// assert!(json.contains("@Bot 你好") && json.contains(r#""chatid":"wrChat1""#));
    /// ```
    pub fn in_group(self, chat_id: &str) -> Self {
        self.field("chattype", "group").field("chatid", chat_id)
    }

    /// The same message with a quote (引用) of another one. For an AI bot.
    ///
    /// ```
    /// use wechat_sim::{Account, AccountKind, Message, Wechat, catalogue};
    ///
    /// let file = catalogue::message_of(AccountKind::AiBot, "file").expect("in the catalogue");
    /// let message = Message::text("总结一下").in_group("wrChat1").quoting(&Message::new(file));
    /// let json = Wechat::new(Account::generate_as(AccountKind::AiBot)).xml(&message, "zhangsan");
    /// assert!(json.contains(r#""quote":{"msgtype":"file","file":{"url":"#));
    /// ```
    pub fn quoting(mut self, quoted: &Self) -> Self {
        if let (Content::Fields(fields), Content::Fields(quoted)) = (&mut self.0, &quoted.0) {
            let named = quoted.elements.iter().find(|element| {
                element.name == quoted.msg_type || (element.name == "Content" && quoted.msg_type == "text")
            });
            let msg_type = Element::string("msgtype", &quoted.msg_type);
            let mut quote = Element { children: vec![msg_type], ..Element::string("quote", "") };
            quote.children.extend(named.map(aibot_text));
            fields.elements.retain(|element| element.name != "quote");
            fields.elements.push(quote);
        }
        self
    }

    /// The refresh of an AI bot's stream, with what says which chat it is in.
    pub(crate) fn refresh(stream_id: &str, chat: &[Element]) -> Self {
        let id = Element::string("id", stream_id);
        let mut elements = vec![Element { children: vec![id], ..Element::string("stream", "") }];
        elements.extend_from_slice(chat);
        Self(Content::Fields(Fields { msg_type: "stream".to_owned(), elements, ..Fields::default() }))
    }

    /// A picture (图片).
    pub fn image(pic_url: &str, media_id: &str) -> Self {
        Self::of_type("image").field("PicUrl", pic_url).field("MediaId", media_id)
    }

    /// A voice message (语音).
    pub fn voice(media_id: &str) -> Self {
        Self::of_type("voice").field("MediaId", media_id)
    }

    /// A video (视频).
    pub fn video(media_id: &str, thumb_media_id: &str) -> Self {
        Self::of_type("video").field("MediaId", media_id).field("ThumbMediaId", thumb_media_id)
    }

    /// A location (位置).
    pub fn location(latitude: f64, longitude: f64, label: &str) -> Self {
        Self::of_type("location")
            .field("Location_X", format!("{latitude:.6}"))
            .field("Location_Y", format!("{longitude:.6}"))
            .field("Label", label)
    }

    /// A link (链接).
    pub fn link(title: &str, description: &str, url: &str) -> Self {
        Self::of_type("link").field("Title", title).field("Description", description).field("Url", url)
    }

    /// A follow (关注).
    pub fn follow() -> Self {
        Self::event("subscribe")
    }

    /// A follow by the account's QR code with a scene (扫描带参数二维码).
    pub fn follow_by(scene: &str) -> Self {
        Self::event("subscribe")
            .field("EventKey", format!("qrscene_{scene}"))
            .field("Ticket", "sample-ticket")
    }

    /// An unfollow (取消关注).
    pub fn unfollow() -> Self {
        Self::event("unsubscribe")
    }

    /// A scan of a QR code with a scene by a user who already follows (扫描带参数二维码).
    pub fn scan(scene: &str) -> Self {
        Self::event("SCAN").field("EventKey", scene)
    }

    /// A click on a menu button with a key (点击菜单).
    pub fn click(key: &str) -> Self {
        Self::event("CLICK").field("EventKey", key)
    }

    /// A click on a menu button with a link (点击菜单链接).
    pub fn view(url: &str) -> Self {
        Self::event("VIEW").field("EventKey", url)
    }

    /// The user's location, reported by their client (上报地理位置).
    pub fn location_report(latitude: f64, longitude: f64) -> Self {
        Self::event("LOCATION")
            .field("Latitude", format!("{latitude:.6}"))
            .field("Longitude", format!("{longitude:.6}"))
    }
}

/// What [`Message::text`] writes for every kind of account, as an AI bot has it.
pub(crate) fn aibot_text(element: &Element) -> Element {
    if element.name != "Content" || !element.children.is_empty() {
        return element.clone();
    }
    let content = Element { name: "content".to_owned(), ..element.clone() };
    Element { children: vec![content], ..Element::string("text", "") }
}

/// The element with this name, or else the one whose name differs only in case.
fn find<'e>(elements: &'e mut [Element], name: &str) -> Option<&'e mut Element> {
    let exact = elements.iter().position(|element| element.name == name);
    let position =
        exact.or_else(|| elements.iter().position(|element| element.name.eq_ignore_ascii_case(name)));
    elements.get_mut(position?)
}

fn set(elements: &mut [Element], path: &str, value: &str) -> bool {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let Some(element) = find(elements, name) else { return false };
    match rest {
        Some(rest) if !set(&mut element.children, rest, value) => return false,
        Some(_) => {}
        None => {
            value.clone_into(&mut element.text);
            element.children.clear();
        }
    }
    element.optional = false;
    true
}

fn set_inside(elements: &mut [Element], path: &str, value: &str) -> bool {
    elements.iter_mut().any(|element| {
        let found = set(&mut element.children, path, value) || set_inside(&mut element.children, path, value);
        element.optional &= !found;
        found
    })
}

fn add(elements: &mut Vec<Element>, path: &str, value: String) {
    let Some((name, rest)) = path.split_once('.') else {
        elements.push(Element::string(path, value));
        return;
    };
    if find(elements, name).is_none() {
        elements.push(Element { name: name.to_owned(), ..Element::default() });
    }
    if let Some(element) = find(elements, name) {
        element.optional = false;
        add(&mut element.children, rest, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::CdataStyle;

    fn xml(message: Message) -> String {
        match message.0 {
            Content::Fields(Fields { elements, .. }) => {
                let kept = elements.into_iter().filter(|element| !element.optional).collect();
                Element { children: kept, ..Element::default() }
                    .to_message(CdataStyle::default())
                    .replace('\n', "")
            }
            Content::Raw(xml) => xml,
        }
    }

    #[test]
    fn a_field_is_set_by_its_path_and_by_its_last_name_in_any_case() {
        let scan = "<xml><EventKey><![CDATA[MENU_SCAN]]></EventKey><ScanCodeInfo>\
                    <ScanType><![CDATA[qrcode]]></ScanType><ScanResult><![CDATA[x]]></ScanResult></ScanCodeInfo></xml>";
        for path in ["ScanCodeInfo.ScanResult", "scancodeinfo.scanresult", "ScanResult"] {
            assert_eq!(xml(Message::event("scancode_push").field(path, "x")), scan, "{path}");
        }
    }

    #[test]
    fn an_optional_field_is_pushed_once_it_is_set() {
        assert!(!xml(Message::text("hi")).contains("bizmsgmenuid"));
        assert!(xml(Message::text("hi").field("bizmsgmenuid", "7")).contains("<bizmsgmenuid><![CDATA[7]]>"));
        assert!(xml(Message::text("hi").with_optional_fields()).contains("<Idx>1</Idx>"));
    }

    #[test]
    fn an_unknown_field_is_added_and_so_is_a_nested_one() {
        let message = Message::event("some_future_event").field("A", "1").field("B.C", "2").field("B.D", "3");
        assert_eq!(
            xml(message),
            "<xml><A><![CDATA[1]]></A><B><C><![CDATA[2]]></C><D><![CDATA[3]]></D></B></xml>"
        );
    }

    #[test]
    fn raw_xml_stays_as_it_is() {
        assert_eq!(xml(Message::raw("<xml>").field("A", "1").with_optional_fields()), "<xml>");
    }
}
