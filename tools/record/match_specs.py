# match_specs.py - records match specs and versions of conda; needs py-rattler 0.28
# SPDX-License-Identifier: Apache-2.0
#
# usage: python match_specs.py FOLDER REPODATA...
#
# Real dependencies of the records of REPODATA and damaged ones, asked about real records; versions of
# both kinds, compared. conda was not asked: the column says "-".
import json
import os
import random
import sys

import table
from rattler import BuildString, MatchSpec, PackageRecord, Version

rng = random.Random(29)
PIECES = ["*", ".*", " ", ",", "|", "=", "==", ">=", "<", "!=", "~=", "(", ")", "1", "0", "a", "_", ".", "-",
          "!", "+", "rc1", ".post1", "dev", "[build=*]", "[version='>=1']", "[build_number=0]", " *", " 0", "=*_0"]


def records():
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        for group in ("packages", "packages.conda"):
            yield from data.get(group, {}).values()


def damaged(text):
    for _ in range(rng.choice([1, 1, 1, 2])):
        at = rng.randrange(len(text) + 1)
        text = rng.choice([text[:at] + rng.choice(PIECES) + text[at:], text[:at] + text[at + 1:],
                           text[:at] + rng.choice(PIECES) + text[at + 1:]])
    return text


def parsed(kind, text):
    try:
        return kind(text)
    except Exception:
        return None


def record_of(r):
    return PackageRecord(name=r["name"], version=r["version"], build=BuildString(r["build"]),
                         build_number=r["build_number"], subdir="linux-64")


def asked(spec, candidates):
    match = parsed(MatchSpec, spec)
    for r in candidates:
        answer = "error" if match is None else int(match.matches(record_of(r)))
        build = match.build if match else None
        yield [spec, r["name"], r["version"], r["build"], r["build_number"], "-", answer, build or ""]


def compared(a, b):
    one, other = parsed(Version, a), parsed(Version, b)
    if one is None or other is None:
        return "error"
    return "0" if one == other else "-1" if one < other else "1"


def main():
    by_name, specs, versions = {}, set(), set()
    for r in records():
        by_name.setdefault(r["name"], []).append(r)
        specs.update(r["depends"])
        specs.update(r.get("constrains", []))
        versions.add(r["version"])
    known = sorted(s for s in specs if s.split(" ")[0] in by_name and " " in s)
    rows = []
    for spec in rng.sample(known, 1600):
        mine = by_name[spec.split(" ")[0]]
        rows += asked(spec, rng.sample(mine, min(2, len(mine))))
    for spec in rng.choices(known, k=1600):
        mine = by_name[spec.split(" ")[0]]
        rows += asked(damaged(spec), rng.sample(mine, 1))
    table.write("conda_match_rattler.tsv", "spec name version build build_number conda rattler its_build", rows)
    versions = sorted(versions)
    pairs = [(rng.choice(versions), rng.choice(versions)) for _ in range(700)]
    pairs += [(damaged(a), a) for a in rng.choices(versions, k=1000)]
    pairs += [(damaged(a), damaged(a)) for a in rng.choices(versions, k=500)]
    table.write("conda_version_rattler.tsv", "a b conda rattler", [[a, b, "-", compared(a, b)] for a, b in pairs])
    sys.stdout.flush()
    os._exit(0)	 # the extension may crash when the interpreter ends


main()
