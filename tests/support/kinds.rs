//! Messages with users' texts in them, in both ways of writing and in many layouts. (`fuzz/` includes this file.)

/// A piece of a message behind the head.
#[derive(Clone, Copy, Debug)]
pub enum Piece {
    /// WeChat's own element, with its value as it is written.
    Own(&'static str, &'static str),
    /// An element that strangers can write.
    Text(&'static str),
    Open(&'static str),
    Close(&'static str),
}

use Piece::{Close, Open, Own, Text};

/// Which element names a kind.
#[derive(Clone, Copy, Debug)]
pub enum NamedBy {
    MsgType,
    Event,
    InfoType,
}

/// A kind of message.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    pub name: &'static str,
    pub named_by: NamedBy,
    pub pieces: &'static [Piece],
}

const fn message(name: &'static str, pieces: &'static [Piece]) -> Kind {
    Kind { name, named_by: NamedBy::MsgType, pieces }
}

const fn event(name: &'static str, pieces: &'static [Piece]) -> Kind {
    Kind { name, named_by: NamedBy::Event, pieces }
}

const fn system(name: &'static str, pieces: &'static [Piece]) -> Kind {
    Kind { name, named_by: NamedBy::InfoType, pieces }
}

const ID: Piece = Own("MsgId", "24680135791357017");
const KEY: Piece = Own("EventKey", "<![CDATA[MENU]]>");

const CONTACT: &[Piece] = &[
    Own("ChangeType", "<![CDATA[update_user]]>"),
    Own("UserID", "<![CDATA[u]]>"),
    Own("Name", "<![CDATA[张三]]>"),
    Own("Department", "<![CDATA[1,2]]>"),
    Own("MainDepartment", "1"),
    Own("Position", "<![CDATA[经理]]>"),
    Own("Mobile", "13800000000"),
    Own("Status", "1"),
    Text("Alias"),
    Text("Telephone"),
    Text("Address"),
    Open("ExtAttr"),
    Open("Item"),
    Own("Type", "0"),
    Close("Item"),
    Close("ExtAttr"),
];

/// What the account's owner wrote (a menu's key in front of a scanned code) is fixed: two texts around WeChat's own
/// elements can be read in two ways, and the owner's is believed.
pub static KINDS: &[Kind] = &[
    message("text", &[Text("Content"), ID]),
    message("text", &[Text("Content"), ID, Own("bizmsgmenuid", "101")]),
    message(
        "voice",
        &[Own("MediaId", "<![CDATA[m]]>"), Own("Format", "<![CDATA[amr]]>"), Text("Recognition"), ID],
    ),
    message(
        "location",
        &[Own("Location_X", "30.2"), Own("Location_Y", "120.1"), Own("Scale", "16"), Text("Label"), ID],
    ),
    message("link", &[Text("Title"), Text("Description"), Text("Url"), ID]),
    message(
        "file",
        &[
            Text("Title"),
            Text("Description"),
            Own("FileKey", "<![CDATA[k]]>"),
            Own("FileTotalLen", "1024"),
            ID,
        ],
    ),
    message(
        "miniprogrampage",
        &[
            ID,
            Text("Title"),
            Own("AppId", "<![CDATA[wx2adde47f305f81f6]]>"),
            Own("PagePath", "<![CDATA[pages/index]]>"),
            Own("ThumbUrl", "<![CDATA[http://example.com/1]]>"),
        ],
    ),
    message(
        "device_text",
        &[Own("DeviceID", "<![CDATA[d]]>"), Text("Content"), Own("SessionID", "9394"), ID],
    ),
    message("some_future_type", &[ID, Own("Foo", "<![CDATA[1]]>"), Text("Content"), Own("Bar", "2")]),
    event("subscribe", &[Text("EventKey"), Own("Ticket", "<![CDATA[t]]>")]),
    event("SCAN", &[Text("EventKey"), Own("Ticket", "<![CDATA[t]]>")]),
    event("CLICK", &[Text("EventKey")]),
    event("VIEW", &[Text("EventKey"), Own("MenuId", "428765283")]),
    event(
        "pic_weixin",
        &[
            Text("EventKey"),
            Open("SendPicsInfo"),
            Own("Count", "1"),
            Open("PicList"),
            Open("item"),
            Own("PicMd5Sum", "<![CDATA[6b1e]]>"),
            Close("item"),
            Close("PicList"),
            Close("SendPicsInfo"),
        ],
    ),
    event(
        "scancode_waitmsg",
        &[
            KEY,
            Open("ScanCodeInfo"),
            Own("ScanType", "<![CDATA[qrcode]]>"),
            Text("ScanResult"),
            Close("ScanCodeInfo"),
        ],
    ),
    event(
        "location_select",
        &[
            KEY,
            Open("SendLocationInfo"),
            Own("Location_X", "<![CDATA[30.2]]>"),
            Own("Location_Y", "<![CDATA[120.1]]>"),
            Own("Scale", "<![CDATA[15]]>"),
            Text("Label"),
            Text("Poiname"),
            Close("SendLocationInfo"),
        ],
    ),
    event("naming_verify_fail", &[Own("FailTime", "1714036504"), Text("FailReason")]),
    event(
        "user_get_card",
        &[
            Own("CardId", "<![CDATA[p1]]>"),
            Own("IsGiveByFriend", "0"),
            Text("OuterStr"),
            Own("UnionId", "<![CDATA[u]]>"),
        ],
    ),
    event(
        "user_consume_card",
        &[
            Own("LocationName", "<![CDATA[西湖店]]>"),
            Own("StaffOpenId", "<![CDATA[o6]]>"),
            Text("VerifyCode"),
            Text("RemarkAmount"),
            Text("OuterStr"),
        ],
    ),
    event(
        "submit_invoice_title",
        &[
            Text("title"),
            Text("tax_no"),
            Text("addr"),
            Text("phone"),
            Text("bank_type"),
            Text("bank_no"),
            Text("attach"),
            Own("title_type", "<![CDATA[InvoiceUserTitleBusinessType]]>"),
        ],
    ),
    event(
        "create_map_poi_audit_info",
        &[
            Text("name"),
            Text("address"),
            Own("latitude", "30.2"),
            Own("longitude", "120.1"),
            Own("sh_remark", "<![CDATA[]]>"),
        ],
    ),
    event("user_scan_product", &[Own("KeyStr", "<![CDATA[69]]>"), Own("Sex", "1"), Text("ExtInfo")]),
    event("user_enter_tempsession", &[Text("SessionFrom")]),
    event("wxa_nickname_audit", &[Own("ret", "2"), Text("nickname"), Text("reason")]),
    event(
        "wxa_privacy_apply",
        &[
            Open("result_info"),
            Own("audit_id", "4"),
            Text("reason"),
            Own("status", "3"),
            Close("result_info"),
        ],
    ),
    event(
        "wxa_appeal_record",
        &[
            Text("audit_reason"),
            Text("punish_description"),
            Open("material"),
            Open("appeal_material"),
            Own("reason", "<![CDATA[误判]]>"),
            Close("appeal_material"),
            Close("material"),
        ],
    ),
    event("template_card_event", &[Text("EventKey"), Own("TaskId", "<![CDATA[t]]>"), Own("AgentID", "1")]),
    event("change_contact", CONTACT),
    event(
        "change_external_contact",
        &[
            Own("ChangeType", "<![CDATA[add_external_contact]]>"),
            Own("ExternalUserID", "<![CDATA[wm1]]>"),
            Text("State"),
            Own("WelcomeCode", "<![CDATA[w]]>"),
        ],
    ),
    event(
        "sys_approval_change",
        &[
            Open("ApprovalInfo"),
            Own("SpNo", "202511270001"),
            Text("SpName"),
            Own("SpStatus", "1"),
            Open("Applyer"),
            Own("UserId", "<![CDATA[u]]>"),
            Close("Applyer"),
            Close("ApprovalInfo"),
        ],
    ),
    event(
        "open_approval_change",
        &[
            Own("AgentID", "1"),
            Open("ApprovalInfo"),
            Own("OpenSpName", "<![CDATA[付款]]>"),
            Own("OpenTemplateId", "<![CDATA[t]]>"),
            Own("OpenSpStatus", "1"),
            Own("ApplyTime", "1714036504"),
            Text("ApplyUserName"),
            Own("ApplyUserId", "<![CDATA[u]]>"),
            Own("ApplyUserParty", "<![CDATA[p]]>"),
            Own("ApplyUserImage", "<![CDATA[i]]>"),
            Open("ApprovalNodes"),
            Own("ApprovalNode", "<NodeStatus>1</NodeStatus>"),
            Close("ApprovalNodes"),
            Own("approverstep", "0"),
            Close("ApprovalInfo"),
        ],
    ),
    system("change_contact", CONTACT),
    system("create_auth", &[Own("AuthCode", "<![CDATA[a]]>"), Text("State")]),
    system(
        "notify_third_fasteregister",
        &[
            Own("appid", "<![CDATA[wx2adde47f305f81f6]]>"),
            Own("status", "0"),
            Text("msg"),
            Open("info"),
            Text("name"),
            Own("code", "<![CDATA[9133]]>"),
            Own("code_type", "1"),
            Own("legal_persona_name", "<![CDATA[张三]]>"),
            Own("component_phone", "<![CDATA[020]]>"),
            Close("info"),
        ],
    ),
    system(
        "notify_3rd_wxa_auth",
        &[
            Own("taskid", "<![CDATA[t]]>"),
            Text("message"),
            Open("dispatch_info"),
            Own("provider", "<![CDATA[p]]>"),
            Close("dispatch_info"),
        ],
    ),
    system("some_future_info", &[Own("Foo", "<![CDATA[jev]]>"), Text("reason"), Own("Bar", "2")]),
    event("some_future_event", &[Text("EventKey"), Own("Foo", "<![CDATA[jev]]>")]),
];

/// The elements of users' texts, in their order.
pub fn text_names(kind: &Kind) -> impl Iterator<Item = &'static str> + use<> {
    kind.pieces.iter().filter_map(|piece| match piece {
        Text(name) => Some(*name),
        _ => None,
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    Split,
    Unsplit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    OneLine,
    WeChats,
    Indented,
    /// With a byte order mark, a declaration, CRLF, and comments outside.
    Declared,
    /// With blanks around what is in an element.
    Blanks,
    /// With text between the elements behind the users' texts.
    Stray,
    /// With a comment and attributes in front of the texts.
    Commented,
    /// The head behind everything else.
    HeadLast,
}

impl Layout {
    pub const ALL: [Self; 8] = [
        Self::OneLine,
        Self::WeChats,
        Self::Indented,
        Self::Declared,
        Self::Blanks,
        Self::Stray,
        Self::Commented,
        Self::HeadLast,
    ];
    pub const IN_WECHATS_ORDER: [Self; 7] = [
        Self::OneLine,
        Self::WeChats,
        Self::Indented,
        Self::Declared,
        Self::Blanks,
        Self::Stray,
        Self::Commented,
    ];
}

/// The message with `texts` in its elements for them.
pub fn document(kind: &Kind, layout: Layout, writing: Writing, texts: &[String]) -> String {
    let (line, around) = match layout {
        Layout::OneLine => ("", ""),
        Layout::WeChats | Layout::Stray | Layout::Commented | Layout::HeadLast => ("\n", ""),
        Layout::Indented => ("\n    ", ""),
        Layout::Declared => ("\r\n  ", ""),
        Layout::Blanks => ("\n", " \n"),
    };
    let element = |name: &str, value: &str| format!("<{name}>{around}{value}{around}</{name}>{line}");
    let named = |name: &str| element(name, &format!("<![CDATA[{}]]>", kind.name));
    let created = element("CreateTime", "1714036504");
    let from = element("ToUserName", "<![CDATA[gh_1ea4fc76af61]]>")
        + &element("FromUserName", "<![CDATA[o6_bmjrPTlm6_2sgVt7hMZOPfL2M]]>");
    let head = match kind.named_by {
        NamedBy::MsgType => from + &created + &named("MsgType"),
        NamedBy::Event => from + &created + &element("MsgType", "<![CDATA[event]]>") + &named("Event"),
        NamedBy::InfoType => {
            element("AppId", "<![CDATA[wx5823bf96d3bd56c7]]>") + &created + &named("InfoType")
        }
    };
    let mut texts = texts.iter();
    let body = kind.pieces.iter().map(|piece| match piece {
        Own(name, value) => element(name, value),
        Text(name) => {
            let text = texts.next().expect("a text for each element");
            let text = match writing {
                Writing::Split => text.replace("]]>", "]]]]><![CDATA[>"),
                Writing::Unsplit => text.clone(),
            };
            element(name, &format!("<![CDATA[{text}]]>"))
        }
        Open(name) => format!("<{name}>"),
        Close(name) => format!("</{name}>{line}"),
    });
    let body: String = body.collect();
    match layout {
        Layout::HeadLast => format!("<xml>{body}{head}</xml>"),
        Layout::Stray => format!("<xml>{head}{body}webwx_msg_cli_ver_0x1\n</xml>"),
        Layout::Commented => {
            format!("<xml><!-- <Content><![CDATA[ --><Old a=\"]]>\">1</Old>{head}{body}</xml>")
        }
        Layout::Declared => format!(
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<!-- a -->\r\n<xml>{head}{body}</xml>\r\n<!-- b -->\r\n"
        ),
        _ => format!("<xml>{head}{body}</xml>"),
    }
}
