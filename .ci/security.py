"""Checks the tables of SECURITY.md: python3 security.py.

Each row names files, and behind each what is to be found there: a test by its name, or a piece of text. A test whose
own name begins with a number, such as `t9_..`, stands in the row with that number.
"""

import pathlib
import re
import subprocess
import sys

repository = pathlib.Path(__file__).resolve().parent.parent
security = (repository / "SECURITY.md").read_text(encoding="utf-8")
# One way to name a file and what is in it: `path`: `one`, `another`.
places = re.compile(r"`([^`]+)`: (`[^`]+`(?:, `[^`]+`)*)")
faults, named, numbers = [], {}, []


def is_in(text, wanted):
    if re.fullmatch(r"\w+", wanted):
        return re.search(rf"#\[(\w+::)?test\b.*\]\s+(#\[.*\]\s+)*(async )?fn {wanted}\b", text)
    return wanted in text


rows = re.findall(r"^\| ([ST]\d[ST\d, ]*) \|.*\| (.*) \|$", security, re.MULTILINE)
for first, tests in rows:
    row = first.split(", ")
    numbers += row
    found = places.findall(tests)
    if "; ".join(f"`{path}`: {wanted}" for path, wanted in found) != tests:
        faults.append(f"{first}: not `path`: `test`, `test`; `path`: ..: {tests}")
    for path, wanted in found:
        file = repository / path
        text = file.read_text(encoding="utf-8") if file.is_file() else None
        if text is None:
            faults.append(f"{first}: {path} does not exist")
            continue
        for test in re.findall("`([^`]+)`", wanted):
            named.setdefault(test, set()).update(row)
            if not is_in(text, test):
                faults.append(f"{first}: {path} has no {test}")

for number in {number for number in numbers if numbers.count(number) > 1}:
    faults.append(f"{number} stands there twice")
threats = {int(number[1:]) for number in numbers if number[0] == "T"}
for missing in set(range(1, max(threats, default=36) + 1)) - threats:
    if f"\nT{missing} is " not in security:
        faults.append(f"T{missing} is missing")

tracked = subprocess.run(
    ["git", "ls-files", "-co", "--exclude-standard", "*.rs"], cwd=repository, check=True, capture_output=True, text=True
).stdout.split()
for path in tracked:
    text = (repository / path).read_text(encoding="utf-8")
    for test, number in re.findall(r"\bfn ([ts](\d+)_\w+)", text):
        if f"{test[0].upper()}{number}" not in named.get(test, ()):
            faults.append(f"SECURITY.md has no {test} of {path} in the row {test[0].upper()}{number}")

for fault in faults:
    print(fault, file=sys.stderr)
print(f"SECURITY.md: {len(rows)} rows, {len(named)} tests")
sys.exit(bool(faults))
