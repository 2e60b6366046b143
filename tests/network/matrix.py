# matrix.py - the models, requests and expected answers of matrix.sh; runs on Python 3.7 and newer
# SPDX-License-Identifier: Apache-2.0
#
# matrix.py make DIR PYTHON REQUIREMENT...    models plain, typed, nested and answers, and DIR/requests
# matrix.py expect DIR                        DIR/expected/NAME, by the interpreter that runs this
# matrix.py same FILE FILE                    are two answers equal, value by value?
#
# What is expected follows MLflow's rules with the pandas and numpy at hand: requests are parsed as its
# scoring server does, answers are written as its encoder does. Two answers it cannot give, or not as
# valid JSON, are null: what is missing (NaN, NaT, NA) and infinities.
import base64
import datetime
import io
import json
import os
import sys

CODE = '''\
import datetime

def cell(v):
    return "nan" if isinstance(v, float) and v != v else type(v).__name__ + " " + repr(v)

def flat(v):
    return [x for y in v for x in flat(y)] if isinstance(v, list) else [cell(v)]

def describe(data):
    kind = type(data).__name__
    if kind == "DataFrame":
        cells = [[cell(v) for v in data.iloc[:, i].tolist()] for i in range(data.shape[1])]
        return [kind, [cell(c) for c in data.columns], [cell(v) for v in data.index.tolist()],
                [str(t) for t in data.dtypes], cells]
    if kind == "ndarray":
        return [kind, str(data.dtype), list(data.shape), flat(data.tolist())]
    if kind == "dict":
        return [kind, {k: describe(v) for k, v in data.items()}]
    return [kind, cell(data)]

def answers():
    import numpy as np, pandas as pd
    day = pd.Timestamp("2020-01-02 03:04:05.678901")
    mixed = pd.DataFrame({
        "i": [1, -2], "u": np.array([0, 2**64 - 1], "u8"), "f": [0.1, float("nan")],
        "f4": np.array([0.1, 1e30], "f4"), "b": [True, False], "s": ["x", None],
        "t": [day, pd.NaT], "o": [{"k": [1]}, 7], 3: [datetime.date(2020, 1, 1), None]})
    new = pd.DataFrame({"I": pd.array([1, None], dtype="Int64"), "c": pd.Categorical(["p", "q"]),
                        "S": pd.array(["x", None], dtype="string"),
                        "B": pd.array([True, None], dtype="boolean"),
                        "z": pd.to_datetime(["2020-01-01", "2020-07-01"]).tz_localize("UTC")})
    return {
        "mixed": mixed, "new": new, "empty": mixed[:0], "indexed": pd.DataFrame({"a": [1, 2]}, [5, 9]),
        "series": pd.Series([1, 2], name="p"), "unnamed": pd.Series([1.5, None]),
        "texts": pd.Series(["a", None]), "dates": pd.Series([day, pd.NaT], name="t"),
        "array": np.arange(6.0).reshape(2, 3).T, "ints": np.array([[1, 2]], "i4"), "none": np.empty((0, 2)),
        "float32": np.array([0.1, np.inf], "f4"), "half": np.array([0.1], "f2"), "bools": np.array([True]),
        "words": np.array(["a", "bc"]), "objects": np.array([1, "a", None, 2.5], object),
        "days": np.array(["2020-01-01", "NaT"], "M8[D]"), "ns": np.array(["2020-01-01"], "M8[ns]"),
        "list": [np.int64(1), np.float32(0.1), np.bool_(True), np.float64("nan"), None, "s", 2**70],
        "times": [day, datetime.datetime(2020, 1, 1, 2), datetime.date(2020, 1, 1), datetime.time(1, 2)],
        "missing": [pd.NaT, float("nan"), float("-inf")] + ([pd.NA] if hasattr(pd, "NA") else []),
        "dict": {"a": np.array([1]), 2: (1, 2), None: b"xyz", True: 1.5}, "scalar": np.float64(2.5),
        "text": "caf\\u00e9 \\U0001f600", "number": 1e16, "small": 5e-324}

class Model:
    def __init__(self, path): self.path = path
    def predict(self, data):
        return answers() if self.path.rstrip("/").endswith("answers") else [describe(data)]

def _load_pyfunc(path):
    return Model(path)
'''

