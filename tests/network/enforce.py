# enforce.py - what a Python caller gives, by mlflow.pyfunc's PyFuncModel and by the runner in the same process
# SPDX-License-Identifier: Apache-2.0
# enforce.py PROGRAM FOLDER [-v]: run by an interpreter that has mlflow, pandas and scipy. Each case is a signature and
# an object; mlflow, the model in this process and the model in a process of its own are to make the same of it, or
# all refuse it. What is otherwise on purpose stands in KNOWN; where the words of a refusal are, in WORDS.
import copy
import datetime
import decimal
import importlib.machinery
import importlib.util
import json
import logging
import math
import os
import re
import socket
import subprocess
import sys
import warnings

import mlflow.pyfunc
import numpy as np
import pandas as pd
import scipy.sparse as sp

LOADED, PREDICT, ANSWER, FAILED = 2, 3, 5, 6
PLAIN = ["boolean", "integer", "long", "float", "double", "string", "binary", "datetime"]
MODEL = """
class Model:
    def predict(self, data, params=None):
        return data, params


class Bare:
    def predict(self, data):
        return data


def _load_pyfunc(path):
    import os
    return Bare() if os.path.exists(os.path.join(path, "bare")) else Model()
"""


def module_of(program):
    told = json.loads(subprocess.run([program, "version", "--json"], check=True, capture_output=True).stdout)
    loader = importlib.machinery.ExtensionFileLoader("_pfr", os.path.join(told["runner"], "_pfr.so"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("_pfr", loader))
    loader.exec_module(module)
    return module


class Pair:
    """The same model on both sides."""

    made = 0

    def __init__(self, program, folder, pfr, inputs=None, params=None, bare=False):
        Pair.made += 1
        self.pfr, self.path = pfr, os.path.join(folder, "model%d" % Pair.made)
        os.makedirs(os.path.join(self.path, "code"))
        with open(os.path.join(self.path, "code", "echo_model.py"), "w") as f:
            f.write(MODEL)
        if bare:
            open(os.path.join(self.path, "bare"), "w").close()
        signature = {key: json.dumps(value) for key, value in (("inputs", inputs), ("params", params)) if value}
        flavor = {"loader_module": "echo_model", "code": "code"}
        with open(os.path.join(self.path, "MLmodel"), "w") as f:
            json.dump({"flavors": {"python_function": flavor}, "signature": signature or None}, f)
        self.mlflow = mlflow.pyfunc.load_model(self.path)
        self.command = [program, "worker", self.path, "--env-manager", "local", "--python", sys.executable]
        body = subprocess.run(
            self.command + ["--describe"], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ).stdout
        self.socket = None
        self.handle = pfr.load(body[16:])

    def start(self):
        near, far = socket.socketpair()
        self.worker = subprocess.Popen(
            self.command + ["--socket", str(far.fileno())], pass_fds=[far.fileno()], stderr=subprocess.DEVNULL
        )
        far.close()
        kind, body = self.pfr.receive_bytes(near.fileno(), 60)
        self.pfr.send_bytes(near.fileno(), kind, body, 60)
        assert self.pfr.receive(near.fileno(), 60)[0] == LOADED
        self.socket = near

    def stop(self):
        if self.socket:
            self.socket.close()
            assert self.worker.wait() == 0

    def ask_there(self, data, params):
        """As the Python package asks a runner."""
        if not self.socket:
            self.start()
        request = {"data": data, "params": params, "exact": True}
        kind, answer = self.pfr.exchange(self.socket.fileno(), PREDICT, request, 60)
        if kind == ANSWER:
            return answer
        assert kind == FAILED and answer["stage"] == "input", answer
        raise ValueError(answer["message"])

    def ask_mlflow(self, data, params):
        return self.mlflow.predict(data, params)

    def ask_ours(self, data, params):
        return self.pfr.predict(self.handle, data, params)


# --- two answers ---


def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, pd.DataFrame):
        return (
            list(a.columns) == list(b.columns)
            and a.columns.dtype == b.columns.dtype
            and a.index.equals(b.index)
            and all(same(a.iloc[:, i], b.iloc[:, i]) for i in range(a.shape[1]))
        )
    if isinstance(a, pd.Series):
        return a.dtype == b.dtype and len(a) == len(b) and same(a.tolist(), b.tolist())
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and same(a.tolist(), b.tolist())
    if sp.issparse(a):
        return a.dtype == b.dtype and same(a.toarray(), b.toarray())
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if a is pd.NaT or a is pd.NA:
        return a is b
    if isinstance(a, float) and math.isnan(a):
        return math.isnan(b)
    return a == b


