#!/usr/bin/env python3
# payload.py - records what MLflow's scoring server makes of request bodies
# SPDX-License-Identifier: Apache-2.0
"""Usage: payload.py > tests/data/payload.tsv   (recorded with mlflow 3.17.2, pandas 3.1.1)

Columns: the signature's inputs (JSON, or \\N), the body, and what the model is given after parsing
and enforcement, in the spelling of values.py, or "error"; and "same", or the name (in docs/mlflow.md)
of what would change values silently on the way, which we do not do."""
import json
import logging
import warnings

from mlflow.models.utils import _enforce_schema
from mlflow.pyfunc.scoring_server import infer_and_parse_data
from mlflow.types.schema import Schema

from refused import changes, first
from values import SCALARS, column, escape, show, tensor

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


def run(schema, body):
    try:
        s = Schema.from_json(schema) if schema else None
        data = infer_and_parse_data(json.loads(body), s)
        if s is not None:
            data = _enforce_schema(data, s)
        return show(data)
    except Exception:
        return "error"


CELLS = """0 1 2 -1 127 3000000000 9007199254740993 9223372036854775807 9223372036854775808 18446744073709551615
0.0 1.0 1.5 1.7 -2.5 1e300 1e-5 NaN Infinity null true false "x" "" "5" "1e3" " 7 " "1.5" "nan" "true" "false"
"007" "aGk=" "aGk" "***" "2024-01-01" "2024-01-01T10:20:30" "2024-01-01 10:20:30.123456" "2024-02-30" "2024-01-01T00:00:00Z"
"2024-01-01T00:00:00+02:00" "99999-01-01" "1600-01-01" "2262-04-12" "2300-01-01" "2024-01-01T00:00:00.123456789" "Jan 1 2024" [1] [] {} {"k":1}"""
PAIRS = """1,2 1,2.5 1,null 1.5,null true,false true,null true,1 "a","b" "a",null "a",1 "a",NaN null,null null,NaN 1,NaN true,NaN
true,1.5 9223372036854775807,0.5 9007199254740993,0.5 18446744073709551615,1 18446744073709551615,-1 18446744073709551615,null
[1],[2] [1],null {},{} {"k":[1,{}]},1 "2024-01-01","2024-01-02" "2024-01-01","2024-01-02T10:00:00" "2024-01-01",null null,"2024-01-01"
"2024-01-01T10:00:00.5","2024-01-01T10:00:00.25" "2024-01-01T10:00:00","2024-01-01T10:00:00.25" 5,"2024-01-01" 1704067200000,1 1704067200000,null
"aGk=","eA==" "aGk=",null 0,1 0,2 "1","2" "1",2 "1",null 1.0,2.0 1.0,2.5 -1,300"""
DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64"]


def split_cells(text):
    out, rest = [], text.split()
    while rest:
        one = rest.pop(0)
        while one.count('"') % 2:
            one += " " + rest.pop(0)
        out.append(one)
    return out


