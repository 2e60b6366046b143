#!/usr/bin/env python3
# make_tree.py - the sources of a package that builds itself: make_tree.py FOLDER NAME VERSION [KEY=JSON...]
# SPDX-License-Identifier: Apache-2.0
"""As those of make_sdists.py, whose backend it gets, but as files in a folder."""
import json
import os
import sys

sys.dont_write_bytecode = True
import make_sdists  # noqa: E402


def main():
    folder, name, version = sys.argv[1:4]
    project = {"name": name, "version": version}
    for each in sys.argv[4:]:
        key, value = each.split("=", 1)
        project[key] = json.loads(value)
    os.makedirs(os.path.join(folder, "mini"), exist_ok=True)
    files = {
        "project.json": json.dumps(project),
        "pyproject.toml": make_sdists.IN_TREE % "[]",
        "mini/__init__.py": "",
        "mini/backend.py": make_sdists.BACKEND,
    }
    for path, text in files.items():
        with open(os.path.join(folder, path), "w") as f:
            f.write(text)


main()
