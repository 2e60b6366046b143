#!/usr/bin/env python3
# conda_rattler.py - what py-rattler makes of a channel, and how an environment of ours differs
# SPDX-License-Identifier: Apache-2.0
"""usage: conda_rattler.py install CHANNEL PREFIX CACHE SPEC...   prints the packages, a file a line
       conda_rattler.py compare OURS PREFIX
"""
import asyncio
import hashlib
import json
import os
import sys

OWN = ("manifest.json", "imports.txt", "activation.json", "conda-lock.yml", "bin/activate",
       "bin/activate.csh", "bin/activate.fish", "bin/activate_this.py", "CACHEDIR.TAG")


async def install(channel, prefix, cache, specs):
    import rattler
    url = "file://" + os.path.realpath(channel)
    records = await rattler.solve([rattler.Channel(url)], specs, platforms=["linux-64", "noarch"],
                                  virtual_packages=rattler.VirtualPackage.detect())
    await rattler.install(records, os.path.abspath(prefix), cache_dir=cache, show_progress=False, execute_link_scripts=False)
    for r in records:
        print("%s#sha256:%s" % (r.url[len("file://"):], r.sha256.hex()))


def tree(root):
    out = {}
    for folder, folders, names in os.walk(root):
        for name in names + [d for d in folders if os.path.islink(os.path.join(folder, d))]:
            path = os.path.join(folder, name)
            out[os.path.relpath(path, root)] = path
    return out


def content(path, root, as_root):
    if os.path.islink(path):
        return "link " + os.readlink(path)
    with open(path, "rb") as f:
        data = f.read().replace(root.encode(), as_root.encode())
    if data.startswith(b"#!/bin/sh\n'''exec"):  # what each has for a line that would be too long
        data = data[data.index(b"'''\n") + 4:]
    return "%s %d" % (hashlib.sha256(data).hexdigest(), os.stat(path).st_mode & 0o111)


def scripts(root):
    """Of entry points: each installer has its own text for them."""
    for name in os.listdir(root + "/conda-meta"):
        if name.endswith(".json"):
            with open(os.path.join(root, "conda-meta", name)) as f:
                for path in json.load(f)["paths_data"]["paths"]:
                    if path["path_type"] == "unix_python_entry_point":
                        yield path["_path"]


def compare(ours, theirs):
    mine, other = tree(ours), tree(theirs)
    generated = set(scripts(theirs))
    bad = []
    if generated != set(scripts(ours)):
        bad.append("scripts of entry points: %s" % sorted(generated ^ set(scripts(ours))))
    compiled = 0
    for path in sorted(set(mine) | set(other)):
        if path.startswith("conda-meta/") or path in OWN or path.startswith(("verified-", "__clobbers__/")):
            continue
        if path.endswith(".pyc") and (path not in mine) != (path not in other):
            source = path.replace("__pycache__/", "").rsplit(".", 2)[0] + ".py"
            # Ours is compiled where none was brought along, and left out where the module is another one now.
            if path in mine and source in other or path in other and theirs.encode() in open(other[source], "rb").read():
                compiled += 1
                continue
        if path not in mine or path not in other:
            bad.append("%s: only %s" % (path, "ours" if path in mine else "theirs"))
        elif path in generated:
            if not os.access(mine[path], os.X_OK):
                bad.append(path + ": cannot be run")
        elif content(mine[path], ours, theirs) != content(other[path], theirs, theirs):
            bad.append(path + ": differs")
    for name in sorted(os.listdir(theirs + "/conda-meta")):
        if name.endswith(".json") and not os.path.exists(os.path.join(ours, "conda-meta", name)):
            bad.append("conda-meta/%s: missing" % name)
    print("%d files, %d of them the same, %d of byte code in one alone" % (len(mine), len(set(mine) & set(other)), compiled))
    print("\n".join(bad[:50]))
    return bool(bad)


if sys.argv[1] == "install":
    asyncio.run(install(*sys.argv[2:5], sys.argv[5:]))
    sys.stdout.flush()
    os._exit(0)  # rattler's threads may crash at the interpreter's end
sys.exit(compare(*map(os.path.realpath, sys.argv[2:4])))
