# spark.py - spark_udf and transform: models in their own environments on the rows of Spark
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator
from typing import Any

from . import errors, frames, program, spark_ship, spark_types, spark_worker
from .metadata import ModelMetadata, Schema
from .model import describe
from .runner import Timeouts
from .spark_worker import Job

logger = logging.getLogger("pyfunc_env.spark")

_LOCAL = (
    'Calling `spark_udf()` with `env_manager="local"` does not recreate the same environment that '
    "was used during training, which may lead to errors or inaccurate predictions. We recommend "
    'specifying `env_manager="auto"`, which recreates the environment that was used to train the '
    "model and performs inference in the recreated environment."
)
_NO_TYPE = (
    "No 'result_type' provided for spark_udf and the model does not have an output schema. "
    "'result_type' is set to 'double' type."
)
# Options of a model's process that have nothing to do with its environment.
_NOT_OF_CREATE = ("loader", "mlflow_compat", "env", "model_config", "limit")


def spark_udf(
    spark: Any,
    model_uri: str,
    result_type: Any = None,
    env_manager: str | None = "auto",
    params: dict[str, Any] | None = None,
    extra_env: dict[str, str] | None = None,
    prebuilt_env_uri: str | None = None,
    model_config: dict[str, Any] | str | None = None,
    *,
    timeouts: Timeouts | None = None,
    ship: str = "auto",
    arrow: bool | None = None,
    **options: Any,
) -> Any:
    """A Spark UDF that asks the model, in the environment that it was trained in.

    `env_manager` is what `load_model` takes; "local" loads the model into Spark's own Python.
    `result_type` is a type of Spark or its DDL; None takes that of the model's signature. `ship`
    says how executors come to the model: "path" (they see the folder), "files" (SparkFiles, once
    for each host), "uri" (each host fetches it from where it is), or "auto": the path with a local
    master, else files. `arrow` is whether arrow_udf is used, by default where pyspark has it.
    `timeouts` and further options are those of `load_model`.
    """
    if prebuilt_env_uri is not None:
        raise errors.UsageError(
            "'prebuilt_env' parameter can only be used in Databricks Serverless notebook REPL, "
            "Databricks Shared cluster notebook REPL, and Databricks Connect client environment.",
            "each host has a store of environments; pyfunc-env create makes one in it",
        )
    job, metadata = _job(
        spark, model_uri, result_type, env_manager, params, extra_env, model_config, timeouts, ship,
        options,
    )  # fmt: skip
    udf = _udf(job, arrow)
    udf.metadata = metadata

    @functools.wraps(udf)
    def with_default_columns(*columns: Any) -> Any:
        return udf(*(columns or _default_columns(metadata.get_input_schema())))

    return with_default_columns


def transform(
    df: Any,
    model_uri: str,
    columns: list[str] | None = None,
    output: str = "prediction",
    result_type: Any = None,
    env_manager: str | None = "auto",
    params: dict[str, Any] | None = None,
    extra_env: dict[str, str] | None = None,
    model_config: dict[str, Any] | str | None = None,
    *,
    keep: bool = True,
    timeouts: Timeouts | None = None,
    ship: str = "auto",
    **options: Any,
) -> Any:
    """The frame with the model's answer as a column `output` behind its own (not `keep`: alone).

    The model is given `columns` by their names: without them those of its signature, or all. Whole
    batches of Arrow go through mapInArrow, which costs less than a UDF.
    """
    from pyspark.sql.types import StructField, StructType

    spark = df.sparkSession
    job, metadata = _job(
        spark, model_uri, result_type, env_manager, params, extra_env, model_config, timeouts, ship,
        options,
    )  # fmt: skip
    if columns is None:
        columns = _columns_of(df, metadata.get_input_schema())
    missing = [name for name in columns if name not in df.columns]
    if missing:
        raise errors.UsageError(f"the frame has no columns {missing}: it has {df.columns}")
    if keep and output in df.columns:
        raise errors.UsageError(f"the frame has a column {output!r} already", "pass output=")
    twice = {name for name in columns if df.columns.count(name) > 1 or columns.count(name) > 1}
    if twice:
        raise errors.UsageError(f"columns of the same name: {sorted(twice)}", "pass columns=")
    # Spark itself takes no names with quotes here, nor two that are the same.
    inner = [f"c{at}" for at in range(len(df.columns))]
    kept = [StructField(c, f.dataType, f.nullable, f.metadata) for c, f in zip(inner, df.schema)]
    places = [df.columns.index(name) for name in columns]
    source = df.toDF(*inner)
    if not keep:
        source = source.select(*[inner[at] for at in places])
        kept, places = [], list(range(len(places)))
    schema = StructType([*kept, StructField("answer", job.type, True)])
    ask = functools.partial(_map, job, list(columns), places, schema.names)
    names = [*df.columns, output] if keep else [output]
    return source.mapInArrow(ask, schema).toDF(*names)


def _map(
    job: Job, columns: list[str], places: list[int], labels: list[str], batches: Any
) -> Iterator[Any]:
    return spark_worker.answer_batches(job, columns, places, labels, batches)


# ---- what the driver finds out ----


