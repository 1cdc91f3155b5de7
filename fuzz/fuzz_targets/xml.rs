//! XML: both readers and another parser read the same elements, and what is written is read back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wechat_callback::fuzzing::{Element, Tree, encrypted_text, user_texts};
use wechat_callback::{Message, XmlError};

/// The ends of lines as a parser of XML reads them.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Whether a text of a user holds the end of its section, so that other parsers read something else.
fn has_unsplit_text(xml: &str) -> bool {
    user_texts(xml).into_iter().any(|text| xml[text].replace("]]]]><![CDATA[>", " ").contains("]]>"))
}

fn check_both_readers(xml: &str) {
    // They differ in the ends of lines of an element that holds a user's text in messages of other kinds alone.
    let elements = |tree: Tree| {
        let lines = |element: Element| Element { text: lines(&element.text), ..element };
        tree.elements().into_iter().map(lines).collect::<Vec<_>>()
    };
    match Tree::parse_flat(xml) {
        Ok(Some(flat)) => assert_eq!(Tree::parse_any(xml).map(elements), Ok(elements(flat))),
        Ok(None) => {}
        Err(error) => assert_eq!(Tree::parse_any(xml), Err(error)),
    }
}

fn check_envelope(xml: &str, read: &Result<Tree, XmlError>) {
    let encrypted = encrypted_text(xml);
    match read {
        Ok(tree) => {
            let elements = tree.elements();
            let expected = elements.iter().find(|element| element.depth == 0 && element.name == "Encrypt");
            assert_eq!(encrypted.as_ref().map(Option::as_deref), Ok(expected.map(|element| &*element.text)));
        }
        Err(error) => assert_eq!(encrypted.as_ref(), Err(error)),
    }
}

fn check_against_another_parser(xml: &str, elements: &[Element]) {
    let Ok(document) = roxmltree::Document::parse(xml) else { return };
    let shown = |text: &str| lines(text).trim().to_owned();
    let local = |name: &str| name.rsplit(':').next().unwrap_or_default().to_owned();
    let expected =
        document.root_element().descendants().skip(1).filter(roxmltree::Node::is_element).map(|node| {
            let depth = node.ancestors().filter(roxmltree::Node::is_element).count() - 2;
            let is_leaf = !node.children().any(|child| child.is_element());
            let text =
                node.children().filter(|child| is_leaf && child.is_text()).filter_map(|child| child.text());
            (depth, node.tag_name().name().to_owned(), shown(&text.collect::<String>()))
        });
    let read = elements.iter().map(|element| (element.depth, local(&element.name), shown(&element.text)));
    assert_eq!(read.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

/// What a text is once it was written: without the characters that XML cannot hold.
fn written(text: &str) -> String {
    let is_dropped = |char: char| matches!(char, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    text.chars().filter(|char| !is_dropped(*char)).collect()
}

fn check_written(tree: &Tree, elements: &[Element]) {
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !elements.iter().all(|element| is_name(&element.name)) {
        return;
    }
    let xml = tree.write();
    let again = Tree::parse(&xml).expect("what it wrote itself").elements();
    // Two texts of one name are one that holds an end: WeChat writes none twice.
    if has_unsplit_text(&xml) {
        assert!(again.len() < elements.len());
        return;
    }
    assert_eq!(again.len(), elements.len());
    for (again, element) in again.iter().zip(elements) {
        assert_eq!((again.depth, &again.name), (element.depth, &element.name));
        assert_eq!(lines(&again.text), lines(&written(&element.text)));
    }
}

fn check_limits(xml: &str, elements: &[Element]) {
    assert!(elements.len() <= 4096);
    assert!(elements.iter().all(|element| element.depth < 16));
    // Nothing is made up: a document cannot hold a bomb.
    let length: usize = elements.iter().map(|element| element.name.len() + element.text.len()).sum();
    assert!(length <= xml.len());
}

/// The typed message has the same elements, and any type of one's own can be read from it.
fn check_message(xml: &str, elements: &[Element]) {
    let message = Message::from_xml(xml).expect("elements");
    let first = elements.iter().find(|element| element.depth == 0 && element.name == "FromUserName");
    assert_eq!(message.openid(), first.map(|element| &*element.text).filter(|text| !text.is_empty()));
    assert_eq!(message.fields().count(), elements.iter().filter(|element| element.depth == 0).count());
    message.deserialize::<serde_json::Value>().expect("a value takes anything");
}

fuzz_target!(|xml: &str| {
    check_both_readers(xml);
    let read = Tree::parse(xml);
    check_envelope(xml, &read);
    let Ok(tree) = read else { return };
    let elements = tree.elements();
    check_limits(xml, &elements);
    check_message(xml, &elements);
    if !has_unsplit_text(xml) {
        check_against_another_parser(xml, &elements);
    }
    check_written(&tree, &elements);
});
