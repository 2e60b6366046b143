# raw.py - what only Python can do well: requests parsed by the environment's own packages
# SPDX-License-Identifier: Apache-2.0
# Compiled into the runner as text and run by any Python from 3.6 on.
import io
import json
import sys

FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")


def schema_of(model):
    metadata = getattr(model, "metadata", None)
    get = getattr(metadata, "get_input_schema", None)
    return get() if get else None


def read_csv(body, schema):
    import pandas

    if schema is None or not getattr(schema, "has_input_names", lambda: True)():
        return pandas.read_csv(io.BytesIO(body))
    names = getattr(schema, "input_names", getattr(schema, "column_names", list))()
    return pandas.read_csv(io.BytesIO(body), dtype=dict(zip(names, schema.pandas_types())))


def plain_table(data, kind):
    """The two table forms, for an environment without an mlflow that knows them."""
    import pandas

    if kind == "dataframe_records":
        return pandas.DataFrame(data)
    return pandas.DataFrame(data["data"], index=data.get("index"), columns=data.get("columns"))


def by_columns(data, numpy):
    """`instances` that are records become arrays, as TensorFlow Serving has it."""
    if isinstance(data, list) and data and all(isinstance(row, dict) for row in data):
        return {key: numpy.array([row[key] for row in data]) for key in data[0]}
    if isinstance(data, dict):
        return {key: numpy.array(value) for key, value in data.items()}
    return numpy.array(data)


def plain_json(whole):
    kinds = [kind for kind in FORMATS if kind in whole] if isinstance(whole, dict) else []
    if len(kinds) != 1:
        raise ValueError("the input must be a JSON object with exactly one of " + ", ".join(FORMATS))
    if kinds[0] in FORMATS[:2]:
        return plain_table(whole[kinds[0]], kinds[0])
    import numpy

    return by_columns(whole[kinds[0]], numpy)


def without_server(whole, schema):
    """mlflow-skinny has the parsers, but not the web framework that its server imports."""
    from mlflow.utils import proto_json_utils as parsers

    kinds = [kind for kind in FORMATS if kind in whole]
    if len(kinds) != 1 or not hasattr(parsers, "dataframe_from_parsed_json"):
        return None
    if kinds[0] in FORMATS[:2]:
        orient = kinds[0][len("dataframe_"):]
        data = parsers.dataframe_from_parsed_json(whole[kinds[0]], orient, schema)
    else:
        data = parsers.parse_tf_serving_input({kinds[0]: whole[kinds[0]]}, schema)
    return data, whole.get("params")


def mlflow_json(model, whole, body):
    """By whichever of its own parsers this mlflow has, newest first; None when it has none."""
    schema = schema_of(model)
    try:
        from mlflow.pyfunc import scoring_server as server
    except ImportError:
        return without_server(whole, schema)
    if hasattr(server, "_parse_json_data"):
        parsed = server._parse_json_data(body, model.metadata, schema)
        return parsed.data, parsed.params
    if hasattr(server, "infer_and_parse_data"):
        data = {key: whole[key] for key in FORMATS if key in whole}
        return server.infer_and_parse_data(data, schema), whole.get("params")
    if "instances" in whole or "inputs" in whole or not hasattr(server, "infer_and_parse_json_input"):
        parse = getattr(server, "parse_tf_serving_input", None)
        parse = getattr(server, "infer_and_parse_json_input", parse)
        if parse is not None:
            whole = {key: whole[key] for key in FORMATS if key in whole}
            return parse(json.dumps(whole), schema), None
    elif hasattr(server, "CONTENT_TYPE_JSON_SPLIT_ORIENTED"):
        # mlflow 1: the table itself is the request
        for key in FORMATS[:2]:
            if key in whole:
                return server.infer_and_parse_json_input(json.dumps(whole[key]), schema), None
    else:
        return server.infer_and_parse_json_input(json.dumps(whole), schema), None
    return None