def shown(value):
    if isinstance(value, tuple):
        return "(%s)" % ", ".join(shown(item) for item in value)
    if isinstance(value, pd.DataFrame):
        return "DataFrame %s %s" % (dict(value.dtypes), value.values.tolist())
    return "%s %r" % (type(value).__name__, value)


def outcome(ask, make, params):
    try:
        return "ok", ask(make(), params)
    except Exception as e:
        text = str(e)
        text = text[text.find("'. Error: ") + len("'. Error: ") :] if "'. Error: " in text else text
        return "refused", text


# --- objects ---

D = datetime.datetime
N = None
SERIES = {
    "bool": lambda: pd.Series([True, False]),
    "int8": lambda: pd.Series([1, -2], dtype="int8"),
    "int16": lambda: pd.Series([1, -2], dtype="int16"),
    "int32": lambda: pd.Series([1, -2], dtype="int32"),
    "int64": lambda: pd.Series([1, -2], dtype="int64"),
    "int64_01": lambda: pd.Series([1, 0], dtype="int64"),
    "int64_big": lambda: pd.Series([2**62, -(2**63)], dtype="int64"),
    "uint8": lambda: pd.Series([1, 200], dtype="uint8"),
    "uint16": lambda: pd.Series([1, 200], dtype="uint16"),
    "uint32": lambda: pd.Series([1, 2**32 - 1], dtype="uint32"),
    "uint64": lambda: pd.Series([1, 2**64 - 1], dtype="uint64"),
    "float16": lambda: pd.Series([1.5, 0.25], dtype="float16"),
    "float32": lambda: pd.Series([1.5, 0.1], dtype="float32"),
    "float64": lambda: pd.Series([1.5, 0.1]),
    "float64_nan": lambda: pd.Series([1.5, np.nan]),
    "float64_int": lambda: pd.Series([1.0, 2.0]),
    "float64_int_nan": lambda: pd.Series([1.0, np.nan]),
    "float64_inf_nan": lambda: pd.Series([np.inf, np.nan]),
    "complex": lambda: pd.Series([1 + 2j, 0]),
    "str": lambda: pd.Series(["a", "b"]),
    "str_none": lambda: pd.Series(["a", None]),
    "str_numbers": lambda: pd.Series(["1", "2"]),
    "string": lambda: pd.Series(["a", None], dtype="string"),
    "obj_str": lambda: pd.Series(["a", "b"], dtype=object),
    "obj_str_none": lambda: pd.Series(["a", None], dtype=object),
    "obj_int": lambda: pd.Series([1, 2], dtype=object),
    "obj_int_none": lambda: pd.Series([1, None], dtype=object),
    "obj_int_big": lambda: pd.Series([2**70, 1], dtype=object),
    "obj_float": lambda: pd.Series([1.5, 2.0], dtype=object),
    "obj_float_none": lambda: pd.Series([1.5, None], dtype=object),
    "obj_mixed": lambda: pd.Series([1, "a"], dtype=object),
    "obj_int_float": lambda: pd.Series([1, 2.5], dtype=object),
    "obj_bool": lambda: pd.Series([True, False], dtype=object),
    "obj_none_bool": lambda: pd.Series([True, None], dtype=object),
    "obj_none": lambda: pd.Series([None, None], dtype=object),
    "obj_bytes": lambda: pd.Series([b"a", b"b"], dtype=object),
    "obj_list": lambda: pd.Series([[1.0], [2.0]], dtype=object),
    "obj_dict": lambda: pd.Series([{"a": 1}, {}], dtype=object),
    "obj_date": lambda: pd.Series([datetime.date(2020, 1, 2), datetime.date(2021, 1, 2)], dtype=object),
    "obj_datetime": lambda: pd.Series([D(2020, 1, 2, 3), None], dtype=object),
    "obj_timestamp_tz": lambda: pd.Series([pd.Timestamp("2020-01-02", tz="UTC")] * 2, dtype=object),
    "decimal": lambda: pd.Series([decimal.Decimal("1.5"), decimal.Decimal("2")], dtype=object),
    "Int64": lambda: pd.Series([1, 2], dtype="Int64"),
    "Int64_na": lambda: pd.Series([1, None], dtype="Int64"),
    "Int32": lambda: pd.Series([1, 2], dtype="Int32"),
    "UInt8": lambda: pd.Series([1, 2], dtype="UInt8"),
    "Float64": lambda: pd.Series([1.5, 2], dtype="Float64"),
    "Float64_na": lambda: pd.Series([1.5, None], dtype="Float64"),
    "boolean": lambda: pd.Series([True, False], dtype="boolean"),
    "boolean_na": lambda: pd.Series([True, None], dtype="boolean"),
    "category_str": lambda: pd.Series(["a", "b"], dtype="category"),
    "category_int": lambda: pd.Series([1, 2], dtype="category"),
    "dt_ns": lambda: pd.Series(pd.to_datetime(["2020-01-01", "2021-01-01"])).astype("datetime64[ns]"),
    "dt_nat": lambda: pd.Series([pd.Timestamp("2020-01-01"), pd.NaT]).astype("datetime64[ns]"),
    "dt_us": lambda: pd.Series(np.array(["2020-01-01", "2021-01-01"], "datetime64[us]")),
    "dt_s": lambda: pd.Series(np.array(["2020-01-01", "2021-01-01"], "datetime64[s]")),
    "dt_s_far": lambda: pd.Series(np.array(["2020-01-01", "3021-01-01"], "datetime64[s]")),
    "dt_tz": lambda: pd.Series(pd.to_datetime(["2020-01-01", "2021-01-01"], utc=True)),
    "timedelta": lambda: pd.Series(pd.to_timedelta(["1s", "2s"])),
    "period": lambda: pd.Series(pd.period_range("2020", periods=2, freq="M")),
    "interval": lambda: pd.Series(pd.interval_range(0, 2)),
    "sparse": lambda: pd.Series(pd.arrays.SparseArray([0.0, 1.0])),
    "empty_float": lambda: pd.Series([], dtype="float64"),
    "empty_int": lambda: pd.Series([], dtype="int64"),
    "empty_obj": lambda: pd.Series([], dtype=object),
}


