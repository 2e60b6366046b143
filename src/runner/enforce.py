# enforce.py - what a Python caller gave, made into what the signature declares, as mlflow.pyfunc does
# SPDX-License-Identifier: Apache-2.0
# Compiled into the runner as text and run by any Python from 3.6 on. The rules are those of data/, which C has put
# among the names here (enforce.c): columns, fit, nested, shape, InputError, and the inputs as TEXT. What is here is what pandas and numpy
# alone can do: making tables, and types that frames do not have (mlflow/models/utils.py: _enforce_schema).
import datetime
import json
import numbers
import sys

PLAIN = ("boolean", "integer", "long", "float", "double", "string", "binary", "datetime")
TO_FRAME = (
    "This model contains a column-based signature, which suggests a DataFrame input. There was an error casting the "
    "input data to a DataFrame: %s"
)


def refuse(text, *words):
    raise InputError(text % words if words else text) from None


def warn(text):
    import logging

    logging.getLogger("pyfunc_env.model").warning("%s", text)


def attempt(call, message="%s"):
    """What pandas refuses is the input's fault."""
    try:
        return call()
    except (InputError, MemoryError):
        raise
    except Exception as e:
        refuse(message % (e,) if "%s" in message else message)


# --- a table of whatever was given ---


def is_scalar(numpy, value):
    return value is None or numpy.isscalar(value)


def is_one_row(numpy, given, inputs):
    """Is a dict one row (else it is columns)?"""
    if any(spec["type"] in ("array", "object") for spec in inputs):
        return True
    values = list(given.values())
    if all(
        is_scalar(numpy, value) or (isinstance(value, list) and all(isinstance(item, str) for item in value))
        for value in values
    ):
        return True
    return all(isinstance(value, numpy.ndarray) and value.dtype.kind == "U" and value.shape == () for value in values)


def frame_of_dict(numpy, pandas, given, inputs):
    if is_one_row(numpy, given, inputs):
        return pandas.DataFrame([given])

    def plain(value):
        return value.tolist() if isinstance(value, numpy.ndarray) and value.ndim > 1 else value

    return attempt(lambda: pandas.DataFrame({key: plain(value) for key, value in given.items()}), TO_FRAME)


def frame_of(given, inputs):
    import numpy
    import pandas

    if isinstance(given, pandas.DataFrame):
        return given
    if isinstance(given, pandas.Series):
        return pandas.DataFrame(given)
    if numpy.isscalar(given):
        return pandas.DataFrame([given])
    if isinstance(given, dict):
        return frame_of_dict(numpy, pandas, given, inputs)
    if isinstance(given, (list, numpy.ndarray)):
        return attempt(lambda: pandas.DataFrame(given))
    refuse("Expected input to be DataFrame. Found: %s", type(given).__name__)


# --- columns ---


def is_text(pandas, dtype):
    kind = getattr(pandas, "StringDtype", None)
    return kind is not None and isinstance(dtype, kind)


def dates_of(pandas, values, label):
    """datetime64[ns] of dates of any kind; years that it has not would come out as others."""
    if getattr(values.dtype, "tz", None) is not None:
        refuse(
            "Please ensure that the input data of datetime column only contains timezone-naive datetime objects. "
            "Error: column %s has dtype %s",
            label,
            values.dtype,
        )
    if values.dtype == object:
        for value in values:
            if isinstance(value, (bool, int, float, bytes)) and value == value:
                refuse("%s is not convertible to datetime", type(value))
            if not 1677 < getattr(value, "year", 2000) < 2262:
                refuse("Failed to convert column %s from type object to DataType.datetime: %s", label, value)
        failed = "Failed to convert column %s from type object to DataType.datetime." % (label,)
        return attempt(lambda: values.astype("datetime64[ns]"), failed.replace("%", "%%"))
    return attempt(lambda: values.astype("datetime64[ns]"))


