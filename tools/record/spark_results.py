#!/usr/bin/env python3
# spark_results.py - records what Spark gets of MLflow's spark_udf, for answers of many kinds and every result type
# SPDX-License-Identifier: Apache-2.0
"""Usage: spark_results.py > tests/data/spark_result.tsv   (in an environment with mlflow, pyspark 4.3, pandas; Java)

The function that MLflow hands to pandas_udf is called with one batch of three rows, and what it gives is made Arrow
by the code of Spark's own worker. Columns: the type, how many rows, the model's answer as an expression of Python (np,
pd, datetime, Decimal), "ok" or "error", the values as JSON or the error, and what result.py makes of it: "same",
"refused", which MLflow does too or docs/pyfunc.md says why, or other values, likewise."""
import datetime
import json
import logging
import os
import sys
import tempfile
import warnings
from decimal import Decimal

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import SparkSession, functions
from pyspark.sql.conversion import PandasToArrowConversion
from pyspark.sql.types import StructField, StructType
from pyspark.worker import verify_pandas_result

source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(source, "tests", "cli"))
sys.argv[1:] = [source]
from spark_result import ours  # noqa: E402

TYPES = (
    "int long float double string boolean array<int> array<long> array<float> array<double> array<string> "
    "array<boolean> array<array<double>> array<array<string>> array<struct<a:int,b:string>> map<string,double> "
    "map<string,string>"
).split() + [
    "a int",
    "a long",
    "a double",
    "a string",
    "a boolean",
    "a double, b string",
    "b long, a float",
    "a array<double>",
    "a array<string>, b int",
    "a array<array<long>>",
    "a struct<x:int,y:string>",
    "a map<string,int>",
    "a array<struct<x:long>>",
]
ANSWERS = """
np.array([1, 2, 3])
np.array([1, 2, 3], dtype='int8')
np.array([1, 2, 3], dtype='int16')
np.array([1, 2, 3], dtype='int32')
np.array([1, 2, 3], dtype='uint8')
np.array([1, 2, 3], dtype='uint16')
np.array([1, 2, 3], dtype='uint32')
np.array([1, 2, 3], dtype='uint64')
np.array([1, 2**40, 3])
np.array([1.5, float('nan'), -2.0])
np.array([0.1, 1e300, float('inf')])
np.array([0.1, 2.5, 3.0], dtype='float32')
np.array([0.5, 2.5, 3.0], dtype='float16')
np.array([True, False, True])
np.array(['a', 'é', ''])
np.array([b'a', b'b', b'c'])
np.array(['a', None, 1.5], dtype=object)
np.array([None, None, None])
np.array([[1.5, 2.5], [3.5, 4.5], [5.5, float('nan')]])
np.array([[1, 2], [3, 4], [5, 6]], dtype='int32')
np.array([[1], [3], [5]])
np.array([[True, False], [False, False], [True, True]])
np.arange(12.0).reshape(3, 2, 2)
np.array(['2020-01-01', '2021-02-03', 'NaT'], dtype='datetime64[ns]')
np.array([1+2j, 2, 3])
[1, 2, 3]
[1.5, None, 3]
[1, None, 3]
['a', None, 'c']
[True, False, None]
[[1, 2], [3], []]
[[1.5, 2.5], [3.5, None], None]
[['a', 'b'], ['c'], []]
[[[1.5], [2.5, 3.5]], [], [[]]]
[{'a': 1, 'b': 'x'}, {'a': 2, 'b': 'y'}, {'a': 3, 'b': 'z'}]
[{'a': 1, 'b': 'x'}, {'a': 2}, {'b': 'z'}]
[{'a': 1.5}, {'a': 2.5}, {'a': None}]
[[{'a': 1, 'b': 'x'}], [], [{'a': 2, 'b': 'y'}, {'a': 3, 'b': None}]]
[(1, 'a'), (2, 'b'), (3, 'c')]
[datetime.date(2020, 1, 1), datetime.date(2020, 1, 2), None]
[Decimal('1.5'), Decimal('2'), Decimal('3')]
{'a': np.array([1, 2, 3], dtype='int32'), 'b': np.array([1.5, 2.5, 3.5])}
{'a': [1, 2, 3], 'b': ['x', 'y', 'z']}
{'a': np.arange(6.0).reshape(3, 2), 'b': [1, 2, 3]}
pd.Series([1, 2, 3], dtype='int32', name='a')
pd.Series([1.5, None, 3.5])
pd.Series(['a', 'b', None])
pd.Series([1, None, 3], dtype='Int64')
pd.Series([1, 2, 3], dtype='Int32')
pd.Series([1.5, None, 3], dtype='Float64')
pd.Series([True, None, False], dtype='boolean')
pd.Series(['a', None, 'c'], dtype='string')
pd.Series(['x', 'y', 'x'], dtype='category')
pd.Series([[1, 2], [3], []])
pd.Series([np.array([1.0, 2.0]), None, np.array([3.0])])
pd.DataFrame({'a': [1, 2, 3], 'b': [1.5, 2.5, 3.5]})
pd.DataFrame({'s': ['x', 'y', 'z'], 'a': [1.5, 2.5, None], 'b': [1, 2, 3]})
pd.DataFrame({'b': pd.Series([1, 2, 3], dtype='uint32'), 'a': pd.Series([4, 5, 6], dtype='int32')})
pd.DataFrame({'b': [2**40, 2, 3], 'a': pd.Series([4, 5, 6], dtype='int16')})
pd.DataFrame({'a': [None, None, None], 'b': ['x', None, 'z']})
pd.DataFrame({'a': ['1', '2', '3'], 'b': [True, False, True]})
pd.DataFrame({'a': [1.7, -1.7, 0.0], 'b': [0, 1, 2]})
pd.DataFrame({'a': [np.array([1.0, np.nan]), None, np.array([])], 'b': [1, 2, 3]})
pd.DataFrame({'a': [['x', None], ['y'], []], 'b': [1, 2, 3]})
pd.DataFrame({'a': [[[1, 2], [3]], [[4]], []]})
pd.DataFrame({'a': [{'x': 1, 'y': 'p'}, {'x': 2, 'y': None}, {'x': None, 'y': 'q'}]})
pd.DataFrame({'a': [{'k': 1, 'l': None}, {}, {'m': 3}]})
pd.DataFrame({'a': [[{'x': 1}], [], [{'x': 2}, {'x': 3}]]})
pd.DataFrame({'a': [2**40, 1, 2], 'b': [1e300, 1, 2]})
pd.DataFrame(np.arange(6).reshape(3, 2))
pd.DataFrame(np.arange(6.0).reshape(3, 2), columns=['a', 'a'])
pd.DataFrame(index=[0, 1, 2])
[1, 2]
np.array([1.5, 2.5, 3.5, 4.5])
7
'text'
None
""".strip().splitlines()


