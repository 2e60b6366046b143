# log.py - models put on a tracking server
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

from . import errors, program
from .info import ModelInfo
from .save import take_older, write

logger = logging.getLogger("pyfunc_env")


def _run_of_mlflow() -> str | None:
    """The run that is active in this process."""
    mlflow = sys.modules.get("mlflow")
    run = mlflow.active_run() if mlflow and hasattr(mlflow, "active_run") else None
    return run.info.run_id if run else None


def log_model(
    artifact_path: str | None = None,
    loader_module: str | None = None,
    data_path: str | os.PathLike[str] | None = None,
    code_path: list[Any] | None = None,
    conda_env: Any = None,
    python_model: Any = None,
    artifacts: dict[str, Any] | None = None,
    registered_model_name: str | None = None,
    signature: Any = None,
    input_example: Any = None,
    await_registration_for: int | None = None,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    metadata: dict[str, Any] | None = None,
    model_config: Any = None,
    streamable: bool | None = None,
    resources: dict[str, Any] | None = None,
    auth_policy: dict[str, Any] | None = None,
    *,
    name: str | None = None,
    code_paths: list[Any] | None = None,
    infer_code_paths: bool = False,
    uv_project_path: str | os.PathLike[str] | None = None,
    uv_groups: list[str] | None = None,
    uv_extras: list[str] | None = None,
    prompts: list[Any] | None = None,
    run_id: str | None = None,
    experiment: str | None = None,
    aliases: Iterable[str] = (),
    params: dict[str, Any] | None = None,
    tags: dict[str, Any] | None = None,
    model_type: str | None = None,
    step: int = 0,
    model_id: str | None = None,
    lock: bool = False,
    record: bool = False,
    **kwargs: Any,
) -> ModelInfo:
    """Writes a model and puts it on the tracking server of $MLFLOW_TRACKING_URI.

    Into the run `run_id`, else MLflow's active one, else $MLFLOW_RUN_ID, else a new one, which is
    ended. It is waited for its registration in any case (`await_registration_for`). `params`, a
    `model_type` and a `step` are recorded by MLflow 3; `model_id` is of a logged model that is
    there and has no files yet.
    """
    given = dict(locals())
    del given["kwargs"]
    take_older(kwargs, given, "log_model")
    given["mlflow_model"] = None
    words = program.options(
        artifact_path=artifact_path,
        name=name,
        registered_model_name=registered_model_name,
        run_id=run_id or _run_of_mlflow(),
        experiment=experiment,
        alias=list(aliases),
        tag=tags or {},
        param=params or {},
        model_type=model_type,
        step=step or None,
        model_id=model_id,
    )
    client = _client_for(prompts)
    with tempfile.TemporaryDirectory(prefix="pyfunc_env.") as folder:
        path = os.path.join(folder, "model")
        mlmodel = write(path, given)
        told = program.ask(["log", path, *words])
    info = ModelInfo(mlmodel, told, name or artifact_path or "model")
    for prompt in prompts or ():
        _link(client, prompt, info)
    _log_config(info)
    return info


def _log_config(info: ModelInfo) -> None:
    """As MLflow does: what the model is configured by are parameters of the run that is active."""
    config = (info.flavors.get("python_function") or {}).get("config")
    if not config or info.run_id is None or info.run_id != _run_of_mlflow():
        return
    try:
        sys.modules["mlflow"].log_params(dict(_flat(config, "")))
    except Exception as error:
        logger.warning("Failed to log model config as params: %s", error)


def _flat(config: dict[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    for key, value in config.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}/")
        else:
            yield above + str(key), value


def _client_for(prompts: list[Any] | None) -> Any:
    """Of MLflow, whose registry prompts are of."""
    if not prompts:
        return None
    try:
        from mlflow import MlflowClient
    except ImportError:
        raise errors.UsageError("prompts are MLflow's to link, which is not installed") from None
    return MlflowClient()


def _link(client: Any, prompt: Any, info: ModelInfo) -> None:
    if isinstance(prompt, str):
        prompt = client.load_prompt(prompt)
    if info.run_id:
        client.link_prompt_version_to_run(info.run_id, prompt)
    client.link_prompt_version_to_model(prompt.name, prompt.version, info.model_id)
