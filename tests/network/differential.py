# differential.py - models of every kind, made and asked by MLflow itself, then by the program
# SPDX-License-Identifier: Apache-2.0
#
# python differential.py PROGRAM DIR, by an interpreter that has mlflow and scikit-learn. The answer
# of MLflow's own scoring server is the expected one, value by value; where it refuses, the program
# must end with 3 (the input was refused) or 8 (the model's code raised) and answer nothing.
import base64
import datetime
import decimal
import io
import json
import os
import subprocess
import sys
import warnings

os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
warnings.simplefilter("ignore")

import mlflow  # noqa: E402
import numpy  # noqa: E402
import pandas  # noqa: E402
from mlflow.models import ModelSignature, infer_signature  # noqa: E402
from mlflow.pyfunc import PythonModel, scoring_server  # noqa: E402
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec  # noqa: E402
from mlflow.types.schema import Array, Map, Object, Property  # noqa: E402

REQUIREMENTS = ["mlflow"]

# ---- the models' code ----

# What a model is given, as text: its type, the types and labels within, every value.
SHOW = '''
def show(x):
    import numpy, pandas
    if isinstance(x, pandas.DataFrame):
        columns = [[repr(c), str(x.iloc[:, i].dtype), [show(v) for v in x.iloc[:, i]]]
                   for i, c in enumerate(x.columns)]
        return ["table", [repr(i) for i in x.index], columns]
    if isinstance(x, numpy.ndarray):
        return ["array", str(x.dtype), list(x.shape), [show(v) for v in x.ravel().tolist()]]
    if isinstance(x, dict):
        return ["dict", [[repr(k), show(v)] for k, v in x.items()]]
    if isinstance(x, (list, tuple)):
        return [type(x).__name__, [show(v) for v in x]]
    return type(x).__name__ + " " + repr(x)
'''

LOADER = '''
from shown import show

class Model:
    def __init__(self, path, config):
        self.said, self.config = open(path).read(), config
    def predict(self, data, params=None):
        return {"said": self.said, "config": repr(self.config), "data": show(data),
                "params": repr(params)}

def _load_pyfunc(path, config=None):
    return Model(path, config)
'''

SCRIPT = '''
import mlflow
from shown import show

class FromCode(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        self.rate = (context.model_config or {}).get("rate")
        self.words = {name: open(path).read() for name, path in context.artifacts.items()}
    def predict(self, context, model_input, params=None):
        return {"rate": self.rate, "words": self.words, "data": show(model_input),
                "params": repr(params)}

mlflow.models.set_model(FromCode())
'''

HINTED = '''
import datetime, typing
import mlflow, pydantic

class Item(pydantic.BaseModel):
    word: str
    times: int = 2
    when: typing.Optional[datetime.datetime] = None

class Hinted(mlflow.pyfunc.PythonModel):
    def predict(self, model_input: list[Item]) -> list[str]:
        return [i.word * i.times + str(i.when) for i in model_input]

mlflow.models.set_model(Hinted())
'''

WORDS = '''
import mlflow

class Words(mlflow.pyfunc.PythonModel):
    def predict(self, model_input: list[str]) -> list[str]:
        return [w.upper() for w in model_input]

mlflow.models.set_model(Words())
'''

CHAT = '''
import mlflow
from mlflow.types.llm import ChatChoice, ChatCompletionResponse, ChatMessage

class Chat(mlflow.pyfunc.ChatModel):
    def predict(self, context, messages, params):
        text = messages[-1].content + " " + repr(params.temperature)
        choice = ChatChoice(index=0, message=ChatMessage(role="assistant", content=text))
        return ChatCompletionResponse(id="1", model="m", created=1, choices=[choice])

mlflow.models.set_model(Chat())
'''

