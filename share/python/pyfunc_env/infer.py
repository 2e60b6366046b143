# infer.py - the signature of an example and an answer, where MLflow is not there to tell it
# SPDX-License-Identifier: Apache-2.0
"""mlflow.models.infer_signature (mlflow/types/utils.py, schema.py), of MLflow 3. Types are dicts
as MLmodel has them. Neither numpy nor pandas is imported: what was not imported has no instances.
"""

from __future__ import annotations

import datetime
import json
import logging
import math
import sys
from typing import Any

from . import errors

logger = logging.getLogger("pyfunc_env")

_ANY = {"type": "any"}
_SCALARS = {
    bool: "boolean",
    int: "long",
    float: "double",
    str: "string",
    bytes: "binary",
    bytearray: "binary",
    object: "string",
    datetime.date: "datetime",
    datetime.datetime: "datetime",
}
_NUMPY_SCALARS = {
    "bool": "boolean",
    "bool_": "boolean",
    "int64": "long",
    "int32": "integer",
    "float64": "double",
    "float32": "float",
    "str_": "string",
    "bytes_": "binary",
    "datetime64": "datetime",
}
# A kind of dtypes, and the type of those of so many bytes, or of the next that is there.
_KINDS = {
    "b": [(1, "boolean")],
    "i": [(4, "integer"), (8, "long")],
    "u": [(2, "integer"), (4, "long")],
    "f": [(4, "float"), (8, "double")],
    "U": [(sys.maxsize, "string")],
    "S": [(sys.maxsize, "binary")],
    "M": [(8, "datetime")],
}


_NUMBERS = ("integer", "long", "float", "double")


class _Unknown(Exception):
    """A value has no type here."""


def instance(value: Any, module: str, *names: str) -> bool:
    """isinstance, without an import."""
    loaded = sys.modules.get(module)
    kinds = [kind for kind in (getattr(loaded, name, None) for name in names) if kind]
    return isinstance(value, tuple(kinds))


def _is_array(value: Any) -> bool:
    return instance(value, "numpy", "ndarray")


def signature(example: Any, answer: Any, params: Any) -> dict[str, Any]:
    """Inputs, outputs and parameters as MLmodel has them, each a list or None."""
    parts = {"inputs": _part("inputs", example), "outputs": _part("outputs", answer)}
    return {**parts, "params": _params(params) if params else None}


def _part(name: str, data: Any) -> list[dict[str, Any]] | None:
    if data is None:
        return None
    if hasattr(data, "model_dump"):
        raise errors.UsageError("a signature is not inferred from pydantic's objects")
    try:
        return _checked(_schema(data))
    except (_Unknown, errors.UsageError) as error:
        logger.warning("Failed to infer schema for %s: %s; it is of any type.", name, error)
        return [{**_ANY, "required": True}]


