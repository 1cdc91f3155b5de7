"""What the pages promise: python3 pages.py.

- README and each page of docs/ exist in English and Chinese, with the same code and headings, and link to each other.
- Each block's language says how it is tried, and each page with Rust is compiled (src/lib.rs).
- Each line of a shell block is one that CI runs (`COMMANDS`), or the block is marked `no_run`: then bash parses it.
- What the pages say is logged stands in the sources.
"""

import pathlib
import re
import subprocess
import sys

from markdown import blocks

ROOT = pathlib.Path(__file__).resolve().parent.parent

# The commands of the pages that .ci/run runs, and in which step.
COMMANDS = {
    "cargo run -p wechat-demo": "the pages' run commands",
    "cargo test --workspace --all-features": "the README's test command",
    "cargo run -p wechat-sim -- dev -- cargo run -p wechat-tower --example axum_echo": "the pages' run commands",
    "cargo run -p wechat-sim -- dev -- cargo run --example slow_bot": "the pages' run commands",
    "cargo run -p wechat-sim -- dev -- cargo run -p llm-bot": "the pages' run commands",
    "cargo run -p wechat-sim -- dev -- cargo run --manifest-path docs/salvo/Cargo.toml": "another server: docs/salvo",
    "cargo run -p wechat-sim -- run simulator/scenarios/echo.toml --junit report.xml "
    "-- cargo run -p wechat-tower --example axum_echo": "the pages' run commands",
    "cargo run -p wechat-sim -- attack -- cargo run -p wechat-tower --example axum_echo": "the pages' run commands",
    "WECHAT_APP_ID=wx5823bf96d3bd56c7 WECHAT_TOKEN=mytoken123456789abc cargo run --example axum_echo":
        "the conversation without the simulator",
}
# A block that .ci/run pipes into bash as a whole.
CONVERSATION = "TOKEN=mytoken123456789abc;"
# How each language is tried. Files of configuration are compared with the files that CI validates.
LANGUAGES = {"rust", "rust,no_run", "sh", "sh,no_run", "toml", "text", "xml", "json", "python", "js", "go", "promql",
             "nginx", "caddyfile", "ini", "dockerfile", "yaml", "php", "java", "sql", "diff", "bash"}
# Pages whose Rust a project of its own compiles.
COMPILED_ELSEWHERE = {"docs/other-servers.md", "docs/other-servers.zh-CN.md"}

# Pages whose commands a script of their own runs, in the folder of each bot.
RUN_ELSEWHERE = {"docs/other-languages.md": "docs/other-languages/check"}

failures = []


def fail(page, text):
    failures.append(f"{page}: {text}")


def without_comments(language, body):
    """Comments may be in the page's language."""
    marks = {"rust": "//", "sql": "--"}
    mark = next((marks[name] for name in marks if language.startswith(name)), None)
    return language, re.sub(f" *{mark}.*", "", body) if mark else body


def pages():
    """Each page, as (English, Chinese)."""
    for english in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        if not english.name.endswith(".zh-CN.md"):
            yield english, english.with_name(english.name.replace(".md", ".zh-CN.md"))


def check_pair(english, chinese):
    name = english.relative_to(ROOT)
    if not chinese.exists():
        return fail(name, "there is no Chinese page")
    texts = [path.read_text(encoding="utf-8") for path in (english, chinese)]
    for text, link in zip(texts, [f"[中文]({chinese.name})", f"[English]({english.name})"]):
        if text.split("\n")[2] != link:
            fail(name, f"the third line is not {link}")
    code = [
        [without_comments(block.language, block.code) for block in blocks(text) if block.language != "text"] for text in texts
    ]
    if code[0] != code[1]:
        fail(name, "the blocks of code differ between the languages")
    headings = [re.findall(r"^#+ ", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE) for text in texts]
    if headings[0] != headings[1]:
        fail(name, "the headings differ between the languages")


def check_blocks(page, is_compiled):
    name = str(page.relative_to(ROOT))
    text = page.read_text(encoding="utf-8")
    # Other fences are blocks, too, of which nothing here would know.
    if other := re.search(r"^ *(?:[-*>] *)*(~~~|````|[-*>] *```).*", text, re.MULTILINE):
        fail(name, f"a block begins with {other[0]!r}")
    if len(re.findall("^ *```", text, re.MULTILINE)) != 2 * len(blocks(text)):
        fail(name, "a block does not end, or ends with another indentation")
    for language, body, *_ in blocks(text):
        if language not in LANGUAGES:
            fail(name, f"the language {language!r} of a block is not known")
        if language.startswith("rust") and not is_compiled and name not in COMPILED_ELSEWHERE:
            fail(name, "its Rust is not compiled: add the page to src/lib.rs")
        if language == "sh,no_run":
            parsed = subprocess.run(["bash", "-n"], input=body, text=True, capture_output=True, check=False)
            if parsed.returncode:
                fail(name, parsed.stderr)
        if language == "sh" and name.replace(".zh-CN", "") not in RUN_ELSEWHERE and not body.startswith(CONVERSATION):
            for line in body.splitlines():
                if line not in COMMANDS:
                    fail(name, f"CI does not run {line!r}")


def sources():
    """The sources, with the string literals as the compiler reads them."""
    files = [*(ROOT / "src").rglob("*.rs"), *(ROOT / "adapters").glob("*/src/**/*.rs")]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    # A comment logs nothing.
    return re.sub(r"\\\n\s*", "", re.sub(r"^\s*//.*", "", text, flags=re.MULTILINE))


def check_log(page, logged):
    """In the tables of what is logged, each piece of code of the first column is a piece of a literal."""
    text = page.read_text(encoding="utf-8")
    section = text[re.search(r"^## (The log|日志)$", text, re.MULTILINE).end():]
    for table in re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE):
        if re.match(r"\| (line|reason|日志) \|", table):
            for row in table.splitlines()[2:]:
                for code in re.findall(r"`([^`]+)`", row.split(" | ")[0]):
                    for piece in code.split("…"):
                        if piece.strip() not in logged and not re.fullmatch(r'[\w.=]+|\w+="[^"]*"', code):
                            fail(page.name, f"nothing logs {piece!r}")


def check_commands():
    """Each command of the pages stands in .ci/run, too; the tests' is read from the README there."""
    script = re.sub("^ *#.*", "", (ROOT / ".ci/run").read_text(encoding="utf-8"), flags=re.MULTILINE)
    for command, step in COMMANDS.items():
        if f'step "{step}' not in script or (command not in script and not command.startswith("cargo test")):
            fail(".ci/run", f"it does not run {command!r}")
    for runner in RUN_ELSEWHERE.values():
        if f"\n{runner}\n" not in script:
            fail(".ci/run", f"it does not run {runner}")


def main():
    compiled = set(re.findall(r'= "([^"]+\.md)"', (ROOT / "src/lib.rs").read_text(encoding="utf-8")))
    logged = sources()
    check_commands()
    for english, chinese in pages():
        check_pair(english, chinese)
        for page in (english, chinese):
            if page.exists():
                check_blocks(page, str(english.relative_to(ROOT)) in compiled)
            if page.name.startswith("troubleshooting"):
                check_log(page, logged)
    print("\n".join(failures) or "the pages are as they should be")
    sys.exit(bool(failures))


main()
