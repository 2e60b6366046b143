# custom.py - models that are Python classes, and how they are pickled
# SPDX-License-Identifier: Apache-2.0
"""`PythonModel` and `PythonModelContext` are MLflow's own classes where MLflow is installed: who
loads such a model needs MLflow, and nothing of this package. Elsewhere they are those below, which
go into the pickle by value.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import logging
import os
import sys
from collections import namedtuple
from types import ModuleType
from typing import TYPE_CHECKING, Any, Callable

from . import errors

logger = logging.getLogger("pyfunc_env")

# MLflow's words, and Python's modules.
_COMPRESSIONS = {"lzma": "lzma", "bzip2": "bz2", "gzip": "gzip"}
_PACKAGE = __name__.partition(".")[0]
_Hints = namedtuple("_Hints", ["input", "output"])


class _OwnContext:
    """What a model finds when it is loaded: `artifacts`, paths by name, and `model_config`."""

    def __init__(self, artifacts: dict[str, str], model_config: dict[str, Any] | None) -> None:
        self._artifacts = artifacts
        self._model_config = model_config

    @property
    def artifacts(self) -> dict[str, str]:
        return self._artifacts

    @property
    def model_config(self) -> dict[str, Any] | None:
        return self._model_config


class _OwnModel:
    """A model to be derived from: `predict`, and `load_context` where artifacts are to be read.

    `predict` is written as predict(self, context, model_input, params=None), or without any of
    `context` and `params`.
    """

    def load_context(self, context: Any) -> None:
        """Called once when the model is loaded."""

    def predict(self, context: Any, model_input: Any, params: dict[str, Any] | None = None) -> Any:
        raise NotImplementedError

    def predict_stream(
        self, context: Any, model_input: Any, params: dict[str, Any] | None = None
    ) -> Any:
        raise NotImplementedError

    @property
    def predict_type_hints(self) -> Any:
        """MLflow asks for it; without MLflow's types there are none."""
        return _Hints(None, None)


if TYPE_CHECKING:
    PythonModel = _OwnModel
    PythonModelContext = _OwnContext
else:
    try:
        from mlflow.pyfunc import PythonModel, PythonModelContext
    except ImportError:
        PythonModel, PythonModelContext = _OwnModel, _OwnContext


def check_kind(python_model: Any) -> None:
    """Refuses classes."""
    if isinstance(python_model, type):
        raise errors.UsageError(
            f"`python_model` must be an instance: {python_model.__name__} is a class",
            f"pass {python_model.__name__}()",
        )


def _function_model(func: Callable[..., Any]) -> Any:
    """A function of the input as a model, where MLflow has no such class."""

    class FunctionModel(PythonModel):
        def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
            return func(model_input)

    return FunctionModel()


def as_model(python_model: Any) -> Any:
    """The object that is pickled: of a function, a model that calls it."""
    if hasattr(python_model, "predict") or not callable(python_model):
        return python_model
    parameters = list(inspect.signature(python_model).parameters.values())
    if len(parameters) != 1:
        raise errors.UsageError(
            "When `python_model` is a callable object, it must accept exactly one argument. "
            f"Found {len(parameters)} arguments."
        )
    try:
        from mlflow.pyfunc.model import _FunctionPythonModel as wrap

        wanted = inspect.signature(wrap.__init__).parameters
        if list(wanted) == ["self", "func", "signature"]:
            return wrap(func=python_model)
    except ImportError:
        pass
    hint = parameters[0].annotation
    name = hint if isinstance(hint, str) else getattr(hint, "__name__", str(hint))
    known = ("_empty", "Any", "DataFrame", "ndarray", "Series")
    if name.rpartition(".")[2] not in known:
        raise errors.UsageError(
            f"the type hint {name} would have the input converted by MLflow, which has to be "
            "installed for that (2.20 or later)",
            "leave the hint out",
        )
    return _function_model(python_model)


def _imports_us(module: ModuleType) -> bool:
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError, SyntaxError):
        return False
    names = [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
    names += [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    return any(name.partition(".")[0] == _PACKAGE for name in names)


def _by_value(model: Any) -> list[ModuleType]:
    """Modules that cannot be imported where the model will be loaded, as they import this one."""
    found = [sys.modules[__name__]]
    inner = getattr(model, "func", None)
    for thing in [*type(model).__mro__, inspect.unwrap(inner) if callable(inner) else None]:
        module = sys.modules.get(getattr(thing, "__module__", None) or "")
        if module and module.__name__ != "__main__" and module not in found and _imports_us(module):
            found.append(module)
    return found


def _opener() -> Any:
    """What opens the pickle's file: compressed, where MLFLOW_LOG_MODEL_COMPRESSION says how."""
    method = os.environ.get("MLFLOW_LOG_MODEL_COMPRESSION")
    if not method:
        return open
    if method not in _COMPRESSIONS:
        logger.warning(
            "Unrecognized compression method '%s'. Please select one of: %s. Falling back to "
            "uncompressed storage/loading.",
            method,
            ", ".join(sorted(_COMPRESSIONS)),
        )
        return open
    return importlib.import_module(_COMPRESSIONS[method]).open


def dump(model: Any, path: str) -> None:
    """Pickles the model by cloudpickle, so that it loads without this package."""
    try:
        import cloudpickle
    except ImportError:
        raise errors.UsageError(
            "a PythonModel is pickled by cloudpickle, which is not installed"
        ) from None
    opener = _opener()
    modules = _by_value(model)
    if not hasattr(cloudpickle, "register_pickle_by_value"):
        if len(modules) > 1 or type(model).__module__ == __name__:
            raise errors.UsageError("cloudpickle 2.0 or later is needed to pickle this model")
        modules = []
    mine = [m for m in modules if m.__name__ not in cloudpickle.list_registry_pickle_by_value()]
    for module in mine:
        cloudpickle.register_pickle_by_value(module)
    try:
        with opener(path, "wb") as out:
            cloudpickle.dump(model, out)
    except Exception as error:
        raise errors.UsageError(
            "Failed to serialize Python model. Please save the model into a python file and use "
            f"code-based logging method instead. ({type(error).__name__}: {error})"
        ) from error
    finally:
        for module in mine:
            cloudpickle.unregister_pickle_by_value(module)


def streams(model: Any) -> bool:
    """Has it a predict_stream of its own?"""
    own = getattr(type(model), "predict_stream", None)
    return own is not None and own is not getattr(PythonModel, "predict_stream", None)
