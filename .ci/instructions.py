"""Compares how many instructions operations take with benches/instructions.toml: python3 instructions.py [--update].

It runs benches/instructions.rs under callgrind, which counts them exactly. What is compared is what an operation takes
beyond the raw primitives that the protocol asks for (SHA-1, AES, base64; for a push also an axum route that does nothing
else): these are counted in a run of their own and subtracted. So it does not matter what the compiler inlines, nor that
valgrind knows no SHA instructions; and a hash that the protocol does not ask for counts.

The figures hold for one compiler, C library and valgrind, and for what valgrind shows of the processor. Where these are
those of the file, a figure that is more than 3 % off, above or below, is a failure. Elsewhere it is printed. `--update`
writes what was counted to the file.
"""

import concurrent.futures
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIGURES = ROOT / "benches/instructions.toml"
TOLERANCE = 0.03
HEAD = """\
# Instructions of an operation beyond the raw primitives: `python3 .ci/instructions.py` compares, with `--update` it writes
# this file. See benches/README.md.
"""


def run(*command, **options):
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, **options).stdout


def build():
    """The path of the benchmark."""
    command = ["cargo", "bench", "--locked", "-p", "wechat-callback", "--bench", "instructions", "--no-run"]
    built = subprocess.run([*command, "--message-format=json"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    messages = map(json.loads, built.stdout.splitlines())
    return next(path for message in messages if (path := message.get("executable")))


def valgrind(*arguments):
    # What a process finds on its stack moves its addresses, so its environment is empty.
    return run("valgrind", *arguments, env={"PATH": os.environ["PATH"]})


def count(program, name, times, *which):
    """The instructions of one time."""
    with tempfile.NamedTemporaryFile(suffix=".callgrind") as out:
        valgrind("--quiet", "--tool=callgrind", "--toggle-collect=*instructions*counted*", f"--callgrind-out-file={out.name}",
                 program, name, *which)
        text = pathlib.Path(out.name).read_text(encoding="utf-8")
    total = int(re.search(r"^(?:summary|totals): (\d+)$", text, re.MULTILINE)[1])
    assert total > 0, f"{name}: valgrind does not find the function `counted`"
    return total / times


def machine(program):
    rustc = run("rustc", "--version", "--verbose")
    return {
        "rustc": re.search("^rustc (.*)$", rustc, re.MULTILINE)[1],
        "host": re.search("^host: (.*)$", rustc, re.MULTILINE)[1],
        "libc": " ".join(platform.libc_ver()),
        "valgrind": run("valgrind", "--version").strip(),
        "processor": valgrind("--quiet", "--tool=none", program, "--features").strip(),
    }


def counted(program):
    """What each operation takes, and its raw primitives."""
    operations = [line.split("\t") for line in run(program, "--list").splitlines()]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = {
            name: [pool.submit(count, program, name, int(times), *which) for which in ([], ["--raw"])]
            for name, times in operations
        }
        return {name: [run.result() for run in both] for name, both in runs.items()}


def write(found, figures):
    lines = [HEAD, "[machine]", *(f"{key} = {json.dumps(value)}" for key, value in found.items())]
    lines += ["", "[instructions]", *(f"{json.dumps(name)} = {figure}" for name, figure in figures.items())]
    FIGURES.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main():
    if not shutil.which("valgrind"):
        print("skipped: valgrind is not installed", file=sys.stderr)
        return bool(os.environ.get("CI"))
    program = build()
    found = machine(program)
    written = tomllib.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {"machine": {}, "instructions": {}}
    differing = {key: value for key, value in found.items() if written["machine"].get(key) != value}

    faults, figures = [], {}
    print(f"{'instructions':<32} {'all':>9} {'primitives':>11} {'beyond':>9} {'written':>9}")
    for name, (ours, raw) in counted(program).items():
        figures[name] = round(ours - raw)
        figure = written["instructions"].get(name)
        off = figures[name] / figure - 1 if figure else float("inf")
        shown = f"{figure:>9} {off:>+7.1%}" if figure else f"{'–':>9}"
        print(f"{name:<32} {ours:>9.0f} {raw:>11.0f} {figures[name]:>9} {shown}")
        if abs(off) > TOLERANCE:
            faults.append(f"{name}: {figures[name]}" + (": write the better figure down" if off < 0 else ""))
    faults += [f"{name}: there is no such operation" for name in written["instructions"].keys() - figures.keys()]

    if "--update" in sys.argv[1:]:
        write(found, figures)
        return 0
    if differing:
        print("not compared: the figures were counted with another", ", ".join(differing), file=sys.stderr)
        for key, value in differing.items():
            print(f"  {key}: {written['machine'].get(key)}, here {value}", file=sys.stderr)
        return 0
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        print("if that is meant: python3 .ci/instructions.py --update, in a commit of its own", file=sys.stderr)
    return bool(faults)


sys.exit(main())
