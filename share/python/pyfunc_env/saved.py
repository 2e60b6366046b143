# saved.py - the input example that a model was saved with, read back
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import os
from typing import Any

from . import errors, frames

# What MLmodel calls an example, and the key of the request that it is read as.
_REQUESTS = {"dataframe": "dataframe_split", "ndarray": "inputs"}
_SPARSE = {"sparse_matrix_csc": "csc_matrix", "sparse_matrix_csr": "csr_matrix"}
_AS_IT_IS = "json_object"


def example(folder: str, info: dict[str, Any] | None, signature: dict[str, Any]) -> Any:
    """The example's data; None where none was saved. The file that is missing is an OSError."""
    if info is None:
        return None
    kind = str(info.get("type"))
    if kind not in (*_REQUESTS, *_SPARSE, _AS_IT_IS):
        raise errors.ModelError(f"an input example of type {kind} cannot be read")
    whole = _content(folder, info)
    data = whole["inputs"] if _has_params(info) or info.get("format") == "tf-serving" else whole
    if kind in _SPARSE:
        return _sparse(_SPARSE[kind], data)
    if kind == _AS_IT_IS:
        return data
    inputs = None if signature.get("from_type_hint") else signature.get("inputs")
    codec = frames.codec()
    try:
        return codec.read_request(inputs, None, json.dumps({_REQUESTS[kind]: data}))[0]
    except codec.InputError as error:
        raise errors.InputError(f"the input example: {error}") from None


def params(folder: str, info: dict[str, Any] | None) -> dict[str, Any] | None:
    """The parameters that were given with it, if any were."""
    if info is None or not _has_params(info):
        return None
    given: dict[str, Any] = _content(folder, info)["params"]
    return given


def request(folder: str, info: dict[str, Any] | None) -> str | None:
    """The example as a scoring server takes it; None where there is no such form of it."""
    named = (info or {}).get("serving_input_path")
    if named is None:
        return None
    return _read(folder, str(named))


def _has_params(info: dict[str, Any]) -> bool:
    return bool(info.get("params"))


def _content(folder: str, info: dict[str, Any]) -> Any:
    return json.loads(_read(folder, str(info["artifact_path"])))


def _read(folder: str, named: str) -> str:
    """A file of the model's, and no other: its maker named it."""
    top = os.path.realpath(folder)
    path = os.path.realpath(os.path.join(top, named))
    if os.path.commonpath([top, path]) != top:
        raise errors.ModelError(f"the input example leads out of the model: {named}")
    with open(path, encoding="utf-8") as file:
        return file.read()


def _sparse(name: str, told: dict[str, Any]) -> Any:
    import scipy.sparse

    make = getattr(scipy.sparse, name)
    return make((told["data"], told["indices"], told["indptr"]), shape=tuple(told["shape"]))