def truths_of(pandas, values, label):
    """Objects are taken as they are when they are booleans and missing ones."""
    for number, value in enumerate(values):
        if type(value).__name__ not in ("bool", "bool_") and not (is_missing(value)):
            refuse("column %s, row %s: expected boolean, got %s", label, number, type(value).__name__)
    return values


def is_missing(value):
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and value != value


def numbers_of(pandas, values, label):
    try:
        return pandas.to_numeric(values, errors="raise")
    except ValueError:
        refuse("Failed to convert column %s from type object to DataType.double.", label)
    except TypeError as e:
        refuse("%s", e)


OBJECTS = {"datetime": dates_of, "boolean": truths_of, "double": numbers_of}


def is_bits(values):
    found = values.to_numpy()
    return bool(((found == 0) | (found == 1)).all())


def has_lost(numpy, values):
    """Whole numbers with gaps: were they integers?"""
    found = values.to_numpy()
    gaps = numpy.isnan(found)
    return bool(gaps.any() and (gaps | (found == numpy.trunc(found))).all() and not numpy.isinf(found).any())


def plain_column(numpy, pandas, values, wanted, number, label):
    given = values
    if values.dtype == object and wanted not in ("string", "binary"):
        values = values.infer_objects()
    dtype = values.dtype
    kind = getattr(dtype, "kind", "O")
    if wanted in ("string", "binary") and (dtype == object or is_text(pandas, dtype)):
        return given
    if wanted == "binary" and kind == "S":
        return given
    if wanted == "datetime" and (kind == "M" or dtype == object):
        return values if str(dtype) == "datetime64[ns]" else dates_of(pandas, values, label)
    if dtype == object and wanted in OBJECTS:
        return OBJECTS[wanted](pandas, values, label)
    numeric = wanted in ("float", "double") and isinstance(dtype, numpy.dtype) and dtype == numpy.int64
    whole = wanted in ("integer", "long") and isinstance(dtype, numpy.dtype) and dtype == numpy.float64
    name = fit(
        number,
        kind,
        getattr(dtype, "itemsize", 0),
        str(dtype),
        str(label),
        numeric and is_bits(values),
        whole and has_lost(numpy, values),
    )
    return values if str(dtype) == name else attempt(lambda: values.astype(name))


def leaf_of(spec):
    """How deep arrays of it are, and what is in them; 0 for what is no array."""
    depth = 0
    if spec["type"] == "sparkml_vector":
        return 1, "double"
    while spec["type"] == "array":
        spec, depth = spec["items"], depth + 1
    return depth, spec["type"]


LEAVES = {"boolean": "bool", "integer": "int32", "long": "int64", "float": "float32", "double": "float64"}


def are_arrays(numpy, cells, spec):
    """Are all cells arrays of the declared type already?"""
    depth, leaf = leaf_of(spec)
    kind = {"string": "U", "binary": "S"}.get(leaf)
    return depth and all(
        isinstance(cell, numpy.ndarray)
        and (cell.ndim == depth or (leaf == "any" and cell.ndim > depth))
        and (leaf == "any" or (cell.dtype.kind == kind if kind else str(cell.dtype) == LEAVES.get(leaf)))
        for cell in cells
    )


def nested_column(numpy, pandas, values, spec, number, label):
    cells = list(values)
    if spec["type"] != "any":
        if are_arrays(numpy, cells, spec):
            return values
        cells = nested(number, cells)
    return pandas.Series(cells, index=values.index, name=label)


def assemble(pandas, frame, made):
    """The caller's own table where that is what the model is to have."""
    untouched = all(values is None for values in made.values())
    if untouched and list(made) == list(frame.columns):
        return frame
    made = {label: frame[label] if values is None else values for label, values in made.items()}
    return pandas.DataFrame(made, copy=False)


def dtypes_of(frame):
    """As frame.dtypes has them, which makes a Series of them first."""
    get = getattr(getattr(frame, "_mgr", None), "get_dtypes", None)
    return list(get() if get is not None else frame.dtypes)


def is_like(given, fitting):
    """Has a table the columns and types of one that fitted?"""
    table, labels, dtypes = fitting
    own = given.columns if type(given) is table else None
    return own is not None and labels.dtype == own.dtype and labels.equals(own) and dtypes == dtypes_of(given)


