# refused.py - which values MLflow changes silently on their way to a declared type; we refuse them
# SPDX-License-Identifier: Apache-2.0
# The names are those of docs/mlflow.md.
import base64

import numpy as np

WHOLE = {"integer": "int32", "long": "int64"}


def whole(t, v):
    if isinstance(v, bool):
        return "bool-number" if t in WHOLE else None
    if isinstance(v, float):
        if v != v or abs(v) == float("inf"):
            return "wraps"
        if v != int(v):
            return "cut"
        v = int(v)
    info = np.iinfo(WHOLE.get(t, t))
    return "wraps" if isinstance(v, int) and not info.min <= v <= info.max else None


def decoded(v):
    try:
        good = isinstance(v, str) and (base64.b64decode(v, validate=True) or v == "")
    except ValueError:
        good = False
    return None if good is not False else "base64"


def changes(t, v):
    """What happens to a value on its way to the declared type t, when it is lost or altered."""
    if isinstance(v, (list, dict)):
        return {"boolean": "truth", "bool": "truth", "double": "emptied"}.get(t)
    if t in ("boolean", "bool"):
        return None if isinstance(v, bool) or (isinstance(v, (int, float)) and v in (0, 1)) else "truth"
    if t in WHOLE or t.startswith(("int", "uint")):
        return whole(t, v)
    if t in ("float", "float32") and isinstance(v, (int, float, str)):
        try:
            return "infinite" if np.isinf(np.float32(float(v))) and not np.isinf(float(v)) else None
        except ValueError:
            return None
    if t == "binary":
        return decoded(v)
    if t == "datetime" and (isinstance(v, bool) or (isinstance(v, str) and not "1678" <= v[:4] <= "2261")):
        return "date-guess"
    return None


def item(t, v):
    """The same for an array's items of a plain type."""
    if t == "boolean" and not isinstance(v, bool):
        return "truth"
    if t in ("string", "binary") and not isinstance(v, str):
        return "text"
    return "emptied" if t == "double" and isinstance(v, (list, dict)) else None


def first(names):
    return next((name for name in names if name), None)


def nested(spec, v):
    """The same for a value of a nested type, as a signature's JSON has it."""
    t = spec["type"]
    if t == "sparkml_vector":
        spec, t = {"items": {"type": "double"}}, "array"
    if t == "array" and isinstance(v, list):
        inner = spec["items"]
        plain = "items" not in inner and "properties" not in inner and "values" not in inner
        return first(item(inner["type"], x) if plain else nested(inner, x) for x in v)
    if t == "object" and isinstance(v, dict):
        return first(nested(spec["properties"][k], x) for k, x in v.items() if k in spec["properties"])
    if t == "map" and isinstance(v, dict):
        return first(nested(spec["values"], x) for x in v.values())
    return None
