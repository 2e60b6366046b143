#!/usr/bin/env python3
# spark_result.py - tests/data/spark_result.tsv replayed by result.py, in the interpreter that runs this
# SPDX-License-Identifier: Apache-2.0
"""Usage: spark_result.py SOURCE-FOLDER   (prints what is otherwise than the table says, and how many rows it has)"""
import datetime
import json
import os
import sys
import warnings
from decimal import Decimal

import numpy as np
import pandas as pd

source = sys.argv[1] if len(sys.argv) > 1 else "."
sys.path.insert(0, os.path.join(source, "src", "runner"))
sys.dont_write_bytecode = True
import result  # noqa: E402

PRIMITIVE = {name: name for name in ("int", "long", "float", "double", "string", "boolean")}


def cut(text, mark):
    """Split where no bracket is open."""
    parts, depth = [""], 0
    for c in text:
        depth += (c == "<") - (c == ">")
        if c == mark and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    return [part.strip() for part in parts]


def tree(text):
    """Spark's DDL, as much of it as the table has, as the tree that result.py is given."""
    if text in PRIMITIVE:
        return {"kind": "primitive", "type": text}
    if text.startswith("array<"):
        return {"kind": "array", "of": tree(text[6:-1])}
    if text.startswith("map<"):
        return {"kind": "map", "of": tree(cut(text[4:-1], ",")[1])}
    body, mark = (text[7:-1], ":") if text.startswith("struct<") else (text, " ")
    fields = [part.split(mark, 1) for part in cut(body, ",")]
    return {"kind": "struct", "fields": [{"name": name, "of": tree(kind.strip())} for name, kind in fields]}


def values(node, kind, count):
    """A node's values, as Arrow would read its buffers."""
    valid = [True] * count if node["valid"] is None else [bool(there) for there in node["valid"]]
    assert len(valid) == count
    if kind["kind"] == "struct":
        fields = [f["name"] for f in kind["fields"]]
        parts = [values(n, f["of"], count) for n, f in zip(node["fields"], kind["fields"])]
        whole = [dict(zip(fields, row)) for row in zip(*parts)]
    elif "values" in node:
        assert node["values"].dtype == np.dtype(result.NUMPY[kind["type"]])
        whole = node["values"].tolist()
    else:
        whole = spans(node, kind, [int(at) for at in node["offsets"]])
    assert len(whole) == count
    return [value if there else None for value, there in zip(whole, valid)]


def spans(node, kind, offsets):
    pairs = list(zip(offsets, offsets[1:]))
    if "data" in node:
        return [node["data"][a:b].decode() for a, b in pairs]
    items = values(node["items"], kind["of"], offsets[-1])
    if kind["kind"] == "array":
        return [items[a:b] for a, b in pairs]
    keys = values(node["keys"], {"kind": "primitive", "type": "string"}, offsets[-1])
    return [dict(zip(keys[a:b], items[a:b])) for a, b in pairs]


def ours(kind, rows, answer):
    """("ok", values as JSON) or ("error", message); None where this pandas has no such answer"""
    spec = {"type": tree(kind)}
    try:
        answer = eval(answer)
    except TypeError:
        return None
    try:
        made = result.convert(answer, rows, spec)
    except Exception as e:
        return "error", "%s: %s" % (type(e).__name__, e)
    return "ok", json.dumps(values(made["columns"], spec["type"], rows), ensure_ascii=False)


def spelt(text):
    """What is missing is 'None', 'nan' or '<NA>' as text, by the version of pandas."""
    return text.replace('"nan"', '"None"').replace('"<NA>"', '"None"')


def unescaped(text):
    return text.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\")


def main():
    warnings.simplefilter("ignore")
    count = 0
    with open(os.path.join(source, "tests", "data", "spark_result.tsv"), encoding="utf-8") as table:
        next(table)
        for line in table:
            kind, rows, answer, outcome, value, other = map(unescaped, line.rstrip("\n").split("\t"))
            wanted = {"same": (outcome, value), "refused": ("error", None)}.get(other, ("ok", other))
            got = ours(kind, int(rows), answer)
            count += 1
            if got is None and pd.__version__ < "1":
                continue
            if got[0] != wanted[0] or got[0] == "ok" and spelt(got[1]) != spelt(wanted[1]):
                print("%s of %s: %s, not %s" % (kind, answer, got[1], wanted[1] or "an error"))
    print("%d answers" % count)


if __name__ == "__main__":
    main()