def is_known(given):
    """Do its names and types alone let it pass?"""
    fitting = KNOWN.get("fitting")
    return fitting is not None and is_like(given, fitting)


def remember(frame, inputs):
    """Where types alone have told that it is as it is to be, they tell so of the next one."""
    dtypes = dtypes_of(frame)
    if all(
        spec["type"] in ("string", "binary") or (spec["type"] in PLAIN and dtype != object)
        for spec, dtype in zip(inputs, dtypes)
    ):
        KNOWN["fitting"] = type(frame), frame.columns, dtypes


def label_of(label):
    """A name, or the whole number that it equals, as dicts and pandas find it; None: neither."""
    if isinstance(label, str):
        return label
    if not isinstance(label, numbers.Number) and type(label).__name__ not in ("bool", "bool_"):
        return None
    try:
        return int(label) if int(label) == label else None
    except (TypeError, ValueError, OverflowError):  # complex numbers, and those that are not finite
        return None


def as_named(frame, known):
    """The table under the signature's names, where its labels are other numbers that equal them."""
    labels = list(frame.columns)
    if all(name is None or type(name) is type(label) for name, label in zip(known, labels)):
        return frame
    frame = frame.copy(deep=False)
    frame.columns = [label if name is None else name for name, label in zip(known, labels)]
    return frame


def enforce_table(given, inputs):
    import numpy
    import pandas

    frame = frame_of(given, inputs)
    known = list(map(label_of, frame.columns))
    picks = columns(known)
    if inputs[0].get("name") is not None:
        frame = as_named(frame, known)
    labels = list(frame.columns)
    unique, made = frame.columns.is_unique, {}
    for number, (spec, at) in enumerate(zip(inputs, picks)):
        if at < 0:
            continue
        label = labels[at]
        if not unique and labels.count(label) > 1:
            refuse("The input has several columns of the name %r.", label)
        values = frame[label]
        if spec["type"] in PLAIN:
            new = plain_column(numpy, pandas, values, spec["type"], number, label)
        else:
            new = nested_column(numpy, pandas, values, spec, number, label)
        made[label] = None if new is values else new
    made = assemble(pandas, frame, made)
    if made is given:
        remember(frame, inputs)
    return made


# --- tensors ---


def type_of(numpy, dtype):
    """Text and bytes of any length are one type."""
    return numpy.dtype(dtype.type) if dtype.kind in "US" else dtype


def enforce_array(numpy, values, spec, number):
    wanted, form = numpy.dtype(spec["tensor-spec"]["dtype"]), spec["tensor-spec"]["shape"]
    dtype = values.dtype
    if len(form) == 1 and form[0] == -1 and wanted == object:
        return values
    if -1 in form[1:] and len(values.shape) == 1 and dtype == object:
        return values  # arrays of different lengths
    shape(number, [int(size) for size in values.shape])
    if type_of(numpy, dtype) != wanted:
        refuse("dtype of input %s does not match expected dtype %s", dtype, wanted)
    return values


def survives(numpy, before, after):
    """Are the values still those that were given?"""
    kind, given = after.dtype.kind, before.dtype.kind
    if kind == "U":
        return given == "U" or all(isinstance(value, str) for value in before.ravel().tolist())
    if kind in "iu":
        return given != "b" and (given not in "fiu" or bool((after == before).all()))
    if kind == "b":
        return given == "b" or (given in "fiu" and bool((after == before).all()))
    if kind == "f" and given in "fiu":
        return bool((numpy.isfinite(after) | ~numpy.isfinite(before)).all())
    return True


def cast(numpy, before, dtype, what):
    def change():
        with numpy.errstate(all="ignore"):
            return before.astype(dtype)

    after = attempt(change)
    if not survives(numpy, before, after):
        refuse("%s cannot be %s: its values would be others", what, dtype)
    return after


