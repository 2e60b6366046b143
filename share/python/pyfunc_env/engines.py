# engines.py - models of their own environments in multiprocessing, Dask and Ray
# SPDX-License-Identifier: Apache-2.0
"""Each process of the engine starts one process of the model, keeps it for all that it is given,
and asks it in turn. Nothing of these engines is imported here.
"""

from __future__ import annotations

import functools
import multiprocessing
from collections.abc import Iterable, Iterator
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
    """The predictions of each of `chunks`, in order, by so many processes of the model."""
    with multiprocessing.Pool(processes) as pool:
        ask = functools.partial(predict_here, runner=runner, params=params)
        yield from pool.imap(ask, chunks)


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