def read_json(model, body):
    whole = json.loads(body.decode("utf-8-sig"))
    params = whole.get("params") if isinstance(whole, dict) else None
    if isinstance(whole, dict) and getattr(model, "metadata", None) is not None:
        parsed = mlflow_json(model, whole, body)
        if parsed is not None:
            return parsed
    return plain_json(whole), params


def read(model, kind, body):
    """(data, params) of a request."""
    if kind == "json":
        return read_json(model, body)
    if kind == "csv":
        return read_csv(body, schema_of(model)), None
    if kind == "parquet":
        import pandas

        return pandas.read_parquet(io.BytesIO(body)), None
    raise ValueError("a request of unknown format " + kind)


def parquet(call):
    """What pandas needs for it is told in one line."""
    try:
        return call()
    except ImportError as e:
        raise ImportError("Parquet takes pandas and pyarrow or fastparquet in the model's environment") from e


def plain_column(column, pandas):
    """Of pandas' own types numpy's, with None for what is missing; dates and decimals as mlflow
    would convert them."""
    if type(column.dtype).__name__.endswith("Dtype") and column.dtype.kind in "iufb":
        missing = column.isna().any()
        return column.astype(object) if missing else column.to_numpy(column.dtype.numpy_dtype)
    if column.dtype == object:
        held = pandas.api.types.infer_dtype(column, skipna=True)
        convert = {"date": pandas.to_datetime, "decimal": pandas.to_numeric}.get(held)
        return convert(column) if convert else column
    return column


def read_table(kind, body):
    def read():
        import pandas

        table = pandas.read_parquet(io.BytesIO(body))
        for name in table.columns:
            table[name] = plain_column(table[name], pandas)
        return table

    return parquet(read)


READING = {}


def read_rows(path, rows):
    """The next rows of a file, as read_table has those of all of it; [] behind the last."""

    def read():
        if path not in READING:
            try:
                import pyarrow.parquet
            except ImportError:
                import fastparquet  # reads row groups, whatever their size

                return "whole"
            READING[path] = parts(pyarrow.parquet, path, rows)
        return next(READING[path], [])

    return parquet(read)


def with_gaps(file):
    """Columns in which something is missing: their type depends on that, be it in this part or not."""
    found = set()
    for group in range(file.metadata.num_row_groups):
        about = file.metadata.row_group(group)
        for number in range(about.num_columns):
            column = about.column(number)
            name, told = column.path_in_schema, column.statistics
            if name in found or name not in file.schema_arrow.names:
                continue
            if told is not None and told.has_null_count:
                missing = told.null_count
            else:
                missing = file.read_row_group(group, columns=[name]).column(0).null_count
            if missing:
                found.add(name)
    return found


def part_column(column, gaps, kind, pandas):
    """A part of the column that plain_column makes of the whole."""
    if type(column.dtype).__name__.endswith("Dtype") and column.dtype.kind in "iufb":
        return column.astype(object) if gaps else plain_column(column, pandas)
    if column.dtype == object and kind.startswith("date"):
        return pandas.to_datetime(column)
    if column.dtype == object and kind.startswith("decimal"):
        return pandas.to_numeric(column)
    if gaps and column.dtype.kind in "iu":
        return column.astype("float64")
    if gaps and column.dtype.kind == "b":
        return column.astype(object)
    return column


def parts(parquet, path, rows):
    import pandas
    import pyarrow

    try:
        file = parquet.ParquetFile(path, pre_buffer=False)
    except TypeError:
        file = parquet.ParquetFile(path)
    gaps, kinds = with_gaps(file), {f.name: str(f.type) for f in file.schema_arrow}
    if not file.metadata.num_rows:
        yield read_table("parquet", open(path, "rb").read())
    for batch in file.iter_batches(batch_size=rows):
        # pandas' own reader, which alone knows how it reads, is given a file of these rows.
        small = io.BytesIO()
        parquet.write_table(pyarrow.Table.from_batches([batch]), small, compression="none")
        small.seek(0)
        table = pandas.read_parquet(small)
        for name in table.columns:
            table[name] = part_column(table[name], name in gaps, kinds.get(name, ""), pandas)
        yield table


