#!/usr/bin/env python3
# spark.py - spark_udf and transform in a real Spark, against MLflow's own spark_udf where that has an answer
# SPDX-License-Identifier: Apache-2.0
"""Usage: spark.py FOLDER PART...  with an interpreter that has pyspark, pyarrow, pandas and mlflow, PYTHONPATH for
pyfunc_env, and SPARK_TEST_MASTER. Parts: types, inputs, face, life, unkept, connect, cluster. Prints a line of TAP for each case."""
import contextlib
import datetime
import glob
import json
import logging
import os
import sys
import textwrap
import threading
import time
import traceback
import warnings
from decimal import Decimal
from pathlib import Path

warnings.simplefilter("ignore")
import pyfunc_env  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402
from pyspark.sql import functions as F  # noqa: E402

folder, parts = Path(sys.argv[1]), sys.argv[2:]
master = os.environ["SPARK_TEST_MASTER"]
number = 0
PATIENCE = 120  # seconds until something that has to happen is given up
# Where the environments' packages are those of a day: no release of today changes an answer.
OPTIONS = {"as_of": "2026-11-20", "python": os.environ["SPARK_TEST_PYTHON"]}


def case(name):
    """A function that fails an assertion, or has come out well."""

    def run(function):
        global number
        number += 1
        try:
            function()
            print("ok", number, "-", name, flush=True)
        except Exception:
            print("# " + traceback.format_exc().replace("\n", "\n# "))
            print("not ok", number, "-", name, flush=True)
        return function

    return run


LOADER = """
import datetime
import os
import sys
import time
from decimal import Decimal

import numpy as np
import pandas as pd


class Model:
    def __init__(self, text):
        self.text = text

    def predict(self, data, params=None):
        scope = dict(globals(), data=data, n=len(data), params=params)
        return eval(self.text or data.iloc[0, 0], scope)


def _load_pyfunc(path):
    with open(path) as file:
        return Model(file.read())
"""


def model(name, text="", **signature):
    """A model that answers with this expression of Python's, else with the one in its first column."""
    made = folder / name
    (made / "code").mkdir(parents=True)
    (made / "code" / "spark_case_loader.py").write_text(LOADER)
    (made / "expression").write_text(text)
    (made / "requirements.txt").write_text("numpy\npandas<3\n")
    version = ".".join(map(str, sys.version_info[:3]))
    (made / "python_env.yaml").write_text(f"python: {version}\ndependencies: [-r requirements.txt]\n")
    lines = """\
        flavors:
          python_function:
            loader_module: spark_case_loader
            code: code
            data: expression
            env: {virtualenv: python_env.yaml}
            python_version: VERSION
        utc_time_created: '2026-11-20 10:00:00.000000'
        """
    told = textwrap.dedent(lines).replace("VERSION", version)
    if signature:
        told += "signature:\n"
        for part in ("inputs", "outputs", "params"):
            told += f"  {part}: {json.dumps(json.dumps(signature[part]) if part in signature else None)}\n"
    (made / "MLmodel").write_text(told)
    return str(made)


def session(**settings):
    builder = SparkSession.builder.master(master)
    config = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        "spark.executor.memory": "512m",
        "spark.python.authenticate.socketTimeout": "120s",
        **settings,
    }
    for key, value in config.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def ours(spark, uri, kind=None, env_manager="auto", **more):
    more = {**(OPTIONS if env_manager != "local" else {}), **more}
    return pyfunc_env.spark_udf(spark, uri, kind, env_manager=env_manager, **more)


def theirs(spark, uri, kind=None, **more):
    import mlflow.pyfunc

    return mlflow.pyfunc.spark_udf(spark, uri, result_type=kind, env_manager="local", **more)


def column(frame, made):
    return [row[0] for row in frame.select(made.alias("p")).collect()]


def text_of(error):
    return str(getattr(error, "message", error))


def refusal(call):
    try:
        call()
    except Exception as error:
        return text_of(error)
    raise AssertionError("it was not refused")


