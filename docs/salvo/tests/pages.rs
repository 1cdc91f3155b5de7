//! What the pages show is the code of this crate.

#[test]
fn the_pages_show_this_code() {
    let english = include_str!("../../other-servers.md");
    let chinese = include_str!("../../other-servers.zh-CN.md");
    for (language, page) in [("English", english), ("Chinese", chinese)] {
        for code in [include_str!("../src/lib.rs"), include_str!("../src/main.rs")] {
            assert!(page.contains(&format!("```rust\n{code}```\n")), "the page in {language} lacks:\n{code}");
        }
    }
}
