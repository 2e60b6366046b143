# examples.py - input examples and signatures as the files that `pyfunc-env save` reads
# SPDX-License-Identifier: Apache-2.0
"""Values are spelled as JSON as MLflow spells them. A signature is inferred by the MLflow that is
installed, else as MLflow 3 infers it (infer.py).
"""

from __future__ import annotations

import base64
import datetime
import inspect
import json
import logging
import os
import sys
import tempfile
from copy import deepcopy
from typing import Any, Callable

from . import errors, infer, program
from .infer import instance

logger = logging.getLogger("pyfunc_env")

# What MLmodel says of a signature, and where MLflow's object keeps it.
_FLAGS = {
    "is_signature_from_type_hint": "_is_signature_from_type_hint",
    "type_hint_from_example": "_is_type_hint_from_example",
}


def plain(value: Any) -> Any:
    """json.dumps's `default`."""
    if instance(value, "numpy", "ndarray"):
        if value.dtype.kind == "f":
            missing = sys.modules["numpy"].isnan(value)
            if missing.any():
                value = value.astype(object)  # a copy: the caller's stays, and may be read-only
                value[missing] = None
        return value.tolist()
    if instance(value, "numpy", "datetime64"):
        return str(value)
    if instance(value, "numpy", "generic"):
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


def _request(value: Any) -> dict[str, Any]:
    """The form of a request, and under "kept" what JSON does not tell of it."""
    if instance(value, "pandas", "Series"):
        value = value.to_frame()
    if instance(value, "pandas", "DataFrame"):
        return {"dataframe_split": _frame(value)}
    if hasattr(value, "tocsr"):
        matrix = value if value.format in ("csr", "csc") else value.tocsr()
        kept = {name: getattr(matrix, name) for name in ("data", "indices", "indptr")}
        kept["shape"] = list(matrix.shape)
        return {"inputs": matrix.toarray(), "kept": {f"sparse_matrix_{matrix.format}": kept}}
    parts = list(value.values()) if isinstance(value, dict) else [value]
    if any(instance(part, "numpy", "ndarray") for part in parts):
        return {"inputs": value, "kept": {"ndarray": None}}
    return {"inputs": value}


def to_json(example: Any) -> str:
    """In the form that a request has."""
    value, params = split(example)
    if hasattr(value, "model_dump"):
        value = value.model_dump()
    request = _request(value)
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
    return json.dumps(signature, default=plain)


def are_same(one: Any, other: Any) -> bool:
    """Two signatures of any of these forms."""
    return _parts(one) == _parts(other)


def _parts(signature: Any) -> list[Any]:
    told = json.loads(signature_json(signature))
    parts = [told.get(name) for name in ("inputs", "outputs", "params")]
    return [json.loads(part) if isinstance(part, str) else part for part in parts]


def _by_mlflow(value: Any, answer: Any, params: Any) -> Any:
    from mlflow.models import infer_signature

    try:
        return infer_signature(value, answer, params)
    except TypeError:  # MLflow's before 2.6 knows no parameters
        return infer_signature(value, answer)


def _inferred(value: Any, answer: Any, params: Any) -> Any:
    try:
        return _by_mlflow(value, answer, params)
    except ImportError:
        return infer.signature(value, answer, params)


class Echo:
    """A model whose answer is what it is given: what a signature makes of an input."""

    def predict(self, data: Any, params: Any = None) -> Any:
        return data, params


def _load_pyfunc(path: str) -> Echo:
    return Echo()


def _enforced(signature: Any, value: Any, params: Any) -> Any:
    """What the model will be given where that is its signature."""
    from .model import load_model

    with tempfile.TemporaryDirectory(prefix="pyfunc_env.") as folder:
        path = os.path.join(folder, "signature.json")
        with open(path, "w", encoding="utf-8") as out:
            out.write(signature_json(signature))
        model = program.save_trial(["--loader-module", __name__, "--signature", path], folder)
        return load_model(model, suppress_warnings=True).predict(value, params)


def infer_signature(example: Any, predict: Callable[[Any, Any], Any]) -> Any:
    """The signature of an example and the model's answer to it; None where there is no telling."""
    value, params = split(example)
    try:
        told = _inferred(value, None, params)
    except Exception as error:
        logger.warning("Failed to infer model signature from input example, error: %s", error)
        return None
    try:
        taken = _enforced(told, deepcopy(value), params)
    except Exception as error:  # a signature that does not fit its own example is none
        logger.warning("Failed to infer model signature from input example, error: %s", error)
        return None
    try:
        answer = predict(*taken)
    except Exception as error:
        logger.warning("the signature is without outputs: the model failed: %r", error)
        return told
    if "tensor-spec" not in signature_json(told) and instance(answer, "numpy", "ndarray"):
        answer = _rows(answer)
    try:
        return _inferred(value, [None] if answer is None else answer, params)
    except Exception as error:  # MLflow's before 2.10 knows tables and arrays alone
        logger.warning("the signature is without outputs: %s", error)
        return told


def _rows(answer: Any) -> Any:
    """As MLflow does: to rows of columns belong rows of an answer."""
    if answer.ndim != 1:
        return answer
    try:
        from pandas import Series
    except ImportError:
        return answer.tolist()
    return Series(answer)


def _hint_of(model: Any) -> Any:
    hints = getattr(model, "predict_type_hints", None)
    return None if hints is None else hints.input


def is_hint_from_example(model: Any) -> bool:
    """Is predict's input hinted as MLflow's TypeFromExample?"""
    hint = _hint_of(model)
    if hint is None:
        return False
    try:
        from mlflow.types.type_hints import _is_type_hint_from_example as ask
    except ImportError:
        return False
    return bool(ask(hint))


def from_example(signature: Any, example: Any) -> Any:
    """The signature, with the mark by which the model gets what its example was: a list, a table.
    Values of other kinds have none, as MLflow says."""
    if not isinstance(example, list) and not instance(example, "pandas", "DataFrame", "Series"):
        logger.warning(
            "Input example must be one of pandas.DataFrame, pandas.Series or list when using "
            "TypeFromExample as type hint, got %s.",
            type(example),
        )
        return signature
    return {**json.loads(signature_json(signature)), "type_hint_from_example": True}


def of_hints(model: Any, example: Any, context: Any, function: Any = None) -> Any:
    """The signature of predict's type hints, which MLflow alone can tell; None: there are none.
    `function` is what the user gave, where that is no model: MLflow asks it as it is."""
    hint = _hint_of(model)
    if hint is None or is_hint_from_example(model):
        return None
    try:
        from mlflow.models.signature import _infer_signature_from_type_hints as ask
        from mlflow.types.type_hints import _signature_cannot_be_inferred_from_type_hint as is_other
    except ImportError:
        return None
    if is_other(hint):
        return None
    known = {
        "func": function or getattr(model, "func", model.predict),
        "python_model": function or model,
        "context": context,
        "type_hints": model.predict_type_hints,
        "input_example": example,
    }
    wanted = inspect.signature(ask).parameters  # which have changed since 2.20
    return ask(**{k: v for k, v in known.items() if k in wanted})
