# program.py - the program pyfunc-env: found, run, and what it says made into Python's terms
# SPDX-License-Identifier: Apache-2.0
"""It is looked for as $PYFUNC_ENV_PROGRAM, beside the package as `make install` lays them out,
beside this interpreter, and on PATH.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from . import errors

logger = logging.getLogger("pyfunc_env")

# How many of the last lines on stderr an exception shows, and how long one may be.
TAIL_LINES = 200
TAIL_WIDTH = 2000

_PLAIN = re.compile(r"pyfunc-env: ([a-z-]+): (.*)")
_LEVELS = {"warning": logging.WARNING, "note": logging.INFO}


def find() -> str:
    """The program's path."""
    named = os.environ.get("PYFUNC_ENV_PROGRAM")
    if named:
        return named
    # PREFIX/share/pyfunc-env/python/pyfunc_env/program.py
    prefix = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 4))
    beside = os.path.dirname(sys.executable or "")
    for path in (os.path.join(prefix, "bin", "pyfunc-env"), os.path.join(beside, "pyfunc-env")):
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    path_found = shutil.which("pyfunc-env")
    if path_found:
        return path_found
    raise errors.LocalError(
        "the program pyfunc-env is not installed",
        "name it in PYFUNC_ENV_PROGRAM, or put it on PATH",
    )


# Had while a process is started. What another thread forks meanwhile would have its pipes, and
# whoever reads them would wait until that child ends as well.
unforked = threading.RLock()
_FORK_WAITS = 3.0  # seconds, at most


def _fork_on() -> None:
    with contextlib.suppress(RuntimeError):  # it did not get it
        unforked.release()


def _fork_on_in_child() -> None:
    global unforked
    unforked = threading.RLock()  # whoever had it


os.register_at_fork(
    before=lambda: unforked.acquire(timeout=_FORK_WAITS),
    after_in_parent=_fork_on,
    after_in_child=_fork_on_in_child,
)


class Messages:
    """What comes on stderr, line by line: the program's own messages, and the rest's tail."""

    def __init__(self, log: bool = True) -> None:
        self.log = log
        self.own = True  # what looks like the program's messages is
        self.error: dict[str, Any] = {}
        self.notes: list[str] = []
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)

    def take(self, line: str) -> None:
        told = self._parse(line) if self.own else {}
        kind = told.get("kind")
        if kind == "error":
            self.error = told
        elif kind in _LEVELS:
            self.notes.append(told["message"])
            if self.log:
                logger.log(_LEVELS[kind], "%s", told["message"])
        else:
            self._tail.append(line[:TAIL_WIDTH])
            logger.debug("%s", line)

    def tail(self) -> str:
        return "\n".join(list(self._tail))

    @staticmethod
    def _parse(line: str) -> dict[str, Any]:
        if line.startswith('{"schema":"pyfunc-env/1"'):
            try:
                told = json.loads(line)
            except ValueError:
                return {}
            return told if isinstance(told, dict) and "message" in told else {}
        plain = _PLAIN.match(line)
        if not plain:
            return {}
        kind, message = plain.groups()
        return {"kind": kind if kind in _LEVELS else "error", "message": message}


def run(
    arguments: Sequence[str], timeout: float | None = None, log: bool = True
) -> tuple[bytes, Messages]:
    """Runs the program to its end: what it printed, and what it said. Raises its error.

    Warnings and notes go to the logger, unless the caller is to tell them.
    """
    argv = [find(), *arguments]
    try:
        with unforked:
            process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
    except OSError as error:
        raise errors.LocalError(f"cannot run {argv[0]}: {error.strerror}") from error
    messages = Messages(log)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        raise errors.LimitError(
            f"pyfunc-env {arguments[0]} did not end within {timeout:g} s"
        ) from None
    finally:
        if process.poll() is None:  # an interrupted one, too
            process.terminate()
            process.communicate()
    for line in err.decode("utf-8", "replace").splitlines():
        messages.take(line)
    if process.returncode:
        raise errors.of_program(messages.error, process.returncode, messages.tail())
    return out, messages


def ask(arguments: Sequence[str]) -> dict[str, Any]:
    """The object that a command prints with --json."""
    out, _ = run([*arguments, "--json"])
    told = json.loads(out)
    assert isinstance(told, dict)
    return told


def save_trial(arguments: Sequence[str], folder: str) -> str:
    """A model in `folder`, of these arguments of `save`, that requires nothing: to be loaded by
    this interpreter, and thrown away."""
    nothing, model = os.path.join(folder, "nothing.txt"), os.path.join(folder, "trial")
    open(nothing, "w").close()
    words = ["--pip-requirements", nothing, "--python", sys.executable, "-o", model]
    run(["save", *arguments, *words], log=False)
    return model


_runner_folders: dict[str, str] = {}


def runner_folder() -> str:
    """The folder of _pfr.so, which the program knows; asked for once."""
    named = os.environ.get("PYFUNC_ENV_RUNNER_DIR")
    if named:
        return named
    path = find()
    if path not in _runner_folders:
        _runner_folders[path] = str(ask(["version"])["runner"])
    return _runner_folders[path]


def options(**given: Any) -> list[str]:
    """Options of the command line: None and False are left out, a list is repeated."""
    argv: list[str] = []
    for name, value in given.items():
        option = "--" + name.replace("_", "-")
        if value is None or value is False:
            continue
        if value is True:
            argv.append(option)
        elif isinstance(value, dict):
            argv += [word for k, v in value.items() for word in (option, f"{k}={v}")]
        elif isinstance(value, Iterable) and not isinstance(value, str):
            argv += [word for v in value for word in (option, str(v))]
        else:
            argv += [option, str(value)]
    return argv