# Answers of every type that a model may give.
OUTPUTS = {
    "list": "[1, 2.5, None, 'x', True]",
    "dict": "{'a': [1, 2], 'b': {'c': None}}",
    "text": "'grüße \\u2028 \"quoted\" \\U0001f600'",
    "whole": "7",
    "none": "None",
    "tuple": "(1, 'a')",
    "nested": "[[1, 2], [3]]",
    "series": "pandas.Series([1.5, float('nan'), 3], name='s')",
    "series_text": "pandas.Series(['a', None, 'c'])",
    "series_labels": "pandas.Series([1, 2], index=['x', 'y'])",
    "array": "numpy.arange(6).reshape(2, 3)",
    "array_float32": "numpy.array([0.1, 1e-8, 3e38], dtype='float32')",
    "array_bool": "numpy.array([True, False])",
    "array_text": "numpy.array(['a', 'bc'])",
    "array_scalar": "numpy.array(3.25)",
    "array_times": "numpy.array(['2024-01-02', '2024-02-03T04:05:06'], dtype='datetime64[ns]')",
    "numpy_scalar": "numpy.float64(0.1)",
    "numpy_in_list": "[numpy.int64(3), numpy.float32(0.1), numpy.bool_(True)]",
    "numpy_in_dict": "{'a': numpy.array([1, 2]), 'b': numpy.int8(4)}",
    "table": "pandas.DataFrame({'a': [1, 2], 'b': ['x', None], 'c': [0.1, float('nan')]})",
    "table_labels": "pandas.DataFrame({'a': [1, 2]}, index=['r', 's'])",
    "table_numbers": "pandas.DataFrame(numpy.ones((2, 2)))",
    "table_empty": "pandas.DataFrame({'a': []})",
    "table_times": "pandas.DataFrame({'t': pandas.to_datetime(['2024-01-02', None])})",
    "table_zone": "pandas.DataFrame({'t': pandas.to_datetime(['2024-01-02T03:04:05Z'])})",
    "table_category": "pandas.DataFrame({'k': pandas.Categorical(['u', 'v', 'u'])})",
    "table_nullable": "pandas.DataFrame({'i': pandas.array([1, None], dtype='Int64')})",
    "table_lists": "pandas.DataFrame({'l': [[1, 2], [3]], 'd': [{'a': 1}, {'b': None}]})",
    "table_arrays": "pandas.DataFrame({'v': [numpy.array([1.5, 2.0]), numpy.array([3.0])]})",
    "table_bytes": "pandas.DataFrame({'b': [b'ab', b'c']})",
    "generator": "(i for i in range(2))",
    "set": "{1}",
    "big": "2 ** 80",
    "infinite": "[float('inf'), 1.0]",
    "raises": "1 / 0",
}


class Outputs(PythonModel):
    def __init__(self, outputs):
        self.outputs = outputs

    def predict(self, context, model_input, params=None):
        return eval(self.outputs[params["kind"]], {"numpy": numpy, "pandas": pandas})


def sklearn_model():
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    x, y = load_iris(return_X_y=True, as_frame=True)
    return LogisticRegression(max_iter=500).fit(x, y), x


# ---- making them ----

def columns(*specs):
    return Schema([ColSpec(*s) if isinstance(s, tuple) else s for s in specs])


SIGNATURES = {
    "columns": columns(
        ColSpec("boolean", "b"), ColSpec("integer", "i"), ColSpec("long", "l"),
        ColSpec("float", "f"), ColSpec("double", "d"), ColSpec("string", "s")),
    "times": columns(ColSpec("datetime", "t")),
    "binary": columns(ColSpec("binary", "x")),
    "optional": columns(
        ColSpec("long", "a"), ColSpec("double", "b", required=False),
        ColSpec("string", "c", required=False)),
    "unnamed": columns(ColSpec("double"), ColSpec("double")),
    "unnamed_text": columns(ColSpec("string")),
    "array": columns(ColSpec(Array("double"), "v"), ColSpec("string", "s")),
    "array_deep": columns(ColSpec(Array(Array("long")), "v")),
    "object": columns(ColSpec(Object([
        Property("name", "string"), Property("tags", Array("string")),
        Property("age", "long", required=False)]), "o")),
    "map": columns(ColSpec(Map("long"), "m")),
    "tensor": Schema([TensorSpec(numpy.dtype("float32"), (-1, 2))]),
    "tensor_text": Schema([TensorSpec(numpy.dtype("str"), (-1,))]),
    "tensors": Schema([TensorSpec(numpy.dtype("int64"), (-1,), "n"),
                       TensorSpec(numpy.dtype("float64"), (-1, 2), "m")]),
}