def write_table(kind, table):
    def write():
        import pandas

        frame = pandas.DataFrame(table)
        frame.columns = [str(name) for name in frame.columns]
        out = io.BytesIO()
        frame.to_parquet(out, index=False)
        return out.getvalue()

    return parquet(write)


def takes_params(function):
    """As mlflow asks: has it a parameter of this name?"""
    import inspect

    try:
        found = inspect.signature(function).parameters.get("params")
    except (TypeError, ValueError):
        return False
    return found is not None and found.kind != inspect.Parameter.VAR_KEYWORD


def listed(data):
    """Arrays as lists, numpy's scalars as Python's, as mlflow gives them to models that stream."""
    if isinstance(data, list):
        return [listed(item) for item in data]
    if isinstance(data, dict):
        return {key: listed(value) for key, value in data.items()}
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(data, (numpy.ndarray, numpy.generic)):
        return data
    return data.tolist()


def one_request(data, refusal):
    """What predict_stream is given: a row as a dict, the value of a column without a name."""
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(data, pandas.DataFrame):
        data = data.to_dict("list")[0] if list(data.columns) == [0] else data.to_dict("records")
    data = listed(data)
    if not isinstance(data, list):
        return data
    if len(data) != 1:
        raise refusal("'predict_stream' requires single input, but it got %d of them" % len(data))
    return data[0]


def open_stream(model, name, data, params, refusal, unused):
    """What this method yields. Without a `refusal` it is mlflow's own model, which makes one request of data by itself;
    `unused` is told of parameters that it does not take."""
    function = getattr(model, name, None)
    if function is None:
        missing = "Model implementation is missing required %s method." % name
        old = "the mlflow of this environment knows no %s" % name
        raise NotImplementedError(old if refusal is None else missing)
    if refusal is not None:
        data = one_request(data, refusal)
    if takes_params(function):
        return iter(function(data, params=params))
    if unused is not None:
        unused(params)
    return iter(function(data))


def overridden(own, given):
    """As mlflow has it: settings that the model has, by its variable first, then by what is given; both as JSON."""
    import os

    config, variable = json.loads(own), os.environ.get("MLFLOW_PYFUNC_INFERENCE_CONFIG")
    for text in variable, given:
        for key, value in json.loads(text or "{}").items():
            if key in config:
                config[key] = value
    return config


def describe(kind, value, trace):
    """(type, message, traceback text, missing module) of an exception; nothing in it may fail."""
    import traceback

    name = getattr(kind, "__qualname__", "exception")
    module = getattr(kind, "__module__", None)
    if module not in (None, "builtins", "__main__"):
        name = module + "." + name
    try:
        message = str(value)
    except BaseException:
        message = "its text cannot be read"
    if isinstance(value, SystemExit):
        message = "the model called sys.exit(" + message + ")"
    try:
        text = "".join(traceback.format_exception(kind, value, trace))
    except BaseException:
        text = name + ": " + message + "\n"
    missing = getattr(value, "name", None) if isinstance(value, ModuleNotFoundError) else None
    return name, message, text if trace is not None else "", missing or ""


def own_answer(value):
    """(HTTP status, JSON object) of an MlflowException, which mlflow's scoring server answers as they are; or None."""
    names = ["%s.%s" % (kind.__module__, kind.__name__) for kind in type(value).__mro__]
    if "mlflow.exceptions.MlflowException" not in names:
        return None
    return int(value.get_http_status_code()), value.serialize_as_json()


def refused(trace):
    """Did mlflow's enforcement of the signature raise what has this traceback?"""
    while trace is not None:
        code = trace.tb_frame.f_code
        if "mlflow" in code.co_filename and (
            code.co_name.startswith("_enforce") or code.co_name == "_validate_prediction_input"
        ):
            return True
        trace = trace.tb_next
    return False
