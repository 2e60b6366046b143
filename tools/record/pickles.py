#!/usr/bin/env python3
# pickles.py - pickles of every protocol with the names that pickletools finds in them
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/pickle.tsv: case, file as base64, names as module:name joined by blanks (in
order, without repetition), protocol, code by value (0 or 1), error (empty: read whole).
Needs numpy, scikit-learn, joblib and cloudpickle. Nothing that was pickled is loaded.
"""
import base64
import bz2
import collections
import datetime
import decimal
import functools
import gzip
import io
import lzma
import os
import pickle
import pickletools
import sys
import tempfile
import zlib

import cloudpickle
import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

TEXT = {"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE", "STRING", "BINSTRING", "SHORT_BINSTRING"}


def names(data):
    """Follows the stack as pickletools.dis does, with texts as themselves."""
    out, protocol, at = [], 0, io.BytesIO(data)
    while at.tell() < len(data):
        stack, memo = [], {}
        for op, arg, pos in pickletools.genops(at):
            name = op.name
            if name == "PROTO":
                protocol = max(protocol, arg)
            if name in ("GLOBAL", "INST"):
                out.append(tuple(arg.split(" ")))
            if name == "STACK_GLOBAL":
                out.append((stack[-2], stack[-1]))
            before, after = op.stack_before, op.stack_after
            if name in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
                memo[len(memo) if name == "MEMOIZE" else arg] = stack[-1]
            elif name in ("GET", "BINGET", "LONG_BINGET"):
                stack.append(memo[arg])
            elif name == "DUP":
                stack.append(stack[-1])
            elif name == "POP":
                stack.pop()
            else:
                if pickletools.markobject in before:
                    while stack.pop() is not pickletools.markobject:
                        pass
                    below = before.index(pickletools.markobject)
                    del stack[len(stack) - below:]
                elif before:
                    del stack[-len(before):]
                for kind in after:
                    stack.append(arg if name in TEXT else kind)
    return list(dict.fromkeys(out)), protocol


class Point:
    def __init__(self, x):
        self.x = x

    def __reduce__(self):
        return (collections.OrderedDict, ([("x", self.x)],))


class Slots:
    __slots__ = ("a",)


def things():
    rng = np.random.RandomState(0)
    X, y = rng.rand(20, 3), rng.randint(0, 2, 20)
    shared = collections.Counter("abca")
    yield "none", None
    yield "numbers", [0, 1, -1, 255, 65536, 2**31, 2**63, -(2**70), 1.5, True, False]
    yield "texts", ["", "a", "os", "system", "é", "x" * 300, "y" * 2000, "line\nline", "back\\slash"]
    yield "bytes", [b"", b"a" * 300, bytearray(b"abc" * 100), b"cos\nsystem\n"]
    yield "nested", [[], {}, set(), frozenset([1]), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), {"a": [()]}]
    yield "classes", [collections.OrderedDict, datetime.date, decimal.Decimal, functools.partial]
    yield "reduced", [Point(1), datetime.datetime(2020, 1, 1), decimal.Decimal("1.5")]
    yield "shared", [shared, shared, {"again": shared}]
    yield "partial", functools.partial(max, 1)
    yield "method", [].append
    yield "numpy", np.arange(10.0).reshape(2, 5)
    yield "numpy-kinds", [np.array(["ab", "c"]), np.array([b"x"]), np.float32(1), np.dtype([("a", "i4"), ("b", "f8")])]
    yield "numpy-objects", np.array([collections.OrderedDict(), None], dtype=object)
    yield "logistic", LogisticRegression().fit(X, y)
    yield "pipeline", make_pipeline(StandardScaler(), DecisionTreeClassifier(max_depth=2)).fit(X, y)


def by_value():
    factor = 3

    def scale(x):
        return np.asarray(x) * factor

    class Model:
        def predict(self, x):
            return scale(x)

    return Model()


ROWS = []


def row(case, data, found=None, protocol=None, value=0, error=""):
    if found is None:
        found, protocol = names(data)
    ROWS.append((case, base64.b64encode(data).decode(), " ".join(f"{m}:{n}" for m, n in found), str(protocol), str(value), error))


def dumped(thing, **options):
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "x")
        joblib.dump(thing, path, **options)
        with open(path, "rb") as f:
            return f.read()


def arrays_of_names(thing, protocol=None):
    """What joblib's pickler refers to, its raw bytes left out."""
    from joblib import numpy_pickle

    class Quiet(numpy_pickle.NumpyArrayWrapper):
        pass

    found = []
    write = numpy_pickle.NumpyArrayWrapper.write_array

    def keep(self, array, pickler):
        if array.dtype.hasobject:
            found.append(pickle.dumps(array, protocol=5))

    numpy_pickle.NumpyArrayWrapper.write_array = keep
    try:
        buffer = io.BytesIO()
        numpy_pickle.NumpyPickler(buffer, protocol=protocol).dump(thing)
    finally:
        numpy_pickle.NumpyArrayWrapper.write_array = write
    out, protocol = names(buffer.getvalue())
    for inner in found:
        more, p = names(inner)
        out += [m for m in more if m not in out]
        protocol = max(protocol, p)
    return out, protocol