def _job(
    spark: Any,
    model_uri: str,
    result_type: Any,
    env_manager: str | None,
    params: dict[str, Any] | None,
    extra_env: dict[str, str] | None,
    model_config: Any,
    timeouts: Timeouts | None,
    ship: str,
    options: dict[str, Any],
) -> tuple[Job, ModelMetadata]:
    env_manager = env_manager or "auto"
    if isinstance(result_type, str):
        result_type = spark_types.parse(result_type)
    if result_type is not None:
        spark_types.check(result_type)
    own = {name: value for name, value in options.items() if name != "python"}
    _, told = describe(model_uri, model_config=_text(model_config), **own)
    metadata = ModelMetadata(told["mlmodel"], told.get("signature"))
    inputs = metadata.get_input_schema()
    if env_manager == "local":
        for warning in told.get("warnings") or ():
            logger.warning("%s", warning)
        logger.warning("%s", _LOCAL)
    job = Job(
        spark_ship.place(spark, ship, str(model_uri), told["model_dir"]),
        {"env_manager": env_manager, "model_config": _text(model_config), **options},
        _checked(params, told),
        extra_env,
        timeouts,
        {
            "names": inputs.input_names() if inputs else None,
            "required": len(inputs.required_input_names()) if inputs else 0,
            "program": program.find(),
        },
    )
    job.type = _result_type(result_type, metadata.get_output_schema())
    job.zone = str(spark.conf.get("spark.sql.session.timeZone"))
    job.result = {"type": spark_types.tree(job.type, job.zone)}
    if env_manager != "local" and spark_ship.is_here(spark):
        _make_environment(told["model_dir"], env_manager, options)
    return job, metadata


def _text(model_config: Any) -> Any:
    import json

    return json.dumps(model_config) if isinstance(model_config, dict) else model_config


def _checked(params: dict[str, Any] | None, told: dict[str, Any]) -> dict[str, Any] | None:
    declared = (told.get("signature") or {}).get("params")
    codec = frames.codec()
    try:
        checked: dict[str, Any] | None = codec.check_params(declared, params)
    except codec.InputError as error:
        raise errors.InputError(str(error)) from None
    return checked


def _result_type(asked: Any, outputs: Schema | None) -> Any:
    if asked is not None:
        return asked
    if outputs:
        return spark_types.of_outputs(outputs.to_dict())
    logger.warning("%s", _NO_TYPE)
    return spark_types.parse("double")


def _make_environment(folder: str, env_manager: str, options: dict[str, Any]) -> None:
    """Here rather than by the first task: what is wrong is told where the UDF is defined."""
    of_create = {name: of for name, of in options.items() if name not in _NOT_OF_CREATE}
    argv = program.options(env_manager=env_manager, **of_create)
    program.run(["create", "-m", folder, "--json", *argv])


# ---- columns ----


def _default_columns(inputs: Schema | None) -> list[str]:
    if inputs and len(inputs.required_input_names()) < len(inputs):
        raise errors.UsageError(
            "Cannot apply UDF without column names specified when model signature contains "
            "optional columns."
        )
    if not inputs:
        raise errors.UsageError(
            "Attempting to apply udf on zero columns because no column names were specified as "
            "arguments or inferred from the model signature."
        )
    if not inputs.has_input_names():
        raise errors.UsageError(
            "Cannot apply udf because no column names specified. The udf expects "
            f"{len(inputs)} columns with types: {inputs.input_types()}. Input column names could "
            "not be inferred from the model signature (column names not found)."
        )
    return inputs.input_names()


def _columns_of(df: Any, inputs: Schema | None) -> list[str]:
    if inputs and inputs.has_input_names():
        names, required = inputs.input_names(), inputs.required_input_names()
        return [name for name in names if name in required or name in df.columns]
    return list(df.columns)


# ---- the UDF ----


def _udf(job: Job, arrow: bool | None) -> Any:
    """A function whose hints tell Spark that it takes an iterator of one or more columns."""
    from pyspark.sql import functions

    arrow_udf = getattr(functions, "arrow_udf", None)
    if arrow and arrow_udf is None:
        raise errors.UsageError("this pyspark has no arrow_udf", "it came with Spark 4.1")
    if arrow_udf is None or arrow is False:
        return functions.pandas_udf(_with_hints(job, of_pandas=True), job.type)
    return arrow_udf(_with_hints(job, of_pandas=False), job.type)


def _with_hints(job: Job, of_pandas: bool) -> Any:
    from typing import Iterator as Iterating
    from typing import Tuple, Union

    if of_pandas:
        import pandas

        def ask(batches: Any) -> Any:
            return spark_worker.answer_pandas(job, batches)

        is_struct = job.result["type"]["kind"] == "struct"
        taken: Any = Tuple[Union[pandas.Series, pandas.DataFrame], ...]
        given: Any = pandas.DataFrame if is_struct else pandas.Series
    else:
        import pyarrow

        def ask(batches: Any) -> Any:
            return spark_worker.answer_arrow(job, batches)

        taken, given = Tuple[pyarrow.Array, ...], pyarrow.Array
    ask.__annotations__ = {"batches": Iterating[taken], "return": Iterating[given]}
    ask.__name__ = "predict"
    return ask