def column(type_, name="x", **more):
    return dict({"name": name, "type": type_} if name is not None else {"type": type_}, **more)


def array(items, name="x", **more):
    return {"type": "array", "items": items, "name": name, **more}


def obj(properties, name="x", **more):
    return {"type": "object", "properties": properties, "name": name, **more}


def map_(values, name="x", **more):
    return {"type": "map", "values": values, "name": name, **more}


def tensor(dtype, shape, name=None):
    spec = {"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": shape}}
    return dict(spec, name=name) if name else spec


def frame(**columns):
    return lambda: pd.DataFrame({key: pd.Series(value) for key, value in columns.items()})


def cells(*values):
    """Each time anew: mlflow changes dicts that it is given."""
    return lambda: pd.DataFrame({"x": pd.Series(copy.deepcopy(list(values)), dtype=object)})


L = {"type": "long"}
F = {"type": "double"}
S = {"type": "string"}
B = {"type": "boolean"}
NESTED = {
    "array<double>": [array(F, required=True)],
    "array<float>": [array({"type": "float"}, required=True)],
    "array<long>": [array(L, required=True)],
    "array<integer>": [array({"type": "integer"}, required=True)],
    "array<string>": [array(S, required=True)],
    "array<boolean>": [array(B, required=True)],
    "array<binary>": [array({"type": "binary"}, required=True)],
    "array<datetime>": [array({"type": "datetime"}, required=True)],
    "array<double>?": [array(F, required=False)],
    "array<array<double>>": [array({"type": "array", "items": F}, required=True)],
    "array<any>": [array({"type": "any"}, required=True)],
    "object": [obj({"a": L, "b": dict(S, required=False)}, required=True)],
    "object?": [obj({"a": L}, required=False)],
    "object<double>": [obj({"a": F}, required=True)],
    "object<array>": [obj({"a": {"type": "array", "items": F}}, required=True)],
    "map<long>": [map_(L, required=True)],
    "map<string>?": [map_(S, required=False)],
    "any": [{"type": "any", "name": "x", "required": True}],
}
CELLS = {
    "floats": cells([1.5, 2.5], [0.5]),
    "ints": cells([1, 2], [3]),
    "bits": cells([1, 0], [1]),
    "int_float": cells([1, 2.5], [3]),
    "strs": cells(["a", "b"], ["c"]),
    "str_none": cells(["a", None], ["c"]),
    "bools": cells([True, False], [True]),
    "bytes": cells([b"a"], [b"b"]),
    "dates": cells([D(2020, 1, 1)], [D(2021, 1, 1)]),
    "empty": cells([], []),
    "none": cells(None, None),
    "float_none": cells([1.5, None], [2.5]),
    "np_f8": cells(np.array([1.5, 2.5]), np.array([0.5])),
    "np_f4": cells(np.array([1.5, 2.5], "f4"), np.array([0.5], "f4")),
    "np_i8": cells(np.array([1, 2]), np.array([3])),
    "np_i4": cells(np.array([1, 2], "i4"), np.array([3], "i4")),
    "np_bool": cells(np.array([True]), np.array([False])),
    "np_str": cells(np.array(["a"]), np.array(["bc"])),
    "np_ints": cells([np.int64(1), 2], [np.int32(3)]),
    "np_small": cells([np.int32(1), np.int8(2)], [np.int16(3)]),
    "np_unsigned": cells([np.uint8(1), np.uint16(2)], [np.uint8(3)]),
    "np_bools": cells([np.bool_(True), False], [np.bool_(True)]),
    "np_floats": cells([np.float32(0.5), 1.5], [np.float32(2)]),
    "np_none": cells([np.float32(0.5), None], [np.int64(2), None]),
    "np_texts": cells([np.str_("a"), "b"], [np.str_("c")]),
    "np_dates": cells([np.datetime64("2020-01-01T00", "ns")]),
    "dict_np_text": cells({"a": 1, "b": np.str_("x")}),
    "np_2d": cells(np.array([[1.5, 2.5]]), np.array([[0.5, 1.0]])),
    "lists2": cells([[1.5], [2.5, 1.0]], [[0.5]]),
    "dict": cells({"a": 1}, {"a": 2, "b": "x"}),
    "dict_float": cells({"a": 1.5}, {"a": 2.0}),
    "dict_bits": cells({"a": 1}, {"a": 0}),
    "dict_extra": cells({"a": 1, "zz": 1}),
    "dict_missing": cells({"b": "x"}),
    "dict_empty": cells({}, {}),
    "dict_none": cells({"a": None}),
    "dict_strs": cells({"k": "v"}, {}),
    "dict_ints": cells({"k": 1}, {"m": 2}),
    "dict_int_keys": cells({1: 1}),
    "dict_np": cells({"a": np.int64(1)}, {"a": np.int64(2)}),
    "dict_list": cells({"a": [1.5]}, {"a": []}),
    "dict_array": cells({"a": np.array([1.5])}, {"a": np.array([])}),
    "tuple": cells((1.5, 2.5)),
    "scalar": cells(1.5, 2.5),
    "text": cells("a", "b"),
}