PARAMS = ParamSchema([
    ParamSpec("rate", "double", 0.5), ParamSpec("times", "integer", 3),
    ParamSpec("word", "string", "x"), ParamSpec("flag", "boolean", True),
    ParamSpec("list", "long", [1, 2], shape=(-1,))])


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def make(home):
    """NAME/ for each model; the sources beside them."""
    os.makedirs(home, exist_ok=True)
    shown = write(os.path.join(home, "shown.py"), SHOW)
    by_module = write(os.path.join(home, "by_module.py"), LOADER)
    said = write(os.path.join(home, "said.txt"), "hello")
    save = mlflow.pyfunc.save_model

    def at(name):
        return os.path.join(home, "m_" + name)

    def shower(name, **more):
        save(at(name), loader_module="by_module", data_path=said, code_paths=[shown, by_module],
             pip_requirements=REQUIREMENTS, **more)

    def script(name, text, **more):
        save(at(name), python_model=write(os.path.join(home, name + ".py"), text),
             pip_requirements=REQUIREMENTS, **more)

    sys.path.insert(0, home)
    model, x = sklearn_model()
    for name, method, signature in (
            ("proba", "predict_proba", infer_signature(x)), ("log_proba", "predict_log_proba", None),
            ("plain", "predict", infer_signature(x))):
        mlflow.sklearn.save_model(model, at(name), pyfunc_predict_fn=method, signature=signature,
                                  serialization_format="cloudpickle", pip_requirements=REQUIREMENTS)
    save(at("outputs"), python_model=Outputs(OUTPUTS), pip_requirements=REQUIREMENTS,
         signature=ModelSignature(params=ParamSchema([ParamSpec("kind", "string", "list")])))
    shower("free")
    shower("configured", model_config={"rate": 2, "of": {"a": [1.5, None, "1_0", "0x10", True]}})
    shower("params", signature=ModelSignature(params=PARAMS))
    for name, schema in SIGNATURES.items():
        shower(name, signature=ModelSignature(inputs=schema))
    script("from_code", SCRIPT, model_config={"rate": 3}, artifacts={"said": said},
           code_paths=[shown])
    script("from_code_signed", SCRIPT, artifacts={"said": said}, code_paths=[shown],
           signature=ModelSignature(inputs=SIGNATURES["optional"], params=PARAMS))
    script("hinted", HINTED, input_example=[{"word": "a"}])
    script("words", WORDS, input_example=["a"])
    script("chat", CHAT)
    return at


# ---- what they are asked ----

def split(names, *rows, **more):
    table = {"data": [list(r) for r in rows]}
    if names is not None:
        table["columns"] = names
    table.update(more)
    return {"dataframe_split": table}


IRIS = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]
ROW = [True, 1, 2, 1.5, 2.5, "x"]
B64 = base64.encodebytes(bytes(range(60))).decode()

