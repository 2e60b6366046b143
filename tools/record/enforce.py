#!/usr/bin/env python3
# enforce.py - records what MLflow makes of nested, optional and typed input, of params and LLM bodies
# SPDX-License-Identifier: Apache-2.0
"""Usage: PYTHONHASHSEED=0 enforce.py > tests/data/enforce.tsv   (recorded with mlflow 3.17.2, pandas 3.1.1)

Columns: how the input comes (json; typed: a table of one column a, "dtype values"), the
signature's inputs and params (JSON, or \\N), the input, what the model is given after parsing and
enforcement (in the spelling of values.py), or "error: " and the innermost message, and what we do:
"same", or the name of a difference that docs/mlflow.md explains."""
import json
import logging
import math
import re
import warnings

import numpy as np
import pandas as pd
from mlflow.models.utils import _enforce_params_schema, _enforce_schema
from mlflow.pyfunc import scoring_server as server
from mlflow.types.schema import ParamSchema, Schema
from mlflow.utils.proto_json_utils import MlflowFailedTypeConversion

from refused import changes
from refused import nested as nested_changes
from values import SCALARS, column, escape, show

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


class Metadata:
    def __init__(self, params):
        self.params = params

    def get_params_schema(self):
        return self.params

    def _is_signature_from_type_hint(self):
        return False


def innermost(e):
    while isinstance(e, MlflowFailedTypeConversion) and e.__context__ is not None:
        e = e.__context__
    return getattr(e, "message", None) or str(e)


def run_json(inputs, params, body):
    parsed = server._parse_json_data(body, Metadata(params), inputs)
    data = parsed.data if inputs is None else _enforce_schema(parsed.data, inputs)
    given = _enforce_params_schema(parsed.params, params)
    return show(data) + (" params " + ordered(given) if params is not None else "")


def ordered(params):
    """Given ones first, then defaults: the order in which _enforce_params_schema leaves them."""
    return "{" + ",".join("%s:%s" % (json.dumps(k), param(v)) for k, v in params.items()) + "}"


def param(v):
    if isinstance(v, list):
        return "[" + ",".join(map(param, v)) + "]"
    if hasattr(v, "isoformat"):
        text = v.isoformat()
        return '"%s"' % (text if "T" in text else text + "T00:00:00")
    return json.dumps(v)


TYPED = {
    "bool": "bool", "int8": "int8", "int16": "int16", "int32": "int32", "int64": "int64", "uint8": "uint8",
    "uint16": "uint16", "uint32": "uint32", "uint64": "uint64", "float32": "float32", "float64": "float64",
    "datetime": "datetime64[ns]", "string": "str", "object": "object",
}


def run_typed(inputs, params, text):
    kind, _, values = text.partition(" ")
    values = json.loads(values)
    one = pd.Series(values, dtype=TYPED[kind]) if kind != "datetime" else pd.Series(
        np.array([np.datetime64("NaT") if v is None else v for v in values], dtype="datetime64[ns]"))
    return show(_enforce_schema(pd.DataFrame({"a": one}), inputs))


RUN = {"json": run_json, "typed": run_typed}


def answer(form, inputs, params, body):
    try:
        s = Schema.from_json(inputs) if inputs else None
        p = ParamSchema.from_json(params) if params else None
        return RUN[form](s, p, body)
    except Exception as e:
        return "error: " + innermost(e)[:300]


# ---- nested types ----

def compact(v):
    return json.dumps(v, separators=(",", ":"))


def array(t):
    return {"type": "array", "items": {"type": t} if isinstance(t, str) else t}


def mapping(t):
    return {"type": "map", "values": {"type": t} if isinstance(t, str) else t}


def thing(**properties):
    return {"type": "object", "properties": {
        k.rstrip("_"): dict({"type": t} if isinstance(t, str) else t, required=not k.endswith("_"))
        for k, t in properties.items()}}


NESTED = [array(t) for t in SCALARS] + [mapping(t) for t in SCALARS] + [
    {"type": "any"}, {"type": "sparkml_vector"}, array("any"), array(array("long")), array(array("double")),
    array(array("string")), array(mapping("double")), array(thing(p="string", q_="long")), mapping(array("double")),
    mapping("any"), mapping(thing(p="long")), mapping(mapping("boolean")), array({"type": "sparkml_vector"})]
NESTED += [thing(p=t) for t in SCALARS] + [thing(p_=t) for t in SCALARS] + [
    thing(p="string", q_="double"), thing(p=array("long")), thing(p_=array("string"), q="any"), thing(p=thing(r="boolean")),
    thing(p_=thing(r="double", s_="long")), thing(p=mapping("long")), thing(p_={"type": "any"})]