def eventually(what):
    """Waits until a condition holds."""
    until = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.1)


def gone(pid):
    return not os.path.exists(f"/proc/{pid}")


def runners(marks):
    return [int(Path(path).read_text()) for path in glob.glob(str(marks / "*"))]


# A model's process leaves its number in a folder.
def marking(marks):
    return f"open('{marks}/' + str(os.getpid()), 'w').write(str(os.getpid()))"


# ---- result types ----

# One answer each: tests/data/spark_result.tsv has the others.
ANSWERS = {
    "int": "np.arange(n, dtype='int32')",
    "long": "pd.DataFrame({'s': ['x'] * n, 'i': range(n)})",
    "float": "np.arange(n) / 8",
    "double": "np.where(np.arange(n) % 2, np.nan, 0.5)",
    "string": "['é%d' % i if i else None for i in range(n)]",
    "boolean": "np.arange(n) % 2 == 0",
    "array<int>": "np.arange(2 * n, dtype='int32').reshape(n, 2)",
    "array<string>": "[['a', 'b']] * n",
    "array<array<double>>": "np.arange(4.0 * n).reshape(n, 2, 2).tolist()",
    "map<string,double>": "pd.DataFrame({'m': [{'k': 1.5}] * n})",
    "i int, l long, f float, d double, s string, b boolean": (
        "pd.DataFrame({'b': [True] * n, 's': ['x'] * n, 'd': [0.5, None] + [1.5] * (n - 2), 'f': [1] * n,"
        " 'l': range(n), 'i': range(n)})"
    ),
    "v array<double>, w array<array<long>>, t struct<x:int,y:string>, m map<string,int>, o array<struct<x:long>>": (
        "pd.DataFrame({'v': [[0.5]] * n, 'w': [[[1], [2, 3]]] * n, 't': [{'x': 1, 'y': 'z'}] * n,"
        " 'm': [{'k': 1, 'l': 2}] * n, 'o': [[{'x': 1}, {'x': 2}]] * n})"
    ),
}
OF_PANDAS = ("string", "double", "array<array<double>>", "map<string,double>")


def part_types(spark):
    uri = model("types")
    frame = spark.range(0, 9, 1, 1)

    def asks(udf, answer):
        return list(map(repr, column(frame, udf(F.lit(answer)))))

    for kind, answer in ANSWERS.items():

        @case(f"{kind}: what MLflow has of it")
        def _():
            wanted = asks(theirs(spark, uri, kind), answer)
            assert asks(ours(spark, uri, kind), answer) == wanted
            if kind in OF_PANDAS or "," in kind:
                assert asks(ours(spark, uri, kind, arrow=False), answer) == wanted
                assert asks(ours(spark, uri, kind, "local"), answer) == wanted

    @case("int of integers that fit, whatever type they have")
    def _():
        udf = ours(spark, uri, "int")
        assert column(frame, udf(F.lit("np.arange(n)"))) == list(range(9))
        said = refusal(lambda: column(frame, udf(F.lit("np.arange(n) + 2**40"))))
        assert "1099511627784, which is no int32" in said, said

    @case("arrays of several lengths, and none")
    def _():
        answer = F.lit("([['a'], None, [], ['b', None]] * n)[:n]")
        assert column(frame, ours(spark, uri, "array<string>")(answer))[:4] == [["a"], None, [], ["b", "None"]]
        answer = F.lit("([[1, None], None, [], [2]] * n)[:n]")
        assert column(frame, ours(spark, uri, "array<int>")(answer))[:4] == [[1, None], None, [], [2]]

    @case("a map for each row")
    def _():
        udf = ours(spark, uri, "map<string,string>")
        assert column(frame, udf(F.lit("[{'i': i} for i in range(n)]")))[0] == {"i": "0"}

    @case("no value of the type")
    def _():
        said = refusal(lambda: column(frame, ours(spark, uri, "double")(F.lit("['a'] * n"))))
        assert "did not produce any values compatible with the requested type 'DoubleType()'" in said, said

    @case("an answer of another length")
    def _():
        said = refusal(lambda: column(frame, ours(spark, uri, "double")(F.lit("[1.5]"))))
        assert "the model answered 1 rows for" in said, said

    @case("types that there are not, in MLflow's words")
    def _():
        for kind in ("short", "date", "array<binary>", "map<int,string>", "a decimal(3,1)"):
            wanted = refusal(lambda: theirs(spark, uri, kind))
            assert refusal(lambda: ours(spark, uri, kind)) == wanted
        assert column(frame, ours(spark, uri, "bool")(F.lit("[True] * n"))) == [True] * 9