def _checked(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    named = [entry.get("name") is not None for entry in entries]
    if not entries or any(named) != all(named):
        raise _Unknown("columns are named all or none")
    tensors = "tensor-spec" in entries[0]
    if not named[0] and (
        (tensors and len(entries) > 1) or any(not e.get("required", True) for e in entries)
    ):
        raise _Unknown("without names, no value may be missing")
    return entries


# ---- whole inputs ----


def _column(kind: dict[str, Any], name: Any, required: bool) -> dict[str, Any]:
    return {**kind, **({} if name is None else {"name": name}), "required": required}


def _schema(data: Any) -> list[dict[str, Any]]:
    if isinstance(data, list):
        return _of_list(data)
    if isinstance(data, dict):
        return _of_dict(data)
    if instance(data, "pandas", "Series"):
        return [_column(_of_series(data), data.name, _is_whole(data))]
    if instance(data, "pandas", "DataFrame"):
        columns = [(name, data[name]) for name in data.columns]
        return [_column(_of_series(part), name, _is_whole(part)) for name, part in columns]
    if _is_array(data) or getattr(data, "format", None) in ("csr", "csc"):
        return [_tensor(data)]
    return [_column(_known(data), None, True)]


def _of_list(data: list[Any]) -> list[dict[str, Any]]:
    if not data:
        return [_column({"type": "string"}, None, True)]
    if not all(isinstance(item, dict) for item in data):
        return [_column(_items(data), None, True)]
    columns: dict[Any, list[Any]] = {}
    for item in data:
        for key, value in item.items():
            columns.setdefault(key, []).append(value)
    return [
        _column(_items(values), key, all(item.get(key) is not None for item in data))
        for key, values in columns.items()
    ]


def _of_dict(data: dict[Any, Any]) -> list[dict[str, Any]]:
    if all(map(_is_array, data.values())):
        return [_tensor(value, name) for name, value in data.items()]
    if not all(isinstance(key, str) for key in data):
        raise _Unknown("a dict's keys are not all text")
    return [_column(_known(value), key, _is_whole(value)) for key, value in data.items()]


def _tensor(data: Any, name: Any = None) -> dict[str, Any]:
    if not data.shape:
        raise _Unknown("an array without dimensions")
    dtype = {"U": "str", "S": "bytes"}.get(data.dtype.kind, data.dtype.name)
    spec = {"dtype": dtype, "shape": [-1, *data.shape[1:]]}
    return {**({} if name is None else {"name": name}), "type": "tensor", "tensor-spec": spec}


def _of_series(column: Any) -> dict[str, Any]:
    if column.ndim > 1:
        raise _Unknown("two columns of one name")
    if column.dtype.kind == "O":
        column = column.infer_objects()
    if column.dtype.kind != "O":
        return _of_dtype(column.dtype)
    try:
        return _items(column.to_list())
    except _Unknown:
        if sys.modules["pandas"].api.types.is_string_dtype(column):
            return {"type": "string"}
        raise


def _of_dtype(dtype: Any) -> dict[str, Any]:
    for size, name in _KINDS.get(dtype.kind, ()):
        if dtype.itemsize <= size:
            return {"type": name}
    raise _Unknown(f"the dtype {dtype}")


# ---- values ----


def _is_missing(value: Any) -> bool:
    if isinstance(value, float):
        return math.isnan(value)
    pandas = sys.modules.get("pandas")
    return value is None or (pandas is not None and (value is pandas.NA or value is pandas.NaT))


def _is_whole(data: Any) -> bool:
    if isinstance(data, list) or instance(data, "pandas", "Series"):
        return not any(map(_is_missing, data))
    return not _is_missing(data)


def _known(value: Any) -> dict[str, Any]:
    kind = _type(value)
    if kind is None:
        raise _Unknown("an empty array")
    return kind


def _items(values: list[Any]) -> dict[str, Any]:
    kind = _known(values)
    if kind == _ANY:
        raise _Unknown("an empty list")
    items: dict[str, Any] = kind["items"]
    return items


def _type(value: Any) -> dict[str, Any] | None:
    """None: of an empty array there is no telling."""
    if _is_missing(value) or (isinstance(value, (list, dict)) and not value):
        return _ANY
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise _Unknown("a dict's keys are not all text")
        parts = {key: _known(value[key]) for key in sorted(value)}
        return _object({key: {**part, "required": part != _ANY} for key, part in parts.items()})
    if isinstance(value, list) or _is_array(value):
        return _array(value)
    kind = type(value)
    name = _SCALARS.get(kind) or (
        _NUMPY_SCALARS.get(kind.__name__) if kind.__module__ == "numpy" else None
    )
    if name is None:
        raise _Unknown(f"a {kind.__name__}")
    return {"type": name}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _array(values: Any) -> dict[str, Any] | None:
    if _is_array(values) and not values.shape:
        raise _Unknown("an array without dimensions")
    kinds = [kind for kind in map(_type, values) if kind is not None]
    if not kinds:
        return None
    merged = kinds[0]
    for kind in kinds[1:]:
        merged = _merge(merged, kind)
    return {"type": "array", "items": merged}


def _merge(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The type of values that are of the one and of the other; _ANY is of what is missing."""
    if one == _ANY:
        one, other = other, one
    kinds = (one["type"], other["type"])
    if kinds == ("object", "any"):
        parts = one["properties"]
        return _object({key: {**part, "required": False} for key, part in parts.items()})
    if kinds[1] == "any" or one == other:
        return one
    if kinds == ("array", "array"):
        return {"type": "array", "items": _merge(one["items"], other["items"])}
    if kinds != ("object", "object"):
        raise _Unknown("values of several types in one list")
    left, right = one["properties"], other["properties"]
    merged = {}
    for key in sorted({*left, *right}):
        pair = [parts[key] for parts in (left, right) if key in parts]
        bare = [{k: v for k, v in part.items() if k != "required"} for part in pair]
        kind = bare[0] if len(bare) == 1 else _merge(*bare)
        required = len(pair) > 1 and all(part["required"] for part in pair)
        merged[key] = {**kind, "required": required}
    return _object(merged)


# ---- parameters ----


def _params(params: dict[Any, Any]) -> list[dict[str, Any]]:
    try:
        return [_param(name, value) for name, value in params.items()]
    except _Unknown as error:
        raise errors.UsageError(f"Failed to infer schema for parameters: {error}") from None


def _param(name: Any, value: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"name": str(name), "default": value, "shape": None}
    if isinstance(value, dict):
        if not value:
            raise _Unknown(f"{name} is an empty dict")
        return {**told, **_known(_of_json(value))}
    listed = isinstance(value, list) or (_is_array(value) and value.ndim > 0)
    items = list(value) if listed else [value]
    if listed:
        told["shape"] = [-1]
    if all(_is_date(item) for item in items):
        dates = [item.isoformat() if hasattr(item, "isoformat") else str(item) for item in items]
        return {**told, "default": dates if listed else dates[0], "type": "datetime"}
    return {**told, **(_of_array(value) if _is_array(value) else _of_items(items))}


def _of_json(value: Any) -> Any:
    try:
        json.dumps(value)
    except TypeError as error:
        raise _Unknown(str(error)) from None
    return value


def _is_date(value: Any) -> bool:
    dates = (datetime.date, datetime.datetime)
    return type(value) in dates or instance(value, "numpy", "datetime64")


def _of_array(value: Any) -> dict[str, Any]:
    if value.ndim != 1 or value.dtype.kind == "S":
        raise _Unknown(f"a parameter of {value!r}")
    return _of_dtype(value.dtype)


def _of_items(items: list[Any]) -> dict[str, Any]:
    """As numpy has a list of them in one array."""
    names = {"double" if isinstance(item, float) else _known(item)["type"] for item in items}
    beyond = any(isinstance(item, int) and not -(1 << 63) <= item < 1 << 63 for item in items)
    if beyond or object in map(type, items):
        raise _Unknown(f"a parameter of {items!r}")
    if len(names) == 1 and names <= {*_NUMBERS, "boolean", "string"}:
        return {"type": names.pop()}
    if names <= {*_NUMBERS}:
        return {"type": "double" if names & {"float", "double"} else "long"}
    raise _Unknown(f"a parameter of {items!r}")