AB = [column("long", "a"), column("double", "b")]
OPTIONAL = [column("long", "a"), column("double", "b", required=False)]
UNNAMED = [column("long", None), column("double", None)]
SHAPES = {
    "ab": (AB, frame(a=[1, 2], b=[0.5, 1.5])),
    "ba": (AB, frame(b=[0.5, 1.5], a=[1, 2])),
    "extra": (AB, frame(z=[1, 2], a=[1, 2], b=[0.5, 1.5])),
    "missing": (AB, frame(a=[1, 2])),
    "missing_extra": (AB, frame(a=[1, 2], q=[1, 2])),
    "optional": (OPTIONAL, frame(a=[1, 2])),
    "optional_there": (OPTIONAL, frame(a=[1, 2], b=[1.5, 2])),
    "optional_wrong": (OPTIONAL, frame(a=[1, 2], b=["x", "y"])),
    "optional_null": (OPTIONAL, lambda: pd.DataFrame({"a": [1, 2], "b": [np.nan, 1.5]})),
    "all_optional": ([column("long", "a", required=False)], frame(b=[1, 2])),
    "index": (AB, lambda: pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5]}, index=["x", "y"])),
    "index_cast": (AB, lambda: pd.DataFrame({"b": [0.5, 1], "a": np.array([1, 2], "i4")}, index=[7, 7])),
    "multi_index": (AB, lambda: pd.DataFrame({"a": [1], "b": [0.5]}, index=pd.MultiIndex.from_tuples([(1, 2)]))),
    "multi_columns": (AB, lambda: pd.DataFrame([[1, 2.5]], columns=pd.MultiIndex.from_tuples([("a", 1), ("b", 1)]))),
    "int_labels": (AB, lambda: pd.DataFrame([[1, 2.5]])),
    "twice": (AB, lambda: pd.DataFrame([[1, 2, 2.5]], columns=["a", "a", "b"])),
    "extra_twice": (AB, lambda: pd.DataFrame([[1, 2, 2, 2.5]], columns=["a", "z", "z", "b"])),
    "no_rows": (AB, lambda: pd.DataFrame({"a": np.array([], "i8"), "b": np.array([], "f8")})),
    "dict_scalars": (AB, lambda: {"a": 1, "b": 2.5}),
    "dict_lists": (AB, lambda: {"a": [1, 2], "b": [0.5, 1.5]}),
    "dict_arrays": (AB, lambda: {"a": np.array([1, 2]), "b": np.array([0.5, 1.5])}),
    "dict_series": (AB, lambda: {"a": pd.Series([1, 2]), "b": pd.Series([0.5, 1.5])}),
    "dict_uneven": (AB, lambda: {"a": [1, 2], "b": [0.5]}),
    "dict_2d": (AB, lambda: {"a": np.array([[1, 2]]), "b": np.array([0.5])}),
    "dict_str_list": ([column("string")], lambda: {"x": ["a", "b"]}),
    "dict_str": ([column("string")], lambda: {"x": "a"}),
    "dict_np_str": ([column("string")], lambda: {"x": np.array("a")}),
    "dict_np_strs": ([column("string")], lambda: {"x": np.array(["a", "b"])}),
    "dict_object": ([obj({"a": L}, required=True)], lambda: {"x": {"a": 1}}),
    "dict_array": ([array(F, required=True)], lambda: {"x": [1.5]}),
    "dict_none": (OPTIONAL, lambda: {"a": 1, "b": None}),
    "dict_empty": (AB, lambda: {}),
    "list_of_dicts": (AB, lambda: [{"a": 1, "b": 2.5}, {"a": 3, "b": 0.5}]),
    "list_of_lists": (AB, lambda: [[1, 2.5]]),
    "list_of_lists_unnamed": (UNNAMED, lambda: [[1, 2.5], [3, 0.5]]),
    "list_of_numbers": ([column("long", None)], lambda: [1, 2]),
    "list_of_strs": ([column("string", None)], lambda: ["a", "b"]),
    "list_of_strs_named": ([column("string")], lambda: ["a", "b"]),
    "list_empty": ([column("string", None)], lambda: []),
    "array_1d": ([column("double", None)], lambda: np.array([1.5, 2])),
    "array_2d": ([column("double", None), column("double", None)], lambda: np.array([[1.5, 2]])),
    "array_2d_wide": ([column("double", None)], lambda: np.array([[1.5, 2]])),
    "array_2d_small": (UNNAMED, lambda: np.array([[1]])),
    "array_3d": ([column("double", None)], lambda: np.zeros((1, 1, 1))),
    "array_0d": ([column("double", None)], lambda: np.array(1.5)),
    "array_named": (AB, lambda: np.array([[1, 2]])),
    "series": ([column("double")], lambda: pd.Series([1.5, 2], name="x")),
    "series_other": ([column("double")], lambda: pd.Series([1.5, 2], name="y")),
    "series_unnamed": ([column("double", None)], lambda: pd.Series([1.5, 2])),
    "series_index": ([column("double", None)], lambda: pd.Series([1.5, 2], index=["q", "r"])),
    "scalar": ([column("double", None)], lambda: 1.5),
    "scalar_str": ([column("string", None)], lambda: "hello"),
    "scalar_np": ([column("long", None)], lambda: np.int64(3)),
    "scalar_named": ([column("double")], lambda: 1.5),
    "none": ([column("double", None)], lambda: None),
    "tuple": ([column("double", None)], lambda: (1.5,)),
    "set": ([column("double", None)], lambda: {1.5}),
    "csr": ([column("double", None)], lambda: sp.csr_matrix(np.eye(2))),
    "unnamed_frame": (UNNAMED, frame(p=[1, 2], q=[0.5, 1.5])),
    "unnamed_more": (UNNAMED, frame(p=[1, 2], q=[0.5, 1.5], r=[1, 2])),
    "unnamed_less": (UNNAMED, frame(p=[1, 2])),
    "unnamed_wrong": (UNNAMED, frame(p=["x", "y"], q=[0.5, 1.5])),
    "matrix": ([column("double", None), column("double", None)], lambda: np.matrix([[1.5, 2.0]])),
    "masked": ([column("double", None)], lambda: np.ma.array([1.5, 2.0], mask=[False, True])),
}

