# save.py - models written, and MLmodel files added to
# SPDX-License-Identifier: Apache-2.0
"""What is written is the program's business (`pyfunc-env save`, `add`): here objects become
the files that it reads. Arguments are those of MLflow's functions, of its first releases and of
MLflow 3.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
import tempfile
from typing import Any

from . import asked, custom, errors, examples, hub, imported, kinds, program, uv
from .model import load_model

logger = logging.getLogger("pyfunc_env")


class _Writing:
    """The arguments of one model on their way to the command line."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.argv: list[str] = []

    def add(self, option: str, value: Any) -> None:
        if value is not None:
            self.argv += ["--" + option, os.fspath(value)]

    def add_file(self, option: str, name: str, text: str) -> None:
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        self.add(option, path)

    def add_json(self, option: str, name: str, value: Any) -> None:
        if value is not None:
            self.add_file(option, name, json.dumps(value, default=examples.plain))

    def add_map(self, option: str, name: str, value: Any) -> None:
        """A dict, or the path of a file of it."""
        if isinstance(value, dict):
            self.add_json(option, name, value)
        else:
            self.add(option, value)


def take_older(kwargs: dict[str, Any], given: dict[str, Any], name: str) -> None:
    """What is left of the keywords: the first releases' name of mlflow_model, or nothing."""
    if "model" in kwargs and "mlflow_model" in given:
        given["mlflow_model"] = kwargs.pop("model")
    if kwargs:
        raise TypeError(f"{name}() got unexpected keyword arguments: {kwargs}")


def _code_paths(given: dict[str, Any]) -> list[Any]:
    code_path, code_paths = given["code_path"], given["code_paths"]
    if code_path is not None and code_paths is not None:
        raise errors.UsageError("code_path is the older name of code_paths: give one of them")
    named = code_path if code_paths is None else code_paths
    if named is not None and not isinstance(named, list):
        raise TypeError(f"Argument code_paths should be a list, not {type(named)}")
    if named and given["infer_code_paths"]:
        raise errors.UsageError(
            "If 'infer_code_path' is set to True, 'code_paths' param cannot be set."
        )
    return named or []


def _requirements(w: _Writing, pip: Any, extra: Any) -> None:
    if pip is not None and not pip and not isinstance(pip, str):
        w.add_file("pip-requirements", "requirements.txt", "")  # nothing but MLflow
    elif isinstance(pip, (str, os.PathLike)):
        w.add("pip-requirements", pip)
    else:
        for line in pip or []:
            w.add("pip-requirement", line)
    if isinstance(extra, (str, os.PathLike)):
        extra = ["-r " + os.fspath(extra)]
    for line in extra or []:
        w.add("extra-pip-requirement", line)


def _artifacts(w: _Writing, artifacts: dict[str, Any] | None) -> None:
    for name, uri in (artifacts or {}).items():
        w.add("artifact", f"{name}={os.fspath(uri)}")


def _check_config(config: Any) -> None:
    named = isinstance(config, (str, os.PathLike))
    if config is None or named or (isinstance(config, dict) and all(map(_is_text, config))):
        return
    raise errors.UsageError(
        "An invalid ``model_config`` structure was passed. ``model_config`` must be a valid file "
        "path or of type ``dict`` with string keys."
    )


def _is_text(key: Any) -> bool:
    return isinstance(key, str)


def _python_model(w: _Writing, given: dict[str, Any]) -> None:
    model = given["python_model"]
    _artifacts(w, given["artifacts"])
    given["artifacts"], copies = hub.fetched(given["artifacts"], w.folder)
    for name, path in copies.items():
        w.add("artifact-copy", f"{name}={path}")
    if isinstance(model, (str, os.PathLike)):
        _check_script(model)
        w.add("model-code", model)
        _ask_script(w, given)
        return
    if model is None:
        return
    custom.check_kind(model)
    if (
        callable(model)
        and not hasattr(model, "predict")
        and all(given[k] is None for k in ("input_example", "pip_requirements"))
        and given["extra_pip_requirements"] is None
    ):
        raise errors.UsageError(
            "If `python_model` is a callable object, at least one of `input_example`, "
            "`pip_requirements`, or `extra_pip_requirements` must be specified."
        )
    function, model = model, custom.as_model(model)
    if not hasattr(model, "predict") or not hasattr(model, "load_context"):
        raise errors.UsageError(
            "`python_model` must be a PythonModel instance, callable object, or path to a script "
            f"that uses set_model() to set a PythonModel instance or callable object, not "
            f"{type(model).__name__}"
        )
    asked.fill(model, given, None if model is function else function)
    kind = kinds.name_of(model)
    w.add("model-kind", kind and kinds.word_of(kind))
    path = os.path.join(w.folder, "python_model.pkl")
    custom.dump(custom.as_model(function), path)  # a wrapper that was not asked yet
    w.add("python-model", path)