# ---- what the model is given ----

DOUBLES = [{"name": name, "type": "double"} for name in "abc"]


def part_inputs(spark):
    seen = "[repr([[str(k), str(data[k].dtype)] for k in data.columns]) + repr(data.iloc[0].tolist())] * n"
    plain = model("plain", seen)
    when = datetime.datetime(2020, 2, 3, 4, 5, 6, 789)
    rows = [
        (1, 2, 1.5, True, "é", b"b", when, datetime.date(2020, 2, 3), Decimal("1.50"), [1, 2], {"k": 1.5}),
        (None,) * 11,
    ]
    kinds = "i int, l long, d double, b boolean, s string, y binary, t timestamp, a date, c decimal(5,2), v array<int>, m map<string,double>"
    frame = spark.createDataFrame(rows, kinds).coalesce(1)
    first = spark.createDataFrame(rows[:1], kinds).coalesce(1)

    @case("columns of every type, with nulls and without: what pandas has of them")
    def _():
        names = [name for name in frame.columns if name != "m"]
        # Integers with nulls in a struct are Int64 in Spark 4.3's pandas and float64 everywhere else.
        for source, arguments in ((frame, names), (first, [F.struct(*names)])):
            wanted = column(source, theirs(spark, plain, "string")(*arguments))
            for more in ({}, {"arrow": False}):
                got = column(source, ours(spark, plain, "string", **more)(*arguments))
                assert got == wanted, (got, wanted)

    @case("a map and a struct among several columns are dicts")
    def _():
        udf = ours(spark, plain, "string")
        got = column(first, udf("m", F.struct("i", "s")))[0]
        assert "{'k': 1.5}" in got and "{'i': 1, 's': 'é'}" in got, got

    @case("values within arrays, structs and maps: what Spark's own pandas has of them, in any zone")
    def _():
        cells = "[repr([data[k].tolist()[0] for k in data.columns]) + str(list(data.dtypes))] * n"
        uri = model("cells", cells)
        moment = "timestamp'2020-02-03 04:05:06'"
        kinds = [
            f"array({moment})", f"struct({moment} as t)", f"map('k', {moment})", f"array(struct({moment} as t))",
            "array(date'2020-01-02')", "array(array(1), array())", "array(map('k', 1))", "map('k', map('l', 1))",
            "map('k', array(1, 2))", "struct(map('k', 1) as m, array(1) as a, struct(1 as q) as s)", moment,
        ]  # fmt: skip
        spans = ["interval '1' day", "array(1, null)"]  # of which no two releases of Spark agree
        try:
            for zone in ("UTC", "Asia/Kolkata"):
                spark.conf.set("spark.sql.session.timeZone", zone)
                columns = [f"{kind} as c{at}" for at, kind in enumerate([*kinds, *spans])]
                row = spark.sql("select " + ", ".join(columns)).coalesce(1)
                for arguments in (row.columns, [F.struct(*row.columns)]):
                    wanted = column(row, theirs(spark, uri, "string")(*arguments))
                    for more in ({}, {"arrow": False}, {"env_manager": "local"}):
                        got = column(row, ours(spark, uri, "string", **more)(*arguments))
                        assert got == wanted, (zone, more, got, wanted)
        finally:
            spark.conf.set("spark.sql.session.timeZone", "UTC")

    @case("names by position, from a struct, from the signature")
    def _():
        named = model("named", seen, inputs=DOUBLES)
        numbers = spark.range(0, 4, 1, 1).select(*[F.lit(1.5 + at).alias(n) for at, n in enumerate("abcz")])
        for uri, arguments in (
            (plain, ["a", "b"]),
            (plain, [F.struct("b", "a")]),
            (named, ["a", "b", "c"]),
            (named, ["z", "b", "a", "c"]),
            (named, [F.struct("c", "b", "a", "z")]),
            (named, []),
        ):
            wanted = column(numbers, theirs(spark, uri, "string")(*arguments))
            assert column(numbers, ours(spark, uri, "string")(*arguments)) == wanted
        few = [lambda of=of: column(numbers, of(spark, named, "string")("a", "b")) for of in (ours, theirs)]
        for said in map(refusal, few):
            assert "Expected 3 required input columns ['a', 'b', 'c'], but the model received only 2" in said, said
        said = refusal(lambda: column(numbers, ours(spark, named, "string")(F.struct("a"))))
        assert "'b'" in said and "'c'" in said, said

    @case("columns that may be missing")
    def _():
        optional = [*DOUBLES[:2], {"name": "o", "type": "long", "required": False}]
        uri = model("optional", "[','.join(data.columns)] * n", inputs=optional)
        numbers = spark.range(0, 4, 1, 1).select(F.lit(1.5).alias("a"), F.lit(2.5).alias("b"))
        udf = ours(spark, uri, "string")
        assert column(numbers, udf(F.struct("a", "b")))[0] == "a,b"
        assert column(numbers, udf("a", "b"))[0] == "a,b"
        assert refusal(udf) == refusal(theirs(spark, uri, "string"))

    @case("no columns at all, where there are no names")
    def _():
        assert refusal(ours(spark, plain, "string")) == refusal(theirs(spark, plain, "string"))
        unnamed = model("unnamed", seen, inputs=[{"type": "double"}, {"type": "double"}])
        assert "Cannot apply udf because no column names specified." in refusal(ours(spark, unnamed, "string"))

    @case("parameters are judged where the UDF is defined")
    def _():
        declared = [{"name": "x", "type": "long", "default": 5, "shape": None}]
        uri = model("params", "[repr(params)] * n", inputs=DOUBLES, params=declared)
        numbers = spark.range(0, 2, 1, 1).select(*[F.lit(1.5).alias(n) for n in "abc"])
        for params in (None, {"x": 7}, {"x": 8, "y": 1}):
            wanted = column(numbers, theirs(spark, uri, "string", params=params)())
            assert column(numbers, ours(spark, uri, "string", params=params)()) == wanted
        assert "x" in refusal(lambda: ours(spark, uri, "string", params={"x": "text"}))

    @case("empty partitions")
    def _():
        empty = spark.range(0, 3, 1, 8).filter("id = 1")
        assert column(empty, ours(spark, model("empty", "[n] * n"), "long")("id")) == [1]


