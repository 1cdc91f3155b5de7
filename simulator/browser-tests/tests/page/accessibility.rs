//! All of the page by the rules of WCAG 2, levels A and AA, as axe-core checks them: both themes, both languages, wide and
//! narrow.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::support::process::skip;
use crate::support::{Visit, chat};

/// It is not part of this repository: npm, which checks its hash, puts it into the target folder.
const AXE: &str = "axe-core@4.14.1";

/// The path of axe-core, which the first test installs. Without npm or a network the tests are skipped, except in `CI`.
fn axe() -> Option<&'static Path> {
    static SCRIPT: OnceLock<Option<PathBuf>> = OnceLock::new();
    SCRIPT.get_or_init(install_axe).as_deref()
}

fn install_axe() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(AXE);
    let script = folder.join("node_modules/axe-core/axe.min.js");
    if script.exists() {
        return Some(script);
    }
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
    match npm.arg("--prefix").arg(&folder).arg(AXE).output() {
        Ok(done) if done.status.success() => return Some(script),
        Ok(done) => skip(format!("npm cannot install {AXE}: {}", String::from_utf8_lossy(&done.stderr))),
        Err(error) => skip(format!("npm does not start: {error}")),
    }
    None
}

/// What axe-core found, in all states that were looked at.
struct Audit<'p> {
    page: &'p Visit,
    found: Vec<String>,
}

/// The rules of the levels A and AA.
const ALL_RULES: &str = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']";

/// The rules whose result differs between the themes.
const RULES_OF_COLOURS: &str = "{ type: 'rule', values: ['color-contrast', 'link-in-text-block'] }";

impl Audit<'_> {
    /// Looks at the page as it is, in both themes and both languages.
    async fn look(&mut self, state: &str) {
        for (theme, rules) in [("light", ALL_RULES), ("dark", RULES_OF_COLOURS)] {
            let theme_of = json!({"features": [{"name": "prefers-color-scheme", "value": theme}]});
            self.page.driver.cdp().send_raw("Emulation.setEmulatedMedia", theme_of).await.expect("a theme");
            for _ in 0..2 {
                self.page.js("document.querySelector('#lang').click()").await;
                let lang = self.page.js("document.documentElement.lang").await;
                self.run(rules, &format!("{state}, {theme}, {lang}")).await;
            }
        }
    }

    async fn run(&mut self, rules: &str, state: &str) {
        let script = format!(
            "{{ const {{ violations }} = await axe.run(document, {{ runOnly: {rules}, resultTypes: ['violations'], preload: false }}); \
             return violations.flatMap(({{ id, nodes }}) => nodes.map((node) => `${{id}}: ${{node.html.slice(0, 200)}} (${{node.target}}): ${{node.failureSummary}}`)) }}"
        );
        let violations = self.page.promised(&script).await;
        let violations = violations.as_array().unwrap_or_else(|| panic!("{state}: {violations}"));
        self.found.extend(violations.iter().map(|violation| format!("{state}: {violation}")));
    }

    /// Looks at each tab of the inspector.
    async fn look_at_tabs(&mut self, state: &str) {
        self.page.until("document.querySelectorAll('#inspect [role=tab]').length > 0").await;
        for tab in self.ids("#inspect [role=tab]").await {
            self.page.js(&format!("document.getElementById('{tab}').click()")).await;
            self.look(&format!("{state}, {tab}")).await;
        }
    }

    async fn ids(&self, selector: &str) -> Vec<String> {
        let ids =
            self.page.js(&format!("[...document.querySelectorAll({selector:?})].map((one) => one.id)")).await;
        let ids = ids.as_array().expect("a list").iter();
        ids.map(|id| id.as_str().expect("an id").to_owned()).collect()
    }

    fn assert_clean(self) {
        assert!(self.found.is_empty(), "{} violations:\n{}", self.found.len(), self.found.join("\n"));
    }
}

