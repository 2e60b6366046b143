#!/usr/bin/env python3
# conda_repodata.py - the small conda channel of tests/data, and the table of answers
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/data/conda of a folder of real repodata, and the answers to tests/data/conda_sets.txt.

usage: conda_repodata.py channel FROM TO    channel FROM as the small channel TO
       conda_repodata.py table SETS RATTLER OURS >tests/data/conda_answers.tsv
           of what tests/bench/conda_rattler.py solve and tests/bench/conda_solve -f print

What the solver does not look at is left out, digests are all the same. The collection that the
records are from lost the names of features and kept that there were some: "" stands for one.
"""
import bz2
import json
import os
import sys

KEPT = ("name", "version", "build", "build_number", "depends", "constrains", "timestamp", "noarch")


def lessen(record):
    small = {key: record[key] for key in KEPT if record.get(key)}
    small.setdefault("build_number", 0)
    small.setdefault("depends", [])
    if "track_features" in record:
        small["track_features"] = record["track_features"] or "feature"
    small["md5"] = "0" * 32
    return small


def make_channel(source, target):
    for subdir in sorted(os.listdir(source)):
        with open(f"{source}/{subdir}/repodata.json", encoding="utf-8") as f:
            data = json.load(f)
        out = {"info": {"subdir": subdir}}
        for section in ("packages", "packages.conda"):
            out[section] = {name: lessen(record) for name, record in sorted(data[section].items())}
        os.makedirs(f"{target}/{subdir}", exist_ok=True)
        with open(f"{target}/{subdir}/repodata.json.bz2", "wb") as f:
            f.write(bz2.compress(json.dumps(out, separators=(",", ":")).encode()))


def read_answers(path):
    with open(path, encoding="utf-8") as f:
        blocks = f.read().strip().split("\n\n")
    return [" ".join("=".join(line.split()[:3]) for line in block.splitlines()) for block in blocks]


def make_table(sets, rattler, ours):
    print("specs", "rattler", "ours where they differ", sep="\t")
    with open(sets, encoding="utf-8") as f:
        for specs, theirs, mine in zip(f, read_answers(rattler), read_answers(ours), strict=True):
            print(specs.strip(), theirs, "\\N" if mine == theirs else mine, sep="\t")


if __name__ == "__main__":
    {"channel": make_channel, "table": make_table}[sys.argv[1]](*sys.argv[2:])