# ---- the rest of the face ----


def part_face(spark):
    frame = spark.range(0, 10, 1, 2)

    @case("the type of a signature: a column, several, a tensor, none")
    def _():
        for outputs, answer in (
            ([{"type": "long"}], "list(range(n))"),
            ([{"type": "string", "name": "s"}, {"type": "double", "name": "d"}], "pd.DataFrame({'d': [1.5] * n, 's': ['x'] * n})"),
            ([{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}], "np.arange(n)"),
            ([{"type": "array", "items": {"type": "double"}, "name": "v"}], "[[1.5, 2.5]] * n"),
            (None, "[1.5] * n"),
        ):
            uri = model(f"outputs{number}{len(answer)}", answer, **({"outputs": outputs} if outputs else {}))
            wanted = frame.select(theirs(spark, uri)("id").alias("p"))
            got = frame.select(ours(spark, uri)("id").alias("p"))
            assert got.schema == wanted.schema, got.schema
            if "array" not in str(outputs):  # of which MLflow makes an error
                assert got.collect() == wanted.collect()
        tensor = [{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]
        uri = model("matrix", "np.ones((n, 2), 'float32')", outputs=tensor)
        assert column(frame, ours(spark, uri)("id")) == [[1.0, 1.0]] * 10

    @case("a table of Spark's as the input of a model here: its own, by its first rows, without other columns")
    def _():
        import mlflow.pyfunc

        table = spark.sql("select id, cast(id as int) i, array(cast(id as int)) a, named_struct('k', id, 't', 'x') b from range(30)")
        nested = [{"type": "array", "items": {"type": "integer"}, "name": "a", "required": True},
                  {"type": "object", "properties": {"k": {"type": "long", "required": True}, "t": {"type": "string", "required": True}},
                   "name": "b", "required": True}]  # fmt: skip
        for at, (inputs, wanted) in enumerate([
            (None, ["id", "i", "a", "b"]), ([{"type": "long", "name": "id"}], ["id"]), ([{"type": "integer", "name": "i"}], ["i"]),
            (nested, ["a", "b"]), ([{"type": "long"}], ["id"]),
            ([{"type": "string", "name": "id"}], None), ([{"type": "integer", "name": "id"}], None), ([{"type": "long", "name": "q"}], None),
            ([{"type": "array", "items": {"type": "string"}, "name": "a"}], None),
        ]):
            uri = model(f"whole{at}", "(data.columns, data.count()) if n is None else n", **({"inputs": inputs} if inputs else {}))
            loader = Path(uri) / "code" / "spark_case_loader.py"
            loader.write_text(LOADER.replace("n=len(data)", "n=None"))
            answers = []
            for load_model in (mlflow.pyfunc.load_model, pyfunc_env.load_model):
                sys.modules.pop("spark_case_loader", None)
                try:
                    answers.append(load_model(uri, suppress_warnings=True).predict(table))
                except Exception as error:
                    answers.append(type(error).__name__)
            if wanted is None:
                assert answers == ["MlflowException", "InputError"], (inputs, answers)
            else:
                assert answers == [(wanted, 30)] * 2, (inputs, answers)

    @case("binary and datetime of a signature: Spark's binary and timestamp, in the session's zone")
    def _():
        try:
            spark.conf.set("spark.sql.session.timeZone", "Europe/Berlin")
            for at, (kind, answer) in enumerate(
                (
                    ({"type": "binary"}, "[b'a', None] + ['\u00e9'] * (n - 2)"),
                    ({"type": "datetime"}, "pd.Series(pd.date_range('2020-01-01', periods=n, freq='h')).shift(1)"),
                    ({"type": "datetime"}, "pd.date_range('2020-07-01', periods=n, tz='Asia/Tokyo')"),
                    ({"type": "datetime"}, "[datetime.datetime(2020, 1, 2, 3)] * n"),
                    ({"type": "array", "items": {"type": "binary"}}, "[[b'a', None]] * n"),
                    ({"type": "array", "items": {"type": "datetime"}}, "[[pd.Timestamp('2020-01-01')]] * n"),
                    ({"type": "map", "values": {"type": "datetime"}}, "pd.DataFrame({'m': [{'k': pd.Timestamp('2020-01-01')}] * n})"),
                )
            ):
                uri = model(f"times{at}", answer, outputs=[kind])
                wanted = frame.select(theirs(spark, uri)("id").alias("p"))
                for more in ({}, {"arrow": False}, {"env_manager": "local"}):
                    got = frame.select(ours(spark, uri, **more)("id").alias("p"))
                    assert got.schema == wanted.schema and got.collect() == wanted.collect(), (kind, more, got.collect())
            both = [{"type": "datetime", "name": "t"}, {"type": "binary", "name": "b"}]
            uri = model("times_struct", "pd.DataFrame({'b': [b'x'] * n, 't': [datetime.date(2020, 1, 2)] * n})", outputs=both)
            row = column(frame.limit(1), ours(spark, uri)("id").t.cast("string"))
            assert row == ["2020-01-02 00:00:00"], row
            uri = model("times_wrong", "[5] * n", outputs=[{"type": "datetime"}])
            assert "int64 where a timestamp is asked for" in refusal(lambda: column(frame, ours(spark, uri)("id")))
        finally:
            spark.conf.set("spark.sql.session.timeZone", "UTC")

    @case("transform: the answer beside the frame's columns, or alone")
    def _():
        uri = model("transform", "data['id'] * 2")
        got = pyfunc_env.transform(frame, uri, result_type="long", **OPTIONS)
        assert got.columns == ["id", "prediction"]
        assert [tuple(row) for row in got.collect()] == [(i, 2 * i) for i in range(10)]
        alone = pyfunc_env.transform(frame, uri, ["id"], "p", "long", keep=False, **OPTIONS)
        assert [tuple(row) for row in alone.collect()] == [(2 * i,) for i in range(10)]
        assert "no columns ['x']" in refusal(lambda: pyfunc_env.transform(frame, uri, ["x"], **OPTIONS))
        named = model("transform_names", "[','.join(data.columns)] * n")
        odd = spark.createDataFrame([(1, 2, 3, 4)], ["a.b", "c`d", "e", "e"])
        for keep in (True, False):
            got = pyfunc_env.transform(odd, named, ["c`d", "a.b"], "p", "string", keep=keep, **OPTIONS)
            assert got.columns == (["a.b", "c`d", "e", "e"] if keep else []) + ["p"], got.columns
            assert tuple(got.collect()[0]) == ((1, 2, 3, 4) if keep else ()) + ("c`d,a.b",)
        assert "same name: ['e']" in refusal(lambda: pyfunc_env.transform(odd, named, **OPTIONS))

    @case("the model's own environment: nothing of Spark's Python in it")
    def _():
        names = ["PYTHONPATH", "PYTHONHOME", "PYSPARK_PYTHON", "SPARK_HOME", "OMP_NUM_THREADS", "ADDED"]
        told = "[repr((sys.prefix, 'pyspark' in sys.modules, [os.environ.get(k) for k in %r]))] * n" % names
        uri = model("inside", told)
        prefix, loaded, values = eval(column(frame, ours(spark, uri, "string", extra_env={"ADDED": 1})("id"))[0])
        assert prefix != sys.prefix and os.environ["PYFUNC_ENV_STORE"] in prefix, prefix
        assert not loaded and values == [None, None, None, None, "1", "1"], values

    @case("one process of the model for each of Spark's, kept for the tasks to come")
    def _():
        uri = model("kept", "[os.getpid()] * n")
        udf = ours(spark, uri, "long")
        seen = {pid for _ in range(4) for pid in column(frame, udf("id"))}
        assert 1 <= len(seen) <= 2, seen

    @case("an exception of the model's, with its traceback, and the process goes on")
    def _():
        uri = model("raises", "1 // (n > 1) and [os.getpid()] * n")
        udf = ours(spark, uri, "long")
        one = spark.range(0, 5, 1, 1)
        before = column(one, udf("id"))
        said = refusal(lambda: column(spark.range(0, 1, 1, 1), udf("id")))
        assert "ZeroDivisionError" in said and "spark_case_loader.py" in said, said
        assert set(column(one, udf("id"))) <= {*before, *column(frame, udf("id"))}

    @case("a model that cannot be loaded, or is not there")
    def _():
        uri = model("broken")
        Path(uri, "code", "spark_case_loader.py").write_text("import none_of_this\n")
        said = refusal(lambda: column(frame, ours(spark, uri, "long")("id")))
        assert "none_of_this" in said, said
        assert "none" in refusal(lambda: ours(spark, str(folder / "none"), "long"))


# ---- lives and deaths ----


def part_life(spark):
    marks = folder / "marks"
    marks.mkdir(parents=True)

    def once(name):
        """An expression that is true the first time it is asked, in whatever process."""
        return f"(not os.path.exists('{folder}/{name}') and open('{folder}/{name}', 'w') is not None)"

    @case("a runner that is killed in the middle of a task: another one, and no row lost")
    def _():
        uri = model("killed", f"os.kill(os.getpid(), 9) if {once('killed.mark')} else list(data['id'])")
        frame = spark.range(0, 5000, 1, 4)
        spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "500")
        got = column(frame, ours(spark, uri, "long")(F.struct("id")))
        spark.conf.unset("spark.sql.execution.arrow.maxRecordsPerBatch")
        assert sorted(got) == list(range(5000)), len(got)
        assert (folder / "killed.mark").exists()

    @case("one that ends by itself every time: its status, and the end of what it wrote")
    def _():
        uri = model("ends", "(os.write(2, b'the last words\\n'), time.sleep(0.2), os._exit(3))")
        said = refusal(lambda: column(spark.range(0, 2, 1, 1), ours(spark, uri, "long")("id")))
        assert "status 3" in said and "the last words" in said, said

    @case("one that is too slow is ended")
    def _():
        uri = model("slow", "time.sleep(600)")
        udf = ours(spark, uri, "long", timeouts=pyfunc_env.Timeouts(predict=0.5))
        said = refusal(lambda: column(spark.range(0, 2, 1, 1), udf("id")))
        assert "within 0.5 s" in said, said

    @case("a job that is cancelled leaves no process")
    def _():
        uri = model("cancelled", f"({marking(marks)}, time.sleep(600))")
        udf = ours(spark, uri, "long")
        failed = []

        def job():
            spark.sparkContext.setJobGroup("slow", "slow", interruptOnCancel=True)
            try:
                column(spark.range(0, 2, 1, 2), udf("id"))
            except Exception as error:
                failed.append(error)

        thread = threading.Thread(target=job)
        thread.start()
        eventually(lambda: len(runners(marks)) == 2)
        spark.sparkContext.cancelJobGroup("slow")
        thread.join(PATIENCE)
        assert failed and not thread.is_alive()
        eventually(lambda: all(map(gone, runners(marks))))

    @case("what Spark's Python has with a model is out of its collector's sight")
    def _():
        def frozen(batches):
            import gc

            import pandas

            for _ in batches:
                yield pandas.DataFrame({"n": [gc.get_freeze_count()]})

        uri = model("frozen", "list(data['id'])")
        assert sorted(column(spark.range(0, 20, 1, 2), ours(spark, uri, "long")(F.struct("id")))) == list(range(20))
        told = spark.range(0, 32, 1, 32).mapInPandas(frozen, "n long").collect()
        assert max(row.n for row in told) > 10000, told

    @case("spark.stop leaves no process")
    def _():
        uri = model("stopped", f"({marking(marks)} and list(data['id']))")
        assert sorted(column(spark.range(0, 20, 1, 2), ours(spark, uri, "long")(F.struct("id")))) == list(range(20))
        assert not all(map(gone, runners(marks)))
        spark.stop()
        eventually(lambda: all(map(gone, runners(marks))))


