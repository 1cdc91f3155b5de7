//! Which elements can hold what a person wrote, and which elements WeChat writes between them: for each kind, from
//! WeChat's pages and recorded pushes.
//!
//! An element is listed if somebody can type its text, or make a code or a link that holds it. Numbers, ids, WeChat's
//! own words and repeated elements are not listed.

use super::is_blank;

/// The place of an element: directly under the root, or inside an element there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    pub(super) around: Option<&'a str>,
    pub(super) name: &'a str,
}

/// The elements of one kind of message from the first that can hold a person's text to the last.
#[derive(Debug)]
pub(super) struct Layout {
    /// `MsgType`; for an event its `Event`, for a system event its `InfoType`.
    kinds: &'static [&'static str],
    parts: &'static [Part],
}

#[derive(Debug)]
enum Part {
    /// Written by a user, or by anyone who makes codes and links.
    Text(&'static str),
    /// Written by the account's owner. If the bytes allow two ends the first is taken, because strangers write the
    /// texts after it.
    Owner(&'static str),
    /// Written by WeChat.
    Own(&'static str),
    /// The remaining parts are inside this element.
    Inside(&'static str),
}

use Part::{Inside, Own, Owner, Text};

/// Messages, by `MsgType`.
static MESSAGES: &[Layout] = &[
    Layout { kinds: &["text", "device_text", "device_event"], parts: &[Text("Content")] },
    Layout { kinds: &["voice"], parts: &[Text("Recognition")] },
    Layout { kinds: &["location"], parts: &[Text("Label")] },
    Layout { kinds: &["link"], parts: &[Text("Title"), Text("Description"), Text("Url")] },
    Layout { kinds: &["file"], parts: &[Text("Title"), Text("Description")] },
    Layout { kinds: &["miniprogrampage"], parts: &[Text("Title")] },
];

/// Events, by `Event`.
static EVENTS: &[Layout] = &[
    Layout {
        kinds: &[
            "subscribe",
            "unsubscribe",
            "SCAN",
            "CLICK",
            "VIEW",
            "view_miniprogram",
            "pic_sysphoto",
            "pic_photo_or_album",
            "pic_weixin",
            "taskcard_click",
            "template_card_event",
            "template_card_menu_event",
        ],
        parts: &[Text("EventKey")],
    },
    Layout {
        kinds: &["scancode_push", "scancode_waitmsg"],
        parts: &[Owner("EventKey"), Inside("ScanCodeInfo"), Own("ScanType"), Text("ScanResult")],
    },
    Layout {
        kinds: &["location_select"],
        parts: &[
            Owner("EventKey"),
            Inside("SendLocationInfo"),
            Own("Location_X"),
            Own("Location_Y"),
            Own("Scale"),
            Text("Label"),
            Text("Poiname"),
        ],
    },
    Layout { kinds: &["qualification_verify_fail", "naming_verify_fail"], parts: &[Text("FailReason")] },
    Layout { kinds: &["card_not_pass_check"], parts: &[Text("RefuseReason")] },
    Layout { kinds: &["user_get_card", "user_view_card"], parts: &[Text("OuterStr")] },
    Layout {
        kinds: &["user_consume_card"],
        parts: &[
            Owner("LocationName"),
            Own("StaffOpenId"),
            Text("VerifyCode"),
            Text("RemarkAmount"),
            Text("OuterStr"),
        ],
    },
    Layout { kinds: &["card_sku_remind"], parts: &[Text("Detail")] },
    Layout {
        kinds: &["card_pay_order"],
        parts: &[
            Owner("Desc"),
            Own("FreeCoinCount"),
            Own("PayCoinCount"),
            Own("RefundFreeCoinCount"),
            Own("RefundPayCoinCount"),
            Own("OrderType"),
            Text("Memo"),
            Text("ReceiptInfo"),
        ],
    },
    Layout {
        kinds: &["card_merchant_check_result", "weapp_audit_fail", "weapp_audit_delay"],
        parts: &[Text("Reason")],
    },
    Layout {
        kinds: &["submit_invoice_title"],
        parts: &[
            Text("title"),
            Text("tax_no"),
            Text("addr"),
            Text("phone"),
            Text("bank_type"),
            Text("bank_no"),
            Text("attach"),
        ],
    },
    Layout { kinds: &["poi_check_notify"], parts: &[Text("Msg"), Text("msg")] },
    Layout {
        kinds: &[
            "apply_merchant_audit_info",
            "modify_store_audit_info",
            "add_store_audit_info",
            "wxa_category_audit",
        ],
        parts: &[Text("reason")],
    },
    Layout {
        kinds: &["create_map_poi_audit_info"],
        parts: &[Text("name"), Text("address"), Own("latitude"), Own("longitude"), Text("sh_remark")],
    },
    Layout {
        kinds: &["user_scan_product", "user_scan_product_enter_session", "user_scan_product_async"],
        parts: &[
            Owner("KeyStr"),
            Own("Country"),
            Own("Province"),
            Own("City"),
            Own("Sex"),
            Own("Scene"),
            Text("ExtInfo"),
        ],
    },
    Layout {
        kinds: &["user_scan_product_verify_action"],
        parts: &[Owner("KeyStr"), Own("Result"), Text("ReasonMsg")],
    },
    Layout { kinds: &["guide_qrcode_scan_event"], parts: &[Inside("GuideScanEvent"), Text("qrcode_info")] },
    Layout { kinds: &["user_enter_tempsession"], parts: &[Text("SessionFrom")] },
    Layout { kinds: &["wxa_nickname_audit"], parts: &[Text("nickname"), Text("reason")] },
    Layout { kinds: &["wxa_privacy_apply"], parts: &[Inside("result_info"), Text("reason")] },
    Layout { kinds: &["wxa_appeal_record"], parts: &[Text("audit_reason"), Text("punish_description")] },
    Layout { kinds: &["wxa_illegal_record"], parts: &[Text("illegal_reason"), Text("illegal_content")] },
    Layout { kinds: &["minigame_coin_deliver_completed"], parts: &[Inside("MiniGame"), Text("Payload")] },
    Layout { kinds: &["change_contact"], parts: CONTACT },
    Layout { kinds: &["change_external_contact"], parts: &[Text("State")] },
    Layout { kinds: &["sys_approval_change"], parts: &[Inside("ApprovalInfo"), Text("SpName")] },
    Layout { kinds: &["open_approval_change"], parts: &[Inside("ApprovalInfo"), Text("ApplyUserName")] },
];

/// System events, by `InfoType`.
static SYSTEM: &[Layout] = &[
    Layout { kinds: &["change_contact"], parts: CONTACT },
    Layout { kinds: &["create_auth", "change_auth", "change_external_contact"], parts: &[Text("State")] },
    Layout {
        kinds: &[
            "notify_third_fasteregister",
            "notify_third_fastregisterbetaapp",
            "notify_third_fastverifybetaapp",
        ],
        parts: &[Text("msg"), Inside("info"), Text("name")],
    },
    Layout { kinds: &["notify_3rd_wxa_auth"], parts: &[Text("message")] },
];

/// A member or a department of a company. Who administers the company writes the name and the position; the members
/// themselves may write what comes last.
static CONTACT: &[Part] = &[
    Owner("Name"),
    Own("Department"),
    Own("MainDepartment"),
    Own("IsLeaderInDept"),
    Own("DirectLeader"),
    Own("Position"),
    Own("Mobile"),
    Own("Gender"),
    Own("Email"),
    Own("BizMail"),
    Own("Status"),
    Own("Avatar"),
    Text("Alias"),
    Text("Telephone"),
    Text("Address"),
];

/// Whether an element of that name directly under the root is in any layout. (It is called for every element of every
/// message, so it does not search the layouts.)
#[inline(never)]
pub(super) fn is_in_any(name: &[u8]) -> bool {
    match name.len() {
        3 => matches!(name, b"Url" | b"Msg" | b"msg"),
        4 => matches!(name, b"Desc" | b"Memo" | b"addr" | b"name" | b"Name"),
        5 => matches!(name, b"Label" | b"Title" | b"title" | b"phone" | b"Alias" | b"State"),
        6 => matches!(name, b"Detail" | b"Reason" | b"tax_no" | b"attach" | b"reason" | b"KeyStr"),
        7 => matches!(name, b"Content" | b"bank_no" | b"address" | b"ExtInfo" | b"Address" | b"message"),
        8 => matches!(name, b"EventKey" | b"OuterStr" | b"nickname"),
        9 => matches!(name, b"bank_type" | b"sh_remark" | b"ReasonMsg" | b"Telephone"),
        10 => matches!(name, b"FailReason" | b"VerifyCode"),
        11 => matches!(name, b"Recognition" | b"Description" | b"ReceiptInfo" | b"SessionFrom"),
        12 => matches!(name, b"RefuseReason" | b"LocationName" | b"RemarkAmount" | b"audit_reason"),
        14 => matches!(name, b"illegal_reason"),
        15 => matches!(name, b"illegal_content"),
        18 => matches!(name, b"punish_description"),
        _ => false,
    }
}

fn all() -> impl Iterator<Item = &'static Layout> {
    MESSAGES.iter().chain(EVENTS).chain(SYSTEM)
}

/// What is known about the kind of a message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Kind<'a> {
    msg_type: Option<&'a str>,
    event: Option<&'a str>,
    info_type: Option<&'a str>,
}

impl<'a> Kind<'a> {
    /// Notes the element `name` with this `text`, which is before or after the users' texts. Returns whether the
    /// element says anything about the kind.
    pub(super) fn note(&mut self, name: &str, text: &'a str) -> bool {
        let known = match name {
            "MsgType" => &mut self.msg_type,
            "Event" => &mut self.event,
            "InfoType" => &mut self.info_type,
            _ => return false,
        };
        let text = text.trim_matches(is_blank);
        if !text.is_empty() {
            known.get_or_insert(text);
        }
        true
    }

    /// This, completed with what `other` knows.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            msg_type: self.msg_type.or(other.msg_type),
            event: self.event.or(other.event),
            info_type: self.info_type.or(other.info_type),
        }
    }