def rows():
    singles, pairs = split_cells(CELLS), [p for p in split_cells(PAIRS)]
    pairs = [json.dumps(json.loads("[" + p + "]"))[1:-1] for p in pairs]
    for t in [None] + SCALARS:
        schema = json.dumps([column(t)]) if t else None
        for c in singles:
            yield schema, '{"dataframe_split":{"columns":["a"],"data":[[%s]]}}' % c
            yield schema, '{"dataframe_records":[{"a":%s}]}' % c
            yield schema, '{"inputs":{"a":%s}}' % c
            yield schema, '{"inputs":[%s]}' % c
            yield schema, '{"instances":[{"a":%s}]}' % c
        for p in pairs:
            one, two = json.loads("[" + p + "]")
            one, two = json.dumps(one), json.dumps(two)
            yield schema, '{"dataframe_split":{"columns":["a"],"data":[[%s],[%s]]}}' % (one, two)
            yield schema, '{"dataframe_records":[{"a":%s},{"a":%s}]}' % (one, two)
            yield schema, '{"inputs":{"a":[%s]}}' % p
            yield schema, '{"instances":[%s]}' % p
            yield schema, '{"instances":[{"a":%s},{"a":%s}]}' % (one, two)
            yield schema, '{"inputs":[{"a":%s},{"a":%s}]}' % (one, two)
    for t in DTYPES:
        for c in singles:
            yield json.dumps([tensor(t, [-1])]), '{"inputs":[%s]}' % c
            yield json.dumps([tensor(t, [-1], "a")]), '{"instances":[{"a":%s}]}' % c
    many = [
        (None, '{"dataframe_split":{"columns":["a","b"],"index":[5,6],"data":[[1,"x"],[2,"y"]]}}'),
        (None, '{"dataframe_split":{"columns":["a","b"],"index":["r","s"],"data":[[1,"x"],[2,"y"]]}}'),
        (None, '{"dataframe_split":{"columns":["a","b"],"index":[0,1],"data":[[1,"x"],[2,"y"]]}}'),
        (None, '{"dataframe_split":{"columns":["a","b"],"index":[0.5,"q"],"data":[[1,"x"],[2,"y"]]}}'),
        (None, '{"dataframe_split":{"columns":["a"],"index":[1],"data":[[1],[2]]}}'),
        (None, '{"dataframe_split":{"columns":[0,1],"data":[[1,2]]}}'),
        (None, '{"dataframe_split":{"columns":[1,0],"data":[[1,2]]}}'),
        (None, '{"dataframe_split":{"columns":["a",1],"data":[[1,2]]}}'),
        (None, '{"dataframe_split":{"columns":null,"index":null,"data":[[1,2],[3,4.5]]}}'),
        (None, '{"dataframe_split":{"data":[[1,2],[3,4.5]]}}'),
        (None, '{"dataframe_split":{"data":[]}}'),
        (None, '{"dataframe_split":{"columns":["a","b"],"data":[]}}'),
        (None, '{"dataframe_split":{"columns":[],"data":[]}}'),
        (None, '{"dataframe_split":{"columns":["a"],"data":[1,2]}}'),
        (None, '{"dataframe_split":{"columns":["a"],"data":[[1],2]}}'),
        (None, '{"dataframe_split":{"columns":["a"],"data":[[1,2]]}}'),
        (None, '{"dataframe_split":{"columns":["a"],"data":{"a":[1]}}}'),
        (None, '{"dataframe_split":{"columns":["a"],"data":"x"}}'),
        (None, '{"dataframe_split":{"columns":"a","data":[[1]]}}'),
        (None, '{"dataframe_split":{"columns":["a"]}}'),
        (None, '{"dataframe_split":{"columns":["a"],"data":[[1]],"zz":1}}'),
        (None, '{"dataframe_split":[1]}'),
        (None, '{"dataframe_split":null}'),
        (None, '{"dataframe_records":{"a":1}}'),
        (None, '{"dataframe_records":[]}'),
        (None, '{"dataframe_records":[{}]}'),
        (None, '{"dataframe_records":[1,2]}'),
        (None, '{"dataframe_records":[[1,2]]}'),
        (None, '{"dataframe_records":[{"a":1},{"b":2.5,"a":3},{"c":"x"}]}'),
        (None, '{"dataframe_records":[{"a":true},{"b":"x"}]}'),
        (None, '{"dataframe_records":[{"b":1,"a":2},{"a":3,"b":4}]}'),
        (None, '{"inputs":5}'), (None, '{"inputs":"x"}'), (None, '{"inputs":null}'), (None, '{"inputs":[]}'),
        (None, '{"inputs":{}}'), (None, '{"inputs":[[]]}'), (None, '{"inputs":[[],[]]}'), (None, '{"inputs":[[1,2],[3,4]]}'),
        (None, '{"inputs":[[1,2.5],[true,4]]}'), (None, '{"inputs":[[1,2],[3]]}'), (None, '{"inputs":[1,[2]]}'), (None, '{"inputs":[[1],2]}'),
        (None, '{"inputs":[[[1,2]],[[3,4]]]}'), (None, '{"inputs":[["a"],["bb"]]}'), (None, '{"inputs":[[null,1]]}'),
        (None, '{"inputs":[{"a":[1,2],"b":"x"},{"a":[3]}]}'), (None, '{"inputs":[{"a":1},2]}'), (None, '{"inputs":{"a":[[1,2],[3,4]],"b":5}}'),
        (None, '{"instances":[[1,2],[3,4]]}'), (None, '{"instances":[]}'), (None, '{"instances":{"a":[1,2]}}'), (None, '{"instances":{"a":[1,2],"b":[1]}}'),
        (None, '{"instances":[{"a":[1,2],"b":1},{"a":[3,4],"b":2.5}]}'), (None, '{"instances":[{"a":[1,2]},{"a":[3]}]}'),
        (None, '{"instances":[{"a":1},{"b":1}]}'), (None, '{"instances":[{"a":1},{"a":1,"b":2}]}'), (None, '{"instances":[{"a":1},2]}'),
        (None, '{"instances":5}'), (None, '{"inputs":[1],"instances":[1]}'), (None, '{"data":[1]}'), (None, '{}'),
    ]
    ab = json.dumps([column("long", "a"), column("double", "b")])
    abo = json.dumps([column("long", "a"), column("double", "b", False), column("string", "c", False)])
    unnamed = json.dumps([column("double", None), column("double", None)])
    unnamed1 = json.dumps([column("double", None)])
    bodies = [
        '{"dataframe_split":{"columns":["a","b"],"data":[[1,2.5],[3,4]]}}', '{"dataframe_split":{"columns":["b","a"],"data":[[2.5,1]]}}',
        '{"dataframe_split":{"columns":["a"],"data":[[1]]}}', '{"dataframe_split":{"columns":["a","q","z"],"data":[[1,2,3]]}}',
        '{"dataframe_split":{"columns":["a","b","z"],"data":[[1,2,3]]}}', '{"dataframe_split":{"data":[[1,2]]}}', '{"dataframe_split":{"data":[[1,2,3]]}}',
        '{"dataframe_split":{"data":[[1]]}}', '{"dataframe_split":{"columns":["a","b"],"data":[]}}', '{"dataframe_split":{"columns":["a","b"],"index":[7],"data":[[1,2]]}}',
        '{"dataframe_records":[{"a":1,"b":2},{"b":3.5,"a":4}]}', '{"dataframe_records":[{"a":1},{"b":3.5,"a":4}]}', '{"dataframe_records":[{"a":1,"b":2},{"b":3.5}]}',
        '{"dataframe_records":[]}', '{"dataframe_records":[{"a":1,"c":"x"},{"a":2}]}', '{"inputs":{"a":[1,2],"b":[3,4.5]}}', '{"inputs":{"b":[3,4.5],"a":[1,2]}}',
        '{"inputs":{"a":1,"b":2}}', '{"inputs":{"a":[1,2],"b":[3]}}', '{"inputs":{"a":[1,2],"b":3}}', '{"inputs":{"a":[1,2]}}', '{"inputs":{"a":[1,2],"b":[3,4],"z":[5,6]}}',
        '{"inputs":{"a":[1,2],"b":[3,4],"z":[5]}}', '{"inputs":{"a":1,"b":2,"z":3}}', '{"inputs":[{"a":1,"b":2},{"b":3,"a":4}]}', '{"inputs":[{"a":1,"b":2},{"a":4}]}',
        '{"inputs":[1,2]}', '{"inputs":[[1,2]]}', '{"inputs":[[1,2],[3,4]]}', '{"inputs":[[1,2],[3]]}', '{"inputs":5}', '{"inputs":[]}', '{"inputs":{}}', '{"instances":[]}',
        '{"instances":[{"a":1,"b":2},{"b":3,"a":4}]}', '{"instances":[{"a":1,"b":2},{"a":4}]}', '{"instances":[[1,2]]}', '{"instances":{"a":[1],"b":[2]}}', '{"inputs":[{"a":1},2]}',
        '{"dataframe_records":[{"a":[1,2],"b":1}]}', '{"inputs":{"a":[[1,2]],"b":[1]}}', '{"inputs":[1.5]}', '{"inputs":["1.5"]}', '{"inputs":[null]}',
    ]
    t3 = json.dumps([tensor("float32", [-1, 3])])
    t2 = json.dumps([tensor("float64", [-1, 2])])
    tn = json.dumps([tensor("float64", [-1, 2], "a"), tensor("int64", [-1, 3], "b")])
    t1 = json.dumps([tensor("int64", [-1], "a")])
    bodies_t = bodies + [
        '{"inputs":[[1,2,3],[4.5,5,6]]}', '{"inputs":[1,2,3]}', '{"inputs":[[1,2,3],[4,5]]}', '{"inputs":[["a","b","c"]]}', '{"inputs":{"x":[[1,2,3]]}}',
        '{"inputs":{"a":[[1,2]],"b":[[1,2,3]]}}', '{"inputs":{"b":[[1,2,3]],"a":[[1,2]],"z":1}}', '{"inputs":{"a":[[1,2]]}}', '{"inputs":{"a":[[1,2]],"b":[[1.5,2,3]]}}',
        '{"instances":[{"a":[1,2],"b":[1,2,3]}]}', '{"instances":[{"a":[1,2],"b":[1,2,3]},{"a":[1,2],"b":[4,5,6]}]}', '{"instances":[[1,2,3]]}',
        '{"dataframe_split":{"columns":["a","b","c"],"data":[[1,2,3]]}}', '{"dataframe_split":{"columns":["a","b","c"],"data":[[1,2.5,null]]}}',
        '{"dataframe_records":[{"x":[1,2,3]}]}', '{"dataframe_records":[{"a":[1,2],"b":[1,2,3]}]}', '{"dataframe_split":{"columns":["a"],"data":[]}}',
        '{"dataframe_split":{"columns":["a","b","c"],"data":[]}}', '{"inputs":{"a":[1,2,3]}}', '{"inputs":[[[1,2]]]}',
    ]
    # every column is optional, and none is there
    bare = ['{"dataframe_records":[{},{}]}', '{"dataframe_split":{"columns":["q"],"index":["r"],"data":[[1]]}}',
        '{"inputs":[{"q":1},{}]}', '{"inputs":{"q":[1,2]}}', '{"instances":[{},{}]}', '{"instances":{}}']
    for s in ([column("long", "a", False)], [{"type": "array", "items": {"type": "long"}, "name": "a", "required": False}]):
        many += [(json.dumps(s), b) for b in bare]
    alone = ['{"inputs":5}', '{"instances":1.5}', '{"inputs":null}', '{"inputs":"x"}', '{"inputs":true}']
    for s in ([tensor("float64", [], "a")], [tensor("int64", [-1], "a")], [tensor("float64", [])], [tensor("float64", [], "a"), tensor("float64", [], "b")],
              [column("double", None)], [column("double", "a")], [column("double", None), column("double", None)]):
        many += [(json.dumps(s), b) for b in alone]
    for s in (ab, abo, unnamed, unnamed1):
        many += [(s, b) for b in bodies]
    for s in (t3, t2, tn, t1):
        many += [(s, b) for b in bodies_t]
    yield from many


