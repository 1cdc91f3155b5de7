//! Texts of users that look like XML.

use proptest::prelude::*;

use super::kinds::Piece::{Close, Open, Own, Text};
use super::kinds::{KINDS, Kind, Layout, Writing, document, text_names};

/// Texts of marks, tags of known elements and control characters, and of whole pieces of messages.
#[allow(clippy::too_many_lines, reason = "a table")]
pub fn hostile_text() -> impl Strategy<Value = String> {
    let marks = vec![
        "]",
        "]]",
        "]]>",
        ">",
        "<",
        "<![CDATA[",
        "]]]]><![CDATA[>",
        "]]><![CDATA[",
        "\r",
        "\r\n",
        "\n",
        " ",
        "\u{0}",
        "\u{2}",
        "\u{b}",
        "\u{fffe}",
        "\u{ffff}",
        "&",
        "&lt;",
        "&undefined;",
        "</xml>",
        "</xml><xml>",
        "<xml>",
        "<!DOCTYPE xml>",
        "<!--",
        "-->",
        "<?",
        "?>",
        "x",
        "你好",
        "😀",
        "/>",
        "</",
    ];
    let mut names: Vec<_> = KINDS.iter().flat_map(text_names).collect();
    names.extend([
        "ToUserName",
        "FromUserName",
        "CreateTime",
        "MsgType",
        "MsgId",
        "Encrypt",
        "Event",
        "bizmsgmenuid",
        "List",
        "ScanCodeInfo",
        "SendLocationInfo",
        "result_info",
        "Foo",
        "AppId",
        "item",
    ]);
    names.sort_unstable();
    names.dedup();
    let name = move || prop::sample::select(names.clone());
    let piece = prop_oneof![
        4 => prop::sample::select(marks).prop_map(str::to_owned),
        3 => name().prop_map(|name| format!("]]></{name}>")),
        1 => name().prop_map(|name| format!("]]> \n</{name}>")),
        3 => name().prop_map(|name| format!("<{name}><![CDATA[")),
        1 => name().prop_map(|name| format!("<{name}>1</{name}>")),
        1 => name().prop_map(|name| format!("<{name}>")),
        1 => name().prop_map(|name| format!("</{name}>")),
        3 => (name(), name()).prop_map(|(one, two)| format!("]]></{one}>\n<{two}><![CDATA[")),
        2 => kind_piece(),
        1 => ".{0,4}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Texts of the very pieces that a message of that kind is made of.
pub fn hostile_text_for(kind: &Kind) -> impl Strategy<Value = String> + use<> {
    let mut pieces =
        ["x", "\n", "]]>", "</xml>", "<Foo>1</Foo>", "<MsgId>9</MsgId>"].map(str::to_owned).to_vec();
    for piece in kind.pieces {
        match piece {
            Own(name, value) => pieces.push(format!("<{name}>{value}</{name}>")),
            Open(name) => pieces.push(format!("<{name}>")),
            Close(name) => pieces.push(format!("</{name}>")),
            Text(name) => {
                pieces.extend([format!("]]></{name}>"), format!("<{name}><![CDATA[")]);
                pieces.extend(text_names(kind).map(|next| format!("]]></{name}>\n<{next}><![CDATA[")));
                pieces.push(format!("<{name}></{name}>"));
            }
        }
    }
    let piece = prop::sample::select(pieces);
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

/// What stands between two texts, or behind the last, of a real message.
fn kind_piece() -> impl Strategy<Value = String> {
    (prop::sample::select(KINDS), any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<bool>())
        .prop_map(|(kind, from, to, per_line)| {
            let texts = vec!["x".to_owned(); text_names(&kind).count()];
            let layout = if per_line { Layout::WeChats } else { Layout::OneLine };
            let xml = document(&kind, layout, Writing::Unsplit, &texts);
            let marks: Vec<_> = xml.match_indices("]]>").map(|(at, _)| at).collect();
            let (from, to) = (*from.get(&marks), *to.get(&marks));
            xml.get(from.min(to)..from.max(to)).unwrap_or_default().to_owned()
        })
}