    /// The layout, if this is a kind that has one.
    pub(super) fn layout(self) -> Option<&'static Layout> {
        // As in `message`: the exact `MsgType`, `Event` and `InfoType` ignoring case, and `InfoType` only without a
        // `MsgType`.
        let find = |layouts: &'static [Layout], name: &str| {
            layouts.iter().find(|layout| layout.kinds.iter().any(|kind| kind.eq_ignore_ascii_case(name)))
        };
        let Some(msg_type) = self.msg_type else { return find(SYSTEM, self.info_type?) };
        if msg_type.eq_ignore_ascii_case("event") {
            return find(EVENTS, self.event?);
        }
        MESSAGES.iter().find(|layout| layout.kinds.contains(&msg_type))
    }
}

impl Layout {
    /// The first layout that has both.
    pub(super) fn of(one: Place<'_>, two: Place<'_>) -> Option<&'static Self> {
        all().find(|layout| layout.has(one) && layout.has(two))
    }

    /// The elements that can hold a person's text, in their order.
    pub(super) fn texts(&self) -> impl Iterator<Item = Place<'static>> {
        let mut around = None;
        self.parts.iter().filter_map(move |part| match part {
            Text(name) => Some(Place { around, name }),
            // The owner's text comes before all parts inside another element.
            Owner(name) => Some(Place { around: None, name }),
            Own(_) => None,
            Inside(name) => {
                around = Some(*name);
                None
            }
        })
    }

    /// Whether an element there can hold a person's text.
    pub(super) fn has(&self, place: Place<'_>) -> bool {
        self.texts().any(|text| text == place)
    }

    /// Whether the owner wrote it.
    pub(super) fn is_owners(&self, place: Place<'_>) -> bool {
        self.parts
            .iter()
            .any(|part| matches!(part, Owner(name) if place.around.is_none() && *name == place.name))
    }

    /// Whether WeChat writes an element `name` of its own between those two.
    pub(super) fn has_between(&self, one: Place<'_>, two: Place<'_>, name: &str) -> bool {
        let position = |place: Place<'_>| {
            self.parts.iter().position(|part| matches!(part, Text(text) | Owner(text) if *text == place.name))
        };
        let Some((from, to)) = position(one).zip(position(two)) else { return false };
        let between = self.parts.get(from..to).unwrap_or_default();
        between.iter().any(|part| matches!(part, Own(own) if *own == name))
    }
}

