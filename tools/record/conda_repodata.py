#!/usr/bin/env python3
"""Makes tests/data/conda of a folder of real repodata, and the answers to tests/data/conda_sets.txt.

usage: conda_repodata.py FROM TO        channel FROM as the small channel TO
       conda_repodata.py answers TO     py-rattler's answers for it: tests/bench/conda_rattler.py

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


def main(source, target):
    for subdir in sorted(os.listdir(source)):
        with open(f"{source}/{subdir}/repodata.json", encoding="utf-8") as f:
            data = json.load(f)
        out = {"info": {"subdir": subdir}}
        for section in ("packages", "packages.conda"):
            out[section] = {name: lessen(record) for name, record in sorted(data[section].items())}
        os.makedirs(f"{target}/{subdir}", exist_ok=True)
        with open(f"{target}/{subdir}/repodata.json.bz2", "wb") as f:
            f.write(bz2.compress(json.dumps(out, separators=(",", ":")).encode()))


if __name__ == "__main__":
    main(*sys.argv[1:])
