"""Makes a crate of what the pages say about each framework: python3 bots.py FOLDER.

FOLDER/bot-axum and FOLDER/bot-actix get the `Cargo.toml` blocks, the bot and the tests of docs/getting-started.md and
docs/testing.md, word for word. The checkout is beside them, as the pages assume. What the README shows is the same.
"""

import pathlib
import shutil
import sys

import markdown

repository = pathlib.Path(__file__).resolve().parent.parent
folder = pathlib.Path(sys.argv[1])


def shown(page):
    """The blocks of code of a page, as (language, text)."""
    found = markdown.blocks((repository / page).read_text(encoding="utf-8"))
    return [(block.language, block.code) for block in found]


def only(found, what):
    assert len(found) == 1, f"{what}: {len(found)} blocks"
    return found[0]


start, tests, readme = shown("docs/getting-started.md"), shown("docs/testing.md"), shown("README.md")
(folder / "wechat-callback").symlink_to(repository)
for name, framework, target in [("axum", "tower", "ServiceTarget"), ("actix", "actix", "ActixTarget")]:
    dependencies = only([text for _, text in start if f"adapters/{'tower' if name == 'axum' else 'actix-web'}" in text],
                        f"{name}: dependencies")
    bot = only([text for _, text in start if f"use wechat_{framework}::" in text], f"{name}: bot")
    shown_tests = [(at, text) for at, (_, text) in enumerate(tests) if target in text]
    assert shown_tests, f"{name}: no test"
    test_dependencies = [text for language, text in tests[:shown_tests[0][0]] if language == "toml"][-1]
    manifest = f'[package]\nname = "bot-{name}"\nedition = "2024"\n\n{dependencies}\n{test_dependencies}\n[workspace]\n'
    if name == "axum":
        for block in (dependencies, bot):
            assert block in [text for _, text in readme], "the README shows another bot than docs/getting-started.md"
    crate = folder / f"bot-{name}"
    files = [(f"tests/block_{at}.rs", text) for at, text in shown_tests]
    for path, text in [("Cargo.toml", manifest), ("src/main.rs", bot), *files]:
        (crate / path).parent.mkdir(parents=True, exist_ok=True)
        (crate / path).write_text(text, encoding="utf-8")
    # The versions that everything else is tested with.
    shutil.copy(repository / "Cargo.lock", crate)
