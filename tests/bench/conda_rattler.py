#!/usr/bin/env python3
# conda_rattler.py - what py-rattler finds for sets of match specs, and whether answers hold
# SPDX-License-Identifier: Apache-2.0
"""What py-rattler finds for sets of match specs in a channel, and whether answers hold.

usage: conda_rattler.py solve CHANNEL FILE         as conda_solve -f FILE prints it
       conda_rattler.py check CHANNEL FILE ANSWERS that the answers satisfy the specs and each other
"""
import asyncio
import json
import os
import resource
import sys
import time

SUBDIRS = ("linux-64", "noarch")
MACHINE = (("__unix", "0", "0"), ("__linux", "5.15", "0"), ("__glibc", "2.35", "0"),
           ("__archspec", "1", "x86_64"))


def read_sets(path):
    with open(path, encoding="utf-8") as f:
        return [line.strip().split(";") for line in f if line.strip()]


def solve(channel, path):
    import rattler

    start, cpu = time.monotonic(), time.process_time()
    virtual = [rattler.GenericVirtualPackage(rattler.PackageName(n), rattler.Version(v),
                                          rattler.BuildString(b))
               for n, v, b in MACHINE]
    data = [rattler.SparseRepoData(rattler.Channel(f"file://{channel}"), subdir,
                                   f"{channel}/{subdir}/repodata.json") for subdir in SUBDIRS]
    print(f"open {time.monotonic() - start:.4f} s", file=sys.stderr)
    for specs in read_sets(path):
        begun = time.monotonic()
        try:
            found = asyncio.run(rattler.solve_with_sparse_repodata(
                [rattler.MatchSpec(spec) for spec in specs], data, virtual_packages=virtual))
        except Exception as e:  # whatever a solver says
            print("error:", " ".join(str(e).split())[:300])
            continue
        print(f"search {time.monotonic() - begun:.4f} s", file=sys.stderr)
        for r in sorted(found, key=lambda r: r.name.normalized):
            print(r.name.normalized, r.version, r.build, r.subdir)
        print()
    print(f"all {time.monotonic() - start:.4f} s, {time.process_time() - cpu:.4f} s of CPU", file=sys.stderr)
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss} KiB", file=sys.stderr)


def read_answers(path):
    answers, one = [], []
    with open(path, encoding="utf-8") as f:
        for line in f:
            words = line.split()
            if line.startswith("error:"):
                answers.append(None)
            elif words and words[0] != "hint:":
                one.append(tuple(words))
            elif not words:
                answers.append(one)
                one = []
    return answers


def load_records(channel):
    records = {}
    for subdir in SUBDIRS:
        with open(f"{channel}/{subdir}/repodata.json", encoding="utf-8") as f:
            data = json.load(f)
        for section in ("packages", "packages.conda"):
            for r in data.get(section, {}).values():
                records[(r["name"], r["version"], r["build"], subdir)] = r
    return records


def as_record(rattler, r, subdir):
    return rattler.PackageRecord(rattler.PackageName(r["name"]), rattler.VersionWithSource(r["version"]),
                                 rattler.BuildString(r["build"]), r["build_number"], subdir)


def faults_of(specs, chosen):
    """Sentences about what does not hold. Written without a look at the solver's own code."""
    import rattler

    made = {}
    for name, version, build in MACHINE:
        made[name] = rattler.PackageRecord(rattler.PackageName(name), rattler.VersionWithSource(version),
                                           rattler.BuildString(build), 0, "linux-64")
    for r, subdir in chosen:
        if r["name"] in made:
            yield f"{r['name']} twice"
        made[r["name"]] = as_record(rattler, r, subdir)

    def name_of(spec):
        return rattler.MatchSpec(spec).name.normalized

    def holds(spec):
        record = made.get(name_of(spec))
        return record is not None and rattler.MatchSpec(spec).matches(record)

    for spec in specs:
        if not holds(spec):
            yield f"asked for {spec}"
    wanted = {name_of(spec) for spec in specs}
    for r, _ in chosen:
        for spec in r.get("depends", ()):
            wanted.add(name_of(spec))
            if not holds(spec):
                yield f"{r['name']} needs {spec}"
        for spec in r.get("constrains", ()):
            if name_of(spec) in made and not holds(spec):
                yield f"{r['name']} rules out all but {spec}"
    for r, _ in chosen:
        if r["name"] not in wanted:
            yield f"nobody needs {r['name']}"


def check(channel, path, answers):
    records = load_records(channel)
    sets, found = read_sets(path), read_answers(answers)
    bad = len(sets) != len(found)
    for specs, one in zip(sets, found):
        if one is None:
            print("no answer:", ";".join(specs))
            continue
        faults = list(faults_of(specs, [(records[key], key[3]) for key in one]))
        for fault in faults:
            print(f"{';'.join(specs)}: {fault}")
        bad = bad or bool(faults)
    return int(bad)


if __name__ == "__main__":
    status = {"solve": solve, "check": check}[sys.argv[1]](*sys.argv[2:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status or 0)  # py-rattler may crash at the interpreter's exit