M = tensor("float64", [-1, 2])
TENSORS = {
    "f8": ([M], lambda: np.array([[1.5, 2]])),
    "f4": ([M], lambda: np.array([[1.5, 2]], "f4")),
    "i8": ([M], lambda: np.array([[1, 2]])),
    "f2": ([M], lambda: np.array([[1, 2]], "f2")),
    "f8_big_endian": ([M], lambda: np.array([[1.5, 2]], ">f8")),
    "f8_fortran": ([M], lambda: np.asfortranarray(np.array([[1.5, 2], [3, 4]]))),
    "f8_rank": ([M], lambda: np.array([1.5, 2])),
    "f8_size": ([M], lambda: np.array([[1.5, 2, 3]])),
    "f8_none": ([M], lambda: np.zeros((0, 2))),
    "list": ([M], lambda: [[1.5, 2.0]]),
    "dict": ([M], lambda: {"a": np.array([[1.5, 2]])}),
    "scalar": ([M], lambda: 1.5),
    "frame": ([M], frame(a=[1.5, 2], b=[3.0, 4])),
    "frame_int": ([M], frame(a=[1, 2], b=[3, 4])),
    "frame_mixed": ([M], frame(a=[1, 2], b=[3.0, 4])),
    "frame_3": ([M], frame(a=[1.5], b=[1.5], c=[1.5])),
    "frame_lists": ([M], cells([1.5, 2.0], [3.0, 4.0])),
    "frame_int_lists": ([M], cells([1, 2], [3, 4])),
    "frame_arrays": ([M], cells(np.array([1.5, 2]), np.array([3.0, 4]))),
    "frame_int_arrays": ([M], cells(np.array([1, 2]), np.array([3, 4]))),
    "frame_uneven": ([M], cells([1.5, 2.0], [3.0])),
    "frame_text": ([M], cells("a", "b")),
    "frame_empty": ([M], lambda: pd.DataFrame()),
    "frame_dicts": ([M], cells({"a": 1}, {})),
    "csr": ([M], lambda: sp.csr_matrix(np.array([[0, 1.5]]))),
    "csc": ([M], lambda: sp.csc_matrix(np.array([[0, 1.5]]))),
    "coo": ([M], lambda: sp.coo_matrix(np.array([[0, 1.5]]))),
    "csr_f4": ([M], lambda: sp.csr_matrix(np.array([[0, 1.5]], "f4"))),
    "csr_size": ([M], lambda: sp.csr_matrix(np.array([[0, 1.5, 1]]))),
    "csr_array": ([M], lambda: sp.csr_array(np.array([[0, 1.5]]))),
    "series": ([tensor("float64", [-1])], lambda: pd.Series([1.5, 2])),
    "series_int": ([tensor("float64", [-1])], lambda: pd.Series([1, 2])),
    "series_lists": ([M], lambda: pd.Series([[1.5, 2.0]])),
    "column_1": ([tensor("float64", [-1, 1])], frame(a=[1.5, 2])),
    "column_f_to_i": ([tensor("int64", [-1])], frame(a=[1.5, 2])),
    "column_whole_to_i": ([tensor("int64", [-1])], frame(a=[1.0, 2])),
    "column_nan_to_i": ([tensor("int64", [-1])], frame(a=[1.0, np.nan])),
    "column_wraps": ([tensor("int8", [-1])], frame(a=[300, 1])),
    "column_infinite": ([tensor("float32", [-1])], frame(a=[1e300, 1])),
    "column_rounds": ([tensor("float32", [-1])], frame(a=[0.1, 1])),
    "column_truth": ([tensor("bool", [-1])], frame(a=[2, 0])),
    "column_bits": ([tensor("bool", [-1])], frame(a=[1, 0])),
    "column_str": ([tensor("str", [-1])], frame(a=["x", "yz"])),
    "column_str_int": ([tensor("str", [-1])], frame(a=[1, 2])),
    "lists_cut": ([tensor("int64", [-1, 2])], cells([1.5, 2.0])),
    "object": ([tensor("object", [-1])], lambda: np.array(["a", 1], object)),
    "object_any": ([tensor("object", [-1])], lambda: np.array([[1.5]])),
    "object_2d": ([tensor("object", [-1, 1])], lambda: np.array([["a"]], object)),
    "ragged": ([tensor("float64", [-1, -1])], lambda: np.array([[1.5], [1.5, 2]], object)),
    "str_U3": ([tensor("str", [-1])], lambda: np.array(["abc"])),
    "bytes_S3": ([tensor("bytes", [-1])], lambda: np.array([b"abc"])),
    "datetime_ns": ([tensor("datetime64[ns]", [-1])], lambda: np.array(["2020-01-01"], "datetime64[ns]")),
    "datetime_s": ([tensor("datetime64[ns]", [-1])], lambda: np.array(["2020-01-01"], "datetime64[s]")),
    "complex": ([tensor("complex128", [-1])], lambda: np.array([1 + 2j])),
    "float16": ([tensor("float16", [-1])], lambda: np.array([1], "f2")),
    "bool": ([tensor("bool", [-1])], lambda: np.array([True])),
    "fixed": ([tensor("int64", [2])], lambda: np.array([1, 2])),
    "fixed_frame": ([tensor("int64", [2])], frame(a=[1, 2])),
    "rank_0": ([tensor("int64", [])], lambda: np.array(1)),
    "4d": ([tensor("uint8", [-1, 2, 2, 3])], lambda: np.zeros((1, 2, 2, 3), "uint8")),
    "4d_lists": ([tensor("uint8", [-1, 2, 2])], cells([1, 2, 3, 4])),
    "4d_lists_wrap": ([tensor("uint8", [-1, 2, 2])], cells([1, 2, 3, 400])),
    "matrix": ([M], lambda: np.matrix([[1.5, 2.0]])),
    "masked": ([M], lambda: np.ma.array([[1.5, 2.0]], mask=[[False, True]])),
}
TWO = [tensor("float64", [-1], "a"), tensor("int64", [-1, 2], "b")]
ONE = [tensor("float64", [-1], "a")]
PLACE = re.compile(r"^column .*?, row [0-9]+: ")
A, C = np.array([1.5]), np.array([[1, 2]])
NAMED = {
    "both": (TWO, lambda: {"a": A, "b": C}),
    "order": (TWO, lambda: {"b": C, "a": A}),
    "extra": (TWO, lambda: {"a": A, "b": C, "z": A}),
    "missing": (TWO, lambda: {"a": A}),
    "missing_extra": (TWO, lambda: {"a": A, "q": A}),
    "dtype": (TWO, lambda: {"a": A, "b": C.astype("i4")}),
    "shape": (TWO, lambda: {"a": A, "b": np.array([1])}),
    "lists": (TWO, lambda: {"a": [1.5], "b": [[1, 2]]}),
    "array": (TWO, lambda: A),
    "list": (TWO, lambda: [A, C]),
    "one_array": (ONE, lambda: A),
    "one_array_dtype": (ONE, lambda: C),
    "one_dict": (ONE, lambda: {"a": A}),
    "one_frame": (ONE, frame(a=[1.5, 2])),
    "one_frame_other": (ONE, frame(b=[1.5, 2])),
    "one_series": (ONE, lambda: pd.Series([1.5], name="a")),
    "one_csr": (ONE, lambda: sp.csr_matrix(np.eye(2))),
    "frame": (TWO, lambda: pd.DataFrame({"a": [1.5, 2], "b": [[1, 2], [3, 4]]})),
    "frame_index": (TWO, lambda: pd.DataFrame({"a": [1.5, 2], "b": [[1, 2], [3, 4]]}, index=["p", "q"])),
    "frame_arrays": (TWO, lambda: pd.DataFrame({"a": [1.5, 2], "b": [np.array([1, 2]), np.array([3, 4])]})),
    "dict_series": (TWO, lambda: {"a": pd.Series([1.5]), "b": C}),
    "none": (TWO, lambda: None),
}


