#!/usr/bin/env python3
# env_uv.py - the files of an environment of ours against those of uv's, of the same lock
# SPDX-License-Identifier: Apache-2.0
"""env_uv.py OURS THEIRS: paths, contents, links and modes are the same but for what DIFFERENCES lists. Every
row that applied is printed with how often; what no row explains is printed and ends in status 1."""
import collections
import csv
import filecmp
import os
import re
import stat
import sys

INFO = r"lib/[^/]+/site-packages/[^/]+\.dist-info/"
# Who has it, what paths, why. "both": the contents differ, as far as its `same_` function finds them good.
DIFFERENCES = [
    ("ours", r".*/__pycache__(/[^/]+\.pyc)?", "byte code is compiled when the environment is made; uv leaves it to the first import"),
    ("ours", r"manifest\.json|imports\.txt|pylock\.toml|verified-[^/]+", "what the store knows of an environment"),
    ("uv", r"\.gitignore|\.lock|CACHEDIR\.TAG", "uv's marks of its own: an environment of the store is in no working tree"),
    ("uv", r"bin/(activate\.(bat|nu|ps1|xsh)|(deactivate|pydoc)\.bat)", "for Windows, and for shells that ours has no script for"),
    ("uv", INFO + "REQUESTED", "uv marks what is in the lock, ours what the model asked for"),
    ("both", r"bin/activate(\.csh|\.fish|_this\.py)?", "scripts of our own text: tests/cli/wheels_install.sh runs them"),
    ("both", r"pyvenv\.cfg", "uv adds its version, ours what the venv module adds: version, executable"),
    ("both", INFO + "INSTALLER", "each gives its own name"),
    ("both", INFO + "RECORD", "other order, and other digests of what differs here"),
    ("both", r"bin/[^/]+", "a console script's text is each one's own; what it calls is the same"),
]
EMPTY = "empty folder"  # one that an archive names: pip makes none either


def tree(top):
    found = {}
    for folder, folders, files in os.walk(top):
        for name in folders + files:
            path = os.path.join(folder, name)
            found[os.path.relpath(path, top)] = os.lstat(path)
    return found


def read(top, path):
    with open(os.path.join(top, path), "rb") as file:
        return file.read().replace(os.fsencode(top), b"$TOP")


def same_pyvenv(ours, theirs, _):
    ours, theirs = (dict(line.split(" = ", 1) for line in text.decode().splitlines()) for text in (ours, theirs))
    return set(ours) - set(theirs) == {"version", "executable"} and set(theirs) - set(ours) == {"uv"} and \
        all(ours[key] == theirs[key] for key in set(ours) & set(theirs))


def same_installer(ours, theirs, _):
    return ours == b"pyfunc-env\n" and theirs.strip() == b"uv"


def same_record(ours, theirs, differing):
    """Both have each line, but for those of files that differ here, which both have in some form."""
    def rows(text):
        lines = csv.reader(text.decode().replace("\r\n", "\n").splitlines())
        return {row[0]: tuple(row[1:]) for row in lines}

    def of_one(path):
        return re.search(r"/REQUESTED$|\.pyc$", path)

    ours, theirs = rows(ours), rows(theirs)
    if any(not of_one(path) for path in set(ours) ^ set(theirs)):
        return False
    return all(ours[path] == theirs[path] or os.path.basename(path) in differing and
               re.search(r"/INSTALLER$|^(\.\./)+bin/", path) for path in set(ours) & set(theirs))


def same_script(ours, theirs, _):
    """The same interpreter, and the same object called with the same result."""
    def gist(text):
        return [l for l in text.splitlines() if re.match(rb"#!|from |import |\s*sys\.exit", l)]

    return gist(ours) == gist(theirs) and gist(ours)[0].startswith(b"#!$TOP/bin/python")


SAME = {r"pyvenv\.cfg": same_pyvenv, INFO + "INSTALLER": same_installer, INFO + "RECORD": same_record,
        r"bin/[^/]+": same_script}


class Comparison:
    def __init__(self, ours, theirs):
        self.top = ours, theirs
        self.ours, self.theirs = tree(ours), tree(theirs)
        self.explained, self.bad = collections.Counter(), []
        paths = sorted(set(self.ours) | set(self.theirs))
        self.others = {path for path in paths if self.is_other(path)}
        self.differing = {os.path.basename(path) for path in self.others}
        for path in paths:
            self.compare(path)

    def kind(self, path):
        return [stat.S_IFMT(t[path].st_mode) if path in t else None for t in (self.ours, self.theirs)]

    def is_other(self, path):
        """Both are regular files, of other contents."""
        return self.kind(path) == [stat.S_IFREG] * 2 and not (
            filecmp.cmp(*(os.path.join(top, path) for top in self.top), shallow=False) or
            read(self.top[0], path) == read(self.top[1], path))

    def explain(self, side, path):
        for who, pattern, why in DIFFERENCES:
            if who == side and re.fullmatch(pattern, path):
                if side != "both" or SAME.get(pattern, lambda *_: True)(
                        read(self.top[0], path), read(self.top[1], path), self.differing):
                    self.explained[why] += 1
                    return
                break
        self.bad.append(f"{path}: {'differs' if side == 'both' else 'is in ' + side + ' alone'}")

    def compare(self, path):
        ours, theirs = self.kind(path)
        if ours is None or theirs is None:
            if ours is None and theirs == stat.S_IFDIR and not os.listdir(os.path.join(self.top[1], path)):
                self.explained[EMPTY] += 1
            else:
                self.explain("uv" if ours is None else "ours", path)
        elif ours != theirs:
            self.bad.append(f"{path}: of another kind")
        elif ours == stat.S_IFLNK:
            if len({os.readlink(os.path.join(top, path)) for top in self.top}) > 1:
                self.bad.append(f"{path}: leads elsewhere")
        else:
            self.compare_modes(path, ours)
            if path in self.others:
                self.explain("both", path)

    def compare_modes(self, path, kind):
        """A file is one with the cache's, which nobody may write: uv's modes without that."""
        ours, theirs = (stat.S_IMODE(t[path].st_mode) for t in (self.ours, self.theirs))
        wanted = theirs if kind == stat.S_IFDIR else theirs & 0o555
        if re.fullmatch(INFO + "RECORD", path):  # uv keeps that of the archive, where it may be anything
            wanted = 0o444
        if ours != wanted:
            self.bad.append(f"{path}: mode {ours:o}, not {wanted:o}")


compared = Comparison(*map(os.path.realpath, sys.argv[1:3]))
print(f"{len(compared.ours)} paths of ours, {len(compared.theirs)} of uv's")
for why, count in compared.explained.items():
    print(f"{count:6} {why}")
print(*compared.bad, sep="\n", end="\n" if compared.bad else "")
sys.exit(bool(compared.bad) or len(compared.ours) < 1000)