def part_unkept():
    """Spark's Python is not used again: a process of the model for each task, and none is left."""
    marks = folder / "unkept_marks"
    marks.mkdir(parents=True)
    with contextlib.closing(Stopping(session(**{"spark.python.worker.reuse": "false"}))) as held:

        @case("without spark.python.worker.reuse")
        def _():
            uri = model("unkept", f"({marking(marks)} and list(data['id']))")
            udf = ours(held.spark, uri, "long")
            for _ in range(2):
                assert sorted(column(held.spark.range(0, 20, 1, 2), udf(F.struct("id")))) == list(range(20))
            eventually(lambda: len(runners(marks)) == 4 and all(map(gone, runners(marks))))


def part_connect():
    """A client of Spark Connect: no context, SparkFiles by the session's artifacts."""
    try:
        import grpc_status  # noqa: F401
    except ImportError:
        print("# there is no grpcio-status: Spark Connect is passed over", flush=True)
        return
    spark = SparkSession.builder.remote(master).getOrCreate()
    marks = folder / "connect_marks"
    marks.mkdir(parents=True)
    frame = spark.range(0, 20, 1, 2)

    @case("the model from SparkFiles, in its own environment")
    def _():
        assert not hasattr(spark, "_jsc")
        uri = model("connect", f"({marking(marks)} and data['id'] + (0 if sys.prefix == {sys.prefix!r} else 100))")
        for more in ({}, {"arrow": False}, {"ship": "path"}, {"ship": "uri"}):
            assert sorted(column(frame, ours(spark, uri, "long", **more)(F.struct("id")))) == list(range(100, 120)), more
        assert sorted(column(frame, ours(spark, uri, "long", "local")(F.struct("id")))) == list(range(20))
        got = pyfunc_env.transform(frame, uri, result_type="long", **OPTIONS)
        assert sorted(row.prediction for row in got.collect()) == list(range(100, 120))

    @case("an exception of the model's, with its traceback")
    def _():
        said = refusal(lambda: column(frame, ours(spark, model("connect_raises", "1 // 0"), "long")("id")))
        assert "ZeroDivisionError" in said and "spark_case_loader.py" in said, said

    @case("no process is left")
    def _():
        spark.stop()
        eventually(lambda: all(map(gone, runners(marks))))


