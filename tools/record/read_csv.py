#!/usr/bin/env python3
# read_csv.py - records what pandas.read_csv makes of CSV files
# SPDX-License-Identifier: Apache-2.0
"""Usage: read_csv.py > tests/data/csv.tsv   (recorded with pandas 3.1.1, mlflow 3.17.2)

Columns: the signature's inputs (JSON, or \\N: read_csv without dtypes), the text, the table in the
spelling of values.py, or "error", and what we do instead: "same", "refuse", "accept", or the
name of a difference in docs/mlflow.md."""
import io
import json
import logging
import random
import warnings

import pandas as pd
from mlflow.models.utils import _enforce_schema
from mlflow.types.schema import Schema

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

from refused import decoded
from values import SCALARS, column, escape, show

FIELDS = """1 -1 +1 007 0 1.5 -0.0 .5 5. 1e5 1E-5 1e400 -1e400 1e-400 4.9e-324 0.1 123456789.123456789 9007199254740993
9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809 18446744073709551615 18446744073709551616
99999999999999999999999 0x10 1_000 1e 1e+ - + . e5 -.5 inf -inf Inf INF infinity -Infinity +inf nan NaN -nan -NaN NA N/A n/a <NA> null NULL None none
#N/A #NA #N/A_N/A 1.#IND -1.#QNAN True true TRUE False FALSE false tRUE yes abc "abc" "a,b" "a""b" "" "1" "NA" a"b "a"b a\\ é "é" 2024-01-01 1.2.3 1-2 1e5.5
"1.5" 0.30000000000000004 2.2250738585072014e-308 1.7976931348623157e308 12345678901234567890.5 0.000001 1000000000000000000000.0""".split()
FIELDS = [f.replace("_N/A", " N/A") if f.startswith("#N/A_") else f for f in FIELDS] + [" 1", "1 ", " 1.5 ", " abc ", " ", "\t", " NA", "1 2", " True", "- 1", "1e 5"]
FILES = ["a\n", "a,b\n", "", "\n", "\n\n", "  \n", "a,b\n1,2\n", "a,b\r\n1,2\r\n", "a,b\r1,2\r", "a,b\n1,2", "\ufeffa,b\n1,2\n", "\ufeff\"a\",b\n1,2\n",
    "a,b\n\n1,2\n\n\n3,4\n", "a,b\n  \n1,2\n\t\n3,4\n", "a\n\n1\n", "a,b\n1\n2,3\n", "a,b\n,\n", "a,b\n,1\n", "a,b\n1,\n", "a,,b\n1,2,3\n", ",a\n0,1\n", "a,\n1,\n",
    ",\n1,2\n", "a b, c\n1,2\n", "\"a,b\",c\n1,2\n", "\"a\nb\",c\n1,2\n", "\"a\"\"b\",c\n1,2\n", "a\n\"x\ny\"\n", "a\n\"x\r\ny\"\n", "a,b\n\"x\"y,1\n", "a,b\n\"x\"\"y\"z,1\n",
    "a,b\nx\"y,1\n", "a,b\n \"x\",1\n", "a,b\n\"\",\"\"\n", "a,b\n1,2\n3,4\n,\n", "a,b\n1,2\n\n", "a\n1\n \n2\n", "1,2\n3,4\n", "a;b\n1;2\n", "a\tb\n1\t2\n", "\n\na,b\n1,2\n",
    "a,b\n1,x\n2.5,y\n,\n", "a\nTrue\nFalse\n", "a\nTrue\n\n", "a,b\nTrue,1\n,2\n", "a\nTrue\n1\n", "a\n1\nx\n", "a\n1\n2.0\n", "a,b\n1,2\n,3\n", "a\n9223372036854775807\n1.5\n",
    "a\n18446744073709551615\n1\n", "a\n18446744073709551615\n-1\n", "a\n18446744073709551616\n1.5\n", "a\n1.5\n18446744073709551616\n", "a\nx\n18446744073709551616\n",
    "a\n\"1\"\n\"2\"\n", "a,b\n1,2\r3,4\r\n5,6\n", "# c\n1\n", "a,b\n1,2 # c\n", "a\n'x'\n", "a\n1\n\"\n", "a,b\n1,\"x\n", "a,b\n1,2,3\n", "a,b\n1,2\n1,2,3\n", "a,b\n1,2,\n", "a,a\n1,2\n",
    "a,a.1,a\n1,2,3\n", "Unnamed: 1,\n1,2\n", "a\n" + "x" * 3000 + "\n", "a,b\n\"x\" ,1\n", "a\n\"\n\"\n", "é,ü\n1,ß\n", "a\n\u3000\n", "a\n\u00a01\n"]