def leaves(v, depth=0):
    if isinstance(v, (list, dict)):
        if depth > 1 or isinstance(v, dict):
            yield v
        for x in v.values() if isinstance(v, dict) else v:
            yield from leaves(x, depth + 1)
    else:
        yield v


def verdict(schema, body, answer):
    if not schema or answer == "error":
        return "same"
    for c in json.loads(schema):
        t = c["tensor-spec"]["dtype"] if c["type"] == "tensor" else c["type"]
        name, data = c.get("name"), json.loads(body)
        key = next(iter(data))
        one = data[key]
        if name and isinstance(one, dict) and name in one:
            one = one[name]
        elif name and isinstance(one, list) and one and isinstance(one[0], dict):
            one = [x.get(name, 0) for x in one]
        elif key == "dataframe_split":
            i = one.get("columns", []).index(name) if name in one.get("columns", []) else None
            one = [x for r in one["data"] for x in r] if i is None else [r[i] for r in one["data"]]
        if c["type"] != "tensor" and isinstance(one, list) and any(isinstance(x, list) for x in one):
            if t in ("boolean", "double"):
                return changes(t, [])
        lost = first(changes(t, v) for v in leaves(one))
        if lost:
            return lost
    return "same"


print("inputs\tbody\tanswer\tours")
for schema, body in rows():
    answer = run(schema, body)
    shown = escape(schema) if schema else "\\N"
    print("%s\t%s\t%s\t%s" % (shown, escape(body), escape(answer), verdict(schema, body, answer)))
