"""Checks what no file of the repository may name: python3 names.py.

Hosts of package registries (the crates are not published yet, and mirrors have others), paths of one machine, and, in the
READMEs of registry pages, relative links, which do not work there.
"""

import json
import pathlib
import re
import subprocess
import sys

repository = pathlib.Path(__file__).resolve().parent.parent
registries = re.compile(
    r"crates[.]io|docs[.]rs/|static[.]rust-lang|pypi[.]org|pythonhosted[.]org|npmjs[.](org|com)|npmmirror[.]com"
    r"|(deb|security|mirrors?)[.][a-z.]*(debian|ubuntu|ustc|tuna|aliyun)|proxy[.]golang|goproxy[.](cn|io)"
)
machine = re.compile(r"(?<![\w.~-])/(work|root)/")
# They name where each package came from.
locks = {"Cargo.lock", "package-lock.json", "go.sum", "uv.lock"}
relative = re.compile(r"\]\((?!https?://|mailto:|#)([^)\s]+)")


def run(*command):
    return subprocess.run(command, cwd=repository, check=True, capture_output=True, text=True).stdout


def registry_pages():
    """The READMEs of the crates that are published, but for the root's, which is the repository's too."""
    packages = json.loads(run("cargo", "metadata", "--locked", "--no-deps", "--format-version", "1"))["packages"]
    for package in packages:
        folder = pathlib.Path(package["manifest_path"]).parent
        if package["publish"] != [] and folder != repository:
            yield folder / package["readme"] if package["readme"] else folder / "README.md"


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
for page in pages:
    if not page.is_file():
        faults.append(f"{page} is missing")
        continue
    for link in relative.findall(page.read_text(encoding="utf-8")):
        faults.append(f"{page}: a relative link: {link}")

for fault in faults:
    print(fault, file=sys.stderr)
print(f"{files} files, {len(pages)} registry pages")
sys.exit(bool(faults))
