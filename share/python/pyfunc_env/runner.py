# runner.py - a model in a process of its own environment: started, asked, ended
# SPDX-License-Identifier: Apache-2.0
"""The process is started by `pyfunc-env worker`, which becomes the environment's interpreter;
frames go over a socket that nobody else has. One Runner is for one process of Python: a forked
child, and one that a Runner was pickled to, starts its own.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from . import errors, frames, program
from .process import Process, running


class Timeouts(NamedTuple):
    """Seconds to make or find the environment in, to load, and for a prediction; None: no limit."""

    environment: float | None = None
    load: float | None = None
    predict: float | None = None


class Runner:
    """A model, loaded in its own environment, asked by `predict` from any thread in turn.

    `options` are those of `pyfunc-env worker`, as keywords: env_manager, python, store, loader,
    model_config (a dict, or a file's name), env (a dict), lock, as_of, offline=True, ... `environ`
    are the variables that the program is started with, in place of this process's.
    """

    def __init__(
        self,
        model_uri: str,
        timeouts: Timeouts | None = None,
        environ: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        self.model_uri = str(model_uri)
        self.environ = None if environ is None else dict(environ)
        self.timeouts = Timeouts(*timeouts) if timeouts else Timeouts()
        self.options = options
        self._told: dict[str, Any] = {}
        self._made_anew()
        _runners.add(self)

    def _made_anew(self) -> None:
        self._process: Process | None = None
        self._lock = threading.Lock()
        self._holder: int | None = None  # the thread that has it, maybe for a stream's time

    def __reduce__(self) -> Any:
        return _again, (type(self), self.model_uri, self.timeouts, self.environ, self.options)

    # ---- start ----

    def start(self) -> dict[str, Any]:
        """Starts the process unless it runs; what the program told of the model (a LOAD frame)."""
        self._in_turn(self._running)
        return self._told

    def _in_turn(self, work: Callable[[], Any]) -> Any:
        """What `work` gives, while no other thread asks."""
        self._may_wait()
        with self._lock:
            try:
                self._holder = threading.get_ident()
                return work()
            finally:
                self._holder = None

    @property
    def pid(self) -> int | None:
        """The number of the process, while there is one."""
        process = self._process
        return process.pid if process and process.alive() else None

    def _running(self) -> Process:
        process = self._process
        if process is not None:
            if process.usable():
                return process
            self._drop(process)
        options = dict(self.options)
        if isinstance(options.get("model_config"), dict):
            options["model_config"] = json.dumps(options["model_config"])
        argv = ["worker", "-m", self.model_uri, "--json", *program.options(**options)]
        # Known before there is anything: whatever is left in the middle, the next call ends it.
        self._process = process = Process(argv, self.environ)
        try:
            process.start()
            self._load(process)
        except BaseException:
            self._drop(process)
            raise
        return process

    def _load(self, process: Process) -> None:
        codec = frames.codec()
        _, body = process.ask(
            lambda fd: codec.receive_bytes(fd, self.timeouts.environment),
            "make the model's environment",
            self.timeouts.environment,
        )
        process.described = True
        self._told = codec.decode(body)

        def load(fd: int) -> Any:
            codec.send_bytes(fd, frames.LOAD, body, self.timeouts.load)
            return codec.receive(fd, self.timeouts.load)

        kind, told = process.ask(load, "load the model", self.timeouts.load)
        if kind == frames.FAILED:
            process.end()
            raise errors.of_model(told, process.messages.tail())
        process.loaded = True
        process.messages.own = False

    # ---- ask ----

    def predict(self, data: Any, params: dict[str, Any] | None = None, result: Any = None) -> Any:
        """The model's answer to `data`, with the types it has there.

        What the model raises is a ModelCodeError, and the process goes on; one that dies or is too
        slow raises RunnerDied or LimitError, and the next call starts another.
        """
        request = {"data": data, "params": params, "stream": False, "exact": True, "result": result}
        seconds = self.timeouts.predict
        codec = frames.codec()

        def ask() -> Any:
            process = self._running()
            return self._asked(
                process, lambda fd: codec.exchange(fd, frames.PREDICT, request, seconds)
            )

        kind, answer = self._in_turn(ask)
        if kind == frames.FAILED:
            raise errors.of_model(answer)
        return answer

    def stream(self, data: Any, params: dict[str, Any] | None = None) -> Iterator[Any]:
        """The pieces that the model's predict_stream yields, as they come."""
        request = {"data": data, "params": params, "stream": True, "exact": True, "result": None}
        seconds = self.timeouts.predict
        codec = frames.codec()
        self._may_wait()
        with self._lock:
            process = None
            try:
                self._holder = threading.get_ident()
                process = self._running()
                process.turn.acquire(blocking=False)
                kind, piece = self._asked(
                    process, lambda fd: codec.exchange(fd, frames.PREDICT, request, seconds), False
                )
                while kind == frames.PIECE:
                    yield piece
                    kind, piece = self._asked(process, lambda fd: codec.receive(fd, seconds), False)
                    if kind == frames.SPENT:
                        kind, piece = self._asked(
                            process, lambda fd: codec.receive(fd, seconds), False
                        )
                process.turn.release()
            finally:
                self._holder = None
                if process and process.turn.locked():
                    self._drop(process)  # the rest cannot be told from the next answer
        if kind == frames.FAILED:
            raise errors.of_model(piece)

    def _asked(self, process: Process, exchange: Any, last: bool = True) -> Any:
        try:
            return process.ask(exchange, "predict", self.timeouts.predict, last)
        except BaseException:
            if process.turn.locked():
                self._drop(process)
            raise

    def _may_wait(self) -> None:
        """A thread that reads its stream, or asks and runs a signal's handler or a finalizer, must
        not wait for the lock that it has itself; nor anybody for a thread that Python's end has
        stopped."""
        if sys.is_finalizing():
            raise errors.LocalError("Python ends: no model can be asked any more")
        if self._is_holding():
            raise errors.UsageError(
                "the model's stream is still read, or it is asked, by this thread",
                "close the iterator first",
            )

    def _is_holding(self) -> bool:
        return self._holder == threading.get_ident() and self._lock.locked()

    # ---- end ----

    def _drop(self, process: Process) -> None:
        process.kill()
        if self._process is process:
            self._process = None

    def close(self) -> None:
        """Ends the process, which is given time to finish; a later predict starts another."""
        if sys.is_finalizing():
            return  # it ends with this one
        if not self._is_holding():
            self._in_turn(self._end)
        elif self._process:
            self._process.kill(asked=True)  # whoever reads on is told that it is gone

    def _end(self) -> None:
        if self._process:
            self._process.end()
            self._process = None

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()

    def __del__(self, is_finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
        process = self.__dict__.get("_process")
        if process and not is_finalizing():  # else its thread, stopped anywhere, keeps its lock
            process.kill()


def _again(kind: type[Runner], *given: Any) -> Runner:
    *positional, options = given
    return kind(*positional, **options)


# ---- all that this process of Python has ----

_runners: weakref.WeakSet[Runner] = weakref.WeakSet()


def _forget_in_child() -> None:
    for process in list(running):
        process.forget()
    running.clear()
    for runner in list(_runners):
        runner._made_anew()


def _end_all() -> None:
    told = []
    for process in list(running):
        if process.loaded and process.say_bye():
            told.append(process)
        else:  # in the middle of a thread's prediction
            process.kill(asked=True)
    for process in told:
        process.end()


os.register_at_fork(after_in_child=_forget_in_child)
atexit.register(_end_all)