SCHEMAS = [[("a", t)] for t in SCALARS] + [[("a", "double"), ("b", "long")], [("b", "long"), ("a", "string")]]


def read(schema, text):
    try:
        if not schema:
            return show(pd.read_csv(io.StringIO(text)) if "\ufeff" not in text else pd.read_csv(io.BytesIO(text.encode())))
        s = Schema.from_json(schema)
        dtypes = dict(zip(s.input_names(), s.pandas_types()))
        return show(_enforce_schema(pd.read_csv(io.BytesIO(text.encode()), dtype=dtypes), s))
    except Exception:
        return "error"


def cases():
    for f in FIELDS:
        for text in ("a\n%s\n", "a,b\n%s,1\n", "a\n%s\n1\n", "a\n1\n%s\n", "a\n1.5\n%s\n", "a\n%s\nTrue\n", "a\n%s\nabc\n", "a,b\n%s,1\n,2\n"):
            yield None, text % f
    for t in FILES:
        yield None, t
    random.seed(3)
    yield None, "a,b\n" + "".join("%r,%.17g\n" % (random.random(), random.uniform(-1e5, 1e5)) for _ in range(1000))
    yield None, "a,b\n" + "".join("%.15e,%d\n" % (random.random() * 10 ** random.randint(-300, 300), random.getrandbits(60)) for _ in range(1000))
    for names in SCHEMAS:
        schema = json.dumps([column(t, n) for n, t in names])
        for f in FIELDS:
            yield schema, "a,b\n%s,1\n" % f
        for t in FILES:
            yield schema, t
    # without names pandas is told the types by number
    for types in (["string"], ["string", "long"], ["double", "string"]):
        schema = json.dumps([column(t, None) for t in types])
        for f in ("x,1", "1,x", ",1", "1,", "NA,2\n007,3", "\"\",1\nx,2", "1.5, a"):
            yield schema, "a,b\n%s\n" % f


def ours(schema, text, answer):
    lines = text.split("\n")
    names = lines[0].split(",")
    if len(set(names)) < len(names) or text == "Unnamed: 1,\n1,2\n":
        return "refuse"
    if any(len(x.split(",")) > len(names) for x in lines[1:]) and '"' not in text:
        return "refuse"
    if schema and ('"integer"' in schema or '"long", "required": true, "name": "a"' in schema) and ("rue" in text.lower() or "alse" in text.lower()):
        return "refuse"
    if schema and '"float"' in schema and "e308" in text:
        return "refuse"
    if schema and ('"boolean"' in schema or '"double"' in schema or '"float"' in schema) and text == "a\nTrue\n1\n":
        return "accept"
    if schema and '"binary"' in schema and answer != "error":
        fields = pd.read_csv(io.BytesIO(text.encode()), dtype=str)["a"].dropna()
        return "base64" if any(decoded("".join(f.split())) for f in fields) else "accept"
    if schema and answer == "error" and "datetime" in schema:
        return "accept"
    return "same"


print("inputs\ttext\tanswer\tours")
for schema, text in cases():
    answer = read(schema, text)
    shown = escape(schema) if schema else "\\N"
    print("%s\t%s\t%s\t%s" % (shown, escape(text), escape(answer), ours(schema, text, answer)))
