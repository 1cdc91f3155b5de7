//! How much memory hostile messages take at most, as multiples of their length. It is counted exactly: all that is
//! allocated beside the message itself at the worst moment, where a buffer that grows counts with the one that it
//! replaces.

use std::fmt::Write;

use allocation_counter::measure;
use wechat_callback::{Message, XmlError};

/// As many as a message may have.
const MAX_ELEMENTS: usize = 4096;
const MAX_DEPTH: usize = 16;

const LENGTHS: [usize; 9] = [1 << 10, 1_500, 3_000, 5_000, 12_000, 20_000, 40_000, 64 << 10, 1 << 20];

/// What all messages hold before the content.
const HEAD: &str = "<ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName><CreateTime>1</CreateTime>\
                    <MsgId>1</MsgId>";

/// A way to make a message of about any length.
struct Shape {
    name: &'static str,
    /// What comes before and after the pieces.
    around: (String, &'static str),
    pieces: &'static [&'static str],
    /// How many elements a round of pieces has.
    elements: usize,
}

impl Shape {
    fn xml(&self, length: usize) -> String {
        let (before, after) = &self.around;
        let round: usize = self.pieces.iter().map(|piece| piece.len()).sum();
        let room = length.saturating_sub(before.len() + after.len()).max(round) / round;
        let most = (MAX_ELEMENTS - 20).checked_div(self.elements).unwrap_or(usize::MAX);
        format!("{before}{}{after}", self.pieces.concat().repeat(room.min(most)))
    }
}

fn shape(
    name: &'static str,
    before: &str,
    pieces: &'static [&'static str],
    after: &'static str,
    elements: usize,
) -> Shape {
    Shape { name, around: (format!("<xml>{before}"), after), pieces, elements }
}

/// An event, up to where its own elements begin.
fn event(name: &str, inside: &str) -> String {
    format!("{HEAD}<MsgType>event</MsgType><Event>{name}</Event>{inside}")
}

