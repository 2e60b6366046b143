# uv.py - the requirements and the files of a project that uv manages
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from typing import Any, Callable

from . import errors

logger = logging.getLogger("pyfunc_env")

_EXPORT = ("export", "--no-dev", "--no-hashes", "--frozen")
_BARE = ("--no-header", "--no-emit-project", "--no-annotate")


def files_of(given: dict[str, Any]) -> str | None:
    """The project whose uv.lock goes into the model."""
    project = given["uv_project_path"]
    if project is None:
        for name in ("uv_groups", "uv_extras"):
            if given[name]:
                raise errors.UsageError(f"{name} are of a project: give its uv_project_path")
        return None
    wanted = os.environ.get("MLFLOW_LOG_UV_FILES", "true").lower() in ("true", "1")
    return os.fspath(project) if wanted else None


def requirements(given: dict[str, Any], default: Callable[[], list[str]]) -> tuple[Any, Any]:
    """What is required and what more: of a project where nothing else is asked for, as MLflow does
    it, what `uv export` tells and the default."""
    pip, extra = given["pip_requirements"], given["extra_pip_requirements"]
    if given["uv_project_path"] is None or pip is not None or given["conda_env"] is not None:
        return pip, extra
    exported = _export(given)
    if exported is None:
        return pip, extra
    if isinstance(extra, (str, os.PathLike)):
        extra = ["-r " + os.fspath(extra)]
    return [*sorted({*exported, *default()}), *(extra or [])], None


def _export(given: dict[str, Any]) -> list[str] | None:
    """Lines of requirements; None where uv cannot tell."""
    uv = shutil.which("uv")
    if uv is None:
        logger.warning("uv is not on PATH: requirements are found as without it")
        return None
    words = [word for name in given["uv_groups"] or () for word in ("--group", name)]
    words += [word for name in given["uv_extras"] or () for word in ("--extra", name)]
    told = subprocess.run(
        [uv, *_EXPORT, *words, *_BARE],
        cwd=given["uv_project_path"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode:
        raise errors.UsageError(f"uv export failed: {told.stderr.strip()}")
    lines = map(str.strip, told.stdout.splitlines())
    return [line for line in lines if line and not line.startswith("#")]
