# engines.py - models of their own environments in processes of Python, Dask and Ray
# SPDX-License-Identifier: Apache-2.0
"""Each process of the engine starts one process of the model, keeps it for all that it is given,
and asks it in turn. Nothing of these engines is imported here.
"""

from __future__ import annotations

import functools
import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any

from .runner import Runner

_runners: dict[str, Runner] = {}


def runner_here(runner: Runner) -> Runner:
    """The one Runner of this process for the same model and options."""
    return _runners.setdefault(repr(runner.__reduce__()), runner)


def predict_here(data: Any, runner: Runner, params: dict[str, Any] | None = None) -> Any:
    """A prediction by this process's Runner: what an engine calls, with a Runner pickled to it."""
    return runner_here(runner).predict(data, params)


def map_chunks(
    runner: Runner,
    chunks: Iterable[Any],
    processes: int | None = None,
    params: dict[str, Any] | None = None,
) -> Iterator[Any]:
    """The predictions of each of `chunks`, in order, by so many processes of the model.

    So many, and as many again, are taken of `chunks` before the first is answered.
    """
    processes = processes or os.cpu_count() or 1
    # Not multiprocessing.Pool, which waits for ever for what a process was at that is gone.
    pool = ProcessPoolExecutor(processes)
    ask = functools.partial(predict_here, runner=runner, params=params)
    asked: deque[Future[Any]] = deque()
    try:
        for chunk in chunks:
            asked.append(pool.submit(ask, chunk))
            if len(asked) > 2 * processes:
                yield asked.popleft().result()
        while asked:
            yield asked.popleft().result()
    finally:
        # Futures that are cancelled one by one make an older Python wait for ever.
        if sys.version_info >= (3, 9):
            pool.shutdown(cancel_futures=True)
        else:
            pool.shutdown()


def map_partitions(
    frame: Any, runner: Runner, params: dict[str, Any] | None = None, **how: Any
) -> Any:
    """A Dask frame's predictions, partition by partition; `how` is Dask's, as meta=."""
    return frame.map_partitions(predict_here, runner, params, **how)


class BatchPredictor:
    """For Ray Data: `rows.map_batches(BatchPredictor, fn_constructor_args=(Runner(...),), ...)`.

    What the model answers is given back as a column, unless it is a table or a dict.
    """

    def __init__(
        self, runner: Runner, params: dict[str, Any] | None = None, column: str = "predictions"
    ) -> None:
        self._runner, self._params, self._column = runner, params, column

    def __call__(self, batch: Any) -> Any:
        answer = predict_here(batch, self._runner, self._params)
        if hasattr(answer, "columns") or isinstance(answer, dict):
            return answer
        return {self._column: answer}