def param(name, type_, default, shape=None):
    return {"name": name, "type": type_, "default": default, "shape": shape}


PARAMS = [
    param("i", "integer", 1),
    param("l", "long", 2),
    param("f", "float", 0.5),
    param("d", "double", 0.25),
    param("s", "string", "x"),
    param("b", "boolean", True),
    param("t", "datetime", "2020-01-01T00:00:00"),
    param("li", "integer", [1, 2], [-1]),
    param("ld", "double", [1.5], [-1]),
]
GIVEN = [
    None, {}, {"i": 5}, {"i": 1.5}, {"i": True}, {"i": "5"}, {"i": None}, {"i": np.int32(3)}, {"i": np.int64(3)},
    {"l": 5}, {"l": np.int32(3)}, {"l": 2**70}, {"l": 1.0}, {"f": 1}, {"f": 1.5}, {"f": np.float32(1.5)}, {"f": True},
    {"d": 1}, {"d": np.float32(1.5)}, {"d": np.float64(1.5)}, {"d": "1"}, {"d": float("nan")}, {"s": "y"}, {"s": 5},
    {"s": np.str_("z")}, {"s": None}, {"s": b"x"}, {"b": False}, {"b": 1}, {"b": np.bool_(True)}, {"t": "2021-02-03T04:05:06"},
    {"t": D(2021, 2, 3, 4)}, {"t": 5}, {"t": "nonsense"}, {"li": [3]}, {"li": []}, {"li": 3}, {"li": (3, 4)},
    {"li": np.array([3, 4], "i4")}, {"li": [1.5]}, {"li": [[1]]}, {"ld": [1, 2.5]}, {"ld": np.array([1.5])}, {"zz": 1},
    {"zz": 1, "i": 3}, {"i": 1.5, "s": 5}, [1], "x", 5, {1: 2}, {"i": [1]}, {"i": {}}, {"s": ["a"]},
]  # fmt: skip


