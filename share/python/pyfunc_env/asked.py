# asked.py - what a model that is to be saved tells of itself: its signature, whether it streams
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import inspect
import logging
import os
from importlib.util import find_spec
from typing import Any

from . import custom, examples, kinds

logger = logging.getLogger("pyfunc_env")

_NO_EXAMPLE = (
    "Input example must be provided when using TypeFromExample as type hint. Fix this by passing "
    "`input_example` when logging your model."
)
_OTHER = (
    "Provided signature does not match the signature inferred from the Python model's `predict` "
    "function type hint. Signature inferred from type hint will be used:\n%s\nRemove the "
    "`signature` parameter or ensure it matches the inferred signature."
)


def fill(model: Any, given: dict[str, Any], function: Any = None) -> None:
    """Puts into `given` what is not given and what the model tells: it is a PythonModel, or wraps
    a `function` that was given. Its artifacts are here."""
    context = _context(given["artifacts"], given["model_config"])
    kind = kinds.name_of(model)
    if kind:
        kinds.fill(kind, model, given, context)
    elif given["signature"] is not False:
        given["signature"] = _signature(model, given, context, function)
    if given["streamable"] is None:
        given["streamable"] = custom.streams(model)


def can_load() -> bool:
    """A script calls MLflow's set_model: without MLflow nothing is known of it."""
    return find_spec("mlflow") is not None


def loaded_object(loaded: Any) -> Any:
    """What set_model was given, of a model that is loaded; a function in a model."""
    try:
        return loaded.unwrap_python_model()
    except Exception:  # of a ChatModel and its like, whose wrappers have no python_model
        return loaded.get_raw_model()


def _context(artifacts: Any, model_config: Any) -> Any:
    config = model_config if isinstance(model_config, dict) else None
    paths = {k: os.fspath(v) for k, v in (artifacts or {}).items()}
    paths = {k: v[len("file://") :] if v.startswith("file:///") else v for k, v in paths.items()}
    try:
        return custom.PythonModelContext(paths, config)
    except TypeError:  # MLflow's before 2.8
        return custom.PythonModelContext(paths)  # type: ignore[call-arg]


def _signature(model: Any, given: dict[str, Any], context: Any, function: Any) -> Any:
    """Of type hints, which count more than one that is given; else of the example and what the
    model answers to it."""
    signature, example = given["signature"], given["input_example"]
    of_hints = examples.of_hints(model, example, context, function)
    if of_hints is not None:
        if signature is not None and not examples.are_same(signature, of_hints):
            logger.warning(_OTHER, of_hints)
        return of_hints
    if signature is None and example is not None:
        signature = _infer(model, example, context)
    if not examples.is_hint_from_example(model):
        return signature
    if example is None:
        logger.warning("%s", _NO_EXAMPLE)
    elif signature is not None:
        return examples.from_example(signature, example)
    return signature


def _infer(model: Any, example: Any, context: Any) -> Any:
    def predict(value: Any, params: Any) -> Any:
        model.load_context(context)
        names = inspect.signature(model.predict).parameters
        words = [context] if "context" in names else []
        more = {"params": params} if "params" in names else {}
        return model.predict(*words, value, **more)

    return examples.infer_signature(example, predict)
