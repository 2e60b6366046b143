#!/usr/bin/env python3
# conda_channel.py - a conda channel of the size of the largest ones, made of a small one's records
# SPDX-License-Identifier: Apache-2.0
"""A conda channel of the size of the largest ones, made of the records of a small one.

usage: conda_channel.py FROM TO [BUILDS [UNIVERSES]]

FROM/SUBDIR/repodata.json (or .bz2) and its like in TO: every record in BUILDS builds, and all of it in
UNIVERSES copies whose packages have names of their own and need nothing of another copy.
"""
import bz2
import json
import os
import sys

SECTIONS = (("packages", ".tar.bz2"), ("packages.conda", ".conda"))


def rename(spec, universe):
    return spec if spec.startswith("__") else f"u{universe}-{spec}"


def in_universe(record, universe):
    record = dict(record)
    if universe:
        record["name"] = rename(record["name"], universe)
        for key in ("depends", "constrains"):
            if key in record:
                record[key] = [rename(spec, universe) for spec in record[key]]
    return record


def inflate(records, ending, builds, universes):
    for universe in range(universes):
        for record in records:
            record = in_universe(record, universe)
            build = record["build"]
            for copy in range(builds):
                record["build"] = f"c{copy}{build}" if copy else build
                name = f"{record['name']}-{record['version']}-{record['build']}{ending}"
                yield name, json.dumps(record)


def read(path):
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            return json.load(f)
    with bz2.open(path + ".bz2", "rt", encoding="utf-8") as f:
        return json.load(f)


def main(source, target, builds=8, universes=7):
    for subdir in sorted(os.listdir(source)):
        small = read(f"{source}/{subdir}/repodata.json")
        os.makedirs(f"{target}/{subdir}", exist_ok=True)
        with open(f"{target}/{subdir}/repodata.json", "w", encoding="utf-8") as f:
            f.write(f'{{"info": {{"subdir": "{subdir}"}}')
            for section, ending in SECTIONS:
                records = sorted(inflate(small[section].values(), ending, int(builds),
                                         int(universes)))
                f.write(f', "{section}": {{')
                f.write(", ".join(f'"{name}": {text}' for name, text in records))
                f.write("}")
            f.write(', "repodata_version": 1}')


if __name__ == "__main__":
    main(*sys.argv[1:])