#[allow(clippy::too_many_lines, reason = "a table")]
fn shapes() -> Vec<Shape> {
    let text = |inside: &str| format!("{HEAD}<MsgType>text</MsgType><Content>{inside}");
    let end = "</xml>";
    let content_end = "</Content></xml>";
    let cdata_end = "]]></Content><MsgDataId>1</MsgDataId></xml>";
    vec![
        shape("empty elements, short", "", &["<a/>"], end, 1),
        shape("empty elements, of two names", "", &["<a/>", "<b/>"], end, 2),
        shape("empty elements, long", "", &["<a></a>"], end, 1),
        shape("empty elements, long, in another layout", "<!-- -->", &["<a></a>"], end, 1),
        shape("empty elements, long and at the end a short one", "", &["<a></a>"], "<b/></xml>", 1),
        shape("elements of one letter", "", &["<a>1</a>", "<b>2</b>"], end, 2),
        shape("elements of one letter, in another layout", "<!-- -->", &["<a>1</a>", "<b>2</b>"], end, 2),
        shape("blanks around texts", "<!-- -->", &["<a> <![CDATA[1]]>\r\n\t</a>\n"], end, 1),
        shape("flat", "", &["<Name><![CDATA[x]]></Name>\n"], end, 1),
        shape("nested", "", &["<a><b><c><d/></c></b></a>"], end, 4),
        shape(
            "nested as deep as allowed, with siblings",
            "<a><a><a><a><a><a><a><a><a><a><a><a><a><a>",
            &["<a><b/></a>", "<c/>"],
            "</a></a></a></a></a></a></a></a></a></a></a></a></a></a></xml>",
            3,
        ),
        shape(
            "deep again and again",
            "",
            &[
                "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a>",
            ],
            end,
            MAX_DEPTH,
        ),
        shape("a text in CDATA", &text("<![CDATA["), &["x"], cdata_end, 0),
        shape(
            "a text in CDATA, in another layout",
            &text("<!-- --><![CDATA["),
            &["好"],
            "]]></Content></xml>",
            0,
        ),
        shape("a text of an element that no kind has", "<A><![CDATA[", &["x"], "]]></A></xml>", 0),
        shape("a text outside of CDATA", &text(""), &["x"], content_end, 0),
        shape("split CDATA", &text("<![CDATA["), &["]]]]><![CDATA[>"], cdata_end, 0),
        shape("split CDATA in an unknown element", "<A><![CDATA[", &["]]]]><![CDATA[>"], "]]></A></xml>", 0),
        shape("empty sections", &text(""), &["<![CDATA[]]>"], content_end, 0),
        shape("ends of CDATA", &text("<![CDATA["), &["]]>"], cdata_end, 0),
        shape("one end of CDATA in a text", &text("<![CDATA[]]>"), &["x"], cdata_end, 0),
        shape("brackets", &text("<![CDATA["), &["]]"], cdata_end, 0),
        shape(
            "a text with one end beside elements",
            "<Content><![CDATA[]]>x]]></Content>",
            &["<a/>"],
            "<MsgType>text</MsgType></xml>",
            1,
        ),
        shape("ends of lines", &text("<![CDATA["), &["x\r\n"], cdata_end, 0),
        shape("ends of lines in an unknown element", "<A><![CDATA[", &["x\r\n"], "]]></A></xml>", 0),
        shape("elements in a text", &text("<![CDATA["), &["<a/>", "<b>1</b>"], cdata_end, 0),
        shape(
            "ends of its own element in a text",
            &text("<![CDATA["),
            &["]]></Content><MsgId>9</MsgId>"],
            cdata_end,
            0,
        ),
        shape(
            "messages in a text",
            &text("<![CDATA["),
            &["]]></Content></xml>", "<xml><Content><![CDATA["],
            cdata_end,
            0,
        ),
        shape(
            "five texts in a text",
            &event("submit_invoice_title", "<title><![CDATA["),
            &[
                "]]></title><phone><![CDATA[1]]></phone><tax_no><![CDATA[",
                "]]></tax_no><addr><![CDATA[1]]></addr><bank_type><![CDATA[",
            ],
            "]]></title></xml>",
            0,
        ),
        shape("references", &text(""), &["&lt;"], content_end, 0),
        shape("references by number", &text(""), &["&#x4F60;"], content_end, 0),
        shape("references in many elements", "", &["<a>&#65;</a>"], end, 1),
        shape("control characters", &text("<![CDATA["), &["\u{1}"], cdata_end, 0),
        shape("quotes and line ends", &text("<![CDATA["), &["\"\n"], cdata_end, 0),
        shape("control characters in an unknown element", "<A><![CDATA[", &["\u{1}"], "]]></A></xml>", 0),
        shape("a long name", "<", &["a"], "/></xml>", 0),
        shape(
            "long names",
            "",
            &[
                "<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/>",
            ],
            end,
            1,
        ),
        shape("attributes", "<a", &[" b=''"], "/></xml>", 0),
        shape("elements with attributes", "", &["<a b=''/>"], end, 1),
        shape("comments", "<a>", &["<!---->"], "</a></xml>", 0),
        shape("processing instructions", "<a>", &["<?a?>"], "</a></xml>", 0),
        shape("white space", "<!-- -->", &[" \n"], end, 0),
        shape("white space in a text", "<a>&#32;", &[" \n"], "</a></xml>", 0),
        shape("text beside elements", "<a><b/>", &["x"], "</a></xml>", 0),
        shape(
            "articles without anything",
            &event("MASSSENDJOBFINISH", "<ArticleUrlResult><ResultList>"),
            &["<item/>"],
            "</ResultList></ArticleUrlResult></xml>",
            1,
        ),
        shape(
            "articles",
            &event("MASSSENDJOBFINISH", "<ArticleUrlResult><ResultList>"),
            &[
                "<item><ArticleIdx>1</ArticleIdx><ArticleUrl><![CDATA[https://example.com/1]]></ArticleUrl></item>",
            ],
            "</ResultList></ArticleUrlResult></xml>",
            3,
        ),
        shape(
            "checks without anything",
            &event("MASSSENDJOBFINISH", "<CopyrightCheckResult><ResultList>"),
            &["<item/>"],
            "</ResultList></CopyrightCheckResult></xml>",
            1,
        ),
        shape(
            "checks with other elements",
            &event("MASSSENDJOBFINISH", "<CopyrightCheckResult><ResultList>"),
            &[
                "<item><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/></item>",
            ],
            "</ResultList></CopyrightCheckResult></xml>",
            21,
        ),
        shape(
            "checks",
            &event("MASSSENDJOBFINISH", "<CopyrightCheckResult><ResultList>"),
            &[
                "<item><ArticleIdx>1</ArticleIdx><UserDeclareState>0</UserDeclareState><AuditState>2</AuditState>",
                "<OriginalArticleUrl><![CDATA[https://example.com/]]></OriginalArticleUrl>",
                "<OriginalArticleType>1</OriginalArticleType><CanReprint>1</CanReprint>",
                "<NeedReplaceContent>1</NeedReplaceContent><NeedShowReprintSource>1</NeedShowReprintSource></item>",
            ],
            "</ResultList></CopyrightCheckResult></xml>",
            9,
        ),
        shape(
            "a mass message that was sent",
            &event("MASSSENDJOBFINISH", "<Status>send success</Status><A>"),
            &["x"],
            "</A></xml>",
            0,
        ),
        shape(
            "a mass message in error",
            &event("MASSSENDJOBFINISH", "<Status>err(10001)</Status><A>"),
            &["x"],
            "</A></xml>",
            0,
        ),
        shape(
            "a template message that was sent",
            &event("TEMPLATESENDJOBFINISH", "<Status>success</Status><A>"),
            &["x"],
            "</A></xml>",
            0,
        ),
        shape(
            "pictures",
            &event("pic_sysphoto", "<EventKey>k</EventKey><SendPicsInfo><PicList>"),
            &["<item/>"],
            "</PicList></SendPicsInfo></xml>",
            1,
        ),
        shape(
            "pictures with a sum",
            &event("pic_sysphoto", "<EventKey>k</EventKey><SendPicsInfo><PicList>"),
            &["<item><PicMd5Sum>x</PicMd5Sum></item>"],
            "</PicList></SendPicsInfo></xml>",
            2,
        ),
        shape(
            "articles that failed",
            &event("PUBLISHJOBFINISH", "<PublishEventInfo>"),
            &["<fail_idx>1</fail_idx>"],
            "</PublishEventInfo></xml>",
            1,
        ),
        shape(
            "choices",
            &event("subscribe_msg_popup_event", "<SubscribeMsgPopupEvent>"),
            &["<List/>"],
            "</SubscribeMsgPopupEvent></xml>",
            1,
        ),
    ]
}

