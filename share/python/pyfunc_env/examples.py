# examples.py - input examples and signatures as the files that `pyfunc-env save` reads
# SPDX-License-Identifier: Apache-2.0
"""Values are spelled as JSON as MLflow spells them. A signature is inferred by MLflow where it is
installed. Otherwise only a DataFrame's or an array's own dtypes are told, by the table below:
columns of other types are left to be given.
"""

from __future__ import annotations

import base64
import datetime
import inspect
import json
import logging
import sys
from copy import deepcopy
from typing import Any, Callable

from . import errors

logger = logging.getLogger("pyfunc_env")

_TYPES = {
    **dict.fromkeys(["int8", "int16", "int32", "uint8", "uint16"], "integer"),
    **dict.fromkeys(["int64", "uint32"], "long"),
    "bool": "boolean",
    "float32": "float",
    "float64": "double",
    "object": "string",
    "str": "string",
    "string": "string",
}
# What MLmodel says of a signature, and where MLflow's object keeps it.
_FLAGS = {
    "is_signature_from_type_hint": "_is_signature_from_type_hint",
    "type_hint_from_example": "_is_type_hint_from_example",
}


def _is(value: Any, module: str, name: str) -> bool:
    """isinstance, without an import: what was not imported has no instances."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(value, getattr(loaded, name))


def plain(value: Any) -> Any:
    """json.dumps's `default`."""
    if _is(value, "numpy", "ndarray"):
        return value.tolist()
    if _is(value, "numpy", "datetime64"):
        return str(value)
    if _is(value, "numpy", "generic"):
        return value.item()
    if isinstance(value, (bytes, bytearray)):
        return base64.encodebytes(value).decode("ascii")
    if isinstance(value, (datetime.date, datetime.time)):  # datetime and Timestamp are dates
        return value.isoformat()
    if hasattr(value, "model_dump"):
        return value.model_dump()
    raise errors.UsageError(
        f"an input example holds {type(value).__name__}, which JSON has no form for"
    )


def split(example: Any) -> tuple[Any, Any]:
    """MLflow's (input, params)."""
    pair = 2
    if isinstance(example, tuple) and len(example) == pair and isinstance(example[1], dict):
        return example
    return example, None


def _frame(frame: Any) -> dict[str, Any]:
    table: dict[str, Any]
    table = frame.astype(object).where(frame.notnull(), None).to_dict(orient="split")
    del table["index"]
    return table


def to_json(example: Any) -> str:
    """In the form that a request has."""
    value, params = split(example)
    if hasattr(value, "model_dump"):
        value = value.model_dump()
    if _is(value, "pandas", "Series"):
        value = value.to_frame()
    if _is(value, "pandas", "DataFrame"):
        request = {"dataframe_split": _frame(value)}
    elif hasattr(value, "tocsr"):
        raise errors.UsageError("a sparse matrix is no input example here: give it as an array")
    else:
        request = {"inputs": value}
    if params is not None:
        request["params"] = params
    return json.dumps(request, default=plain)


# ---- signatures ----


def signature_json(signature: Any) -> str:
    """A dict, its JSON, or an object of MLflow's or of ours."""
    if isinstance(signature, str):
        return signature
    if hasattr(signature, "to_dict"):
        told = dict(signature.to_dict())
        told.update({k: True for k, name in _FLAGS.items() if getattr(signature, name, False)})
        signature = told
    if not isinstance(signature, dict):
        raise errors.UsageError(
            f"a signature is a dict, its JSON or a ModelSignature, not {type(signature).__name__}"
        )
    return json.dumps(signature)


def _by_mlflow(value: Any, answer: Any, params: Any) -> Any:
    from mlflow.models import infer_signature

    # as MLflow does: to rows of a table belong rows of an answer
    if _is(value, "pandas", "DataFrame") and getattr(answer, "ndim", 0) == 1:
        answer = sys.modules["pandas"].Series(answer)
    try:
        return infer_signature(value, answer, params)
    except TypeError:  # MLflow's before 2.6 knows no parameters
        return infer_signature(value, answer)


def _by_dtypes(value: Any) -> dict[str, Any] | None:
    if _is(value, "numpy", "ndarray"):
        spec = {"dtype": str(value.dtype), "shape": [-1, *value.shape[1:]]}
        return {"inputs": [{"type": "tensor", "tensor-spec": spec}]}
    if not _is(value, "pandas", "DataFrame"):
        return None
    types = [_TYPES.get(str(dtype)) for dtype in value.dtypes]
    if None in types or value.isnull().any(axis=None):
        return None
    columns = zip(value.columns, types)
    return {"inputs": [{"type": t, "name": n, "required": True} for n, t in columns]}


def infer(example: Any, predict: Callable[[Any, Any], Any]) -> Any:
    """The signature of an example and the model's answer to it; None where there is no telling."""
    value, params = split(example)
    try:
        answer = predict(deepcopy(value), params)
    except Exception as error:
        logger.warning("the signature is without outputs: the model failed: %r", error)
        answer = None
    try:
        return _by_mlflow(value, answer, params)
    except ImportError:
        found = _by_dtypes(value)
    except Exception as error:
        logger.warning("Failed to infer model signature from input example, error: %s", error)
        return None
    if found is None:
        logger.warning("no signature: MLflow, which would infer one, is not installed")
    return found


def of_hints(model: Any, example: Any, context: Any) -> Any:
    """The signature of predict's type hints, which MLflow alone can tell; None: there are none."""
    hints = getattr(model, "predict_type_hints", None)
    if hints is None or hints.input is None:
        return None
    try:
        from mlflow.models.signature import _infer_signature_from_type_hints as ask
        from mlflow.types.type_hints import (
            _is_type_hint_from_example,
            _signature_cannot_be_inferred_from_type_hint,
        )
    except ImportError:
        return None
    if _is_type_hint_from_example(hints.input) or _signature_cannot_be_inferred_from_type_hint(
        hints.input
    ):
        return None
    known = {
        "func": getattr(model, "func", model.predict),
        "python_model": model,
        "context": context,
        "type_hints": hints,
        "input_example": example,
    }
    wanted = inspect.signature(ask).parameters  # which have changed since 2.20
    return ask(**{k: v for k, v in known.items() if k in wanted})
