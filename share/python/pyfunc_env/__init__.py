# __init__.py - the package's names, none of which is imported before it is used
# SPDX-License-Identifier: Apache-2.0
"""Models of MLflow's python_function flavor, loaded in the environment they were trained in.

A thin face over the program pyfunc-env: what `mlflow.pyfunc` has, name for name, without MLflow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Every public name, and the module that has it.
_WHERE = {
    "Error": "errors",
    "InputError": "errors",
    "IntegrityError": "errors",
    "LimitError": "errors",
    "LocalError": "errors",
    "ModelCodeError": "errors",
    "ModelError": "errors",
    "NoSolutionError": "errors",
    "RunnerDied": "errors",
    "TransferError": "errors",
    "UsageError": "errors",
    "Table": "frames",
    "Runner": "runner",
    "Timeouts": "runner",
    "ModelMetadata": "metadata",
    "ModelSignature": "metadata",
    "Schema": "metadata",
    "PyFuncModel": "model",
    "load_model": "model",
    "load_pyfunc": "model",
    "get_model_dependencies": "dependencies",
    "PythonModel": "custom",
    "PythonModelContext": "custom",
    "ModelInfo": "info",
    "add_to_model": "save",
    "get_default_conda_env": "save",
    "get_default_pip_requirements": "save",
    "log_model": "log",
    "save_model": "save",
    "spark_udf": "spark",
    "transform": "spark",
    **dict.fromkeys(
        ["FLAVOR_NAME", "MAIN", "CODE", "DATA", "ENV", "PY_VERSION", "MODEL_CONFIG"], "words"
    ),
    **dict.fromkeys(["MODEL_CODE_PATH", "EnvType", "PYTHON_VERSION", "TASK"], "words"),
}

__all__ = ["__version__", *_WHERE]  # noqa: PLE0604

if TYPE_CHECKING:
    from .custom import PythonModel as PythonModel
    from .custom import PythonModelContext as PythonModelContext
    from .dependencies import get_model_dependencies as get_model_dependencies
    from .errors import Error as Error
    from .errors import InputError as InputError
    from .errors import IntegrityError as IntegrityError
    from .errors import LimitError as LimitError
    from .errors import LocalError as LocalError
    from .errors import ModelCodeError as ModelCodeError
    from .errors import ModelError as ModelError
    from .errors import NoSolutionError as NoSolutionError
    from .errors import RunnerDied as RunnerDied
    from .errors import TransferError as TransferError
    from .errors import UsageError as UsageError
    from .frames import Table as Table
    from .info import ModelInfo as ModelInfo
    from .log import log_model as log_model
    from .metadata import ModelMetadata as ModelMetadata
    from .metadata import ModelSignature as ModelSignature
    from .metadata import Schema as Schema
    from .model import PyFuncModel as PyFuncModel
    from .model import load_model as load_model
    from .model import load_pyfunc as load_pyfunc
    from .runner import Runner as Runner
    from .runner import Timeouts as Timeouts
    from .save import add_to_model as add_to_model
    from .save import get_default_conda_env as get_default_conda_env
    from .save import get_default_pip_requirements as get_default_pip_requirements
    from .save import save_model as save_model
    from .spark import spark_udf as spark_udf
    from .spark import transform as transform
    from .words import CODE as CODE
    from .words import DATA as DATA
    from .words import ENV as ENV
    from .words import FLAVOR_NAME as FLAVOR_NAME
    from .words import MAIN as MAIN
    from .words import MODEL_CODE_PATH as MODEL_CODE_PATH
    from .words import MODEL_CONFIG as MODEL_CONFIG
    from .words import PY_VERSION as PY_VERSION
    from .words import PYTHON_VERSION as PYTHON_VERSION
    from .words import TASK as TASK
    from .words import EnvType as EnvType


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module("." + _WHERE[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})
