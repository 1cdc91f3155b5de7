//! Each sample against what it says, written by hand in `fixtures/expected`.

use serde_json::Value;
use wechat_callback::Message;

#[test]
fn each_sample_says_what_its_expectation_says() {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    let mut compared = 0;
    for entry in std::fs::read_dir(format!("{fixtures}/samples")).expect("the samples") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let xml = std::fs::read_to_string(&path).expect("UTF-8");
        let message = Message::from_xml(&xml).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut typed = serde_json::to_value(&message).expect("JSON");
        assert!(serde_json::from_value::<Message>(typed.clone()).expect("a message") == message, "{name}");
        typed.as_object_mut().expect("an object").remove("fields").expect("the fields");
        let expected = std::fs::read_to_string(format!("{fixtures}/expected/{name}.json"));
        let expected: Value =
            serde_json::from_str(&expected.unwrap_or_else(|_| panic!("{name} has no expectation")))
                .expect("JSON");
        assert_eq!(typed, expected, "{name}");
        compared += 1;
    }
    assert_eq!(compared, 130);
}
