# imports.py - every module on an environment's list, found by the list and by Python's own finder
# SPDX-License-Identifier: Apache-2.0
"""Usage: imports.py IMPORTS.PY LIST, by the environment's interpreter. Nothing is imported."""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from pathlib import Path

FIELDS = ("name", "origin", "cached", "parent", "submodule_search_locations", "has_location")


def main(source: str, listing: str) -> int:
    names: dict[str, object] = {}
    exec(compile(Path(source).read_text(), source, "exec"), names)
    names["install"](listing)  # type: ignore[operator]
    finder = next(f for f in sys.meta_path if isinstance(f, names["Finder"]))  # type: ignore[arg-type]
    site, *lines = Path(listing).read_text().split()
    root = Path(listing).parent / site
    different = 0
    for line in lines:
        name = line.rstrip("/")
        above = [str(root.joinpath(*name.split(".")[:-1]))]
        ours, theirs = finder.find_spec(name, above), PathFinder.find_spec(name, above)
        facts = [[getattr(spec, field, None) for field in FIELDS] for spec in (ours, theirs)]
        if facts[0] != facts[1]:
            different += 1
            print(name, *facts)
    print(len(lines), "modules,", different, "different")
    return 1 if different or not lines else 0


sys.exit(main(*sys.argv[1:]))