/// Fills the page: messages of many kinds, replies of several, a failure, a fan with an unread reply, attacks.
async fn furnish(page: &Visit) {
    page.click("#follow").await;
    for text in ["你好", "图文", "客服", "安静", "链接", "https://example.com/"] {
        page.say(text).await;
    }
    let kinds = ["image", "voice", "video", "location", "link", "file", "miniprogrampage"];
    let mut drafts: Vec<Value> = kinds.iter().map(|kind| json!({"fan": "小明", "type": kind})).collect();
    drafts.extend(
        ["CLICK", "VIEW", "SCAN", "LOCATION", "user_get_card"]
            .map(|event| json!({"fan": "小明", "event": event})),
    );
    // The bot refuses it.
    drafts.push(json!({"fan": "小明", "raw": "<xml><MsgType>text"}));
    drafts.push(json!({"fan": "阿花", "type": "text"}));
    for draft in drafts {
        let post = format!(
            "{{ return (await fetch('/api/send', {{ method: 'POST', headers: {{ 'content-type': 'application/json' }}, body: JSON.stringify({draft}) }})).status }}"
        );
        assert_eq!(page.promised(&post).await, 200, "{draft}");
    }
    page.until("document.querySelector('.row.notice') && !document.querySelector('.going') && document.querySelector('.dot')").await;
}

/// On a narrow screen only one of the panes is seen.
async fn show(page: &Visit, pane: &str) {
    page.js(&format!("document.querySelector('[data-show={pane}]').click()")).await;
}

async fn audit(name: &'static str, width: u32) {
    let Some(script) = axe() else { return };
    let script = std::fs::read_to_string(script).expect("axe-core");
    chat(name, async |page| {
        // So high that nothing has to be scrolled to: what is out of sight is not checked.
        page.size(width, 6000).await;
        page.js("localStorage.setItem('wechat-sim', '{\"attacks\":true}')").await;
        page.open().await;
        page.driver.execute(script, Vec::new()).await.expect("axe-core");
        furnish(page).await;
        let mut audit = Audit { page, found: Vec::new() };
        audit.look("the chat").await;
        show(page, "setup").await;
        page.js("document.querySelector('[data-attack=replay-with-another-body]').click()").await;
        page.until("document.querySelectorAll('#attack-result .look').length === 2").await;
        audit.look("the attacks").await;

        show(page, "inspect").await;
        audit.look("nothing to inspect").await;
        for (state, row) in [("a message", ".row.own .meta"), ("a failure", ".row.notice .meta")] {
            page.js(&format!("document.querySelector('{row}').click()")).await;
            audit.look_at_tabs(state).await;
        }
        page.js("document.querySelector('[data-key=probe-1]').click()").await;
        page.until_text("#inspect", "replay-with-another-body").await;
        audit.look_at_tabs("a forged request").await;

        for dialog in audit.ids("dialog").await {
            let opener = match &*dialog {
                "kinds" => "document.querySelector('#more').click()".to_owned(),
                "menu-dialog" => "document.querySelector('#edit-menu').click()".to_owned(),
                "scenario" => "document.querySelector('#export').click()".to_owned(),
                other => format!("document.getElementById('{other}').showModal()"),
            };
            page.js(&opener).await;
            page.until(&format!("document.querySelector('#{dialog}').open")).await;
            audit.look(&dialog).await;
            if dialog == "kinds" {
                page.js("document.querySelector('#kind-list button').click()").await;
                audit.look("the form of a kind").await;
            }
            if dialog == "menu-dialog" {
                page.js("document.querySelectorAll('#menu-fields input').forEach((input) => { input.value = ''; input.dispatchEvent(new Event('input')) })").await;
                page.js("document.querySelector('#menu-form').requestSubmit()").await;
                audit.look("mistakes in the menu").await;
                page.js("document.querySelector('#menu-raw').click()").await;
                audit.look("the menu as JSON").await;
            }
            page.js(&format!("document.querySelector('#{dialog}').close()")).await;
        }
        audit.assert_clean();
    })
    .await;
}

#[tokio::test]
async fn wide_the_page_has_no_violation_of_wcag() {
    audit("axe-wide", 1360).await;
}

#[tokio::test]
async fn narrow_the_page_has_no_violation_of_wcag() {
    audit("axe-narrow", 380).await;
}
