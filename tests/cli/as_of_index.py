#!/usr/bin/env python3
# as_of_index.py - an index of tiny wheels with the days of their uploads, as folders: DIR LISTING
# SPDX-License-Identifier: Apache-2.0
"""A line of LISTING: NAME VERSION DAY [yanked] [tag=TAG] [module=NAME] [REQUIREMENT...]; DAY is a date, or "-" where the
index tells none. The page of a project is DIR/NAME/index.json."""
import hashlib
import json
import os
import sys
import zipfile


def pack(path, name, version, module, requires):
    info = "%s-%s.dist-info" % (name, version)
    files = {
        module + "/__init__.py": "class Thing:\n    pass\n",
        info + "/METADATA": "Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name, version)
        + "".join("Requires-Dist: %s\n" % r for r in requires),
        info + "/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for each, text in files.items():
        digest = hashlib.sha256(text.encode()).digest()
        encoded = __import__("base64").urlsafe_b64encode(digest).rstrip(b"=").decode()
        record += "%s,sha256=%s,%d\n" % (each, encoded, len(text))
    files[info + "/RECORD"] = record + info + "/RECORD,,\n"
    with zipfile.ZipFile(path, "w") as archive:
        for each, text in files.items():
            archive.writestr(zipfile.ZipInfo(each, (2020, 1, 1, 0, 0, 0)), text)


def file_of(root, words):
    name, version, day = words[:3]
    marks = dict(w.split("=") for w in words[3:] if w.startswith(("tag=", "module=")))
    requires = [w for w in words[3:] if w != "yanked" and not w.startswith(("tag=", "module="))]
    file = "%s-%s-%s.whl" % (name, version, marks.get("tag", "py3-none-any"))
    path = os.path.join(root, name, file)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    pack(path, name, version, marks.get("module", name), requires)
    with open(path, "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    one = {"filename": file, "url": file, "hashes": {"sha256": digest}, "yanked": "yanked" in words}
    if day != "-":
        one["upload-time"] = day + "T12:00:00.000000Z"
    return name, one


def main(root, listing):
    pages = {}
    with open(listing) as f:
        for line in f:
            if line.strip():
                name, one = file_of(root, line.split())
                pages.setdefault(name, []).append(one)
    for name, files in pages.items():
        with open(os.path.join(root, name, "index.json"), "w") as f:
            json.dump({"meta": {"api-version": "1.1"}, "name": name, "files": files}, f)


main(*sys.argv[1:])