TYPED = [("i", "long"), ("n", "integer"), ("d", "double"), ("f", "float"), ("b", "boolean"), ("s", "string"),
         ("t", "datetime")]
PANDAS = {"long": "int64", "integer": "int32", "double": "float64", "float": "float32", "boolean": "bool",
          "string": object, "datetime": "datetime64[ns]"}
NESTED = [{"type": "array", "items": {"type": "long"}, "name": "l", "required": True},
          {"type": "string", "name": "s", "required": True}]

# model, name, text; the format is the suffix
REQUESTS = [
    ("plain", "mixed.csv", "i,f,b,s,t\n1,1.5,True,x,2020-01-01\n-2,,False,,2020-01-02 03:04:05\n"),
    ("plain", "odd.csv", 'i,big,b,z,q,na,u\n1,9007199254740993,True,007,"a,b",NA,1\n,-1,,8,"c ""d""",,18446744073709551615\n'),
    ("plain", "mixed.split.json", {"dataframe_split": {"columns": ["i", "f", "b", "s", "m"], "index": [7, 9],
                                   "data": [[1, 1.5, True, "x", None], [-2, 2, False, "y", 3]]}}),
    ("plain", "missing.split.json", {"dataframe_split": {"columns": ["i", "f", "b", "s", "m", "n"],
                                     "data": [[1, 1.5, True, "x", None, 1], [None, None, None, None, None, "1"]]}}),
    ("plain", "twice.split.json", {"dataframe_split": {"columns": ["o", "s"], "index": ["a", "a", "b"],
                                   "data": [[1, "x"], ["y", None], [None, "z"]]}}),
    ("plain", "bare.split.json", {"dataframe_split": {"data": [[1, "x"], [2, "y"]]}}),
    ("plain", "gaps.records.json", {"dataframe_records": [{"a": 1, "s": "x"}, {"b": 2.5, "s": None}, {"a": 2**62}]}),
    ("plain", "rows.instances.json", {"instances": [[1, 2], [3, 4]]}),
    ("plain", "named.instances.json", {"instances": [{"a": 1, "s": "x"}, {"a": 2.5, "s": "yy"}]}),
    ("plain", "floats.inputs.json", {"inputs": [[1, 2.5], [3, -0.0]]}),
    ("plain", "named.inputs.json", {"inputs": {"a": [1, 2], "s": ["x", "yy"], "b": [True, False], "m": [1, None]}}),
    ("typed", "typed.csv", "i,n,d,f,b,s\n1,2,1.5,0.1,True,x\n-3,-4,,7,False,\n"),
    ("typed", "typed.split.json", {"dataframe_split": {"columns": [c for c, _ in TYPED],
                                   "data": [[1, 2, 1.5, 0.1, True, "x", "2020-01-01T00:00:00"],
                                            [-3, -4, None, 7.0, False, "007", "2020-01-02T03:04:05"]]}}),
    ("typed", "missing.records.json", {"dataframe_records": [
        {"i": 1, "n": 2, "d": None, "f": 1.5, "b": True, "s": None, "t": None},
        {"i": -1, "n": 3, "d": 2.5, "f": None, "b": False, "s": "y", "t": "2020-01-02"}]}),
    ("typed", "texts.split.json", {"dataframe_split": {"columns": [c for c, _ in TYPED if c != "t"], "data": [
        [1, 2, 1.5, 0.5, True, 7], [3, 4, 2.5, 0.5, False, 8]]}}),
    ("answers", "answers.json", {"inputs": [1]}),
    ("nested", "nested.records.json", {"dataframe_records": [{"l": [1, 2], "s": "x"}, {"l": [3], "s": "y"}]}),
]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with io.open(path, "w", encoding="utf-8") as f:
        f.write(text)


def make(top, python, *requirements):
    mlflow = any(r.startswith("mlflow") for r in requirements)
    columns = [{"type": t, "name": c, "required": c != "t"} for c, t in TYPED]
    for name, inputs in ("plain", None), ("typed", columns), ("nested", NESTED), ("answers", None):
        model = os.path.join(top, name)
        text = "flavors:\n  python_function:\n    loader_module: matrix_loader\n    code: code\n    env: conda.yaml\n"
        if inputs:
            text += "signature:\n  inputs: '%s'\n" % json.dumps(inputs)
        write(os.path.join(model, "MLmodel"), text)
        write(os.path.join(model, "code", "matrix_loader.py"), CODE)
        write(os.path.join(model, "python_env.yaml"), "python: %s\ndependencies:\n- -r requirements.txt\n" % python)
        write(os.path.join(model, "requirements.txt"), "".join(r + "\n" for r in requirements))
    for model, name, request in REQUESTS:
        if model != "nested" or mlflow:
            text = request if isinstance(request, str) else json.dumps(request)
            write(os.path.join(top, "requests", model, name), text)


