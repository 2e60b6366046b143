# spark_types.py - Spark's types as results: parsed, checked, inferred from a signature, told
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any

from .errors import UsageError

_TREES = {
    "IntegerType": "int",
    "LongType": "long",
    "FloatType": "float",
    "DoubleType": "double",
    "StringType": "string",
    "BooleanType": "boolean",
}
# What a signature may lead to besides, and nobody may ask for.
_OF_SIGNATURES = {"BinaryType": "binary", "TimestampType": "timestamp"}
_MAX_RANK = 2
_COLUMNS = {"integer": "int", "datetime": "timestamp"}
_TENSORS = {
    "int8": "int",
    "int16": "int",
    "int32": "int",
    "uint8": "int",
    "uint16": "int",
    "uint32": "long",
    "int64": "long",
    "float16": "float",
    "float32": "float",
    "float64": "double",
    "bool": "boolean",
    "str": "string",
    "object": "string",
    "bytes": "binary",
    "datetime64": "timestamp",
    "datetime64[ns]": "timestamp",
}
_REFUSED = """Invalid 'spark_udf' result type: {}.
It must be one of the following types:
Primitive types:
- int
- long
- float
- double
- string
- boolean
Compound types:
- ND array of primitives / structs.
- struct<field: primitive | array<primitive> | array<array<primitive>>, ...>:
A struct with primitive, ND array<primitive/structs>,
e.g., struct<a:int, b:array<int>>.
"""


def parse(text: str) -> Any:
    """A type of Spark's DDL: "int", "array<double>", "a long, b string"."""
    from pyspark.sql import types

    text = "boolean" if text == "bool" else text
    from_ddl = getattr(types.DataType, "fromDDL", None)
    return from_ddl(text) if from_ddl else types._parse_datatype_string(text)


def check(kind: Any) -> Any:
    """The type, if it is one that may be asked for."""
    if not _may_be_asked(kind):
        raise UsageError(_REFUSED.format(kind))
    return kind


def _may_be_asked(kind: Any) -> bool:
    name = type(kind).__name__
    if name == "ArrayType":
        return _may_be_asked(kind.elementType)
    if name == "StructType":
        return all(_may_be_asked(field.dataType) for field in kind.fields)
    if name == "MapType":
        return type(kind.keyType).__name__ == "StringType" and _may_be_asked(kind.valueType)
    return name in _TREES


def tree(kind: Any, zone: str) -> dict[str, Any]:
    """The type as the model's process is told it; `zone` is that of times without one."""
    name = type(kind).__name__
    if name == "ArrayType":
        return {"kind": "array", "of": tree(kind.elementType, zone)}
    if name == "StructType":
        fields = [{"name": field.name, "of": tree(field.dataType, zone)} for field in kind.fields]
        return {"kind": "struct", "fields": fields}
    if name == "MapType":
        return {"kind": "map", "of": tree(kind.valueType, zone)}
    told = {"kind": "primitive", "type": {**_TREES, **_OF_SIGNATURES}[name]}
    return {**told, "zone": zone} if told["type"] == "timestamp" else told


# ---- of a signature ----


def of_outputs(outputs: list[dict[str, Any]]) -> Any:
    """The type that the outputs of a signature lead to: one's own, or a struct of several."""
    if len(outputs) == 1:
        return parse(_of_entry(outputs[0]))
    from pyspark.sql import types

    return types.StructType(
        [
            types.StructField(str(entry.get("name") or at), parse(_of_entry(entry)))
            for at, entry in enumerate(outputs)
        ]
    )


def _of_entry(entry: dict[str, Any]) -> str:
    if "tensor-spec" in entry:
        return _of_tensor(entry["tensor-spec"], entry.get("name"))
    return _of_column(entry)


def _of_tensor(spec: dict[str, Any], name: Any) -> str:
    dtype, rank = str(spec["dtype"]), len(spec["shape"])
    if dtype not in _TENSORS:
        raise UsageError(f"Model output tensor spec type {dtype} is not supported in spark_udf.")
    if rank > _MAX_RANK:
        raise UsageError(
            "Only 1D or 2D tensors are supported as spark_udf return value, but model output "
            f"'{name}' has shape {tuple(spec['shape'])}."
        )
    # The first dimension is the rows. MLflow has array<array<...>> for two, which no row can be.
    return f"array<{_TENSORS[dtype]}>"


def _of_column(spec: dict[str, Any]) -> str:
    kind = str(spec.get("type"))
    if kind == "array":
        return f"array<{_of_column(spec['items'])}>"
    if kind == "map":
        return f"map<string,{_of_column(spec['values'])}>"
    if kind == "object":
        parts = [f"`{key}`:{_of_column(of)}" for key, of in spec["properties"].items()]
        return f"struct<{','.join(parts)}>"
    if kind == "any":
        raise UsageError(
            f"a model's output of type {kind} is no result type of spark_udf", "name a result_type"
        )
    return _COLUMNS.get(kind, kind)