def _check_script(path: str | os.PathLike[str]) -> None:
    if not os.path.exists(path):
        raise errors.UsageError(
            f"The provided model path '{os.fspath(path)}' does not exist. Ensure the file path is "
            "valid and try again."
        )
    if not os.fspath(path).endswith(".py"):  # which nothing would import
        raise errors.UsageError(f"`python_model` is no Python file: {os.fspath(path)}")


def _ask_script(w: _Writing, given: dict[str, Any]) -> None:
    """The model that the script makes is asked for its signature, as another is."""
    if not asked.can_load():
        if given["signature"] is None and given["input_example"] is not None:
            logger.warning("no signature is inferred: MLflow loads such a script, and is not here")
        return
    w.add_map("model-config", "config.json", given["model_config"])
    try:
        loaded = load_model(program.save_trial(w.argv, w.folder), suppress_warnings=True)
        model = asked.loaded_object(loaded)
    except Exception as error:
        logger.warning("no signature is inferred: the model could not be loaded: %r", error)
    else:
        asked.fill(model, given)
    finally:
        shutil.rmtree(os.path.join(w.folder, "trial"), ignore_errors=True)


def _keys(mlflow_model: Any, given: dict[str, Any]) -> dict[str, Any] | None:
    """Of an object of MLflow's: what its MLmodel would have. Keys that are given count more."""
    keys: dict[str, Any] = {}
    if mlflow_model is not None:
        keys = mlflow_model if isinstance(mlflow_model, dict) else mlflow_model.to_dict()
        keys = {k: v for k, v in keys.items() if v is not None}
    if given["resources"] is not None and given["auth_policy"] is not None:
        raise errors.UsageError("Only one of `resources`, and `auth_policy` can be specified.")
    for name in ("resources", "auth_policy"):
        if given[name] is not None:
            keys[name] = _of_mlflow(name, given[name])
    if given.get("prompts"):
        keys["prompts"] = [getattr(prompt, "uri", prompt) for prompt in given["prompts"]]
    return keys or None


def _of_mlflow(name: str, value: Any) -> Any:
    """The dict that MLmodel has: of MLflow's objects, or of its file of resources, by MLflow."""
    if isinstance(value, dict):
        return value
    try:
        from mlflow.models import Model

        told = getattr(Model(**{name: value}), name)
    except (ImportError, TypeError) as error:
        raise errors.UsageError(
            f"{name} is the dict that MLmodel has under that name, or an object of MLflow's, "
            f"which is to be installed, in version 2.21 or later ({error})"
        ) from error
    return told.to_dict() if hasattr(told, "to_dict") else told


def _update(mlflow_model: Any, mlmodel: dict[str, Any]) -> None:
    """The caller's object knows what was saved, as with MLflow."""
    if isinstance(mlflow_model, dict):
        mlflow_model.update(mlmodel)
    elif hasattr(type(mlflow_model), "from_dict"):
        mlflow_model.__dict__.update(type(mlflow_model).from_dict(mlmodel).__dict__)


def write(path: str, given: dict[str, Any]) -> dict[str, Any]:
    """Writes the model; what its MLmodel holds."""
    with tempfile.TemporaryDirectory(prefix="pyfunc_env.") as folder:
        w = _Writing(folder)
        code_paths = _code_paths(given)
        _check_config(given["model_config"])
        w.add("loader-module", given["loader_module"])
        w.add("data-path", given["data_path"])
        if given["loader_module"] is None and given["data_path"] is None:
            _python_model(w, given)
        else:  # both workflows are for the program to refuse: the model need not be pickled
            _artifacts(w, given["artifacts"])
            model = given["python_model"]
            w.add("model-code", None if model is None else str(model))
        if "--model-config" not in w.argv:  # loading it to ask it may have needed it already
            w.add_map("model-config", "config.json", given["model_config"])
        if given["infer_code_paths"]:
            code_paths = imported.used_by(w.argv, folder)
        for path_of_code in code_paths:
            w.add("code-path", path_of_code)
        w.add("uv-project", uv.files_of(given))
        w.add_map("conda-env", "conda.json", given["conda_env"])
        _requirements(w, *uv.requirements(given, get_default_pip_requirements))
        if given["signature"] is not None and given["signature"] is not False:
            w.add_file("signature", "signature.json", examples.signature_json(given["signature"]))
        if given["input_example"] is not None:
            w.add_file("input-example", "example.json", examples.to_json(given["input_example"]))
        w.add_json("metadata", "metadata.json", given["metadata"])
        w.add_json("mlmodel", "mlmodel.json", _keys(given["mlflow_model"], given))
        w.argv += program.options(
            streamable=given["streamable"] or None, lock=given["lock"], record=given["record"]
        )
        told = program.ask(["save", "--python", sys.executable, "-o", os.fspath(path), *w.argv])
    mlmodel = told["mlmodel"]
    assert isinstance(mlmodel, dict)
    if given["mlflow_model"] is not None:
        _update(given["mlflow_model"], mlmodel)
    return mlmodel


