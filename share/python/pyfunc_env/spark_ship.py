# spark_ship.py - how a model gets from the driver to the executors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import atexit
import functools
import hashlib
import os
import shutil
import tarfile
import tempfile
from typing import Any, Callable

from . import errors

_WAYS = ("auto", "path", "files", "uri")
_sent: dict[tuple[str, str], dict[str, str]] = {}  # (application, folder and its state): the place


def is_here(spark: Any) -> bool:
    """Do the executors run on this machine, and see its files?"""
    return _master(spark).startswith("local")


def place(spark: Any, ship: str, uri: str, folder: str) -> dict[str, str]:
    """Where workers find the model: {"uri"}, or {"file", "sha256"} of SparkFiles."""
    if ship not in _WAYS:
        raise errors.UsageError(f"ship is one of {', '.join(_WAYS)}, not {ship!r}")
    if ship == "auto":
        ship = "path" if is_here(spark) else "files"
    if ship == "uri":
        return {"uri": uri}
    if ship == "path":
        return {"uri": folder}
    context = _context(spark)
    owner = spark.session_id if context is None else context.applicationId
    key = (str(owner), folder + _state(folder))
    if key not in _sent:
        add = context.addFile if context else functools.partial(spark.addArtifacts, file=True)
        _sent[key] = _send(add, folder)
    return _sent[key]


def _master(spark: Any) -> str:
    context = _context(spark)
    return str(context.master) if context is not None else ""


def _context(spark: Any) -> Any:
    try:
        return spark.sparkContext
    except Exception:  # Spark Connect has the attribute, and raises an error of its own
        return None


def _state(folder: str) -> str:
    """Changes when a file in it does."""
    hashed = hashlib.sha256()
    for path, _ in _files(folder):
        told = os.stat(path)
        hashed.update(f"{path}\0{told.st_size}\0{told.st_mtime_ns}\n".encode())
    return hashed.hexdigest()


def _files(folder: str) -> list[tuple[str, str]]:
    """(path, name below the folder), in an order that is always the same."""
    found = []
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            found.append((path, os.path.relpath(path, folder)))
    return sorted(found, key=lambda pair: pair[1])


def _send(add: Callable[[str], None], folder: str) -> dict[str, str]:
    """A tar of it in SparkFiles, the same for the same content, under its digest's name."""
    aside = tempfile.mkdtemp(prefix="pyfunc-env-")
    atexit.register(shutil.rmtree, aside, True)  # Spark hands it out from where it lies
    path = os.path.join(aside, "model.tar")
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT, dereference=True) as tar:
        for source, name in _files(folder):
            about = tar.gettarinfo(source, name)
            about.mtime, about.uid, about.gid, about.uname, about.gname = 0, 0, 0, "", ""
            about.mode = 0o755 if about.mode & 0o100 else 0o644
            with open(source, "rb") as file:
                tar.addfile(about, file)
    digest = _sha256(path)
    name = f"pyfunc-env-{digest}.tar"
    named = os.path.join(aside, name)
    os.rename(path, named)
    add(named)
    return {"file": name, "sha256": digest}


def _sha256(path: str) -> str:
    hashed = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            hashed.update(block)
    return hashed.hexdigest()
