# model.py - load_model, and the model that it gives: in this process, or in its own environment
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import copy
import json
import logging
import os
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any

from . import errors, frames, program
from .dependencies import fetch
from .metadata import ModelMetadata, Schema
from .runner import Runner, Timeouts

logger = logging.getLogger("pyfunc_env.model")


def load_model(
    model_uri: str,
    suppress_warnings: bool = False,
    dst_path: str | None = None,
    model_config: str | os.PathLike[str] | dict[str, Any] | None = None,
    env_manager: str = "local",
    timeouts: Timeouts | None = None,
    **options: Any,
) -> PyFuncModel:
    """Loads a model: "local" in this process, else in the environment it was trained in.

    `env_manager` is "local", or what `pyfunc-env run --env-manager` knows: "auto", "venv", "uv",
    "virtualenv", "conda". Then the environment is found or made, and the model runs in a process of
    it; `timeouts` and `options` are those of `Runner`.
    """
    if dst_path is not None:
        model_uri = fetch(model_uri, dst_path)
    if isinstance(model_config, dict):
        model_config = json.dumps(model_config)
    implementation: _Here | Runner
    if env_manager == "local":
        options.setdefault("python", sys.executable)
        body, told = describe(model_uri, model_config=model_config, **options)
        _warn(told, suppress_warnings)
        implementation = _Here(body)
    else:
        implementation = Runner(
            model_uri, timeouts, env_manager=env_manager, model_config=model_config, **options
        )
        told = implementation.start()
        _warn(told, suppress_warnings)
    return PyFuncModel(told, implementation)


def load_pyfunc(model_uri: str, suppress_warnings: bool = False) -> PyFuncModel:
    """Deprecated since MLflow 1.0: load_model."""
    warnings.warn(
        "``mlflow.pyfunc.load_pyfunc`` is deprecated since 1.0. This method will be removed in a "
        "future release. Use ``mlflow.pyfunc.load_model`` instead.",
        FutureWarning,
        stacklevel=2,
    )
    return load_model(model_uri, suppress_warnings)


def describe(model_uri: str, **options: Any) -> tuple[memoryview, dict[str, Any]]:
    """What is to be loaded, and how: the body of a LOAD frame, and what it says."""
    options.setdefault("python", sys.executable)
    if not options["python"]:
        raise errors.LocalError("this interpreter does not know its own path", "pass python=")
    argv = ["worker", "-m", str(model_uri), "--describe", "--json"]
    out, _ = program.run([*argv, *program.options(env_manager="local", **options)])
    body = memoryview(out)[frames.HEADER :]
    return body, frames.codec().decode(body)


def _warn(told: dict[str, Any], suppressed: bool) -> None:
    for text in told.get("warnings") or ():
        logger.log(logging.DEBUG if suppressed else logging.WARNING, "%s", text)


class _Here:
    """A model in this process."""

    def __init__(self, body: memoryview) -> None:
        self._codec = frames.codec()
        self._body = body
        self._handle = self._codec.load(body)

    def __deepcopy__(self, memo: Any) -> _Here:
        return _Here(self._body)

    def predict(self, data: Any, params: dict[str, Any] | None = None, result: Any = None) -> Any:
        try:
            return self._codec.predict(self._handle, data, params, result)
        except self._codec.InputError as error:
            raise errors.InputError(str(error)) from None

    def stream(self, data: Any, params: dict[str, Any] | None = None) -> Iterator[Any]:
        try:
            pieces = self._codec.predict(self._handle, data, params, None, True)
        except self._codec.InputError as error:
            raise errors.InputError(str(error)) from None
        return iter(pieces)

    def object(self) -> Any:
        return self._codec.model(self._handle)


_UNREAD = object()