VALUES = """null 1 1.5 true "x" NaN [] {} [1] [0,1] [1,2] [1.5] [0.0,2.5] [1,2.5] [true] [true,false] ["a"] ["a","b"] [""]
[null] [1,null] [1.5,null] [true,null] ["a",null] [1,"a"] [true,1] [NaN] [NaN,"a"] [[1]] [[1,2],[3]] [[1.5],[0.0]] [[]] [[],[1]]
[["a"]] [null,[1]] [[null]] [{}] [{"p":"x"}] [{"p":"x","q":1},{"p":"y"}] [{"p":1}] [{"a":1.5}] [{"a":1}] ["2024-01-01"] ["aGk="]
[9223372036854775807] [9223372036854775808] {"p":1} {"p":0} {"p":2} {"p":1.5} {"p":2.0} {"p":true} {"p":"x"} {"p":"2024-01-01"} {"p":null}
{"p":NaN} {"p":[]} {"p":[1,2]} {"p":["a"]} {"p":{}} {"p":{"r":true}} {"p":{"r":1.5}} {"p":{"r":1.5,"s":null}} {"p":{"a":1}} {"p":{"p":1}}
{"a":1,"b":2} {"a":1,"b":"x"} {"a":[1.5]} {"a":[1]} {"a":true,"b":false} {"a":{"b":true}} {"zz":1} {"p":"x","zz":1} {"p":"x","q":1}
{"p":"x","q":2} {"p":"x","q":2.5} {"p":"x","q":null} {"q":1} {"p":9223372036854775807} {"":1} {"p":[[1]]}""".split()
ROWS = [('[1.5]', '[]'), ('null', '[1,2]'), ('["a"]', 'null'), ('{"p":"x"}', 'null'), ('{"p":1}', '{"p":"x"}'), ('[1]', '1'), ('{}', '{"a":1}'),
        ('{"p":true}', '{"p":false}'), ('[0]', '[1,0]'), ('null', 'null'), ('1', '2'), ('"a"', 'null'), ('true', '1'), ('1', 'null')]


def nested(t, name="a", required=True):
    return compact([dict(t, name=name, required=required)])


def fits(t, v):
    """Of values that have nothing to do with a type, a few will do."""
    first = {"array": "[", "sparkml_vector": "[", "map": "{", "object": "{"}.get(t["type"], v[0])
    return v[0] == first or v in ("null", "1", "NaN", '"x"', "[]", "{}", "[1]", '{"p":1}')


def nested_cases():
    for t in NESTED:
        values = [v for v in VALUES if fits(t, v)]
        for required in (True, False):
            for v in values if required else [v for v in values if not v.strip("{}[]") or "null" in v or "NaN" in v]:
                yield nested(t, required=required), '{"dataframe_split":{"columns":["a"],"data":[[%s]]}}' % v
            for one, two in ROWS:
                yield nested(t, required=required), '{"dataframe_records":[{"a":%s},{"a":%s}]}' % (one, two)
        for v in values[::3]:
            yield nested(t), '{"inputs":{"a":%s}}' % v
        for v in values[1::5]:
            yield nested(t), '{"inputs":%s}' % v
            yield nested(t), '{"instances":[{"a":%s}]}' % v
            yield nested(t), '{"inputs":[{"a":%s}]}' % v
            yield nested(t, None), '{"dataframe_split":{"data":[[%s]]}}' % v
    both = compact([dict(array("double"), name="v", required=True), column("string", "s"), column("long", "n", False)])
    for body in ('{"dataframe_split":{"columns":["v","s"],"data":[[[1.5,2.5],"x"],[[],"y"]]}}', '{"inputs":{"v":[1.5],"s":"x"}}',
                 '{"dataframe_split":{"columns":["s","v","n"],"data":[["x",[1.5],3]]}}', '{"dataframe_split":{"columns":["s"],"data":[["x"]]}}',
                 '{"dataframe_records":[{"v":[1.5],"s":"x","n":1},{"v":[0.5],"s":"y"}]}', '{"dataframe_split":{"columns":["v","s"],"data":[]}}',
                 '{"inputs":{"v":[1.5],"s":"x","n":2}}', '{"inputs":{"v":[1.5],"s":["x"]}}', '{"inputs":{"v":[[1.5]],"s":"x"}}', '{"inputs":{"s":"x"}}',
                 '{"dataframe_split":{"columns":["v","s","zz"],"data":[[[1.5],"x",1]]}}', '{"dataframe_split":{"columns":["v","s"],"index":["r"],"data":[[[1.5],"x"]]}}'):
        yield both, body


