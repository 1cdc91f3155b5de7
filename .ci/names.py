"""Checks what files of the repository must not name, and must: python3 names.py.

None names the host of a package registry (the crates are not published yet, and mirrors have others) or a path of one
machine. The README of a registry page has no relative link, which would not work there, and names each feature.
"""

import json
import pathlib
import re
import subprocess
import sys

repository = pathlib.Path(__file__).resolve().parent.parent
# In two parts each, so that this file names none itself.
hosts = [
    ("crates", "io"), ("docs", "rs/"), ("static", "rust-lang"), ("pypi", "org"), ("pythonhosted", "org"),
    ("npmjs", "(org|com)"), ("npmmirror", "com"), ("(deb|security|mirrors?)", "[a-z.]*(debian|ubuntu|ustc|tuna|aliyun)"),
    ("proxy", "golang"), ("goproxy", "(cn|io)"),
]
registries = re.compile("|".join("[.]".join(parts) for parts in hosts))
machine = re.compile(r"(?<![\w.~-])/(work|root)/")
# They name where each package came from.
locks = {"Cargo.lock", "package-lock.json", "go.sum", "uv.lock"}
relative = re.compile(r"\]\((?!https?://|mailto:|#)([^)\s]+)")


def run(*command):
    return subprocess.run(command, cwd=repository, check=True, capture_output=True, text=True).stdout


def registry_pages():
    """README and features of each crate that is published, but for the root's, whose README is the repository's too."""
    packages = json.loads(run("cargo", "metadata", "--locked", "--no-deps", "--format-version", "1"))["packages"]
    for package in packages:
        folder = pathlib.Path(package["manifest_path"]).parent
        if package["publish"] != [] and folder != repository:
            yield folder / (package["readme"] or "README.md"), set(package["features"]) - {"default"}


faults, files = [], 0
for path in run("git", "ls-files", "-coz", "--exclude-standard").split("\0")[:-1]:
    file = repository / path
    if file.name in locks or not file.is_file():
        continue
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        continue
    files += 1
    for number, line in enumerate(lines, 1):
        for what, pattern in [("a registry's host", registries), ("a path of one machine", machine)]:
            if found := pattern.search(line):
                faults.append(f"{path}:{number}: {what}: {found[0]}")

pages = list(registry_pages())
for page, features in pages:
    if not page.is_file():
        faults.append(f"{page} is missing")
        continue
    text = page.read_text(encoding="utf-8")
    faults += [f"{page}: a relative link: {link}" for link in relative.findall(text)]
    faults += [f"{page}: no row for the feature {feature}" for feature in features if f"| `{feature}`" not in text]

for fault in faults:
    print(fault, file=sys.stderr)
print(f"{files} files, {len(pages)} registry pages")
sys.exit(bool(faults))