class Model:
    def predict(self, data, params=None):
        return eval(data.iloc[0, 0], globals())


def plain(value, kind):
    """Arrow's values as JSON has them: a map is a list of pairs there."""
    if value is None:
        return None
    if pa.types.is_map(kind):
        return {key: plain(part, kind.item_type) for key, part in value}
    if pa.types.is_list(kind):
        return [plain(part, kind.value_type) for part in value]
    if pa.types.is_struct(kind):
        return {field.name: plain(value[field.name], field.type) for field in kind}
    return value


def escaped(text):
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def collected(function, kind, batch):
    """What Spark's worker would hand to the JVM (pyspark/worker.py, SQL_SCALAR_PANDAS_ITER_UDF)."""
    (result,) = list(function(iter([batch])))
    verify_pandas_result(result, kind, assign_cols_by_name=True, truncate_return_schema=True)
    schema = StructType([StructField("_0", kind)])
    made = PandasToArrowConversion.convert(
        [result], schema, timezone="UTC", safecheck=False, arrow_cast=True, assign_cols_by_name=True
    )
    if made.num_rows != len(batch):
        raise ValueError("%d rows for %d" % (made.num_rows, len(batch)))
    column = made.column(0)
    return json.dumps([plain(value, column.type) for value in column.to_pylist()], ensure_ascii=False)


def main():
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    path = os.path.join(tempfile.mkdtemp(), "model")
    mlflow.pyfunc.save_model(path, python_model=lambda x: x, pip_requirements=["mlflow"])
    mlflow.pyfunc.load_model = lambda *args, **kwargs: Model()
    kept = []
    functions.pandas_udf = lambda kind: lambda function: kept.append((function, kind)) or function
    names = ("mlflow", "pyspark", "pandas", "numpy", "pyarrow")
    print("type\trows\tanswer\toutcome\tvalue\tours")
    print(" ".join("%s %s" % (name, __import__(name).__version__) for name in names), file=sys.stderr)
    for kind in TYPES:
        mlflow.pyfunc.spark_udf(spark, path, result_type=kind, env_manager="local")
        for answer in ANSWERS:
            try:
                outcome = "ok", collected(kept[-1][0], kept[-1][1], pd.DataFrame({"e": [answer] * 3}))
            except Exception as e:
                outcome = "error", ("%s: %s" % (type(e).__name__, str(e))).splitlines()[0][:80]
            mine = ours(kind, 3, answer)
            other = "same" if mine == outcome else "refused" if mine[0] == "error" else mine[1]
            print("\t".join(map(escaped, (kind, "3", answer) + outcome + (other,))))


main()
