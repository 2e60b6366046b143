#!/usr/bin/env python3
# index.py - what pip's own finder has of projects against what index_tool prints: TOOL INDEX LIBC PYTHON...
# SPDX-License-Identifier: Apache-2.0
import re
import subprocess
import sys

from pip._internal.index.collector import LinkCollector
from pip._internal.index.package_finder import PackageFinder
from pip._internal.models.search_scope import SearchScope
from pip._internal.models.selection_prefs import SelectionPreferences
from pip._internal.models.target_python import TargetPython
from pip._internal.network.session import PipSession

PROJECTS = """numpy scipy pandas scikit-learn mlflow mlflow-skinny cloudpickle six PyYAML protobuf grpcio cryptography
lxml pillow Flask Jinja2 zope.interface ruamel.yaml backports.zoneinfo setuptools pip SQLAlchemy xgboost lightgbm
statsmodels matplotlib pyarrow psutil uvloop typing_extensions""".split()


def of_pip(index, version):
    """Project to version to its best file's name."""
    scope = SearchScope.create(find_links=[], index_urls=[index], no_index=False)
    finder = PackageFinder.create(
        link_collector=LinkCollector(session=PipSession(), search_scope=scope),
        selection_prefs=SelectionPreferences(allow_yanked=True, allow_all_prereleases=True),
        target_python=TargetPython(py_version_info=tuple(map(int, version.split(".")))))
    found = {}
    for project in PROJECTS:
        evaluator = finder.make_candidate_evaluator(project)
        best = {}
        for c in finder.find_all_candidates(project):
            if c.version not in best or evaluator._sort_key(c) > evaluator._sort_key(best[c.version]):
                best[c.version] = c
        found[project] = {c.version: c.link.filename for c in best.values()}
    return found


def of_tool(tool, index, libc, version):
    command = [tool, "-i", index, "-l", libc, "-p", version, "project", *PROJECTS]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    found, rest = {}, iter(PROJECTS)
    for line in lines:
        if re.search(r" refused:\d+ ", line):
            releases = found[next(rest)] = {}
        elif not line.startswith(" "):
            release = line.split()[0]
        elif not line.startswith("    ") and not line.endswith("(not ours)"):
            releases.setdefault(release, line.split()[0])
    return found


def main():
    from pip._vendor.packaging.version import Version

    tool, index, libc, *versions = sys.argv[1:]
    bad = count = 0
    for version in versions:
        theirs, ours = of_pip(index, version), of_tool(tool, index, libc, version)
        for project in PROJECTS:
            mine = {Version(v): f for v, f in ours[project].items()}
            order = [Version(v) for v in ours[project]]
            count += len(mine)
            if order != sorted(order, reverse=True) or not mine:
                bad += 1
                print(f"{project} for {version}: not newest first, or nothing")
            for v in sorted(mine.keys() | theirs[project].keys()):
                if mine.get(v) != theirs[project].get(v):
                    bad += 1
                    print(f"{project} {v} for {version}: {mine.get(v)}, pip has {theirs[project].get(v)}")
    print(f"{len(PROJECTS)} projects, {len(versions)} interpreters, {count} releases, {bad} differences")
    return bool(bad) or count < 1000


sys.exit(main())