class PyFuncModel:
    """A loaded model: MLflow's PyFuncModel by its names.

    One that runs in its own environment is ended by `close()`, by a `with` statement, or with the
    object or this process. A copy of it, pickled, starts a process of its own.
    """

    def __init__(self, told: dict[str, Any], implementation: _Here | Runner) -> None:
        self._told = told
        self._implementation = implementation
        self._example: Any = _UNREAD
        self._metadata = ModelMetadata(
            told["mlmodel"], told.get("signature"), str(told["model_dir"])
        )
        self._config = _overridden(
            self._flavor.get("config"),
            os.environ.get("MLFLOW_PYFUNC_INFERENCE_CONFIG"),
            told.get("overrides"),
        )

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """The model's predictions of `data`, which its signature is applied to first."""
        return self._implementation.predict(data, params)

    def predict_stream(self, data: Any, params: dict[str, Any] | None = None) -> Iterator[Any]:
        """The pieces of the answer, as the model's predict_stream yields them."""
        if not self._flavor.get("streamable"):
            raise errors.UsageError("This model does not support predict_stream method.")
        return self._implementation.stream(data, params)

    def unwrap_python_model(self) -> Any:
        """The PythonModel that was saved; only of a model in this process."""
        held = self._object()
        if hasattr(held, "unwrap_python_model"):  # loaded through mlflow's own load_model
            return held.unwrap_python_model()
        python_model = getattr(held, "python_model", None)
        if python_model is None:
            raise errors.UsageError("Unable to retrieve base model object from pyfunc.")
        return python_model

    def get_raw_model(self) -> Any:
        """What the flavor wraps; only of a model in this process, where its loader gives it."""
        held = self._object()
        if not hasattr(held, "get_raw_model"):
            raise NotImplementedError("`get_raw_model` is not implemented by the underlying model")
        return held.get_raw_model()

    def _object(self) -> Any:
        if isinstance(self._implementation, Runner):
            raise errors.UsageError(
                "the model's object is in another process, of its own environment",
                'load it with env_manager="local" to have it here',
            )
        return self._implementation.object()

    # ---- what it is ----

    @property
    def _flavor(self) -> dict[str, Any]:
        flavor = self._metadata.flavors.get("python_function")
        return flavor if isinstance(flavor, dict) else {}

    @property
    def metadata(self) -> ModelMetadata:
        return self._metadata

    @property
    def input_schema(self) -> Schema | None:
        return self._metadata.get_input_schema()

    @property
    def params_schema(self) -> Schema | None:
        return self._metadata.get_params_schema()

    @property
    def model_id(self) -> str | None:
        return self._metadata.model_id

    @property
    def input_example(self) -> Any:
        """What the model was saved with as an example of its input; None where that cannot be read.

        It may be set to another.
        """
        if self._example is _UNREAD:
            try:
                self._example = self._metadata.load_input_example()
            except Exception as error:
                logger.debug("Failed to load input example from model metadata: %s.", error)
                self._example = None
        return self._example

    @input_example.setter
    def input_example(self, value: Any) -> None:
        self._example = value

    @property
    def model_config(self) -> dict[str, Any]:
        """The settings that it was loaded with: its own, and what load_model was given instead."""
        return self._config

    @property
    def loader_module(self) -> str | None:
        return self._flavor.get("loader_module")

    @property
    def model_dir(self) -> str:
        """Where its files are."""
        return str(self._told["model_dir"])

    @property
    def environment(self) -> dict[str, str | None]:
        """The folder of the environment it runs in, None for this process's own, and its Python."""
        return {"path": self._told.get("env") or None, "python": self._told.get("python")}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PyFuncModel) and self._metadata == other._metadata

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        told = (
            ("artifact_path", self._metadata.artifact_path),
            ("flavor", self.loader_module),
            ("run_id", self._metadata.run_id),
        )
        lines = [f"  {key}: {_scalar(text)}\n" for key, text in told if text is not None]
        return "mlflow.pyfunc.loaded_model:\n" + "".join(lines)

    # ---- its end ----

    def close(self) -> None:
        """Ends the model's process, if it has one; a later predict starts another."""
        if isinstance(self._implementation, Runner):
            self._implementation.close()

    def __enter__(self) -> PyFuncModel:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()

    def __deepcopy__(self, memo: Any) -> PyFuncModel:
        """The same model, loaded once more."""
        return PyFuncModel(self._told, copy.deepcopy(self._implementation, memo))

    def __reduce__(self) -> Any:
        if isinstance(self._implementation, Runner):
            return PyFuncModel, (self._told, self._implementation)
        raise TypeError("a model in this process cannot be pickled; its URI can be loaded again")


def _overridden(config: dict[str, Any] | None, *given: str | None) -> dict[str, Any]:
    """Settings that it has are replaced, by JSON; others are ignored."""
    settings = dict(config or {})
    for text in given:
        settings.update({k: v for k, v in json.loads(text or "{}").items() if k in settings})
    return settings


_WORDS = frozenset(["true", "false", "yes", "no", "on", "off", "null", "y", "n"])


def _scalar(text: str) -> str:
    """As YAML: plain where it can be taken for nothing but text."""
    plain = re.fullmatch(r"[A-Za-z][\w./-]*|[0-9]+[A-Za-z_-][\w/-]*", text, re.ASCII)
    number = re.fullmatch(r"0[xb][0-9a-f_]*|[0-9_]*|[0-9]{4}-[0-9]+-.*", text)
    if plain and not number and text.lower() not in _WORDS:
        return text
    return "'" + text.replace("'", "''") + "'" if text.isprintable() else json.dumps(text)
