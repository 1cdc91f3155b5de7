"""Reads `cargo metadata` and refuses what a user compiles if it asks for a newer Rust than the crates promise."""

import json
import sys

metadata = json.load(sys.stdin)
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}


def version(text):
    return tuple(int(part) for part in text.split("."))[:2]


failed = False
for member in metadata["workspace_members"]:
    promised = packages[member]["rust_version"]
    seen, waiting = set(), [member]
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        asked = packages[node]["rust_version"]
        if asked and version(asked) > version(promised):
            print(f"{packages[member]['name']} promises {promised}, {packages[node]['name']} asks for {asked}")
            failed = True
        for dependency in nodes[node]["deps"]:
            if any(kind["kind"] != "dev" for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
sys.exit(failed)