# ---- optional columns of plain types ----

CELLS = """0 1 -1 3000000000 9007199254740993 0.0 1.5 1e300 NaN null true false "x" "" "5" "1.5" "true" "aGk=" "***" "2024-01-01"
"2024-01-01T10:20:30" "2024-02-30" "2024-01-01T00:00:00Z" [1] {"k":1}""".split()


def optional_cases():
    for t in SCALARS:
        for c in CELLS:
            yield compact([column(t, "a", False)]), '{"dataframe_split":{"columns":["a"],"data":[[%s]]}}' % c
            yield compact([column("long", "k"), column(t, "a", False)]), '{"dataframe_records":[{"k":1,"a":%s},{"k":2}]}' % c
        yield compact([column("long", "k"), column(t, "a", False)]), '{"dataframe_records":[{"k":1}]}'


# ---- typed columns ----

WHOLE = ["[0, 1]", "[1, 2]", "[]"]
TYPED_VALUES = {
    "bool": ["[true, false]", "[]"],
    **{t: WHOLE for t in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")},
    "int64": WHOLE + ["[3000000000]", "[-9223372036854775808]", "[9007199254740993]"],
    "uint64": WHOLE + ["[18446744073709551615]"],
    "float32": ["[0.0, 1.0]", "[1.5]", "[0.1, NaN]", "[Infinity]", "[]"],
    "float64": ["[0.0, 1.0]", "[1.5]", "[1.0, NaN]", "[0.1, NaN]", "[NaN]", "[1e300]", "[Infinity]", "[]"],
    "datetime": ['["2024-01-01", null]', '["1970-01-01T00:00:00.000000001"]', "[]"],
    "string": ['["a", "b"]', '["a", null]', '[""]', '["5"]', '["2024-01-01"]', "[]"],
    "object": ["[null]", "[null, null]", "[true, null]", "[true, 1]", "[true, false]", "[1, 2]", "[1, null]", "[1.5, null]", '["a", "b"]', '["a", null]',
               '["a", 1]', '["5", 1]', '["5", "6"]', "[[1], [2]]", '[{"a": 1}]', "[true, 1.5]", '[true, "a"]', "[]", '["2024-01-01", 1]', '[null, "2024-01-01"]'],
}


def typed_cases():
    for kind, values in TYPED_VALUES.items():
        for t in SCALARS:
            for v in values:
                yield compact([column(t, "a", len(v) % 2 == 0)]), "%s %s" % (kind, v)
        for t in NESTED[16:20]:
            for v in values:
                yield nested(t), "%s %s" % (kind, v)


# ---- params ----

PARAM_VALUES = """null 0 1 -1 4 1.5 1.0 1e300 NaN true false "x" "" "5" "2024-01-01" "2024-01-01T10:20:30" "2024-01-01 10:20:30.5" "2024-02-30"
"nope" 1704067200 [] [1] [1,2] [1.5] [1,2.5] [true] ["a"] ["a","b"] [null] [1,null] [1,"a"] [[1]] {} {"k":1} 3000000000 9223372036854775807""".split()
DEFAULTS = {"boolean": True, "integer": 1, "long": 2, "float": 0.5, "double": 1.5, "string": "d", "datetime": "2020-01-02T00:00:00"}


def spec(t, default, shape=None):
    return {"name": "p", "type": t, "default": default, "shape": shape}


def param_cases():
    for t, default in DEFAULTS.items():
        for shape in (None, [-1]):
            one = compact([spec(t, [default] if shape else default, shape), dict(spec("long", 7), name="other")])
            yield one, '{"inputs":[1]}'
            for v in PARAM_VALUES:
                yield one, '{"inputs":[1],"params":{"p":%s}}' % v
    several = compact([dict(spec("double", 0.5), name="temperature"), dict(spec("integer", 1), name="n"), dict(spec("string", ["a"], [-1]), name="stop"),
                          dict(spec("boolean", False), name="flag"), dict(spec("long", None), name="none")])
    for v in ("null", "{}", '{"temperature":1,"n":4,"stop":["x","y"],"flag":true}', '{"n":null,"zzz":3}', '{"n":1.5,"zzz":1}', '{"temperature":"hot"}', '{"stop":"x"}',
              '{"flag":1}', "[1]", '"x"', "5", '{"none":5}', '{"none":"x"}', '{"stop":[]}', '{"stop":[1]}'):
        yield several, '{"inputs":[1],"params":%s}' % v
        yield None, '{"inputs":[1],"params":%s}' % v


# ---- bodies for language models ----

MESSAGE = array(thing(role="string", content_="string"))
CHAT = compact([dict(MESSAGE, name="messages", required=True), column("double", "temperature", False), column("integer", "max_tokens", False)])
TEXT = compact([column("string", "prompt")])
INPUT = compact([dict(array("string"), name="input", required=True)])
LLM_PARAMS = compact([dict(spec("double", 0.5), name="temperature"), dict(spec("integer", 5), name="n")])
LLM = ['{"messages":[{"role":"user","content":"hi"}]}', '{"messages":[{"role":"user","content":"hi"}],"temperature":0.5}',
       '{"messages":[{"role":"user","content":"hi"}],"temperature":1}', '{"messages":[{"role":"user","content":"hi"}],"temperature":2}',
       '{"messages":[{"role":"user"}],"n":2}', '{"messages":[{"role":1}]}', '{"messages":[{"content":"x"}]}', '{"messages":"hi"}', '{"messages":null}',
       '{"messages":[]}', '{"messages":[{"role":"user","zz":1}]}', '{"messages":[{"role":"user"}],"max_tokens":5}', '{"prompt":"hi"}', '{"prompt":["a","b"]}',
       '{"prompt":"hi","temperature":0.25}', '{"prompt":"hi","temperature":"hot"}', '{"prompt":5}', '{"prompt":null}', '{"prompt":{"a":1}}', '{"prompt":[]}',
       '{"input":"hi"}', '{"input":["a","b"]}', '{"input":[["a"]]}', '{"input":[1]}', '{"input":[],"params":{"n":1}}', '{"input":["a"],"n":1.5}', '{"input":["a"],"zz":[1]}',
       '{"prompt":"hi","inputs":[1]}', '{"messages":[{"role":"user","content":null}]}', '{"input":null}', '{"prompt":"a","stop":["x"]}', '{"prompt":"a","n":3,"other":1.5}']


def llm_cases():
    for inputs in (None, CHAT, TEXT, INPUT):
        for params in (None, LLM_PARAMS):
            for body in LLM:
                yield inputs, params, body


def cases():
    for inputs, body in nested_cases():
        yield "json", inputs, None, body
    for inputs, body in optional_cases():
        yield "json", inputs, None, body
    for inputs, text in typed_cases():
        yield "typed", inputs, None, text
    for params, body in param_cases():
        yield "json", None, params, body
    for inputs, params, body in llm_cases():
        yield "json", inputs, params, body


def main():
    seen = set()
    print("form\tinputs\tparams\tinput\tanswer\tours")
    for form, inputs, params, body in cases():
        if (form, inputs, params, body) in seen:
            continue
        seen.add((form, inputs, params, body))
        got = answer(form, inputs, params, body)
        print("\t".join(escape(f) if f is not None else "\\N" for f in (form, inputs, params, body, got, ours(form, inputs, params, body, got))))


def values_of(name, body):
    """What a request holds under a column's name."""
    kind, data = next(iter(json.loads(body).items()))
    if kind == "dataframe_split":
        names = data.get("columns")
        at = names.index(name) if names and name in names else 0
        return [row[at] for row in data["data"] if not names or name in names]
    if isinstance(data, dict):
        return [data[name]] if name in data else []
    if data and all(isinstance(x, dict) for x in data):
        return [x.get(name, math.nan) for x in data] if any(name in x for x in data) else []
    return [data]


def ours(form, inputs, params, body, got):
    if got.startswith("error"):
        return "same"
    if form == "json" and not isinstance(json.loads(body).get("params") or {}, dict) and not is_llm(body):
        return "params"
    if params and '"datetime"' in params and body.split('"p":')[-1] in ('"5"}}', '""}}'):
        return "date-guess"
    if form == "typed":
        strange = '"boolean"' in inputs and "object" in body and re.search(r"[^ue, \[\]truefalsenobjct]", body)
        return "truth" if strange else "same"
    if not inputs or is_llm(body):
        return "same"
    for spec in json.loads(inputs):
        for v in values_of(spec.get("name"), body):
            lost = changes(spec["type"], v) if spec["type"] in SCALARS else nested_changes(spec, v)
            if lost:
                return lost
    return "same"


def is_llm(body):
    return any(k in json.loads(body) for k in ("messages", "prompt", "input"))


main()