# model's name, then what is asked: JSON as data, or CSV as text.
CASES = [
    ("proba", split(IRIS, [5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3])),
    ("proba", split(IRIS[::-1], [0.2, 1.4, 3.5, 5.1])),
    ("proba", split(IRIS[:3], [5.1, 3.5, 1.4])),
    ("proba", ",".join(IRIS) + "\n5.1,3.5,1.4,0.2\n"),
    ("log_proba", split(IRIS, [5.1, 3.5, 1.4, 0.2])),
    ("plain", {"dataframe_records": [dict(zip(IRIS, [5.1, 3.5, 1.4, 0.2]))]}),
    ("plain", {"inputs": dict(zip(IRIS, [[5.1], [3.5], [1.4], [0.2]]))}),
    ("plain", {"instances": [dict(zip(IRIS, [5.1, 3.5, 1.4, 0.2]))]}),
    *[("outputs", {"inputs": [1], "params": {"kind": kind}}) for kind in OUTPUTS],
    ("free", split(["a", "b"], [1, "x"], [2, None])),
    ("free", split(["a"], [1.5], [None], index=["r", "s"])),
    ("free", split(None, [1, 2], [3, 4])),
    ("free", split([0, 1], [1, True])),
    ("free", {"dataframe_records": [{"a": 1}, {"b": "x"}]}),
    ("free", {"dataframe_records": [{"a": [1, 2], "b": {"c": 1}}]}),
    ("free", {"instances": [[1.0, 2.0], [3.0, 4.0]]}),
    ("free", {"instances": [{"a": 1, "b": [1, 2]}, {"a": 2, "b": [3, 4]}]}),
    ("free", {"inputs": {"a": [1, 2], "b": [[1.5], [2.5]]}}),
    ("free", {"inputs": "word"}),
    ("free", {"inputs": ["a", "b"]}),
    ("free", {"inputs": 3}),
    ("free", "a,b,c\n1,x,2024-01-02\n2.5,,\n"),
    ("free", {"inputs": [1], "params": {"any": 1}}),
    ("free", {"inputs": [1], "instances": [1]}),
    ("free", {}),
    ("configured", split(["a"], [1])),
    ("params", {"inputs": [1]}),
    ("params", {"inputs": [1], "params": {"rate": 1, "times": 4, "word": "y", "list": [7]}}),
    ("params", {"inputs": [1], "params": {"times": 1.5}}),
    ("params", {"inputs": [1], "params": {"times": "4"}}),
    ("params", {"inputs": [1], "params": {"unknown": 1}}),
    ("columns", split(["b", "i", "l", "f", "d", "s"], ROW, ROW)),
    ("columns", split(["s", "d", "f", "l", "i", "b", "more"], ROW[::-1] + [9])),
    ("columns", split(["b", "i", "l", "f", "d", "s"], [True, 1.5, 2, 1.5, 2.5, "x"])),
    ("columns", split(["b", "i", "l", "f", "d", "s"], [True, 1, 2, 1, 2, "x"])),
    ("columns", split(["b", "i", "l", "f", "d", "s"], [True, 1, 2, 1.5, None, None])),
    ("columns", split(["b", "i", "l", "f", "d", "s"], [1, 1, 2, 1.5, 2.5, "x"])),
    ("columns", split(["b", "i", "l", "f", "d", "s"], [True, 2 ** 40, 2, 1.5, 2.5, "x"])),
    ("columns", "b,i,l,f,d,s\nTrue,1,2,1.5,2.5,x\nFalse,3,4,0.1,0.2,y\n"),
    ("columns", {"inputs": {"b": [True], "i": [1], "l": [2], "f": [1.5], "d": [2.5], "s": ["x"]}}),
    ("times", split(["t"], ["2024-01-02T03:04:05"], ["2024-01-02"])),
    ("times", split(["t"], ["2024-01-02T03:04:05.123456Z"])),
    ("times", split(["t"], [1704164645000])),
    ("times", split(["t"], ["no time"])),
    ("times", split(["t"], [None], ["2024-01-02"])),
    ("binary", split(["x"], [B64], ["YWI="])),
    ("binary", {"inputs": {"x": ["YWI="]}}),
    ("optional", split(["a"], [1], [2])),
    ("optional", split(["a", "c"], [1, "x"], [2, None])),
    ("optional", split(["a", "b"], [1, None], [2, 1.5])),
    ("optional", split(["b"], [1.5])),
    ("optional", {"dataframe_records": [{"a": 1, "b": 2.5}, {"a": 2}]}),
    ("unnamed", split(["p", "q"], [1.5, 2.5])),
    ("unnamed", split(None, [1.5, 2.5])),
    ("unnamed", {"inputs": [[1.5, 2.5]]}),
    ("unnamed", {"instances": [[1.5, 2.5]]}),
    ("unnamed", "p,q\n1.5,2.5\n"),
    ("unnamed_text", {"inputs": ["a", "b"]}),
    ("unnamed_text", {"inputs": "a"}),
    ("array", split(["v", "s"], [[1.5, 2.5], "x"], [[], "y"])),
    ("array", split(["v", "s"], [["no"], "x"])),
    ("array", {"inputs": {"v": [1.5], "s": "x"}}),
    ("array_deep", split(["v"], [[[1, 2], [3]]])),
    ("object", split(["o"], [{"name": "n", "tags": ["a"], "age": 3}], [{"name": "m", "tags": []}])),
    ("object", split(["o"], [{"name": 1, "tags": ["a"]}])),
    ("object", {"dataframe_records": [{"o": {"name": "n", "tags": ["a"]}}]}),
    ("map", split(["m"], [{"a": 1, "b": 2}])),
    ("map", split(["m"], [{"a": "no"}])),
    ("tensor", {"inputs": [[1, 2], [3.5, 4]]}),
    ("tensor", {"instances": [[0.1, 2]]}),
    ("tensor", {"inputs": [[1, 2, 3]]}),
    ("tensor", split(["a", "b"], [1, 2])),
    ("tensor_text", {"inputs": ["a", "bc"]}),
    ("tensors", {"inputs": {"n": [1, 2], "m": [[1, 2], [3, 4]]}}),
    ("tensors", {"instances": [{"n": 1, "m": [1.5, 2]}, {"n": 2, "m": [3, 4]}]}),
    ("tensors", {"inputs": {"n": [1, 2]}}),
    ("from_code", split(["a"], [1])),
    ("from_code_signed", split(["a", "b"], [1, 2.5])),
    ("from_code_signed", {"dataframe_records": [{"a": 1}], "params": {"times": 9}}),
    ("from_code_signed", split(["b"], [2.5])),
    ("hinted", {"inputs": [{"word": "ab"}, {"word": "c", "times": 3}]}),
    ("hinted", {"inputs": [{"word": "c", "when": "2024-01-02T03:04:05"}]}),
    ("hinted", {"inputs": [{"times": 3}]}),
    ("words", {"inputs": ["a", "b"]}),
    ("words", {"inputs": [1]}),
    ("chat", {"messages": [{"role": "user", "content": "hi"}], "temperature": 0.5}),
    ("chat", {"messages": [{"role": "user", "content": "hi"}]}),
]