/// The bytes that `work` allocates, at the worst moment.
fn peak<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let mut returned = None;
    let bytes = measure(|| returned = Some(work())).bytes_max;
    (returned.expect("worked"), bytes)
}

/// The shapes that take more than `most` times their length, with the factor. `measured` is told the XML.
fn too_large(what: &str, most: f64, measured: impl Fn(&str) -> u64) -> String {
    let mut found = String::new();
    for shape in shapes() {
        let mut worst = (0.0, 0);
        for length in LENGTHS {
            let xml = shape.xml(length);
            let factor = measured(&xml) as f64 / xml.len() as f64;
            if factor > worst.0 {
                worst = (factor, xml.len());
            }
        }
        let (factor, length) = worst;
        println!("{what}: {factor:5.2} × {length:7} bytes: {}", shape.name);
        if factor > most {
            writeln!(found, "{}: {factor:.2} × {length} bytes", shape.name).expect("a string");
        }
    }
    found
}

fn read(xml: &str) -> Message {
    // What is made once and for all is not counted.
    Message::from_xml(xml).unwrap_or_else(|error| panic!("{error}: {xml:.200}"))
}

#[test]
fn t10_reading_a_message_takes_at_most_four_times_its_length() {
    let found = too_large("reading", 4.0, |xml| {
        read(xml);
        peak(|| read(xml)).1
    });
    assert_eq!(found, "");
}

/// A buffer that grows by doubling takes three times its content at the worst moment: the JSON's own memory.
const GROWN: u64 = 3;

fn json(message: &Message) -> String {
    serde_json::to_string(message).expect("JSON")
}

/// What is allocated beside the JSON, if characters in it are escaped, which makes it up to twelve times as long as the
/// message: every text stands in it twice, and a control character takes six bytes. Or else all that is allocated.
fn beside(json: &str, bytes: u64) -> u64 {
    if json.contains('\\') { bytes.saturating_sub(GROWN * json.len() as u64) } else { bytes }
}

#[test]
fn t10_what_is_refused_takes_at_most_four_times_its_length() {
    let many = |element: &str| format!("<xml>{}</xml>", element.repeat(MAX_ELEMENTS + 1));
    let deep = format!("<xml>{}{}</xml>", "<a>".repeat(MAX_DEPTH + 1), "<b/>".repeat(1_000));
    let unfinished = format!("<xml>{}", "<a/>".repeat(1_000));
    for (xml, error) in [
        (many("<a/>"), Some(XmlError::Elements)),
        (many("<a></a>"), Some(XmlError::Elements)),
        (many("<a/><b/>").repeat(4), Some(XmlError::Elements)),
        (deep, Some(XmlError::Depth)),
        (unfinished, None),
    ] {
        let (read, bytes) = peak(|| Message::from_xml(&xml));
        let refused = read.expect_err("refused");
        assert!(error.is_none_or(|error| error == refused), "{refused}");
        assert!(bytes <= 4 * xml.len() as u64, "{bytes} bytes for {}: {refused}", xml.len());
    }
}

#[test]
fn t10_writing_json_takes_at_most_the_memory_of_the_content() {
    let found = too_large("to_writer", 4.0, |xml| {
        let message = read(xml);
        let write = || serde_json::to_writer(std::io::sink(), &message).expect("JSON");
        write();
        peak(write).1
    });
    assert_eq!(found, "");
}

#[test]
fn t10_a_message_becomes_a_json_string_in_at_most_eight_times_its_length() {
    let found = too_large("to_string", 8.0, |xml| {
        let message = read(xml);
        let (json, bytes) = peak(|| json(&message));
        beside(&json, bytes)
    });
    assert_eq!(found, "");
}

#[test]
fn t10_a_message_is_read_from_json_in_at_most_eight_times_its_length() {
    let found = too_large("from_str", 8.0, |xml| {
        let json = json(&read(xml));
        peak(|| serde_json::from_str::<Message>(&json).expect("a message")).1
    });
    assert_eq!(found, "");
}

#[test]
fn t10_a_message_goes_through_json_and_back_in_at_most_nine_times_its_length() {
    let found = too_large("both", 9.0, |xml| {
        let message = read(xml);
        let ((json, again), bytes) = peak(|| {
            let json = json(&message);
            let again = serde_json::from_str::<Message>(&json).expect("a message");
            (json, again)
        });
        assert!(again == message, "{xml:.200}");
        beside(&json, bytes)
    });
    assert_eq!(found, "");
}
