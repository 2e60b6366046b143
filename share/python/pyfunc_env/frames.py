# frames.py - the extension _pfr, which values and frames are written and read by, and Table
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import sys
import threading
from typing import Any

from . import errors, program

# Kinds of frames: src/data/frame.h.
LOAD, LOADED, PREDICT, RAW, ANSWER, FAILED, BYE, SPENT, GONE = range(1, 10)
PIECE = 14
HEADER = 16  # bytes before a body

_lock = threading.RLock()  # by a signal's handler, too
_loaded: Any = None


class Table:
    """Columns without a data frame: what Arrow's batches are sent as.

    `names` are text or integers, `columns` one-dimensional arrays or lists, all of `rows` items.
    """

    __slots__ = ("columns", "names", "rows")

    def __init__(self, names: list[Any], columns: list[Any], rows: int | None = None) -> None:
        if len(names) != len(columns):
            raise ValueError(f"{len(names)} names for {len(columns)} columns")
        self.names = names
        self.columns = columns
        self.rows = rows if rows is not None else len(columns[0]) if columns else 0

    def __repr__(self) -> str:
        return f"<Table of {self.rows} rows, columns {self.names!r}>"


def codec() -> Any:
    """The extension, loaded from where the program has it: one for every CPython."""
    global _loaded
    if _loaded is not None:
        return _loaded
    with _lock:
        if _loaded is None:
            # In a model's process it is there already, being what runs it.
            _loaded = sys.modules.get("_pfr") or _load(program.runner_folder())
    return _loaded


def _load(folder: str) -> Any:
    from importlib.machinery import ExtensionFileLoader
    from importlib.util import module_from_spec, spec_from_loader

    path = os.path.join(folder, "_pfr.so")
    loader = ExtensionFileLoader("_pfr", path)
    spec = spec_from_loader("_pfr", loader, origin=path)
    if spec is None:
        raise errors.LocalError(f"cannot load {path}")
    try:
        module = module_from_spec(spec)
        loader.exec_module(module)
    except ImportError as error:
        raise errors.LocalError(f"cannot load {path}: {error}") from error
    return module


def _free_in_child() -> None:
    """Of the lock that another thread had when the process was forked."""
    global _lock
    _lock = threading.RLock()


os.register_at_fork(after_in_child=_free_in_child)