def reshape_cells(numpy, cells, form, name, why):
    failed = "The value in the Input DataFrame column '%s' could not be converted to the expected shape of: '%s'. " % (
        name,
        tuple(form),
    )
    failed = (failed + why).replace("%", "%%")
    made = attempt(lambda: numpy.vstack(cells).reshape(form), failed)
    if len(made) != len(cells):
        refuse("%s", failed)
    return made


def array_of_column(numpy, name, values, spec, number):
    """A column of numbers, lists or arrays as an array of the declared shape."""
    form, dtype = spec["tensor-spec"]["shape"], numpy.dtype(spec["tensor-spec"]["dtype"])
    if form[0] != -1 or -1 in form[1:]:
        refuse(
            "For pandas dataframe input, the first dimension of shape must be a variable dimension and other dimensions "
            "must be fixed, but in model signature the shape of %s is %s.",
            "input " + name if name else "the unnamed input",
            tuple(form),
        )
    if not len(values):
        refuse("Input DataFrame is empty.")
    first, cells = values.iloc[0], values.tolist()
    what = "column '%s'" % (values.name,)
    if numpy.isscalar(first):
        if form not in ([-1], [-1, 1]):
            refuse(
                "The input pandas dataframe column '%s' contains scalar values, which requires the shape to be (-1,) or "
                "(-1, 1), but got tensor spec shape of %s.",
                name,
                tuple(form),
            )
        return enforce_array(numpy, cast(numpy, values.to_numpy(), dtype, what).reshape(form), spec, number)
    if isinstance(first, list) and first and numpy.isscalar(first[0]):
        why = (
            "Ensure that each of the input list elements are of uniform length and that the data can be coerced to the "
            "tensor type '%s'" % (dtype,)
        )
        return cast(numpy, reshape_cells(numpy, cells, form, name, why), dtype, what)
    if isinstance(first, numpy.ndarray):
        why = (
            "Ensure that each of the input numpy array elements are of uniform length and can be reshaped to above "
            "expected shape."
        )
        return reshape_cells(numpy, cells, form, name, why)  # whose type mlflow takes as it is
    refuse(
        "Because the model signature requires tensor spec input, the input pandas dataframe values should be either "
        "scalar value, python list containing scalar values or numpy array containing scalar values, other types are "
        "not supported."
    )


def enforce_named_arrays(numpy, pandas, given, inputs):
    if len(inputs) == 1 and isinstance(given, numpy.ndarray):
        given = {inputs[0]["name"]: given}
    is_frame = pandas is not None and isinstance(given, pandas.DataFrame)
    labels = list(given.columns) if is_frame else list(given) if isinstance(given, dict) else []
    columns(list(map(label_of, labels)))
    made = {}
    for number, spec in enumerate(inputs):
        name = spec["name"]
        value = given[name]
        if is_frame:
            made[name] = array_of_column(numpy, name, value, spec, number)
        elif isinstance(value, numpy.ndarray):
            made[name] = enforce_array(numpy, value, spec, number)
        else:
            refuse(
                "This model contains a tensor-based model signature with input names, which suggests a dictionary input "
                "mapping input name to a numpy array, but a dict with value type %s was found.",
                type(value),
            )
    return made


def is_sparse(given):
    sparse = sys.modules.get("scipy.sparse")
    return sparse is not None and isinstance(given, (sparse.csr_matrix, sparse.csc_matrix))


def array_of_frame(numpy, frame, spec):
    count, form = len(frame.columns), spec["tensor-spec"]["shape"]
    if frame.empty:
        refuse("Input DataFrame is empty.")
    if count == 1:
        return array_of_column(numpy, None, frame.iloc[:, 0], spec, 0)
    if form != [-1, count]:
        refuse(
            "This model contains a model signature with an unnamed input. Since the input data is a pandas DataFrame "
            "containing multiple columns, the input shape must be of the structure (-1, number_of_dataframe_columns). "
            "Instead, the input DataFrame passed had %s columns and an input shape of %s with all values within the "
            "DataFrame of scalar type. Please adjust the passed in DataFrame to match the expected structure",
            count,
            tuple(form),
        )
    return enforce_array(numpy, frame.to_numpy(), spec, 0)


