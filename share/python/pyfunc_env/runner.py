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
from .process import Process


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
        self._process: Process | None = None
        self._made_anew()
        _runners.add(self)

    def _made_anew(self) -> None:
        self._lock = threading.Lock()
        self._streaming: int | None = None  # the thread that reads a stream

    def __reduce__(self) -> Any:
        return _again, (type(self), self.model_uri, self.timeouts, self.environ, self.options)

    # ---- start ----

    def start(self) -> dict[str, Any]:
        """Starts the process unless it runs; what the program told of the model (a LOAD frame)."""
        self._not_streaming()
        with self._lock:
            self._running()
        return self._told

    @property
    def pid(self) -> int | None:
        """The number of the process, while there is one."""
        process = self._process
        return process.pid if process and process.alive() else None

    def _running(self) -> Process:
        process = self._process
        if process is not None:
            if process.alive():
                return process
            self._drop(process)
        options = dict(self.options)
        if isinstance(options.get("model_config"), dict):
            options["model_config"] = json.dumps(options["model_config"])
        argv = ["worker", "-m", self.model_uri, "--json", *program.options(**options)]
        process = Process(argv, self.environ)
        try:
            self._load(process)
        except BaseException:
            process.kill()
            raise
        self._process = process
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
        self._not_streaming()
        with self._lock:
            process = self._running()
            kind, answer = self._asked(
                process, lambda fd: codec.exchange(fd, frames.PREDICT, request, seconds)
            )
        if kind == frames.FAILED:
            raise errors.of_model(answer)
        return answer

    def stream(self, data: Any, params: dict[str, Any] | None = None) -> Iterator[Any]:
        """The pieces that the model's predict_stream yields, as they come."""
        request = {"data": data, "params": params, "stream": True, "exact": True, "result": None}
        seconds = self.timeouts.predict
        codec = frames.codec()
        self._not_streaming()
        with self._lock:
            process = self._running()
            done = False
            try:
                self._streaming = threading.get_ident()
                kind, piece = self._asked(
                    process, lambda fd: codec.exchange(fd, frames.PREDICT, request, seconds)
                )
                while kind == frames.PIECE:
                    yield piece
                    kind, piece = self._asked(process, lambda fd: codec.receive(fd, seconds))
                    if kind == frames.SPENT:
                        kind, piece = self._asked(process, lambda fd: codec.receive(fd, seconds))
                done = True
            finally:
                self._streaming = None
                if not done:  # the rest is not wanted, and cannot be told from the next answer
                    self._drop(process)
        if kind == frames.FAILED:
            raise errors.of_model(piece)

    def _asked(self, process: Process, exchange: Any) -> Any:
        try:
            return process.ask(exchange, "predict", self.timeouts.predict)
        except BaseException:
            if process.broken:
                self._drop(process)
            raise

    def _not_streaming(self) -> None:
        """A thread that reads its stream must not wait for the lock that it holds meanwhile."""
        if self._streaming == threading.get_ident():
            raise errors.UsageError("the model's stream is still read", "close the iterator first")

    # ---- end ----

    def _drop(self, process: Process) -> None:
        process.kill()
        self._process = None

    def close(self) -> None:
        """Ends the process, which is given time to finish; a later predict starts another."""
        if self._streaming == threading.get_ident() and self._process:
            self._process.kill()  # whoever reads on is told that it is gone
            return
        with self._lock:
            process, self._process = self._process, None
        if process:
            process.end()

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
    for runner in list(_runners):
        runner._made_anew()
        process, runner._process = runner._process, None
        if process:
            process.forget()


def _end_all() -> None:
    told = []
    for runner in list(_runners):
        process = runner._process
        if process and runner._lock.acquire(blocking=False):
            process.say_bye()
            told.append(process)
        elif process:  # in the middle of a thread's prediction
            process.kill()
    for process in told:
        process.end()


os.register_at_fork(after_in_child=_forget_in_child)
atexit.register(_end_all)