/// Whether an element there can hold a person's text, in a message whose kind is not known or has no layout.
pub(super) fn has_any(place: Place<'_>) -> bool {
    if place.around.is_none() {
        is_in_any(place.name.as_bytes())
    } else {
        all().any(|layout| layout.has(place))
    }
}

/// Whether an element of that name can hold a person's text somewhere.
pub(super) fn is_name_of_any(name: &str) -> bool {
    is_in_any(name.as_bytes()) || all().flat_map(Layout::texts).any(|place| place.name == name)
}

/// Whether some layouts have their texts in an element of that name.
pub(super) fn is_around_any(name: &str) -> bool {
    all().any(|layout| layout.parts.iter().any(|part| matches!(part, Inside(around) if *around == name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_layouts_is_known_at_once() {
        for place in all().flat_map(Layout::texts) {
            assert!(place.around.is_some() || is_in_any(place.name.as_bytes()), "{place:?}");
            assert!(has_any(place), "{place:?}");
        }
        for name in
            ["ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "Encrypt", "Event", "AppId"]
        {
            assert!(!is_in_any(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn an_element_of_the_owners_comes_first_of_a_layout() {
        for layout in all() {
            let texts: Vec<_> = layout.texts().collect();
            assert!(texts.iter().skip(1).all(|place| !layout.is_owners(*place)), "{layout:?}");
        }
    }

    #[test]
    fn a_system_event_is_found_by_its_info_type_unless_it_has_a_msg_type() {
        let mut kind = Kind::default();
        kind.note("InfoType", " Create_Auth ");
        assert_eq!(kind.layout().and_then(|layout| layout.kinds.first().copied()), Some("create_auth"));
        kind.note("MsgType", "image");
        assert!(kind.layout().is_none());
    }

    #[test]
    fn a_kind_is_found_as_the_messages_are() {
        let layout = |msg_type, event| {
            let mut kind = Kind::default();
            kind.note("MsgType", msg_type);
            kind.note("Event", event);
            kind.layout().and_then(|layout| layout.kinds.first().copied())
        };
        assert_eq!(layout(" link ", ""), Some("link"));
        assert_eq!(layout("location", ""), Some("location"));
        assert_eq!(layout("event", "scan"), Some("subscribe"));
        assert_eq!(layout("Event", "SCANCODE_PUSH"), Some("scancode_push"));
        assert_eq!(layout("device_event", "bind"), Some("text"));
        for (msg_type, event) in [("", ""), ("event", ""), ("event", "LOCATION"), ("image", ""), ("Text", "")]
        {
            assert_eq!(layout(msg_type, event), None, "{msg_type} {event}");
        }
    }
}
