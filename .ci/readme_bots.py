"""Makes a crate of what the READMEs say about each framework: python3 readme_bots.py FOLDER.

FOLDER/bot-axum and FOLDER/bot-actix get the `Cargo.toml` block, the bot and the test, word for word. The checkout is
beside them, as the READMEs assume.
"""

import pathlib
import re
import shutil
import sys

repository = pathlib.Path(__file__).resolve().parent.parent
folder = pathlib.Path(sys.argv[1])


def blocks(readme):
    """The blocks of code of a README, as (language, text)."""
    text = (repository / readme).read_text(encoding="utf-8")
    return re.findall(r"^```([\w,]+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def only(found, what):
    assert len(found) == 1, f"{what}: {len(found)} blocks"
    return found[0]


def parts(readme, framework):
    """The dependencies, the bot and the test for one framework."""
    crate = f"wechat_{framework}"
    found = blocks(readme)
    dependencies = [text for language, text in found if language == "toml" and f"wechat-{framework}" in text]
    rust = [text for language, text in found if language.startswith("rust") and crate in text]
    bots = [text for text in rust if "async fn main" in text and "from_env" in text]
    tests = [text for text in rust if "FakeWechat" in text]
    return only(dependencies, "dependencies"), only(bots, "bot"), only(tests, "test")


(folder / "wechat-callback").symlink_to(repository)
for name, framework in [("axum", "tower"), ("actix", "actix")]:
    english = parts("README.md", framework)
    assert english == parts("README.zh-CN.md", framework), f"the READMEs differ for {name}"
    dependencies, bot, test = english
    crate = folder / f"bot-{name}"
    for path, text in [
        ("Cargo.toml", f'[package]\nname = "bot-{name}"\nedition = "2024"\n\n{dependencies}\n[workspace]\n'),
        ("src/main.rs", bot),
        ("tests/echo.rs", test),
    ]:
        (crate / path).parent.mkdir(parents=True, exist_ok=True)
        (crate / path).write_text(text, encoding="utf-8")
    # The versions that everything else is tested with.
    shutil.copy(repository / "Cargo.lock", crate)
