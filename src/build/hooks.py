# hooks.py - one hook of a build backend (PEP 517), called within the build's own environment
# SPDX-License-Identifier: Apache-2.0
# Arguments: the hook, the backend, the file to answer into, the folder to build into, and those that the
# backend is to be imported from. The answer is JSON; null where the backend is without the hook.
import importlib
import json
import os
import sys
from typing import Any, List


def load(backend: str, folders: List[str]) -> Any:
    module, _, names = backend.partition(":")
    sys.path[:0] = folders
    found = importlib.import_module(module)
    place = os.path.realpath(getattr(found, "__file__", None) or "")
    if folders and not any(place.startswith(folder + os.sep) for folder in folders):
        raise ImportError("%s is not in backend-path" % module)
    for name in filter(None, names.split(".")):
        found = getattr(found, name)
    return found


def call(backend: Any, hook: str, folder: str) -> Any:
    function = getattr(backend, hook, None)
    if hook == "build_wheel":
        return backend.build_wheel(folder)
    if function is None:
        return None
    return list(function()) if hook == "get_requires_for_build_wheel" else function(folder)


def main(hook: str, backend: str, answer: str, folder: str, *path: str) -> None:
    result = call(load(backend, [os.path.realpath(one) for one in path]), hook, folder)
    with open(answer, "w", encoding="utf-8") as f:
        json.dump(result, f)


main(*sys.argv[1:])
