# dependencies.py - get_model_dependencies, with MLflow's answers and MLflow's lines
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile

from . import errors, program
from .metadata import ModelMetadata

logger = logging.getLogger("pyfunc_env.dependencies")

_EXCLUDED = "The following conda dependencies have been excluded"


def get_model_dependencies(model_uri: str, format: str = "pip") -> str:
    """The path of a file with the model's dependencies, to install them from.

    "pip" is the model's requirements.txt; of a model that has none, the pip section of its conda
    environment, in a new file. "conda" is the model's conda environment.
    """
    if format not in ("pip", "conda"):
        raise errors.UsageError(f"Illegal format argument '{format}'.")
    folder = fetch(model_uri)
    if format == "conda":
        return _conda_file(folder)
    path = os.path.join(folder, "requirements.txt")
    if not os.path.exists(path):
        path = _pip_section(folder)
    percent = "%" if _in_notebook() else ""
    logger.info(
        "To install the dependencies that were used to train the model, run the "
        "following command: '%spip install -r %s'.",
        percent,
        path,
    )
    return path


def fetch(model_uri: str, dst_path: str | None = None) -> str:
    """The folder that the model is in once it is here: in place or in the store, or else a copy.

    The copy is where MLflow puts it: below `dst_path`, which has to be there, by the URI's last
    part, or in `dst_path` itself where the URI is a registered model's.
    """
    uri = str(model_uri)
    folder = str(program.ask(["fetch", "-m", uri])["path"])
    if dst_path is None:
        return folder
    if not os.path.isdir(dst_path):
        raise errors.LocalError(f"{dst_path} is no folder", "dst_path has to be there already")
    last = "" if uri.startswith("models:") else os.path.basename(uri.rstrip("/"))
    copy = os.path.join(dst_path, last)
    try:
        shutil.copytree(folder, copy, dirs_exist_ok=True)
    except OSError as error:
        raise errors.LocalError(f"cannot copy the model to {copy}: {error}") from error
    return os.path.normpath(copy)


def _pip_section(folder: str) -> str:
    out, said = program.run(["deps", "-m", folder, "-f", "pip"], log=False)
    for note in said.notes:
        logger.log(logging.WARNING if note.startswith(_EXCLUDED) else logging.INFO, "%s", note)
    path = os.path.join(tempfile.mkdtemp(), "requirements.txt")
    with open(path, "wb") as f:
        f.write(out)
    return path


def _conda_file(folder: str) -> str:
    from .model import describe

    _, told = describe(folder)
    flavor = ModelMetadata(told["mlmodel"]).flavors.get("python_function", {})
    named = flavor.get("env")
    name = named.get("conda") if isinstance(named, dict) else named
    path = os.path.join(folder, str(name))
    if not name or not os.path.isfile(path):
        raise errors.ModelError(
            f"{folder}: there is no conda environment's file" + (f", {name}" if name else "")
        )
    return path


def _in_notebook() -> bool:
    """Whether this is an IPython kernel: one that is not imported is not running."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and "IPKernelApp" in getattr(shell, "config", {})