def enforce_tensors(given, inputs):
    import numpy

    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(given, pandas.Series):
        given = pandas.DataFrame(given)
    if inputs[0].get("name") is not None:
        return enforce_named_arrays(numpy, pandas, given, inputs)
    if pandas is not None and isinstance(given, pandas.DataFrame):
        return array_of_frame(numpy, given, inputs[0])
    if isinstance(given, numpy.ndarray) or is_sparse(given):
        return enforce_array(numpy, given, inputs[0], 0)
    refuse(
        "This model contains a tensor-based model signature with no input names, which suggests a numpy array input or "
        "a pandas dataframe input with proper column values, but an input of type %s was found.",
        type(given),
    )


# --- the doors ---


KNOWN = {}


# --- a table of Spark's, of which the first rows are looked at ---

SPARK_ROWS = 10


def is_of_spark(given):
    sql = sys.modules.get("pyspark.sql")
    return sql is not None and isinstance(given, sql.DataFrame)


def of_spark(numpy, value, kind):
    """A cell of the type that Spark has for it (mlflow/models/utils.py, convert_complex_types_pyspark_to_pandas)."""
    name = type(kind).__name__
    if value is None:
        return None
    if name == "StructType":
        return {field.name: of_spark(numpy, value[field.name], field.dataType) for field in kind.fields}
    if name == "ArrayType":
        return [of_spark(numpy, item, kind.elementType) for item in value]
    numbers_of = {"IntegerType": "int32", "ShortType": "int16", "FloatType": "float32", "BinaryType": "bytes_"}
    if name in numbers_of:
        return getattr(numpy, numbers_of[name])(value)
    dates = {"DateType": "%Y-%m-%d", "TimestampType": "%Y-%m-%d %H:%M:%S.%f"}
    return value.strftime(dates[name]) if name in dates else value


def enforce_spark(given, inputs):
    import numpy

    sample = given.limit(SPARK_ROWS).toPandas()
    for field in given.schema.fields:
        if type(field.dataType).__name__ in ("StructType", "ArrayType"):
            sample[field.name] = [of_spark(numpy, cell, field.dataType) for cell in sample[field.name]]
    enforce_table(sample, inputs)
    named = inputs[0].get("name") is not None
    kept = [spec["name"] for spec in inputs] if named else given.columns[: len(inputs)]
    return given.drop(*[name for name in given.columns if name not in kept])


def enforce(given):
    inputs = KNOWN.get("inputs")
    if inputs is None:
        inputs = KNOWN["inputs"] = json.loads(TEXT)
    if inputs[0]["type"] == "tensor":
        return enforce_tensors(given, inputs)
    if is_of_spark(given):
        return enforce_spark(given, inputs)
    return given if is_known(given) else enforce_table(given, inputs)


def plain_param(value):
    """numpy's numbers and arrays as Python's own, dates as ISO has them."""
    numpy = sys.modules.get("numpy")
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if numpy is not None and isinstance(value, numpy.datetime64):
        return str(value)
    if isinstance(value, list):
        return [plain_param(item) for item in value]
    if numpy is not None and isinstance(value, (numpy.generic, numpy.ndarray)) and value.dtype.kind in "biufUSO":
        return value.tolist()
    return value


def plain_params(given):
    if not isinstance(given, dict):
        refuse("Parameters must be a dictionary. Got type '%s'.", type(given).__name__)
    return {str(key): plain_param(value) for key, value in given.items()}


def unused(params):
    if params:
        warn(
            "The underlying model does not support passing additional parameters to the predict function. `params` %s "
            "will be ignored." % (params,)
        )


def rows_of(data):
    """How many rows the model was asked for."""
    if isinstance(data, dict):
        data = next(iter(data.values()), ())
    shape = getattr(data, "shape", None)
    if shape:
        return int(shape[0])
    return len(data) if hasattr(data, "__len__") and not isinstance(data, (str, bytes)) else 1