# ---- what is expected ----

def cast(frame, pandas):
    for name, kind in TYPED:
        if kind == "datetime" and name in frame:
            parsed = pandas.to_datetime(frame[name])
            unit = getattr(parsed.dt, "unit", "ns")
            frame[name] = parsed if unit == "ns" else parsed.dt.as_unit("ns")
        elif name in frame and not (kind == "string" and isinstance(frame[name].dtype, pandas.StringDtype)):
            frame[name] = frame[name].astype(PANDAS[kind])
    return frame[[c for c, _ in TYPED if c in frame]]


def parse(model, name, request):
    import numpy
    import pandas

    if name.endswith(".csv"):
        types = {c: PANDAS[k] for c, k in TYPED if k != "datetime"} if model == "typed" else None
        return pandas.read_csv(io.StringIO(request), dtype=types)
    (form, data), = request.items()
    if form == "dataframe_split":
        frame = pandas.DataFrame(index=data.get("index"), columns=data.get("columns"), data=data["data"])
    elif form == "dataframe_records":
        frame = pandas.DataFrame(data=data)
    elif isinstance(data, dict):
        return {k: numpy.array(v) for k, v in data.items()}
    elif isinstance(data[0], dict):
        return {k: numpy.array([numpy.array(row[k]) for row in data]) for k in data[0]}
    else:
        return numpy.array(data)
    return cast(frame, pandas) if model == "typed" else frame


def plain(o):
    """As MLflow's encoder, with null for what is missing."""
    import numpy
    import pandas

    if o is None or o is pandas.NaT or o is getattr(pandas, "NA", pandas.NaT):
        return None
    if isinstance(o, pandas.Series):
        o = pandas.DataFrame(o)
    if isinstance(o, pandas.DataFrame):
        return [plain(row) for row in o.to_dict(orient="records")]
    if isinstance(o, numpy.ndarray):
        return plain(o.tolist())
    if isinstance(o, numpy.generic):
        return plain(o.item())
    if isinstance(o, (bytes, bytearray)):
        return base64.encodebytes(o).decode("ascii")
    if isinstance(o, (datetime.date, datetime.time)):
        return o.isoformat()
    if isinstance(o, dict):
        return {k: plain(v) for k, v in o.items()}
    if isinstance(o, (list, tuple)):
        return [plain(v) for v in o]
    return None if isinstance(o, float) and (o != o or o in (float("inf"), -float("inf"))) else o


def expect(top):
    sys.path.insert(0, os.path.join(top, "plain", "code"))
    import matrix_loader

    for model, name, request in REQUESTS:
        if os.path.exists(os.path.join(top, "requests", model, name)):
            loaded = matrix_loader.Model(model)
            answer = plain(loaded.predict(parse(model, name, request)))
            write(os.path.join(top, "expected", model, name), json.dumps({"predictions": answer}))


def differences(a, b, path=""):
    if isinstance(a, dict) and isinstance(b, dict) and list(a) == list(b):
        return [d for k in a for d in differences(a[k], b[k], path + "/" + k)]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [d for i in range(len(a)) for d in differences(a[i], b[i], "%s/%d" % (path, i))]
    same = type(a) is type(b) and json.dumps(a) == json.dumps(b)
    return [] if same else ["%s: %s, expected %s" % (path, json.dumps(a), json.dumps(b))]


def refuse(word):
    raise ValueError(word + " is no JSON")


def same(left, right):
    got, wanted = (json.load(io.open(p, encoding="utf-8"), parse_constant=refuse) for p in (left, right))
    found = differences(got, wanted)
    sys.exit("\n".join(found) if found else 0)


if __name__ == "__main__":
    {"make": make, "expect": expect, "same": same}[sys.argv[1]](*sys.argv[2:])
