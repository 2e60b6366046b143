# values.py - tables, arrays and values in the spelling of the recorded tables
# SPDX-License-Identifier: Apache-2.0
import base64
import json

import numpy as np
import pandas as pd

SCALARS = ["boolean", "integer", "long", "float", "double", "string", "binary", "datetime"]


def cell(v):
    if v is None:
        return "None"
    if v is pd.NaT:
        return "-"
    if isinstance(v, (list, dict, np.ndarray)):
        return nested(v)
    if isinstance(v, np.generic):
        v = v.item()
    if isinstance(v, bytes):
        return "b:" + base64.b64encode(v).decode()
    if isinstance(v, str):
        return json.dumps(v, ensure_ascii=False)
    return repr(v)


def nested(v):
    """JSON, in which numpy's own numbers and arrays are marked."""
    if isinstance(v, list):
        return "[" + ",".join(map(nested, v)) + "]"
    if isinstance(v, dict):
        return "{" + ",".join(json.dumps(k, ensure_ascii=False) + ":" + nested(x) for k, x in v.items()) + "}"
    if isinstance(v, np.ndarray):
        return "<" + show(v) + ">"
    if isinstance(v, np.generic):
        return "<%s %s>" % (kind(v.dtype), cell(v))
    if isinstance(v, bytes):
        return cell(v)
    return json.dumps(v, ensure_ascii=False)


def kind(dtype):
    if isinstance(dtype, pd.StringDtype) or dtype.kind == "U":
        return "string"
    return "datetime" if dtype.kind == "M" else str(dtype)


def cells(values):
    t = kind(values.dtype)
    if t == "datetime":
        return [str(i) if i != -(2**63) else "-" for i in values.astype("datetime64[ns]").astype("int64").tolist()]
    if t == "string" and not isinstance(values, np.ndarray):
        return ["-" if pd.isna(v) else cell(v) for v in values]
    return [cell(v) for v in (values.tolist() if values.dtype != object else list(values))]


def show(v):
    if isinstance(v, pd.DataFrame):
        out = "table %d" % len(v)
        for i, c in enumerate(v.columns):
            one = v.iloc[:, i]
            t = kind(one.dtype)
            if t == "object" and len(one) and all(isinstance(x, bytes) for x in one):
                t = "bytes"
            got = cells(one) if t != "bytes" else [cell(x) for x in one]
            out += " {%s %s: %s}" % (cell(c), t, " ".join(got))
        if not isinstance(v.index, pd.RangeIndex):
            if list(v.index) != list(range(len(v))):
                out += " index " + " ".join(cell(x) for x in v.index)
        return out
    if isinstance(v, np.ndarray):
        shape = ",".join(map(str, v.shape))
        return "array %s (%s): %s" % (kind(v.dtype), shape, " ".join(cells(v.reshape(-1))))
    if isinstance(v, dict):
        return "map " + " ".join("%s=(%s)" % (cell(k), show(x)) for k, x in v.items())
    if isinstance(v, list):
        return "list " + " ".join("(%s)" % show(x) for x in v)
    return "scalar " + cell(v)


def column(t, name="a", required=True):
    d = {"type": t, "required": required}
    if name:
        d["name"] = name
    return d


def tensor(dtype, shape, name=None):
    d = {"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": shape}}
    if name:
        d["name"] = name
    return d


def escape(s):
    return s.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
