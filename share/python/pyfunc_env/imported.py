# imported.py - the files of Python beside us that loading a model imports
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

from . import errors, program

# In a process of its own: what loading imports, by its name, and where that lies.
_LOAD = """
import json, sys
told = json.load(sys.stdin)
sys.path[:] = told["path"]
before = set(sys.modules)
import pyfunc_env
pyfunc_env.load_model(told["model"], suppress_warnings=True)
found = {n: getattr(m, "__file__", None) for n, m in list(sys.modules.items()) if n not in before}
with open(told["out"], "w") as out:
    json.dump(found, out)
"""


def used_by(argv: list[str], folder: str) -> list[str]:
    """Of the model that these arguments of `save` make: a copy of what it imports from the working
    folder, as MLflow's infer_code_paths has it, as items of code_paths."""
    model, out = program.save_trial(argv, folder), os.path.join(folder, "modules.json")
    told = {"path": sys.path, "model": model, "out": out}
    process = subprocess.run(
        [sys.executable, "-c", _LOAD],
        input=json.dumps(told),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if process.returncode:
        last = process.stderr.strip().rpartition("\n")[2]
        raise errors.UsageError(f"infer_code_paths: the model could not be loaded: {last}")
    with open(out, encoding="utf-8") as f:
        modules = json.load(f)
    copy = os.path.join(folder, "code")
    os.mkdir(copy)
    for name, path in modules.items():
        _copy(name, path, copy)
    return [os.path.join(copy, name) for name in sorted(os.listdir(copy))]


def _copy(name: str, path: str | None, copy: str) -> None:
    stem = name.replace(".", os.sep)
    for below in (stem + ".py", os.path.join(stem, "__init__.py")):
        if path is not None and os.path.exists(below) and os.path.samefile(path, below):
            os.makedirs(os.path.dirname(os.path.join(copy, below)), exist_ok=True)
            shutil.copyfile(below, os.path.join(copy, below))
