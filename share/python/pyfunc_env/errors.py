# errors.py - what can go wrong, a class for each of the program's exit statuses
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any


class Error(Exception):
    """Anything that the program or a model's process refused or failed at.

    `code` is the program's exit status, `kind` its name, `message` a sentence, and `hint` what may
    be done about it, or "". `stderr` has the last lines that were written there, if any were.
    """

    code = 70
    kind = "bug"

    def __init__(self, message: str, hint: str = "", stderr: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.stderr = stderr

    def __str__(self) -> str:
        text = self.message
        if self.hint:
            text += f" (hint: {self.hint})"
        if self.stderr:
            text += "\nThe last of what was written to stderr:\n" + self.stderr
        return text


class UsageError(Error, ValueError):
    """An argument, a URI or a name that there is not."""

    code, kind = 2, "usage"


class ModelError(Error):
    """A model, its environment's files or its signature are malformed."""

    code, kind = 3, "malformed"


class InputError(ModelError, ValueError):
    """Data or parameters that the model's signature does not take."""


class TransferError(Error):
    """A server could not be reached, or did not give what was asked for."""

    code, kind = 4, "transfer"


class IntegrityError(Error):
    """A digest, an archive or a signature is not what it has to be."""

    code, kind = 5, "integrity"


class NoSolutionError(Error):
    """There are no packages, or there is no Python, that satisfy all that the model needs."""

    code, kind = 6, "no-solution"


class LocalError(Error):
    """This machine: files, locks, space, permissions."""

    code, kind = 7, "io"


class ModelCodeError(Error):
    """The model's own code raised an exception in its environment.

    `type_name` is the exception's type there, `module` the type's module or the module that was not
    found, `stage` is what was done (start, import, load, input, predict, convert), and `traceback`
    its traceback as text.
    """

    code, kind = 8, "model-code"

    def __init__(self, message: str, hint: str = "", stderr: str = "", **told: str) -> None:
        super().__init__(message, hint, stderr)
        self.type_name = told.get("type_name", "")
        self.module = told.get("module", "")
        self.stage = told.get("stage", "")
        self.traceback = told.get("traceback", "")


class RunnerDied(ModelCodeError):
    """The model's process ended by itself, with `exit_status`, or was killed by `signal`."""

    exit_status: int | None = None
    signal: int | None = None


class LimitError(Error, TimeoutError):
    """A time or a limit that was set has been exceeded."""

    code, kind = 9, "limit"

    def __str__(self) -> str:
        return Error.__str__(self)


_CLASSES: dict[int, type[Error]] = {
    c.code: c
    for c in (
        UsageError,
        ModelError,
        TransferError,
        IntegrityError,
        NoSolutionError,
        LocalError,
        ModelCodeError,
        LimitError,
    )
}


class RemoteTraceback(Exception):
    """The cause of a ModelCodeError: the traceback in the model's process, as text."""

    def __str__(self) -> str:
        return "\n" + str(self.args[0])


def of_program(told: dict[str, Any], status: int, stderr: str = "") -> Error:
    """The error that the program wrote as a JSON object, or none, before it ended with `status`."""
    code = int(told.get("code", status))
    message = told.get("message") or f"pyfunc-env ended with status {status}"
    error = _CLASSES.get(code, Error)(message, told.get("hint", ""), stderr)
    if code not in _CLASSES:
        error.code = code
    return error


def of_model(told: dict[str, Any], stderr: str = "") -> Error:
    """The exception that a FAILED frame tells of."""
    stage = told.get("stage") or ""
    said = f"{told.get('kind')}: {told.get('message')}" if told.get("message") else told.get("kind")
    if stage == "input":
        return InputError(told.get("message") or str(said))
    error = ModelCodeError(
        f"the model failed in {stage}: {said}",
        stderr=stderr,
        type_name=told.get("kind") or "",
        module=told.get("module") or "",
        stage=stage,
        traceback=told.get("traceback") or "",
    )
    if error.traceback:
        error.__cause__ = RemoteTraceback(error.traceback)
    return error
