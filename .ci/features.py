"""Reads `cargo metadata` and prints `package feature` for each feature on its own, and `package` for none."""

import json
import sys

for package in json.load(sys.stdin)["packages"]:
    print(package["name"], "")
    for feature in package["features"]:
        if feature != "default":
            print(package["name"], feature)
