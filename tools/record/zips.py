#!/usr/bin/env python3
# zips.py - archives, sound and damaged, and the skops and torch files among them
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/zip.tsv: case, file as base64, members as name=CRC of its bytes joined by blanks
or an error, and for those that name modules (as artifacts), module:name joined by blanks.
Needs numpy, scikit-learn and skops.
"""
import base64
import collections
import io
import os
import pickle
import struct
import sys
import zipfile
import zlib

import numpy as np
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

ROWS = []


class Pipe(io.RawIOBase):
    """A file that cannot seek: zipfile then writes data descriptors."""

    def __init__(self):
        self.data = b""

    def writable(self):
        return True

    def write(self, data):
        self.data += bytes(data)
        return len(data)


def make(members, method=zipfile.ZIP_STORED, zip64=False, pipe=False, comment=b""):
    out = Pipe() if pipe else io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in members:
            with z.open(name, "w", force_zip64=zip64) as f:
                f.write(data)
        z.comment = comment
    return out.data if pipe else out.getvalue()


def row(case, data, names="", error=None):
    if error is None:
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            error = " ".join(f"{n}={zlib.crc32(z.read(n)):08x}" for n in z.namelist())
    ROWS.append((case, base64.b64encode(data).decode(), error, names))


def put(data, at, new):
    return data[:at] + new + data[at + len(new):]


def sound():
    two = [("a.txt", b"hello " * 50), ("d/b.txt", b"")]
    row("stored", make(two))
    row("deflated", make(two, zipfile.ZIP_DEFLATED))
    row("zip64", make(two, zipfile.ZIP_DEFLATED, zip64=True))
    row("streamed", make(two, zipfile.ZIP_DEFLATED, pipe=True))
    row("streamed-zip64", make(two, zipfile.ZIP_DEFLATED, zip64=True, pipe=True))
    row("comment", make(two, comment=b"some words"))
    row("empty", make([]))
    counter = pickle.dumps(collections.Counter("ab"), protocol=2)
    row("torch", make([("archive/data.pkl", counter), ("archive/data/0", b"\0" * 64), ("archive/version", b"3\n")]),
        "collections:Counter")
    objects = io.BytesIO()
    np.savez(objects, a=np.arange(3), b=np.array([collections.OrderedDict()], dtype=object))
    row("npz", objects.getvalue(), "collections:OrderedDict numpy:dtype numpy:ndarray numpy._core.multiarray:_reconstruct")
    X, y = np.eye(4), [0, 1, 0, 1]
    row("skops", skops.io.dumps(LogisticRegression().fit(X, y)))
    row("skops-function", skops.io.dumps(make_pipeline(FunctionTransformer(np.log1p), LogisticRegression()).fit(X, y)))


def names_of(data):
    """The module and class of each node that skops itself makes of the schema."""
    import json

    found = {("skops.io", "")}  # what reads the file itself

    def visit(node):
        if isinstance(node, dict):
            if "__module__" in node and "__class__" in node:
                found.add((node["__module__"], node["__class__"]))
            if "module_path" in node and "function" in node:
                found.add((node["module_path"], node["function"]))
            for v in node.values():
                visit(v)
        elif isinstance(node, list):
            for v in node:
                visit(v)

    with zipfile.ZipFile(io.BytesIO(data)) as z:
        visit(json.loads(z.read("schema.json")))
    return " ".join(f"{m}:{n}" for m, n in sorted(found))


def damaged():
    one = make([("a.txt", b"hello")])
    two = make([("a.txt", b"hello"), ("b.txt", b"world")])
    directory = one.index(b"PK\1\2")
    end = one.index(b"PK\5\6")
    row("short", b"PK\3\4", error="no ZIP archive: too short")
    row("no-end", one[:end] + b"\0" * 22, error="no ZIP archive: its end record is missing")
    row("cut-off", one[:-1], error="no ZIP archive: its end record is missing")
    between = "bytes before, inside or after the archive that belong to no member"
    row("prefix", b"xxxx" + one, error=between)
    row("tail", one + b"x", error="no ZIP archive: its end record is missing")
    row("count", put(put(one, end + 8, b"\2\0"), end + 10, b"\2\0"), error="the archive's directory is malformed")
    row("count-less", put(put(two, two.index(b"PK\5\6") + 8, b"\1\0"), two.index(b"PK\5\6") + 10, b"\1\0"),
        error="the archive's directory has more than it counts")
    row("volumes", put(one, end + 4, b"\1\0"), error="an archive in several volumes")
    row("local-name", put(one, 30, b"b"), error="member a.txt: its header has another name")
    row("local-method", put(one, 8, b"\x08\0"), error="member a.txt: its header differs from the directory")
    row("local-size", put(one, 22, b"\x09"), error="member a.txt: its sizes or checksum differ from the directory")
    row("crc", put(put(one, 14, b"\0\0\0\0"), directory + 16, b"\0\0\0\0"), error="member a.txt: its checksum is wrong")
    row("bytes", put(one, 35, b"j"), error="member a.txt: its checksum is wrong")
    row("encrypted", put(put(one, 6, b"\1"), directory + 8, b"\1"), error="member a.txt: it is encrypted")
    row("method", put(put(one, 8, b"\x09"), directory + 10, b"\x09"), error="member a.txt: its compression is neither stored nor deflate")
    row("offset", put(one, directory + 42, struct.pack("<I", 1)), error="bytes before the archive's first member")
    row("big", put(put(one, 18, struct.pack("<II", 999, 999)), directory + 20, struct.pack("<II", 999, 999)),
        error="member a.txt: it overlaps what follows")
    twice = make([("a.txt", b"hello"), ("b.txt", b"hello")]).replace(b"b.txt", b"a.txt")
    row("twice", twice, error="member a.txt: the archive has it twice")
    packed = make([("a.txt", b"hello" * 100)], zipfile.ZIP_DEFLATED)
    at = packed.index(b"a.txt") + 5
    row("deflate", put(packed, at, b"\xff\xff"), error="member a.txt: its deflated bytes are damaged")
    bomb = make([("a.txt", b"\0" * 10)], zipfile.ZIP_DEFLATED)
    at = bomb.index(b"PK\1\2")
    row("impossible", put(put(bomb, 22, struct.pack("<I", 1 << 30)), at + 24, struct.pack("<I", 1 << 30)),
        error="member a.txt: its size is not possible")
    row("twin-gap", put(put(two, 18, struct.pack("<II", 4, 4)), two.index(b"PK\1\2") + 20, struct.pack("<II", 4, 4)),
        error="member a.txt: bytes that belong to no member follow it")
    row("offset-of-next", put(two, two.rindex(b"PK\1\2") + 42, struct.pack("<I", 0)),
        error="member a.txt: its header overlaps what follows")
    lies = make([("a.txt", b"hello")], pipe=True)
    row("descriptor", put(lies, lies.index(b"PK\7\10") + 4, b"\0"), error="member a.txt: its data descriptor differs from the directory")


def with_extra(field):
    """Of one member, in the directory."""
    info = zipfile.ZipInfo("a.txt", (1980, 1, 1, 0, 0, 0))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr(info, b"hello")
        info.extra = field
    return out.getvalue()


def odd():
    """What some readers see otherwise: told, where it matters."""
    name = b"b.txt"
    path = struct.pack("<HHBI", 0x7075, 5 + len(name), 1, zlib.crc32(b"a.txt")) + name
    writer = make([("a.txt", b"hello")], zip64=True)  # sizes in both places
    at = writer.index(b"a.txt") + 5
    row("both-sizes", put(writer, 18, struct.pack("<II", 5, 5)))
    row("both-sizes-differ", put(put(writer, 18, struct.pack("<II", 5, 5)), at + 4, b"\6"),
        error="member a.txt: its sizes differ from the directory")
    row("renamed", with_extra(path), error="a.txt=3610a686(an extra field gives it another name)")
    row("needless", with_extra(struct.pack("<HHQ", 1, 8, 5)), error="a.txt=3610a686(it has zip64 fields that nothing refers to)")
    row("overrun", with_extra(struct.pack("<HH", 0x7777, 400)), error="a.txt=3610a686(its extra fields are malformed)")


def main():
    sound()
    damaged()
    odd()
    here = os.path.dirname(os.path.abspath(__file__))
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "../../tests/data/zip.tsv")
    with open(path, "w") as f:
        f.write("case\tfile\tmembers\tnames\n")
        for case, data, members, names in ROWS:
            if case.startswith("skops"):
                names = names_of(base64.b64decode(data))
            f.write(f"{case}\t{data}\t{members}\t{names}\n")
    print(len(ROWS), "archives")


main()