class Stopping:
    def __init__(self, spark):
        self.spark = spark

    def close(self):
        self.spark.stop()


# ---- executors of their own ----


def part_cluster(spark):
    """Two executors, which have the model from SparkFiles unless the master is local."""
    store = Path(os.environ["PYFUNC_ENV_STORE"])

    @case("two executors that want an environment at once make it once")
    def _():
        # Each task waits for the other: both executors are asked at the same time.
        name = f"cluster{os.getpid()}"
        marks = folder / name
        marks.mkdir(parents=True)
        both = f"[time.sleep(0.05) for _ in range(1200) if len(os.listdir('{marks}')) < 2]"
        uri = model(name + "m", f"({marking(marks)}, {both}, [os.getpid()] * n)[2]")
        eventually(lambda: len(spark.sparkContext._jsc.sc().statusTracker().getExecutorInfos()) == 3)
        pids = column(spark.range(0, 8, 1, 2), ours(spark, uri, "long")("id"))
        assert len(set(pids)) == 2, pids
        assert len([path for path in (store / "envs").iterdir() if path.is_dir()]) == 1
        assert not [path for path in store.glob("tmp/*") if path.is_dir() and list(path.iterdir())]

    @case("a model is unpacked once on a host")
    def _():
        models = [path for path in store.glob("models/*") if path.is_dir()]
        assert len(models) == (0 if master.startswith("local") else 1), models

    @case("local: the executors' own Python")
    def _():
        uri = model(f"here{os.getpid()}", "[sys.prefix] * n")
        assert set(column(spark.range(0, 8, 1, 2), ours(spark, uri, "string", "local")("id"))) == {sys.prefix}

    @case("a killed runner, transform, and none left at the end")
    def _():
        marks = folder / f"last{os.getpid()}"
        mark = folder / f"once{os.getpid()}"
        marks.mkdir(parents=True)
        once = f"(not os.path.exists('{mark}') and open('{mark}', 'w') is not None)"
        text = f"os.kill(os.getpid(), 9) if {once} else ({marking(marks)} and data['id'] + 1)"
        uri = model(f"lastm{os.getpid()}", text)
        got = pyfunc_env.transform(spark.range(0, 1000, 1, 4), uri, result_type="long", **OPTIONS)
        assert sorted(row.prediction for row in got.collect()) == list(range(1, 1001))
        spark.stop()
        eventually(lambda: all(map(gone, runners(marks))))


def main():
    logging.disable(logging.WARNING)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    for part in parts:
        if part in ("unkept", "connect"):
            globals()["part_" + part]()
            continue
        spark = session()
        try:
            globals()["part_" + part](spark)
        finally:
            spark.stop()
    print(f"1..{number}", flush=True)


main()
