//! One Chinese term for each thing, on the page, in the command line and in the docs.

use std::path::{Path, PathBuf};

/// The words that are not used, and what is said instead.
const OTHER_WORDS: [(&str, &str); 10] = [
    ("投递", "推送"),
    ("认领", "口令"),
    ("回答", "应答"),
    ("帐号", "账号"),
    ("笔记本", "本地"),
    ("相会", "去重"),
    ("再问", "重试"),
    ("各自为政", "退回到单机去重"),
    ("期望落空", "断言失败"),
    ("带走回复", "返回回复"),
];

/// The Markdown files of a folder.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
    files.filter(|file| file.extension().is_some_and(|extension| extension == "md")).collect()
}

#[test]
fn each_thing_has_one_term() {
    let simulator = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = simulator.join("..");
    let texts = [
        "texts.rs",
        "kinds.xml",
        "bin/wechat-sim/texts.rs",
        "page/web/messages.js",
        "page/web/messages-tools.js",
        "page/web/index.html",
    ];
    let texts = texts.map(|file| simulator.join("src").join(file));
    let docs = [pages(&root), pages(&root.join("docs"))].concat();
    assert!(docs.len() > 8, "{docs:?}");
    for file in texts.into_iter().chain(docs) {
        let text = std::fs::read_to_string(&file).expect("a text");
        for (word, term) in OTHER_WORDS {
            let line = text.lines().position(|line| line.contains(word)).map(|index| index + 1);
            assert_eq!(line, None, "{}: {term} instead of {word}", file.display());
        }
    }
}

/// In Chinese, a text within another is its Chinese one, `{argument:#}`.
#[test]
fn a_text_within_another_is_in_its_language() {
    let simulator = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = 0;
    for file in ["texts.rs", "bin/wechat-sim/texts.rs"] {
        let text = std::fs::read_to_string(simulator.join("src").join(file)).expect("a text");
        for (signature, texts) in text.split(";\n").filter_map(|entry| entry.split_once("=>")) {
            let texts: Vec<_> = texts.trim().trim_matches('"').split("\",").collect();
            let [zh, en] = &texts[..] else { continue };
            let arguments = signature.rsplit('(').next().unwrap_or_default().split(',');
            for argument in arguments.filter_map(|argument| argument.split_once(": &LocalizedText")) {
                let name = argument.0.trim();
                found += 1;
                assert!(zh.contains(&format!("{{{name}:#}}")), "{file}: {signature}");
                assert!(en.contains(&format!("{{{name}}}")), "{file}: {signature}");
            }
        }
    }
    assert!(found > 15, "{found}");
}