# Where ours differs, and why.
DIFFERENT = [
    (("outputs", "none"), "a model that answers None has not answered"),
    (("outputs", "table_times"), "NaT is null, as any other value that is missing"),
    (("free", "params"), "params that no signature declares: None, not an empty dict"),
    (("columns", 1.5), "a number that integer cannot hold is refused, not cut"),
    (("columns", 2 ** 40), "a number that integer cannot hold is refused, not wrapped"),
    (("columns", "b,i,l"), "text is of the type that pandas gives it in JSON too"),
]


def why_different(name, asked):
    if isinstance(asked, bytes):
        return None
    if isinstance(asked, str):
        key = asked[:5]
    elif "params" in asked:
        key = asked["params"].get("kind", "params")
    else:
        key = asked.get("dataframe_split", {}).get("data", [[None, None]])[0][1:2]
        key = key[0] if key else None
    found = [why for case, why in DIFFERENT if not isinstance(key, (list, dict)) and case == (name, key)]
    return found[0] if found else None


# What --mlflow-compat leaves as it is.
NOT_EVEN_ASKED = {DIFFERENT[0][1], DIFFERENT[2][1]}

# ---- asking ----


def parquet(**columns):
    out = io.BytesIO()
    pandas.DataFrame(columns).to_parquet(out)
    return out.getvalue()


def spell(asked):
    """(bytes, content type, what we call it)"""
    if isinstance(asked, bytes):
        return asked, "application/vnd.apache.parquet", "parquet"
    if isinstance(asked, str):
        return asked.encode(), "text/csv", "csv"
    return json.dumps(asked).encode(), "application/json", "json"


def shown(asked):
    if isinstance(asked, bytes):
        return "Parquet " + repr(pandas.read_parquet(io.BytesIO(asked)).dtypes.to_dict())
    return spell(asked)[0].decode().strip()[:100].replace("\n", " ")