def cases(pair):
    for declared in PLAIN:
        at = pair([column(declared)])
        for name, make in SERIES.items():
            yield "column %s %s" % (declared, name), at, lambda make=make: pd.DataFrame({"x": make()}), None
    for declared, inputs in NESTED.items():
        at = pair(inputs)
        for name, make in CELLS.items():
            yield "nested %s %s" % (declared, name), at, make, None
    for kind, table in (("shape", SHAPES), ("tensor", TENSORS), ("named", NAMED)):
        for name, (inputs, make) in table.items():
            yield "%s %s" % (kind, name), pair(inputs), make, None
    for kind, at in (
        ("params", pair(AB, PARAMS)),
        ("no_params", pair(AB)),
        ("bare", pair(AB, PARAMS, bare=True)),
        ("params_alone", pair(None, PARAMS)),
    ):
        for given in GIVEN:
            yield "%s %r" % (kind, given), at, frame(a=[1, 2], b=[0.5, 1.5]), given
    at = pair(None)
    for name, make in list(SHAPES.items()) + list(TENSORS.items()) + list(NAMED.items()):
        yield "unsigned %s" % name, at, make[1], None


# docs/mlflow.md, "What a Python caller gives".
KNOWN = {
    "truth": [
        "column boolean obj_int_big", "column boolean obj_mixed", "column boolean obj_bytes", "column boolean obj_list",
        "column boolean obj_dict", "column boolean obj_date", "column boolean decimal", "nested array<boolean> bytes",
        "nested array<boolean> lists2", "tensor column_truth",
    ],
    "text": [
        "nested array<string> str_none", "nested array<string> bytes", "nested array<binary> str_none",
        "nested array<binary> np_str", "tensor column_str_int",
    ],
    "dates-numbers": ["nested array<datetime> dates", "nested array<datetime> np_dates"],
    "cut": ["tensor column_f_to_i", "tensor column_nan_to_i", "tensor lists_cut"],
    "wraps": ["tensor column_wraps", "tensor 4d_lists_wrap"],
    "infinite": ["tensor column_infinite"],
    "params": ["no_params [1]", "no_params 'x'", "no_params 5"],
    "big": [kind + " {'l': 1180591620717411303424}" for kind in ("params", "bare", "params_alone")],
    "accepted": ["named frame_index"] + [kind + " {'i': np.int64(3)}" for kind in ("params", "bare", "params_alone")],
}  # fmt: skip
# Before pandas 3 text is objects; and a Series without a label 0 gives its first value for it.
if int(pd.__version__.split(".")[0]) < 3:
    KNOWN["truth"] += ["column boolean " + name for name in ("str", "str_none", "str_numbers", "obj_str", "obj_str_none")]
    KNOWN["truth"] += ["nested array<boolean> " + name for name in ("strs", "str_none", "np_str")]
    KNOWN["accepted"].remove("named frame_index")
