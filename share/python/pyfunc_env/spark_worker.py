# spark_worker.py - what happens in Spark's own Python processes: a model found, started, asked
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import gc
import os
import sys
import urllib.parse
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from . import arrow, errors, model
from .runner import Runner, Timeouts

# Models that one process of Spark keeps; the one that was asked longest ago makes place.
KEPT = 4
# Variables that are for Spark's Python and not for the model's.
_NOT_THEIRS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTHONHASHSEED", "PYTHONUNBUFFERED")

_models: OrderedDict[str, Any] = OrderedDict()


class Job:
    """A model and how it is to be asked: made by the driver, pickled to the workers."""

    def __init__(
        self,
        place: dict[str, str],
        options: dict[str, Any],
        params: dict[str, Any] | None,
        extra_env: dict[str, str] | None,
        timeouts: Timeouts | None,
        told: dict[str, Any],
    ) -> None:
        self.place = place  # {"uri"}, or {"file", "sha256"} of SparkFiles
        self.options = options  # of the program; env_manager is one of them
        self.params = params
        self.extra_env = {name: str(value) for name, value in (extra_env or {}).items()}
        self.timeouts = timeouts
        self.names: list[Any] | None = told["names"]  # of the signature's inputs
        self.required: int = told["required"]
        self.program: str = told["program"]
        self.result: dict[str, Any] = {}
        self.type: Any = None  # Spark's, of the result
        self.zone = ""  # of Spark's session

    def predict(self, names: list[Any], arrays: list[Any], rows: int) -> dict[str, Any]:
        """The model's answer to these columns, as a node."""
        asked = self._model()
        elsewhere = isinstance(asked, Runner)
        if elsewhere:
            data = arrow.table(names, arrays, rows)
        else:
            data = arrow.frame(names, [arrow.column(array) for array in arrays], rows)
        try:
            answer = asked.predict(data, self.params, self.result)
        except errors.ModelCodeError as error:
            if error.traceback:  # Spark tells the message alone, and no cause
                error.message += "\n" + error.traceback
            raise
        node: dict[str, Any] = answer["columns"]
        return node

    def named(self, arrays: list[Any]) -> tuple[list[Any], list[Any]]:
        """Columns that came by position, and their names."""
        if self.names is None:
            return [str(at) for at in range(len(arrays))], arrays
        if len(arrays) < self.required:
            raise errors.InputError(
                f"Model input is missing required columns. Expected {len(self.names)} required"
                f" input columns {self.names}, but the model received only {len(arrays)} "
                "unnamed input columns (Since the columns were passed unnamed they are"
                " expected to be in the order specified by the schema)."
            )
        arrays = arrays[: len(self.names)]
        return self.names[: len(arrays)], arrays

    # ---- the model ----

    def _model(self) -> Any:
        key = repr((os.getpid(), self.place, self.options, self.extra_env, self.timeouts))
        found = _models.get(key)
        if found is None:
            while len(_models) >= KEPT:
                _make_place()
            found = _models[key] = self._load()
            # Spark's daemon collects garbage behind each task, which goes through all that was ever
            # imported (measured: 34 ms for pandas and pyarrow). What is there now stays.
            gc.freeze()
        _models.move_to_end(key)
        return found

    def _load(self) -> Any:
        if "PYFUNC_ENV_PROGRAM" not in os.environ and os.access(self.program, os.X_OK):
            os.environ["PYFUNC_ENV_PROGRAM"] = self.program
        options = dict(self.options)
        if options["env_manager"] != "local":
            return Runner(self._uri(), self.timeouts, self._environ(), **options)
        del options["env_manager"]
        os.environ.update(self.extra_env)
        body, _ = model.describe(self._uri(), python=sys.executable, **options)
        return model._Here(body)

    def _uri(self) -> str:
        if "uri" in self.place:
            return self.place["uri"]
        from pyspark import SparkFiles

        path = SparkFiles.get(self.place["file"])
        return f"file://{urllib.parse.quote(path)}#sha256={self.place['sha256']}"

    def _environ(self) -> dict[str, str]:
        environ = {
            name: value
            for name, value in os.environ.items()
            if name not in _NOT_THEIRS and not name.startswith(("PYSPARK_", "SPARK_"))
        }
        environ.update(self.extra_env)
        return environ


def _make_place() -> None:
    """The model that was asked longest ago goes, with what is garbage then."""
    _, oldest = _models.popitem(last=False)
    if isinstance(oldest, Runner):
        oldest.close()
    del oldest  # the last that holds it
    gc.unfreeze()
    gc.collect()


# ---- the three forms in which Spark asks ----


def answer_arrow(job: Job, batches: Iterator[Any]) -> Iterator[Any]:
    """arrow_udf: arrays, or tuples of them; a single struct names its columns."""
    import pyarrow

    kind = _arrow_type(job)
    for batch in batches:
        arrays = list(batch) if isinstance(batch, tuple) else [batch]
        rows = len(arrays[0])
        if not rows:
            continue
        if len(arrays) == 1 and pyarrow.types.is_struct(arrays[0].type):
            names, arrays = arrow.struct_columns(arrays[0])
        else:
            names, arrays = job.named(arrays)
        yield arrow.array(job.predict(names, arrays, rows), kind, rows)


def answer_pandas(job: Job, batches: Iterator[Any]) -> Iterator[Any]:
    """pandas_udf: the same of Series and DataFrames."""
    import pandas

    kind = _arrow_type(job)
    for batch in batches:
        parts = list(batch) if isinstance(batch, tuple) else [batch]
        rows = len(parts[0])
        if not rows:
            continue
        if len(parts) == 1 and isinstance(parts[0], pandas.DataFrame):
            names, columns = list(parts[0].columns), [part for _, part in parts[0].items()]
        else:
            names, columns = job.named(parts)
        made = arrow.array(job.predict(names, columns, rows), kind, rows)
        if job.result["type"]["kind"] != "struct":
            yield arrow.series(made)
            continue
        names, arrays = arrow.struct_columns(made)
        yield pandas.DataFrame(dict(zip(names, map(arrow.series, arrays))))


def answer_batches(
    job: Job, names: list[str], places: list[int], labels: list[str], batches: Iterator[Any]
) -> Iterator[Any]:
    """mapInArrow: whole batches, whose columns at these places the model gets under these names;
    the answer is behind all of them, or alone, as there are labels."""
    import pyarrow

    kind = _arrow_type(job)
    for batch in batches:
        if not batch.num_rows:
            continue
        arrays = [batch.column(place) for place in places]
        made = arrow.array(job.predict(names, arrays, batch.num_rows), kind, batch.num_rows)
        columns = [*batch.columns, made] if len(labels) > 1 else [made]
        yield pyarrow.RecordBatch.from_arrays(columns, labels)


def _arrow_type(job: Job) -> Any:
    import inspect

    from pyspark.sql.pandas.types import to_arrow_type

    if "timezone" in inspect.signature(to_arrow_type).parameters:  # Spark 4.1 and later
        return to_arrow_type(job.type, timezone=job.zone)
    return to_arrow_type(job.type)