def save_model(
    path: str | os.PathLike[str],
    loader_module: str | None = None,
    data_path: str | os.PathLike[str] | None = None,
    code_path: list[Any] | None = None,
    conda_env: Any = None,
    mlflow_model: Any = None,
    python_model: Any = None,
    artifacts: dict[str, Any] | None = None,
    signature: Any = None,
    input_example: Any = None,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    metadata: dict[str, Any] | None = None,
    model_config: Any = None,
    streamable: bool | None = None,
    resources: dict[str, Any] | None = None,
    auth_policy: dict[str, Any] | None = None,
    *,
    code_paths: list[Any] | None = None,
    infer_code_paths: bool = False,
    uv_project_path: str | os.PathLike[str] | None = None,
    uv_groups: list[str] | None = None,
    uv_extras: list[str] | None = None,
    lock: bool = False,
    record: bool = False,
    **kwargs: Any,
) -> None:
    """Writes a model to the folder `path`, as MLflow's save_model does.

    Either `loader_module` and `data_path`, or `python_model` (a PythonModel, a function, or the
    path of a Python file that calls set_model) and `artifacts`. `lock` puts an exact lock of this
    interpreter's packages into the model, `record` the answer to `input_example`, which
    `pyfunc-env verify` compares with. `signature=False` keeps one from being inferred.
    """
    given = dict(locals())
    del given["kwargs"], given["path"]
    take_older(kwargs, given, "save_model")
    write(os.fspath(path), given)


def add_to_model(
    model: Any,
    loader_module: str,
    data: str | None = None,
    code: str | None = None,
    env: Any = None,
    conda_env: str | None = None,
    python_env: str | None = None,
    model_config: Any = None,
    model_code_path: str | None = None,
    **kwargs: Any,
) -> Any:
    """Adds the python_function flavor to a model: an MLmodel, its folder, or MLflow's object; which
    is returned.

    `env` is the first releases' name of `conda_env`, or a dict with both (conda, virtualenv).
    Further arguments become keys of the flavor.
    """
    if isinstance(env, dict):
        conda_env, python_env = env.get("conda", conda_env), env.get("virtualenv", python_env)
    elif env is not None:
        conda_env = os.fspath(env)
    if model_code_path is not None:
        kwargs["model_code_path"] = model_code_path
    in_memory = not isinstance(model, (str, os.PathLike))
    with tempfile.TemporaryDirectory(prefix="pyfunc_env.") as folder:
        w = _Writing(folder)
        w.argv = program.options(
            loader_module=loader_module,
            data=data,
            code=code,
            env=conda_env,
            python_env=python_env,
        )
        w.add_map("model-config", "config.json", model_config)
        more = [f"{k}={json.dumps(v, default=examples.plain)}" for k, v in kwargs.items()]
        path = os.path.join(folder, "MLmodel") if in_memory else os.fspath(model)
        if in_memory:  # its files are not there yet
            with open(path, "w", encoding="utf-8") as out:
                out.write("flavors: {}\n")
        argv = ["add", "--python", sys.executable, path, *w.argv, "--json", "--", *more]
        out_bytes, _ = program.run(argv, log=not in_memory)
        flavor = json.loads(out_bytes)["flavor"]
    if isinstance(model, dict):
        model.setdefault("flavors", {})["python_function"] = flavor
    elif in_memory:
        model.add_flavor("python_function", **flavor)
    return model


def _default() -> dict[str, Any]:
    """The environment of a model that names nothing, as the program writes it."""
    with tempfile.TemporaryDirectory(prefix="pyfunc_env.") as folder:
        path = os.path.join(folder, "model")
        argv = ["save", "--loader-module", "json", "--python", sys.executable, "-o", path]
        program.run(argv, log=False)
        return program.ask(["deps", path])


def get_default_pip_requirements() -> list[str]:
    """What a model needs at least besides MLflow: cloudpickle, in the version that is installed."""
    return [line for line in _default()["pip"] if not line.startswith("mlflow")]


def get_default_conda_env() -> dict[str, Any]:
    """The conda environment of a model for which nothing is asked, as a dict."""
    told = _default()
    dependencies = ["python=" + told["python"], *told["conda"], {"pip": told["pip"]}]
    return {"name": "mlflow-env", "channels": told["channels"], "dependencies": dependencies}