# numpy's and pandas' own messages, or ours say more.
WORDS = re.compile(
    "nested |(params|bare|params_alone) |column (integer|long) float64_inf_nan|column .* sparse|column datetime "
    "|shape (multi_columns|twice)|named (shape|one_array_dtype)"
)


def compare(name, at, make, params, verbose):
    """The name of what is otherwise, or None."""
    theirs, here = outcome(at.ask_mlflow, make, params), outcome(at.ask_ours, make, params)
    there = outcome(at.ask_there, make, params)
    alike = here[0] == there[0] and (same if here[0] == "ok" else str.__eq__)(here[1], there[1])
    agree = theirs[0] == here[0] and (theirs[0] == "refused" or same(theirs[1], here[1]))
    words = theirs[0] == here[0] == "refused" and theirs[1] != PLACE.sub("", here[1])
    wrong = not agree or not alike or (words and not WORDS.match(name))
    if wrong or (words and verbose):
        for who, what in (("mlflow", theirs), ("here", here), ("there", there)):
            print("# %s, %s: %s %s" % (name, who, what[0], shown(what[1])[:300].replace("\n", " ")))
    return "there" if not alike else "otherwise" if wrong else None


def main(program, folder, verbose=None):
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    pfr, pairs, groups = module_of(program), {}, {}
    known = {name: reason for reason, names in KNOWN.items() for name in names}

    def pair(inputs=None, params=None, bare=False):
        key = json.dumps([inputs, params, bare])
        if key not in pairs:
            pairs[key] = Pair(program, folder, pfr, inputs, params, bare)
        return pairs[key]

    for name, at, make, params in cases(pair):
        group = groups.setdefault(" ".join(name.split(" ")[: 2 if name.startswith(("column", "nested")) else 1]), [0, []])
        found = compare(name, at, make, params, verbose or name in known)
        group[0] += 1
        if found != ("otherwise" if name in known else None):
            group[1].append(name)
    for at in pairs.values():
        at.stop()
    print("1..%d" % len(groups))
    for group, (count, wrong) in groups.items():
        print("%s - %s: %d cases%s" % ("not ok" if wrong else "ok", group, count, "".join(", " + name for name in wrong)))
    sys.stdout.flush()
    os._exit(any(wrong for _, wrong in groups.values()))  # threads of what mlflow imports may abort at the interpreter's end


main(*sys.argv[1:])