def main():
    for name, thing in things():
        for protocol in range(6):
            try:
                row(f"{name}-{protocol}", pickle.dumps(thing, protocol=protocol))
            except (TypeError, pickle.PicklingError):
                continue
        if name.startswith("numpy") or name in ("logistic", "pipeline"):
            for protocol in (2, 4, 5):
                row(f"joblib-{name}-{protocol}", dumped(thing, protocol=protocol), *arrays_of_names(thing, protocol))
            for how in (3, ("zlib", 9), ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)):
                label = how if isinstance(how, int) else how[0]
                row(f"joblib-{name}-{label}", dumped(thing, compress=how), *arrays_of_names(thing))
    for protocol in (2, 4, 5):
        data = cloudpickle.dumps(by_value(), protocol=protocol)
        found, p = names(data)
        # modules that are imported by a call: the reader tells them with an empty name
        extra = [("numpy", "")] if any(n == "subimport" for _, n in found) else []
        row(f"by-value-{protocol}", data, sorted(set(found + extra)), p, 1)
    plain = pickle.dumps(collections.OrderedDict(a=1), protocol=4)
    found, p = names(plain)
    for label, data in (("gzip", gzip.compress(plain, mtime=0)), ("gzip-two", gzip.compress(plain[:9], mtime=0) + gzip.compress(plain[9:], mtime=0)),
                        ("zlib", zlib.compress(plain)), ("bz2", bz2.compress(plain)), ("xz", lzma.compress(plain)), ("lzma", lzma.compress(plain, format=lzma.FORMAT_ALONE))):
        row(f"wrapped-{label}", data, found, p)
    row("zfile", b"ZF" + hex(len(plain)).ljust(19).encode() + zlib.compress(plain), found, p)
    row("two", plain + pickle.dumps(decimal.Decimal(1)), *names(plain + pickle.dumps(decimal.Decimal(1))))
    npy = io.BytesIO()
    np.save(npy, np.array([decimal.Decimal(1)], dtype=object), allow_pickle=True)
    data = npy.getvalue()
    row("npy-objects", data, *names(data[data.index(b"\n") + 1:]))
    npy = io.BytesIO()
    np.save(npy, np.arange(5))
    row("npy-plain", npy.getvalue(), [], -1)
    here = os.path.dirname(os.path.abspath(__file__))
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "../../tests/data/pickle.tsv")
    with open(path, "w") as f:
        f.write("case\tfile\tnames\tprotocol\tby_value\terror\n")
        for r in ROWS:
            f.write("\t".join(r) + "\n")
    print(len(ROWS), "pickles")


main()