def typed_cases():
    """Tables that come with types, which are enforced as they are."""
    int32, nan = numpy.int32, float("nan")
    table = dict(b=[True, False], i=numpy.array([1, 2], int32), l=[3, 4], f=numpy.array([0.5, 1], numpy.float32),
                 d=[0.5, nan], s=["x", None])
    return [
        ("columns", parquet(**table)),
        ("columns", parquet(**dict(table, l=numpy.array([3, 4], int32), d=numpy.array([3, 4], int32)))),
        ("columns", parquet(**dict(table, d=[0, 1]))),
        ("columns", parquet(**dict(table, d=[0, 2]))),
        ("columns", parquet(**dict(table, i=[1, 2]))),
        ("columns", parquet(**dict(table, l=[1, nan]))),
        ("columns", parquet(**dict(table, s=[1, 2]))),
        ("columns", parquet(**dict(table, f=[0.5, 1]))),
        ("columns", parquet(**dict(table, more=[1, 2]))),
        ("columns", parquet(b=[True])),
        ("optional", parquet(a=[1, 2])),
        ("optional", parquet(a=[1, 2], c=["x", None], b=[nan, 1.5])),
        ("times", parquet(t=pandas.to_datetime(["2024-01-02", None]))),
        ("times", parquet(t=pandas.to_datetime(["2024-01-02T03:04:05Z"]))),
        ("times", parquet(t=[datetime.date(2024, 1, 2), None])),
        ("unnamed", parquet(p=[decimal.Decimal("1.5")], q=[2.5])),
        ("binary", parquet(x=[b"ab", b"c"])),
        ("array", parquet(v=[[1.5, 2.5], []], s=["x", "y"])),
        ("array", parquet(v=[[1, 2]], s=["x"])),
        ("unnamed", parquet(p=[1.5], q=[2.5])),
        ("free", parquet(a=[1, 2], b=["x", None])),
    ]


def mlflow_answer(model, body, kind):
    """The answer as data, or None where it is refused."""
    try:
        got = scoring_server.invocations(body, kind, model, model.metadata.get_input_schema())
        return json.loads(got.response) if got.status == 200 else None
    except Exception:
        return None


def our_answer(program, path, body, suffix, *more):
    ours = subprocess.run(
        [program, "run", "-q", path, "-t", suffix, "--env-manager", "local", "--python",
         sys.executable, *more], input=body, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    answer = json.loads(ours.stdout) if ours.returncode == 0 else None
    if ours.returncode != 0 and ours.stdout:
        answer = ours.stdout.decode()
    return answer, ours.returncode, ours.stderr.decode()


def without_nan(x):
    """Ours writes null where a number is none."""
    if isinstance(x, float) and (x != x or x in (float("inf"), float("-inf"))):
        return None
    if isinstance(x, list):
        return [without_nan(v) for v in x]
    if isinstance(x, dict):
        return {k: without_nan(v) for k, v in x.items()}
    return x


def main(program, home):
    at = make(home)
    only = os.environ.get("DIFFERENTIAL_ONLY", "").split()
    cases = [case for case in CASES + typed_cases() if not only or case[0] in only]
    models = {name: mlflow.pyfunc.load_model(at(name)) for name in sorted({case[0] for case in cases})}
    bad = 0
    print("1..%d" % len(cases))
    for number, (name, asked) in enumerate(cases, 1):
        body, kind, suffix = spell(asked)
        plain = mlflow_answer(models[name], body, kind)
        wanted = without_nan(plain)
        got, status, said = our_answer(program, at(name), body, suffix)
        same = json.dumps(wanted) == json.dumps(got)
        why = why_different(name, asked)
        good = same and status in ((0,) if wanted is not None else (3, 8))
        if why and why not in NOT_EVEN_ASKED:
            wanted = plain
            got, status, said = our_answer(program, at(name), body, suffix, "--mlflow-compat")
            good = json.dumps(wanted) == json.dumps(got)
        fine = good or why in NOT_EVEN_ASKED
        print("%s %d - %s %s" % ("ok" if fine else "not ok", number, name, shown(asked)))
        if why:
            print("# differs on purpose, but for --mlflow-compat: " + why)
        if not good:
            bad += not fine
            print("# mlflow: %s\n# ours:   %s, status %d" % (
                json.dumps(wanted)[:1500], json.dumps(got)[:1500], status))
            print("".join("# " + line + "\n" for line in said.splitlines()[-4:]), end="")
        sys.stdout.flush()
    return 1 if bad else 0


if __name__ == "__main__":
    found = main(sys.argv[1], sys.argv[2])
    sys.stdout.flush()
    os._exit(found)  # threads of what mlflow imports may abort at the interpreter's end
